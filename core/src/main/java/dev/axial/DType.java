package dev.axial;

import java.util.Locale;

/**
 * The element type of an array or reference.
 *
 * <p>Names and meanings are those of NumPy and JAX. {@link #KEY} is the opaque type of a random key
 * (JAX's {@code key<fry>}): it can be indexed, stacked and selected, and only {@code Random} looks
 * inside.
 */
public enum DType {
  /**
   * The upper half of a binary32: 8 bits of exponent, 7 of fraction. A storage type: arithmetic is
   * that of float32, and each operation rounds its result once, as for {@link #FLOAT16}.
   */
  BFLOAT16(2, "bf16"),
  /** IEEE binary16: 5 bits of exponent, 10 of fraction. A storage type as {@link #BFLOAT16} is. */
  FLOAT16(2, "f16"),
  /** IEEE binary32. */
  FLOAT32(4, "f32"),
  /** IEEE binary64. */
  FLOAT64(8, "f64"),
  /** Two's complement, 32 bits; arithmetic wraps. */
  INT32(4, "i32"),
  /** Two's complement, 64 bits; arithmetic wraps. */
  INT64(8, "i64"),
  /** Unsigned, 32 bits; arithmetic wraps. */
  UINT32(4, "u32"),
  /** One byte, 0 or 1. */
  BOOL(1, "bool"),
  /** A threefry random key: two unsigned 32-bit words. */
  KEY(8, "key");

  private final int bytes;
  private final String shortName;

  DType(int bytes, String shortName) {
    this.bytes = bytes;
    this.shortName = shortName;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The short name that programs print, such as {@code f32}. */
  public String shortName() {
    return shortName;
  }

  /** The NumPy name, such as {@code float32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether this is a floating-point type, the only kind that is differentiated. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64 || isHalf();
  }

  /** Whether this is a floating-point type of two bytes, which is computed with in float32. */
  public boolean isHalf() {
    return this == BFLOAT16 || this == FLOAT16;
  }

  /** Whether this is a signed or unsigned integer type. */
  public boolean isInteger() {
    return this == INT32 || this == INT64 || this == UINT32;
  }

  /** The type with the given short name. */
  public static DType ofShortName(String name) {
    for (DType t : values()) {
      if (t.shortName.equals(name)) {
        return t;
      }
    }
    throw new AxialException("unknown dtype '" + name + "'");
  }

  /**
   * The common type of two operands, by JAX's promotion table with 64-bit types enabled.
   *
   * @throws AxialException for a key, which takes part in no arithmetic
   */
  public static DType promote(DType a, DType b) {
    if (a == b) {
      return a;
    }
    if (a == KEY || b == KEY) {
      throw new AxialException(
          "a random key takes part in no arithmetic: got %s and %s. Draw numbers from the key with Random."
              .formatted(a, b));
    }
    if (a == BOOL) {
      return b;
    }
    if (b == BOOL) {
      return a;
    }
    if (!a.isFloating() && !b.isFloating()) {
      return INT64; // int32 or uint32 with int64, and int32 with uint32
    }
    if (!a.isFloating() || !b.isFloating()) {
      return a.isFloating() ? a : b;
    }
    return a == FLOAT64 || b == FLOAT64 ? FLOAT64 : FLOAT32; // of the two half types too
  }
}
