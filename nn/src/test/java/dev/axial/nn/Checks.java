package dev.axial.nn;

import static dev.axial.Axial.array;
import static dev.axial.Axial.grad;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.Tensor;
import dev.axial.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** What the tests of layers share. */
final class Checks {
  private Checks() {}

  /** Reproducible float64 values from -1 to 1. */
  static NamedArray random(long seed, Axis... axes) {
    var r = new SplittableRandom(seed);
    int n = 1;
    for (Axis a : axes) {
      n *= a.size();
    }
    return array(r.doubles(n, -1, 1).toArray(), axes);
  }

  /** The tree with its floating-point arrays as float64, where finite differences are sharp. */
  static <T> T wide(T tree) {
    return Tree.map(x -> x.dtype().isFloating() ? x.astype(DType.FLOAT64) : x, tree);
  }

  /** The tree with each floating-point array replaced by reproducible values from -1 to 1. */
  static <T> T randomized(long seed, T tree) {
    long[] next = {seed};
    return Tree.map(
        x -> x.dtype().isFloating() ? random(next[0]++, x.axes().toArray(Axis[]::new)) : x, tree);
  }

  /** Compares the gradient of each element of each float64 leaf with a central difference. */
  static <T> void assertGradient(Function<T, NamedArray> f, T at) {
    List<Tensor> gradients = Tree.leaves(grad(f).apply(at));
    Tree.Flat flat = Tree.flatten(at);
    int checked = 0;
    for (int leaf = 0; leaf < flat.leaves().size(); leaf++) {
      NamedArray x = flat.leaves().get(leaf).value();
      double[] g = gradients.get(leaf).value().toDoubleArray();
      for (int k = 0; k < g.length; k++, checked++) {
        double h = 1e-5;
        double slope =
            (f.apply(moved(flat, leaf, k, h)).item() - f.apply(moved(flat, leaf, k, -h)).item())
                / (2 * h);
        assertThat(g[k])
            .as("%s, element %d of %s", flat.paths().get(leaf), k, x.axes())
            .isCloseTo(slope, within(1e-7 + 1e-6 * Math.abs(slope)));
      }
    }
    assertThat(checked).isPositive();
  }

  @SuppressWarnings("unchecked")
  private static <T> T moved(Tree.Flat flat, int leaf, int element, double by) {
    var leaves = new ArrayList<Tensor>(flat.leaves());
    NamedArray x = leaves.get(leaf).value();
    double[] v = x.toDoubleArray();
    v[element] += by;
    leaves.set(leaf, array(v, x.axes().toArray(Axis[]::new)));
    return (T) Tree.unflatten(flat.structure(), leaves);
  }

  static void assertClose(NamedArray given, NamedArray expected, double tolerance) {
    assertThat(given.axes()).isEqualTo(expected.axes());
    assertThat(given.toDoubleArray()).containsExactly(expected.toDoubleArray(), within(tolerance));
  }
}
