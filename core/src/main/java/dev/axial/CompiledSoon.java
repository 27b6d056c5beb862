package dev.axial;

import dev.axial.engine.Executable;
import dev.axial.engine.Finished;
import dev.axial.engine.Piece;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A program that is interpreted until a thread in the background has compiled it, so that nobody
 * waits for the compiler. Both give the same bits. It is compiled from its first call on, or from
 * its second: what is called once and is done soon is not worth a compiler that has yet to be
 * loaded. If it cannot be compiled, it goes on to be interpreted.
 */
final class CompiledSoon implements Executable {
  /** What nobody has waited for at the end of the process is not begun. */
  private static final ThreadPoolExecutor COMPILER = compiler();

  /** Null once there is what runs instead. */
  private volatile @Nullable Executable meanwhile;

  private final FutureTask<Executable> compiled;
  private volatile @Nullable Executable done;

  /** How many calls come before the one that asks for the compiler. */
  private final AtomicInteger callsBefore;

  /** When no thread was to be had; 0 if there was one. */
  private volatile long refused;

  private static final long PAUSE_NANOS = 5_000_000_000L;

  /** How long calls have been interpreted since it is being compiled, all together. */
  private final LongAdder interpreted = new LongAdder();

  /**
   * After so long a program is worth waiting for: to go on would keep the processor from the
   * compiler, which is quick where compiled code is on disk.
   */
  private static final long PATIENCE_NANOS = 250_000_000L;

  /** How much is to be compiled, and what waits for it at the end of the process meanwhile. */
  private static int pending;

  private static @Nullable Thread atEnd;

  CompiledSoon(Callable<Executable> compile, Executable meanwhile, boolean atOnce) {
    this.meanwhile = meanwhile;
    this.callsBefore = new AtomicInteger(atOnce ? 0 : 1);
    this.compiled =
        new FutureTask<>(() -> {
          try {
            Executable e = compile.call();
            done = e;
            this.meanwhile = null;
            return e;
          } catch (Throwable x) {
            System.getLogger("dev.axial")
                .log(
                    System.Logger.Level.WARNING,
                    "a program could not be compiled ({0}); it is interpreted, which is slower",
                    x.getMessage());
            done = meanwhile;
            throw x;
          }
        });
  }

  /** If the system gives no thread, it goes on to be interpreted, and asks again later. */
  private void ask() {
    if (!begins()) {
      return;
    }
    try {
      refused = 0;
      COMPILER.execute(() -> {
        try {
          compiled.run();
        } finally {
          ends();
        }
      });
    } catch (OutOfMemoryError _) { // that of a thread that cannot be made
      ends();
      refused = System.nanoTime() | 1;
    }
  }

  /**
   * Native code of the compiler must not be running while its library is being unloaded. The hook
   * for that is there only while it is needed, or this library could not be unloaded.
   */
  private static synchronized boolean begins() {
    try {
      if (pending == 0) {
        Thread hook = Thread.ofPlatform().unstarted(CompiledSoon::end);
        Runtime.getRuntime().addShutdownHook(hook);
        atEnd = hook;
      }
      pending++;
      return true;
    } catch (IllegalStateException _) {
      return false; // the process ends already: it is interpreted to the end
    }
  }

  private static synchronized void ends() {
    Thread hook = atEnd;
    if (--pending == 0 && hook != null) {
      try {
        boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
        atEnd = null;
      } catch (IllegalStateException _) {
        atEnd = null; // it runs
      }
    }
  }

  private static ThreadPoolExecutor compiler() {
    var pool =
        new ThreadPoolExecutor(
            1,
            1,
            2,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("axial-compiler").factory(),
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Waits for the compiler, unless the process may end while it runs. */
  private static void end() {
    COMPILER.getQueue().clear();
    COMPILER.shutdown();
    try {
      for (int k = 0; k < 1000; k++) {
        if (COMPILER.awaitTermination(10, TimeUnit.MILLISECONDS) || Eager.letsGo()) {
          return;
        }
      }
      System.getLogger("dev.axial")
          .log(System.Logger.Level.WARNING, "the compiler is still at work while the process ends");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The compiled program, waited for.
   *
   * @throws AxialException if it could not be compiled
   */
  Executable compiled() {
    compiled.run(); // if nobody else does
    try {
      return Finished.get(compiled);
    } catch (ExecutionException x) {
      throw new AxialException(
          "a program could not be compiled", Objects.requireNonNull(x.getCause()));
    }
  }

  @Override
  public List<Object> call(List<Object> inputs) {
    Executable e = done;
    if (e != null) {
      return e.call(inputs);
    }
    int before = callsBefore.getAndDecrement();
    if (before == 0) {
      ask();
    }
    long when = refused;
    if (when != 0 && System.nanoTime() - when > PAUSE_NANOS) {
      ask();
    }
    Executable m = meanwhile;
    if (m == null || when == 0 && interpreted.sum() > PATIENCE_NANOS) {
      return whatStays().call(inputs);
    }
    long start = System.nanoTime();
    try {
      return m.call(inputs);
    } finally {
      interpreted.add(before > 0 ? 0 : System.nanoTime() - start);
    }
  }

  /** What is compiled, waited for; or what goes on to be interpreted. */
  private Executable whatStays() {
    compiled.run(); // if nobody else does
    try {
      return Finished.get(compiled);
    } catch (ExecutionException _) {
      return Objects.requireNonNull(done);
    }
  }

  @Override
  public String explain() {
    return compiled().explain();
  }

  @Override
  public List<Piece> pieces() {
    return compiled().pieces();
  }
}
