package dev.axial.numerics;

/** lgamma and digamma, in double. */
final class GammaFunctions {
  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final double HALF_LOG_2PI = 0x1.d67f1c864beb5p-1;
  private static final double LOG_PI = 0x1.250d048e7a1bdp0;

  /** Stirling's series: Bernoulli's numbers over 2k (2k-1). */
  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
  };

  /** That of digamma: Bernoulli's numbers over 2k. */
  private static final double[] DIGAMMA = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
  };

  /** The zero of digamma, in two parts. */
  private static final double ROOT = 0x1.762d86356be3fp0;

  private static final double ROOT_LOW = 0x1.b86a722197829p-54;

  private GammaFunctions() {}

  /**
   * log |gamma(x)|: from 10 on Stirling's series; from 1/2 on a polynomial about 2, to which the
   * recurrence gamma(x + 1) = x gamma(x) leads, its factors collected for one logarithm; below, the
   * reflection.
   */
  static Value lgamma(Value x) {
    // From -1/2 on the recurrence leads upwards.
    Value reflected = x.lt(-0.5);
    Value y = reflected.pick(x.real(1).minus(x), x);
    Value v = positive(y);
    Value d = x.minus(x.rint()).abs();
    Value sine = Trigonometry.sinPi(d);
    Value mirrored = x.real(LOG_PI).minus(Logarithms.log(sine)).minus(v);
    Value pole = x.le(0).and(d.eq(0)).or(x.abs().eq(INFINITY));
    return pole.pick(INFINITY, reflected.pick(mirrored, v));
  }

  /** From -1/2 on, except at 0. */
  private static Value positive(Value x) {
    Value large = x.ge(10);
    // Down to 2.5.
    Value y = x;
    Value product = x.real(1);
    for (int k = 0; k < 8; k++) {
      Value above = y.ge(2.5);
      y = above.pick(y.minus(1), y);
      product = above.pick(product.times(y), product);
    }
    // Up to 1.5, by two steps at most.
    Value low = x.lt(1.5);
    Value lowest = x.lt(0.5);
    // t + 2 is the argument of the polynomial; the sum is exact where it matters, near 1 and 2.
    Value t = lowest.pick(x, low.pick(x.minus(1), y.minus(2)));
    Value factor = lowest.pick(x.abs().times(x.plus(1)), low.pick(x, product));
    Value log = Logarithms.log(large.pick(x, factor));
    Value p = t.polynomial(Coefficients.LGAMMA64);
    Value middle = t.fma(p, low.pick(log.neg(), log));
    Value r = x.real(1).over(x);
    // The largest arguments overflow in (x - 1/2) log x - x only where the result does.
    Value series = r.times(r.times(r).polynomial(STIRLING)).plus(HALF_LOG_2PI);
    Value stirling = x.minus(0.5).fma(log.minus(1), series.minus(0.5));
    return large.pick(stirling, middle);
  }

  /**
   * The derivative of lgamma: from 10 on the series; from 1 to 2 a polynomial with its zero as a
   * factor, to which the recurrence leads, its reciprocals collected in one fraction; below zero
   * the reflection.
   */
  static Value digamma(Value x) {
    Value negative = x.lt(0);
    Value v = digammaPositive(negative.pick(x.real(1).minus(x), x));
    Value d = x.minus(x.rint());
    Value cotangent = Trigonometry.cosPi(d).over(Trigonometry.sinPi(d));
    Value mirrored = cotangent.fma(-Math.PI, v);
    Value pole = d.eq(0).or(x.eq(-INFINITY));
    Value left = pole.pick(Double.NaN, mirrored);
    return x.eq(0).pick(x.real(-INFINITY).signed(x.neg()), negative.pick(left, v));
  }

  private static Value digammaPositive(Value x) {
    // Down to 2. The derivative of a product over the product is the sum of the reciprocals.
    Value y = x;
    Value product = x.real(1);
    Value derivative = x.real(0);
    for (int k = 0; k < 8; k++) {
      Value above = y.ge(2);
      y = above.pick(y.minus(1), y);
      derivative = above.pick(derivative.fma(y, product), derivative);
      product = above.pick(product.times(y), product);
    }
    // Up to 1.
    Value below = x.lt(1);
    Value p = below.pick(x.plus(1), y);
    Value shift = below.pick(-1, derivative).over(below.pick(x, product));
    Value middle =
        p.minus(ROOT).minus(ROOT_LOW).fma(p.minus(1.5).polynomial(Coefficients.DIGAMMA64), shift);
    Value r = x.real(1).over(x);
    Value square = r.times(r);
    Value series = square.times(square.polynomial(DIGAMMA));
    Value far = Logarithms.log(x).minus(r.fma(0.5, series));
    return x.ge(10).pick(far, middle);
  }
}
