/**
 * Optimizers and learning rates.
 *
 * <p>An optimizer is a record of its settings; what it remembers is a record of its own, a tree of
 * tensors in the form of the parameters. Each offers a step as a pure function of parameters,
 * gradients and state, and the same step written into references inside a compiled procedure. The
 * cousin is Optax.
 */
@NullMarked
package dev.axial.nn.optim;

import org.jspecify.annotations.NullMarked;
