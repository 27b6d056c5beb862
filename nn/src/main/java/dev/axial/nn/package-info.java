/**
 * Layers and losses. A layer is a record whose fields are tensors, so that its parameters are
 * arrays, or references that a compiled step updates in place, without another class for either.
 */
@NullMarked
package dev.axial.nn;

import org.jspecify.annotations.NullMarked;
