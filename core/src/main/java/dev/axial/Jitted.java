package dev.axial;

import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Compiled functions, by the number of their arguments. Besides being called they can write their
 * result into a reference, so that a call needs no memory of its own:
 *
 * <pre>{@code
 * var step = jit((NamedArray x) -> x.times(2).plus(1));
 * NamedRef out = emptyRef(DType.FLOAT32, X);
 * step.applyInto(out, x); // out.set(step.apply(x)), and no array is made
 * }</pre>
 *
 * <p>The function reads its arguments before the reference is written, as in {@code set}. {@code
 * out} may be a view; its axes and dtype are those that {@code set} asks for.
 */
public final class Jitted {
  private Jitted() {}

  /** A compiled function of no argument. */
  public interface Of0<R> extends Supplier<R> {
    /**
     * Writes the result into a reference.
     *
     * @throws AxialException if the result is not one array, if it does not fit, if an argument is
     *     a reference that overlaps with {@code out}, or if the function uses {@code out} itself
     */
    void applyInto(NamedRef out);
  }

  /** A compiled function of one argument. */
  public interface Of1<A, R> extends Function<A, R> {
    /**
     * Writes the result into a reference.
     *
     * @throws AxialException if the result is not one array, if it does not fit, if an argument is
     *     a reference that overlaps with {@code out}, or if the function uses {@code out} itself
     */
    void applyInto(NamedRef out, A a);
  }

  /** A compiled function of two arguments. */
  public interface Of2<A, B, R> extends BiFunction<A, B, R> {
    /**
     * Writes the result into a reference.
     *
     * @throws AxialException if the result is not one array, if it does not fit, if an argument is
     *     a reference that overlaps with {@code out}, or if the function uses {@code out} itself
     */
    void applyInto(NamedRef out, A a, B b);
  }

  /** A compiled function of three arguments. */
  public interface Of3<A, B, C, R> extends Fn3<A, B, C, R> {
    /**
     * Writes the result into a reference.
     *
     * @throws AxialException if the result is not one array, if it does not fit, if an argument is
     *     a reference that overlaps with {@code out}, or if the function uses {@code out} itself
     */
    void applyInto(NamedRef out, A a, B b, C c);
  }

  /** A compiled function of four arguments. */
  public interface Of4<A, B, C, D, R> extends Fn4<A, B, C, D, R> {
    /**
     * Writes the result into a reference.
     *
     * @throws AxialException if the result is not one array, if it does not fit, if an argument is
     *     a reference that overlaps with {@code out}, or if the function uses {@code out} itself
     */
    void applyInto(NamedRef out, A a, B b, C c, D d);
  }
}
