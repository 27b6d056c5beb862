package dev.axial;

/** A function of four arguments. */
@FunctionalInterface
public interface Fn4<A, B, C, D, R> {
  /** Applies the function. */
  R apply(A a, B b, C c, D d);
}
