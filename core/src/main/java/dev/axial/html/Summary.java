package dev.axial.html;

import java.util.function.LongToDoubleFunction;

/**
 * Figures about numbers.
 *
 * @param size how many there are
 * @param seen how many were looked at: all, or of very many some at equal distances
 * @param finite how many of these are neither NaN nor infinite; the next three are about them
 * @param min the least
 * @param max the largest
 * @param mean their mean
 * @param nan how many are not a number
 * @param positive how many are infinite
 * @param negative how many are minus infinite
 */
record Summary(
    long size,
    long seen,
    long finite,
    double min,
    double max,
    double mean,
    long nan,
    long positive,
    long negative) {
  /** Up to so many numbers are all looked at. */
  static final long ALL = 1 << 24;

  /** Of more numbers about so many. */
  private static final long SOME = 1 << 22;

  static Summary of(long size, LongToDoubleFunction element) {
    // An odd distance, so that not all of them come from a few places of an axis.
    long step = size <= ALL ? 1 : size / SOME | 1;
    var c = new Counts();
    for (long k = 0; k < size; k += step) {
      c.add(element.applyAsDouble(k));
    }
    return c.summary(size);
  }

  boolean sampled() {
    return seen < size;
  }

  private static final class Counts {
    private long seen;
    private long finite;
    private long nan;
    private long positive;
    private long negative;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double mean;

    void add(double x) {
      seen++;
      if (Double.isNaN(x)) {
        nan++;
      } else if (Double.isInfinite(x)) {
        positive += x > 0 ? 1 : 0;
        negative += x < 0 ? 1 : 0;
      } else {
        finite++;
        min = Math.min(min, x);
        max = Math.max(max, x);
        mean += x / finite - mean / finite; // no sum that overflows
      }
    }

    Summary summary(long size) {
      return new Summary(size, seen, finite, min, max, mean, nan, positive, negative);
    }
  }
}
