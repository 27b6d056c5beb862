package dev.axial.engine;

import dev.axial.ir.Program;

/** Turns programs into something that runs. Implementations are thread-safe. */
public interface Engine {
  /** A short name, such as {@code interpreter}. */
  String name();

  /** Compiles a checked program. */
  Executable compile(Program program);

  /** Whether it has code for a program already, so that compiling it takes no time to speak of. */
  default boolean isPrepared(Program program) {
    return true;
  }

  /**
   * Lets the process end while programs are being compiled: what would be dangerous then is not
   * done. False if it cannot, and the end has to wait for them.
   */
  default boolean letsGo() {
    return false;
  }
}
