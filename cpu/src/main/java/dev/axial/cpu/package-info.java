/**
 * The native engine: a program, its loops included, becomes one native function that updates
 * references in place.
 *
 * <p>Before code is used on a processor that the engine has not met, {@link dev.axial.cpu.SelfTest}
 * compares what it computes with the interpreter; {@link dev.axial.cpu.Tested} and {@link
 * dev.axial.cpu.TestedProducts} leave away what is compiled wrongly.
 */
@NullMarked
package dev.axial.cpu;

import org.jspecify.annotations.NullMarked;
