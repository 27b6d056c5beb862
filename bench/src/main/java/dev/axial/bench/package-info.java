/**
 * JMH benchmarks. A claim of speed has a class here, with odd sizes among the usual ones and its
 * peer in the same run.
 */
@NullMarked
package dev.axial.bench;

import org.jspecify.annotations.NullMarked;
