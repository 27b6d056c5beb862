package dev.axial.cpu.runtime;

import dev.axial.cpu.emit.Threads;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that divide wide loops. The one that asks works too. Only one nest is divided at a
 * time; whoever comes meanwhile does its work alone. Waiting threads look for work for a while
 * before they sleep, because the next nest usually comes at once; and they end when none comes.
 */
final class Workers {
  private static final long PATIENCE_NANOS = 50_000;
  private static final AtomicBoolean BUSY = new AtomicBoolean();
  private static final @Nullable Thread[] HELPERS = new Thread[Threads.COUNT - 1];
  private static final boolean[] ASLEEP = new boolean[HELPERS.length];
  private static volatile @Nullable Job current;

  /** How many helpers there are. Whoever changes it, or {@link #HELPERS}, has set {@link #BUSY}. */
  private static int running;

  /**
   * A helper that had nothing to do for so long ends, or nothing that it runs could be unloaded.
   */
  private static final long IDLE_NANOS = 2_000_000_000L;

  /** Until when the system is not asked for the others. */
  private static long refused = System.nanoTime();

  private static final long PAUSE_NANOS = 5_000_000_000L;

  private Workers() {}

  /** Parts of one nest, taken one by one. */
  private static final class Job {
    final MemorySegment function;
    final MemorySegment env;
    final long parts;
    final AtomicLong next = new AtomicLong();
    final AtomicLong done = new AtomicLong();
    volatile @Nullable Throwable failure;

    Job(MemorySegment function, MemorySegment env, long parts) {
      this.function = function;
      this.env = env;
      this.parts = parts;
    }

    void work() {
      while (true) {
        long k = next.getAndIncrement();
        if (k >= parts) {
          return;
        }
        try {
          C.part(function, env, k);
        } catch (Throwable x) {
          failure = x;
        } finally {
          done.incrementAndGet();
        }
      }
    }
  }

  /** Initializes what a call needs, but starts nothing. */
  static void prepare() {
    new Job(MemorySegment.NULL, MemorySegment.NULL, 0).work();
    LockSupport.unpark(Thread.currentThread());
    LockSupport.park(); // comes back at once
  }

  /** Runs all parts and comes back when they are done. */
  static void fork(MemorySegment function, MemorySegment env, long parts) {
    if (HELPERS.length == 0 || parts == 1 || !BUSY.compareAndSet(false, true)) {
      alone(function, env, parts);
      return;
    }
    try {
      Job job = job(function, env, parts);
      if (job == null) {
        alone(function, env, parts);
        return;
      }
      current = job;
      for (int k = 0; k < HELPERS.length; k++) {
        Thread t = HELPERS[k];
        if (t != null && asleep(k)) {
          LockSupport.unpark(t);
        }
      }
      job.work();
      while (job.done.get() < parts) {
        Thread.onSpinWait();
      }
      current = null;
      Throwable x = job.failure;
      if (x != null) {
        throw Upcalls.unchecked(x);
      }
    } finally {
      BUSY.set(false);
    }
  }

  private static void alone(MemorySegment function, MemorySegment env, long parts) {
    for (long k = 0; k < parts; k++) {
      C.part(function, env, k);
    }
  }

  /** Work for several threads; null where there is none to help, or no memory to say it. */
  private static @Nullable Job job(MemorySegment function, MemorySegment env, long parts) {
    try {
      start();
      // Memory of the caller's thread alone would be refused to the helpers.
      return running == 0 ? null : new Job(function, MemorySegment.ofAddress(env.address()), parts);
    } catch (OutOfMemoryError x) {
      return null;
    }
  }

  private static boolean asleep(int k) {
    synchronized (ASLEEP) {
      return ASLEEP[k];
    }
  }

  /**
   * Starts those that are missing. If the system gives no more threads, it is asked again later.
   */
  private static void start() {
    if (running == HELPERS.length || System.nanoTime() - refused < 0) {
      return;
    }
    try {
      for (int k = 0; k < HELPERS.length; k++) {
        if (HELPERS[k] != null) {
          continue;
        }
        int me = k;
        Thread t = NewThreads.factory("axial-worker-" + k).newThread(() -> help(me));
        t.start();
        HELPERS[k] = t;
        running++;
      }
    } catch (OutOfMemoryError x) { // that of a thread that cannot be made
      refused = System.nanoTime() + PAUSE_NANOS;
    }
  }

  /** Whether a helper may end: not while a nest is divided. */
  private static boolean leaves(int me) {
    if (!BUSY.compareAndSet(false, true)) {
      return false;
    }
    HELPERS[me] = null;
    running--;
    BUSY.set(false);
    return true;
  }

  private static void help(int me) {
    Job last = null;
    long since = System.nanoTime();
    while (true) {
      Job j = current;
      if (j != null && j != last) {
        j.work();
        last = j;
        since = System.nanoTime();
      } else if (System.nanoTime() - since < PATIENCE_NANOS) {
        Thread.onSpinWait();
      } else {
        synchronized (ASLEEP) {
          ASLEEP[me] = true;
        }
        if (current == j) {
          LockSupport.parkNanos(Workers.class, IDLE_NANOS);
        }
        synchronized (ASLEEP) {
          ASLEEP[me] = false;
        }
        if (current == null && System.nanoTime() - since >= IDLE_NANOS && leaves(me)) {
          return;
        }
      }
    }
  }
}
