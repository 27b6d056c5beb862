package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import org.junit.jupiter.api.Test;

/** Results that are written into a reference by the call that computes them. */
class ApplyIntoTest {
  private static final Axis X = axis("X", 5000);
  private static final Axis Y = axis("Y", 3);

  @Test
  void the_reference_has_what_the_function_gives() {
    var f = jit((NamedArray x) -> sin(x).times(2).plus(1));
    NamedArray x = arange(X, DType.FLOAT32);
    NamedRef out = emptyRef(DType.FLOAT32, X);
    for (int k = 0; k < 3; k++) {
      f.applyInto(out, x.plus(k));
      assertThat(out.get().toFloatArray()).isEqualTo(f.apply(x.plus(k)).toFloatArray());
    }
  }

  @Test
  void any_number_of_arguments() {
    NamedRef out = newRef(scalar(0.0));
    NamedArray a = scalar(2.0);
    jit(() -> a.plus(1)).applyInto(out);
    assertThat(out.item()).isEqualTo(3);
    jit((NamedArray b, NamedArray c) -> b.times(c)).applyInto(out, a, a);
    assertThat(out.item()).isEqualTo(4);
    jit((NamedArray b, NamedArray c, NamedArray d) -> b.times(c).times(d)).applyInto(out, a, a, a);
    assertThat(out.item()).isEqualTo(8);
    jit((NamedArray b, NamedArray c, NamedArray d, NamedArray e) -> b.times(c).times(d).times(e))
        .applyInto(out, a, a, a, a);
    assertThat(out.item()).isEqualTo(16);
  }

  @Test
  void arguments_are_read_before_it_is_written() {
    NamedRef ref = newRef(arange(X, DType.FLOAT32));
    var reversed = jit((NamedArray x) -> flip(x, X));
    NamedArray before = ref.get();
    reversed.applyInto(ref, before); // the array keeps what it was
    assertThat(before.toFloatArray()[1]).isEqualTo(1);
    assertThat(ref.get().toFloatArray()[1]).isEqualTo(4998);
  }

  @Test
  void views_that_are_disjoint_come_in_together() {
    NamedRef ref = newRef(zeros(Y, X));
    ref.at(Y.at(0)).set(arange(X, DType.FLOAT32));
    var f = jit((NamedRef r) -> r.get().plus(1));
    f.applyInto(ref.at(Y.at(1)), ref.at(Y.at(0)));
    assertThat(ref.get(Y.at(1), X.at(7)).item()).isEqualTo(8);
    assertThatThrownBy(() -> f.applyInto(ref.at(Y.at(1)), ref.at(Y.at(1))))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("the two may overlap");
  }

  @Test
  void a_reference_that_the_function_uses_itself_is_an_error() {
    NamedRef ref = newRef(zeros(X));
    var f = jit((NamedArray x) -> ref.get().plus(x));
    assertThatThrownBy(() -> f.applyInto(ref, scalar(1.0)))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("also used in it from outside");
  }

  @Test
  void what_does_not_fit_is_an_error_and_writes_nothing() {
    NamedRef out = newRef(zeros(Y));
    var f = jit((NamedArray x) -> x.plus(1));
    assertThatThrownBy(() -> f.applyInto(out, ones(X))).isInstanceOf(AxialException.class);
    assertThat(sum(out.get()).item()).isZero();
  }

  @Test
  void inside_of_functions_it_is_a_write() {
    var f = jit((NamedArray x) -> x.times(x));
    var g =
        grad((NamedArray x) -> {
          NamedRef r = newRef(zeros(Y));
          f.applyInto(r, x);
          return sum(r.get());
        });
    assertThat(g.apply(full(3.0, Y)).toFloatArray()).containsOnly(6);
  }

  @Test
  void no_memory_is_needed_for_the_result() {
    Axis wide = axis("Wide", 1 << 18);
    var f = jit((NamedArray x) -> x.plus(1));
    NamedArray x = zeros(wide);
    NamedRef out = newRef(x);
    f.applyInto(out, x);
    try (var _ = Memory.scope()) {
      long before = Memory.outstandingBytes();
      for (int k = 0; k < 10; k++) {
        f.applyInto(out, x);
      }
      assertThat(Memory.outstandingBytes() - before).isLessThan(1 << 20);
    }
  }

  @Test
  void long_runs_of_equal_distances_have_the_bits_of_their_formula() {
    for (DType t : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Axis wide = axis("Wide", 20_011);
      NamedArray now = linspace(wide, -0.3, 7.7, t);
      NamedArray traced =
          jit((NamedArray z) -> linspace(wide, -0.3, 7.7, t).plus(z)).apply(zeros(t));
      assertThat(now.astype(DType.FLOAT64).toDoubleArray())
          .isEqualTo(traced.astype(DType.FLOAT64).toDoubleArray());
    }
  }
}
