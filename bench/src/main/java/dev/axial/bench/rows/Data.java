package dev.axial.bench.rows;

import static dev.axial.Axial.array;

import dev.axial.Axis;
import dev.axial.NamedArray;
import java.util.SplittableRandom;

/** Inputs, the same in each run. */
final class Data {
  private Data() {}

  /** Standard normal values. */
  static float[] normal(int n, long seed) {
    var random = new SplittableRandom(seed);
    var x = new float[n];
    for (int k = 0; k < n; k++) {
      x[k] = (float) random.nextGaussian();
    }
    return x;
  }

  static int[] integers(int n, int below, long seed) {
    var random = new SplittableRandom(seed);
    var x = new int[n];
    for (int k = 0; k < n; k++) {
      x[k] = random.nextInt(below);
    }
    return x;
  }

  /** Normal values times {@code scale}. */
  static NamedArray normal(long seed, double scale, Axis... axes) {
    float[] x = normal(size(axes), seed);
    for (int k = 0; k < x.length; k++) {
      x[k] *= (float) scale;
    }
    return array(x, axes);
  }

  private static int size(Axis... axes) {
    int n = 1;
    for (Axis a : axes) {
      n *= a.size();
    }
    return n;
  }
}
