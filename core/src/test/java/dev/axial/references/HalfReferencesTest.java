package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Eager accesses to references of two-byte numbers: few elements, many, and with strides. */
class HalfReferencesTest {
  private static final Axis ROWS = axis("row", 130);
  private static final Axis COLUMNS = axis("column", 70);

  private static float[] numbers() {
    var v = new float[ROWS.size() * COLUMNS.size()];
    for (int k = 0; k < v.length; k++) {
      v[k] = (k % 97 - 48) * 0.37f;
    }
    return v;
  }

  /** The elements of a model in float32 that is rounded after each step. */
  private static NamedArray rounded(NamedArray model, DType t) {
    return model.astype(t).astype(DType.FLOAT32);
  }

  private static void assertSame(NamedRef r, NamedArray model) {
    assertThat(r.value().toFloatArray()).isEqualTo(model.toFloatArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void accesses_round_once(DType t) {
    NamedArray start = array(numbers(), ROWS, COLUMNS);
    NamedRef r = newRef(start.astype(t));
    NamedArray model = rounded(start, t);
    assertThat(r.dtype()).isEqualTo(t);
    assertSame(r, model);

    r.at(ROWS.at(3), COLUMNS.at(5)).set(0.3);
    model = rounded(model.at(ROWS.at(3), COLUMNS.at(5)).set(0.3), t);
    r.at(ROWS.at(3), COLUMNS.at(5)).add(0.1);
    float sum = model.get(ROWS.at(3), COLUMNS.at(5)).toFloatArray()[0];
    sum += scalar(0.1, t).toFloatArray()[0];
    model = rounded(model.at(ROWS.at(3), COLUMNS.at(5)).set(sum), t);
    assertSame(r, model);

    r.at(ROWS.at(7)).set(1.7);
    model = rounded(model.at(ROWS.at(7)).set(1.7), t);
    r.at(COLUMNS.at(2)).add(1);
    model = rounded(model.at(COLUMNS.at(2)).add(1), t);
    assertSame(r, model);

    NamedArray column = array(numbers(), ROWS, COLUMNS).get(COLUMNS.at(9));
    r.at(COLUMNS.at(4)).add(column);
    model = rounded(model.at(COLUMNS.at(4)).add(rounded(column, t)), t);
    r.at(COLUMNS.range(0, 60, 3)).set(column);
    model = rounded(model.at(COLUMNS.range(0, 60, 3)).set(column), t);
    assertSame(r, model);
    assertThat(r.get(COLUMNS.at(4)).toFloatArray())
        .isEqualTo(model.get(COLUMNS.at(4)).toFloatArray());
    assertThat(r.at(ROWS.at(1)).swap(column.get(ROWS.at(0))).toFloatArray())
        .isEqualTo(model.get(ROWS.at(1)).toFloatArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void compiled_loops_update_in_place(DType t) {
    NamedRef r = newRef(zeros(t, ROWS));
    jitProc((NamedRef x) -> forLoop(0, 300, k -> x.at(ROWS.at(k.rem(2))).add(1))).run(r);
    assertThat(r.get(ROWS.at(0)).item()).isEqualTo(150);
    for (int k = 0; k < 300; k++) {
      r.at(ROWS.at(5)).add(1);
    }
    // From 256 on bfloat16 has no odd numbers, and a tie goes to the even one.
    assertThat(r.get(ROWS.at(5)).item()).isEqualTo(t == DType.BFLOAT16 ? 256 : 300);
  }

  @Test
  void half_numbers_print_with_the_digits_they_have() {
    NamedArray x = array(new float[] {0.1f, -3.14159f, 1000}, DType.BFLOAT16, axis("a", 3));
    assertThat(x.toString()).isEqualTo("NamedArray(bfloat16[a=3]:\n [   0.10   -3.14 1000.00])");
  }

  @Test
  void large_and_small_half_numbers_print_with_exponents() {
    NamedArray x = array(new float[] {1e-40f, 2.5f, 1e38f}, DType.BFLOAT16, axis("a", 3));
    assertThat(x.toString()).isEqualTo("NamedArray(bfloat16[a=3]:\n [9.2e-41 2.5e+00 1.0e+38])");
  }

  @Test
  void derivatives_have_the_dtype() {
    NamedArray x = array(new float[] {1, 2, 3}, DType.BFLOAT16, axis("a", 3));
    Jvp<NamedArray> j = jvp((NamedArray u) -> u.times(u), x, onesLike(x));
    assertThat(j.tangent().dtype()).isEqualTo(DType.BFLOAT16);
    assertThat(j.tangent().toFloatArray()).containsExactly(2, 4, 6);
  }
}
