package dev.axial;

/** A function of two arguments that gives nothing: it works on references. */
@FunctionalInterface
public interface Proc2<A, B> {
  /** Runs it. */
  void run(A a, B b);
}
