/** The demo: a small transformer that learns to spell names, with all its state in references. */
@NullMarked
package dev.axial.examples.demo;

import org.jspecify.annotations.NullMarked;
