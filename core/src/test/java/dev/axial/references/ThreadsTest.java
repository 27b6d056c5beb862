package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Rule 15: eager accesses and compiled calls on shared references are linearizable, and never hang.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadsTest {
  private static final Axis X = axis("x", 8);
  private static final int THREADS = 8;
  private static final int ROUNDS = 2000;

  private static void together(Callable<Void> body) throws Exception {
    try (var pool = Executors.newFixedThreadPool(THREADS)) {
      var results = new ArrayList<Future<Void>>();
      for (int k = 0; k < THREADS; k++) {
        results.add(pool.submit(body));
      }
      for (Future<Void> f : results) {
        f.get(100, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void no_update_is_lost_among_mixed_kinds() throws Exception {
    NamedRef a = newRef(zeros(DType.INT32, X));
    NamedRef b = newRef(zeros(DType.INT32, X));
    Proc2<NamedRef, NamedRef> both =
        jitProc((p, q) -> {
          p.add(1);
          q.add(1);
        });
    together(() -> {
      for (int k = 0; k < ROUNDS; k++) {
        switch (k % 5) {
          case 0 -> both.run(a, b);
          case 1 -> both.run(b, a); // the other order
          case 2 -> {
            a.add(1);
            b.add(1);
          }
          case 3 -> {
            a.update(v -> v.plus(1));
            b.update(v -> v.plus(1));
          }
          default -> {
            for (int i = 0; i < X.size(); i++) {
              a.at(X.at(i)).add(1);
              b.slice(X.range(i, i + 1)).add(1);
            }
          }
        }
      }
      return null;
    });
    assertThat(a.value().toIntArray()).containsOnly(THREADS * ROUNDS);
    assertThat(b.value().toIntArray()).containsOnly(THREADS * ROUNDS);
  }

  @Test
  void swaps_hand_each_value_on_once() throws Exception {
    NamedRef r = newRef(scalar(0));
    var seen = new boolean[THREADS * ROUNDS + 1];
    var next = new int[] {1};
    Object guard = new Object();
    together(() -> {
      for (int k = 0; k < ROUNDS; k++) {
        int mine;
        synchronized (guard) {
          mine = next[0]++;
        }
        int old = (int) r.swap(mine).item();
        synchronized (guard) {
          assertThat(seen[old]).as("value %d came back twice", old).isFalse();
          seen[old] = true;
        }
      }
      return null;
    });
    seen[(int) r.item()] = true;
    assertThat(seen).doesNotContain(false);
  }

  @Test
  void a_read_never_sees_half_a_write() throws Exception {
    Axis wide = axis("wide", 4096);
    NamedRef r = newRef(zeros(DType.INT32, wide));
    var number = new java.util.concurrent.atomic.AtomicInteger();
    together(() -> {
      boolean writes = number.getAndIncrement() % 2 == 0;
      for (int k = 0; k < 200; k++) {
        if (writes) {
          r.set(k);
        } else {
          int[] v = r.value().toIntArray();
          assertThat(v).containsOnly(v[0]);
        }
      }
      return null;
    });
  }

  @Test
  void a_failed_update_leaves_the_lock_free() throws Exception {
    NamedRef r = newRef(zeros(X));
    assertThatThrownBy(() ->
            r.update(v -> {
              throw new IllegalStateException("mine");
            }))
        .isInstanceOf(IllegalStateException.class);
    var failure = new AtomicReference<Throwable>();
    Thread other =
        new Thread(() -> {
          try {
            r.set(1);
          } catch (RuntimeException x) {
            failure.set(x);
          }
        });
    other.start();
    other.join(10_000);
    assertThat(other.isAlive()).isFalse();
    assertThat(failure.get()).isNull();
    assertThat(r.value().toFloatArray()).containsOnly(1f);
  }

  @Test
  void crossed_updates_are_an_error_and_not_a_deadlock() throws Exception {
    NamedRef a = newRef(scalar(0));
    NamedRef b = newRef(scalar(0));
    var inside = new CountDownLatch(2);
    var failures = java.util.Collections.synchronizedList(new ArrayList<AxialException>());
    List<Thread> threads = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      NamedRef mine = k == 0 ? a : b;
      NamedRef other = k == 0 ? b : a;
      threads.add(
          new Thread(() -> {
            try {
              mine.update(v -> {
                inside.countDown();
                try {
                  inside.await();
                } catch (InterruptedException x) {
                  Thread.currentThread().interrupt();
                }
                return v.plus(other.get());
              });
            } catch (AxialException x) {
              failures.add(x);
            }
          }));
    }
    threads.forEach(Thread::start);
    for (Thread t : threads) {
      t.join(60_000);
      assertThat(t.isAlive()).isFalse();
    }
    assertThat(failures)
        .isNotEmpty()
        .allSatisfy(
            x -> assertThat(x).hasMessageContaining("the two would wait for each other for ever"));
    a.set(5);
    b.set(6);
    assertThat(a.item() + b.item()).isEqualTo(11);
  }
}
