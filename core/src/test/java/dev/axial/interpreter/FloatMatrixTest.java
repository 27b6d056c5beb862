package dev.axial.interpreter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

  /** Sizes on both sides of the blocks, of the pairs of rows and of the groups of four terms. */
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
    "5,0,3",
    "5,3,0"
  })
  void isTheSumOfProducts(int m, int k, int w) {
    float[] a = random(1, m * k + 2);
    float[] b = random(2, k * w + 3);
    float[] d = random(3, m * w + 1);
    float[] before = d.clone();
    FloatMatrix.multiply(a, 2, b, 3, d, 1, 0, m, k, w);
    assertThat(d[0]).isEqualTo(before[0]);
    for (int i = 0; i < m; i++) {
      for (int c = 0; c < w; c++) {
        double sum = before[1 + i * w + c];
        for (int j = 0; j < k; j++) {
          sum += (double) a[2 + i * k + j] * b[3 + j * w + c];
        }
        assertThat(d[1 + i * w + c])
            .as("row %d, column %d", i, c)
            .isCloseTo((float) sum, within(2e-5f));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"9,131,5", "12,16,600", "7,3,2"})
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
