package dev.axial.numerics;

/**
 * log and what is made of it.
 *
 * <p>x = 2^k m with m between 2/3 and 4/3, by subtracting 2/3 from the bits of x, which leaves k in
 * the place of the exponent. f = m - 1 is exact. In double s = f / (2 + f) and log(1 + f) = log((1
 * + s)/(1 - s)) is an odd polynomial of s, written as f - s f + s^3 (…) with the small terms first.
 */
final class Logarithms {
  private static final double MIN_NORMAL32 = 0x1p-126;
  private static final double MIN_NORMAL64 = 0x1p-1022;
  private static final int TWO_THIRDS32 = 0x3f2aaaab;
  private static final long ROOT_HALF64 = 0x3fe6a09e667f3bcdL;

  private Logarithms() {}

  /** 2^k (1 + f), for a positive normal number. */
  private record Parts(Value k, Value f) {
    static Parts of(Value x) {
      boolean single = x.type() == Expansion.Type.F32;
      int fraction = Format.of(x).fraction;
      Value bits = x.bits();
      Value k = bits.plusInteger(single ? -TWO_THIRDS32 : -ROOT_HALF64).ashr(fraction);
      Value m = bits.minus(k.shl(fraction)).bits();
      return new Parts(k.to(x.type()), m.minus(1));
    }
  }

  /**
   * The logarithm where it is given by formula; at 0, negative numbers, infinity and NaN exactly.
   */
  private static Value special(Value x, Value log) {
    Value positive = x.lt(Double.POSITIVE_INFINITY).pick(log, x);
    Value zero = x.eq(0).pick(Double.NEGATIVE_INFINITY, positive);
    return x.lt(0).pick(Double.NaN, zero);
  }

  // ---------------------------------------------------------------- float32

  static Value normal32(Value x) {
    return x.ge(MIN_NORMAL32).and(x.le(Float.MAX_VALUE));
  }

  /** log of a positive normal float32 number, times 2^addend. */
  private static Value log32(Parts p, Value k) {
    Value f = p.f();
    return k.fma(Format.SINGLE.ln2, f.times(f).fma(f.polynomial(Coefficients.LOG32), f));
  }

  static Value logNormal32(Value x) {
    Parts p = Parts.of(x);
    return log32(p, p.k());
  }

  static Value log32(Value x) {
    Value denormal = x.lt(MIN_NORMAL32);
    Parts p = Parts.of(denormal.pick(x.times(0x1p23), x));
    return special(x, log32(p, p.k().plus(denormal.pick(x.real(-23), 0))));
  }

  /** log(1 + u) for u between -1 and 0, both excluded or with any result. */
  static Value log1pNegative32(Value u) {
    Value v = u.plus(1);
    Value lost = u.minus(v.minus(1));
    Value bits = v.bits();
    Value exponent = bits.plusInteger(-TWO_THIRDS32).ashr(23);
    Value place = exponent.shl(23);
    Value f = bits.minus(place).bits().minus(1);
    // What 1 + u lost, with the same scale; near zero the sum is u again.
    Value scale = bits.integer(0x3f800000).minus(place).bits();
    Value k = exponent.to(Expansion.Type.F32);
    return log32(new Parts(k, lost.fma(scale, f)), k);
  }

  // ---------------------------------------------------------------- float64

  /** log(x) + c of a positive normal number, with 2^more as a factor of x. */
  private static Value log64(Value x, Value c, Value more) {
    Parts p = Parts.of(x);
    Value k = p.k().plus(more);
    Value f = p.f();
    Value s = f.over(f.plus(2));
    Value z = s.times(s);
    Value half = f.times(f).times(0.5);
    Value rest = z.times(z.polynomial(Coefficients.LOG64));
    Value low = s.fma(half.plus(rest), k.fma(Format.DOUBLE.ln2Low, c));
    return k.fma(Format.DOUBLE.ln2, f.minus(half.minus(low)));
  }

  static Value log(Value x) {
    Value denormal = x.lt(MIN_NORMAL64);
    Value y = denormal.pick(x.times(0x1p54), x);
    return special(x, log64(y, x.real(0), denormal.pick(x.real(-54), 0)));
  }

  /** log of a positive normal double; nothing special. */
  static Value logPositive(Value x) {
    return log64(x, x.real(0), x.real(0));
  }

  /** log(1 + x) with the rounding error of 1 + x, relative to it, as a correction. */
  static Value log1p(Value x) {
    Value u = x.plus(1);
    return x.abs().lt(0x1p-54).pick(x, special(u, log64(u, lost(x, u).over(u), x.real(0))));
  }

  /** 1 + x - u, exactly, where u is the rounded sum. */
  private static Value lost(Value x, Value u) {
    Value v = u.minus(1);
    return u.real(1).minus(u.minus(v)).plus(x.minus(v));
  }

  /** log1p(w), or log(2 x) where x is so large that w overflows or that it makes no difference. */
  private static Value log1pOrDouble(Value w, Value x) {
    Value large = x.gt(0x1p28);
    Value sum = w.plus(1);
    Value u = large.pick(x, sum);
    Value c = large.pick(x.real(0), lost(w, sum).over(sum));
    return special(u, log64(u, c, large.pick(x.real(1), 0)));
  }

  /** log(a + sqrt(a^2 + 1)) of the magnitude a. */
  static Value asinh(Value x) {
    Value a = x.abs();
    Value square = a.times(a);
    Value w = a.plus(square.over(square.plus(1).sqrt().plus(1)));
    return a.lt(0x1p-28).pick(x, log1pOrDouble(w, a).signed(x));
  }

  /** log(x + sqrt(x^2 - 1)), with t = x - 1 in place of x. */
  static Value acosh(Value x) {
    Value t = x.minus(1);
    Value w = t.plus(t.fma(t, t.times(2)).sqrt());
    return x.lt(1).pick(Double.NaN, log1pOrDouble(w, x));
  }

  static Value atanh(Value x) {
    Value a = x.abs();
    Value w = a.times(2).over(a.real(1).minus(a));
    return a.lt(0x1p-28).pick(x, log1p(w).times(0.5).signed(x));
  }
}
