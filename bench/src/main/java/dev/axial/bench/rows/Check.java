package dev.axial.bench.rows;

import dev.axial.NamedArray;
import java.util.Locale;

/** Comparisons of results with references. */
final class Check {
  private Check() {}

  static void that(boolean holds, String message, Object... args) {
    if (!holds) {
      throw new CheckFailed(String.format(Locale.ROOT, message, args));
    }
  }

  /** One number within {@code tolerance} of 1, or of its own size if that is larger. */
  static void close(String what, double expected, double got, double tolerance) {
    that(
        Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)),
        "%s is %s; expected %s",
        what,
        got,
        expected);
  }

  /** All elements, in row-major order. */
  static void close(String what, float[] expected, float[] got, double tolerance) {
    that(
        got.length == expected.length,
        "%s has %d elements; expected %d",
        what,
        got.length,
        expected.length);
    for (int k = 0; k < got.length; k++) {
      if (!(Math.abs((double) got[k] - expected[k])
          <= tolerance * Math.max(1, Math.abs(expected[k])))) {
        throw new CheckFailed(
            "%s: element %d is %s; expected %s".formatted(what, k, got[k], expected[k]));
      }
    }
  }

  static void close(String what, float[] expected, NamedArray got, double tolerance) {
    close(what, expected, got.toFloatArray(), tolerance);
  }
}
