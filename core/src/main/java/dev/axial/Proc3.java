package dev.axial;

/** A function of three arguments that gives nothing: it works on references. */
@FunctionalInterface
public interface Proc3<A, B, C> {
  /** Runs it. */
  void run(A a, B b, C c);
}
