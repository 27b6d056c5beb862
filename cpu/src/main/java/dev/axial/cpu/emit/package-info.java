/** Text of functions in LLVM's language. */
@NullMarked
package dev.axial.cpu.emit;

import org.jspecify.annotations.NullMarked;
