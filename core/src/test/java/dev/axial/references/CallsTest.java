package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Calls of one compiled function with arguments of the form of the call before, and of others. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class CallsTest {
  private static final Axis X = axis("x", 4);
  private static final Axis Y = axis("y", 3);

  record Pair(Object first, Object second) {}

  private static double[] d(Tensor x) {
    return x.value().toDoubleArray();
  }

  @Test
  void arrays_that_share_memory_and_differ_in_names_are_two() {
    NamedArray a = array(new float[] {1, 2, 4, 8}, X);
    NamedArray b = a.rename("x", "y"); // the same memory
    double[] differences = {0, -1, -3, -7, 1, 0, -2, -6, 3, 2, 0, -4, 7, 6, 4, 0};
    assertThat(d(jit((NamedArray s) -> a.minus(b).times(s)).apply(scalar(1.0))))
        .containsExactly(differences);
    assertThat(d(vmap((NamedArray v) -> v.minus(b), X).apply(a))).containsExactly(differences);
    assertThat(d(grad((NamedArray s) -> sum(a.minus(b)).times(s)).apply(scalar(1.0))))
        .containsExactly(0);
    assertThat(d(grad((NamedArray s) -> sum(a.times(b)).times(s)).apply(scalar(1.0))))
        .containsExactly(225);
  }

  @Test
  void trees_of_other_forms_are_told_apart() {
    var traces = new AtomicInteger();
    Function<Object, NamedArray> f =
        jit(t -> {
          traces.incrementAndGet();
          return Tree.leaves(t).stream()
              .map(x -> sum(x.value()))
              .reduce(scalar((double) Tree.structure(t).toString().length()), NamedArray::plus);
        });
    NamedArray a = full(1, X);
    NamedArray b = full(2, Y);
    List<Object> trees =
        List.of(
            a,
            List.of(a, b),
            List.of(b, a),
            List.of(a),
            List.of(a, b, 7),
            List.of(a, b, 8),
            Map.of("k", a, "j", b),
            Map.of("k", a, "l", b),
            Map.of("k", a),
            new Pair(a, b),
            new Pair(a, List.of(b)),
            new Pair(a, "name"),
            new Pair("name", a),
            Optional.of(a),
            Optional.empty(),
            new Object[] {a, b},
            new NamedArray[] {a, b},
            a.astype(DType.FLOAT64));
    var first = new ArrayList<double[]>();
    for (Object t : trees) {
      first.add(d(f.apply(t)));
      assertThat(d(f.apply(t))).containsExactly(first.getLast());
    }
    assertThat(traces).hasValue(trees.size());
    for (int k = trees.size() - 1; k >= 0; k--) {
      assertThat(d(f.apply(trees.get(k)))).containsExactly(first.get(k));
    }
    assertThat(traces).hasValue(trees.size());
  }

  @Test
  void a_map_with_an_order_of_its_own_counts_by_its_keys() {
    Function<Map<String, NamedArray>, Map<String, NamedArray>> f = jit(m -> m);
    assertThat(f.apply(Map.of("A", ones(X))).keySet()).containsExactly("A");
    var m = new TreeMap<String, NamedArray>(Comparator.comparing(String::toLowerCase));
    m.put("a", ones(X));
    assertThat(f.apply(m).keySet()).containsExactly("a");
  }

  @Test
  void references_may_come_in_any_order() {
    Proc1<List<NamedRef>> f =
        jitProc(rs -> IntStream.range(0, rs.size()).forEach(k -> rs.get(k).at(X.at(k)).add(1)));
    List<NamedRef> refs = IntStream.range(0, 3).mapToObj(_ -> newRef(zeros(X))).toList();
    f.run(refs);
    f.run(refs.reversed());
    f.run(refs);
    assertThat(d(refs.get(0))).containsExactly(2, 0, 1, 0);
    assertThat(d(refs.get(1))).containsExactly(0, 3, 0, 0);
    assertThat(d(refs.get(2))).containsExactly(1, 0, 2, 0);
  }

  @Test
  void one_storage_twice_is_judged_in_each_call() {
    Proc2<NamedRef, NamedRef> f =
        jitProc((a, b) -> {
          a.add(1);
          b.add(10);
        });
    NamedRef p = newRef(zeros(X));
    NamedRef q = newRef(zeros(X));
    f.run(p, q);
    assertThatThrownBy(() -> f.run(p, p)).hasMessageContaining("arg1");
    f.run(p.at(X.range(0, 2)), q.at(X.range(0, 2)));
    f.run(p.at(X.range(0, 2)), p.at(X.range(2, 4)));
    assertThatThrownBy(() -> f.run(p.at(X.range(0, 2)), p.at(X.range(1, 3))))
        .hasMessageContaining("arg1");
    f.run(q, p);
    assertThat(d(p)).containsExactly(13, 13, 21, 21);
    assertThat(d(q)).containsExactly(21, 21, 11, 11);
  }

  @Test
  void where_a_view_lies_is_data_and_its_kind_is_not() {
    var traces = new AtomicInteger();
    Proc1<NamedRef> f =
        jitProc(r -> {
          traces.incrementAndGet();
          r.add(1);
        });
    NamedRef r = newRef(zeros(X));
    f.run(r);
    f.run(r.at(X.at(1)));
    f.run(r.at(X.at(2)));
    f.run(r.at(X.at(scalar(3))));
    f.run(r.at(X.range(0, 2)));
    f.run(r.at(X.range(1, 3)));
    f.run(r.at(X.ds(scalar(9), 2)));
    f.run(r);
    f.run(r.at(X.all()));
    assertThat(d(r)).containsExactly(4, 6, 6, 5);
    assertThat(traces).hasValueLessThanOrEqualTo(4);
  }

  @Test
  void an_ended_reference_is_an_error_in_the_next_call() {
    Proc1<NamedRef> f = jitProc(r -> r.add(1));
    NamedRef r = newRef(zeros(X));
    f.run(r);
    r.freeze();
    assertThatThrownBy(() -> f.run(r)).hasMessageContaining("was frozen at");
  }

  @Test
  void a_captured_reference_is_locked_with_those_that_are_passed() {
    NamedRef early = newRef(zeros(X));
    NamedRef p = newRef(zeros(X));
    NamedRef late = newRef(zeros(X));
    Proc1<NamedRef> f =
        jitProc(r -> {
          r.add(1);
          late.add(r.get());
          early.add(r.get());
        });
    f.run(p);
    f.run(p);
    assertThat(d(early)).containsExactly(3, 3, 3, 3);
    assertThat(d(late)).containsExactly(3, 3, 3, 3);
    assertThatThrownBy(() ->
            late.update(x -> {
              f.run(p);
              return x;
            }))
        .isInstanceOf(AxialException.class);
    f.run(p);
    assertThat(d(late)).containsExactly(6, 6, 6, 6);
  }

  @Test
  void small_references_keep_their_memory_to_themselves() {
    var live = new ArrayDeque<NamedRef>();
    for (int k = 0; k < 20_000; k++) {
      NamedRef r = newRef(full(k, X));
      try (var _ = Memory.scope()) {
        newRef(full(-1, X)).add(1);
      }
      live.add(r);
      if (live.size() > 100) {
        int at = k - 100;
        assertThat(live.remove().at(X.at(at % 4)).item()).isEqualTo(at);
      }
      if (k % 5_000 == 0) {
        System.gc();
      }
    }
  }
}
