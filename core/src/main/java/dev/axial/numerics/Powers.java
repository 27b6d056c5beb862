package dev.axial.numerics;

/** Powers and the cube root. */
final class Powers {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** ln 2 with eleven zeros at its end, so that its product with an exponent is exact. */
  private static final double LN2_SHORT = 0x1.62e42fefa38p-1;

  private static final double LN2_REST = 0x1.ef35793c76730p-45;

  private Powers() {}

  /** A number as the sum of two, of which the second is small. */
  private record Pair(Value high, Value low) {}

  /** log(x) to some 68 bits, for positive normal x. */
  private static Pair preciseLog(Value x, Value more) {
    Value bits = x.bits();
    Value k = bits.plusInteger(-0x3fe6a09e667f3bcdL).ashr(52);
    Value f = bits.minus(k.shl(52)).bits().minus(1);
    Value n = k.to(x.type()).plus(more);
    Value d = f.plus(2);
    Value dLow = f.minus(d.minus(2));
    Value s = f.over(d);
    Value sLow = s.neg().fma(d, f).minus(s.times(dLow)).over(d);
    Value z = s.times(s);
    Value zLow = s.productError(s, z).plus(s.times(2).times(sLow));
    Value cube = z.times(s);
    Value cubeLow = z.productError(s, cube).plus(z.times(sLow)).plus(zLow.times(s));
    Value third = cube.times(0x1.5555555555555p-1);
    Value thirdLow =
        cube.productError(cube.real(0x1.5555555555555p-1), third)
            .plus(cube.times(0x1.5555555555555p-55))
            .plus(cubeLow.times(0x1.5555555555555p-1));
    Value rest = cube.times(z).times(z.polynomial(Coefficients.POW64));
    Value whole = n.times(LN2_SHORT);
    Value two = s.times(2);
    Value first = whole.plus(two);
    Value firstLow = two.minus(first.minus(whole));
    Value high = first.plus(third);
    Value highLow = third.minus(high.minus(first));
    Value low = n.fma(LN2_REST, sLow.fma(2, thirdLow.plus(rest))).plus(firstLow).plus(highLow);
    Value sum = high.plus(low);
    return new Pair(sum, low.minus(sum.minus(high)));
  }

  /** |x| as a positive normal number, and the exponent that was taken from it. */
  private static Pair normal(Value a) {
    Value denormal = a.lt(0x1p-1022);
    return new Pair(denormal.pick(a.times(0x1p54), a), denormal.pick(a.real(-54), 0));
  }

  /** exp(y log |x|) with some 11 bits more in the logarithm than the result has. */
  static Value pow64(Value x, Value y) {
    Pair a = normal(x.abs());
    Pair log = preciseLog(a.high(), a.low());
    Value high = edges(x, log.high());
    Value p = y.times(high);
    Value pLow = y.productError(high, p).plus(y.times(log.low()));
    // Beyond this the result is 0 or infinite, and the low part no number.
    Value near = p.abs().lt(1000);
    Value power = Exponentials.exp(p.atMost(1000).atLeast(-1000), near.pick(pLow, 0), x.real(1));
    return special(x, y, power);
  }

  /** For float32 arguments in double: the plain logarithm is precise enough. */
  static Value pow32(Value x, Value y) {
    Value log = edges(x, Logarithms.logPositive(x.abs()));
    Value p = y.times(log).atMost(200).atLeast(-200);
    return special(x, y, Exponentials.expModerate(p));
  }

  /** The logarithm of |x| at 0, infinity and NaN. */
  private static Value edges(Value x, Value log) {
    Value finite = x.abs().eq(INFINITY).pick(INFINITY, log);
    Value nonzero = x.eq(0).pick(-INFINITY, finite);
    return x.eq(x).pick(nonzero, x);
  }

  /**
   * The sign of an odd power, NaN for other roots of negative numbers, and IEEE's powers that are
   * 1.
   */
  private static Value special(Value x, Value y, Value power) {
    Value whole = y.rint().eq(y);
    Value halfWhole = y.times(0.5).rint().times(2).eq(y);
    Value negative = x.signBit();
    Value signed = negative.and(whole).and(halfWhole.not()).pick(power.neg(), power);
    Value root = x.lt(0).and(x.gt(-INFINITY)).and(whole.not()).and(y.abs().lt(INFINITY));
    Value real = root.pick(Double.NaN, signed);
    Value one = x.eq(1).or(y.eq(0)).or(x.eq(-1).and(y.abs().eq(INFINITY)));
    Value result = one.pick(1, real);
    // A NaN exponent makes every comparison above false but leaves a number where x is 0 or
    // infinite.
    return y.eq(y).or(one).pick(result, y);
  }

  /**
   * A guess from a third of the bits, which is off by a few percent; a polynomial of how far the
   * cube of the guess is from x; and one step of Newton's with the exact residual.
   */
  static Value cbrt(Value x) {
    Value a = x.abs();
    Value small = a.lt(0x1p-600); // or its residual would be denormal
    Value y = small.pick(a.times(0x1p300), a);
    Value third = y.bits().lshr(32).times(y.bits().integer(0x55555556L)).lshr(32);
    Value guess = third.plusInteger(CBRT_GUESS).shl(32).bits();
    Value r = guess.times(guess).times(guess.over(y));
    Value root = guess.times(r.polynomial(Coefficients.CBRT64));
    Value square = root.times(root);
    Value squareLow = root.productError(root, square);
    Value residual = root.neg().fma(square, y).minus(root.times(squareLow));
    Value better = root.plus(residual.over(square.times(3)));
    Value scaled = small.pick(better.times(0x1p-100), better);
    Value plain = a.eq(0).or(a.lt(INFINITY).not());
    return plain.pick(x, scaled.signed(x));
  }

  /** Two thirds of the bias, less a little that halves the largest error of the guess. */
  private static final long CBRT_GUESS = 0x2a9f7893L;
}
