package dev.axial.cpu.random;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc2;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random functions called by several threads at once, {@code axial.random.threads} of them (150
 * where the environment says CI, else 20), from the seed {@code axial.random.seed} (0) on: on
 * references of their own each gives what it gives alone; on shared ones, in crossing orders, all
 * together give what some order of the calls gives; what is only added is never lost.
 */
class RandomThreadsTest {
  private static final long FIRST = Long.getLong("axial.random.seed", 0);
  private static final long COUNT =
      Long.getLong("axial.random.threads", System.getenv("CI") == null ? 20 : 150);
  private static final Axis X = axis("x", 5);
  private static final Axis Y = axis("y", 3);

  /** Every order of three calls. */
  private static final int[][] ORDERS = {
    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}
  };

  static LongStream seeds() {
    return LongStream.range(FIRST, FIRST + COUNT);
  }

  private static NamedArray argument(int thread) {
    return arange(X).times(0.1 * (thread + 1)).minus(arange(Y).times(0.2)).astype(DType.FLOAT64);
  }

  private static List<NamedRef> references() {
    return List.of(newRef(argument(5)), newRef(argument(6)));
  }

  /** Odd threads give the references the other way round. */
  private static List<NamedRef> ordered(List<NamedRef> refs, int thread) {
    return thread % 2 == 0 ? refs : refs.reversed();
  }

  private static Proc2<NamedArray, List<NamedRef>> function(long seed) {
    return jitProc((NamedArray w, List<NamedRef> refs) -> RandomFunctions.write(seed, w, refs));
  }

  private static List<double[]> contents(List<NamedRef> refs) {
    return refs.stream().map(r -> r.value().toDoubleArray()).toList();
  }

  private static boolean same(List<double[]> a, List<double[]> b) {
    return Arrays.equals(a.get(0), b.get(0)) && Arrays.equals(a.get(1), b.get(1));
  }

  /** Runs it on each of the threads at the same moment. */
  private static void together(int threads, java.util.function.IntConsumer body)
      throws InterruptedException, ExecutionException {
    var gate = new CyclicBarrier(threads);
    try (var pool = Executors.newFixedThreadPool(threads)) {
      var all = new ArrayList<Future<?>>();
      for (int k = 0; k < threads; k++) {
        int me = k;
        all.add(
            pool.submit(() -> {
              gate.await();
              body.accept(me);
              return me;
            }));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void references_of_their_own(long seed) throws InterruptedException, ExecutionException {
    var f = function(seed);
    var alone = new ArrayList<List<double[]>>();
    for (int k = 0; k < 4; k++) {
      List<NamedRef> refs = references();
      f.run(argument(k), refs);
      alone.add(contents(refs));
    }
    together(
        4,
        me -> {
          for (int turn = 0; turn < 5; turn++) {
            List<NamedRef> refs = references();
            f.run(argument(me), refs);
            assertThat(same(contents(refs), alone.get(me))).as("thread %d", me).isTrue();
          }
        });
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void shared_references_see_some_order(long seed) throws InterruptedException, ExecutionException {
    var f = function(seed);
    var possible = new ArrayList<List<double[]>>();
    for (int[] order : ORDERS) {
      List<NamedRef> refs = references();
      for (int k : order) {
        f.run(argument(k), ordered(refs, k));
      }
      possible.add(contents(refs));
    }
    for (int turn = 0; turn < 5; turn++) {
      List<NamedRef> refs = references();
      together(3, me -> f.run(argument(me), ordered(refs, me)));
      List<double[]> now = contents(refs);
      assertThat(possible.stream().anyMatch(p -> same(p, now))).as("turn %d", turn).isTrue();
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void what_is_added_is_not_lost(long seed) throws InterruptedException, ExecutionException {
    var f = jitProc((NamedArray w, NamedRef r) -> RandomFunctions.add(seed, w, r));
    NamedArray w = array(new float[] {3, 1, 2, 4, 5}, X);
    NamedRef once = newRef(zeros(X, Y));
    f.run(w, once);
    double[] each = once.value().toDoubleArray();
    NamedRef all = newRef(zeros(X, Y));
    together(
        4,
        me -> {
          for (int turn = 0; turn < 25; turn++) {
            f.run(w, all);
          }
        });
    assertThat(all.value().toDoubleArray())
        .isEqualTo(Arrays.stream(each).map(x -> 100 * x).toArray());
  }
}
