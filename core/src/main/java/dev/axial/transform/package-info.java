/**
 * Transformations: functions from programs to programs, one file each, with one exhaustive switch
 * over the operations in it.
 *
 * <p>A pass walks a program, keeps what stands for each variable in an {@link dev.axial.ir.Env},
 * and emits into a {@link dev.axial.ir.Builder}. It walks a body with the body's constants bound to
 * variables outside; the builder captures what the walk touched. Names of helpers are the same in
 * every pass.
 *
 * <p>Invariants: the result passes the {@link dev.axial.ir.Checker}; an access to a reference costs
 * what it touches before and after every pass. The cousins in JAX are {@code ad.py}, {@code
 * batching.py} and {@code discharge.py}; reverse mode is written directly instead of by
 * linearization and transposition.
 */
@NullMarked
package dev.axial.transform;

import org.jspecify.annotations.NullMarked;
