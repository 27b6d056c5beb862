package dev.axial.numerics;

/** The two types of real numbers, for formulas that differ in their constants alone. */
enum Format {
  SINGLE(Expansion.Type.F32, 23, 127, 0x1.8p23, 0x1.62e430p-1, -0x1.05c610p-29),
  DOUBLE(Expansion.Type.F64, 52, 1023, 0x1.8p52, 0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56);

  final Expansion.Type type;

  /** The bits of the fraction: the place of the exponent. */
  final int fraction;

  final int bias;

  /**
   * Added to a number of moderate size, it leaves the nearest integer in the lowest bits of the
   * sum, and subtracted again gives that integer: no conversion, and nothing undefined for NaN.
   */
  final double magic;

  /** The natural logarithm of 2 in two parts. */
  final double ln2;

  final double ln2Low;

  Format(Expansion.Type type, int fraction, int bias, double magic, double ln2, double ln2Low) {
    this.type = type;
    this.fraction = fraction;
    this.bias = bias;
    this.magic = magic;
    this.ln2 = ln2;
    this.ln2Low = ln2Low;
  }

  static Format of(Value x) {
    return x.type() == Expansion.Type.F32 ? SINGLE : DOUBLE;
  }
}
