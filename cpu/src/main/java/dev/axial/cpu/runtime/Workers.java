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
  private static volatile boolean started;

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
        } catch (RuntimeException | Error x) {
          failure = x;
        } finally {
          done.incrementAndGet();
        }
      }
    }
  }

  /** Runs all parts and comes back when they are done. */
  static void fork(MemorySegment function, MemorySegment env, long parts) {
    if (HELPERS.length == 0 || parts == 1 || !BUSY.compareAndSet(false, true)) {
      for (long k = 0; k < parts; k++) {
        C.part(function, env, k);
      }
      return;
    }
    try {
      start();
      // Memory of the caller's thread alone would be refused to the helpers.
      var job = new Job(function, MemorySegment.ofAddress(env.address()), parts);
      current = job;
      for (int k = 0; k < HELPERS.length; k++) {
        if (asleep(k)) {
          LockSupport.unpark(HELPERS[k]);
        }
      }
      job.work();
      while (job.done.get() < parts) {
        Thread.onSpinWait();
      }
      current = null;
      switch (job.failure) {
        case null -> {}
        case RuntimeException x -> throw x;
        case Error x -> throw x;
        default -> {} // not over Op: nothing else is caught
      }
    } finally {
      BUSY.set(false);
    }
  }

  private static boolean asleep(int k) {
    synchronized (ASLEEP) {
      return ASLEEP[k];
    }
  }

  private static void start() {
    if (started) {
      return;
    }
    for (int k = 0; k < HELPERS.length; k++) {
      int me = k;
      HELPERS[k] = Thread.ofPlatform().daemon().name("axial-worker-" + k).unstarted(() -> help(me));
    }
    for (Thread t : HELPERS) {
      t.start();
    }
    started = true;
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
