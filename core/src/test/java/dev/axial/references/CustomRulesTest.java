package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** References in the rules of custom derivatives and in checkpointed functions. */
@SuppressWarnings("ReturnValueIgnored") // what it does to references is the question
class CustomRulesTest {
  private static final double SLOPE = Math.cos(Math.sin(1));
  private static final NamedArray ONE = scalar(1.0, DType.FLOAT64);

  /** The identity, whose backward rule leaves the gradient in the reference. */
  private static final BiFunction<NamedArray, NamedRef, NamedArray> TAP =
      customVjp(
          (x, _) -> x,
          (x, stash) -> residuals(x, stash),
          (stash, ct) -> {
            stash.set(ct);
            return gradients(ct, null);
          });

  private static NamedRef cell(double x) {
    return newRef(scalar(x, DType.FLOAT64));
  }

  private static void close(Tensor got, double... want) {
    assertThat(got.value().toDoubleArray()).containsExactly(want, within(1e-12));
  }

  private static <A, R> Function<A, R> maybe(boolean compiled, Function<A, R> f) {
    return compiled ? jit(f) : f;
  }

  // ---------------------------------------------------------------- gradients that are watched

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_backward_rule_keeps_a_history(boolean compiled) {
    Axis x = axis("x", 5);
    NamedRef history = newRef(zeros(x));
    BiFunction<NamedArray, NamedRef, NamedArray> scaled =
        customVjp(
            (y, _) -> y,
            (y, seen) -> residuals(y, seen),
            (seen, ct) -> {
              seen.set(roll(seen.get(), 1, x).at(x.at(0)).set(abs(ct)));
              return gradients(ct.div(max(seen.get())), null);
            });
    Function<NamedArray, NamedArray> loss =
        maybe(compiled, a -> scaled.apply(dot(a, ones(x), x).times(4), history));
    for (int k = 0; k < 3; k++) {
      close(grad(loss).apply(ones(x)), 4, 4, 4, 4, 4);
      double[] want = new double[5];
      java.util.Arrays.fill(want, 0, k + 1, 1);
      close(history, want);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void the_rule_of_the_first_of_two_calls_writes_last(boolean compiled) {
    BiFunction<NamedArray, NamedRef, NamedArray> f =
        (x, stash) -> TAP.apply(sin(TAP.apply(sin(x), stash)), stash);
    NamedRef stash = cell(0);
    close(grad(compiled ? jit(f) : f).apply(ONE, stash), SLOPE * Math.cos(1));
    close(stash, SLOPE);
  }

  private static NamedArray tapped(NamedArray x, NamedRef stash) {
    return sin(TAP.apply(sin(x), stash));
  }

  @Test
  void a_pullback_runs_the_rule_when_it_is_applied() {
    NamedRef stash = cell(0);
    Function<NamedArray, List<NamedArray>> f = x -> List.of(tapped(x, stash), x);
    for (var g : List.of(f, jit(f))) {
      stash.set(0);
      Vjp<NamedArray, List<NamedArray>> pull = vjp(g, ONE);
      close(pull.value().get(1), 1);
      close(stash, 0);
      close(pull.apply(List.of(ONE, zerosLike(ONE))), SLOPE * Math.cos(1));
      close(stash, SLOPE);
    }
    stash.set(0);
    var result = valueAndGradAux((NamedArray x) -> aux(tapped(x, stash), x.times(3))).apply(ONE);
    close(result.aux(), 3);
    close(stash, SLOPE);
  }

  private static NamedArray inLoop(NamedArray x, NamedRef stash, boolean again) {
    Function<NamedArray, NamedArray> body = c -> tapped(c, stash);
    Function<NamedArray, NamedArray> step = again ? checkpoint(body) : body;
    return foriLoop(0, 1, x, (_, c) -> step.apply(c));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_rule_in_a_loop_writes_with_and_without_a_checkpoint(boolean again) {
    for (boolean compiled : new boolean[] {false, true}) {
      NamedRef stash = cell(0);
      Function<NamedArray, NamedArray> f = maybe(compiled, x -> inLoop(x, stash, again));
      close(grad(f).apply(ONE), SLOPE * Math.cos(1));
      close(stash, SLOPE);
      stash.set(0);
      NamedRef g = cell(5);
      vjp(f, ONE).withRefs(g).apply(ONE);
      close(g, 5 + SLOPE * Math.cos(1));
      close(stash, SLOPE);
    }
  }

  @Test
  void a_rule_in_a_checkpoint_writes_the_reference_itself() {
    BiFunction<NamedArray, NamedRef, NamedArray> f = checkpoint(CustomRulesTest::tapped);
    for (var g : List.of(grad(f), jit(grad(f)))) {
      NamedRef stash = cell(0);
      close(g.apply(ONE, stash), SLOPE * Math.cos(1));
      close(stash, SLOPE);
    }
  }

  // ---------------------------------------------------------------- references made in rules

  private static final Function<NamedArray, NamedArray> SCRATCH =
      customVjp(
          x -> newRef(x).freeze(),
          x -> residuals(newRef(x).freeze(), x),
          (_, ct) -> newRef(ct).freeze());

  @Test
  void a_function_with_a_rule_uses_a_reference_of_its_own() {
    for (var f : List.of(SCRATCH, jit(SCRATCH), jit(jit(SCRATCH)))) {
      close(f.apply(scalar(3.0, DType.FLOAT64)), 3);
      close(grad(f).apply(scalar(3.0, DType.FLOAT64)), 1);
    }
  }

  @Test
  void a_checkpointed_loop_of_rules_with_references_has_a_pullback() {
    Function<NamedArray, NamedArray> loop =
        x -> {
          record Carry(NamedArray i, NamedArray x) {}
          return whileLoop(
                  new Carry(scalar(0), x),
                  c -> c.i.lt(5),
                  c -> new Carry(c.i.plus(1), SCRATCH.apply(c.x.times(1.5))))
              .x;
        };
    Function<NamedArray, NamedArray> f = jit(checkpoint(loop));
    var pull = vjp(f, scalar(5.0, DType.FLOAT64));
    close(pull.value(), 5 * Math.pow(1.5, 5));
    close(pull.apply(ONE), Math.pow(1.5, 5));
  }

  // ---------------------------------------------------------------- checkpoints that write

  @Test
  void a_checkpoint_with_a_reference_of_its_own_is_differentiated() {
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        checkpoint((NamedArray y, NamedArray x) -> {
          NamedRef r = newRef(x);
          NamedArray out = y.times(r.get());
          r.add(1);
          return out;
        });
    for (var g : List.of(f, jit(f))) {
      close(grad(g).apply(scalar(2.0, DType.FLOAT64), ONE), 1);
    }
  }

  @Test
  void a_checkpoint_writes_a_reference_from_outside_once() {
    BiFunction<NamedArray, NamedRef, NamedArray> f =
        checkpoint((NamedArray y, NamedRef r) -> {
          NamedArray out = y.times(r.get());
          r.add(stopGradient(out));
          return out.times(y);
        });
    for (boolean compiled : new boolean[] {false, true}) {
      NamedRef r = cell(3);
      Function<NamedArray, NamedArray> g = maybe(compiled, grad((NamedArray y) -> f.apply(y, r)));
      close(g.apply(scalar(2.0, DType.FLOAT64)), 12); // d(3 y²), of what it held at first
      close(r, 9);
    }
  }

  @Test
  void a_checkpoint_in_a_loop_sees_the_writes_of_the_steps_before() {
    Function<NamedArray, NamedArray> plain =
        y -> {
          NamedRef r = newRef(y);
          return steps(y, r, x -> body(x, r));
        };
    Function<NamedArray, NamedArray> again =
        y -> {
          NamedRef r = newRef(y);
          return steps(y, r, checkpoint((NamedArray x) -> body(x, r)));
        };
    NamedArray at = scalar(0.7, DType.FLOAT64);
    for (var f : List.of(again, jit(again))) {
      close(f.apply(at), plain.apply(at).item());
      close(grad(f).apply(at), grad(plain).apply(at).item());
      close(grad(grad(f)).apply(at), grad(grad(plain)).apply(at).item());
      close(jvp(f, at, ONE).tangent(), grad(plain).apply(at).item());
    }
  }

  private static NamedArray body(NamedArray x, NamedRef r) {
    r.set(sin(r.get().times(x)));
    return r.get().plus(x.times(0.5));
  }

  private static NamedArray steps(NamedArray y, NamedRef r, Function<NamedArray, NamedArray> step) {
    NamedArray end = foriLoop(0, 3, y, (_, x) -> step.apply(x));
    return end.times(r.get());
  }

  @Test
  void a_checkpoint_writes_the_reference_of_each_lane_and_adds_to_a_shared_one() {
    Axis lane = axis("lane", 3);
    NamedRef own = newRef(array(new double[] {1, 2, 3}, lane));
    NamedRef count = newRef(scalar(0));
    BiFunction<NamedArray, NamedRef, NamedArray> f =
        checkpoint((NamedArray y, NamedRef r) -> {
          count.add(1);
          NamedArray out = y.times(r.get());
          r.add(1);
          return out.times(y);
        });
    BiFunction<NamedArray, NamedRef, NamedArray> twice =
        (y, r) -> f.apply(y, r).plus(f.apply(y, r));
    NamedArray y = array(new double[] {1, 2, 4}, lane);
    // y² r + y² (r + 1)
    close(vmap(grad(twice), lane).apply(y, own), 6, 20, 56);
    close(own, 3, 4, 5);
    assertThat(count.item()).isEqualTo(6);
  }

  @Test
  void checkpoints_in_checkpoints_write_once_and_run_again_at_each_level() {
    var runs = new ArrayList<Double>();
    NamedRef r = cell(1);
    Function<NamedArray, NamedArray> f =
        checkpoint(
            checkpoint(
                checkpoint((NamedArray y) -> {
                  debugCallback(v -> runs.add(v.getFirst().item()), y);
                  NamedArray out = y.times(r.get());
                  r.add(1);
                  return sin(out);
                })));
    close(grad(f).apply(scalar(2.0, DType.FLOAT64)), Math.cos(2));
    close(r, 2);
    assertThat(runs).containsExactly(2.0, 2.0, 2.0, 2.0);
  }

  // ---------------------------------------------------------------- gradients of references

  private static final Axis X = axis("x", 3);
  private static final NamedArray VALUES = array(new double[] {1, 2, 4}, X);

  /** The contents of a reference; its rule says ten times the gradient. */
  private static final Function<NamedRef, NamedArray> TENFOLD =
      customVjp(
          (NamedRef r) -> r.get(),
          r -> residuals(r.get(), scalar(10)),
          (ten, ct) -> newRef(ct.times(ten)));

  @Test
  void the_gradient_that_a_rule_gives_for_a_reference_is_added_to_its_gradient() {
    for (boolean compiled : new boolean[] {false, true}) {
      Function<NamedRef, NamedArray> f = maybe(compiled, TENFOLD);
      close(f.apply(newRef(VALUES)), 1, 2, 4);
      close(grad((NamedArray x) -> sum(f.apply(newRef(x)))).apply(VALUES), 10, 10, 10);
      NamedRef g = newRef(VALUES);
      vjp((NamedRef r) -> sum(f.apply(r).times(r.get())), newRef(VALUES)).withRefs(g).apply(ONE);
      close(g, 1 + 11, 2 + 22, 4 + 44);
    }
  }

  /** The product of a number and what a view holds; the rule doubles the view's gradient. */
  private static final BiFunction<NamedRef, NamedArray, NamedArray> SCALED =
      customVjp(
          (NamedRef r, NamedArray w) -> sum(r.get().times(w)),
          (r, w) -> residuals(sum(r.get().times(w)), List.of(r.get(), w)),
          (saved, ct) ->
              gradients(
                  saved
                      .get(1)
                      .times(ct)
                      .times(2)
                      .broadcast(saved.get(0).axes().toArray(Axis[]::new)),
                  sum(saved.get(0)).times(ct)));

  private static void viewGradient(Function<NamedRef, NamedArray> f, double... want) {
    for (Function<NamedRef, NamedArray> g : List.of(f, jit(f), checkpoint(f), jit(checkpoint(f)))) {
      NamedRef gradient = newRef(zerosLike(VALUES));
      vjp(g, newRef(VALUES)).withRefs(gradient).apply(ONE);
      close(gradient, want);
    }
  }

  @Test
  void it_is_added_at_the_view_that_the_function_was_given() {
    NamedArray five = scalar(5.0, DType.FLOAT64);
    viewGradient(r -> SCALED.apply(r.at(X.range(1, 3)), five), 0, 10, 10);
    viewGradient(r -> SCALED.apply(r.at(X.at(0)), five).times(r.get(X.at(2))), 40, 0, 5);
    viewGradient(
        r ->
            foriLoop(
                0, 3, zerosLike(ONE), (i, c) -> c.plus(SCALED.apply(r.at(X.at(i)), five.times(i)))),
        0,
        10,
        20);
    viewGradient(r -> sum(vmap((NamedRef q) -> SCALED.apply(q, five), X).apply(r)), 10, 10, 10);
    Axis two = X.resize(2);
    Axis lane = axis("lane", 2);
    viewGradient(
        r -> sum(vmap((NamedRef q) -> SCALED.apply(q, five), two).apply(r.at(X.range(1, 3)))),
        0,
        10,
        10);
    viewGradient(
        r ->
            sum(
                vmap((NamedArray w) -> SCALED.apply(r, w), lane)
                    .apply(array(new double[] {1, 3}, lane))),
        8,
        8,
        8);
  }

  @Test
  void a_rule_may_give_a_gradient_that_nobody_asked_for() {
    NamedRef r = newRef(VALUES);
    close(grad((NamedArray w) -> SCALED.apply(r, w)).apply(ONE), 7);
    close(r, 1, 2, 4);
  }

  // ---------------------------------------------------------------- rules that call their function

  private static final class Recursive {
    static final Function<NamedArray, NamedArray> CUBE =
        customVjp(
            (NamedArray x) -> x.times(x).times(x),
            x -> residuals(Recursive.CUBE.apply(x), x),
            (x, ct) -> ct.times(x).times(x).times(3));

    static final Function<NamedArray, NamedArray> EXP =
        customJvp(
            (NamedArray x) -> exp(x),
            (x, dx) -> {
              NamedArray y = Recursive.EXP.apply(x);
              return new Jvp<>(y, y.times(dx));
            });

    /** The rule of exp, in the backward rule, with a number and an axis from outside. */
    static Function<NamedArray, NamedArray> scaledExp(NamedArray k) {
      var f = new ArrayList<Function<NamedArray, NamedArray>>();
      f.add(
          customVjp(
              (NamedArray x) -> exp(x.times(k)),
              x -> residuals(f.getFirst().apply(x), x),
              (x, ct) -> f.getFirst().apply(x).times(k).times(ct)));
      return f.getFirst();
    }
  }

  private static void orders(Function<NamedArray, NamedArray> f, NamedArray x, double... want) {
    Function<NamedArray, NamedArray> d = f;
    for (double w : want) {
      close(d.apply(x), w);
      close(jit(d).apply(x), w);
      close(vmap(d, X).apply(x.broadcast(X)), w, w, w);
      d = grad(d);
    }
  }

  @Test
  void a_rule_that_calls_its_function_has_all_derivatives() {
    NamedArray two = scalar(2.0, DType.FLOAT64);
    double e = Math.exp(0.5);
    orders(Recursive.CUBE, two, 8, 12, 12, 6);
    orders(Recursive.EXP, scalar(0.5, DType.FLOAT64), e, e, e, e);
    orders(
        x -> Recursive.scaledExp(two).apply(x),
        scalar(0.25, DType.FLOAT64),
        e,
        2 * e,
        4 * e,
        8 * e);
    orders(
        k ->
            Recursive.scaledExp(k)
                .apply(scalar(0.25, DType.FLOAT64)), // what it captures is constant
        two,
        e,
        0);
    orders(x -> foriLoop(0, 2, x, (_, c) -> Recursive.CUBE.apply(c)), ONE, 1, 9, 72, 504);
    orders(
        x -> foriLoop(0, 2, x, (_, c) -> checkpoint(Recursive.CUBE).apply(c)), ONE, 1, 9, 72, 504);
    orders(
        x -> sum(vmap(Recursive.EXP, X).apply(x.broadcast(X))),
        scalar(0.5, DType.FLOAT64),
        3 * e,
        3 * e,
        3 * e);
  }

  // ---------------------------------------------------------------- idioms

  @Test
  void a_straight_through_estimator_rounds_and_counts_how_often_it_was_differentiated() {
    BiFunction<NamedArray, NamedRef, NamedArray> rounded =
        customVjp(
            (NamedArray x, NamedRef _) -> round(x),
            (x, n) -> residuals(round(x), n),
            (n, ct) -> {
              n.add(1);
              return gradients(ct, null);
            });
    for (boolean compiled : new boolean[] {false, true}) {
      NamedRef n = cell(0);
      Function<NamedArray, NamedArray> f =
          x -> foriLoop(0, 3, x, (_, c) -> rounded.apply(c.times(1.4), n).times(c));
      NamedArray g = maybe(compiled, grad(f)).apply(scalar(2.0, DType.FLOAT64));
      double c = 2;
      double d = 1;
      for (int k = 0; k < 3; k++) {
        d = d * (1.4 * c + Math.rint(1.4 * c));
        c = Math.rint(1.4 * c) * c;
      }
      close(g.div(d), 1);
      close(n, 3);
    }
  }

  /** y1 = x1 + sin(x2), y2 = x2 + cos(y1): nothing is saved but the result, in a reference. */
  @Test
  void reversible_layers_rebuild_what_they_were_given_in_a_reference() {
    Axis half = axis("half", 2);
    Axis a = axis("a", 3);
    BiFunction<NamedArray, NamedRef, NamedArray> layer =
        customVjp(
            (NamedArray x, NamedRef _) -> forwards(x, half),
            (x, last) -> {
              NamedArray y = forwards(x, half);
              last.set(y);
              return residuals(y, last);
            },
            (last, ct) -> {
              NamedArray y1 = last.get(half.at(0));
              NamedArray y2 = last.get(half.at(1));
              NamedArray x2 = y2.minus(cos(y1));
              NamedArray x1 = y1.minus(sin(x2));
              last.set(stack(half, List.of(x1, x2)));
              NamedArray d2 = ct.get(half.at(1));
              NamedArray d1 = ct.get(half.at(0)).minus(sin(y1).times(d2));
              return gradients(stack(half, List.of(d1, d2.plus(cos(x2).times(d1)))), null);
            });
    NamedArray x = array(new double[] {0.3, -1, 2, 0.5, 1.5, -0.7}, half, a);
    NamedArray want =
        grad((NamedArray v) -> sum(foriLoop(0, 4, v, (_, c) -> forwards(c, half)).pow(2))).apply(x);
    for (boolean compiled : new boolean[] {false, true}) {
      NamedRef last = newRef(zerosLike(x));
      Function<NamedArray, NamedArray> g =
          grad((NamedArray v) -> sum(foriLoop(0, 4, v, (_, c) -> layer.apply(c, last)).pow(2)));
      close(
          maybe(compiled, g).apply(x).rearrange("half", "a"),
          want.rearrange("half", "a").toDoubleArray());
      close(last, x.toDoubleArray());
    }
  }

  private static NamedArray forwards(NamedArray x, Axis half) {
    NamedArray y1 = x.get(half.at(0)).plus(sin(x.get(half.at(1))));
    return stack(half, List.of(y1, x.get(half.at(1)).plus(cos(y1))));
  }
}
