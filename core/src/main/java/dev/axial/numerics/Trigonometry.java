package dev.axial.numerics;

/**
 * sin, cos and tan of double, and the sine of pi times a small number.
 *
 * <p>x = n pi/2 + r with |r| at most pi/4; r is kept as a sum of two numbers. Up to 2^30 pi/2 is
 * subtracted in three parts. n is then so small that the first difference is exact; beyond, {@link
 * LargeAngles} multiplies with as many bits of 2/pi as it takes.
 */
final class Trigonometry {
  private static final double LARGEST = 0x1p30;
  private static final double[] HALF_PI = {
    0x1.921fb54442d18p0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110
  };
  private static final double TWO_OVER_PI = 0x1.45f306dc9c883p-1;

  private Trigonometry() {}

  /** r + low, and an integer that is n modulo 4. */
  record Angle(Value quadrant, Value r, Value low) {}

  static Value moderate(Value x) {
    return x.abs().le(LARGEST);
  }

  static Angle moderateAngle(Value x) {
    double magic = Format.DOUBLE.magic;
    Value sum = x.fma(TWO_OVER_PI, magic);
    Value n = sum.minus(magic);
    Value first = n.fma(-HALF_PI[0], x);
    Value w = n.times(HALF_PI[1]);
    Value wLow = n.fma(HALF_PI[1], w.neg());
    Value second = first.minus(w);
    // The error of the second difference, whichever of the two is the larger.
    Value back = second.minus(first);
    Value error = first.minus(second.minus(back)).minus(w.plus(back));
    Value low = n.fma(-HALF_PI[2], error.minus(wLow));
    Value r = second.plus(low);
    return new Angle(sum.bits(), r, low.minus(r.minus(second)));
  }

  static Angle angle(Value x) {
    Value moderate = moderate(x);
    Angle a = moderateAngle(x);
    Angle b = LargeAngles.angle(x);
    return new Angle(
        moderate.pick(a.quadrant(), b.quadrant()),
        moderate.pick(a.r(), b.r()),
        moderate.pick(a.low(), b.low()));
  }

  private static Value sine(Angle a) {
    Value r = a.r();
    Value z = r.times(r);
    // sin(r + low) = r + (r^3 (…) + low cos r)
    Value cosine = z.fma(-0.5, 1);
    return r.plus(r.times(z).fma(z.polynomial(Coefficients.SIN64), a.low().times(cosine)));
  }

  private static Value cosine(Angle a) {
    Value r = a.r();
    Value z = r.times(r);
    Value half = z.times(0.5);
    Value w = half.real(1).minus(half);
    Value lost = half.real(1).minus(w).minus(half);
    Value rest = z.times(z).fma(z.polynomial(Coefficients.COS64), r.times(a.low()).neg());
    return w.plus(lost.plus(rest));
  }

  private static Value even(Value quadrant) {
    return quadrant.and(1).eq(quadrant.integer(0));
  }

  private static Value withSign(Value quadrant, Value v) {
    return quadrant.and(2).shl(62).xor(v.bits()).bits();
  }

  static Value sin(Value x, Angle a) {
    Value q = a.quadrant();
    Value v = withSign(q, even(q).pick(sine(a), cosine(a)));
    return x.abs().lt(0x1p-27).pick(x, v);
  }

  static Value cos(Angle a) {
    Value q = a.quadrant();
    return withSign(q.plusInteger(1), even(q).pick(cosine(a), sine(a)));
  }

  static Value tan(Value x, Angle a) {
    Value even = even(a.quadrant());
    Value sine = sine(a);
    Value cosine = cosine(a);
    Value v = even.pick(sine, cosine.neg()).over(even.pick(cosine, sine));
    return x.abs().lt(0x1p-27).pick(x, v);
  }

  /** sin(pi d) for |d| up to 1/2. */
  static Value sinPi(Value d) {
    return d.times(d.times(d).polynomial(Coefficients.SINPI64));
  }

  /** cos(pi d) for |d| up to 1/2. */
  static Value cosPi(Value d) {
    return sinPi(d.real(0.5).minus(d.abs()));
  }
}
