package dev.axial.cpu.runtime;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.whileLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stacks whose n-th growth finds no memory, for every n. */
class StackMemoryTest {
  private static final Axis X = axis("X", 10);

  @AfterEach
  void enough() {
    C.refuses = null;
  }

  @Test
  void a_growth_that_fails_ends_the_call_and_the_next_is_right() {
    Proc1<NamedRef> f =
        jitProc((NamedRef r) -> {
          NamedArray v = r.get();
          r.set(2);
          r.set(
              grad((NamedArray x) ->
                      sum(
                          whileLoop(
                              x,
                              c -> sum(c).lt(1e5),
                              c -> c.times(c).times(1e-3).plus(c).plus(0.1))))
                  .apply(v));
        });
    NamedRef model = newRef(ones(X));
    f.run(model);
    int n = 0;
    for (boolean failed = true; failed; n++) {
      NamedRef r = newRef(ones(X));
      var left = new AtomicInteger(n);
      C.refuses = _ -> left.getAndDecrement() == 0;
      Throwable got = catchThrowable(() -> f.run(r));
      C.refuses = null;
      failed = left.get() < 0;
      if (failed) {
        assertThat(got)
            .isInstanceOf(AxialException.class)
            .hasMessageContaining("no memory for a stack");
        assertThat(got.getSuppressed()).anyMatch(s -> s.getMessage().contains("may hold"));
      } else {
        assertThat(got).isNull();
      }
      NamedRef next = newRef(ones(X));
      f.run(next);
      assertThat(next.get().toFloatArray()).isEqualTo(model.get().toFloatArray());
    }
    assertThat(n).as("it grows several times").isGreaterThan(3);
  }
}
