package dev.axial.nn;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.key;
import static dev.axial.Axial.sum;
import static dev.axial.nn.Checks.assertClose;
import static dev.axial.nn.Checks.assertGradient;
import static dev.axial.nn.Checks.random;
import static dev.axial.nn.Checks.randomized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Tree;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinearTest {
  private static final Axis BATCH = axis("Batch", 2);
  private static final Axis EMBED = axis("Embed", 3);
  private static final Axis HEAD = axis("Head", 2);
  private static final Axis SIZE = axis("HeadSize", 2);

  @Test
  void isTheSumOverTheInputsAxes() {
    Linear layer = randomized(1, Linear.init(key(0), List.of(EMBED), List.of(HEAD, SIZE)));
    NamedArray x = random(9, EMBED, BATCH);
    double[] v = x.toDoubleArray();
    double[] w = layer.weight().value().toDoubleArray();
    double[] b = java.util.Objects.requireNonNull(layer.bias()).value().toDoubleArray();
    var expected = new double[2 * 4];
    for (int i = 0; i < 2; i++) {
      for (int o = 0; o < 4; o++) {
        expected[i * 4 + o] = b[o];
        for (int e = 0; e < 3; e++) {
          expected[i * 4 + o] += v[e * 2 + i] * w[e * 4 + o];
        }
      }
    }
    assertClose(layer.apply(x), array(expected, BATCH, HEAD, SIZE), 1e-14);
  }

  @Test
  void sumsSeveralAxesAndMayLackABias() {
    Linear layer = randomized(2, Linear.withoutBias(key(0), List.of(HEAD, SIZE), List.of(EMBED)));
    assertThat(layer.bias()).isNull();
    NamedArray x = random(8, SIZE, HEAD);
    double[] v = x.toDoubleArray();
    double[] w = layer.weight().value().toDoubleArray();
    var expected = new double[3];
    for (int e = 0; e < 3; e++) {
      for (int h = 0; h < 2; h++) {
        for (int s = 0; s < 2; s++) {
          expected[e] += v[s * 2 + h] * w[(h * 2 + s) * 3 + e];
        }
      }
    }
    assertClose(layer.apply(x), array(expected, EMBED), 1e-14);
  }

  @Test
  void startsWithUnitVarianceAndNoBias() {
    Axis in = axis("In", 100);
    Axis out = axis("Out", 200);
    Linear layer = Linear.init(key(3), in, out);
    double[] w = layer.weight().value().toDoubleArray();
    double variance = Arrays.stream(w).map(v -> v * v).average().orElseThrow();
    // A normal distribution cut off at three deviations has 0.973 of its variance.
    assertThat(variance * 100).isCloseTo(0.973, within(0.03));
    assertThat(Arrays.stream(w).map(Math::abs).max().orElseThrow()).isBetween(0.27, 0.3);
    assertThat(java.util.Objects.requireNonNull(layer.bias()).value().toDoubleArray())
        .containsOnly(0);
    assertThat(layer.weight().dtype()).isEqualTo(DType.FLOAT32);
    assertThat(Linear.init(key(4), in, out).weight().value().toDoubleArray()).isNotEqualTo(w);
  }

  @Test
  void takesParametersInReferences() {
    Linear layer = Linear.init(key(5), EMBED, HEAD);
    Linear refs = Tree.toRefs(layer);
    NamedArray x = random(7, BATCH, EMBED).astype(DType.FLOAT32);
    assertThat(refs.apply(x).toFloatArray()).isEqualTo(layer.apply(x).toFloatArray());
    ((NamedRef) refs.weight()).set(0);
    assertThat(refs.apply(x).toFloatArray()).containsOnly(0);
  }

  @Test
  void worksInBfloat16() {
    Linear layer = Linear.init(key(5), EMBED, HEAD);
    Linear half = Tree.map(p -> p.astype(DType.BFLOAT16), layer);
    NamedArray x = random(7, BATCH, EMBED).astype(DType.BFLOAT16);
    NamedArray y = half.apply(x);
    assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
    assertClose(y, Tree.map(p -> p.astype(DType.FLOAT64), half).apply(x), 0.02);
    // Wider inputs win, as in any sum of two dtypes.
    assertThat(half.apply(x.astype(DType.FLOAT32)).dtype()).isEqualTo(DType.FLOAT32);
  }

  @Test
  void hasFloat32GradientsThroughBfloat16() {
    Linear layer = Linear.init(key(5), EMBED, HEAD);
    NamedArray x = random(7, BATCH, EMBED).astype(DType.FLOAT32);
    Linear g =
        grad(
                (Linear l) -> {
                  Linear half = Tree.map(p -> p.astype(DType.BFLOAT16), l);
                  return sum(half.apply(x.astype(DType.BFLOAT16)).astype(DType.FLOAT32));
                })
            .apply(layer);
    assertThat(g.weight().dtype()).isEqualTo(DType.FLOAT32);
    Linear exact = grad((Linear l) -> sum(l.apply(x))).apply(layer);
    assertClose(g.weight().value(), exact.weight().value(), 0.02);
    assertClose(
        java.util.Objects.requireNonNull(g.bias()).value(),
        java.util.Objects.requireNonNull(exact.bias()).value(),
        0.02);
  }

  @Test
  void hasTheGradientOfFiniteDifferences() {
    Linear layer = randomized(3, Linear.init(key(0), List.of(EMBED), List.of(HEAD, SIZE)));
    NamedArray x = random(6, BATCH, EMBED);
    NamedArray weights = random(5, BATCH, HEAD, SIZE);
    assertGradient(l -> sum(l.apply(x).times(weights)), layer);
    assertGradient(v -> sum(layer.apply(v).times(weights)), x);
  }
}
