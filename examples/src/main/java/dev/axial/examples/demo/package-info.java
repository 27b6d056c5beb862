/**
 * The demo: a small transformer that learns to spell names, with all its state in references.
 *
 * <p>In the order of the program: {@code Options} and {@code Config} say what to run, {@code Names}
 * loads the data, {@code NameModel} is the model, {@code Training} the compiled step and its state,
 * {@code Progress} what the user sees of it, {@code Interruption} and {@code Checkpoint} what
 * Ctrl-C leaves, {@code Generation} new names with a cache in a reference, {@code Report} and
 * {@code LossChart} the page at the end.
 */
@NullMarked
package dev.axial.examples.demo;

import org.jspecify.annotations.NullMarked;
