package dev.axial.nn;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.key;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.sum;
import static dev.axial.nn.Checks.assertClose;
import static dev.axial.nn.Checks.assertGradient;
import static dev.axial.nn.Checks.random;
import static dev.axial.nn.Checks.randomized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.NamedArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayersTest {
  private static final Axis BATCH = axis("Batch", 2);
  private static final Axis EMBED = axis("Embed", 3);
  private static final Axis VOCAB = axis("Vocab", 4);

  // ---------------------------------------------------------------- embedding

  @Test
  void embeddingLooksUpRows() {
    Embedding table = randomized(1, Embedding.init(key(0), VOCAB, EMBED));
    double[] w = table.weight().value().toDoubleArray();
    NamedArray symbols = array(new int[] {3, 0}, BATCH);
    double[] expected = {w[9], w[10], w[11], w[0], w[1], w[2]};
    assertClose(table.apply(symbols), array(expected, BATCH, EMBED), 0);
    NamedArray outside = array(new int[] {-1, 7}, BATCH);
    double[] last = {w[9], w[10], w[11], w[9], w[10], w[11]};
    assertClose(table.apply(outside), array(last, BATCH, EMBED), 0);
    var inReference = new Embedding(newRef(table.weight().value()), VOCAB, EMBED);
    assertClose(inReference.apply(symbols), array(expected, BATCH, EMBED), 0);
  }

  @Test
  void embeddingGradientGoesToTheRowsThatWereRead() {
    Embedding table = randomized(1, Embedding.init(key(0), VOCAB, EMBED));
    NamedArray symbols = array(new int[] {3, 3}, BATCH);
    double[] g =
        grad((Embedding t) -> sum(t.apply(symbols))).apply(table).weight().value().toDoubleArray();
    assertThat(g).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2);
  }

  @Test
  void unembedIsTheProductWithEachRow() {
    Embedding table = randomized(2, Embedding.init(key(0), VOCAB, EMBED));
    NamedArray x = random(3, BATCH, EMBED);
    double[] w = table.weight().value().toDoubleArray();
    double[] v = x.toDoubleArray();
    var expected = new double[2 * 4];
    for (int i = 0; i < 2; i++) {
      for (int s = 0; s < 4; s++) {
        for (int e = 0; e < 3; e++) {
          expected[i * 4 + s] += v[i * 3 + e] * w[s * 3 + e];
        }
      }
    }
    assertClose(table.unembed(x), array(expected, BATCH, VOCAB), 1e-14);
  }

  // ---------------------------------------------------------------- layer normalization

  @Test
  void layerNormIsItsFormula() {
    LayerNorm layer = randomized(3, LayerNorm.init(EMBED));
    NamedArray x = random(4, BATCH, EMBED);
    double[] v = x.toDoubleArray();
    double[] w = layer.weight().value().toDoubleArray();
    double[] b = layer.bias().value().toDoubleArray();
    var expected = new double[6];
    for (int i = 0; i < 2; i++) {
      double mean = (v[i * 3] + v[i * 3 + 1] + v[i * 3 + 2]) / 3;
      double variance = 0;
      for (int e = 0; e < 3; e++) {
        variance += (v[i * 3 + e] - mean) * (v[i * 3 + e] - mean) / 3;
      }
      for (int e = 0; e < 3; e++) {
        expected[i * 3 + e] = (v[i * 3 + e] - mean) / Math.sqrt(variance + 1e-5) * w[e] + b[e];
      }
    }
    assertClose(layer.apply(x), array(expected, BATCH, EMBED), 1e-13);
  }

  @Test
  void layerNormStartsAsMeanZeroAndVarianceOne() {
    NamedArray y = LayerNorm.init(EMBED).apply(random(4, EMBED).times(100).plus(50));
    double[] v = y.toDoubleArray();
    assertThat(v[0] + v[1] + v[2]).isCloseTo(0, within(1e-9));
    assertThat((v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 3).isCloseTo(1, within(1e-6));
  }

  @Test
  void layerNormHasTheGradientOfFiniteDifferences() {
    LayerNorm layer = randomized(3, LayerNorm.init(EMBED));
    NamedArray x = random(4, BATCH, EMBED);
    NamedArray weights = random(5, BATCH, EMBED);
    assertGradient(l -> sum(l.apply(x).times(weights)), layer);
    assertGradient(v -> sum(layer.apply(v).times(weights)), x);
  }

  // ---------------------------------------------------------------- the wider map

  /** Values of 1.5 and -0.5 by the formulas, to 7 digits. */
  @ParameterizedTest
  @CsvSource({
    "RELU, 1.5, 0",
    "GELU, 1.3995716, -0.1542860",
    "SILU, 1.2263617, -0.1887703",
    "TANH, 0.9051483, -0.4621172"
  })
  void activationsAreTheirFormulas(Activation activation, double at1, double at2) {
    assertThat(activation.apply(array(new double[] {1.5, -0.5}, BATCH)).toDoubleArray())
        .containsExactly(new double[] {at1, at2}, within(1e-6));
  }

  @Test
  void mlpIsItsParts() {
    Mlp layer = randomized(6, Mlp.init(key(0), EMBED, axis("Hidden", 5)));
    NamedArray x = random(7, BATCH, EMBED);
    double[] up = layer.up().apply(x).toDoubleArray();
    for (int k = 0; k < up.length; k++) {
      double c = Math.sqrt(2 / Math.PI) * (up[k] + 0.044715 * Math.pow(up[k], 3));
      up[k] = 0.5 * up[k] * (1 + Math.tanh(c));
    }
    NamedArray expected = layer.down().apply(array(up, BATCH, axis("Hidden", 5)));
    assertClose(layer.apply(x), expected, 1e-12);
    assertClose(jit(layer::apply).apply(x), expected, 1e-12);
  }

  @Test
  void mlpHasTheGradientOfFiniteDifferences() {
    Mlp layer = randomized(6, Mlp.init(key(0), EMBED, axis("Hidden", 5)));
    NamedArray x = random(7, BATCH, EMBED);
    NamedArray weights = random(8, BATCH, EMBED);
    assertGradient(l -> sum(l.apply(x).times(weights)), layer);
  }
}
