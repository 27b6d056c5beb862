/**
 * Text of functions in LLVM's language, made for the processor at hand.
 *
 * <p>{@link dev.axial.cpu.emit.Gemm} is a module of contractions that is compiled once and called
 * by programs through pointers. A contraction C = A·B is cut three times. What stays in registers
 * is a {@code Tile} of C, some rows of some vectors: {@code GemmKernels} adds products to it, k by
 * k. What stays in the caches are the operands of many tiles: {@code GemmPacking} lays them out in
 * the order in which the kernels read them, unless they are used so few times that this would cost
 * more than it saves. What goes to threads are blocks of C: {@code GemmDriver} makes tasks of them,
 * and {@code GemmBlock} is one. Nothing is ever cut along k but by the length of k alone, so that a
 * result does not depend on the number of threads. Products with a vector have no reuse, and ways
 * of their own in {@code GemmVector}.
 *
 * <p>The sizes of blocks are in {@code GemmPlan}, the numbers that the functions share in {@code
 * GemmSlots}.
 */
@NullMarked
package dev.axial.cpu.emit;

import org.jspecify.annotations.NullMarked;
