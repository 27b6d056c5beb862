package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.numerics.Expansion.Kind;

/** The value of a step of a formula, with the operations on it as methods, so that it reads. */
record Value(Formula formula, int number, Expansion.Type type) {

  // ---------------------------------------------------------------- constants

  /** A constant of this value's type, rounded to it. */
  Value real(double v) {
    long bits =
        switch (type) {
          case F32 -> Float.floatToRawIntBits((float) v) & 0xffffffffL;
          case F64 -> Double.doubleToRawLongBits(v);
          case I32, I64, BOOL -> throw new AxialException("internal error: " + v + " of " + type);
        };
    return formula.add(Kind.CONST, type, -1, -1, -1, bits);
  }

  Value integer(long v) {
    return formula.add(Kind.CONST, type, -1, -1, -1, type == Expansion.Type.I32 ? (int) v : v);
  }

  private boolean isReal() {
    return type == Expansion.Type.F32 || type == Expansion.Type.F64;
  }

  private Value op(Kind real, Kind integer, Value b) {
    return formula.add(isReal() ? real : integer, type, number, b.number, -1, 0);
  }

  private Value unary(Kind kind) {
    return formula.add(kind, type, number, -1, -1, 0);
  }

  private Value test(Kind kind, Value b) {
    return formula.add(kind, Expansion.Type.BOOL, number, b.number, -1, 0);
  }

  // ---------------------------------------------------------------- arithmetic

  Value plus(Value b) {
    return op(Kind.ADD, Kind.IADD, b);
  }

  Value plus(double b) {
    return plus(real(b));
  }

  Value plusInteger(long b) {
    return plus(integer(b));
  }

  Value minus(Value b) {
    return op(Kind.SUB, Kind.ISUB, b);
  }

  Value minus(double b) {
    return minus(real(b));
  }

  Value times(Value b) {
    return op(Kind.MUL, Kind.IMUL, b);
  }

  Value times(double b) {
    return times(real(b));
  }

  Value over(Value b) {
    return formula.add(Kind.DIV, type, number, b.number, -1, 0);
  }

  /** This times b plus c, rounded once. */
  Value fma(Value b, Value c) {
    return formula.add(Kind.FMA, type, number, b.number, c.number, 0);
  }

  Value fma(double b, Value c) {
    return fma(real(b), c);
  }

  Value fma(Value b, double c) {
    return fma(b, real(c));
  }

  Value fma(double b, double c) {
    return fma(real(b), real(c));
  }

  /** The error of the rounded product p of this and b, exactly. */
  Value productError(Value b, Value p) {
    return fma(b, p.neg());
  }

  Value sqrt() {
    return unary(Kind.SQRT);
  }

  Value rint() {
    return unary(Kind.RINT);
  }

  Value abs() {
    return unary(Kind.ABS);
  }

  Value neg() {
    return unary(Kind.NEG);
  }

  /** This magnitude with the sign of another. */
  Value signed(Value sign) {
    return formula.add(Kind.COPYSIGN, type, number, sign.number, -1, 0);
  }

  /** The polynomial in this with these coefficients, lowest power first, by Horner's rule. */
  Value polynomial(double... c) {
    Value p = fma(c[c.length - 1], c[c.length - 2]);
    for (int k = c.length - 3; k >= 0; k--) {
      p = p.fma(this, c[k]);
    }
    return p;
  }

  // ---------------------------------------------------------------- bits

  Value and(Value b) {
    return formula.add(Kind.AND, type, number, b.number, -1, 0);
  }

  Value and(long b) {
    return and(integer(b));
  }

  Value or(Value b) {
    return formula.add(Kind.OR, type, number, b.number, -1, 0);
  }

  Value xor(Value b) {
    return formula.add(Kind.XOR, type, number, b.number, -1, 0);
  }

  /** The opposite of a boolean. */
  Value not() {
    return xor(integer(1));
  }

  /** Whether the sign bit is set, of zeros too. */
  Value signBit() {
    Value bits = bits();
    return bits.lt(bits.integer(0));
  }

  Value shl(int count) {
    return shl(integer(count));
  }

  Value shl(Value count) {
    return formula.add(Kind.SHL, type, number, count.number, -1, 0);
  }

  Value lshr(int count) {
    return lshr(integer(count));
  }

  Value lshr(Value count) {
    return formula.add(Kind.LSHR, type, number, count.number, -1, 0);
  }

  Value ashr(int count) {
    return formula.add(Kind.ASHR, type, number, integer(count).number, -1, 0);
  }

  /** A real number as the integer with its bits, and back. */
  Value bits() {
    Expansion.Type to =
        switch (type) {
          case F32 -> Expansion.Type.I32;
          case F64 -> Expansion.Type.I64;
          case I32 -> Expansion.Type.F32;
          case I64 -> Expansion.Type.F64;
          case BOOL -> throw new AxialException("internal error: the bits of a boolean");
        };
    return formula.add(Kind.BITCAST, to, number, -1, -1, 0);
  }

  Value to(Expansion.Type t) {
    return t == type ? this : formula.add(Kind.CONVERT, t, number, -1, -1, 0);
  }

  // ---------------------------------------------------------------- choices

  Value lt(Value b) {
    return test(isReal() ? Kind.FLT : Kind.ILT, b);
  }

  Value lt(double b) {
    return lt(real(b));
  }

  Value gt(double b) {
    return real(b).lt(this);
  }

  Value le(double b) {
    return test(Kind.FLE, real(b));
  }

  Value ge(double b) {
    return real(b).test(Kind.FLE, this);
  }

  Value eq(Value b) {
    return test(isReal() ? Kind.FEQ : Kind.IEQ, b);
  }

  Value eq(double b) {
    return eq(real(b));
  }

  /** a where this holds, otherwise b. */
  Value pick(Value a, Value b) {
    return formula.add(Kind.SELECT, a.type, number, a.number, b.number, 0);
  }

  Value pick(Value a, double b) {
    return pick(a, a.real(b));
  }

  Value pick(double a, Value b) {
    return pick(b.real(a), b);
  }

  /** At most b; a NaN stays. */
  Value atMost(double b) {
    return gt(b).pick(b, this);
  }

  /** At least b; a NaN stays. */
  Value atLeast(double b) {
    return lt(b).pick(b, this);
  }
}
