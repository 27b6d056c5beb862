package dev.axial.nn;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static dev.axial.nn.Checks.assertClose;
import static dev.axial.nn.Checks.assertGradient;
import static dev.axial.nn.Checks.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import org.junit.jupiter.api.Test;

class LossesTest {
  private static final Axis BATCH = axis("Batch", 2);
  private static final Axis TIME = axis("Time", 3);
  private static final Axis VOCAB = axis("Vocab", 4);
  private static final NamedArray TARGETS = array(new int[] {3, 0, 1, 1, 2, 3}, BATCH, TIME);

  @Test
  void crossEntropyIsItsFormula() {
    NamedArray logits = random(1, BATCH, VOCAB, TIME).times(3);
    double[] v = logits.rearrange(BATCH, TIME, VOCAB).toDoubleArray();
    int[] t = TARGETS.toIntArray();
    var expected = new double[6];
    for (int k = 0; k < 6; k++) {
      double total = 0;
      for (int c = 0; c < 4; c++) {
        total += Math.exp(v[k * 4 + c]);
      }
      expected[k] = Math.log(total) - v[k * 4 + t[k]];
    }
    assertClose(
        Losses.crossEntropy(logits, VOCAB, TARGETS).rearrange(BATCH, TIME),
        array(expected, BATCH, TIME),
        1e-14);
  }

  @Test
  void crossEntropyOfLargeLogitsIsExact() {
    NamedArray target = scalar(1);
    NamedArray large = array(new float[] {1e8f, 1e8f, -1e8f, -1e8f}, VOCAB);
    assertThat(Losses.crossEntropy(large, VOCAB, target).item())
        .isCloseTo(Math.log(2), within(1e-6));
    NamedArray impossible =
        array(new float[] {Float.NEGATIVE_INFINITY, 2, Float.NEGATIVE_INFINITY, 1}, VOCAB);
    assertThat(Losses.crossEntropy(impossible, VOCAB, target).item())
        .isCloseTo(Math.log1p(Math.exp(-1)), within(1e-6));
    assertThat(Losses.crossEntropy(impossible, VOCAB, scalar(0)).item())
        .isEqualTo(Double.POSITIVE_INFINITY);
  }

  /** Differences of them would wrap. */
  @Test
  void integersAreConvertedFirst() {
    int most = Integer.MAX_VALUE;
    NamedArray logits = array(new int[] {most, -most, 3, Integer.MIN_VALUE}, VOCAB);
    for (int target = 0; target < 4; target++) {
      assertThat(Losses.crossEntropy(logits, VOCAB, scalar(target)).item())
          .isEqualTo(
              Losses.crossEntropy(logits.astype(DType.FLOAT32), VOCAB, scalar(target)).item());
    }
    NamedArray weights = array(new float[] {0.5f, 0, 0.25f, 0.25f}, VOCAB);
    assertThat(Losses.weightedMean(logits, weights).item())
        .isEqualTo(Losses.weightedMean(logits.astype(DType.FLOAT32), weights).item());
  }

  @Test
  void crossEntropyHasTheGradientOfSoftmaxMinusTarget() {
    NamedArray logits = array(new double[] {0.5, -1, 2, 0}, VOCAB);
    double[] g =
        grad((NamedArray x) -> Losses.crossEntropy(x, VOCAB, scalar(2)))
            .apply(logits)
            .toDoubleArray();
    double total = Math.exp(0.5) + Math.exp(-1) + Math.exp(2) + 1;
    assertThat(g)
        .containsExactly(
            new double[] {
              Math.exp(0.5) / total, Math.exp(-1) / total, Math.exp(2) / total - 1, 1 / total
            },
            within(1e-14));
    NamedArray more = random(2, BATCH, TIME, VOCAB);
    NamedArray weights = random(3, BATCH, TIME);
    assertGradient(x -> sum(Losses.crossEntropy(x, VOCAB, TARGETS).times(weights)), more);
  }

  @Test
  void crossEntropyOfUniformLogitsIsTheLogarithmOfTheirNumber() {
    NamedArray logits = array(new double[] {7, 7, 7, 7}, VOCAB);
    NamedArray loss = jit((NamedArray x) -> Losses.crossEntropy(x, VOCAB, scalar(0))).apply(logits);
    assertThat(loss.item()).isCloseTo(Math.log(4), within(1e-15));
  }

  // ---------------------------------------------------------------- the mean

  @Test
  void weightedMeanIsItsFormula() {
    NamedArray losses = array(new double[] {1, 2, 3, 4, 5, 6}, BATCH, TIME);
    NamedArray weights = array(new double[] {1, 0, 0.5, 2, 0, 0}, BATCH, TIME);
    assertThat(Losses.weightedMean(losses, weights).item())
        .isCloseTo((1 + 1.5 + 8) / 3.5, within(1e-15));
  }

  @Test
  void weightedMeanTakesMasksAndBroadcastsThem() {
    NamedArray losses = array(new double[] {1, 2, 3, 4, 5, 6}, BATCH, TIME);
    NamedArray mask = array(new boolean[] {true, false, true}, TIME);
    assertThat(Losses.weightedMean(losses, mask).item()).isEqualTo((1 + 3 + 4 + 6) / 4.0);
  }

  @Test
  void weightedMeanIgnoresWhatHasNoWeight() {
    NamedArray losses = array(new double[] {1, Double.POSITIVE_INFINITY, Double.NaN}, TIME);
    NamedArray first = array(new double[] {2, 0, 0}, TIME);
    assertThat(Losses.weightedMean(losses, first).item()).isEqualTo(1);
    NamedArray none = array(new double[] {0, 0, 0}, TIME);
    assertThat(Losses.weightedMean(losses, none).item()).isEqualTo(0);
  }

  @Test
  void weightedMeanHasTheGradientOfFiniteDifferences() {
    NamedArray weights = array(new double[] {1, 0, 0.5, 2, 0, 0}, BATCH, TIME);
    assertGradient(x -> Losses.weightedMean(x.times(x), weights), random(4, BATCH, TIME));
  }
}
