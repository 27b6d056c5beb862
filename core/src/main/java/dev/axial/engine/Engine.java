package dev.axial.engine;

import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import java.util.List;

/** Turns programs into something that runs. Implementations are thread-safe. */
public interface Engine {
  /** A short name, such as {@code interpreter}. */
  String name();

  /** Compiles a checked program. */
  Executable compile(Program program);

  /**
   * Whether a single operation outside of any program is worth this engine's while. If not, the
   * interpreter does it at once.
   */
  default boolean wants(Op op, List<Type> operands) {
    return true;
  }
}
