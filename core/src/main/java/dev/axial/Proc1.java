package dev.axial;

/** A function of one argument that gives nothing: it works on references. */
@FunctionalInterface
public interface Proc1<A> {
  /** Runs it. */
  void run(A a);
}
