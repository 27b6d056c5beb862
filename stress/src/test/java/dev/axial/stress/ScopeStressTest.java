package dev.axial.stress;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Eight threads that make arrays and references in scopes and let the others use them: by compiled
 * calls, views, freeze and free, and in blocks on a file, while the scopes end. Whoever comes too
 * late gets the documented error; nobody sees memory of somebody else, which each array and
 * reference would show, because all elements of each are equal at all times. {@code
 * -Daxial.stress.scopes=100000} makes it the long run.
 */
class ScopeStressTest {
  private static final int THREADS = 8;
  private static final int ROUNDS = Integer.getInteger("axial.stress.scopes", 400);
  private static final int SLOTS = 12;

  /** Below and above what is native memory, and what threads share. */
  private static final List<Axis> SIZES =
      List.of(axis("X", 100), axis("X", 6_000), axis("X", 80_000));

  private static final Proc1<NamedRef> FILL =
      jitProc((NamedRef r) -> r.set(exp(sin(r.get().times(0))).times(7)));
  private static final Proc1<NamedRef> ADD = jitProc((NamedRef r) -> r.add(1));
  private static final Function<NamedArray, NamedArray> TWICE = jit((NamedArray v) -> v.times(2));

  private final AtomicReferenceArray<NamedRef> refs = new AtomicReferenceArray<>(SLOTS);
  private final AtomicReferenceArray<NamedArray> arrays = new AtomicReferenceArray<>(SLOTS);
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong committed = new AtomicLong();

  @TempDir Path folder;

  @Test
  void nobody_sees_the_memory_of_somebody_else() throws Exception {
    var seeds = new AtomicLong(Long.getLong("axial.stress.seed", 1));
    var pool = Executors.newFixedThreadPool(THREADS, Thread.ofPlatform().daemon().factory());
    NamedRef file = NamedRef.create(folder.resolve("counts"), DType.FLOAT32, SIZES.get(1));
    try {
      var results = new ArrayList<Future<?>>();
      for (int k = 0; k < THREADS; k++) {
        results.add(
            pool.submit(() -> {
              var random = new SplittableRandom(seeds.getAndIncrement());
              for (int j = 0; j < ROUNDS; j++) {
                round(random, file);
              }
            }));
      }
      for (Future<?> f : results) {
        f.get(1000 + ROUNDS, TimeUnit.SECONDS);
      }
      float[] counts = file.get().toFloatArray();
      assertThat(counts).containsOnly(committed.get());
      file.close();
    } finally {
      pool.shutdownNow();
    }
    assertThat(late.get()).as("some came too late").isPositive();
  }

  private void round(SplittableRandom random, NamedRef file) {
    Axis x = SIZES.get(random.nextInt(SIZES.size()));
    try (var scope = Memory.scope()) {
      NamedRef r = newRef(zeros(x));
      refs.set(random.nextInt(SLOTS), r);
      NamedArray a = full((float) random.nextInt(100), x).plus(1);
      arrays.set(random.nextInt(SLOTS), a);
      if (random.nextInt(4) == 0) {
        refs.set(random.nextInt(SLOTS), scope.keep(newRef(a)));
      }
      if (random.nextInt(4) == 0) {
        arrays.set(random.nextInt(SLOTS), scope.keep(a.plus(1)));
      }
      for (int k = random.nextInt(4); k >= 0; k--) {
        int what = random.nextInt(9);
        mayBeLate(() -> use(random, what, file));
      }
    }
    // Made outside of scopes: they stay as they are.
    NamedArray mine = full(3f, x).plus(1);
    mayBeLate(() -> use(random, 0, file));
    same(mine, 4);
  }

  private void mayBeLate(Runnable use) {
    try {
      use.run();
    } catch (AxialException e) {
      assertThat(e.getMessage())
          .matches(
              "(?s).*(was freed at the end of a Memory.scope\\(\\)|was frozen|was freed at).*");
      late.incrementAndGet();
    }
  }

  private void use(SplittableRandom random, int what, NamedRef file) {
    NamedRef r = refs.get(random.nextInt(SLOTS));
    NamedArray a = arrays.get(random.nextInt(SLOTS));
    if (r == null || a == null) {
      return;
    }
    switch (what) {
      case 0 -> FILL.run(r);
      case 1 -> ADD.run(r);
      case 2 -> equal(r.get());
      case 3 -> {
        float[] before = equal(a);
        float[] after = equal(TWICE.apply(a));
        assertThat(after[0]).isEqualTo(2 * before[0]);
      }
      case 4 -> {
        NamedRef view = r.slice(r.axes().getFirst().range(1, r.axes().getFirst().size()));
        equal(view.get());
        r.slice(r.axes().getFirst().ds(scalar(0), r.axes().getFirst().size())).add(2);
      }
      case 5 -> arrays.set(random.nextInt(SLOTS), r.freeze());
      case 6 -> Axial.free(r);
      case 7 -> {
        if (a.axes().equals(r.axes())) {
          r.set(a);
        }
      }
      default -> {
        file.commit(() -> {
          file.add(1);
          equal(file.get());
        });
        committed.incrementAndGet();
      }
    }
  }

  private static float[] equal(NamedArray a) {
    float[] all = a.toFloatArray();
    same(all, all[0]);
    return all;
  }

  private static void same(NamedArray a, float v) {
    same(a.toFloatArray(), v);
  }

  private static void same(float[] all, float v) {
    for (int k = 0; k < all.length; k++) {
      if (all[k] != v) {
        throw new AssertionError("element %d is %s beside %s".formatted(k, all[k], v));
      }
    }
  }
}
