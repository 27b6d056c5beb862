package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;

/** Products with a vector. */
final class GemmVector {
  GemmVector(Tile tile, Asm f, GemmSlots env) {}

  void emit(Runnable otherwise) {
    otherwise.run();
  }
}
