package dev.axial.disk;

import dev.axial.AxialException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a file says of its contents:
 *
 * <pre>
 *  0  "AXIALSTA"
 *  8  long  how often a state was written
 * 16  long  a random number, the other half of what ties a journal to its file
 * 24  long  how many blocks of commit were written
 * 32  int   1: the last of them is being written; 2: the checksums may be older than the elements
 * 36  int   CRC-32C of the 36 bytes before
 * </pre>
 *
 * There are two, in pages of their own, which are written in turn: one that was torn leaves the
 * other.
 *
 * @param number how often a state was written
 * @param id the other half of the file's number
 * @param generation how many blocks were written
 * @param open whether the last one is being written: without its journal, the elements may be of
 *     before and of after it
 * @param stale whether elements may have been written without their checksums
 */
record State(long number, long id, long generation, boolean open, boolean stale) {
  /** Bytes of both. */
  static final int BYTES = 1 << 13;

  private static final long MAGIC = Header.magic("AXIALSTA");
  private static final int SLOT = BYTES / 2;
  private static final int LENGTH = 40;
  private static final int OPEN = 1;
  private static final int STALE = 2;

  /** That of a file of zeros, in both places. */
  static State fresh(Disk.Handle file, Header h, long id, boolean stale) throws IOException {
    var first = new State(0, id, 0, false, stale);
    first.put(file, h);
    return first.written(file, h);
  }

  State opened(long block) {
    return new State(number, id, block, true, stale);
  }

  State closed(long block) {
    return new State(number, id, block, false, stale);
  }

  State withStale(boolean yes) {
    return new State(number, id, generation, open, yes);
  }

  /** Writes this as the next state, and gives it. The caller forces it. */
  State written(Disk.Handle file, Header h) throws IOException {
    var next = new State(number + 1, id, generation, open, stale);
    next.put(file, h);
    return next;
  }

  private void put(Disk.Handle file, Header h) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(MAGIC).putLong(number).putLong(id).putLong(generation);
    b.putInt((open ? OPEN : 0) | (stale ? STALE : 0));
    b.putInt(checksum(b));
    file.write(h.stateAt() + (number & 1) * SLOT, b.flip());
  }

  private static int checksum(ByteBuffer b) {
    var crc = new CRC32C();
    crc.update(b.slice(0, LENGTH - Integer.BYTES));
    return (int) crc.getValue();
  }

  /** The latest of a file. */
  static State read(Path path, Disk.Handle file, Header h) throws IOException {
    State a = slot(file, h.stateAt());
    State b = slot(file, h.stateAt() + SLOT);
    if (a == null && b == null) {
      throw new AxialException(
          "%s is damaged: what it says of its contents has wrong checksums. Restore it from a copy, or call NamedRef.recover(path), which keeps the elements and lists those that are damaged."
              .formatted(path));
    }
    return b == null || a != null && a.number > b.number ? java.util.Objects.requireNonNull(a) : b;
  }

  private static @Nullable State slot(Disk.Handle file, long at) throws IOException {
    ByteBuffer b = Header.read(file, at, LENGTH);
    if (b.limit() < LENGTH || b.getLong(0) != MAGIC || b.getInt(LENGTH - 4) != checksum(b)) {
      return null;
    }
    int flags = b.getInt(32);
    return new State(
        b.getLong(8), b.getLong(16), b.getLong(24), (flags & OPEN) != 0, (flags & STALE) != 0);
  }
}
