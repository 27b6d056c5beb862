package dev.axial.engine;

import dev.axial.ir.Program;

/** Turns programs into something that runs. Implementations are thread-safe. */
public interface Engine {
  /** A short name, such as {@code interpreter}. */
  String name();

  /** Compiles a checked program. */
  Executable compile(Program program);

  /**
   * Whether it has code for programs of this kind, whatever the sizes, so that compiling another
   * one takes no time to speak of.
   */
  default boolean isPrepared(Program program) {
    return true;
  }
}
