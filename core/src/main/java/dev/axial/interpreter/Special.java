package dev.axial.interpreter;

/** Functions that java.lang.Math lacks, in double precision. */
final class Special {
  private Special() {}

  /**
   * IEEE 754 pow: 1 for any base to the power 0 and for 1 to any power, unlike Math.pow for NaN and
   * infinities.
   */
  static double pow(double x, double y) {
    if (x == 1 || y == 0) {
      return 1;
    }
    return x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y);
  }

  static double asinh(double x) {
    double a = Math.abs(x);
    if (Double.isInfinite(a)) {
      return x;
    }
    double y =
        a > 1e150 ? Math.log(a) + Math.log(2) : Math.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(y, x);
  }

  static double acosh(double x) {
    return x > 1e150 ? Math.log(x) + Math.log(2) : Math.log1p(x - 1 + Math.sqrt((x - 1) * (x + 1)));
  }

  static double atanh(double x) {
    return Math.copySign(0.5 * Math.log1p(2 * Math.abs(x) / (1 - Math.abs(x))), x);
  }

  /**
   * The series for small x, the continued fraction of erfc for large x (Abramowitz and Stegun
   * 7.1.6, 7.1.14).
   */
  static double erf(double x) {
    double a = Math.abs(x);
    if (Double.isNaN(x)) {
      return x;
    }
    if (a > 6) {
      return Math.copySign(1, x);
    }
    if (a < 2.5) {
      double term = a;
      double sum = a;
      double a2 = a * a;
      for (int n = 1; n < 200 && term > sum * 1e-18; n++) {
        term *= 2 * a2 / (2 * n + 1);
        sum += term;
      }
      return Math.copySign(2 / Math.sqrt(Math.PI) * Math.exp(-a2) * sum, x);
    }
    return Math.copySign(1 - erfcLarge(a), x);
  }

  private static double erfcLarge(double a) {
    double f = 0;
    for (int n = 60; n > 0; n--) {
      f = n / 2.0 / (a + f);
    }
    return Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + f));
  }

  /** Starts from Winitzki's formula, then three steps of Halley's method on erf. */
  static double erfinv(double x) {
    if (Double.isNaN(x) || Math.abs(x) > 1) {
      return Double.NaN;
    }
    if (Math.abs(x) == 1) {
      return x * Double.POSITIVE_INFINITY;
    }
    if (x == 0) {
      return x;
    }
    double l = Math.log1p(-x * x);
    double h = 2 / (Math.PI * 0.147) + l / 2;
    double y = Math.copySign(Math.sqrt(Math.sqrt(h * h - l / 0.147) - h), x);
    for (int k = 0; k < 3; k++) {
      double a = Math.abs(y);
      // For large arguments the difference of complements keeps the digits.
      double err = a < 2.5 ? erf(y) - x : Math.copySign((1 - Math.abs(x)) - erfcLarge(a), x);
      double u = err * Math.sqrt(Math.PI) / 2 * Math.exp(y * y);
      y -= u / (1 + y * u);
    }
    return y;
  }

  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
  };

  /** log |gamma(x)| by reflection, recurrence up to 10 and Stirling's series. */
  static double lgamma(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x <= 0) {
      double s = Math.abs(Math.sin(Math.PI * (x - Math.floor(x))));
      return s == 0 ? Double.POSITIVE_INFINITY : Math.log(Math.PI / s) - lgamma(1 - x);
    }
    if (Double.isInfinite(x) || x == 1 || x == 2) {
      return Double.isInfinite(x) ? x : 0;
    }
    double product = 1;
    double y = x;
    while (y < 10) {
      product *= y;
      y += 1;
    }
    double r = 1 / y;
    double r2 = r * r;
    double series = 0;
    for (int k = STIRLING.length - 1; k >= 0; k--) {
      series = series * r2 + STIRLING[k];
    }
    return (y - 0.5) * Math.log(y)
        - y
        + 0.5 * Math.log(2 * Math.PI)
        + series * r
        - Math.log(product);
  }

  private static final double[] DIGAMMA = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
  };

  /** The derivative of lgamma, in the same manner. */
  static double digamma(double x) {
    if (x <= 0 && x == Math.floor(x)) {
      return Double.NaN;
    }
    if (x < 0) {
      return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
    }
    double shift = 0;
    double y = x;
    while (y < 10) {
      shift += 1 / y;
      y += 1;
    }
    double r2 = 1 / (y * y);
    double series = 0;
    for (int k = DIGAMMA.length - 1; k >= 0; k--) {
      series = series * r2 + DIGAMMA[k];
    }
    return Math.log(y) - 0.5 / y - series * r2 - shift;
  }
}
