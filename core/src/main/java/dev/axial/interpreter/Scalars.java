package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.Evaluator;
import dev.axial.numerics.Expansion;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/** What each element-wise function means for one element. */
final class Scalars {
  private Scalars() {}

  static long integer(Fn.Unary f, DType t, long x) {
    return switch (f) {
      case NEG -> -x;
      case ABS -> t == DType.UINT32 ? x : Math.abs(x);
      case SIGN -> t == DType.UINT32 ? (x != 0 ? 1 : 0) : Long.signum(x);
      case NOT -> ~x;
      case POPCOUNT -> t == DType.INT64 ? Long.bitCount(x) : Integer.bitCount((int) x);
      case FLOOR,
          CEIL,
          ROUND,
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          SQRT,
          CBRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          TANH,
          ASINH,
          ACOSH,
          ATANH,
          ERF,
          ERFC,
          ERFINV,
          LOGISTIC,
          LGAMMA,
          DIGAMMA ->
          throw new AxialException("internal error: " + f + " of an integer");
    };
  }

  /** One number each, in float32. */
  static float real(Fn.Binary f, float x, float y) {
    return Denormals.MODE == Denormals.FLUSH ? flushed(f, x, y) : kept(f, x, y);
  }

  private static float flushed(Fn.Binary f, float x, float y) {
    return switch (f) {
      case MUL -> Denormals.multiply(x, y);
      case DIV -> Denormals.divide(x, y);
      case ADD, SUB, REM, MAX, MIN -> Denormals.read(kept(f, Denormals.read(x), Denormals.read(y)));
      case POW, ATAN2, AND, OR, XOR, SHL, SHR, SAR -> kept(f, x, y);
    };
  }

  private static float kept(Fn.Binary f, float x, float y) {
    return switch (f) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / y;
      case REM -> x % y;
      case MAX -> Math.max(x, y);
      case MIN -> Math.min(x, y);
      case POW, ATAN2 -> Evaluator.of(Expansion.of(f, DType.FLOAT32)).apply(x, y);
      case AND, OR, XOR, SHL, SHR, SAR ->
          throw new AxialException("internal error: " + f + " of real numbers");
    };
  }

  static double real(Fn.Binary f, double x, double y) {
    return Denormals.MODE == Denormals.FLUSH ? flushed(f, x, y) : kept(f, x, y);
  }

  private static double flushed(Fn.Binary f, double x, double y) {
    return switch (f) {
      case MUL -> Denormals.multiply(x, y);
      case DIV -> Denormals.divide(x, y);
      case ADD, SUB, REM, MAX, MIN -> Denormals.read(kept(f, Denormals.read(x), Denormals.read(y)));
      case POW, ATAN2, AND, OR, XOR, SHL, SHR, SAR -> kept(f, x, y);
    };
  }

  private static double kept(Fn.Binary f, double x, double y) {
    return switch (f) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / y;
      case REM -> x % y;
      case MAX -> Math.max(x, y);
      case MIN -> Math.min(x, y);
      case POW, ATAN2 -> Evaluator.of(Expansion.of(f, DType.FLOAT64)).apply(x, y);
      case AND, OR, XOR, SHL, SHR, SAR ->
          throw new AxialException("internal error: " + f + " of real numbers");
    };
  }

  /** Numbers of two bytes, by their bits: in float32, rounded once. */
  static short half(Fn.Binary f, DType t, short x, short y) {
    return Half.narrow(t, real(f, Half.widen(t, x), Half.widen(t, y)));
  }

  /** Shift counts out of range shift everything out; division by zero gives all ones. */
  static IntBinaryOperator integer(Fn.Binary f, boolean unsigned) {
    return switch (f) {
      case ADD -> (x, y) -> x + y;
      case SUB -> (x, y) -> x - y;
      case MUL -> (x, y) -> x * y;
      case DIV ->
          unsigned
              ? (x, y) -> y == 0 ? -1 : Integer.divideUnsigned(x, y)
              : (x, y) -> y == 0 ? -1 : x / y;
      case REM ->
          unsigned
              ? (x, y) -> y == 0 ? x : Integer.remainderUnsigned(x, y)
              : (x, y) -> y == 0 ? x : x % y;
      case POW ->
          unsigned ? (x, y) -> (int) power(x, y & 0xffffffffL) : (x, y) -> (int) power(x, y);
      case MAX -> unsigned ? (x, y) -> Integer.compareUnsigned(x, y) > 0 ? x : y : Math::max;
      case MIN -> unsigned ? (x, y) -> Integer.compareUnsigned(x, y) < 0 ? x : y : Math::min;
      case AND -> (x, y) -> x & y;
      case OR -> (x, y) -> x | y;
      case XOR -> (x, y) -> x ^ y;
      case SHL -> (x, y) -> Integer.compareUnsigned(y, 32) < 0 ? x << y : 0;
      case SHR -> (x, y) -> Integer.compareUnsigned(y, 32) < 0 ? x >>> y : 0;
      case SAR -> (x, y) -> x >> (Integer.compareUnsigned(y, 32) < 0 ? y : 31);
      case ATAN2 -> throw new AxialException("internal error: atan2 of integers");
    };
  }

  static LongBinaryOperator integer(Fn.Binary f) {
    return switch (f) {
      case ADD -> (x, y) -> x + y;
      case SUB -> (x, y) -> x - y;
      case MUL -> (x, y) -> x * y;
      case DIV -> (x, y) -> y == 0 ? -1 : x / y;
      case REM -> (x, y) -> y == 0 ? x : x % y;
      case POW -> Scalars::power;
      case MAX -> Math::max;
      case MIN -> Math::min;
      case AND -> (x, y) -> x & y;
      case OR -> (x, y) -> x | y;
      case XOR -> (x, y) -> x ^ y;
      case SHL -> (x, y) -> Long.compareUnsigned(y, 64) < 0 ? x << y : 0;
      case SHR -> (x, y) -> Long.compareUnsigned(y, 64) < 0 ? x >>> y : 0;
      case SAR -> (x, y) -> x >> (Long.compareUnsigned(y, 64) < 0 ? y : 63);
      case ATAN2 -> throw new AxialException("internal error: atan2 of integers");
    };
  }

  /**
   * Repeated squaring, wrapping; a negative exponent gives 0, or plus or minus 1 for those bases.
   */
  private static long power(long x, long y) {
    if (y < 0) {
      return x == 1 ? 1 : x == -1 ? ((y & 1) == 0 ? 1 : -1) : 0;
    }
    long out = 1;
    for (long base = x, n = y; n > 0; n >>= 1, base *= base) {
      if ((n & 1) != 0) {
        out *= base;
      }
    }
    return out;
  }
}
