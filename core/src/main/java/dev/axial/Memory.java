package dev.axial;

import dev.axial.engine.Pool;

/**
 * Control over the memory of arrays. Large arrays own native memory that comes back when they are
 * collected; a budget of outstanding bytes ({@code -Daxial.memory=4g}, default half of the machine)
 * makes room before the process would fail. Stacks of what loops save for derivatives, scratch
 * memory and compiled code count too. What is dropped at once is collected and used again long
 * before, whenever that takes little of the time. A scope frees earlier:
 *
 * <pre>{@code
 * NamedArray out;
 * try (var scope = Memory.scope()) {
 *   out = scope.keep(work());
 * }
 * }</pre>
 */
public final class Memory {
  private Memory() {}

  /**
   * A scope on this thread. At its end all arrays and references that were made on this thread
   * since are freed, but for what was kept; a later use of one is an error that says so. A use by
   * another thread that is under way is not hurt: the end waits for the lock of a reference, and
   * the memory of an array goes when the last use is over. Arrays that a compiled function captured
   * when it was traced belong to its code, and stay.
   */
  public static Scope scope() {
    return new Scope();
  }

  /** The bytes of large arrays in use. */
  public static long outstandingBytes() {
    return Pool.outstandingBytes();
  }

  /** The most bytes that may be in use. */
  public static long budgetBytes() {
    return Pool.budgetBytes();
  }

  /** An open scope. Scopes nest, and close in the opposite order. */
  public static final class Scope implements AutoCloseable {
    private final Pool.Scope pool = new Pool.Scope();

    private Scope() {}

    /** Lets a tree of arrays and references leave the scope; a view with its indices. */
    public <T> T keep(T tree) {
      for (Tensor t : Tree.leaves(tree)) {
        switch (t) {
          case NamedArray x -> pool.keep(x.store("Memory.scope().keep"));
          case NamedRef r -> {
            if (r.core().storage != null && r.core().storage.alive()) {
              pool.keep(r.core().storage.store());
            }
            r.view().arrays().forEach(x -> pool.keep(x.store("Memory.scope().keep")));
          }
        }
      }
      return tree;
    }

    /**
     * Frees what was not kept.
     *
     * @throws AxialException if it is not the innermost open scope of this thread, or in a callback
     *     or an update that it is around
     */
    @Override
    public void close() {
      pool.close();
    }
  }
}
