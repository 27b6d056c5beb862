package dev.axial.bench.rows;

/**
 * What was measured, in seconds for each call or each round.
 *
 * @param min the shortest sample, the figure to compare
 * @param median the middle one
 * @param n how many
 */
public record Samples(double min, double median, int n) {
  /** The minimum and the median of some seconds, each divided by {@code per}. */
  static Samples of(double[] seconds, double per) {
    double[] sorted = seconds.clone();
    java.util.Arrays.sort(sorted);
    int n = sorted.length;
    double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return new Samples(sorted[0] / per, median / per, n);
  }
}
