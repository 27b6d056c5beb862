package dev.axial.stress;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc3;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many mixed updates of shared references, with locks taken in all orders: nothing is lost, and
 * nobody waits for ever. {@code -Daxial.stress.updates=100000} makes it the long run.
 */
@Timeout(value = 1200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StressTest {
  private static final int THREADS = 8;
  private static final int UPDATES = Integer.getInteger("axial.stress.updates", 5_000);
  private static final int REFS = 4;
  private static final Axis ROW = axis("Row", 6);
  private static final Axis F = axis("Feature", 17);

  /** One unit goes from a row of one to a row of the other; the order of the locks is not ours. */
  private static final Proc3<NamedRef, NamedRef, NamedArray> MOVE =
      jitProc((from, to, rows) -> {
        from.at(ROW.at(rows.get(axis("Two", 2).at(0)))).add(-1);
        to.at(ROW.at(rows.get(axis("Two", 2).at(1)))).add(1);
      });

  private static final Proc3<NamedRef, NamedRef, NamedArray> EXCHANGE =
      jitProc((a, b, row) -> {
        NamedArray old = a.at(ROW.at(row)).swap(b.get(ROW.at(row)));
        b.at(ROW.at(row)).set(old);
      });

  private final List<NamedRef> refs =
      IntStream.range(0, REFS).mapToObj(_ -> newRef(zeros(DType.INT64, ROW, F))).toList();

  private static void together(Callable<Void> body) throws Exception {
    try (var pool = Executors.newFixedThreadPool(THREADS)) {
      var results = new ArrayList<Future<Void>>();
      for (int k = 0; k < THREADS; k++) {
        results.add(pool.submit(body));
      }
      for (Future<Void> f : results) {
        f.get(1000, TimeUnit.SECONDS);
      }
    }
  }

  /** What the operations added to each element of all rows of all references, in all. */
  private long total() {
    long sum = 0;
    for (NamedRef r : refs) {
      long[] values = r.get().toLongArray();
      for (int k = 0; k < ROW.size(); k++) {
        long[] row = Arrays.copyOfRange(values, k * F.size(), (k + 1) * F.size());
        assertThat(row).as("a row is written as a whole").containsOnly(row[0]);
        sum += row[0];
      }
    }
    return sum;
  }

  @Test
  void nothing_is_lost_and_nobody_waits_for_ever() throws Exception {
    var seeds = new AtomicLong(Long.getLong("axial.stress.seed", 1));
    var added = new AtomicLong();
    together(() -> {
      var random = new SplittableRandom(seeds.getAndIncrement());
      long mine = 0;
      for (int k = 0; k < UPDATES; k++) {
        mine += update(random);
      }
      added.addAndGet(mine);
      return null;
    });
    assertThat(total()).isEqualTo(added.get());
  }

  /** One update; gives what it added. */
  private long update(SplittableRandom random) {
    int first = random.nextInt(REFS);
    int second = (first + 1 + random.nextInt(REFS - 1)) % REFS;
    NamedRef a = refs.get(first);
    NamedRef b = refs.get(second);
    int row = random.nextInt(ROW.size());
    switch (random.nextInt(7)) {
      case 0 -> a.at(ROW.at(row)).add(1);
      case 1 -> a.at(ROW.at(row)).update(v -> v.plus(1));
      case 2 -> {
        a.slice(ROW.range(0, row + 1)).add(1);
        return 1L + row;
      }
      case 3 -> {
        a.at(ROW.at(scalar(row))).add(full(3, F));
        return 3;
      }
      case 4 -> {
        int other = random.nextInt(ROW.size());
        MOVE.run(a, b, array(new int[] {row, other}, axis("Two", 2)));
        return 0;
      }
      case 5 -> {
        EXCHANGE.run(a, b, scalar(row));
        return 0;
      }
      default -> { // a read in between: rows are whole
        long[] seen = b.get(ROW.at(row)).toLongArray();
        assertThat(seen).containsOnly(seen[0]);
        return 0;
      }
    }
    return 1;
  }

  /** Threads that are interrupted, or fail in the middle, leave their locks free. */
  @Test
  void interrupted_and_failing_threads_leave_the_locks_free() throws Exception {
    NamedRef r = refs.getFirst();
    var added = new AtomicLong();
    together(() -> {
      Thread me = Thread.currentThread();
      for (int k = 0; k < Math.max(100, UPDATES / 50); k++) {
        me.interrupt();
        r.at(ROW.at(0)).add(1);
        added.incrementAndGet();
        assertThat(Thread.interrupted()).as("the interrupt is left to its owner").isTrue();
        assertThatThrownBy(() ->
                r.at(ROW.at(1))
                    .update(_ -> {
                      throw new IllegalStateException("in the middle");
                    }))
            .hasStackTraceContaining("in the middle");
        MOVE.run(r, refs.get(1), array(new int[] {0, 2}, axis("Two", 2)));
      }
      return null;
    });
    assertThat(total()).isEqualTo(added.get());
    assertThat(r.get(ROW.at(1)).toLongArray()).containsOnly(0);
  }

  /** An interrupt while another thread holds the lock: the wait goes on, and ends. */
  @Test
  void an_interrupted_wait_goes_on() throws Exception {
    NamedRef r = refs.getFirst();
    var inside = new CountDownLatch(1);
    var leave = new CountDownLatch(1);
    try (var pool = Executors.newFixedThreadPool(2)) {
      Future<?> holder =
          pool.submit(() ->
              r.update(v -> {
                inside.countDown();
                try {
                  leave.await();
                } catch (InterruptedException x) {
                  throw new IllegalStateException(x);
                }
                return v.plus(1);
              }));
      inside.await();
      var waiting = new Thread[1];
      Future<Boolean> waiter =
          pool.submit(() -> {
            waiting[0] = Thread.currentThread();
            r.add(1);
            return Thread.interrupted();
          });
      while (waiting[0] == null || waiting[0].getState() == Thread.State.RUNNABLE) {
        Thread.onSpinWait();
      }
      waiting[0].interrupt();
      leave.countDown();
      holder.get(100, TimeUnit.SECONDS);
      assertThat(waiter.get(100, TimeUnit.SECONDS)).as("still interrupted").isTrue();
    }
    assertThat(r.get().toLongArray()).containsOnly(2);
  }
}
