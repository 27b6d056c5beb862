package dev.axial.random;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Keys;
import dev.axial.NamedArray;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the samplers stand on: the block function, one rounding, bits, and searching. */
class GroundworkTest {
  private static final Axis A = axis("A", 2);
  private static final Axis B = axis("B", 3);

  private static NamedArray word(long w) {
    return scalar(w, DType.UINT32);
  }

  /** The vectors of the Random123 distribution. */
  @Test
  void threefryGivesThePublishedBlocks() {
    long[][] known = {
      {0, 0, 0, 0, 0x6b200159L, 0x99ba4efeL},
      {0xffffffffL, 0xffffffffL, 0xffffffffL, 0xffffffffL, 0x1cb996fcL, 0xbb002be7L},
      {0x13198a2eL, 0x03707344L, 0x243f6a88L, 0x85a308d3L, 0xc4923a9cL, 0x483df7a0L}
    };
    for (long[] v : known) {
      NamedArray key = Keys.wrap(new Keys.Words(word(v[0]), word(v[1])));
      Keys.Words out = Keys.threefry(key, new Keys.Words(word(v[2]), word(v[3])));
      assertThat(out.first().toLongArray()).containsExactly(v[4]);
      assertThat(out.second().toLongArray()).containsExactly(v[5]);
    }
  }

  @Test
  void fmaRoundsOnce() {
    float a = 1 + 0x1p-12f;
    float c = -1 - 0x1p-11f;
    assertThat(fma(scalar(a), scalar(a), scalar(c)).item()).isEqualTo(0x1p-24);
    double d = 1 + 0x1p-30;
    NamedArray wide = scalar(d, DType.FLOAT64);
    assertThat(fma(wide, wide, scalar(-1 - 0x1p-29, DType.FLOAT64)).item()).isEqualTo(0x1p-60);
    assertThat(fma(scalar(2), scalar(3), scalar(4)).item()).isEqualTo(10);
  }

  @Test
  void fmaIsDifferentiatedLikeAProductAndASum() {
    NamedArray x = array(new double[] {1, 2}, A);
    NamedArray y = array(new double[] {3, 4, 5}, B);
    NamedArray z = array(new double[] {6, 7}, A);
    assertThat(fma(x, y, z).axes()).containsExactly(A, B);
    var at = List.of(x, y, z);
    var to = List.of(z, y, x);
    var one = jvp((List<NamedArray> v) -> fma(v.get(0), v.get(1), v.get(2)), at, to);
    var two = jvp((List<NamedArray> v) -> v.get(0).times(v.get(1)).plus(v.get(2)), at, to);
    assertThat(one.tangent().toDoubleArray()).isEqualTo(two.tangent().toDoubleArray());
    var f = grad((List<NamedArray> v) -> sum(square(fma(v.get(0), v.get(1), v.get(2)))));
    var g = grad((List<NamedArray> v) -> sum(square(v.get(0).times(v.get(1)).plus(v.get(2)))));
    for (int k = 0; k < 3; k++) {
      assertThat(f.apply(at).get(k).toDoubleArray())
          .containsExactly(g.apply(at).get(k).toDoubleArray(), within(1e-12));
    }
    var lanes = vmap((NamedArray v) -> fma(v, y, scalar(1.0, DType.FLOAT64)), A).apply(x);
    assertThat(lanes.toDoubleArray()).isEqualTo(x.times(y).plus(1).toDoubleArray());
  }

  @Test
  void bitsMove() {
    NamedArray x = array(new int[] {1, -8}, A);
    assertThat(shiftLeft(x, 3).toIntArray()).containsExactly(8, -64);
    assertThat(shiftRight(x, 2).toIntArray()).containsExactly(0, -2);
    assertThat(shiftRightLogical(x, 28).toIntArray()).containsExactly(0, 15);
    assertThat(shiftRight(x.astype(DType.UINT32), 28).toIntArray()).containsExactly(0, 15);
    assertThat(populationCount(x).toIntArray()).containsExactly(1, 29);
    NamedArray f = array(new float[] {1.5f, -0f}, A);
    assertThat(bitcast(f, DType.INT32).toIntArray())
        .containsExactly(Float.floatToIntBits(1.5f), Float.floatToIntBits(-0f));
    assertThat(bitcast(bitcast(f, DType.UINT32), DType.FLOAT32).toFloatArray())
        .isEqualTo(f.toFloatArray());
  }

  @Test
  void searchsortedFindsTheFirstPlace() {
    NamedArray sorted = array(new double[] {1, 2, 2, 4, 8}, axis("N", 5));
    NamedArray v = array(new double[] {0, 1, 1.5, 2, 3, 8, 9}, axis("V", 7));
    assertThat(searchsorted(sorted, "N", v).toIntArray()).containsExactly(0, 0, 1, 1, 3, 4, 5);
    NamedArray rows = stack(A, List.of(sorted, sorted.times(10)));
    NamedArray one = array(new double[] {2, 20}, A);
    assertThat(searchsorted(rows, "N", one).toIntArray()).containsExactly(1, 1);
    assertThat(searchsorted(zeros(axis("N", 0)), "N", scalar(1.0)).item()).isZero();
  }
}
