package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;

/**
 * Numbers of two bytes and float32: widening is exact, narrowing rounds to nearest, ties to even.
 * What is too large becomes infinite, what is too small subnormal or zero; a NaN stays one.
 */
public final class Half {
  private Half() {}

  /** The number whose bits these are. */
  public static float widen(DType t, short bits) {
    return switch (t) {
      case BFLOAT16 -> Float.intBitsToFloat(bits << 16);
      case FLOAT16 -> Float.float16ToFloat(bits);
      case FLOAT32, FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> throw other(t);
    };
  }

  /** The bits of the number that is nearest to x. */
  public static short narrow(DType t, float x) {
    return switch (t) {
      case BFLOAT16 -> upperHalf(Float.floatToRawIntBits(x));
      case FLOAT16 -> Float.floatToFloat16(x);
      case FLOAT32, FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> throw other(t);
    };
  }

  /** Adds just under half a unit, or just half of one to an odd number, and cuts off. */
  private static short upperHalf(int bits) {
    boolean nan = (bits & Integer.MAX_VALUE) > 0x7f800000;
    int rounded = bits + 0x7fff + (bits >>> 16 & 1);
    return (short) ((nan ? bits | 0x400000 : rounded) >>> 16);
  }

  /** The number of the type that is nearest to x. */
  public static float round(DType t, float x) {
    return widen(t, narrow(t, x));
  }

  /** The bits of the sum of two numbers, rounded once. */
  public static short sum(DType t, short a, short b) {
    return narrow(t, widen(t, a) + widen(t, b));
  }

  private static AxialException other(DType t) {
    return new AxialException("internal error: " + t + " has not two bytes");
  }
}
