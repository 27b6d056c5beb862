/**
 * Benchmarks, of two kinds. {@link dev.axial.bench.Bench} prints a table: each row of {@link
 * dev.axial.bench.rows} in Axial, beside the same work in JAX, measured by turns in the same run.
 * The JMH classes look closer at what a single access or call costs. A claim of speed has a row or
 * a class here.
 *
 * <p>Each side of a row runs in a process of its own, so that no row warms up or disturbs another,
 * and one that takes too long can be ended. Both print their samples as lines of JSON.
 */
@NullMarked
package dev.axial.bench;

import org.jspecify.annotations.NullMarked;
