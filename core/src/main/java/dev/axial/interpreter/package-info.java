/**
 * The engine in plain Java: one simple loop for each operation, no native code. It is the oracle of
 * differential tests, the engine of last resort, and the quickest way to read what an operation
 * means.
 *
 * <p>Values are Java arrays in the order of their type's axes, and are never written after they are
 * made; references are {@link dev.axial.interpreter.Cell}s, updated in place; temporaries are
 * dropped after their last use. An index never leaves its array: each is wrapped and judged before
 * it is used.
 */
@NullMarked
package dev.axial.interpreter;

import org.jspecify.annotations.NullMarked;
