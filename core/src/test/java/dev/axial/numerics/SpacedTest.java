package dev.axial.numerics;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.linspace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import org.junit.jupiter.api.Test;

/** Numbers at equal distances reach the ends of their dtype, and not past them. */
class SpacedTest {
  private static final Axis X = axis("X", 3);
  private static final int MOST = Integer.MAX_VALUE;
  private static final int LEAST = Integer.MIN_VALUE;

  private static void refused(Runnable r) {
    assertThatThrownBy(r::run)
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("past the end of");
  }

  @Test
  void arange_reaches_the_ends() {
    assertThat(arange(X, MOST - 2, 1).toIntArray()).containsExactly(MOST - 2, MOST - 1, MOST);
    assertThat(arange(X, LEAST + 2, -1).toIntArray()).containsExactly(LEAST + 2, LEAST + 1, LEAST);
    assertThat(arange(X, LEAST, MOST).toIntArray()).containsExactly(LEAST, -1, MOST - 1);
    assertThat(arange(axis("X", 2), LEAST, 0xffffffffL).toIntArray()).containsExactly(LEAST, MOST);
    assertThat(arange(axis("X", 1), 5, Long.MAX_VALUE).toIntArray()).containsExactly(5);
    assertThat(arange(axis("X", 0), Long.MAX_VALUE, 1).toIntArray()).isEmpty();
    assertThat(arange(axis("X", 2), DType.BOOL).toBooleanArray()).containsExactly(false, true);
    assertThat(arange(X, 0.5, -0.25).toDoubleArray()).containsExactly(0.5, 0.25, 0);
    assertThat(arange(axis("X", 65520), DType.FLOAT16).toDoubleArray()).contains(65504, 32768);
  }

  @Test
  void and_is_refused_past_them() {
    refused(() -> arange(X, MOST - 1, 1));
    refused(() -> arange(X, LEAST + 1, -1));
    refused(() -> arange(X, 1L << 31, -1));
    refused(() -> arange(X, 0, 1L << 30));
    refused(() -> arange(X, Long.MAX_VALUE, Long.MAX_VALUE));
    refused(() -> arange(X, 0, 3e38));
    refused(() -> arange(X, 1e39, 1));
    refused(() -> arange(X, DType.BOOL));
    refused(() -> arange(axis("X", 65521), DType.FLOAT16));
  }

  @Test
  void linspace_has_the_dtype_that_is_asked_for() {
    assertThat(linspace(axis("X", 11), 0, 10, DType.INT32))
        .satisfies(x -> assertThat(x.dtype()).isEqualTo(DType.INT32))
        .satisfies(
            x -> assertThat(x.toIntArray()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    assertThat(linspace(axis("X", 4), -1, 1, DType.INT64).toLongArray())
        .containsExactly(-1, -1, 0, 1);
    assertThat(linspace(X, 0, 0xffffffffL, DType.UINT32).toLongArray())
        .containsExactly(0, 0x7fffffffL, 0xffffffffL);
    assertThat(linspace(axis("X", 1), 7, 1e9, DType.INT32).toIntArray()).containsExactly(7);
    assertThat(linspace(X, -65504, 65504, DType.FLOAT16).toDoubleArray())
        .containsExactly(-65504, 0, 65504);
    refused(() -> linspace(X, 0, 65520, DType.FLOAT16));
    refused(() -> linspace(X, 0, 1e39));
    refused(() -> linspace(X, -1, 5, DType.UINT32));
    refused(() -> linspace(X, 0, 0x1p31, DType.INT32));
  }
}
