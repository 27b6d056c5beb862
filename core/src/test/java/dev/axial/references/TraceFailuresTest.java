package dev.axial.references;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.cond;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.map;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.stopGradient;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.whileLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Functions that fail while they are traced, at each of their steps: nothing is left of them. */
class TraceFailuresTest {
  private static final Axis X = axis("X", 4);

  private int steps;
  private int failing = -1;

  private NamedArray step(NamedArray v) {
    if (steps++ == failing) {
      throw new OutOfMemoryError("step " + failing);
    }
    return v;
  }

  private NamedArray traced(NamedRef outside, NamedArray x) {
    NamedRef inside = newRef(step(sin(x)));
    forLoop(0, 3, i -> inside.add(step(x.times(i))));
    NamedArray y = map(X, x, v -> step(v.plus(sum(step(inside.get())))));
    NamedArray w = whileLoop(step(sum(y)), c -> step(c).lt(100), c -> step(c.times(2)));
    NamedArray z = cond(step(w).gt(3), () -> step(w.plus(1)), () -> step(w.minus(1)));
    outside.add(stopGradient(step(z)));
    return z.plus(sum(vmap((NamedArray v) -> step(v.times(v)), X).apply(y)));
  }

  @Test
  void a_failure_in_a_trace_leaves_nothing() {
    NamedRef outside = newRef(scalar(0f));
    NamedArray x = arange(X, DType.FLOAT32).times(0.1);
    Function<NamedArray, NamedArray> plain = v -> traced(outside, v);
    List<Function<NamedArray, NamedArray>> all =
        List.of(plain, jit(plain), grad(plain), jit(grad(plain)));
    for (var f : all) {
      failing = -1;
      for (int k = 0; k == 0 || failing >= 0; k++) {
        var again = f == all.get(1) ? jit(plain) : f == all.get(3) ? jit(grad(plain)) : f;
        steps = 0;
        failing = k;
        Throwable got = catchThrowable(() -> again.apply(x));
        if (steps <= k) {
          assertThat(got).isNull();
          failing = -1;
          break;
        }
        assertThat(got).isInstanceOf(OutOfMemoryError.class).hasMessage("step " + k);
        assertThat(x.plus(1).toFloatArray()).as("eager code").startsWith(1);
        failing = -1;
        outside.set(0);
        float[] first = again.apply(x).toFloatArray();
        double left = outside.item();
        outside.set(0);
        assertThat(again.apply(x).toFloatArray()).as("after failure %d", k).isEqualTo(first);
        assertThat(outside.item()).isEqualTo(left);
        failing = k;
        assertThat(k).isLessThan(200);
      }
    }
  }
}
