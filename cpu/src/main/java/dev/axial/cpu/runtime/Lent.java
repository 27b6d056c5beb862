package dev.axial.cpu.runtime;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A native call of a virtual thread whose program calls Java. A virtual thread with native code on
 * its stack cannot leave its carrier, so a callback that waits for a reference would keep it; as
 * many of them as there are carriers would wait for ever for one who needs a carrier to give the
 * reference back. So a platform thread runs the native code, and asks for each callback the thread
 * that called, which waits as virtual threads do. It runs the callbacks itself: its locks, its
 * scopes, its interrupts and its thread locals are those of its code.
 */
final class Lent {
  private static final ExecutorService RUNNERS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          2,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          NewThreads.factory("axial-lent"));

  private final Thread caller = Thread.currentThread();
  private volatile @Nullable Thread runner;
  private volatile @Nullable Runnable asked;
  private volatile boolean done;
  private @Nullable Throwable failure;

  private Lent() {}

  /** Runs a call so; false if there is no thread for it, and nothing has happened. */
  static boolean run(Compiled code, Call c) {
    var lent = new Lent();
    c.lent(lent);
    try {
      RUNNERS.execute(() -> lent.work(code, c));
    } catch (OutOfMemoryError | RejectedExecutionException x) {
      c.lent(null);
      return false;
    }
    lent.serve();
    c.lent(null);
    Throwable x = lent.failure;
    if (x != null) {
      throw Upcalls.unchecked(x);
    }
    return true;
  }

  // ---------------------------------------------------------------- the platform thread

  private void work(Compiled code, Call c) {
    runner = Thread.currentThread();
    try {
      code.enter(c);
    } catch (Throwable x) {
      failure = x;
    } finally {
      done = true;
      LockSupport.unpark(caller);
    }
  }

  /** Comes back when the caller has run it; it throws nothing. */
  void ask(Runnable callback) {
    asked = callback;
    LockSupport.unpark(caller);
    while (asked != null) {
      LockSupport.park(this);
      boolean _ = Thread.interrupted(); // nobody who may end this call has this thread
    }
  }

  // ---------------------------------------------------------------- the thread that called

  /** Runs callbacks until the call is over. An interrupt is for them, and for the caller. */
  private void serve() {
    boolean interrupted = false;
    while (true) {
      Runnable callback = asked;
      if (callback != null) {
        if (interrupted) {
          caller.interrupt();
          interrupted = false;
        }
        callback.run();
        asked = null;
        LockSupport.unpark(runner);
      } else if (done) {
        break;
      } else {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      caller.interrupt();
    }
  }
}
