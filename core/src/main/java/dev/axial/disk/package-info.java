/**
 * References whose contents are a file.
 *
 * <p>A {@link dev.axial.disk.RefFile} is one open file: a header, then the elements as they lie in
 * memory, row-major and little-endian. Outside of a block of {@code commit} the reference's memory
 * is a shared mapping of the file, so a write is a write to the file's pages, by whatever code. In
 * a block it is a private one: the kernel copies a page when it is first written, and the file
 * stays as it was. At the end of the block {@link dev.axial.disk.DirtyPages} finds the copies, the
 * {@link dev.axial.disk.Journal} beside the file receives them, and only then does the file. A
 * journal that is whole is applied again when the file is opened; one that is not is dropped. So a
 * crash leaves the state before the block or after it.
 *
 * <p>A {@link dev.axial.disk.Claim} keeps others out: many may read a file, or one may write it. An
 * {@link dev.axial.disk.Attempt} opens it: it recovers what a crash left, and brings older versions
 * to this one. The {@link dev.axial.disk.State} in the file says whether a block is being written
 * and whether the {@link dev.axial.disk.Sums} are those of the elements.
 *
 * <p>What is asked of files goes through {@link dev.axial.disk.Disk} alone, and the tests have one
 * that fails and loses its power at each step.
 *
 * <p>The decision is in {@code docs/decisions/references-on-disk.md}. The cousin is a memory-mapped
 * {@code numpy.memmap}, which has no transactions, and LMDB, which writes new pages where this
 * writes a journal.
 */
@NullMarked
package dev.axial.disk;

import org.jspecify.annotations.NullMarked;
