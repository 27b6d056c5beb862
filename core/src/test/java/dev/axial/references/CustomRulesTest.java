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
}
