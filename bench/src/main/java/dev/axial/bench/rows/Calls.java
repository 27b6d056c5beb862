package dev.axial.bench.rows;

import dev.axial.Memory;
import dev.axial.NamedArray;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls in this process.
 *
 * @param check makes calls of its own and throws {@link CheckFailed}
 * @param call what is timed
 * @param per how many rounds a call has, where a round is what counts
 */
record Calls(Runnable check, Runnable call, double per) implements Work {
  /** Whoever reads it would see each result, so no result can be left out. */
  @SuppressWarnings("UnusedVariable") // to be written is its purpose
  private static volatile @Nullable Object sink;

  /** Work on references. */
  static Calls of(Runnable call, Runnable check) {
    return new Calls(check, call, 1);
  }

  /** Work with a result, whose memory is used again by the next call. */
  static Calls of(Supplier<NamedArray> f, Consumer<NamedArray> check) {
    Runnable call =
        () -> {
          try (var _ = Memory.scope()) {
            consume(f.get());
          }
        };
    return new Calls(() -> check.accept(f.get()), call, 1);
  }

  /** The same with the time of a round of the loop in it. */
  Calls per(int rounds) {
    return new Calls(check, call, rounds);
  }

  /** The same with another check before. */
  Calls checkFirst(Runnable more) {
    return new Calls(
        () -> {
          more.run();
          check.run();
        },
        call,
        per);
  }

  static void consume(NamedArray x) {
    sink = x;
  }

  @Override
  public Samples measure(Timing timing) {
    check.run();
    return timing.measure(call, per);
  }
}
