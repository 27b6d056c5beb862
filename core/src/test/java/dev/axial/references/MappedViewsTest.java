package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes that are any selection of a reference, and lanes that work together. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class MappedViewsTest {
  private static final Axis X = axis("x", 6);
  private static final Axis THREE = axis("x", 3);
  private static final Axis A = axis("a", 3);
  private static final Axis L = axis("l", 2);

  private static NamedRef six() {
    return newRef(arange(X, DType.FLOAT64));
  }

  private static void equal(Tensor got, double... want) {
    assertThat(got.value().toDoubleArray()).containsExactly(want);
  }

  private static void run(boolean compiled, Proc1<NamedRef> f, NamedRef r) {
    (compiled ? jitProc(f) : f).run(r);
  }

  private static final Proc1<NamedRef> TENFOLD =
      vmapProc((NamedRef q) -> q.set(q.get().times(10)), THREE);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lanes_are_a_list_of_places(boolean compiled) {
    NamedRef r = six();
    run(compiled, q -> TENFOLD.run(q.at(X.at(5, 1, 0))), r);
    equal(r, 0, 10, 2, 3, 4, 50);
    Function<NamedRef, NamedArray> read = vmap((NamedRef q) -> q.get().plus(1), THREE);
    equal(read.apply(r.at(X.at(5, 5, 1))), 51, 51, 11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lanes_are_an_index_array(boolean compiled) {
    NamedArray repeated = array(new int[] {4, 4, 2}, A);
    Proc1<NamedRef> add = vmapProc((NamedRef q) -> q.add(q.get().plus(1)), A);
    NamedRef r = six();
    run(compiled, q -> add.run(q.at(X.at(repeated))), r);
    equal(r, 0, 1, 5, 3, 14, 5);
    Proc1<NamedRef> along = vmapProc((NamedRef q) -> q.add(q.get().plus(1)), THREE);
    NamedRef s = six();
    run(compiled, q -> along.run(q.at(X.at(repeated.rename("a", "x")))), s);
    equal(s, 0, 1, 5, 3, 14, 5);
    NamedArray pairs = array(new int[] {1, 0, 5, 3, 2, 2}, A, L);
    equal(vmap((NamedRef q) -> q.get(L.at(1)), A).apply(six().at(X.at(pairs))), 0, 3, 2);
  }

  @Test
  void indices_out_of_range_are_those_of_the_view() {
    NamedRef r = six();
    NamedArray index = array(new int[] {-1, 9, 2}, THREE);
    vmapProc((NamedRef q) -> q.add(q.get().plus(10)), THREE).run(r.at(X.at(index)));
    equal(r, 0, 1, 14, 3, 4, 20);
    NamedRef s = six();
    vmapProc((NamedRef q) -> q.add(10), THREE).run(s.at(X.range(1, 5)).at(X.at(index)));
    equal(s, 0, 1, 2, 13, 14, 5);
  }

  @Test
  void lanes_are_the_true_entries_of_a_mask() {
    NamedArray even = arange(X).rem(2).eq(0).and(arange(X).gt(1));
    NamedRef r = six();
    vmapProc((NamedRef q) -> q.set(q.get().plus(100)), THREE).run(r.at(X.where(even, 3)));
    equal(r, 0, 1, 102, 3, 104, 5);
    equal(vmap((NamedRef q) -> q.get(), THREE).apply(r.at(X.where(even, 3))), 102, 104, 0);
    Function<NamedArray, NamedArray> squares =
        v -> {
          NamedRef m = newRef(v).at(X.where(v.gt(1).and(v.lt(4)), 3));
          return sum(vmap((NamedRef q) -> q.get().pow(2), THREE).apply(m));
        };
    equal(grad(squares).apply(arange(X, DType.FLOAT64)), 0, 0, 4, 6, 0, 0);
    equal(jit(grad(squares)).apply(arange(X, DType.FLOAT64)), 0, 0, 4, 6, 0, 0);
  }

  @Test
  void lanes_are_steps_from_a_start_that_is_a_value() {
    Axis two = axis("x", 2);
    Proc2<NamedRef, NamedArray> f =
        (r, start) ->
            vmapProc((NamedRef q) -> q.set(q.get().times(10)), two)
                .run(r.at(X.ds(start, 4)).at(axis("x", 4).range(0, 4, 2)));
    for (Proc2<NamedRef, NamedArray> g : List.of(f, jitProc(f))) {
      NamedRef r = six();
      g.run(r, scalar(1));
      equal(r, 0, 10, 2, 30, 4, 5);
    }
  }

  @Test
  void another_axis_is_indexed_along_the_lanes() {
    NamedArray table = unflattenAxis(arange(axis("n", 12), DType.FLOAT64), "n", X, L);
    NamedArray side = array(new int[] {1, 0, 1, 1, 0, 0}, X);
    NamedRef r = newRef(table);
    equal(vmap((NamedRef q) -> q.get(), X).apply(r.at(L.at(side))), 1, 2, 5, 7, 8, 10);
    vmapProc((NamedRef q) -> q.set(-1), X).run(r.at(L.at(side)));
    equal(r, 0, -1, -1, 3, 4, -1, 6, -1, -1, 9, -1, 11);
  }

  // ---------------------------------------------------------------- lanes together

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lanes_normalize_their_parts_of_a_reference(boolean compiled) {
    Proc1<NamedRef> f =
        vmapProc(
            (NamedRef q) -> {
              q.set(q.get().minus(q.get().pmean(X)));
              condProc(q.get().lt(0), () -> q.set(pmin(q.get(), X)), () -> q.add(axisIndex(X)));
            },
            X);
    NamedRef r = six();
    run(compiled, f, r);
    equal(r, -2.5, -2.5, -2.5, 3.5, 5.5, 7.5);
  }

  @Test
  void a_lane_adds_where_its_index_says() {
    NamedRef histogram = newRef(zeros(DType.FLOAT64, axis("bin", 3)));
    Axis bin = axis("bin", 3);
    vmapProc((NamedArray v, NamedRef h) -> h.at(bin.at(axisIndex(X).rem(3))).add(v), X)
        .run(arange(X, DType.FLOAT64), histogram);
    equal(histogram, 3, 5, 7);
  }

  @Test
  void names_of_nested_lanes_are_kept_apart() {
    NamedArray x = unflattenAxis(arange(axis("n", 12), DType.FLOAT64), "n", X, L);
    Function<NamedArray, NamedArray> f =
        vmap(
            (NamedArray row) ->
                vmap(
                        (NamedArray v) ->
                            psum(v, X).times(axisIndex("l").plus(1)).plus(pmax(v, L).times(1000)),
                        L)
                    .apply(row),
            X);
    NamedArray want =
        sum(x, X).times(arange(L).plus(1)).plus(max(x, L).times(1000)).rearrange("x", "l");
    equal(f.apply(x).rearrange("x", "l"), want.toDoubleArray());
    // The inner of two vmaps over one name is meant.
    Function<NamedArray, NamedArray> inner = vmap((NamedArray v) -> psum(v, "x"), THREE);
    equal(
        vmap((NamedArray v) -> sum(inner.apply(v.broadcast(THREE))), X)
            .apply(arange(X, DType.FLOAT64)),
        0,
        9,
        18,
        27,
        36,
        45);
  }

  @Test
  void lanes_draw_alike_or_apart() {
    NamedArray key = key(7);
    Function<NamedArray, NamedArray> apart =
        vmap((NamedArray _) -> Random.uniform(Random.foldIn(key, axisIndex(X)), 0.0, 1.0), X);
    double[] got = apart.apply(arange(X)).toDoubleArray();
    for (int k = 0; k < got.length; k++) {
      assertThat(got[k]).isEqualTo(Random.uniform(Random.foldIn(key, scalar(k)), 0.0, 1.0).item());
    }
    Function<NamedArray, NamedArray> spread =
        vmap(
            (NamedArray _) ->
                pmax(Random.uniform(key, 0.0, 1.0), X)
                    .minus(pmin(Random.uniform(key, 0.0, 1.0), X)),
            X);
    equal(spread.apply(arange(X)), 0, 0, 0, 0, 0, 0);
  }

  @Test
  void gradients_averaged_over_lanes_are_those_of_the_mean() {
    NamedArray data = arange(X, DType.FLOAT64);
    NamedArray w = scalar(0.5, DType.FLOAT64);
    record Model(NamedArray w, NamedArray b) {}
    Function<NamedArray, Model> step =
        vmap(
            (NamedArray x) ->
                pmean(
                    grad((Model m) -> m.w.times(x).plus(m.b).minus(1).pow(2))
                        .apply(new Model(w, w)),
                    X),
            X);
    Model each = step.apply(data);
    Model all =
        grad((Model m) -> mean(m.w.times(data).plus(m.b).minus(1).pow(2))).apply(new Model(w, w));
    for (int k = 0; k < X.size(); k++) {
      assertThat(each.w.get(X.at(k)).item())
          .isEqualTo(all.w.item(), org.assertj.core.api.Assertions.within(1e-12));
      assertThat(each.b.get(X.at(k)).item())
          .isEqualTo(all.b.item(), org.assertj.core.api.Assertions.within(1e-12));
    }
  }
}
