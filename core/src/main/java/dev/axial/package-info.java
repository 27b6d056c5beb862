/**
 * Named tensors, function transformations and mutable references.
 *
 * <p>{@link dev.axial.NamedArray} is an immutable array whose axes have names; {@link
 * dev.axial.NamedRef} is a mutable one. {@link dev.axial.Axial} holds what programs are written
 * with: {@code import static dev.axial.Axial.*}. The cousins are Haliax's {@code NamedArray} and
 * {@code NamedRef}, and JAX's transformations and {@code Ref}.
 *
 * <p>Vocabulary: a <em>tree</em> is what functions take and give: arrays and references in records,
 * lists, maps and optionals. A function is <em>traced</em> when it runs once on stand-ins to learn
 * its program. An operation on concrete arrays outside of a trace runs at once (<em>eagerly</em>).
 */
@NullMarked
package dev.axial;

import org.jspecify.annotations.NullMarked;
