package dev.axial.numerics;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.searchsorted;
import static dev.axial.Axial.sort;
import static dev.axial.Axial.vmap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where a value goes in an axis that {@code sort} made: NaN is the last of all, also as a value.
 */
class SearchSortedTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static final double[] VALUES = {NAN, -INF, INF, -3, 0, -0.0, 0.5, 2, 2.5, 3, 9, NAN};

  private static final List<double[]> SORTED =
      List.of(
          new double[] {},
          new double[] {NAN},
          new double[] {2},
          new double[] {NAN, NAN, NAN},
          new double[] {0, 1, 2, 3, NAN, NAN},
          new double[] {0, 1, 2, 3, 4, 5},
          new double[] {-INF, -3, -3, 0, 2, 2, 2, INF, INF, NAN},
          new double[] {-INF, -1, 0, 0, 0, 2.5, 3, 4, 5, 6, 7, INF, NAN, NAN, NAN, NAN, NAN});

  /** How many elements come before the value. */
  private static int place(double[] sorted, double v) {
    int n = 0;
    for (double x : sorted) {
      n += x < v || Double.isNaN(v) && !Double.isNaN(x) ? 1 : 0;
    }
    return n;
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16", "FLOAT32", "FLOAT64"})
  void nan_comes_last(DType t) {
    Axis v = axis("V", VALUES.length);
    NamedArray values = array(VALUES, t, v);
    for (double[] s : SORTED) {
      Axis n = axis("N", s.length);
      NamedArray sorted = array(s, t, n);
      int[] want = Arrays.stream(VALUES).mapToInt(x -> place(s, x)).toArray();
      assertThat(searchsorted(sorted, n, values).toIntArray()).isEqualTo(want);
      assertThat(searchsorted(sort(sorted, n), n, values).toIntArray()).isEqualTo(want);
      assertThat(jit((NamedArray x) -> searchsorted(sorted, n, x)).apply(values).toIntArray())
          .isEqualTo(want);
      assertThat(
              jit(vmap((NamedArray x) -> searchsorted(sorted, n, x), v)).apply(values).toIntArray())
          .isEqualTo(want);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32"})
  void integers_of_other_dtypes_too(DType t) {
    Axis n = axis("N", 3);
    NamedArray sorted = array(new int[] {1, 5, 9}, n).astype(t);
    NamedArray values = array(VALUES, axis("V", VALUES.length));
    int[] want = Arrays.stream(VALUES).mapToInt(x -> place(new double[] {1, 5, 9}, x)).toArray();
    assertThat(searchsorted(sorted, n, values).toIntArray()).isEqualTo(want);
    NamedArray wide = array(new long[] {0, 5, 6, 1L << 40}, axis("V", 4));
    assertThat(searchsorted(sorted, n, wide).toIntArray()).containsExactly(0, 1, 2, 3);
  }
}
