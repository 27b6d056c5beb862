package dev.axial.numerics;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Program;
import dev.axial.ir.Half;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Conversions to a dtype of fewer digits round once, however many digits are lost: by way of
 * float32 or float64, what lies beside the middle of two numbers would be put into the middle
 * first.
 */
class RoundedOnceTest {
  /** The bits of infinity. */
  private static int infinity(DType t) {
    return t == DType.BFLOAT16 ? 0x7f80 : 0x7c00;
  }

  /** Beside each middle between two numbers, and some of everything; with the bits expected. */
  private static List<Double> doubles(DType t) {
    var out = new ArrayList<Double>();
    int step = t == DType.BFLOAT16 ? 7 : 5;
    for (int bits = 0; bits < infinity(t) - 1; bits += step) {
      double middle =
          ((double) Half.widen(t, (short) bits) + Half.widen(t, (short) (bits + 1))) / 2;
      for (double x :
          new double[] {
            middle,
            Math.nextUp(middle),
            Math.nextDown(middle),
            middle * (1 + 0x1p-30),
            middle * (1 - 0x1p-30)
          }) {
        out.add(x);
        out.add(-x);
      }
    }
    double most = Half.widen(t, (short) (infinity(t) - 1));
    double past = most + (most - Half.widen(t, (short) (infinity(t) - 2))) / 2;
    out.addAll(List.of(most, past, Math.nextDown(past), Math.nextUp(past), 1e300, -1e300));
    out.addAll(List.of(0.0, -0.0, Double.MIN_VALUE, -1e-310, Double.POSITIVE_INFINITY));
    return out;
  }

  /** The nearest number by exact distances, of two equally near ones the even one. */
  private static double nearest(DType t, BigDecimal x) {
    BigDecimal m = x.abs();
    int lo = 0;
    int hi = infinity(t);
    while (hi - lo > 1) {
      int mid = (lo + hi) / 2;
      if (value(t, mid).compareTo(m) <= 0) {
        lo = mid;
      } else {
        hi = mid;
      }
    }
    int side = value(t, lo).add(value(t, hi)).compareTo(m.multiply(BigDecimal.TWO));
    int bits = side > 0 || side == 0 && (lo & 1) == 0 ? lo : hi;
    double d = bits == infinity(t) ? Double.POSITIVE_INFINITY : value(t, bits).doubleValue();
    return x.signum() < 0 ? -d : d;
  }

  /** Infinity is the number that would come next. */
  private static BigDecimal value(DType t, int bits) {
    if (bits < infinity(t)) {
      return new BigDecimal(Half.widen(t, (short) bits));
    }
    BigDecimal most = value(t, bits - 1);
    return most.add(most.subtract(value(t, bits - 2)));
  }

  /** To bfloat16 by way of float32, whose denormal numbers may be zeros. */
  private static double expected(DType t, double x) {
    boolean tiny = t == DType.BFLOAT16 && Math.abs(x) < 0x1p-126 - 0x1p-151;
    if (Denormals.MODE == Denormals.FLUSH && tiny) {
      return Math.copySign(0, x);
    }
    return stored(t, x);
  }

  /** A number that is data, which nothing is computed with. */
  private static double stored(DType t, double x) {
    return Double.isInfinite(x) || x == 0 ? x : nearest(t, new BigDecimal(x));
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void a_float64_becomes_the_nearest_number(DType t) {
    List<Double> x = doubles(t);
    double[] v = x.stream().mapToDouble(Double::doubleValue).toArray();
    double[] want = x.stream().mapToDouble(d -> expected(t, d)).toArray();
    Axis a = axis("X", v.length);
    NamedArray wide = array(v, a);
    assertThat(wide.astype(t).toDoubleArray()).isEqualTo(want);
    assertThat(array(v, t, a).toDoubleArray()).isEqualTo(want);
    assertThat(jit((NamedArray y) -> y.astype(t)).apply(wide).toDoubleArray()).isEqualTo(want);
    assertThat(jit((NamedArray y) -> y.times(1).astype(t)).apply(wide).toDoubleArray())
        .isEqualTo(want);
    NamedRef r = newRef(array(new float[v.length], t, a));
    r.set(wide);
    assertThat(r.value().toDoubleArray()).isEqualTo(want);
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void and_so_do_numbers_of_java(DType t) {
    List<Double> x = doubles(t);
    for (int k = 0; k < x.size(); k += 97) {
      double v = x.get(k);
      double want = stored(t, v);
      assertThat(scalar(v, t).item()).isEqualTo(want);
      assertThat(full(v, t, axis("X", 2)).toDoubleArray()).containsOnly(want);
      NamedRef r = newRef(scalar(0.0).astype(t));
      r.set(v);
      assertThat(r.item()).isEqualTo(want);
      var p =
          Program.parse(
              "program(v0: %s[]) {\n  v1: %s[] = const %s\n  return v1\n}"
                  .formatted(t.shortName(), t.shortName(), Double.toString(v)));
      assertThat(Program.parse(p.toString()).toString()).isEqualTo(p.toString());
      assertThat(p.toString()).contains(Double.toString(want));
    }
  }

  /** Integers at the middles of each type, and one beside. */
  private static long[] integers(DType to, DType from) {
    var random = new Random(5);
    int digits =
        switch (to) {
          case BFLOAT16 -> 8;
          case FLOAT16 -> 11;
          case FLOAT32 -> 24;
          default -> 53;
        };
    int most =
        switch (from) {
          case INT32 -> 31;
          case UINT32 -> 32;
          default -> 63;
        };
    var out = new ArrayList<Long>();
    for (int width = digits + 2; width <= most; width++) {
      for (int k = 0; k < 8; k++) {
        long head = (1L << digits - 1) + random.nextInt(1 << Math.min(digits - 1, 20));
        long middle = (head * 2 + 1) << width - digits - 1;
        for (long d = -2; d <= 2; d++) {
          out.add(middle + d);
          if (from != DType.UINT32) {
            out.add(-middle - d);
          }
        }
      }
    }
    out.addAll(List.of(0L, 1L, most == 63 ? Long.MAX_VALUE : (1L << most) - 1));
    if (from == DType.INT64) {
      out.addAll(List.of(Long.MIN_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE + 1));
    }
    return out.stream().mapToLong(Long::longValue).toArray();
  }

  private static double expected(DType t, long x) {
    return switch (t) {
      case FLOAT32 -> (float) x;
      case FLOAT64 -> (double) x;
      default -> x == 0 ? 0 : nearest(t, new BigDecimal(x));
    };
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16", "FLOAT32", "FLOAT64"})
  void an_integer_becomes_the_nearest_number(DType to) {
    for (DType from : List.of(DType.INT32, DType.UINT32, DType.INT64)) {
      if (from != DType.INT64 && to == DType.FLOAT64) {
        continue; // all are numbers of it
      }
      long[] v = integers(to, from);
      double[] want = java.util.Arrays.stream(v).mapToDouble(x -> expected(to, x)).toArray();
      NamedArray x = array(v, axis("X", v.length)).astype(from);
      assertThat(x.toLongArray()).isEqualTo(v);
      assertThat(x.astype(to).toDoubleArray()).as("%s", from).isEqualTo(want);
      assertThat(jit((NamedArray y) -> y.astype(to)).apply(x).toDoubleArray()).isEqualTo(want);
      for (int k = 0; k < v.length; k += 13) {
        assertThat(scalar(v[k], to).item()).as("%d", v[k]).isEqualTo(want[k]);
      }
    }
  }

  @Test
  void a_number_below_zero_is_no_unsigned_one() {
    assertThat(scalar(-1.5, DType.UINT32).item()).isZero();
    assertThat(
            jit((NamedArray x) -> scalar(-1.5).astype(DType.UINT32).plus(x))
                .apply(scalar(0, DType.UINT32))
                .item())
        .isZero();
  }
}
