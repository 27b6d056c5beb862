package dev.axial.numerics;

/**
 * exp and what is made of it.
 *
 * <p>x = n ln 2 + r with |r| at most ln(2)/2, so exp(x) = 2^n exp(r). The sum x / ln 2 + magic
 * holds n plus the exponent's bias in its lowest bits, so that a shift makes the number 2^n of it;
 * ln 2 is subtracted in two parts, of which the first leaves no error: x and n ln 2 have no bits
 * below those of r.
 */
final class Exponentials {
  private static final double LOG2_E = 0x1.71547652b82fep0;

  private Exponentials() {}

  /** n and r; the sum that holds n + bias in its lowest bits. */
  private record Reduced(Value sum, Value r) {
    static Reduced of(Value x) {
      Format f = Format.of(x);
      Value sum = x.fma(LOG2_E, x.real(f.magic + f.bias));
      Value n = sum.minus(f.magic + f.bias);
      return new Reduced(sum, n.fma(-f.ln2Low, n.fma(-f.ln2, x)));
    }

    /** 2^n, where that is a normal number; 2^(n-1) with less = 1. */
    Value power(int less) {
      Format f = Format.of(sum);
      Value bits = less == 0 ? sum.bits() : sum.bits().plusInteger(-less);
      return bits.shl(f.fraction).bits();
    }

    /** p 2^(n-less), rounded once even where it is denormal: n in two halves. */
    Value scaled(Value p, int less) {
      Format f = Format.of(sum);
      Value twice = sum.bits().plusInteger(f.bias);
      Value half = twice.ashr(1);
      Value rest = twice.minus(half);
      Value other = less == 0 ? rest : rest.plusInteger(-less);
      return p.times(half.shl(f.fraction).bits()).times(other.shl(f.fraction).bits());
    }
  }

  /** exp(r) for the r of a reduction. */
  private static Value core(Value r) {
    return r.polynomial(
        Coefficients.with(
            Format.of(r) == Format.SINGLE ? Coefficients.EXP32 : Coefficients.EXP64, 1, 1));
  }

  /** Where exp(x), its inverse and 2^n are normal numbers. */
  static Value moderate(Value x) {
    return x.abs().le(Format.of(x) == Format.SINGLE ? 87 : 708);
  }

  /** exp(x) for moderate x. */
  static Value expModerate(Value x) {
    Reduced e = Reduced.of(x);
    return core(e.r()).times(e.power(0));
  }

  /** exp(x) / 2^less for every x. */
  private static Value exp(Value x, int less) {
    boolean single = Format.of(x) == Format.SINGLE;
    Reduced e = Reduced.of(x.atMost(single ? 89 : 711).atLeast(single ? -104 : -746));
    return e.scaled(core(e.r()), less);
  }

  static Value exp(Value x) {
    return exp(x, 0);
  }

  /** exp(x + low) times a factor near 1, rounded once where the result is denormal; |x| < 1200. */
  static Value exp(Value x, Value low, Value factor) {
    Reduced e = Reduced.of(x);
    Value r = e.r().plus(low);
    return e.scaled(core(r).times(factor), 0);
  }

  /** expm1(x) / 4 for x of double, without overflow of four times it; loses denormal bits. */
  private static Value quarterExpm1(Value x) {
    Reduced e = Reduced.of(x.atMost(710.7).atLeast(-40));
    Value r = e.r();
    Value p = r.times(r).fma(r.polynomial(Coefficients.EXP64), r);
    Value power = e.power(2);
    return p.fma(power, power.minus(0.25));
  }

  /** 2^n exp(r) - 1 = 2^n expm1(r) + (2^n - 1). */
  static Value expm1(Value x) {
    return tiny(x, quarterExpm1(x).times(4));
  }

  private static Value tiny(Value x, Value otherwise) {
    return x.abs().lt(0x1p-54).pick(x, otherwise);
  }

  /** (e + e/(e+1)) / 2 with e = expm1(|x|), of which a quarter is computed: e may overflow. */
  static Value sinh(Value x) {
    Value quarter = quarterExpm1(x.abs());
    Value half = quarter.over(quarter.plus(0.25)).times(0.5);
    return tiny(x, quarter.fma(2, half).signed(x));
  }

  static Value cosh(Value x) {
    Value half = exp(x.abs(), 1);
    return half.plus(half.real(0.25).over(half));
  }

  /**
   * (1 - e) / (1 + e) with e = exp(-2 |x|) = u exp(-2 r), where u = 2^n. With p = 1 - exp(-2 r)
   * numerator and denominator are (1 - u) + u p and (1 + u) - u p, each rounded once.
   */
  static Value tanh(Value x) {
    Format f = Format.of(x);
    boolean single = f == Format.SINGLE;
    Value a = x.abs().atMost(single ? 9.02 : 20);
    // 2 |x| is reduced as |x| is, with half of each constant.
    Value sum = a.fma(-2 * LOG2_E, a.real(f.magic + f.bias));
    Value n = sum.minus(f.magic + f.bias);
    Value r = n.fma(f.ln2Low / 2, n.fma(f.ln2 / 2, a));
    Value q = r.polynomial(odd(single ? Coefficients.TANH32 : doubled()));
    Value p = r.times(r).fma(q, r.plus(r));
    Value u = sum.bits().shl(f.fraction).bits();
    Value top = u.fma(p, x.real(1).minus(u));
    Value bottom = u.fma(p.neg(), u.plus(1));
    return top.over(bottom).signed(x);
  }

  /** The coefficients of -q(-r), from those of q(r). */
  private static double[] odd(double[] q) {
    double[] c = q.clone();
    for (int k = 0; k < c.length; k += 2) {
      c[k] = -c[k];
    }
    return c;
  }

  /** The coefficients of (exp(2 r) - 1 - 2 r) / r^2, from those without the two. */
  private static double[] doubled() {
    double[] c = Coefficients.with(Coefficients.EXP64);
    double factor = 4;
    for (int k = 0; k < c.length; k++, factor *= 2) {
      c[k] *= factor;
    }
    return c;
  }

  /**
   * 1 / (1 + exp(-x)) for moderate x: with exp(-x) = exp(-r) / u and u = 2^n it is u / (exp(-r) +
   * u). With exp(-r) = 1 + r h the denominator is r h + 1 + u, the largest of the three added last.
   */
  static Value logisticModerate(Value x) {
    Format f = Format.of(x);
    Reduced e = Reduced.of(x);
    Value r = e.r();
    double[] h = Coefficients.with(f == Format.SINGLE ? Coefficients.EXP32 : Coefficients.EXP64, 1);
    Value u = e.power(0);
    Value less = u.lt(1);
    Value one = x.real(1);
    return u.over(r.fma(r.polynomial(odd(h)), less.pick(u, one)).plus(less.pick(one, u)));
  }

  /** Beyond the moderate numbers it is exp(x) on the left and 1 on the right. */
  static Value logistic(Value x) {
    double edge = Format.of(x) == Format.SINGLE ? 87 : 708;
    Value inside = logisticModerate(x.atMost(edge).atLeast(-edge));
    return x.lt(-edge).pick(exp(x), inside);
  }
}
