/**
 * What compiled programs need while they run: tables of addresses, scratch memory, threads, and the
 * few things that Java does for them.
 */
@NullMarked
package dev.axial.cpu.runtime;

import org.jspecify.annotations.NullMarked;
