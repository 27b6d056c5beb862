package dev.axial.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.numerics.ProductOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatMatrixTest {
  private static float[] random(long seed, int n) {
    var r = new SplittableRandom(seed);
    var v = new float[n];
    for (int k = 0; k < n; k++) {
      v[k] = (float) r.nextDouble(-1, 1);
    }
    return v;
  }

  /** Chains of fma, one after another: as the order has it for up to 16,384 terms. */
  private static float expected(float[] a, int ai, float[] b, int bi, int k, int w) {
    int run = ProductOrder.evenRun(k, DType.FLOAT32);
    float sum = 0;
    for (int from = 0; from < k; from += run) {
      float chain = 0;
      for (int j = from; j < Math.min(k, from + run); j++) {
        chain = Math.fma(a[ai + j], b[bi + j * w], chain);
      }
      sum = from == 0 ? chain : sum + chain;
    }
    return sum;
  }

  /** Sizes on both sides of the blocks, of the pairs of rows, of groups of four terms, of runs. */
  @ParameterizedTest
  @CsvSource({
    "1,1,1",
    "1,7,3",
    "3,5,2",
    "4,4,4",
    "5,3,1",
    "6,127,5",
    "7,128,6",
    "8,129,511",
    "9,131,512",
    "4,2,513",
    "5,512,3",
    "5,513,3",
    "6,1025,7",
    "2,16384,3",
    "5,0,3",
    "5,3,0"
  })
  void isTheSumOfProducts(int m, int k, int w) {
    float[] a = random(1, m * k + 2);
    float[] b = random(2, k * w + 3);
    float[] d = random(3, m * w + 1);
    float before = d[0];
    Arrays.fill(d, 1, d.length, 0);
    FloatMatrix.multiply(a, 2, b, 3, d, 1, 0, m, k, w);
    assertThat(d[0]).isEqualTo(before);
    for (int i = 0; i < m; i++) {
      for (int c = 0; c < w; c++) {
        assertThat(d[1 + i * w + c])
            .as("row %d, column %d", i, c)
            .isEqualTo(expected(a, 2 + i * k, b, 3 + c, k, w));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"9,131,5", "12,16,600", "7,3,2", "5,17000,3"})
  void doesNotDependOnHowTheRowsAreDivided(int m, int k, int w) {
    float[] a = random(4, m * k);
    float[] b = random(5, k * w);
    var whole = new float[m * w];
    FloatMatrix.multiply(a, 0, b, 0, whole, 0, 0, m, k, w);
    for (int cut = 1; cut < m; cut++) {
      var parts = new float[m * w];
      FloatMatrix.multiply(a, 0, b, 0, parts, 0, 0, cut, k, w);
      FloatMatrix.multiply(a, 0, b, 0, parts, 0, cut, m, k, w);
      assertThat(parts).as("cut at %d", cut).containsExactly(whole);
    }
  }
}
