package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The rules of references, one or more tests for each, in eager and compiled code. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class RulesTest {
  private static final Axis B = axis("Batch", 4);
  private static final Axis F = axis("Feature", 3);
  private static final Axis L = axis("layer", 6);

  record Cell(Tensor weight, Tensor bias) {}

  record Model(List<Cell> cells, Map<String, Tensor> more, String name, int depth) {}

  private static NamedArray iota(Axis a) {
    return arange(a, DType.FLOAT32);
  }

  private static double[] d(Tensor x) {
    return x.value().toDoubleArray();
  }

  /** Runs the body on a reference eagerly and, on another, compiled; both must end as expected. */
  private static void both(NamedArray start, Proc1<NamedRef> body, double... expected) {
    NamedRef eager = newRef(start);
    body.run(eager);
    assertThat(d(eager)).as("eager").containsExactly(expected);
    NamedRef compiled = newRef(start);
    jitProc(body).run(compiled);
    assertThat(d(compiled)).as("compiled").containsExactly(expected);
  }

  // ---------------------------------------------------------------- values and views

  @Test
  void rule_1_a_new_reference_is_a_copy() {
    float[] raw = {1, 2, 3};
    NamedRef r = newRef(raw, F);
    raw[0] = 9;
    assertThat(d(r)).containsExactly(1, 2, 3);
    NamedArray x = iota(F);
    NamedRef q = newRef(x);
    q.set(7);
    assertThat(d(x)).containsExactly(0, 1, 2);
    assertThat(d(newRef(new double[] {1.5}, axis("one", 1)))).containsExactly(1.5);
    assertThat(newRef(new int[] {1, 2, 3}, F).dtype()).isEqualTo(DType.INT32);
    assertThat(newRef(new long[] {1, 2, 3}, F).dtype()).isEqualTo(DType.INT64);
    assertThat(newRef(new boolean[] {true, false, true}, F).dtype()).isEqualTo(DType.BOOL);
    assertThat(d(newRef(java.nio.FloatBuffer.wrap(new float[] {4, 5, 6}), F)))
        .containsExactly(4, 5, 6);
    assertThat(d(newRef(iota(F).segment(), DType.FLOAT32, F))).containsExactly(0, 1, 2);
  }

  @Test
  void rule_2_a_view_describes_itself() {
    NamedRef r = newRef(zeros(L, F));
    assertThat(r.axes()).containsExactly(L, F);
    assertThat(r.shape()).containsExactly(Map.entry("layer", 6), Map.entry("Feature", 3));
    assertThat(r.rank()).isEqualTo(2);
    NamedRef view = r.slice(L.range(1, 4), F.at(0));
    assertThat(view.axes()).containsExactly(L.resize(3));
    assertThat(view.shape()).containsExactly(Map.entry("layer", 3));
    assertThat(view.rank()).isEqualTo(1);
  }

  @Test
  void rule_3_what_was_read_stays() {
    NamedRef r = newRef(iota(F));
    NamedArray before = r.get();
    NamedArray row = r.get(F.range(0, 2));
    r.set(9);
    assertThat(d(before)).containsExactly(0, 1, 2);
    assertThat(d(row)).containsExactly(0, 1);
    NamedArray after =
        jit(
                (NamedRef q) -> {
                  NamedArray now = q.get();
                  q.add(1);
                  return now;
                })
            .apply(r);
    assertThat(d(after)).containsOnly(9);
    r.set(0);
    assertThat(d(after)).containsOnly(9);
  }

  @Test
  void rule_4_views_compose_and_go_back() {
    NamedRef cache = newRef(iota(L).times(10));
    NamedRef view = cache.slice(L.range(1, 4)).slice(L.at(0));
    view.set(-1);
    assertThat(d(cache)).containsExactly(0, -1, 20, 30, 40, 50);
    assertThat(cache.unsliced()).isSameAs(cache);
    assertThat(view.unsliced()).isSameAs(cache);
    assertThat(d(cache.slice(L.from(1)).slice(L.range(0, 5, 2)).slice(L.range(2, -4, -1))))
        .containsExactly(50, 30, -1);
  }

  @Test
  void rule_5_every_selector_can_be_staged_and_sliced_again() {
    NamedArray i = array(new int[] {4, 1, 1}, axis("I", 3));
    List<Function<NamedRef, NamedRef>> stages =
        List.of(
            r -> r.slice(L.at(-2)),
            r -> r.slice(L.range(5, 0, -2)).slice(L.at(1)),
            r -> r.slice(L.ds(scalar(2), 3)).slice(L.at(1)),
            r -> r.slice(L.at(0, 3, 5)).slice(L.range(1, 3)),
            r -> r.slice(L.at(scalar(3))),
            r -> r.slice(L.at(i)).slice(at("I", 0)),
            r -> r.slice(L.at(i)).slice(range("I", 1, 3)),
            r -> r.slice(L.where(arange(L).gt(2), 3)).slice(L.at(1, 0)));
    for (int k = 0; k < stages.size(); k++) {
      Function<NamedRef, NamedRef> stage = stages.get(k);
      NamedRef base = newRef(iota(L).times(10).plus(iota(F)));
      NamedArray seen = stage.apply(base).value();
      stage.apply(base).at(F.at(2)).set(-1);
      NamedArray after = stage.apply(base).value();
      assertThat(d(after.get(F.at(2)))).as("stage %d", k).containsOnly(-1);
      assertThat(d(after.get(F.range(0, 2))))
          .as("stage %d", k)
          .isEqualTo(d(seen.get(F.range(0, 2))));
      NamedRef compiled = newRef(iota(L).times(10).plus(iota(F)));
      NamedArray got =
          jit(
                  (NamedRef q) -> {
                    NamedRef s = stage.apply(q);
                    NamedArray first = s.value();
                    s.at(F.at(2)).set(-1);
                    return first;
                  })
              .apply(compiled);
      assertThat(d(got)).as("stage %d, compiled", k).isEqualTo(d(seen));
      assertThat(d(compiled)).as("stage %d, compiled", k).isEqualTo(d(base));
    }
  }

  @Test
  void rule_5_missing_entries_of_a_mask_select_nothing() {
    both(
        iota(L), r -> r.slice(L.where(arange(L).rem(2).eq(1), 5)).set(100), 0, 100, 2, 100, 4, 100);
    both(
        iota(L),
        r -> r.slice(L.where(arange(L).ge(1), 2)).add(10),
        0,
        11,
        12,
        3,
        4,
        5); // extra ones are dropped
    assertThat(d(newRef(iota(L)).get(L.where(arange(L).rem(2).eq(1), 5))))
        .containsExactly(1, 3, 5, 0, 0);
  }

  @Test
  void rule_6_sizes_of_axes_in_selections_do_not_matter() {
    NamedRef view = newRef(iota(L)).slice(L.range(2, 4));
    assertThat(view.get(L.at(0)).item()).isEqualTo(2);
    assertThat(view.get(L.at(-1)).item()).isEqualTo(3);
    assertThat(d(view.get(L.all()))).containsExactly(2, 3);
    assertThat(d(view.get(L.from(1)))).containsExactly(3);
  }

  @Test
  void rule_7_positions() {
    NamedRef r = newRef(iota(L).times(10).plus(iota(F)));
    assertThat(r.get(pos(1), pos(2)).item()).isEqualTo(12);
    assertThat(d(r.get(ELLIPSIS, pos(0)))).containsExactly(0, 10, 20, 30, 40, 50);
    assertThat(d(r.get(posRange(1, 3), F.at(0)))).containsExactly(10, 20);
    assertThat(d(r.get(pos(-1), ELLIPSIS))).containsExactly(50, 51, 52);
  }

  @Test
  void rule_8_index_arrays_pair_by_name() {
    NamedRef r = newRef(iota(L).times(10).plus(iota(F)));
    Axis i = axis("I", 2);
    Axis j = axis("J", 3);
    NamedArray rows = array(new int[] {5, 0}, i);
    assertThat(d(r.get(L.at(rows), F.at(array(new int[] {1, 2}, i))))).containsExactly(51, 2);
    NamedArray product = r.get(L.at(rows), F.at(array(new int[] {2, 1, 0}, j)));
    assertThat(product.axes()).containsExactly(i, j);
    assertThat(d(product)).containsExactly(52, 51, 50, 2, 1, 0);
    NamedArray aligned = r.get(L.at(array(new int[] {0, 1, 2}, F)));
    assertThat(aligned.axes()).containsExactly(F);
    assertThat(d(aligned)).containsExactly(0, 11, 22);
  }

  // ---------------------------------------------------------------- writing

  @Test
  void rule_9_values_fit_by_name() {
    both(zeros(B.resize(2), F), r -> r.set(iota(F)), 0, 1, 2, 0, 1, 2);
    both(
        zeros(B.resize(2), F),
        r -> r.set(rearrange(iota(F).plus(iota(B.resize(2)).times(10)), F, B)),
        0,
        1,
        2,
        10,
        11,
        12);
    both(zeros(B.resize(2), F), r -> r.at(F.at(1)).set(new float[] {7, 8}), 0, 7, 0, 0, 8, 0);
    both(zeros(F), r -> r.set(true), 1, 1, 1);
    both(zeros(F), r -> r.set(5), 5, 5, 5);
  }

  @Test
  void rule_10_dtypes_convert_where_nothing_is_lost() {
    both(zeros(F), r -> r.set(arange(F)), 0, 1, 2);
    both(zeros(DType.INT32, F), r -> r.set(arange(F).lt(1)), 1, 0, 0);
    both(zeros(DType.FLOAT64, F), r -> r.add(0.5), 0.5, 0.5, 0.5);
    assertThat(newRef(zeros(F)).dtype()).isEqualTo(DType.FLOAT32);
  }

  @Test
  void rule_11_repeated_indices_act_one_after_another() {
    NamedArray i = array(new int[] {1, 1, 2}, axis("I", 3));
    NamedArray x = iota(axis("I", 3)).plus(1);
    both(zeros(B), r -> r.at(B.at(i)).add(x), 0, 3, 3, 0);
    both(ones(B), r -> r.at(B.at(i)).times(x), 1, 2, 3, 1);
    both(full(1.5, B), r -> r.at(B.at(i)).max(x), 1.5, 2, 3, 1.5);
    both(full(1.5, B), r -> r.at(B.at(i)).min(x), 1.5, 1, 1.5, 1.5);
    both(ones(B), r -> r.at(B.at(i)).update(old -> old.plus(x)), 1, 3, 4, 1);
    both(zeros(B), r -> r.at(B.at(i)).set(x), 0, 2, 3, 0);
    NamedRef r = newRef(zeros(B));
    assertThat(d(r.at(B.at(i)).swap(x))).containsExactly(0, 1, 0);
    assertThat(d(r)).containsExactly(0, 2, 3, 0);
    NamedArray g =
        grad(
                (NamedArray y) -> {
                  NamedRef q = newRef(zeros(B));
                  q.at(B.at(i)).set(y);
                  return sum(q.value().times(q.value()));
                })
            .apply(x);
    assertThat(d(g)).containsExactly(0, 4, 6); // to the last one alone
  }

  @Test
  void rule_12_out_of_range() {
    both(iota(B), r -> r.at(B.at(scalar(9))).set(7), 0, 1, 2, 3);
    both(iota(B), r -> r.at(B.at(scalar(-1))).set(7), 0, 1, 2, 7);
    both(iota(B), r -> r.at(B.at(scalar(-9))).add(7), 0, 1, 2, 3);
    both(iota(B), r -> r.at(B.at(scalar(9))).times(7), 0, 1, 2, 3);
    both(iota(B), r -> r.at(B.at(scalar(-1))).max(7), 0, 1, 2, 7);
    both(iota(B), r -> r.at(B.ds(scalar(9), 2)).set(7), 0, 1, 7, 7);
    both(iota(B), r -> r.at(B.at(scalar(9))).update(x -> x.plus(5)), 0, 1, 2, 3);
    both(
        iota(L),
        r -> r.slice(L.range(1, 3)).at(L.at(scalar(2))).set(7),
        0,
        1,
        2,
        3,
        4,
        5); // judged against the view
    both(iota(L), r -> r.slice(L.range(1, 3)).at(L.at(scalar(-1))).set(7), 0, 1, 7, 3, 4, 5);
    NamedRef r = newRef(iota(B));
    assertThat(r.get(B.at(scalar(99))).item()).isEqualTo(3);
    assertThat(r.at(B.at(scalar(99))).swap(5).item()).isEqualTo(3);
    assertThat(d(r)).containsExactly(0, 1, 2, 3);
    NamedRef view = newRef(iota(L)).slice(L.range(1, 3));
    assertThat(view.get(L.at(scalar(5))).item()).isEqualTo(2);
    NamedArray g = grad((NamedArray x) -> newRef(x).get(B.at(scalar(99))).times(2)).apply(iota(B));
    assertThat(d(g)).containsExactly(0, 0, 0, 2); // a clamped read becomes a clamped add
  }

  @Test
  void rule_13_freeze_gives_the_final_value() {
    NamedRef r = newRef(iota(F));
    r.add(1);
    assertThat(d(r.freeze())).containsExactly(1, 2, 3);
    assertThat(
            d(
                jit(
                        (NamedArray x) -> {
                          NamedRef q = newRef(x);
                          q.at(F.at(0)).set(5);
                          return freeze(q);
                        })
                    .apply(iota(F))))
        .containsExactly(5, 1, 2);
  }

  @Test
  void rule_14_every_view_sees_a_write() {
    NamedRef r = newRef(iota(L));
    NamedRef a = r.slice(L.range(0, 4));
    NamedRef b = r.slice(L.range(2, 6));
    a.at(L.at(3)).set(33);
    assertThat(b.get(L.at(1)).item()).isEqualTo(33);
    assertThat(
            d(
                jit(
                        (NamedRef q) -> {
                          NamedRef head = q.slice(L.to(3));
                          NamedRef tail = q.slice(L.from(2));
                          head.at(L.at(2)).set(1);
                          NamedArray seen = tail.get(L.at(0));
                          tail.add(10);
                          return seen.plus(head.get(L.at(2)));
                        })
                    .apply(r)))
        .containsExactly(12);
  }

  // ---------------------------------------------------------------- inside transformed functions

  @Test
  void rule_16_scratch_references_are_invisible() {
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef r = newRef(x);
          r.at(F.at(0)).set(r.get(F.at(2)));
          r.add(x);
          return r.value();
        };
    assertThat(d(f.apply(iota(F)))).isEqualTo(d(jit(f).apply(iota(F)))).containsExactly(2, 2, 4);
    assertThat(d(vmap(f, B).apply(broadcast(iota(F), B)).get(B.at(3)))).containsExactly(2, 2, 4);
  }

  @Test
  void rule_17_arguments_and_closures_are_updated_in_place() {
    NamedRef w = newRef(iota(F));
    NamedRef counter = newRef(scalar(0));
    var model =
        new Model(List.of(new Cell(w, scalar(1.0))), Map.of("k", newRef(zeros(B))), "name", 2);
    Proc1<Model> step =
        jitProc(m -> {
          ((NamedRef) m.cells().getFirst().weight()).add(m.cells().getFirst().bias().value());
          ((NamedRef) m.more().get("k")).at(B.at(1)).set(4);
          counter.add(1);
        });
    step.run(model);
    step.run(model);
    assertThat(d(w)).containsExactly(2, 3, 4);
    assertThat(d(model.more().get("k"))).containsExactly(0, 4, 0, 0);
    assertThat(counter.item()).isEqualTo(2);
  }

  @Test
  void rule_19_axes_are_structure_and_starts_are_data() {
    int[] traces = {0};
    NamedRef cache = newRef(zeros(L, F));
    Proc1<NamedRef> f =
        jitProc(view -> {
          traces[0]++;
          view.add(1);
        });
    for (int k = 0; k < L.size(); k++) {
      f.run(cache.slice(L.at(k)));
    }
    assertThat(traces[0]).isEqualTo(1);
    assertThat(d(cache)).containsOnly(1);
    f.run(cache.slice(L.range(0, 2)));
    f.run(cache.slice(L.range(3, 5)));
    f.run(cache.slice(L.ds(scalar(4), 2)));
    assertThat(traces[0]).isEqualTo(2);
    f.run(newRef(zeros(F)).unsliced());
    assertThat(traces[0]).isEqualTo(3); // a whole reference is not a view of a larger one
    jitProc(
            (NamedRef a, NamedRef b) -> {
              a.set(5);
              b.set(6);
            })
        .run(cache.slice(L.at(0)), cache.slice(L.at(1)));
    assertThat(d(cache.get(L.range(0, 2)))).containsExactly(5, 5, 5, 6, 6, 6);
  }

  @Test
  void rule_21_plumbing_reads_are_constants() {
    NamedRef r = newRef(full(2.0, F));
    NamedArray g =
        grad(
                (NamedArray x) -> {
                  NamedArray y = x.times(r.get());
                  r.set(stopGradient(y));
                  return sum(y.times(r.get()));
                })
            .apply(iota(F).plus(1));
    assertThat(d(g)).containsExactly(4, 8, 12);
    assertThat(d(r)).containsExactly(2, 4, 6);
  }

  @Test
  void rule_22_only_floating_arrays_are_differentiated() {
    NamedRef r = newRef(ones(F));
    var m = new Model(List.of(new Cell(iota(F), arange(F))), Map.of("r", r), "name", 3);
    Model g =
        grad((Model q) ->
                sum(q.cells().getFirst().weight().value().times(q.more().get("r").value())))
            .apply(m);
    assertThat(d(g.cells().getFirst().weight())).containsExactly(1, 1, 1);
    assertThat(g.cells().getFirst().bias()).isSameAs(m.cells().getFirst().bias());
    assertThat(g.more().get("r")).isSameAs(r);
    assertThat(g.name()).isEqualTo("name");
    Model stepped = Tree.map((p, q) -> p.minus(q), m, g);
    assertThat(d(stepped.cells().getFirst().weight())).containsExactly(-1, 0, 1);
    assertThat(stepped.cells().getFirst().bias()).isSameAs(m.cells().getFirst().bias());
  }

  @Test
  void rule_23_gradients_of_references_accumulate() {
    NamedRef r = newRef(iota(F));
    NamedRef g = newRef(zeros(F));
    var pull = vjp((NamedRef q) -> sum(q.get().times(q.get())), r);
    pull.withRefs(g).apply(scalar(1.0));
    pull.withRefs(g).apply(scalar(2.0));
    assertThat(d(g)).containsExactly(0, 6, 12);
    NamedRef r2 = newRef(iota(F).plus(1));
    NamedRef g2 = newRef(zeros(F));
    BiFunction<NamedArray, NamedRef, NamedArray> f =
        (p, q) -> {
          q.set(q.get().times(p));
          return sum(q.get().times(q.get()));
        };
    Object[] out =
        vjp(f, iota(F).plus(1), r2).withRefs(new Object[] {GRAD_VALUE, g2}).apply(scalar(1.0));
    assertThat(d((Tensor) out[0])).containsExactly(2, 16, 54);
    assertThat(d(g2)).containsExactly(2, 16, 54);
    assertThat(d(r2)).containsExactly(1, 4, 9);
    Object[] some =
        vjp((NamedArray p, NamedRef q) -> sum(p.times(q.get())), iota(F), r2)
            .withRefs(new Object[] {GRAD_VALUE, DONT_WANT})
            .apply(scalar(1.0));
    assertThat(d((Tensor) some[0])).containsExactly(1, 4, 9);
  }

  @Test
  void rule_24_custom_rules_share_references() {
    NamedRef stash = newRef(zeros(F));
    BiFunction<NamedArray, NamedRef, NamedArray> tap =
        customVjp(
            (NamedArray x, NamedRef r) -> x,
            (x, r) -> residuals(x, r),
            (NamedRef r, NamedArray ct) -> {
              r.set(ct);
              return gradients(ct, null);
            });
    NamedArray g =
        jit(grad((NamedArray x, NamedRef r) -> sum(tap.apply(x, r).times(3))))
            .apply(iota(F), stash);
    assertThat(d(g)).containsOnly(3);
    assertThat(d(stash)).containsOnly(3);
    NamedRef rows = newRef(zeros(B, F));
    grad((NamedArray x) -> sum(fold(B, x, rows, (c, r) -> tap.apply(c, r).times(2))))
        .apply(iota(F));
    assertThat(d(rows)).containsExactly(16, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2);
  }

  @Test
  void rule_25_vmap_maps_the_named_axis_of_a_reference() {
    NamedRef r = newRef(zeros(B, F));
    vmapProc((NamedRef q, NamedArray x) -> q.at(F.at(1)).set(x), B).run(r, iota(B));
    assertThat(d(r.get(F.at(1)))).containsExactly(0, 1, 2, 3);
    NamedRef window = newRef(zeros(L));
    vmapProc((NamedRef q, NamedArray x) -> q.add(x), L.resize(3))
        .run(window.slice(L.range(2, 5)), ones(L.resize(3)));
    assertThat(d(window)).containsExactly(0, 0, 1, 1, 1, 0);
    NamedRef shared = newRef(zeros(F));
    vmap(
            (NamedArray x) -> {
              shared.at(F.at(0)).add(1);
              shared.at(F.at(1)).add(x);
              return x;
            },
            B)
        .apply(iota(B));
    assertThat(d(shared)).containsExactly(4, 6, 0);
    vmapProc((NamedArray x) -> shared.at(F.at(1)).max(x.times(3)), B).run(iota(B));
    assertThat(d(shared)).containsExactly(4, 9, 0);
  }

  @Test
  void rule_26_loops_and_branches_use_references() {
    NamedRef r = newRef(iota(B));
    NamedArray total =
        fold(
            B,
            scalar(0.0),
            r,
            (c, here) -> {
              here.update(x -> x.times(2));
              return c.plus(here.get());
            });
    assertThat(total.item()).isEqualTo(12);
    assertThat(d(r)).containsExactly(0, 2, 4, 6);
    NamedRef n = newRef(scalar(0.0));
    whileLoop(
        scalar(0),
        c -> n.get().lt(5),
        c -> {
          n.add(2);
          return c.plus(1);
        });
    assertThat(n.item()).isEqualTo(6); // the condition sees what the body wrote
    NamedRef masked = newRef(zeros(B));
    vmapProc(
            (NamedRef q, NamedArray x) ->
                condProc(x.lt(2), () -> q.set(1), () -> forLoop(0, 3, i -> q.add(x))),
            B)
        .run(masked, iota(B));
    assertThat(d(masked)).containsExactly(1, 1, 6, 9);
    NamedRef counts = newRef(zeros(B));
    vmapProc(
            (NamedRef q, NamedArray x) -> {
              var _ =
                  whileLoop(
                      x,
                      c -> c.lt(3),
                      c -> {
                        q.add(1);
                        return c.plus(1);
                      });
            },
            B)
        .run(counts, iota(B));
    assertThat(d(counts)).containsExactly(3, 2, 1, 0);
  }

  @Test
  void rule_27_a_checkpoint_reads_outer_references_as_they_were() {
    NamedRef r = newRef(full(2.0, F));
    NamedArray g =
        grad(
                (NamedArray x) -> {
                  NamedArray y = sum(checkpoint((NamedArray z) -> sin(z.times(r.get()))).apply(x));
                  r.set(100); // what was read was saved
                  return y;
                })
            .apply(iota(F));
    NamedArray want = grad((NamedArray x) -> sum(sin(x.times(2)))).apply(iota(F));
    assertThat(d(g)).containsExactly(d(want));
  }

  @Test
  void functional_forms() {
    NamedRef r = newRef(iota(F));
    assertThat(swap(r, 5.0, F.at(1)).item()).isEqualTo(1);
    assertThat(d(get(r, F.range(0, 2)))).containsExactly(0, 5);
    assertThat(d(swap(r, iota(F).times(2)))).containsExactly(0, 5, 2);
    assertThat(d(freeze(r))).containsExactly(0, 2, 4);
  }

  @Test
  void models_of_references_are_trained_in_place() {
    var model = new Cell(iota(F), scalar(0.5));
    Cell refs = Tree.toRefs(model);
    Proc1<Cell> step =
        jitProc(m -> {
          Cell now = Tree.values(m);
          Cell g = grad((Cell q) -> sum(q.weight().value().times(q.bias().value()))).apply(now);
          ((NamedRef) m.weight()).add(g.weight().value().times(-1));
          ((NamedRef) m.bias()).add(g.bias().value().times(-0.1));
        });
    step.run(refs);
    assertThat(d(refs.weight())).containsExactly(-0.5, 0.5, 1.5);
    assertThat(d(refs.bias()))
        .satisfies(x -> assertThat(x[0]).isCloseTo(0.2, org.assertj.core.data.Offset.offset(1e-6)));
    var seen = new ArrayList<>(Tree.leaves(refs));
    assertThat(seen).allMatch(t -> t instanceof NamedRef);
  }
}
