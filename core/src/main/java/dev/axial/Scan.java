package dev.axial;

import java.util.function.BiFunction;

/**
 * A scan with options: {@code Scan.over(Time).reverse().unroll(4).run(init, xs, (carry, x) -> …)}.
 * See {@link Axial#scan}.
 */
public final class Scan {
  private final Loops.Options options;

  private Scan(Loops.Options options) {
    this.options = options;
  }

  /** A scan along an axis. */
  public static Scan over(Axis axis) {
    return new Scan(new Loops.Options(axis, false, 1));
  }

  /** From the last element to the first; results stay at their element's place. */
  public Scan reverse() {
    return new Scan(new Loops.Options(options.axis(), !options.reverse(), options.unroll()));
  }

  /**
   * Writes n steps into each round of the loop.
   *
   * @throws AxialException if n is less than 1
   */
  public Scan unroll(int n) {
    if (n < 1) {
      throw Errors.error("unroll(%d): at least 1 step makes a round.", n);
    }
    return new Scan(new Loops.Options(options.axis(), options.reverse(), n));
  }

  /** Runs it. */
  public <C, X, Y> Axial.Step<C, Y> run(C init, X xs, BiFunction<C, X, Axial.Step<C, Y>> f) {
    return Loops.scan(options, init, xs, f);
  }
}
