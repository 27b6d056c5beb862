package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A reference leaves no function, loop, branch or rule, and comes into each of them once. */
@SuppressWarnings("ReturnValueIgnored") // what a misuse gives is its error
class SharingErrorsTest {
  private static final Axis X = axis("x", 3);

  private static NamedRef ref() {
    return newRef(zeros(X));
  }

  private static void refused(ThrowingCallable run, String... parts) {
    assertThatThrownBy(run)
        .isInstanceOf(AxialException.class)
        .hasMessageContainingAll(parts)
        .hasMessageContaining("SharingErrorsTest.java:");
  }

  @Test
  void the_path_of_a_returned_reference_is_told() {
    NamedRef captured = ref();
    refused(() -> jit((NamedRef r) -> Map.of("hi", r)).apply(ref()), "returns a reference", "hi");
    refused(
        () -> jit((NamedArray _) -> List.of(captured)).apply(scalar(0)),
        "returns a reference",
        "result[0]");
    refused(
        () -> jit((NamedArray _) -> emptyRef(DType.FLOAT32)).apply(scalar(0)),
        "returns a reference",
        "made at");
  }

  @Test
  void a_loop_body_gives_no_reference() {
    refused(() -> foriLoop(0, 2, List.<Tensor>of(ones(X)), (_, c) -> swapped(c)), "carries a");
    refused(() -> map(X, zeros(X), x -> newRef(x)), "the body of", "returns a reference");
    NamedRef outer = ref();
    refused(() -> map(X, zeros(X), _ -> outer), "the body of", "returns a reference");
    refused(() -> whileLoop(outer, c -> c.get(X.at(0)).lt(1), c -> c), "carries a reference");
  }

  private static List<Tensor> swapped(List<Tensor> c) {
    return List.of(newRef(c.getFirst().value()));
  }

  @Test
  void a_branch_gives_no_reference() {
    NamedRef outer = ref();
    refused(
        () -> cond(scalar(true), () -> newRef(ones(X)), () -> newRef(zeros(X))),
        "true branch",
        "returns a reference");
    refused(
        () -> cond(scalar(true), () -> List.<Tensor>of(ones(X)), () -> List.<Tensor>of(outer)),
        "false branch",
        "returns a reference");
  }

  @Test
  void a_function_with_a_rule_gives_no_reference() {
    Function<NamedRef, NamedRef> f = customVjp(r -> r, r -> residuals(r, r), (r, _) -> r);
    refused(() -> f.apply(ref()), "a customVjp function", "returns a reference");
    refused(() -> jit(f).apply(ref()), "a customVjp function", "returns a reference");
    BiFunction<String, NamedRef, NamedRef> named =
        customVjp((_, r) -> r, (_, r) -> residuals(r, r), (r, _) -> gradients(null, r));
    refused(() -> named.apply("hi", ref()), "a customVjp function", "returns a reference");
  }

  @Test
  void a_function_with_a_rule_is_given_a_reference_once() {
    Fn3<NamedArray, NamedRef, NamedRef, NamedArray> f =
        customVjp(
            (x, p, q) -> x.plus(p.get()).plus(q.get()),
            (x, p, q) -> residuals(x.plus(p.get()).plus(q.get()), x),
            (_, ct) -> gradients(ct, null, null));
    NamedRef r = ref();
    refused(() -> f.apply(ones(X), r, r), "customVjp", "arg1 and arg2");
    refused(() -> jit(f).apply(ones(X), r, r), "arg1 and arg2");
    refused(() -> vjp((NamedArray x) -> f.apply(x, r, r), ones(X)), "customVjp", "arg1 and arg2");
    assertThat(f.apply(ones(X), r, ref()).toFloatArray()).containsOnly(1f);
  }

  @Test
  void a_rule_may_save_a_reference_that_it_was_given() {
    BiFunction<NamedArray, NamedRef, NamedArray> f =
        customVjp(
            (x, _) -> x, (x, r) -> residuals(x, r), (r, ct) -> gradients(ct.times(r.get()), null));
    NamedRef scale = newRef(full(5.0, X));
    NamedArray g = grad((NamedArray x) -> sum(f.apply(x, scale))).apply(ones(X));
    assertThat(g.toFloatArray()).containsOnly(5f);
  }

  @Test
  void one_reference_may_be_scanned_twice_because_its_steps_are_views() {
    NamedRef r = ref();
    var seen = new ArrayList<Integer>();
    fold(
        X,
        scalar(0),
        List.of(r, r),
        (c, both) -> {
          seen.add(both.size());
          both.get(0).add(1);
          both.get(1).add(both.get(0).get());
          return c;
        });
    assertThat(seen).containsOnly(2);
    assertThat(r.value().toFloatArray()).containsOnly(2f);
  }
}
