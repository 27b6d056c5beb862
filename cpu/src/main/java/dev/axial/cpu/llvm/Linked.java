package dev.axial.cpu.llvm;

import java.lang.foreign.MemorySegment;

/** Machine code in this process. */
interface Linked {
  /** The address of the k-th symbol asked for. */
  MemorySegment address(int k);

  /** Removes the code; nobody may run it any more. */
  void unload();
}
