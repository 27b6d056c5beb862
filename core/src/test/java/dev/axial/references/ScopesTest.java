package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** References passed, captured and made inside: what the caller of a function sees of them. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class ScopesTest {
  private static final Axis X = axis("x", 3);
  private static final Axis ROW = axis("row", 2);

  private static double[] d(Tensor x) {
    return x.value().toDoubleArray();
  }

  private static NamedArray iota() {
    return arange(X, DType.FLOAT32);
  }

  /** From zeros it makes 2, 6, 1. */
  private static void bump(NamedRef r) {
    r.add(1);
    r.at(X.at(0)).add(1);
    r.at(X.at(1)).add(5);
  }

  // ---------------------------------------------------------------- arguments and captures

  @Test
  void a_procedure_writes_its_callers_reference_however_it_runs() {
    NamedRef plain = newRef(zeros(X));
    NamedRef compiled = newRef(zeros(X));
    NamedRef lowered = newRef(zeros(X));
    bump(plain);
    jitProc(ScopesTest::bump).run(compiled);
    var code = lowerProc(ScopesTest::bump, lowered).compile();
    assertThat(d(lowered)).as("lowering alone").containsOnly(0);
    code.apply(new Object[] {lowered});
    for (NamedRef r : List.of(plain, compiled, lowered)) {
      assertThat(d(r)).containsExactly(2, 6, 1);
    }
  }

  @Test
  void a_program_lists_the_references_it_writes() {
    NamedRef r = newRef(zeros(X));
    String passed = Traced.listing(programProc(ScopesTest::bump, r));
    String captured = Traced.listing(programProc(() -> bump(r)));
    for (String listing : List.of(passed, captured)) {
      assertThat(listing).contains("ref f32[x:3]").contains("ref_add");
    }
  }

  @Test
  void lowered_code_goes_on_with_the_reference_it_captured() {
    NamedRef r = newRef(zeros(X));
    var code = lowerProc(() -> bump(r)).compile();
    code.apply(new Object[0]);
    code.apply(new Object[0]);
    assertThat(d(r)).containsExactly(4, 12, 2);
  }

  @Test
  void a_captured_reference_is_written_in_eager_and_in_compiled_code() {
    NamedRef r = newRef(zeros(X));
    Runnable f = () -> bump(r);
    f.run();
    assertThat(d(r)).containsExactly(2, 6, 1);
    Runnable compiled = jitProc(f);
    compiled.run();
    assertThat(d(r)).containsExactly(4, 12, 2);
    compiled.run();
    assertThat(d(r)).containsExactly(6, 18, 3);
    assertThat(compiled).isEqualTo(jitProc(f)).isNotEqualTo(jitProc(() -> bump(r)));
  }

  @Test
  void a_function_without_arguments_reads_and_writes_what_it_captured() {
    NamedRef r = newRef(zeros(X));
    Supplier<NamedArray> f =
        () -> {
          bump(r);
          return sum(r.get());
        };
    Supplier<NamedArray> compiled = jit(f);
    assertThat(compiled.get().item()).isEqualTo(9);
    assertThat(compiled.get().item()).isEqualTo(18);
    assertThat(d(r)).containsExactly(4, 12, 2);
    NamedArray third = (NamedArray) lower(f).compile().apply(new Object[0]);
    assertThat(third.item()).isEqualTo(27);
    assertThat(Traced.listing(program(f))).contains("ref f32[x:3]").contains("return");
    assertThat(compiled).isEqualTo(jit(f)).isNotEqualTo(jit(() -> sum(r.get())));
    assertThat(d(r)).as("a program is only listed").containsExactly(6, 18, 3);
  }

  @Test
  void arrays_and_references_come_in_together_and_results_go_out() {
    Fn4<NamedRef, NamedArray, NamedRef, NamedArray, List<NamedArray>> f =
        (p, y, q, w) -> {
          p.add(1);
          q.add(1);
          return List.of(p.get().plus(q.get()).plus(y).plus(w), y.plus(w));
        };
    NamedArray y = array(new float[] {0, 1, 2, 3, 4, 5}, ROW, X);
    NamedArray w = array(new float[] {10, 20}, ROW);
    for (var g : List.of(f, jit(f))) {
      NamedRef p = newRef(zeros(X));
      NamedRef q = newRef(zeros(ROW, X));
      List<NamedArray> got = g.apply(p, y, q, w);
      assertThat(d(got.get(0).rearrange(ROW, X))).containsExactly(12, 13, 14, 25, 26, 27);
      assertThat(d(got.get(1))).containsExactly(10, 11, 12, 23, 24, 25);
      assertThat(d(p)).containsOnly(1);
      assertThat(d(q)).containsOnly(1).hasSize(6);
    }
  }

  @Test
  void an_inner_compiled_function_writes_what_it_captured_and_what_it_was_given() {
    NamedRef captured = newRef(zeros(X));
    NamedRef given = newRef(zeros(X));
    BiFunction<NamedRef, NamedArray, NamedArray> inner =
        jit((NamedRef q, NamedArray z) -> {
          bump(captured);
          q.at(X.at(2)).add(7);
          return z.plus(9);
        });
    NamedArray got = jit((NamedRef q, NamedArray z) -> inner.apply(q, z)).apply(given, scalar(1));
    assertThat(got.item()).isEqualTo(10);
    assertThat(d(captured)).containsExactly(2, 6, 1);
    assertThat(d(given)).containsExactly(0, 0, 7);
  }

  @Test
  void the_axes_of_a_traced_reference_are_known() {
    Function<NamedRef, NamedArray> size = r -> scalar(r.shape().get("x") + 10 * r.rank());
    NamedRef r = newRef(zeros(X));
    assertThat(size.apply(r).item()).isEqualTo(13);
    assertThat(jit(size).apply(r).item()).isEqualTo(13);
  }

  @Test
  void the_array_behind_a_new_reference_outlives_the_call_that_writes_it() {
    NamedArray x = iota();
    NamedArray seen =
        jit(
                (NamedRef r) -> {
                  r.add(1);
                  return r.get();
                })
            .apply(newRef(x));
    assertThat(d(seen)).containsExactly(1, 2, 3);
    assertThat(d(x.plus(1))).containsExactly(1, 2, 3);
  }

  // ---------------------------------------------------------------- made inside

  @Test
  void a_function_compiled_twice_keeps_its_own_reference() {
    Function<NamedArray, NamedArray> f =
        jit(
            jit((NamedArray x) -> {
              NamedRef r = newRef(x);
              bump(r);
              return r.get();
            }));
    assertThat(d(f.apply(zeros(X)))).containsExactly(2, 6, 1);
    assertThat(d(f.apply(zeros(X)))).containsExactly(2, 6, 1);
  }

  @Test
  void work_on_a_reference_that_nobody_reads_is_dropped() {
    Function<NamedArray, NamedArray> unused =
        jit((NamedArray y) -> {
          NamedRef r = newRef(y);
          r.add(1);
          return r.freeze();
        });
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        (x, y) -> {
          var _ = unused.apply(y);
          return x;
        };
    String listing = Traced.listing(program(f, iota(), iota()));
    assertThat(listing).doesNotContain("ref").doesNotContain("add");
    String read = Traced.listing(program((NamedArray x) -> unused.apply(x), iota()));
    assertThat(read).contains("ref_new").contains("add");
  }

  private static NamedArray doubled(NamedArray x) {
    NamedRef r = emptyRef(DType.FLOAT32);
    r.set(x.times(2));
    NamedArray y = r.get();
    free(r);
    return y;
  }

  @Test
  void what_was_read_of_a_freed_reference_stays_and_has_derivatives() {
    Function<NamedArray, NamedArray> f = ScopesTest::doubled;
    NamedArray x = scalar(3.0);
    for (var g : List.of(f, jit(f))) {
      assertThat(g.apply(x).item()).isEqualTo(6);
      assertThat(grad(g).apply(x).item()).isEqualTo(2);
      Jvp<NamedArray> forward = jvp(g, x, scalar(1.5));
      assertThat(forward.value().item()).isEqualTo(6);
      assertThat(forward.tangent().item()).isEqualTo(3);
    }
  }

  @Test
  void a_freed_reference_is_neither_freed_again_nor_read() {
    Proc1<NamedArray> twice =
        x -> {
          NamedRef r = newRef(x);
          free(r);
          free(r);
        };
    Function<NamedArray, NamedArray> late =
        x -> {
          NamedRef r = newRef(x);
          free(r);
          return r.get();
        };
    assertThatThrownBy(() -> twice.run(iota())).hasMessageContaining("was freed at");
    assertThatThrownBy(() -> jitProc(twice).run(iota())).hasMessageContaining("was freed at");
    assertThatThrownBy(() -> late.apply(iota())).hasMessageContaining("was freed at");
    assertThatThrownBy(() -> jit(late).apply(iota())).hasMessageContaining("was freed at");
  }

  // ---------------------------------------------------------------- loops, branches, lanes

  @Test
  void each_step_sees_what_the_steps_before_it_wrote() {
    Axis steps = axis("step", 5);
    NamedRef r = newRef(scalar(0));
    Function<NamedArray, NamedArray> f =
        xs ->
            map(
                steps,
                xs,
                _ -> {
                  r.add(2);
                  return r.get();
                });
    assertThat(d(f.apply(arange(steps)))).containsExactly(2, 4, 6, 8, 10);
    assertThat(d(jit(f).apply(arange(steps)))).containsExactly(12, 14, 16, 18, 20);
    assertThat(r.item()).isEqualTo(20);
  }

  @Test
  void a_reference_made_in_a_step_starts_anew_in_each() {
    Axis steps = axis("step", 5);
    Function<NamedArray, NamedArray> f =
        xs ->
            map(
                steps,
                xs,
                x -> {
                  NamedRef r = newRef(x);
                  r.add(2);
                  return r.get();
                });
    for (var g : List.of(f, jit(f))) {
      assertThat(d(g.apply(arange(steps)))).containsExactly(2, 3, 4, 5, 6);
    }
  }

  @Test
  void both_branches_write_one_captured_reference() {
    NamedRef r = newRef(scalar(0.0));
    Proc1<NamedArray> f = p -> condProc(p, () -> r.set(1), () -> r.set(2));
    for (var g : List.of(f, jitProc(f))) {
      g.run(scalar(true));
      assertThat(r.item()).isEqualTo(1);
      g.run(scalar(false));
      assertThat(r.item()).isEqualTo(2);
    }
  }

  @Test
  void lanes_read_a_shared_reference_and_write_their_own() {
    NamedRef shared = newRef(scalar(1));
    NamedRef own = newRef(zeros(DType.INT32, X));
    vmapProc(
            (NamedRef q) -> {
              q.add(shared.get());
              q.add(shared.get());
            },
            X)
        .run(own);
    assertThat(d(own)).containsExactly(2, 2, 2);
    assertThat(shared.item()).isEqualTo(1);
  }

  @Test
  void every_write_of_a_lane_counts() {
    NamedRef r = newRef(zeros(DType.INT32, X));
    vmapProc(
            (NamedRef q, NamedArray x) -> {
              q.add(x);
              q.add(x);
            },
            X)
        .run(r, arange(X));
    assertThat(d(r)).containsExactly(0, 2, 4);
    vmapProc((NamedRef q) -> q.add(1), X).run(r);
    assertThat(d(r)).containsExactly(1, 3, 5);
    vmapProc((NamedRef q) -> q.set(7), X).run(r);
    assertThat(d(r)).containsExactly(7, 7, 7);
  }

  @Test
  void a_reference_and_an_array_are_mapped_over_the_axis_wherever_it_stands() {
    NamedRef r = newRef(zeros(ROW, X));
    NamedArray values = array(new float[] {1, 2, 3, 4, 5, 6}, X, ROW);
    vmapProc((NamedRef q, NamedArray x) -> q.set(x), X).run(r, values);
    assertThat(d(r)).containsExactly(1, 3, 5, 2, 4, 6);
  }

  @Test
  void a_reference_made_of_a_constant_is_one_for_each_lane() {
    Function<NamedArray, NamedArray> f =
        jit((NamedArray x) -> {
          NamedRef r = newRef(scalar(1.0));
          r.add(x);
          return r.get();
        });
    assertThat(d(vmap(f, X).apply(iota()))).containsExactly(1, 2, 3);
  }

  // ---------------------------------------------------------------- what a reference holds

  @Test
  void a_real_number_does_not_go_into_integers() {
    List<Proc1<NamedRef>> writes =
        List.of(
            r -> r.add(1.0), r -> r.set(1.5), r -> r.swap(0.5), r -> r.update(v -> v.plus(1.0)));
    NamedRef r = newRef(new int[] {1, 2, 3}, X);
    for (Proc1<NamedRef> write : writes) {
      assertThatThrownBy(() -> write.run(r)).hasMessageContaining("without loss");
      assertThatThrownBy(() -> jitProc(write).run(r)).hasMessageContaining("without loss");
    }
    assertThat(d(r)).containsExactly(1, 2, 3);
  }

  @Test
  void a_reference_holds_a_random_key() {
    NamedRef r = newRef(key(0));
    Proc1<NamedRef> next = q -> q.update(k -> Random.foldIn(k, 1));
    next.run(r);
    jitProc(next).run(r);
    NamedArray want = Random.foldIn(Random.foldIn(key(0), 1), 1);
    assertThat(Random.bits(r.get(), X).toLongArray())
        .containsExactly(Random.bits(want, X).toLongArray());
  }

  @Test
  void leaves_are_references_or_arrays() {
    Function<List<Tensor>, NamedArray> count =
        tree -> {
          long refs = Tree.leaves(tree).stream().filter(NamedRef.class::isInstance).count();
          long arrays = Tree.leaves(tree).stream().filter(NamedArray.class::isInstance).count();
          return scalar(10 * refs + arrays);
        };
    List<Tensor> tree = List.of(newRef(scalar(1.0)), iota(), iota());
    assertThat(count.apply(tree).item()).isEqualTo(12);
    assertThat(jit(count).apply(tree).item()).isEqualTo(12);
  }

  @Test
  void a_view_is_one_leaf_and_comes_back_as_the_view() {
    NamedRef r = newRef(iota());
    NamedRef view = r.slice(X.range(1, 3));
    Tree.Flat flat = Tree.flatten(view);
    assertThat(flat.leaves()).hasSize(1);
    NamedRef again = (NamedRef) Tree.unflatten(flat.structure(), flat.leaves());
    assertThat(again.axes()).containsExactly(X.resize(2));
    again.at(X.at(0)).set(9);
    assertThat(d(r)).containsExactly(0, 9, 2);
  }
}
