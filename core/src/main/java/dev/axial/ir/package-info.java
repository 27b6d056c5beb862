/**
 * Programs: typed, named-axis, single-assignment listings with explicit effects.
 *
 * <p>A {@link dev.axial.ir.Program} has inputs, a list of {@link dev.axial.ir.Equation}s and
 * outputs. A value's type is a dtype and an ordered list of named {@link dev.axial.ir.Dim}s;
 * operations align by name, so the order matters only to who looks at the bytes. References and
 * stacks are ordinary variables; their accesses are equations in program order.
 *
 * <p>Vocabulary: an <em>equation</em> applies an {@link dev.axial.ir.Op} to variables; a
 * <em>body</em> is a program nested in an operation (of a loop, a branch, a call); a body's inputs
 * are what the operation feeds it and after these what it captured. A {@link dev.axial.ir.Builder}
 * collects equations, and captures any variable it does not own.
 *
 * <p>Invariants, checked by {@link dev.axial.ir.Checker}: programs are closed and singly assigned,
 * every equation has the types of its rule, no reference leaves a program, and no reference comes
 * into a body twice. The cousin in JAX is the jaxpr.
 */
@NullMarked
package dev.axial.ir;

import org.jspecify.annotations.NullMarked;
