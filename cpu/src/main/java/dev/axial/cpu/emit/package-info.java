/**
 * From plans to the text of LLVM functions. {@link dev.axial.cpu.emit.Emitter} writes a program's
 * entry with its control flow; {@link dev.axial.cpu.emit.NestEmitter} writes loops, {@link
 * dev.axial.cpu.emit.Eval} the value of an element at a point of them. {@link
 * dev.axial.cpu.emit.Gemm} is a library of its own, compiled once: products of matrices of any
 * strides.
 *
 * <p>No address leaves its buffer: every index that is a value is wrapped and clamped before it is
 * used, and what a clamped index stands for is decided beside it. What is written depends on the
 * {@link dev.axial.cpu.emit.Target}, never on the machine that writes it. Sums are taken in an
 * order that follows from the sizes alone, so that results do not depend on the number of threads.
 */
@NullMarked
package dev.axial.cpu.emit;

import org.jspecify.annotations.NullMarked;
