package dev.axial.random;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.arange;
import static dev.axial.Axial.argsort;
import static dev.axial.Axial.bitcast;
import static dev.axial.Axial.fma;
import static dev.axial.Axial.fmod;
import static dev.axial.Axial.log;
import static dev.axial.Axial.maximum;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.shiftLeft;
import static dev.axial.Axial.shiftRightLogical;
import static dev.axial.Axial.takeAlong;
import static dev.axial.Axial.unflattenAxis;
import static dev.axial.Axial.where;

import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.DType;
import dev.axial.Keys;
import dev.axial.NamedArray;
import java.util.List;

/** From a key to bits, to uniform numbers, and to what several samplers share. */
final class Draws {
  private Draws() {}

  /** One block for each element, whose counter is its row-major position. */
  static Keys.Words blocks(String what, NamedArray key, List<Axis> axes) {
    Checks.one(what, key);
    long n = 1;
    for (int k = 0; k < axes.size(); k++) {
      n *= axes.get(k).size();
      if (axes.subList(0, k).stream().map(Axis::name).anyMatch(axes.get(k).name()::equals)) {
        throw Checks.error("%s: axis '%s' is given twice in %s.", what, axes.get(k).name(), axes);
      }
      if (n > Integer.MAX_VALUE) {
        throw Checks.error(
            "%s: the axes %s hold more than 2^31 - 1 elements. Split the key and draw in parts.",
            what, axes);
      }
    }
    Axis flat = new Axis("position", (int) n);
    NamedArray position =
        unflattenAxis(arange(flat, DType.UINT32), flat, axes.toArray(Axis[]::new));
    return Keys.threefry(key, new Keys.Words(scalar(0, DType.UINT32), position));
  }

  /** Words of 32 bits, or for int64 of 64. */
  static NamedArray bits(String what, NamedArray key, DType t, List<Axis> axes) {
    Keys.Words w = blocks(what, key, axes);
    if (t == DType.INT64) {
      return shiftLeft(w.first().astype(t), 32).or(w.second().astype(t));
    }
    NamedArray words = w.first().xor(w.second());
    return t == DType.INT32 ? bitcast(words, t) : words;
  }

  /** On [0, 1): random bits are the mantissa of a number in [1, 2). */
  static NamedArray unit(String what, NamedArray key, DType t, List<Axis> axes) {
    return switch (t) {
      case BFLOAT16 -> fraction(what, key, t, 8, 7, axes);
      case FLOAT16 -> fraction(what, key, t, 16, 10, axes);
      case FLOAT32 -> {
        NamedArray mantissa = shiftRightLogical(bits(what, key, DType.UINT32, axes), 9);
        yield bitcast(mantissa.or(scalar(0x3F800000, DType.UINT32)), t).minus(1);
      }
      case FLOAT64 -> {
        NamedArray mantissa = shiftRightLogical(bits(what, key, DType.INT64, axes), 12);
        yield bitcast(mantissa.or(scalar(0x3FF0000000000000L, DType.INT64)), t).minus(1);
      }
      case INT32, INT64, UINT32, BOOL, KEY ->
          throw Checks.error(
              "%s of dtype %s: the numbers are float32, float64, bfloat16 or float16.", what, t);
    };
  }

  /** As JAX has it: the lowest bits of a word, cut to the digits of the dtype. */
  private static NamedArray fraction(
      String what, NamedArray key, DType t, int bits, int digits, List<Axis> axes) {
    NamedArray word = bits(what, key, DType.UINT32, axes);
    NamedArray drawn =
        shiftRightLogical(word.and(scalar((1 << bits) - 1, DType.UINT32)), bits - digits);
    return drawn.astype(t).times(1.0 / (1 << digits));
  }

  static NamedArray between(
      String what, NamedArray key, DType t, double lo, double hi, List<Axis> axes) {
    if (!t.isFloating()) {
      throw Checks.error(
          "%s of dtype %s: the numbers are float32, float64, bfloat16 or float16.", what, t);
    }
    return between(what, key, scalar(lo, t), scalar(hi, t), axes);
  }

  /**
   * One rounding only: with two, half of JAX's numbers would be missed by a unit. Of two bytes
   * there is one for each operation, in JAX too.
   */
  static NamedArray between(
      String what, NamedArray key, NamedArray lo, NamedArray hi, List<Axis> axes) {
    NamedArray u = unit(what, key, lo.dtype(), axes);
    NamedArray span = hi.minus(lo);
    NamedArray r = lo.dtype().isHalf() ? u.times(span).plus(lo) : fma(u, span, lo);
    return maximum(r, lo);
  }

  static NamedArray gumbel(String what, NamedArray key, DType t, List<Axis> axes) {
    return log(log(between(what, key, t, tiny(t), 1, axes)).unaryMinus()).unaryMinus();
  }

  /** The smallest normal number. */
  static double tiny(DType t) {
    return switch (t) {
      case FLOAT16 -> 0x1p-14;
      case BFLOAT16, FLOAT32 -> Float.MIN_NORMAL;
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> Double.MIN_NORMAL;
    };
  }

  /** The distance from 1 to the next number. */
  static double eps(DType t) {
    return switch (t) {
      case BFLOAT16 -> 0x1p-7;
      case FLOAT16 -> 0x1p-10;
      case FLOAT32 -> Math.ulp(1f);
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> Math.ulp(1.0);
    };
  }

  /** The next number above (1) or below (-1); infinity and NaN stay. */
  static NamedArray neighbour(NamedArray x, int way) {
    if (x.dtype().isHalf()) {
      return halfNeighbour(x, way);
    }
    DType word = x.dtype() == DType.FLOAT32 ? DType.INT32 : DType.INT64;
    NamedArray bits = bitcast(x, word);
    NamedArray away = x.times(way).gt(0);
    NamedArray stepped = bitcast(where(away, bits.plus(1), bits.minus(1)), x.dtype());
    double least = x.dtype() == DType.FLOAT32 ? Float.MIN_VALUE : Double.MIN_VALUE;
    NamedArray moved = where(x.eq(0), scalar(way * least, x.dtype()), stepped);
    return where(x.eq(way * Double.POSITIVE_INFINITY).or(x.ne(x)), x, moved);
  }

  /** The same of two bytes, by the bits of the float32 number. */
  private static NamedArray halfNeighbour(NamedArray x, int way) {
    boolean wide = x.dtype() == DType.BFLOAT16;
    int unit = wide ? 1 << 16 : 1 << 13;
    double least = wide ? 0x1p-133 : 0x1p-24;
    NamedArray y = x.astype(DType.FLOAT32);
    NamedArray bits = bitcast(y, DType.INT32);
    NamedArray away = y.times(way).gt(0);
    NamedArray stepped = bitcast(where(away, bits.plus(unit), bits.minus(unit)), DType.FLOAT32);
    // Numbers of the lowest exponents are evenly spaced.
    NamedArray small = abs(y).le(tiny(x.dtype()));
    NamedArray moved = where(small, y.plus(way * least), stepped);
    return where(y.eq(way * Double.POSITIVE_INFINITY).or(y.ne(y)), y, moved).astype(x.dtype());
  }

  /** The remainder of 64-bit words without sign, of operations with sign. */
  static NamedArray wideRemainder(NamedArray x, NamedArray d) {
    // Half of x has no sign; its remainder, doubled, is at most one divisor too large.
    NamedArray r = shiftLeft(fmod(shiftRightLogical(x, 1), d), 1).plus(x.and(scalar(1L)));
    NamedArray small = where(r.lt(0).or(r.ge(d)), r.minus(d), r);
    // A divisor with its top bit set fits once or not at all.
    NamedArray large = where(x.lt(0).and(x.ge(d)), x.minus(d), x);
    return where(d.lt(0), large, small);
  }

  /** Logits with Gumbel noise: their largest is a draw from the softmax. */
  static NamedArray perturbed(
      String what, NamedArray key, NamedArray logits, AxisSelector axis, Axis... more) {
    DType t = Checks.floating(what, "logits", logits);
    Axis along = logits.axis(axis.name());
    for (Axis a : more) {
      if (a.name().equals(along.name())) {
        throw Checks.error(
            "%s: axis '%s' is the one to draw from; give the others only.", what, a.name());
      }
    }
    return gumbel(what, key, t, Checks.drawn(what, more, logits)).plus(logits);
  }

  /** Sorts by random bits, often enough that equal bits hardly matter. */
  static NamedArray shuffled(String what, NamedArray key, NamedArray x, Axis axis) {
    double rounds = Math.ceil(3 * Math.log((double) Math.max(1, x.size())) / Math.log(0xffffffffL));
    NamedArray out = x;
    NamedArray rest = key;
    for (int i = 0; i < rounds; i++) {
      Random.Pair two = Random.split(rest);
      NamedArray order = argsort(bits(what, two.second(), DType.UINT32, x.axes()), axis);
      out = takeAlong(out, axis, order);
      rest = two.first();
    }
    return out;
  }
}
