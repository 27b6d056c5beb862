package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.cpu.llvm.Library;
import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Finished;
import dev.axial.ir.Program;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An engine whose code is given to nobody before it has passed {@link SelfTest}. The test begins
 * with the first program, on another thread, while that program is compiled; then it is waited for.
 * Where no level passes, the oracle computes.
 */
final class Tested implements Engine {
  private final Engine first;
  private final FutureTask<Engine> verdict;

  /** Whether somebody runs the test already. */
  private boolean begun;

  /**
   * The engine of a library, or of as much of it as passes.
   *
   * @param question what the verdict is about, in words that change with the test
   * @param oracle an engine that is right
   * @param make the engine of a library
   */
  Tested(Library library, String question, Engine oracle, Function<Library, Engine> make) {
    this.first = make.apply(library);
    this.verdict =
        new FutureTask<>(() -> {
          try {
            return Verdicts.first(
                library,
                question,
                l -> l == library ? first : make.apply(l),
                e -> SelfTest.difference(e, oracle));
          } catch (AxialException x) {
            System.getLogger("dev.axial")
                .log(
                    System.Logger.Level.WARNING,
                    "{0}; programs run on the {1}, which is slower",
                    x.getMessage(),
                    oracle.name());
            return oracle;
          }
        });
  }

  /** That of the engine that computes. */
  @Override
  public String name() {
    return chosen().name();
  }

  @Override
  public @Nullable Executable prepared(Program program) {
    return verdict.isDone() ? chosen().prepared(program) : null;
  }

  @Override
  public boolean letsGo() {
    return first.letsGo();
  }

  /** It always waits for the test, which so never outlives who waits for a program. */
  @Override
  public Executable compile(Program program) {
    if (verdict.isDone()) {
      return chosen().compile(program);
    }
    begin();
    Executable made;
    try {
      made = first.compile(program);
    } finally {
      Engine _ = chosen();
    }
    Engine e = chosen();
    return e == first ? made : e.compile(program);
  }

  /** On a thread of its own; where none is to be had, whoever needs the verdict runs the test. */
  private synchronized void begin() {
    if (!begun) {
      begun = true;
      try {
        Thread.ofPlatform().daemon().name("axial-self-test").start(verdict);
      } catch (OutOfMemoryError _) {
        // That of a thread that cannot be made.
      }
    }
  }

  private Engine chosen() {
    verdict.run(); // if nobody else does
    try {
      return Finished.get(verdict);
    } catch (ExecutionException x) {
      throw new CompletionException(x.getCause());
    }
  }
}
