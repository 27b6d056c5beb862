/**
 * Random numbers from explicit keys, the same as {@code jax.random}'s default generator.
 *
 * <p>A key is an opaque scalar. The same key always gives the same numbers; {@code split} and
 * {@code foldIn} make independent ones. Everything is written on the primitive operations, so it
 * works in every transformation.
 */
@NullMarked
package dev.axial.random;

import org.jspecify.annotations.NullMarked;
