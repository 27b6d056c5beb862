package dev.axial.cpu.random;

import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.Half;
import java.util.SplittableRandom;

/** Random elements, special ones among them. */
final class Data {
  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    1,
    -1,
    0.5,
    2,
    -2.5,
    1e-40,
    -1e-310,
    Float.MIN_VALUE,
    65504,
    65520,
    0x1.01p8,
    0x1p-25,
    -0x1.8p-134,
    Double.MIN_VALUE,
    Float.MAX_VALUE,
    -Double.MAX_VALUE,
    2147483647.0,
    2147483648.0,
    -2147483649.0,
    4294967296.0,
    0x1p63,
    88.7,
    -745.2,
    1e-8,
    16777217.0,
    1e22
  };
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    2,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Integer.MIN_VALUE + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MIN_VALUE + 1,
    1L << 32,
    31,
    32,
    33,
    63,
    64
  };

  private Data() {}

  static double special(SplittableRandom random) {
    return switch (random.nextInt(3)) {
      case 0 -> SPECIAL[random.nextInt(SPECIAL.length)];
      default -> random.nextDouble(-3, 3); // not over Op: an ordinary number
    };
  }

  static Object array(DType t, boolean whole, int n, SplittableRandom random) {
    boolean specials = random.nextInt(8) == 0;
    boolean small = random.nextInt(5) > 1;
    Object out = Store.newArray(t, n);
    for (int k = 0; k < n; k++) {
      double x =
          whole
              ? specials && random.nextInt(9) == 0
                  ? new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}
                      [random.nextInt(3)]
                  : random.nextInt(9) - 4
              : special(random);
      long i =
          small
              ? random.nextInt(19) - 9
              : random.nextBoolean()
                  ? INTEGERS[random.nextInt(INTEGERS.length)]
                  : random.nextLong();
      switch (out) {
        case short[] a -> a[k] = Half.narrow(t, (float) x);
        case float[] a -> a[k] = (float) x;
        case double[] a -> a[k] = x;
        case int[] a -> a[k] = (int) i;
        case long[] a -> a[k] = i;
        case byte[] a -> a[k] = (byte) random.nextInt(2);
        default -> throw new IllegalStateException(); // not over Op: an array of elements
      }
    }
    return out;
  }
}
