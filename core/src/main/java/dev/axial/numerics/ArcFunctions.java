package dev.axial.numerics;

/** The inverses of the trigonometric functions, in double. */
final class ArcFunctions {
  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final double PI = 0x1.921fb54442d18p1;
  private static final double PI_LOW = 0x1.1a62633145c07p-53;

  /** tan(pi/8) and tan(3 pi/8), between which 45 degrees are subtracted. */
  private static final double LOW = 0.4142135623730951;

  private static final double HIGH = 2.414213562373095;

  private ArcFunctions() {}

  /** atan(t) = t + t^3 (…) for small t, as what is added to t. */
  private static Value beyond(Value t) {
    Value z = t.times(t);
    return t.times(z).times(z.polynomial(Coefficients.ATAN64));
  }

  /**
   * The angle of a point with coordinates that are not negative, turned by 0, 45 or 90 degrees so
   * that it lies near the x axis; and its supplement where left holds.
   */
  private static Value angle(Value y, Value x, Value left) {
    Value near = y.lt(x.times(LOW));
    Value middle = y.lt(x.times(HIGH));
    Value numerator = near.pick(y, middle.pick(y.minus(x), x.neg()));
    Value denominator = near.pick(x, middle.pick(y.plus(x), y));
    Value t = numerator.over(denominator);
    Value half = near.pick(y.real(0), middle.pick(y.real(0.25), 0.5));
    Value sign = left.pick(y.real(-1), 1);
    Value turns = left.pick(half.real(1).minus(half), half);
    Value low = sign.fma(beyond(t), turns.times(PI_LOW));
    Value small = sign.times(t);
    return turns.times(PI).plus(small.plus(low));
  }

  static Value atan(Value x) {
    Value a = x.abs();
    Value y = a.atMost(0x1p60);
    Value v = angle(y, y.real(1), y.lt(-1));
    return a.lt(0x1p-28).pick(x, v.signed(x));
  }

  /** In quarters, so that no sum overflows; two infinite ones are as good as two ones. */
  static Value atan2(Value y, Value x) {
    Value a = y.abs();
    Value b = x.abs();
    Value large = a.gt(0x1p1000).or(b.gt(0x1p1000));
    Value both = a.eq(INFINITY).and(b.eq(INFINITY));
    Value zero = a.eq(0).and(b.eq(0));
    Value u = both.pick(1, large.pick(a.times(0.25), a));
    Value v = both.or(zero).pick(1, large.pick(b.times(0.25), b));
    return angle(u, v, x.signBit()).signed(y);
  }

  /** asin(s) = s + s^3 (…) up to one half, as what is added to s; z is its square. */
  private static Value beyond(Value s, Value z) {
    return s.times(z).times(z.polynomial(Coefficients.ASIN64));
  }

  /** Beyond one half asin(x) = pi/2 - 2 asin(s) with s^2 = (1 - x)/2. */
  static Value asin(Value x) {
    Value a = x.abs();
    Value small = a.lt(0.5);
    Value z = small.pick(a.times(a), a.fma(-0.5, 0.5));
    Value s = small.pick(a, z.sqrt());
    Value rest = beyond(s, z);
    Value top = s.real(PI / 4).minus(s);
    Value far = top.minus(rest.minus(PI_LOW / 4)).times(2);
    Value near = s.plus(rest);
    return a.lt(0x1p-28).pick(x, small.pick(near, far).signed(x));
  }

  static Value acos(Value x) {
    Value a = x.abs();
    Value small = a.lt(0.5);
    Value z = small.pick(a.times(a), a.fma(-0.5, 0.5));
    Value root = z.sqrt();
    Value s = small.pick(x, root);
    Value rest = beyond(s, z);
    Value middle = s.real(PI / 2).minus(s.minus(s.real(PI_LOW / 2).minus(rest)));
    // What the rounded root lacks.
    Value lost = root.neg().fma(root, z).over(root.times(2));
    Value right = root.plus(rest.plus(a.eq(1).pick(0, lost))).times(2);
    Value left = s.real(PI).minus(root.plus(rest.minus(PI_LOW / 2)).times(2));
    return small.pick(middle, x.lt(0).pick(left, right));
  }
}
