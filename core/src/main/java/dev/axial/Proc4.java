package dev.axial;

/** A function of four arguments that gives nothing: it works on references. */
@FunctionalInterface
public interface Proc4<A, B, C, D> {
  /** Runs it. */
  void run(A a, B b, C c, D d);
}
