package dev.axial.engine;

import java.util.List;

/**
 * A compiled program. Thread-safe as long as callers hold the locks of the references they pass.
 */
public interface Executable {
  /**
   * Runs it.
   *
   * @param inputs for each input of the program a {@link Store}, a {@link Storage}, or a value that
   *     another executable of the same engine gave
   * @return for each output a {@link Store}; an opaque value of the engine where the output is a
   *     reference or a stack
   */
  List<Object> call(List<Object> inputs);

  /** What runs: kernels, buffers, copies. Empty where the engine has nothing to tell. */
  default String explain() {
    return "";
  }

  /** What {@link #explain} tells of loops and products, as data. Empty likewise. */
  default List<Piece> pieces() {
    return List.of();
  }
}
