package dev.axial.laws;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.hessian;
import static dev.axial.Axial.jacobian;
import static dev.axial.Axial.jacobianForward;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.square;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.vmap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.axial.Axis;
import dev.axial.NamedArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Derivatives of derivatives, in every mixture of forward and reverse mode: the result's axes keep
 * their names, and each derivative has a prime more than the one before.
 */
class JacobiansTest {
  private static final Axis X = axis("X", 2);
  private static final Axis Y = axis("Y", 3);
  private static final NamedArray A = array(new double[] {2, -1}, X);
  private static final NamedArray C = array(new double[] {1, 3, -2}, Y);
  private static final NamedArray AT = array(new double[] {0.5, 3}, X);

  private interface Derivative extends UnaryOperator<Function<NamedArray, NamedArray>> {}

  private static final List<Derivative> MODES = List.of(f -> jacobian(f), f -> jacobianForward(f));

  /** All derivatives of an order, by each sequence of modes. */
  private static List<Function<NamedArray, NamedArray>> derivatives(
      List<Function<NamedArray, NamedArray>> of, int order) {
    if (order == 0) {
      return of;
    }
    var out = new ArrayList<Function<NamedArray, NamedArray>>();
    for (var f : derivatives(of, order - 1)) {
      MODES.forEach(m -> out.add(m.apply(f)));
    }
    return out;
  }

  private static List<String> names(NamedArray x) {
    return x.axes().stream().map(Axis::name).toList();
  }

  private static NamedArray power(NamedArray x, int n) {
    return sum(x.times(A)).pow(n);
  }

  /** The n-th derivative of (a x)^n is n! a a … a. */
  private static NamedArray outer(double factor, int order) {
    NamedArray t = A.times(factor);
    for (int k = 1; k < order; k++) {
      t = t.times(A.rename("X", "X" + "'".repeat(k)));
    }
    return t;
  }

  private static void same(NamedArray got, NamedArray want) {
    assertThat(names(got)).isEqualTo(names(want));
    double[] g = got.toDoubleArray();
    double[] w = want.toDoubleArray();
    for (int k = 0; k < w.length; k++) {
      assertThat(g[k]).as("%s at %d", names(want), k).isCloseTo(w[k], offset(1e-9));
    }
  }

  @Test
  void of_a_scalar_at_any_order() {
    for (var f : derivatives(List.of(grad(x -> power(x, 3)), jacobian(x -> power(x, 3))), 2)) {
      same(f.apply(AT), outer(6, 3));
    }
    for (var f : derivatives(List.of(hessian(x -> power(x, 4))), 2)) {
      same(f.apply(AT), outer(24, 4));
      same(jit(f).apply(AT), outer(24, 4));
    }
    same(hessian(x -> sum(hessian(y -> power(y, 4)).apply(x))).apply(AT).times(0), outer(0, 2));
  }

  @Test
  void of_a_vector_along_the_same_axis() {
    NamedArray c = array(new double[] {5, 7}, X);
    NamedArray want =
        c.times(2).times(A.rename("X", "X'")).times(A.rename("X", "X''")); // c is the result's
    for (var f : derivatives(List.of(x -> power(x, 2).times(c)), 2)) {
      same(f.apply(AT), want);
    }
  }

  @Test
  void of_a_vector_along_another_axis() {
    NamedArray want = C.times(2).times(A).times(A.rename("X", "X'"));
    for (var f : derivatives(List.of(x -> power(x, 2).times(C)), 2)) {
      same(f.apply(AT), want);
    }
  }

  @Test
  void names_with_primes_of_their_own() {
    Axis other = axis("X'", 3);
    for (Derivative m : MODES) {
      assertThat(names(m.apply(x -> x.rename("X", "X'")).apply(ones(X))))
          .containsExactly("X'", "X");
      assertThat(names(m.apply(x -> x.times(2)).apply(ones(X, other))))
          .containsExactly("X", "X'", "X''", "X'''");
      assertThat(names(m.apply(x -> sum(x, other)).apply(ones(X, other))))
          .containsExactly("X", "X''", "X'");
    }
  }

  @Test
  void in_lanes_of_another_axis() {
    Axis batch = axis("B", 3);
    NamedArray points = AT.times(array(new double[] {1, 2, 3}, batch));
    for (var f : derivatives(List.of(grad(x -> power(x, 3))), 2)) {
      NamedArray got = vmap(f, batch).apply(points);
      same(got, outer(6, 3).broadcast(batch));
    }
    NamedArray lanes =
        vmap(hessian(x -> sum(square(x))), axis("X'", 3)).apply(ones(axis("X'", 3), X));
    assertThat(lanes.size()).isEqualTo(12);
  }
}
