package dev.axial.references;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.debugCallback;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.full;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.square;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.Exported;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the end of a {@link Memory#scope} frees, and what it does not. */
@SuppressWarnings("ReturnValueIgnored") // whether a use is refused is the question
class MemoryScopesTest {
  private static final String FREED = "was freed at the end of a Memory.scope()";

  /** Small arrays are Java arrays, large ones native memory. */
  private static final List<Axis> SIZES = List.of(axis("X", 10), axis("X", 50_000));

  private static NamedArray counted(Axis x) {
    var a = new float[x.size()];
    for (int k = 0; k < a.length; k++) {
      a[k] = k % 7;
    }
    return array(a, x);
  }

  @Test
  void what_a_trace_captured_outlives_the_scope() {
    for (Axis x : SIZES) {
      NamedRef w = newRef(zeros(x));
      Proc1<NamedRef> step =
          jitProc((NamedRef r) -> {
            NamedArray target = counted(x);
            r.add(grad((NamedArray v) -> sum(square(v.minus(target)))).apply(r.get()).times(-0.5));
            r.at(x.at(array(new int[] {1, 2}, axis("I", 2)))).add(1);
          });
      for (int k = 0; k < 3; k++) {
        try (var _ = Memory.scope()) {
          step.run(w);
          zeros(x).plus(k); // what takes the place of freed memory
        }
        float[] seen = w.get().toFloatArray();
        assertThat(seen).startsWith(0, 2, 3, 3).as("round " + k);
      }
    }
  }

  @Test
  void what_lowered_and_loaded_code_captured_outlives_the_scope(@TempDir Path folder) {
    for (Axis x : SIZES) {
      Function<Object[], Object> code;
      Exported loaded;
      try (var _ = Memory.scope()) {
        NamedArray c = counted(x);
        var f = lower((NamedArray s) -> sum(c.times(s)), scalar(2f));
        f.serialize(folder.resolve("f" + x.size()));
        code = f.compile();
        loaded = Exported.load(folder.resolve("f" + x.size()));
      }
      try (var _ = Memory.scope()) {
        full(9f, x).plus(1);
        float right = sum(counted(x).times(2)).toFloatArray()[0];
        Object[] two = {scalar(2f)};
        assertThat(((NamedArray) code.apply(two)).item()).isEqualTo(right);
        assertThat(((NamedArray) loaded.call(two)).item()).isEqualTo(right);
        assertThat(jit((NamedArray s) -> loaded.call(s)).apply(scalar(2f)))
            .isInstanceOfSatisfying(NamedArray.class, v -> assertThat(v.item()).isEqualTo(right));
      }
    }
  }

  @Test
  void a_view_is_kept_with_its_indices() {
    Axis x = axis("X", 10);
    NamedRef r = newRef(zeros(x));
    NamedRef view;
    NamedRef window;
    try (var scope = Memory.scope()) {
      view = scope.keep(r.slice(x.at(array(new int[] {4, 5}, axis("I", 2)))));
      window = scope.keep(r.slice(x.ds(scalar(3), 2)));
    }
    view.add(1);
    window.add(10);
    assertThat(r.get().toFloatArray()).containsExactly(0, 0, 0, 10, 11, 1, 0, 0, 0, 0);
  }

  @Test
  void a_reference_ends_with_its_scope_and_a_later_use_says_so() {
    for (Axis x : SIZES) {
      NamedRef r;
      NamedRef view;
      NamedRef kept;
      NamedArray a;
      NamedArray frozen;
      try (var scope = Memory.scope()) {
        r = newRef(zeros(x));
        view = r.slice(x.range(1, 4));
        kept = scope.keep(newRef(counted(x)));
        a = zeros(x).plus(1);
        frozen = newRef(zeros(x)).freeze();
      }
      Proc1<NamedRef> compiled = jitProc((NamedRef q) -> q.add(1));
      for (NamedRef q : List.of(r, view)) {
        assertThatThrownBy(() -> q.get()).hasMessageContaining(FREED);
        assertThatThrownBy(() -> q.add(1)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> q.update(v -> v)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> compiled.run(q)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> q.freeze()).hasMessageContaining(FREED);
      }
      for (NamedArray b : List.of(a, frozen)) {
        assertThatThrownBy(() -> b.plus(1)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> b.toFloatArray()).hasMessageContaining(FREED);
        assertThatThrownBy(() -> newRef(b)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> kept.set(b)).hasMessageContaining(FREED);
        assertThatThrownBy(() -> jit((NamedArray v) -> v.plus(1)).apply(b))
            .hasMessageContaining(FREED);
      }
      compiled.run(kept);
      assertThat(kept.get().toFloatArray()).startsWith(1, 2, 3);
    }
  }

  /** A scope that is around a call cannot end inside it. */
  @Test
  void a_scope_ends_neither_in_a_callback_nor_in_an_update() {
    Axis x = SIZES.getLast();
    var scope = Memory.scope();
    NamedRef r = newRef(zeros(x));
    Function<NamedArray, NamedArray> f =
        jit((NamedArray v) -> {
          NamedArray y = exp(sin(v));
          debugCallback(
              _ -> {
                try (var inner = Memory.scope()) {
                  full(7f, x).plus(1);
                }
                scope.close();
              },
              sum(y));
          return y.plus(1);
        });
    assertThatThrownBy(() -> f.apply(zeros(x)))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("not in a callback of a call that they are around");
    assertThatThrownBy(() ->
            r.update(v -> {
              scope.close();
              return v;
            }))
        .hasMessageContaining("ends in an update of the reference made at");
    assertThat(f).isNotNull();
    r.add(1);
    assertThat(r.get().toFloatArray()).containsOnly(1);
    scope.close();
    assertThatThrownBy(() -> r.add(1)).hasMessageContaining(FREED);
  }

  /** An array that a call of another thread uses is there to its end, and gone afterwards. */
  @Test
  void a_running_call_keeps_its_arrays_whatever_scope_ends() throws Exception {
    for (Axis x : SIZES) {
      for (int k = 0; k < 3; k++) {
        var inside = new CountDownLatch(1);
        var ended = new CountDownLatch(1);
        NamedRef to = newRef(zeros(x));
        Function<NamedArray, NamedArray> f =
            jit((NamedArray v) -> {
              debugCallback(
                  _ -> {
                    inside.countDown();
                    await(ended);
                  },
                  sum(v));
              to.set(v.times(2)); // reads it after the scope has ended
              return v.plus(1);
            });
        try (var pool = Executors.newSingleThreadExecutor()) {
          var uses = new ArrayList<Future<NamedArray>>();
          try (var _ = Memory.scope()) {
            NamedArray a = counted(x);
            uses.add(pool.submit(() -> f.apply(a)));
            await(inside);
          }
          NamedArray other = full(-5f, x).plus(0); // would get the memory
          ended.countDown();
          NamedArray got = uses.getFirst().get(100, TimeUnit.SECONDS);
          assertThat(got.toFloatArray()).isEqualTo(counted(x).plus(1).toFloatArray());
          assertThat(to.get().toFloatArray()).isEqualTo(counted(x).times(2).toFloatArray());
          assertThat(other.toFloatArray()).containsOnly(-5);
        }
      }
    }
  }

  /** The end of a scope waits for the call that writes a reference of it. */
  @Test
  void the_end_of_a_scope_waits_for_the_call_that_uses_a_reference() throws Exception {
    Axis x = SIZES.getLast();
    var inside = new CountDownLatch(1);
    Proc1<NamedRef> f =
        jitProc((NamedRef r) -> {
          debugCallback(
              _ -> {
                inside.countDown();
                pause();
              },
              sum(r.get()));
          r.add(1);
        });
    var warm = newRef(zeros(x));
    NamedArray other;
    try (var pool = Executors.newSingleThreadExecutor()) {
      Future<?> use;
      try (var _ = Memory.scope()) {
        NamedRef r = newRef(zeros(x));
        use = pool.submit(() -> f.run(r));
        await(inside);
      }
      assertThat(use.isDone() || finishes(use)).isTrue();
      other = full(-5f, x).plus(0);
      use.get(100, TimeUnit.SECONDS);
    }
    f.run(warm);
    assertThat(other.toFloatArray()).containsOnly(-5);
  }

  private static boolean finishes(Future<?> f) throws Exception {
    f.get(100, TimeUnit.SECONDS);
    return true;
  }

  private static void await(CountDownLatch l) {
    try {
      assertThat(l.await(100, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException x) {
      throw new IllegalStateException(x);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(30);
    } catch (InterruptedException x) {
      throw new IllegalStateException(x);
    }
  }
}
