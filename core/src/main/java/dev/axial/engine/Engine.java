package dev.axial.engine;

import dev.axial.ir.Program;
import org.jspecify.annotations.Nullable;

/** Turns programs into something that runs. Implementations are thread-safe. */
public interface Engine {
  /** A short name, such as {@code interpreter}. */
  String name();

  /** Compiles a checked program. */
  Executable compile(Program program);

  /** Code of a program, if there is some already or it takes no time to speak of; else null. */
  default @Nullable Executable prepared(Program program) {
    return compile(program);
  }

  /**
   * Lets the process end while programs are being compiled: what would be dangerous then is not
   * done. False if it cannot, and the end has to wait for them.
   */
  default boolean letsGo() {
    return false;
  }
}
