package dev.axial.numerics;

import dev.axial.AxialException;
import java.math.BigDecimal;
import java.util.Locale;

/**
 * What arithmetic does with denormal numbers, those below the smallest normal number of float32 or
 * of float64. A processor that is asked to take them for zeros is as quick with them as with
 * others; one that is not may take a hundred times as long. So they are zeros unless {@code
 * -Daxial.denormals=keep} is given, as they are in XLA on a CPU.
 *
 * <p>To flush means: arithmetic, comparisons, roundings, and conversions between float32 and
 * float64 read a denormal number as a zero of its sign, and where a result, rounded as if there
 * were no least exponent, is below the smallest normal number, it is a zero of its sign. A function
 * of numbers flushes its arguments, every {@linkplain Expansion step}, and so its result. What only
 * moves numbers keeps them: loads and stores, selections, {@code abs}, negation, bits, conversions
 * from and to numbers of two bytes.
 *
 * <p>The methods are the scalar form of that, for engines whose arithmetic keeps denormal numbers.
 */
public enum Denormals {
  /** Denormal numbers are read and written as zeros. */
  FLUSH,
  /** Gradual underflow, as IEEE 754 has it. */
  KEEP;

  private static final String PROPERTY = "axial.denormals";

  /** What this process does. */
  public static final Denormals MODE = given();

  /** The least magnitude that is rounded to the smallest normal number. */
  private static final double TINY32 = 0x1p-126 - 0x1p-151;

  private static final BigDecimal TINY64 =
      new BigDecimal(Double.MIN_NORMAL)
          .subtract(new BigDecimal(Double.MIN_VALUE).divide(BigDecimal.valueOf(4)));

  private static Denormals given() {
    String s = System.getProperty(PROPERTY, "flush").strip().toLowerCase(Locale.ROOT);
    return switch (s) {
      case "flush" -> FLUSH;
      case "keep" -> KEEP;
      default -> // not over Op: what a user wrote
          throw new AxialException(
              "%s is '%s'; flush (denormal numbers are zeros) or keep is expected."
                  .formatted(PROPERTY, s));
    };
  }

  // ---------------------------------------------------------------- what is there

  /** Whether a number is denormal, or may have been rounded from what is: never 0. */
  static boolean near(float x) {
    float m = Math.abs(x);
    return m <= Float.MIN_NORMAL && m > 0;
  }

  static boolean near(double x) {
    double m = Math.abs(x);
    return m <= Double.MIN_NORMAL && m > 0;
  }

  /**
   * Whether some of n numbers from o on are denormal, or the smallest normal number, which a
   * denormal result may have been rounded to. Float or double arrays; others have none.
   */
  public static boolean any(Object array, int o, int n) {
    return below(array, o, n, array instanceof float[] ? Float.MIN_NORMAL : Double.MIN_NORMAL);
  }

  /** Whether some numbers are nonzero and at most as large as a limit. */
  static boolean below(Object array, int o, int n, double limit) {
    return switch (array) {
      case float[] x -> below(x, o, n, (float) limit);
      case double[] x -> below(x, o, n, limit);
      default -> false; // not over Op: an array of any type
    };
  }

  /** The least magnitude is found by vector code; where it is 0, zeros hide others. */
  private static boolean below(float[] x, int o, int n, float limit) {
    float least = Float.MAX_VALUE;
    for (int k = o; k < o + n; k++) {
      least = Math.min(least, Math.abs(x[k]));
    }
    if (least > limit) {
      return false;
    }
    for (int k = o; k < o + n; k++) {
      float m = Math.abs(x[k]);
      if (m <= limit && m > 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean below(double[] x, int o, int n, double limit) {
    double least = Double.MAX_VALUE;
    for (int k = o; k < o + n; k++) {
      least = Math.min(least, Math.abs(x[k]));
    }
    if (least > limit) {
      return false;
    }
    for (int k = o; k < o + n; k++) {
      double m = Math.abs(x[k]);
      if (m <= limit && m > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * An array as arithmetic reads it: itself, where nothing is to be flushed. Float or double
   * arrays; others are what they are.
   */
  public static Object read(Object array) {
    return switch (array) {
      case float[] x when MODE == FLUSH && any(x, 0, x.length) -> flush(x.clone());
      case double[] x when MODE == FLUSH && any(x, 0, x.length) -> flush(x.clone());
      default -> array; // not over Op: an array of any type
    };
  }

  /** An array of exact results, made zero where they are denormal; the same array. */
  public static Object written(Object array) {
    return switch (array) {
      case float[] x when MODE == FLUSH && any(x, 0, x.length) -> flush(x);
      case double[] x when MODE == FLUSH && any(x, 0, x.length) -> flush(x);
      default -> array; // not over Op: an array of any type
    };
  }

  /**
   * Whether a sum of some of the numbers may be denormal: all are multiples of the last bit of one.
   */
  public static boolean sumsMayBe(double[] x) {
    if (MODE == FLUSH) {
      for (double v : x) {
        if (v != 0 && Math.abs(v) < 0x1p-960) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Whether sums of products of some numbers of x and of y may be denormal: all are multiples of
   * the last bits of one of each. Arrays of float32 or of float64 that were {@linkplain #read}.
   */
  public static boolean productsMayBe(Object x, int i, int m, Object y, int j, int n) {
    if (MODE == KEEP) {
      return false;
    }
    boolean wide = x instanceof double[];
    int bits = wide ? 52 : 23;
    int least = wide ? Double.MIN_EXPONENT : Float.MIN_EXPONENT;
    return leastExponent(x, i, m) + leastExponent(y, j, n) - 2 * bits < least;
  }

  /** The exponent of the smallest of n numbers from o on that is not zero. */
  private static int leastExponent(Object array, int o, int n) {
    double least = Double.MAX_VALUE;
    if (array instanceof float[] x) {
      for (int k = o; k < o + n; k++) {
        float m = Math.abs(x[k]);
        least = m > 0 && m < least ? m : least;
      }
    } else {
      double[] x = (double[]) array;
      for (int k = o; k < o + n; k++) {
        double m = Math.abs(x[k]);
        least = m > 0 && m < least ? m : least;
      }
    }
    return Math.getExponent(least);
  }

  private static float[] flush(float[] x) {
    for (int k = 0; k < x.length; k++) {
      x[k] = read(x[k]);
    }
    return x;
  }

  private static double[] flush(double[] x) {
    for (int k = 0; k < x.length; k++) {
      x[k] = read(x[k]);
    }
    return x;
  }

  // ---------------------------------------------------------------- arithmetic

  /** A number as arithmetic reads it. */
  public static float read(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0f, x) : x;
  }

  /** A number as arithmetic reads it. */
  public static double read(double x) {
    return Math.abs(x) < Double.MIN_NORMAL ? Math.copySign(0d, x) : x;
  }

  /** An exact result below the smallest normal number is a zero of its sign. */
  private static float exact(float x) {
    return read(x);
  }

  private static double exact(double x) {
    return read(x);
  }

  public static float add(float a, float b) {
    return exact(read(a) + read(b));
  }

  public static double add(double a, double b) {
    return exact(read(a) + read(b));
  }

  public static float multiply(float a, float b) {
    float x = read(a);
    float y = read(b);
    float p = x * y;
    return near(p) ? narrow((double) x * y) : p;
  }

  public static double multiply(double a, double b) {
    double x = read(a);
    double y = read(b);
    double p = x * y;
    return near(p) ? rounded(p, new BigDecimal(x).multiply(new BigDecimal(y))) : p;
  }

  public static float divide(float a, float b) {
    float x = read(a);
    float y = read(b);
    float q = x / y;
    if (!near(q)) {
      return q;
    }
    boolean tiny = Math.abs((double) x) < TINY32 * Math.abs((double) y);
    return Math.copySign(tiny ? 0 : Float.MIN_NORMAL, q);
  }

  public static double divide(double a, double b) {
    double x = read(a);
    double y = read(b);
    double q = x / y;
    if (!near(q)) {
      return q;
    }
    BigDecimal least = TINY64.multiply(new BigDecimal(y).abs());
    boolean tiny = new BigDecimal(x).abs().compareTo(least) < 0;
    return Math.copySign(tiny ? 0 : Double.MIN_NORMAL, q);
  }

  /** a b + c, rounded once. */
  public static float fma(float a, float b, float c) {
    float x = read(a);
    float y = read(b);
    float z = read(c);
    float r = Math.fma(x, y, z);
    if (!near(r)) {
      return r;
    }
    BigDecimal sum = new BigDecimal((double) x * y).add(new BigDecimal(z));
    boolean tiny = sum.abs().compareTo(new BigDecimal(TINY32)) < 0;
    return Math.copySign(tiny ? 0 : Float.MIN_NORMAL, r);
  }

  /** a b + c, rounded once. */
  public static double fma(double a, double b, double c) {
    double x = read(a);
    double y = read(b);
    double z = read(c);
    double r = Math.fma(x, y, z);
    return near(r)
        ? rounded(r, new BigDecimal(x).multiply(new BigDecimal(y)).add(new BigDecimal(z)))
        : r;
  }

  private static double rounded(double r, BigDecimal exact) {
    boolean tiny = exact.abs().compareTo(TINY64) < 0;
    return Math.copySign(tiny ? 0 : Double.MIN_NORMAL, r);
  }

  /** To float32. */
  public static float narrow(double x) {
    return Math.abs(x) < TINY32 ? (float) Math.copySign(0d, x) : (float) x;
  }

  /** A result in float64 as a float32, as this process rounds it. */
  public static float rounded(double x) {
    return MODE == FLUSH ? narrow(x) : (float) x;
  }

  /** A number as arithmetic of this process reads it. */
  public static float operand(float x) {
    return MODE == FLUSH ? read(x) : x;
  }

  /** The sum, as this process has it. */
  public static float sum(float a, float b) {
    return MODE == FLUSH ? add(a, b) : a + b;
  }

  /** The sum, as this process has it. */
  public static double sum(double a, double b) {
    return MODE == FLUSH ? add(a, b) : a + b;
  }

  /** What the sum s of a and b has lost by rounding, exactly (Knuth); as this process has it. */
  public static float lost(float a, float b, float s) {
    float t = sum(s, -a);
    return sum(sum(a, -sum(s, -t)), sum(b, -t));
  }

  /** What the sum s of a and b has lost by rounding, exactly (Knuth); as this process has it. */
  public static double lost(double a, double b, double s) {
    double t = sum(s, -a);
    return sum(sum(a, -sum(s, -t)), sum(b, -t));
  }
}
