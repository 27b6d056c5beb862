package dev.axial;

/** A function of three arguments. */
@FunctionalInterface
public interface Fn3<A, B, C, R> {
  /** Applies the function. */
  R apply(A a, B b, C c);
}
