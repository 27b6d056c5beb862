package dev.axial.laws;

import static dev.axial.Axial.array;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.util.List;
import java.util.SplittableRandom;

/** Where an operand of a case comes from: the same seed draws the same array. */
record Sample(DType dtype, Values values, List<Axis> axes) {
  /** The floating types of two bytes. */
  static final List<DType> HALVES = List.of(DType.BFLOAT16, DType.FLOAT16);

  /** What numbers an operand holds. */
  interface Values {
    double[] draw(SplittableRandom random, int n);
  }

  static Sample of(DType dtype, Values values, Axis... axes) {
    return new Sample(dtype, values, List.of(axes));
  }

  static Sample real(double low, double high, Axis... axes) {
    return of(DType.FLOAT64, between(low, high), axes);
  }

  static Sample single(double low, double high, Axis... axes) {
    return of(DType.FLOAT32, between(low, high), axes);
  }

  static Sample half(DType dtype, double low, double high, Axis... axes) {
    return of(dtype, between(low, high), axes);
  }

  static Sample index(int low, int high, Axis... axes) {
    return of(DType.INT32, integers(low, high), axes);
  }

  static Sample bool(Axis... axes) {
    return of(DType.BOOL, integers(0, 2), axes);
  }

  /**
   * Numbers that stay apart from each other, in any order, so that a small step neither changes
   * which one is larger nor, in an even range, the sign of one.
   */
  static Values between(double low, double high) {
    return (random, n) -> {
      var out = new double[n];
      double cell = (high - low) / Math.max(2, n + n % 2);
      for (int k = 0; k < n; k++) {
        out[k] = low + (k + 0.5 + random.nextDouble(-0.25, 0.25)) * cell;
        int j = random.nextInt(k + 1);
        double t = out[j];
        out[j] = out[k];
        out[k] = t;
      }
      return out;
    };
  }

  /** Numbers between -3 and 3 that keep away from the multiples of one half. */
  static Values betweenHalves() {
    return (random, n) ->
        random.ints(n, -6, 6).mapToDouble(k -> 0.5 * k + random.nextDouble(0.1, 0.4)).toArray();
  }

  /** Integers from low to high, exclusive. */
  static Values integers(int low, int high) {
    return (random, n) -> random.ints(n, low, high).asDoubleStream().toArray();
  }

  NamedArray draw(SplittableRandom random) {
    int n = axes.stream().mapToInt(Axis::size).reduce(1, (a, b) -> a * b);
    return array(values.draw(random, n), axes.toArray(Axis[]::new)).astype(dtype);
  }

  @Override
  public String toString() {
    return dtype.shortName() + axes;
  }
}
