package dev.axial.numerics;

import dev.axial.numerics.Trigonometry.Angle;
import java.util.ArrayList;
import java.util.List;

/**
 * Angles of any size, modulo quarter turns, after M. Payne and R. Hanek: Radian reduction for
 * trigonometric functions (SIGNUM Newsletter 18, 1983).
 *
 * <p>x = M 2^e with an integer M. Of the product of M and 2^e 2/pi only what lies below 4 matters
 * to quadrant and angle, and as M is an integer, so it is for the second factor: its bits from
 * there on are a window on the bits of 2/pi, whose place depends on e. Integer products modulo a
 * power of two then drop the rest by themselves. The window is found by selecting words by the
 * binary digits of its place, and a shift within them.
 */
final class LargeAngles {
  /** A zero for the bits before the point, and the bits of 2/pi. */
  private static final long[] TWO_OVER_PI = {
    0,
    0xa2f9836e4e441529L,
    0xfc2757d1f534ddc0L,
    0xdb6295993c439041L,
    0xfe5163abdebbc561L,
    0xb7246e3a424dd2e0L,
    0x06492eea09d1921cL,
    0xfe1deb1cb129a73eL,
    0xe88235f52ebb4484L,
    0xe99c7026b45f7e41L,
    0x3991d639835339f4L,
    0x9c845f8bbdf9283bL,
    0x1ff897ffde05980fL,
    0xef2f118b5a0a6d1fL,
    0x6d367ecf27cb09b7L,
    0x4f463f669e5fea2dL,
    0x7527bac7ebe5f17bL,
    0x3d0739f78a5292eaL,
    0x6bfb5fb11f8d5d08L,
    0x56033046fc7b6babL
  };

  /** The same for 1/pi, in words of 32 bits. */
  private static final long[] ONE_OVER_PI = {
    0, 0x517cc1b7L, 0x27220a94L, 0xfe13abe8L, 0xfa9a6ee0L, 0x6db14accL, 0x9e21c820L, 0xff28b1d5L
  };

  private static final double HALF_PI = 0x1.921fb54442d18p0;
  private static final double HALF_PI_LOW = 0x1.1a62633145c07p-54;
  private static final double PI = 0x1.921fb54442d18p1;

  private LargeAngles() {}

  // ---------------------------------------------------------------- float64

  /** For finite doubles beyond 2^30; NaN for infinity and NaN. */
  static Angle angle(Value x) {
    Value bits = x.abs().bits();
    Value m = bits.and(0xfffffffffffffL).or(bits.integer(1L << 52));
    Value place = bits.lshr(52).plusInteger(62 - 1075);
    List<Value> p = window(place);
    // M times the window, modulo 2^128 of its 192 bits.
    Value low = m.times(p.get(1)).plus(highProduct(m, p.get(2)));
    Value carry = flipped(low).lt(flipped(m.times(p.get(1)))).pick(m.integer(1), m.integer(0));
    Value high = m.times(p.get(0)).plus(highProduct(m, p.get(1))).plus(carry);
    // Quarter turns are the two bits above the point; the nearest, and what is left, with a sign.
    Value n = high.plusInteger(1L << 61).lshr(62);
    Value rest = high.minus(n.shl(62));
    Value none = x.minus(x);
    Value sum = rest.ashr(32).to(Expansion.Type.F64).times(0x1p32);
    Value part = rest.and(0xffffffffL).to(Expansion.Type.F64);
    Value top = sum.plus(part);
    Value topLow = part.minus(top.minus(sum));
    Value middle = low.lshr(32).to(Expansion.Type.F64).times(0x1p-32);
    Value v = top.plus(middle);
    Value back = v.minus(top);
    Value error = top.minus(v.minus(back)).plus(middle.minus(back));
    Value vLow =
        topLow.plus(error).plus(low.and(0xffffffffL).to(Expansion.Type.F64).times(0x1p-64));
    Value unit = v.times(0x1p-62);
    Value r = unit.times(HALF_PI);
    Value rLow = unit.fma(HALF_PI, r.neg()).plus(unit.times(HALF_PI_LOW));
    Value all = vLow.fma(HALF_PI * 0x1p-62, rLow).plus(none);
    Value left = x.lt(0);
    return new Angle(
        left.pick(n.integer(0).minus(n), n), left.pick(r.neg(), r), left.pick(all.neg(), all));
  }

  /** 192 bits from a place on, which is at most 1033. */
  private static List<Value> window(Value place) {
    List<Value> words = new ArrayList<>();
    for (long w : TWO_OVER_PI) {
      words.add(place.integer(w));
    }
    Value index = place.lshr(6);
    for (int bit = 16, keep = 19; bit > 0; bit /= 2, keep = Math.min(bit + 3, 19)) {
      Value set = index.and(bit).eq(index.integer(bit));
      var next = new ArrayList<Value>();
      for (int k = 0; k < keep; k++) {
        // Beyond the last word nothing is ever looked at: no place is so large.
        next.add(
            k + bit < words.size() ? set.pick(words.get(k + bit), words.get(k)) : words.get(k));
      }
      words = next;
    }
    Value shift = place.and(63);
    Value other = place.integer(63).minus(shift);
    var out = new ArrayList<Value>();
    for (int k = 0; k < 3; k++) {
      out.add(words.get(k).shl(shift).or(words.get(k + 1).lshr(1).lshr(other)));
    }
    return out;
  }

  /** So that a signed comparison is one without signs. */
  private static Value flipped(Value x) {
    return x.xor(x.integer(Long.MIN_VALUE));
  }

  /** The upper 64 bits of the product of two numbers without signs. */
  private static Value highProduct(Value a, Value b) {
    Value ah = a.lshr(32);
    Value al = a.and(0xffffffffL);
    Value bh = b.lshr(32);
    Value bl = b.and(0xffffffffL);
    Value inner = al.times(bh);
    Value outer = ah.times(bl);
    Value middle = al.times(bl).lshr(32).plus(inner.and(0xffffffffL)).plus(outer.and(0xffffffffL));
    return ah.times(bh).plus(inner.lshr(32)).plus(outer.lshr(32)).plus(middle.lshr(32));
  }

  // ---------------------------------------------------------------- float32

  /** x = n pi + r; the parity of n, and r. */
  record HalfTurn(Value parity, Value r) {}

  /** For finite floats beyond 2^16, and a quarter turn added where it is asked for; else NaN. */
  static HalfTurn halfTurn(Value x, boolean quarter) {
    Value bits = x.abs().bits();
    Value wide = bits.to(Expansion.Type.I64);
    Value m = wide.and(0x7fffffL).or(wide.integer(1L << 23));
    Value place = wide.lshr(23).plusInteger(31 - 150);
    Value index = place.ashr(5);
    Value[] w = new Value[4];
    for (int j = 0; j < 4; j++) {
      w[j] = index.integer(ONE_OVER_PI[j + 4]);
      for (int k = 3; k >= 0; k--) {
        w[j] = index.lt(index.integer(k + 1)).pick(index.integer(ONE_OVER_PI[j + k]), w[j]);
      }
    }
    Value shift = place.and(31);
    Value other = place.integer(32).minus(shift);
    Value first = w[0].shl(32).or(w[1]).shl(shift).or(w[2].lshr(other));
    Value second = w[2].shl(shift).and(0xffffffffL).or(w[3].lshr(other));
    // Half turns in units of 2^-63, modulo two of them.
    Value turns = m.times(first).plus(m.times(second).lshr(32));
    Value left = x.lt(0);
    Value signed = left.pick(turns.integer(0).minus(turns), turns);
    Value all = quarter ? signed.plusInteger(1L << 62) : signed;
    Value parity = all.plusInteger(1L << 62).lshr(63).to(Expansion.Type.I32);
    Value r = all.shl(1).to(Expansion.Type.F64).times(PI * 0x1p-64).to(Expansion.Type.F32);
    return new HalfTurn(parity, r.plus(x.minus(x)));
  }
}
