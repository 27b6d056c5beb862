/**
 * The rows of {@code ./axial bench}: work that Axial does and JAX does, with what is aimed at.
 *
 * <p>A {@link dev.axial.bench.rows.Row} has a name, sizes for each {@link
 * dev.axial.bench.rows.Scale}, a {@link dev.axial.bench.rows.Target}, and makes {@link
 * dev.axial.bench.rows.Work}. Work checks its own results against plain Java or mathematics before
 * it is timed, so a row that computes nonsense fails. The sizes go to the peers' script as they
 * are, so both sides do the same. One class holds the rows of a group; {@link
 * dev.axial.bench.rows.Rows} has them all.
 */
@NullMarked
package dev.axial.bench.rows;

import org.jspecify.annotations.NullMarked;
