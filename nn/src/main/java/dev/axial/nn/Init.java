package dev.axial.nn;

import static dev.axial.Axial.array;

import dev.axial.Axis;
import dev.axial.NamedArray;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Where initial parameters come from. */
final class Init {
  private Init() {}

  /** As many independent keys as asked for. */
  static List<NamedArray> split(NamedArray key, int n) {
    var r = new SplittableRandom((long) key.item());
    return IntStream.range(0, n).mapToObj(_ -> dev.axial.Axial.scalar(r.nextInt(1 << 24))).toList();
  }

  /** Normal values of this standard deviation, cut off at three times it; float32. */
  static NamedArray normal(NamedArray key, double deviation, Axis... axes) {
    var r = new SplittableRandom((long) key.item());
    int n = 1;
    for (Axis a : axes) {
      n *= a.size();
    }
    var v = new float[n];
    for (int k = 0; k < n; k++) {
      v[k] = (float) (r.nextGaussian() * deviation);
    }
    return array(v, axes);
  }

  /** The number of elements of these axes together. */
  static int size(List<Axis> axes) {
    int n = 1;
    for (Axis a : axes) {
      n *= a.size();
    }
    return n;
  }
}
