/**
 * The native engine: a program, its loops included, becomes one native function that updates
 * references in place.
 */
@NullMarked
package dev.axial.cpu;

import org.jspecify.annotations.NullMarked;
