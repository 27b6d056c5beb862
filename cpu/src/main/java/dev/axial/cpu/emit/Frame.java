package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;

/** A function that is being written, and how it comes by addresses and scalars from outside. */
interface Frame {
  Asm asm();

  /** The processor. */
  Target target();

  /** The address of a buffer. */
  Val address(Buffer b);

  /** The address where memory starts: what its offset says, without what moves it. */
  default Val address(Mem m) {
    String element = Types.memory(m.buffer().dtype()).scalar();
    return asm().at(address(m.buffer()), element, Asm.i64(m.offset()));
  }

  /** Whether a root has been written, so that memory has what it puts there. */
  boolean written(Root r);

  /** A root has been written, or its loops begin once more. */
  void wrote(Root r, boolean done);

  /** A scalar that was computed before. */
  Val scalar(Node n);
}
