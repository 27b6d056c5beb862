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

  /** The bits of the number that is nearest to x, which is rounded once. */
  public static short nearest(DType t, double x) {
    return narrow(t, odd(x));
  }

  /** The bits of the number that is nearest to x, which is rounded once. */
  public static short nearest(DType t, long x) {
    return narrow(t, odd(odd(x)));
  }

  /** The number of the type that is nearest to x. */
  public static float round(DType t, double x) {
    return widen(t, nearest(t, x));
  }

  /**
   * A number between two of float32 as that one of them whose last bit is 1. It is in the middle of
   * nothing that has fewer digits, so what is rounded after it is rounded as x would be (Boldo and
   * Melquiond: Emulation of FMA and correctly rounded sums, 2008).
   */
  private static float odd(double x) {
    float f = (float) x;
    if (f == x) {
      return f;
    }
    int bits = Float.floatToRawIntBits(f) - (Math.abs(f) > Math.abs(x) ? 1 : 0);
    return Float.intBitsToFloat(bits | 1);
  }

  /** The same between two of float64. What is rounded to 2^63 lies far from any middle. */
  private static double odd(long x) {
    double d = (double) x;
    long back = (long) d;
    if (back == x) {
      return d;
    }
    boolean larger = x < 0 ? back < x : back > x;
    long bits = Double.doubleToRawLongBits(d) - (larger ? 1 : 0);
    return Double.longBitsToDouble(bits | 1);
  }

  private static AxialException other(DType t) {
    return new AxialException("internal error: " + t + " has not two bytes");
  }
}
