/**
 * The native engine: a program, its loops included, becomes one native function that updates
 * references in place.
 *
 * <p>Before an engine is used on a processor that it has not met, {@link dev.axial.cpu.SelfTest}
 * compares what it computes with the interpreter; {@link dev.axial.cpu.Tested} leaves away what is
 * compiled wrongly.
 */
@NullMarked
package dev.axial.cpu;

import org.jspecify.annotations.NullMarked;
