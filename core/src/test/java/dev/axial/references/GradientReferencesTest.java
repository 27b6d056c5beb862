package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients that a pullback adds into references, beside gradients as values and unwanted ones. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class GradientReferencesTest {
  private static final Axis X = axis("x", 10);
  private static final Axis STEP = axis("step", 3);
  private static final Axis IN = axis("in", 4);
  private static final Axis OUT = axis("out", 5);
  private static final NamedArray ONE = scalar(1.0, DType.FLOAT64);

  private static NamedArray iota(Axis a) {
    return arange(a, DType.FLOAT64);
  }

  /** Numbers between -1 and 1 that look irregular. */
  private static NamedArray wave(int phase, Axis... axes) {
    int n = 1;
    for (Axis a : axes) {
      n *= a.size();
    }
    double[] v = IntStream.range(0, n).mapToDouble(k -> Math.sin(2.3 * k + phase)).toArray();
    return array(v, axes);
  }

  private static NamedRef gradientOf(NamedArray x) {
    return newRef(zerosLike(x));
  }

  private static void close(Tensor got, Tensor want) {
    assertThat(got.axes()).containsExactlyInAnyOrderElementsOf(want.axes());
    NamedArray ordered = got.value().rearrange(want.axes().toArray(Axis[]::new));
    assertThat(ordered.toDoubleArray())
        .containsExactly(want.value().toDoubleArray(), within(1e-12));
  }

  // ---------------------------------------------------------------- loops

  private static final Axis SAME = axis("out", 4);

  private static NamedArray layers(NamedArray weights, NamedArray batch) {
    return mean(fold(STEP, batch, weights, (h, w) -> dot(h, w, IN).rename("out", "in")));
  }

  @Test
  void a_loop_over_batches_adds_up_gradients_of_a_loop_over_layers() {
    Axis row = axis("row", 7);
    Axis batch = axis("batch", 5);
    NamedArray weights = wave(1, STEP, IN, SAME);
    NamedArray batches = wave(2, batch, row, IN);
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        (ws, xs) -> {
          NamedRef total = gradientOf(ws);
          map(
              batch,
              xs,
              x -> {
                var pull = vjp((NamedArray w) -> layers(w, x), ws);
                pull.withRefs(total).apply(ONE);
                return pull.value();
              });
          return total.freeze();
        };
    NamedArray want =
        grad((NamedArray w) ->
                IntStream.range(0, batch.size())
                    .mapToObj(k -> layers(w, batches.get(batch.at(k))))
                    .reduce(NamedArray::plus)
                    .orElseThrow())
            .apply(weights);
    close(f.apply(weights, batches), want);
    close(jit(f).apply(weights, batches), want);
    double each = f.apply(onesLike(weights), onesLike(batches)).get(STEP.at(1)).toDoubleArray()[0];
    assertThat(each).isCloseTo(20, within(1e-12));
  }

  record Rows(NamedArray a, NamedArray b) {}

  @Test
  void the_gradient_of_a_scanned_array_lands_in_its_rows() {
    Axis five = axis("five", 5);
    NamedRef g = newRef(zeros(DType.FLOAT64, five));
    Function<NamedArray, NamedArray> f =
        xs -> sum(map(five, new Rows(xs, iota(five)), r -> r.a.times(r.b)));
    vjp(f, ones(DType.FLOAT64, five)).withRefs(g).apply(ONE);
    close(g, iota(five));
  }

  private static NamedArray block(NamedArray h, NamedArray w, NamedArray v) {
    return tanh(dot(tanh(dot(h, w, IN)), v, OUT));
  }

  private static NamedArray scanned(NamedArray ws, NamedArray vs, NamedArray x) {
    return sum(fold(STEP, x, new Rows(ws, vs), (h, r) -> block(h, r.a, r.b)));
  }

  private static NamedArray captured(NamedArray w, NamedArray v, NamedArray x) {
    return sum(foriLoop(0, 3, x, (_, h) -> block(h, w, v)));
  }

  private static void mixed(
      Fn3<NamedArray, NamedArray, NamedArray, NamedArray> f,
      NamedArray w,
      NamedArray v,
      NamedRef first) {
    NamedArray x = wave(3, IN);
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> byW = gradAt(f, 0);
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> byV = gradAt(f, 1);
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> byX = gradAt(f, 2);
    NamedRef g = gradientOf(v);
    Object[] got = vjp(f, w, v, x).withRefs(new Object[] {first, g, GRAD_VALUE}).apply(ONE);
    close(g, byV.apply(w, v, x));
    close((Tensor) got[2], byX.apply(w, v, x));
    if (first == GRAD_VALUE) {
      close((Tensor) got[0], byW.apply(w, v, x));
    }
  }

  @Test
  void kinds_of_gradients_mix_among_scanned_arrays() {
    for (NamedRef first : List.of(GRAD_VALUE, DONT_WANT)) {
      mixed(GradientReferencesTest::scanned, wave(1, STEP, IN, OUT), wave(2, STEP, OUT, IN), first);
    }
  }

  @Test
  void kinds_of_gradients_mix_among_arrays_that_a_loop_captures() {
    for (NamedRef first : List.of(GRAD_VALUE, DONT_WANT)) {
      mixed(GradientReferencesTest::captured, wave(1, IN, OUT), wave(2, OUT, IN), first);
    }
  }

  // ---------------------------------------------------------------- any mix

  enum Role {
    CAPTURED,
    CARRIED,
    SCANNED
  }

  enum Wanted {
    VALUE,
    REFERENCE,
    NOTHING
  }

  /** A loop whose parameters come in by these roles, used in this order. */
  record Mix(int seed, List<Role> roles, List<Wanted> wanted, List<Integer> use, boolean reverse) {
    static Mix of(int seed) {
      var random = new SplittableRandom(seed);
      int n = 1 + seed % 4;
      var use = new ArrayList<Integer>();
      for (int k = 0; k < n; k++) {
        use.add(random.nextInt(use.size() + 1), k);
      }
      return new Mix(
          seed,
          IntStream.range(0, n).mapToObj(_ -> pick(random, Role.values())).toList(),
          IntStream.range(0, n).mapToObj(_ -> pick(random, Wanted.values())).toList(),
          use,
          random.nextBoolean());
    }

    private static <T> T pick(SplittableRandom random, T[] of) {
      return of[random.nextInt(of.length)];
    }

    List<NamedArray> parameters() {
      return IntStream.range(0, roles.size())
          .mapToObj(k ->
              roles.get(k) == Role.SCANNED
                  ? wave(seed + k, STEP, IN).plus(1.5)
                  : wave(seed + k, IN).plus(1.5))
          .toList();
    }

    List<NamedArray> in(Role role, List<NamedArray> all) {
      return IntStream.range(0, all.size())
          .filter(k -> roles.get(k) == role)
          .mapToObj(all::get)
          .toList();
    }

    NamedArray run(List<NamedArray> all) {
      NamedArray bias = wave(7, IN);
      NamedArray start = in(Role.CARRIED, all).stream().reduce(bias, NamedArray::plus);
      NamedArray mass =
          all.stream().map(x -> sum(x).times(0.1)).reduce(sum(bias), NamedArray::plus);
      NamedArray table =
          stack(STEP, IntStream.range(1, 4).mapToObj(k -> cos(mass.plus(start)).times(k)).toList());
      Scan scan = reverse ? Scan.over(STEP).reverse() : Scan.over(STEP);
      Step<State, NamedArray> s =
          scan.run(
              new State(tanh(start), scalar(0)),
              new Steps(in(Role.SCANNED, all), arange(STEP)),
              (State c, Steps x) -> body(c, x, all, table));
      return sum(s.carry().h).plus(sum(s.y()));
    }

    private Step<State, NamedArray> body(State c, Steps x, List<NamedArray> all, NamedArray table) {
      NamedArray h = c.h.plus(x.number.astype(DType.FLOAT64)).plus(table.get(STEP.at(c.i)));
      for (int k : use) {
        NamedArray p =
            switch (roles.get(k)) {
              case CAPTURED -> all.get(k);
              case SCANNED ->
                  x.rows.get(
                      (int) roles.subList(0, k).stream().filter(r -> r == Role.SCANNED).count());
              case CARRIED -> null;
            };
        h = p == null ? h : h.plus(sin(p).times(sum(cos(c.h)))).plus(p.times(c.h));
      }
      NamedArray next = tanh(h);
      return step(new State(next, c.i.plus(1)), sum(next.times(next)));
    }

    /** The gradients; those that are not wanted are the parameters as they are. */
    List<NamedArray> gradients(List<NamedArray> all) {
      var refs = new ArrayList<NamedRef>();
      for (int k = 0; k < all.size(); k++) {
        refs.add(
            switch (wanted.get(k)) {
              case VALUE -> GRAD_VALUE;
              case REFERENCE -> gradientOf(all.get(k));
              case NOTHING -> DONT_WANT;
            });
      }
      Function<List<NamedArray>, NamedArray> f = this::run;
      List<NamedArray> got = vjp(f, all).withRefs(refs).apply(ONE);
      return IntStream.range(0, all.size())
          .mapToObj(k -> wanted.get(k) == Wanted.REFERENCE ? refs.get(k).freeze() : got.get(k))
          .toList();
    }
  }

  record State(NamedArray h, NamedArray i) {}

  record Steps(List<NamedArray> rows, NamedArray number) {}

  static List<Mix> mixes() {
    return IntStream.range(0, 16).mapToObj(Mix::of).toList();
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void any_mix_of_roles_and_kinds_of_gradients_is_right(Mix m) {
    List<NamedArray> x = m.parameters();
    Function<List<NamedArray>, NamedArray> f = m::run;
    List<NamedArray> want = grad(f).apply(x);
    Function<List<NamedArray>, List<NamedArray>> g = m::gradients;
    for (var run : List.of(g, jit(g))) {
      List<NamedArray> got = run.apply(x);
      for (int k = 0; k < x.size(); k++) {
        if (m.wanted.get(k) != Wanted.NOTHING) {
          close(got.get(k), want.get(k));
        }
      }
    }
  }

  // ---------------------------------------------------------------- lanes

  @Test
  void each_lane_has_a_gradient_reference_of_its_own() {
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef g = gradientOf(x);
          vjp((NamedArray v) -> v.times(v).plus(1), x).withRefs(g).apply(onesLike(x));
          return g.freeze();
        };
    close(vmap(f, X).apply(iota(X)), iota(X).times(2));
    close(jit(vmap(f, X)).apply(iota(X)), iota(X).times(2));
  }

  // ---------------------------------------------------------------- selections

  private static NamedArray pulled(Function<NamedArray, NamedArray> f, NamedArray ct) {
    NamedRef g = newRef(zeros(DType.FLOAT64, X));
    vjp(f, iota(X)).withRefs(g).apply(ct);
    return g.get();
  }

  @Test
  void the_gradient_of_a_read_is_added_where_it_was_read() {
    NamedArray i = scalar(5);
    NamedArray at = pulled(x -> x.get(X.at(i)).pow(2), ONE);
    close(at, zeros(DType.FLOAT64, X).at(X.at(5)).set(10));
    close(pulled(x -> x.get(X.at(3)), ONE), zeros(DType.FLOAT64, X).at(X.at(3)).set(1));
    NamedArray ct = iota(X.resize(5));
    close(
        pulled(x -> x.get(X.range(0, 10, 2)), ct),
        zeros(DType.FLOAT64, X).at(X.range(0, 10, 2)).set(ct));
  }

  @Test
  void the_gradient_of_repeated_indices_counts_each() {
    Axis j = axis("j", 3);
    NamedArray twice = array(new int[] {3, 5, 3}, j);
    NamedArray ct = array(new double[] {1, 2, 3}, j);
    NamedArray want = zeros(DType.FLOAT64, X).at(X.at(3)).set(4).at(X.at(5)).set(2);
    close(pulled(x -> x.get(X.at(twice)), ct), want);
    close(pulled(jit((NamedArray x) -> x.get(X.at(twice))), ct), want);
  }

  @Test
  void the_gradient_of_paired_indices_equals_the_one_as_a_value() {
    Axis a = axis("a", 7);
    Axis b = axis("b", 4);
    NamedArray x = wave(1, a, b, STEP);
    NamedArray i = array(new int[] {3, 1, 3}, axis("j", 3));
    Function<NamedArray, NamedArray> f = v -> v.get(a.at(i), b.at(i));
    NamedArray ct = wave(2, axis("j", 3), STEP);
    NamedRef g = gradientOf(x);
    vjp(f, x).withRefs(g).apply(ct);
    close(g, vjp(f, x).apply(ct));
    assertThat(sum(g.get()).item()).isCloseTo(sum(ct).item(), within(1e-12));
  }

  @Test
  void the_gradient_of_a_read_out_of_range_goes_to_the_nearest_place() {
    NamedArray i = array(new int[] {3, 100}, axis("j", 2));
    NamedArray want = zeros(DType.FLOAT64, X).at(X.at(3)).set(1).at(X.at(9)).set(1);
    close(pulled(x -> x.get(X.at(i)), ones(DType.FLOAT64, axis("j", 2))), want);
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "static", "many", "range"})
  void no_array_of_the_whole_size_is_made_for_a_part(String kind) {
    Function<NamedArray, Selection> selection =
        i ->
            switch (kind) {
              case "one" -> X.at(i);
              case "static" -> X.at(3);
              case "many" -> X.at(stack(axis("j", 2), List.of(i, i)));
              default -> X.range(0, 10, 2);
            };
    Fn3<NamedRef, NamedArray, NamedArray, NamedArray> f =
        (g, x, i) -> {
          var pull = vjp((NamedArray v) -> v.get(selection.apply(i)).times(2), x);
          pull.withRefs(g).apply(onesLike(pull.value()));
          return i;
        };
    NamedRef g = newRef(zeros(DType.FLOAT64, X));
    String listing = Traced.listing(program(f, g, iota(X), scalar(5)));
    assertThat(listing).contains("ref_add").doesNotContain("ref_new");
    assertThat(listing.lines().skip(1)).noneMatch(l -> l.contains("f64[x:10] ="));
  }

  // ---------------------------------------------------------------- views, mixtures, repetition

  private static final Axis LAYER = axis("layer", 2);
  private static final Axis V = axis("v", 3);
  private static final NamedArray POINT = array(new double[] {1, 2, 3}, V);

  private static NamedArray squares(Tensor x) {
    return sum(x.value().times(x.value()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_gradient_goes_into_a_view(boolean compiled) {
    Proc2<NamedArray, NamedRef> rows =
        (x, g) -> {
          var pull = vjp(GradientReferencesTest::squares, x);
          pull.withRefs(g.at(LAYER.at(0))).apply(ONE);
          pull.withRefs(g.at(LAYER.at(1))).apply(ONE.times(2));
          pull.withRefs(g.at(LAYER.at(1), V.at(2, 1, 0))).apply(ONE);
        };
    NamedRef g = newRef(ones(DType.FLOAT64, LAYER, V));
    (compiled ? jitProc(rows) : rows).run(POINT, g);
    close(g, array(new double[] {3, 5, 7, 1 + 4 + 6, 1 + 8 + 4, 1 + 12 + 2}, LAYER, V));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void each_step_adds_into_its_part(boolean compiled) {
    Proc1<NamedRef> steps =
        g ->
            forLoop(
                0,
                2,
                i ->
                    vjp((NamedArray x) -> squares(x).times(i.plus(1)), POINT)
                        .withRefs(g.at(LAYER.at(i)))
                        .apply(ONE));
    NamedRef g = gradientOf(zeros(DType.FLOAT64, LAYER, V));
    (compiled ? jitProc(steps) : steps).run(g);
    close(g, array(new double[] {2, 4, 6, 4, 8, 12}, LAYER, V));
  }

  @Test
  void the_gradient_of_a_view_has_the_axes_of_the_view() {
    NamedRef r = newRef(POINT);
    NamedRef part = gradientOf(zeros(DType.FLOAT64, V.resize(2)));
    vjp(GradientReferencesTest::squares, r.at(V.range(1, 3))).withRefs(part).apply(ONE);
    close(part, array(new double[] {4, 6}, V.resize(2)));
    NamedRef all = gradientOf(POINT); // or one as large as what it is a view of
    vjp(GradientReferencesTest::squares, r.at(V.range(1, 3))).withRefs(all).apply(ONE);
    close(all, array(new double[] {0, 4, 6}, V));
    NamedRef first = gradientOf(ONE);
    BiFunction<NamedRef, NamedRef, NamedArray> product = (a, b) -> sum(a.get().times(b.get()));
    vjp(product, r.at(V.at(0)), r.at(V.range(1, 3))).withRefs(List.of(first, part)).apply(ONE);
    close(first, scalar(5.0, DType.FLOAT64));
    close(part, array(new double[] {5, 7}, V.resize(2)));
  }

  @Test
  void the_gradient_of_a_written_reference_goes_into_a_view_of_the_same_storage() {
    NamedRef both = newRef(stack(LAYER, List.of(POINT, zerosLike(POINT))));
    Function<NamedRef, NamedArray> f =
        r -> {
          r.at(V.at(1)).set(r.get(V.at(0)).times(3));
          return squares(r);
        };
    vjp(f, both.at(LAYER.at(0))).withRefs(both.at(LAYER.at(1))).apply(ONE);
    close(both, array(new double[] {1, 3, 3, 20, 0, 6}, LAYER, V));
  }

  record Parts(Tensor w, Tensor b) {}

  @Test
  void records_maps_and_lists_mix_arrays_and_references() {
    NamedArray b = scalar(5.0, DType.FLOAT64);
    NamedRef g = gradientOf(POINT);
    Parts of =
        vjp((Parts p) -> sum(p.w.value().times(p.b.value())), new Parts(newRef(POINT), b))
            .withRefs(new Parts(g, GRAD_VALUE))
            .apply(ONE);
    close(of.b, scalar(6.0, DType.FLOAT64));
    close(g, array(new double[] {5, 5, 5}, V));
    Map<String, Tensor> map =
        vjp(
                (Map<String, Tensor> p) -> sum(p.get("w").value().times(p.get("b").value())),
                Map.<String, Tensor>of("w", POINT, "b", b))
            .withRefs(Map.of("w", g, "b", DONT_WANT))
            .apply(ONE);
    close(map.get("b"), b); // not wanted: the argument itself
    close(g, array(new double[] {10, 10, 10}, V));
    List<Tensor> list =
        vjp(
                (List<Tensor> p) -> sum(p.get(0).value().times(p.get(1).value())),
                List.<Tensor>of(newRef(POINT), b))
            .withRefs(List.of(DONT_WANT, GRAD_VALUE))
            .apply(ONE);
    close(list.get(1), scalar(6.0, DType.FLOAT64));
  }

  @Test
  void what_is_not_wanted_is_not_computed() {
    Fn3<NamedArray, NamedArray, NamedRef, NamedArray> f =
        (x, w, g) -> {
          var pull = vjp((NamedArray a, NamedArray b) -> sum(dot(a, b, IN)), x, w);
          pull.withRefs(new Object[] {g, DONT_WANT}).apply(ONE);
          return sum(x);
        };
    NamedArray x = wave(1, STEP, IN);
    String listing = program(f, x, wave(2, IN, OUT), gradientOf(x)).toString();
    assertThat(listing.lines().filter(l -> l.contains("dot[")).count()).isLessThanOrEqualTo(1);
    assertThat(listing).doesNotContain("f64[in:4, out:5] =");
    NamedRef g = gradientOf(x);
    var _ = f.apply(x, wave(2, IN, OUT), g);
    close(g, sum(wave(2, IN, OUT), OUT).broadcast(STEP, IN));
  }

  @Test
  void a_loop_keeps_nothing_for_a_gradient_that_is_not_wanted() {
    BiFunction<NamedArray, NamedArray, NamedArray> net =
        (h, w) -> sum(foriLoop(0, 5, h, (_, c) -> tanh(dot(c, w, IN)).rename("out", "in")));
    Fn3<NamedArray, NamedArray, NamedRef, NamedArray> f =
        (h, w, g) -> {
          vjp(net, h, w).withRefs(new Object[] {g, DONT_WANT}).apply(ONE);
          return ONE;
        };
    NamedArray h = wave(1, IN);
    NamedArray w = wave(2, IN, SAME);
    String listing = program(f, h, w, gradientOf(h)).toString();
    assertThat(listing.lines().filter(l -> l.contains("dot["))).hasSize(2); // one each way
    assertThat(listing.lines().filter(l -> l.contains("stack_new"))).hasSize(1);
    NamedRef g = gradientOf(h);
    var _ = f.apply(h, w, g);
    close(g, grad((NamedArray x) -> net.apply(x, w)).apply(h));
  }

  @Test
  void a_freed_gradient_reference_is_not_asked_for_again() {
    var pull = vjp(GradientReferencesTest::squares, POINT);
    NamedRef first = gradientOf(POINT);
    pull.withRefs(first).apply(ONE);
    free(first);
    NamedRef second = gradientOf(POINT);
    pull.withRefs(second).apply(ONE);
    pull.withRefs(second).apply(ONE);
    close(second, array(new double[] {4, 8, 12}, V));
  }

  private static NamedArray thrice(NamedArray x) {
    return foriLoop(0, 3, x, (_, c) -> sin(c));
  }

  @Test
  void a_pullback_of_a_loop_is_applied_as_often_as_one_likes() {
    NamedArray ones = ones(DType.FLOAT64, V);
    var eager = vjp(GradientReferencesTest::thrice, POINT);
    NamedArray once = eager.apply(ones);
    NamedArray four = ones;
    for (int k = 0; k < 4; k++) {
      four = eager.apply(four);
    }
    Function<NamedArray, NamedArray> twice =
        x -> {
          var pull = vjp(GradientReferencesTest::thrice, x);
          return pull.apply(ones).plus(pull.apply(ones.times(2)));
        };
    close(jit(twice).apply(POINT), once.times(3));
    Function<NamedArray, NamedArray> inLoop =
        x -> {
          var pull = vjp(GradientReferencesTest::thrice, x);
          return foriLoop(0, 4, ones, (_, c) -> pull.apply(c));
        };
    close(jit(inLoop).apply(POINT), four);
    close(jit((NamedArray c) -> eager.apply(c)).apply(ones), once); // made outside
    close(
        vmap((NamedArray c) -> eager.apply(c.times(ones)), LAYER)
            .apply(array(new double[] {1, 2}, LAYER)),
        stack(LAYER, List.of(once, once.times(2))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void forward_mode_moves_references_and_views(boolean compiled) {
    Fn3<NamedRef, NamedRef, NamedArray, NamedArray> f =
        (x, dx, k) ->
            jvp(
                    (NamedRef r) -> {
                      r.at(V.at(1)).set(r.get(V.at(0)).times(k));
                      return squares(r);
                    },
                    x,
                    dx)
                .tangent();
    Fn3<NamedRef, NamedRef, NamedArray, NamedArray> g = compiled ? jit(f) : f;
    NamedArray three = scalar(3.0, DType.FLOAT64);
    NamedRef d = newRef(POINT);
    close(g.apply(newRef(POINT), d, three), scalar(38.0, DType.FLOAT64));
    close(d, array(new double[] {1, 3, 3}, V));
    NamedRef xs = newRef(stack(LAYER, List.of(zerosLike(POINT), POINT)));
    NamedRef ds = newRef(stack(LAYER, List.of(POINT, zerosLike(POINT))));
    close(g.apply(xs.at(LAYER.at(1)), ds.at(LAYER.at(0)), three), scalar(38.0, DType.FLOAT64));
    close(ds, array(new double[] {1, 3, 3, 0, 0, 0}, LAYER, V));
    close(xs, array(new double[] {0, 0, 0, 1, 3, 3}, LAYER, V));
  }

  // ---------------------------------------------------------------- lanes

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void each_example_adds_its_gradient_to_its_row(boolean compiled) {
    NamedArray data = wave(4, LAYER, V);
    Proc3<NamedArray, NamedArray, NamedRef> examples =
        (w, xs, rows) ->
            vmapProc(
                    (NamedArray x, NamedRef row) -> {
                      var pull = vjp((NamedArray u) -> sum(u.times(x)).pow(2), w);
                      pull.withRefs(row).apply(ONE);
                    },
                    LAYER)
                .run(xs, rows);
    NamedRef rows = gradientOf(data);
    (compiled ? jitProc(examples) : examples).run(POINT, data, rows);
    close(rows, data.times(sum(data.times(POINT), V)).times(2));
  }
}
