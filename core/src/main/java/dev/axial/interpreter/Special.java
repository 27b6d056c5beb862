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

  // The coefficients of erfinv, highest power first, for the middle and the tails.
  private static final float[] SINGLE_MIDDLE = {
    2.81022636e-08f,
    3.43273939e-07f,
    -3.5233877e-06f,
    -4.39150654e-06f,
    0.00021858087f,
    -0.00125372503f,
    -0.00417768164f,
    0.246640727f,
    1.50140941f
  };
  private static final float[] SINGLE_TAIL = {
    -0.000200214257f,
    0.000100950558f,
    0.00134934322f,
    -0.00367342844f,
    0.00573950773f,
    -0.0076224613f,
    0.00943887047f,
    1.00167406f,
    2.83297682f
  };
  private static final double[] DOUBLE_MIDDLE = {
    -3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18,
    1.115787767802518096e-17, -1.333171662854620906e-16, 2.0972767875968561637e-17,
    6.6376381343583238325e-15, -4.0545662729752068639e-14, -8.1519341976054721522e-14,
    2.6335093153082322977e-12, -1.2975133253453532498e-11, -5.4154120542946279317e-11,
    1.051212273321532285e-09, -4.1126339803469836976e-09, -2.9070369957882005086e-08,
    4.2347877827932403518e-07, -1.3654692000834678645e-06, -1.3882523362786468719e-05,
    0.0001867342080340571352, -0.00074070253416626697512, -0.0060336708714301490533,
    0.24015818242558961693, 1.6536545626831027356
  };
  private static final double[] DOUBLE_TAIL = {
    2.2137376921775787049e-09, 9.0756561938885390979e-08, -2.7517406297064545428e-07,
    1.8239629214389227755e-08, 1.5027403968909827627e-06, -4.013867526981545969e-06,
    2.9234449089955446044e-06, 1.2475304481671778723e-05, -4.7318229009055733981e-05,
    6.8284851459573175448e-05, 2.4031110387097893999e-05, -0.0003550375203628474796,
    0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066,
    -0.0037512085075692412107, 0.005370914553590063617, 1.0052589676941592334,
    3.0838856104922207635
  };
  private static final double[] DOUBLE_FAR_TAIL = {
    -2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-09,
    -3.7894654401267369937e-09, 7.6157012080783393804e-09, -1.4960026627149240478e-08,
    2.9147953450901080826e-08, -6.7711997758452339498e-08, 2.2900482228026654717e-07,
    -9.9298272942317002539e-07, 4.5260625972231537039e-06, -1.9681778105531670567e-05,
    7.5995277030017761139e-05, -0.00021503011930044477347, -0.00013871931833623122026,
    1.0103004648645343977, 4.8499064014085844221
  };

  /**
   * Giles's polynomials in log(1 - x^2) (M. Giles: Approximating the erfinv function; GPU Computing
   * Gems 2, 2011), as XLA has them: random normal numbers are equal to JAX's only because these are
   * the same approximations, which are not the most accurate ones.
   */
  static double erfinv(double x) {
    if (Math.abs(x) == 1) {
      return x * Double.POSITIVE_INFINITY;
    }
    double w = -Math.log1p(-x * x);
    if (w < 6.25) {
      return horner(DOUBLE_MIDDLE, w - 3.125) * x;
    }
    double r = Math.sqrt(w);
    return (w < 16 ? horner(DOUBLE_TAIL, r - 3.25) : horner(DOUBLE_FAR_TAIL, r - 5)) * x;
  }

  /** The same in single precision, with polynomials of its own. */
  static float erfinv(float x) {
    if (Math.abs(x) == 1) {
      return x * Float.POSITIVE_INFINITY;
    }
    float w = (float) -Math.log1p(-x * x);
    return w < 5
        ? horner(SINGLE_MIDDLE, w - 2.5f) * x
        : horner(SINGLE_TAIL, (float) Math.sqrt(w) - 3) * x;
  }

  private static double horner(double[] coefficients, double z) {
    double p = 0;
    for (double c : coefficients) {
      p = Math.fma(p, z, c);
    }
    return p;
  }

  private static float horner(float[] coefficients, float z) {
    float p = 0;
    for (float c : coefficients) {
      p = Math.fma(p, z, c);
    }
    return p;
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
