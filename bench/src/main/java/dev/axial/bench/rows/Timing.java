package dev.axial.bench.rows;

import java.util.Arrays;

/**
 * How long to warm up and to sample.
 *
 * @param warmUp seconds of calls before the first sample, so that hot Java code is compiled
 * @param sampling seconds of samples
 * @param atLeast samples to take even if they last longer
 * @param processes how many fresh processes to start, where a sample is one
 */
public record Timing(double warmUp, double sampling, int atLeast, int processes) {
  /** For a table. */
  public static final Timing FULL = new Timing(1.5, 1.5, 5, 5);

  /** For a trial. */
  public static final Timing SHORT = new Timing(0.5, 0.5, 3, 3);

  /** For a test of the rows. */
  public static final Timing ONCE = new Timing(0, 0, 1, 1);

  private static final int AT_MOST = 400;

  /** After so many seconds of samples, one is enough. */
  private static final double PATIENCE = 15;

  /** A sample lasts at least so many seconds, so that the clock's own cost does not show. */
  private static final double SAMPLE = 50e-6;

  private static final int MOST_REPETITIONS = 10_000;

  /** How long one sample of a scale should take. */
  public static Timing of(Scale scale) {
    return switch (scale) {
      case FULL -> FULL;
      case SMALL -> SHORT;
      case TINY -> ONCE;
    };
  }

  /** Samples of a call that has run before, each divided by {@code per}. */
  Samples measure(Runnable call, double per) {
    int repetitions = warm(call);
    System.gc();
    var seconds = new double[AT_MOST];
    int n = 0;
    long start = System.nanoTime();
    double elapsed = 0;
    while (n == 0 || (n < AT_MOST && (elapsed < sampling || (n < atLeast && elapsed < PATIENCE)))) {
      long t = System.nanoTime();
      for (int k = 0; k < repetitions; k++) {
        call.run();
      }
      seconds[n++] = (System.nanoTime() - t) * 1e-9 / repetitions;
      elapsed = (System.nanoTime() - start) * 1e-9;
    }
    return Samples.of(Arrays.copyOf(seconds, n), per);
  }

  /** Warms up and returns how many calls make one sample. */
  private int warm(Runnable call) {
    double shortest = Double.POSITIVE_INFINITY;
    long start = System.nanoTime();
    do {
      long t = System.nanoTime();
      call.run();
      shortest = Math.min(shortest, (System.nanoTime() - t) * 1e-9);
    } while ((System.nanoTime() - start) * 1e-9 < warmUp);
    if (warmUp == 0) {
      return 1;
    }
    return (int) Math.clamp(SAMPLE / shortest, 1, MOST_REPETITIONS);
  }
}
