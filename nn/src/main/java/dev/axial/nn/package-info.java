/**
 * Layers and losses.
 *
 * <p>A layer is a record. Its parameters are components of type {@link dev.axial.Tensor}; axes,
 * activations and small numbers beside them are static parts, which belong to its structure. {@code
 * init(key, …)} makes one with random parameters, {@code apply} takes and gives named arrays. A
 * layer finds the axes it works on by name and keeps all others, so that a batch, positions or
 * samples need no mention.
 *
 * <p>The same record serves in three ways. With arrays it is a value: {@code grad} differentiates a
 * function of it, and the gradient is a record of the same form. {@code Tree.toRefs(layer)} puts
 * each parameter into a reference, which {@code apply} reads and an optimizer updates in place, so
 * that a compiled step changes a model of any size without a copy. {@code Tree.values(layer)} reads
 * such a model back as arrays, for instance to differentiate at its present parameters. What grows
 * or changes besides parameters lives in references too: see {@link dev.axial.nn.KvCache}.
 *
 * <p>Parameters start as float32; {@code Tree.map(x -> x.astype(t), layer)} makes any other. Within
 * a differentiated function it makes a copy in bfloat16 of a float32 model, whose gradient is
 * float32: mixed precision. The cousins are {@code haliax.nn} and Equinox's modules.
 */
@NullMarked
package dev.axial.nn;

import org.jspecify.annotations.NullMarked;
