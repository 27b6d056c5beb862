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
    if (x < 1) {
      return Double.NaN;
    }
    return x > 1e150 ? Math.log(x) + Math.log(2) : Math.log1p(x - 1 + Math.sqrt((x - 1) * (x + 1)));
  }

  static double atanh(double x) {
    return Math.copySign(0.5 * Math.log1p(2 * Math.abs(x) / (1 - Math.abs(x))), x);
  }

  // The rational functions of erfc: in the middle of x, in the tail of 1/x^2; highest power first.
  private static final double[] ERFC_P = {
    2.1531153547440383e-8,
    0.5641884969886701,
    8.883149794388377,
    66.11919063714163,
    298.6351381974001,
    881.952221241769,
    1712.0476126340707,
    2051.0783778260716,
    1230.3393547979972
  };
  private static final double[] ERFC_Q = {
    1.0,
    15.744926110709835,
    117.6939508913125,
    537.1811018620099,
    1621.3895745666903,
    3290.7992357334597,
    4362.619090143247,
    3439.3676741437216,
    1230.3393548037495
  };
  private static final double[] TAIL_P = {
    0.016315387137302097,
    0.30532663496123236,
    0.36034489994980445,
    0.12578172611122926,
    0.016083785148742275,
    0.0006587491615298378
  };
  private static final double[] TAIL_Q = {
    1.0,
    2.568520192289822,
    1.8729528499234673,
    0.5279051029514285,
    0.06051834131244132,
    0.0023352049762686918
  };

  /** The series near zero; elsewhere {@link #erfc}. */
  static double erf(double x) {
    double a = Math.abs(x);
    if (a >= 1) {
      return Math.copySign(1 - erfcPositive(a), x);
    }
    double sum = 0;
    for (int n = 22; n >= 0; n--) { // (-1)^n x^(2n+1) / (n! (2n+1)), by Horner
      sum = 1.0 / (2 * n + 1) - x * x / (n + 1) * sum;
    }
    return 2 / Math.sqrt(Math.PI) * x * sum;
  }

  /**
   * 1 - erf(x), without cancellation, by rational approximations (W. J. Cody: Rational Chebyshev
   * approximations for the error function; Mathematics of Computation 23, 1969).
   */
  static double erfc(double x) {
    if (Math.abs(x) < 0.46875) {
      return 1 - erf(x);
    }
    return x < 0 ? 2 - erfcPositive(-x) : erfcPositive(x);
  }

  private static double erfcPositive(double a) {
    if (a > 27) {
      return 0;
    }
    // exp(-a^2) of a rounded square would lose digits: a short square, and what is left of it.
    double head = Math.rint(a * 16) / 16;
    double gauss = Math.exp(-head * head) * Math.exp(-(a - head) * (a + head));
    if (a <= 4) {
      return gauss * horner(ERFC_P, a) / horner(ERFC_Q, a);
    }
    double r = 1 / (a * a);
    double tail = r * horner(TAIL_P, r) / horner(TAIL_Q, r);
    return gauss * (1 / Math.sqrt(Math.PI) - tail) / a;
  }

  // The coefficients of erfinv, highest power first, for the middle and the tails.
  private static final float[] SINGLE_MIDDLE = {
    2.8102264e-8f,
    3.4327394e-7f,
    -3.5233877e-6f,
    -4.3915065e-6f,
    0.00021858087f,
    -0.001253725f,
    -0.0041776816f,
    0.24664073f,
    1.5014094f
  };
  private static final float[] SINGLE_TAIL = {
    -0.00020021426f,
    0.00010095056f,
    0.0013493432f,
    -0.0036734284f,
    0.0057395077f,
    -0.0076224613f,
    0.0094388705f,
    1.001674f,
    2.8329768f
  };
  private static final double[] DOUBLE_MIDDLE = {
    -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17,
    -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14,
    -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11, -5.415412054294628e-11,
    1.0512122733215323e-9, -4.112633980346984e-9, -2.9070369957882005e-8, 4.2347877827932404e-7,
    -1.3654692000834679e-6, -1.3882523362786469e-5, 0.00018673420803405714, -0.000740702534166267,
    -0.006033670871430149, 0.24015818242558962, 1.6536545626831027
  };
  private static final double[] DOUBLE_TAIL = {
    2.2137376921775787e-9, 9.075656193888539e-8, -2.7517406297064545e-7, 1.8239629214389228e-8,
    1.5027403968909828e-6, -4.013867526981546e-6, 2.9234449089955446e-6, 1.2475304481671779e-5,
    -4.7318229009055734e-5, 6.828485145957318e-5, 2.4031110387097894e-5, -0.0003550375203628475,
    0.0009532893797373805, -0.0016882755560235047, 0.002491442096107851, -0.003751208507569241,
    0.005370914553590064, 1.0052589676941592, 3.0838856104922208
  };
  private static final double[] DOUBLE_FAR_TAIL = {
    -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-9, -3.789465440126737e-9,
    7.61570120807834e-9, -1.496002662714924e-8, 2.914795345090108e-8, -6.771199775845234e-8,
    2.2900482228026655e-7, -9.9298272942317e-7, 4.526062597223154e-6, -1.968177810553167e-5,
    7.599527703001776e-5, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344,
    4.849906401408584
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

  // (-1)^k (zeta(k) - 1) / k for k from 29 down to 2, then 1 minus Euler's constant, and 0.
  private static final double[] ABOUT_TWO = {
    -6.4229645638381e-11, 1.330476437424449e-10, -2.7595228851242334e-10, 5.731367241678862e-10,
    -1.1921401405860912e-9, 2.4836745438024785e-9, -5.183475041970047e-9, 1.0838659214896955e-8,
    -2.2711094608943164e-8, 4.7698101693639804e-8, -1.0043224823968099e-7, 2.1207184805554665e-7,
    -4.492469198764566e-7, 9.55141213040742e-7, -2.039215753801366e-6, 4.374866789907488e-6,
    -9.439488275268397e-6, 2.050721277567069e-5, -4.492623673813314e-5, 9.945751278180853e-5,
    -0.00022315475845357939, 0.0005096695247430425, -0.001192753911703261, 0.0028905103307415234,
    -0.007385551028673986, 0.020580808427784546, -0.0673523010531981, 0.3224670334241132,
    0.42278433509846713, 0
  };

  private static final double[] STIRLING = {
    1.0 / 156, -691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12
  };

  /** log |gamma(x)|: the power series about 2 with the recurrence, Stirling's series from 10 on. */
  static double lgamma(double x) {
    if (x <= 0) {
      double s = Math.abs(Math.sin(Math.PI * (x - Math.rint(x))));
      return s == 0 || Double.isInfinite(x)
          ? Double.POSITIVE_INFINITY
          : Math.log(Math.PI / s) - lgamma(1 - x);
    }
    if (x >= 10) {
      double r = 1 / x;
      return Double.isInfinite(x)
          ? x
          : (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + horner(STIRLING, r * r) * r;
    }
    if (x < 0.5) {
      return horner(ABOUT_TWO, x) - Math.log1p(x) - Math.log(x);
    }
    if (x < 1.5) {
      return horner(ABOUT_TWO, x - 1) - Math.log1p(x - 1);
    }
    double product = 1;
    double y = x;
    while (y >= 2.5) {
      y -= 1;
      product *= y;
    }
    return horner(ABOUT_TWO, y - 2) + Math.log(product);
  }

  private static final double[] DIGAMMA = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
  };

  /** The derivative of lgamma, in the same manner. */
  static double digamma(double x) {
    if (x <= 0 && x == Math.floor(x)) {
      return x == 0 ? Double.NEGATIVE_INFINITY : Double.NaN;
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
