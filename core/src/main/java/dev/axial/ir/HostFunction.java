package dev.axial.ir;

import java.util.List;

/** Java code that a program calls while it runs. Identity is equality. */
public interface HostFunction {
  /** Receives one opaque array (an engine's buffer) for each operand, with its type. */
  void call(List<Object> buffers, List<ArrayType> types);
}
