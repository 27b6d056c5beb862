package dev.axial.nn;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.random.Random;
import java.util.List;

/** Where initial parameters come from. */
final class Init {
  private Init() {}

  /** Normal values of this standard deviation, cut off at three times it; float32. */
  static NamedArray normal(NamedArray key, double deviation, Axis... axes) {
    return Random.truncatedNormal(key, -3, 3, axes).times(deviation);
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
