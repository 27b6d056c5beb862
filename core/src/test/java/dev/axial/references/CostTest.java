package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.axial.*;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Rule 28, by what is allocated: an access allocates what it touches, never the reference. */
@SuppressWarnings("ReturnValueIgnored") // what it costs is the question
class CostTest {
  private static final Axis BIG = axis("big", 10_000_000);
  private static final Axis X = axis("x", 16);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Bytes that one run allocates on the heap, after two to warm up. */
  private static long allocated(Runnable r) {
    r.run();
    r.run();
    long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().threadId());
    r.run();
    return THREADS.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before;
  }

  @Test
  void eager_accesses_do_not_touch_the_whole() {
    NamedRef r = emptyRef(DType.FLOAT32, BIG);
    NamedArray i = array(new int[] {3, 5_000_000, 9_999_999}, axis("i", 3));
    long little = 60_000;
    long native0 = Memory.outstandingBytes();
    assertThat(allocated(() -> r.at(BIG.at(7)).set(1))).isLessThan(little);
    assertThat(allocated(() -> r.at(BIG.at(i)).add(2))).isLessThan(little);
    assertThat(allocated(() -> r.at(BIG.ds(scalar(9_999_990), 8)).swap(3))).isLessThan(little);
    assertThat(
            allocated(() -> r.slice(BIG.range(1, 9_000_000)).at(BIG.at(-1)).update(v -> v.plus(1))))
        .isLessThan(little);
    assertThat(allocated(() -> r.get(BIG.range(0, 9_999_999, 1_000_000)))).isLessThan(little);
    assertThat(Memory.outstandingBytes()).isEqualTo(native0);
    assertThat(r.get(BIG.at(3)).item()).isEqualTo(6);
  }

  @Test
  void compiled_accesses_are_in_place() {
    NamedRef r = emptyRef(DType.FLOAT32, BIG);
    Proc2<NamedRef, NamedArray> one = jitProc((q, i) -> q.at(BIG.at(i)).add(1));
    Proc1<NamedRef> loop =
        jitProc(q -> forLoop(0, 100, i -> q.at(BIG.at(i)).set(q.get(BIG.at(i.plus(1))).plus(1))));
    Proc1<NamedRef> branch =
        jitProc(q ->
            condProc(
                q.get(BIG.at(0)).gt(3),
                () -> q.at(BIG.at(1)).set(0),
                () -> q.at(BIG.at(2)).add(1)));
    NamedArray at = scalar(77);
    assertThat(allocated(() -> one.run(r, at))).isLessThan(60_000);
    assertThat(allocated(() -> loop.run(r))).isLessThan(1_000_000);
    assertThat(allocated(() -> branch.run(r))).isLessThan(60_000);
  }

  /** f over a reference with the given number of rows, of which 200 steps write one row each. */
  private static Function<NamedArray, NamedArray> recurrence(int rows) {
    Axis n = axis("n", rows);
    return w -> {
      NamedRef r = newRef(zeros(n, X));
      r.at(n.at(0)).set(w);
      forLoop(1, 200, i -> r.at(n.at(i)).set(sin(r.get(n.at(i.minus(1)))).times(w)));
      return sum(r.get(n.at(199)));
    };
  }

  /** The same with writes that combine, of which one repeats rows. */
  private static Function<NamedArray, NamedArray> combinations(int rows) {
    Axis n = axis("n", rows);
    return w -> {
      NamedRef r = newRef(ones(n, X));
      forLoop(
          1,
          200,
          i -> {
            NamedArray twice = stack(axis("twice", 2), List.of(i, i));
            r.at(n.at(i)).max(sin(r.get(n.at(i.minus(1)))).times(w));
            r.at(n.at(twice)).min(w.times(1.5));
            r.at(n.at(twice)).times(w);
          });
      return sum(r.get(n.at(199)));
    };
  }

  @Test
  void a_backward_pass_costs_what_the_forward_pass_costs() {
    costs(CostTest::recurrence);
  }

  @Test
  void writes_that_combine_cost_what_they_touch_forward_and_backward() {
    costs(CostTest::combinations);
  }

  private static void costs(IntFunction<Function<NamedArray, NamedArray>> work) {
    NamedArray w = full(0.9, X);
    long buffer = 100_000L * X.size() * 4;
    for (var transform :
        List.<Function<Function<NamedArray, NamedArray>, Function<NamedArray, NamedArray>>>of(
            f -> jit(f), f -> jit(grad(f)))) {
      var few = transform.apply(work.apply(1000));
      var many = transform.apply(work.apply(100_000));
      long small = allocated(() -> few.apply(w));
      long large = allocated(() -> many.apply(w));
      // Each large buffer is filled once: the reference, and its adjoint.
      assertThat(large - small).isLessThan(2 * buffer + 1_000_000);
    }
  }

  @Test
  void an_array_captured_by_a_loop_costs_its_rows() {
    NamedArray w = full(0.9, X);
    Function<Integer, Function<NamedArray, NamedArray>> f =
        rows -> {
          Axis n = axis("n", rows);
          return v -> {
            NamedArray table = broadcast(v, n);
            return foriLoop(0, 200, scalar(0.0), (i, c) -> c.plus(sum(sin(table.get(n.at(i))))));
          };
        };
    long buffer = 100_000L * X.size() * 4;
    var few = jit(grad(f.apply(1000)));
    var many = jit(grad(f.apply(100_000)));
    long small = allocated(() -> few.apply(w));
    long large = allocated(() -> many.apply(w));
    // The table, its adjoint, and what the sum over rows reads of it.
    assertThat(large - small).isLessThan(4 * buffer + 1_000_000);
  }
}
