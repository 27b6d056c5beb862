package dev.axial.numerics;

/** erf, erfc and the inverse of erf. */
final class ErrorFunctions {
  private ErrorFunctions() {}

  /**
   * Near zero a polynomial; elsewhere 1 - 2^p(x), whose error is as small as that power of two.
   * Beyond 4 it is 1.
   */
  static Value erf32(Value x) {
    Value a = x.abs().atMost(4);
    Value p = a.polynomial(Coefficients.ERFTAIL32);
    double magic = Format.SINGLE.magic + Format.SINGLE.bias;
    Value sum = p.plus(magic);
    Value r = p.minus(sum.minus(magic));
    Value power = sum.bits().shl(Format.SINGLE.fraction).bits();
    Value far = r.polynomial(Coefficients.EXP2TAIL32).fma(power, 1);
    Value near = x.fma(x.times(x).polynomial(Coefficients.ERF32), x);
    return a.lt(1).pick(near, far.signed(x));
  }

  private static Value near64(Value x) {
    return x.fma(x.times(x).polynomial(Coefficients.ERF64), x);
  }

  /**
   * erfc of a positive number: exp(-a^2) with the rest of the rounded square, times a polynomial.
   */
  private static Value tail64(Value positive) {
    Value a = positive.atMost(28);
    Value t = a.minus(4).over(a.plus(4));
    Value square = a.times(a).neg();
    Value squareLow = a.fma(a, square).neg();
    Value factor = t.polynomial(Coefficients.ERFC64).over(a.fma(2, 1));
    return Exponentials.exp(square, squareLow, factor);
  }

  static Value erf64(Value x) {
    Value a = x.abs();
    Value far = x.real(1).minus(tail64(a)).signed(x);
    return a.lt(0x1p-1022).pick(x.fma(0x1.06eba8214db69p-3, x), a.lt(1).pick(near64(x), far));
  }

  static Value erfc64(Value x) {
    Value a = x.abs();
    Value tail = tail64(a);
    Value far = x.lt(0).pick(x.real(2).minus(tail), tail);
    return a.lt(0.5).pick(x.real(1).minus(near64(x)), far);
  }

  // The coefficients of erfinv, lowest power first, for the middle and the tails.
  private static final double[] SINGLE_MIDDLE = {
    1.5014094f,
    0.24664073f,
    -0.0041776816f,
    -0.001253725f,
    0.00021858087f,
    -4.3915065e-6f,
    -3.5233877e-6f,
    3.4327394e-7f,
    2.8102264e-8f
  };
  private static final double[] SINGLE_TAIL = {
    2.8329768f,
    1.001674f,
    0.0094388705f,
    -0.0076224613f,
    0.0057395077f,
    -0.0036734284f,
    0.0013493432f,
    0.00010095056f,
    -0.00020021426f
  };
  private static final double[] DOUBLE_MIDDLE = {
    1.6536545626831027, 0.24015818242558962, -0.006033670871430149, -0.000740702534166267,
    0.00018673420803405714, -1.3882523362786469e-5, -1.3654692000834679e-6, 4.2347877827932404e-7,
    -2.9070369957882005e-8, -4.112633980346984e-9, 1.0512122733215323e-9, -5.415412054294628e-11,
    -1.2975133253453532e-11, 2.6335093153082323e-12, -8.151934197605472e-14, -4.054566272975207e-14,
    6.637638134358324e-15, 2.0972767875968562e-17, -1.333171662854621e-16, 1.1157877678025181e-17,
    1.28584807152564e-18, -1.6850591381820166e-19, -3.64441206401782e-21
  };
  private static final double[] DOUBLE_TAIL = {
    3.0838856104922208, 1.0052589676941592, 0.005370914553590064, -0.003751208507569241,
    0.002491442096107851, -0.0016882755560235047, 0.0009532893797373805, -0.0003550375203628475,
    2.4031110387097894e-5, 6.828485145957318e-5, -4.7318229009055734e-5, 1.2475304481671779e-5,
    2.9234449089955446e-6, -4.013867526981546e-6, 1.5027403968909828e-6, 1.8239629214389228e-8,
    -2.7517406297064545e-7, 9.075656193888539e-8, 2.2137376921775787e-9
  };
  private static final double[] DOUBLE_FAR_TAIL = {
    4.849906401408584, 1.0103004648645344, -0.00013871931833623122, -0.00021503011930044477,
    7.599527703001776e-5, -1.968177810553167e-5, 4.526062597223154e-6, -9.9298272942317e-7,
    2.2900482228026655e-7, -6.771199775845234e-8, 2.914795345090108e-8, -1.496002662714924e-8,
    7.61570120807834e-9, -3.789465440126737e-9, 1.5076572693500548e-9, -2.555641816996525e-10,
    -2.7109920616438573e-11
  };

  /**
   * Giles's polynomials in log(1 - x^2) (M. Giles: Approximating the erfinv function; GPU Computing
   * Gems 2, 2011), as XLA has them: random normal numbers are equal to JAX's only because these are
   * the same approximations, which are not the most accurate ones.
   */
  static Value erfinv64(Value x) {
    Value w = Logarithms.log1p(x.neg().times(x)).neg();
    Value r = w.sqrt();
    Value middle = w.minus(3.125).polynomial(DOUBLE_MIDDLE);
    Value tail = r.minus(3.25).polynomial(DOUBLE_TAIL);
    Value far = r.minus(5).polynomial(DOUBLE_FAR_TAIL);
    Value p = w.lt(6.25).pick(middle, w.lt(16).pick(tail, far));
    return ends(x, p.times(x));
  }

  /** The same in single precision, with polynomials of its own. */
  static Value erfinv32(Value x) {
    Value w = Logarithms.log1pNegative32(x.neg().times(x)).neg();
    Value middle = w.minus(2.5).polynomial(SINGLE_MIDDLE);
    Value tail = w.sqrt().minus(3).polynomial(SINGLE_TAIL);
    Value inside = ends(x, w.lt(5).pick(middle, tail).times(x));
    return x.abs().gt(1).pick(Double.NaN, inside);
  }

  private static Value ends(Value x, Value inside) {
    return x.abs().eq(1).pick(x.times(Double.POSITIVE_INFINITY), inside);
  }
}
