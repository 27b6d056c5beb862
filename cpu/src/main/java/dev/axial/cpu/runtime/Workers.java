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
 * before they sleep, because the next nest usually comes at once.
 */
final class Workers {
  private static final long PATIENCE_NANOS = 50_000;
  private static final AtomicBoolean BUSY = new AtomicBoolean();
  private static final Thread[] HELPERS = new Thread[Threads.COUNT - 1];
  private static final boolean[] ASLEEP = new boolean[HELPERS.length];
  private static volatile @Nullable Job current;

  /** How many helpers there are: the first ones. */
  private static volatile int started;

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
      for (int k = 0; k < started; k++) {
        if (asleep(k)) {
          LockSupport.unpark(HELPERS[k]);
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
      return started == 0 ? null : new Job(function, MemorySegment.ofAddress(env.address()), parts);
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
    if (started == HELPERS.length || System.nanoTime() - refused < 0) {
      return;
    }
    try {
      for (int k = started; k < HELPERS.length; k++) {
        int me = k;
        HELPERS[k] = NewThreads.factory("axial-worker-" + k).newThread(() -> help(me));
        HELPERS[k].start();
        started = k + 1;
      }
    } catch (OutOfMemoryError x) { // that of a thread that cannot be made
      refused = System.nanoTime() + PAUSE_NANOS;
    }
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
          LockSupport.park(Workers.class);
        }
        synchronized (ASLEEP) {
          ASLEEP[me] = false;
        }
        since = System.nanoTime();
      }
    }
  }
}
