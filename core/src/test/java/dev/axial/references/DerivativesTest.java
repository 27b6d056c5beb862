package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Derivatives of functions that use references, across compiled functions and loops in them. */
class DerivativesTest {
  private static final Axis X = axis("x", 3);

  private static NamedArray number(double x) {
    return scalar(x, DType.FLOAT64);
  }

  private static void close(NamedArray got, double want) {
    assertThat(got.item()).isCloseTo(want, within(1e-12));
  }

  private static <A, R> Function<A, R> maybe(boolean compiled, Function<A, R> f) {
    return compiled ? jit(f) : f;
  }

  @Test
  void a_derivative_goes_through_an_inner_function_that_writes() {
    for (boolean inner : new boolean[] {false, true}) {
      for (boolean outer : new boolean[] {false, true}) {
        Function<NamedArray, NamedArray> f =
            maybe(
                outer,
                x -> {
                  NamedRef r = newRef(x);
                  Function<NamedArray, NamedArray> step =
                      maybe(
                          inner,
                          k -> {
                            r.set(sin(r.get()).plus(sin(r.get())).times(k));
                            return k;
                          });
                  var _ = step.apply(number(3));
                  return r.freeze();
                });
        close(grad(f).apply(number(2)), 6 * Math.cos(2));
        close(jvp(f, number(2), number(1)).tangent(), 6 * Math.cos(2));
      }
    }
  }

  @Test
  void second_derivatives_go_through_an_inner_function_that_reads() {
    for (boolean inner : new boolean[] {false, true}) {
      Function<NamedArray, NamedArray> f =
          x -> {
            NamedRef r = newRef(x);
            return maybe(inner, (NamedArray k) -> sin(r.get()).times(k)).apply(number(1));
          };
      for (var g : List.of(f, jit(f))) {
        close(grad(g).apply(number(1.5)), Math.cos(1.5));
        close(grad(grad(g)).apply(number(1.5)), -Math.sin(1.5));
        close(jvp(grad(g), number(1.5), number(1)).tangent(), -Math.sin(1.5));
      }
    }
  }

  @Test
  void what_is_overwritten_by_a_constant_has_no_derivative() {
    Function<NamedArray, NamedArray> all =
        x -> {
          NamedRef r = newRef(x);
          r.set(2);
          return r.freeze();
        };
    Function<NamedArray, NamedArray> readBefore =
        x -> {
          NamedRef r = newRef(x);
          NamedArray y = r.get();
          r.set(2);
          return y.times(r.freeze());
        };
    Function<NamedArray, NamedArray> one =
        x -> {
          NamedRef r = newRef(x);
          r.at(X.at(0)).set(2);
          return sum(r.freeze());
        };
    close(grad(all).apply(number(1)), 0);
    close(jit(grad(all)).apply(number(1)), 0);
    close(grad(readBefore).apply(number(3)), 2);
    assertThat(grad(one).apply(arange(X, DType.FLOAT64)).toDoubleArray()).containsExactly(0, 1, 1);
  }

  @Test
  void a_counter_in_a_differentiated_loop_counts_each_step_once() {
    for (boolean compiled : new boolean[] {false, true}) {
      NamedRef steps = newRef(scalar(0));
      NamedRef total = newRef(scalar(0));
      NamedArray table = arange(X);
      NamedArray zero = number(0);
      Function<NamedArray, NamedArray> f =
          x ->
              foriLoop(
                  0,
                  4,
                  x,
                  (_, c) -> {
                    steps.add(1);
                    total.add(sum(table));
                    return c.plus(zero);
                  });
      close(maybe(compiled, grad(f)).apply(number(1)), 1);
      assertThat(steps.item()).isEqualTo(4);
      assertThat(total.item()).isEqualTo(12);
    }
  }

  // ---------------------------------------------------------------- captures of both kinds

  record Given(List<NamedArray> referenced, List<NamedArray> plain, List<NamedArray> args) {}

  private static List<NamedArray> numbers(SplittableRandom random, int n) {
    return IntStream.range(0, n).mapToObj(_ -> number(random.nextDouble(-2, 2))).toList();
  }

  /** Which captures, in the order in which a body meets them, come from references. */
  private static List<Boolean> order(SplittableRandom random, int refs, int plain) {
    var out = new ArrayList<Boolean>();
    while (refs + plain > 0) {
      boolean ref = random.nextInt(refs + plain) < refs;
      out.add(ref);
      refs -= ref ? 1 : 0;
      plain -= ref ? 0 : 1;
    }
    return out;
  }

  private static NamedArray sines(List<Boolean> order, List<NamedRef> refs, List<NamedArray> xs) {
    NamedArray total = number(0);
    int r = 0;
    int p = 0;
    for (boolean ref : order) {
      total = total.plus(sin(ref ? refs.get(r++).get() : xs.get(p++)));
    }
    return total;
  }

  private static List<NamedRef> refs(List<NamedArray> values) {
    return values.stream().map(v -> newRef(v)).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void an_inner_function_reads_references_and_arrays_in_any_order(int seed) {
    var random = new SplittableRandom(seed);
    for (int captures = 2; captures < 6; captures++) {
      int refs = captures / 2;
      var in =
          new Given(
              numbers(random, refs),
              numbers(random, captures - refs),
              numbers(random, seed % 2 * 3));
      List<Boolean> order = order(random, refs, captures - refs);
      Function<Given, NamedArray> f =
          g -> {
            List<NamedRef> made = refs(g.referenced);
            Function<List<NamedArray>, NamedArray> inner =
                jit(args ->
                    args.stream()
                        .map(Axial::sin)
                        .reduce(sines(order, made, g.plain), NamedArray::plus));
            return inner.apply(g.args);
          };
      Function<Given, NamedArray> slope =
          g ->
              Tree.leaves(grad(f).apply(g)).stream()
                  .map(Tensor::value)
                  .reduce(number(0), NamedArray::plus);
      List<Tensor> x = Tree.leaves(in);
      List<Tensor> first = Tree.leaves(grad(f).apply(in));
      List<Tensor> second = Tree.leaves(grad(slope).apply(in));
      for (int k = 0; k < x.size(); k++) {
        double at = x.get(k).value().item();
        close(first.get(k).value(), Math.cos(at));
        close(second.get(k).value(), -Math.sin(at));
      }
    }
  }

  record Looped(
      List<NamedArray> referenced,
      List<NamedArray> plain,
      List<NamedArray> carry,
      List<NamedArray> rows) {}

  private static NamedArray looped(Looped in, List<Boolean> order, Axis step, boolean references) {
    List<NamedRef> made = refs(in.referenced);
    var arrays = new ArrayList<NamedArray>();
    int r = 0;
    int p = 0;
    for (boolean ref : order) {
      arrays.add(ref ? in.referenced.get(r++) : in.plain.get(p++));
    }
    Step<List<NamedArray>, NamedArray> s =
        scan(
            step,
            in.carry,
            in.rows,
            (c, row) -> {
              NamedArray total =
                  references
                      ? sines(order, made, in.plain)
                      : arrays.stream().map(Axial::sin).reduce(number(0), NamedArray::plus);
              NamedArray y = row.stream().map(Axial::sin).reduce(number(0), NamedArray::plus);
              return step(c.stream().map(v -> sin(v).plus(total)).toList(), y);
            });
    return s.carry().stream().reduce(sum(s.y()), NamedArray::plus);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void a_loop_reads_references_and_arrays_in_any_order(int seed) {
    var random = new SplittableRandom(seed);
    Axis step = axis("step", seed % 2 == 0 ? 1 : 3);
    int captures = 2 + seed % 4;
    int refs = captures / 2;
    var rows = new ArrayList<NamedArray>();
    for (int k = 0; k < seed / 4 * 3; k++) {
      rows.add(stack(step, numbers(random, step.size())));
    }
    var in =
        new Looped(
            numbers(random, refs),
            numbers(random, captures - refs),
            numbers(random, seed / 2 % 2 * 3),
            rows);
    List<Boolean> order = order(random, refs, captures - refs);
    Function<Looped, NamedArray> with = g -> looped(g, order, step, true);
    Function<Looped, NamedArray> without = g -> looped(g, order, step, false);
    same(grad(with).apply(in), grad(without).apply(in));
    same(jit(grad(with)).apply(in), jit(grad(without)).apply(in));
    same(grad(slope(with)).apply(in), grad(slope(without)).apply(in));
    Looped along = Tree.map(x -> onesLike(x), in);
    close(jvp(with, in, along).tangent(), jvp(without, in, along).tangent().item());
  }

  private static Function<Looped, NamedArray> slope(Function<Looped, NamedArray> f) {
    return g ->
        Tree.leaves(grad(f).apply(g)).stream()
            .map(x -> sum(sin(x.value())))
            .reduce(number(0), NamedArray::plus);
  }

  private static void same(Looped got, Looped want) {
    List<Tensor> a = Tree.leaves(got);
    List<Tensor> b = Tree.leaves(want);
    assertThat(a).hasSameSizeAs(b).isNotEmpty();
    for (int k = 0; k < a.size(); k++) {
      assertThat(a.get(k).value().toDoubleArray())
          .containsExactly(b.get(k).value().toDoubleArray(), within(1e-12));
    }
  }
}
