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
    return new Scan(Loops.Options.of(axis));
  }

  /** From the last element to the first; results stay at their element's place. */
  public Scan reverse() {
    return new Scan(
        new Loops.Options(
            options.axis(), !options.reverse(), options.unroll(), options.checkpoints()));
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
    return new Scan(new Loops.Options(options.axis(), options.reverse(), n, options.checkpoints()));
  }

  /**
   * Reverse mode saves the carry of each step and computes the rest of the step again.
   *
   * <p>What the body writes outside of itself, it writes once, in the forward pass; a reference
   * that is differentiated cannot be among that (see {@link Axial#checkpoint}).
   */
  public Scan checkpoint() {
    return checkpoint(options.axis().size());
  }

  /**
   * Reverse mode saves the carry of each of n blocks of steps, and the carries of the steps of one
   * block at a time: with n about the square root of the number of steps, memory grows with that
   * root, and each step runs three times instead of twice. Mirrors the nested scan checkpoints of
   * Haliax; A. Griewank, "Achieving logarithmic growth of temporal and spatial complexity in
   * reverse automatic differentiation", 1992.
   *
   * @throws AxialException if the axis does not divide into n blocks of one size
   */
  public Scan checkpoint(int n) {
    int size = options.axis().size();
    if (size == 0) {
      return this;
    }
    if (n < 1 || size % n != 0) {
      throw Errors.error(
          "checkpoint(%d): the %d steps over '%s' do not divide into %d blocks of one size. Take a divisor of %d.",
          n, size, options.axis().name(), n, size);
    }
    return new Scan(new Loops.Options(options.axis(), options.reverse(), options.unroll(), n));
  }

  /** Runs it. */
  public <C, X, Y> Axial.Step<C, Y> run(C init, X xs, BiFunction<C, X, Axial.Step<C, Y>> f) {
    return Loops.scan(options, init, xs, f);
  }
}
