/** Optimizers, which update the references of a model in place inside one compiled step. */
@NullMarked
package dev.axial.nn.optim;

import org.jspecify.annotations.NullMarked;
