package dev.axial;

import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Piece;
import dev.axial.ir.Program;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that is interpreted until a thread in the background has compiled it, so that nobody
 * waits for the compiler. Both give the same bits.
 */
final class CompiledSoon implements Executable {
  /** What nobody has waited for at the end of the process is not begun. */
  private static final ThreadPoolExecutor COMPILER = compiler();

  private final Executable meanwhile;
  private volatile @Nullable Executable compiled;
  private volatile @Nullable Throwable failure;
  private final Runnable work;

  /** When no thread was to be had; 0 if there was one. */
  private volatile long refused;

  private static final long PAUSE_NANOS = 5_000_000_000L;

  /** How much is to be compiled, and what waits for it at the end of the process meanwhile. */
  private static int pending;

  private static @Nullable Thread atEnd;

  CompiledSoon(Engine engine, Program program, Executable meanwhile) {
    this.meanwhile = meanwhile;
    this.work = () -> compile(engine, program);
    ask();
  }

  /** If the system gives no thread, it goes on to be interpreted, and asks again later. */
  private void ask() {
    if (!begins()) {
      return;
    }
    try {
      refused = 0;
      COMPILER.execute(work);
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

  private static void end() {
    COMPILER.getQueue().clear();
    COMPILER.shutdown();
    try {
      if (!COMPILER.awaitTermination(10, TimeUnit.SECONDS)) {
        System.getLogger("dev.axial")
            .log(
                System.Logger.Level.WARNING,
                "the compiler is still at work while the process ends");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void compile(Engine engine, Program program) {
    try {
      compiled = engine.compile(program);
    } catch (RuntimeException | Error x) {
      failure = x; // of the next call
    } finally {
      ends();
    }
  }

  @Override
  public List<Object> call(List<Object> inputs) {
    Executable e = compiled;
    if (e != null) {
      return e.call(inputs);
    }
    Throwable x = failure;
    if (x != null) {
      throw new AxialException("an operation could not be compiled", x);
    }
    long when = refused;
    if (when != 0 && System.nanoTime() - when > PAUSE_NANOS) {
      ask();
    }
    return meanwhile.call(inputs);
  }

  @Override
  public String explain() {
    Executable e = compiled;
    return e == null ? meanwhile.explain() : e.explain();
  }

  @Override
  public List<Piece> pieces() {
    Executable e = compiled;
    return e == null ? meanwhile.pieces() : e.pieces();
  }
}
