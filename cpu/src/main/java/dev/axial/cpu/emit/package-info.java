/**
 * From plans to the text of LLVM functions. {@link dev.axial.cpu.emit.Emitter} writes a program's
 * entry with its control flow; {@link dev.axial.cpu.emit.NestEmitter} writes loops, {@link
 * dev.axial.cpu.emit.Eval} the value of an element at a point of them.
 *
 * <p>No address leaves its buffer: every index that is a value is wrapped and clamped before it is
 * used, and what a clamped index stands for is decided beside it.
 */
@NullMarked
package dev.axial.cpu.emit;

import org.jspecify.annotations.NullMarked;
