package dev.axial.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The journal beside a file of version 1, which a process left that was killed:
 *
 * <pre>
 *  0  "AXIALJNL"
 *  8  int   version, 1
 * 12  int   CRC-32C of all that follows
 * 16  long  the number in the file's header
 * 24  long  bytes of the file
 * 32  long  bytes of what follows
 * 40  for each run of changed bytes: long where in the file, long how many, then the bytes
 * </pre>
 *
 * Its head was written last, so one that was cut off begins with zeros.
 */
final class OldJournal {
  static final int VERSION = 1;
  static final int HEADER = 40;

  private OldJournal() {}

  /** Whether a file that begins like this may be one. */
  static boolean mayBe(ByteBuffer start, Header h) {
    int n = start.limit();
    if (n >= HEADER && start.getLong(0) == Journal.MAGIC) {
      return start.getInt(8) == VERSION && start.getLong(16) == h.id();
    }
    for (int k = 0; k < Math.min(n, HEADER); k++) {
      if (start.get(k) != 0) {
        return false;
      }
    }
    if (n < HEADER + Journal.RUN) {
      return true;
    }
    long at = start.getLong(HEADER);
    long bytes = start.getLong(HEADER + 8);
    return at == 0 && bytes == 0 || at >= h.offset() && bytes >= 0 && bytes <= h.fileBytes() - at;
  }

  /** Whether it is whole. */
  static boolean isWhole(Disk.Handle journal, Header h) throws IOException {
    ByteBuffer head = Header.read(journal, 0, HEADER);
    if (head.limit() < HEADER
        || head.getLong(0) != Journal.MAGIC
        || head.getInt(8) != VERSION
        || head.getLong(16) != h.id()
        || head.getLong(24) < h.fileBytes()
        || head.getLong(32) != journal.size() - HEADER) {
      return false;
    }
    var crc = new CRC32C();
    crc.update(head.slice(16, HEADER - 16));
    return Journal.checksum(journal, HEADER, crc) == head.getInt(12);
  }
}
