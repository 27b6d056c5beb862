package dev.axial.numerics;

/**
 * sin and cos of float32: x = n pi + r with |r| at most pi/2, so that one odd polynomial does, and
 * its sign is the parity of n. cos(x) is the sine of x + pi/2, with (n - 1/2) pi subtracted.
 */
final class Angles32 {
  /** Up to here n pi is subtracted in three parts with r right to its last bits. */
  private static final double LARGEST = 0x1p16;

  private static final double[] PI = {0x1.921fb6p1, -0x1.777a5cp-24, -0x1.ee59dap-49};

  private Angles32() {}

  static Value moderate(Value x) {
    return x.abs().le(LARGEST);
  }

  private static LargeAngles.HalfTurn moderateTurn(Value x, boolean quarter) {
    // The magic number of the cosine is odd: its n is one less.
    double magic = Format.SINGLE.magic + (quarter ? 1 : 0);
    Value sum = quarter ? x.fma(1 / Math.PI, -0.5).plus(magic) : x.fma(1 / Math.PI, x.real(magic));
    Value whole = sum.minus(magic);
    Value n = quarter ? whole.plus(0.5) : whole;
    Value r = n.fma(-PI[2], n.fma(-PI[1], n.fma(-PI[0], x)));
    return new LargeAngles.HalfTurn(sum.bits(), r);
  }

  private static Value sine(LargeAngles.HalfTurn t) {
    Value r = t.r();
    Value z = r.times(r);
    Value s = r.times(z).fma(z.polynomial(Coefficients.SIN32), r);
    return t.parity().shl(31).xor(s.bits()).bits();
  }

  private static LargeAngles.HalfTurn turn(Value x, boolean quarter) {
    Value moderate = moderate(x);
    var a = moderateTurn(x, quarter);
    var b = LargeAngles.halfTurn(x, quarter);
    return new LargeAngles.HalfTurn(
        moderate.pick(a.parity(), b.parity()), moderate.pick(a.r(), b.r()));
  }

  static Value sinModerate(Value x) {
    return x.eq(0).pick(x, sine(moderateTurn(x, false)));
  }

  static Value cosModerate(Value x) {
    return sine(moderateTurn(x, true));
  }

  static Value sin(Value x) {
    return x.eq(0).pick(x, sine(turn(x, false)));
  }

  static Value cos(Value x) {
    return sine(turn(x, true));
  }
}
