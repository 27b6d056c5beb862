package dev.axial.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What a block of {@code commit} changed, written in full before the file is touched:
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
 * Writing is done by {@link RandomAccessFile}, not by channels: an interrupt closes a channel.
 */
final class Journal {
  private static final long MAGIC = Header.magic("AXIALJNL");
  private static final int VERSION = 1;
  static final int HEADER = 40;
  private static final int RUN = 16;
  private static final int CHUNK = 1 << 18;

  private Journal() {}

  /** Bytes of the file, from a place on. */
  record Run(long at, long bytes) {}

  /** What is done with a piece of a run. */
  private interface Piece {
    void take(long at, byte[] bytes, int n) throws IOException;
  }

  /** Writes a journal and makes it last. */
  static void write(
      RandomAccessFile journal, Header header, long fileBytes, List<Run> runs, MemorySegment from)
      throws IOException {
    long payload = 0;
    for (Run r : runs) {
      payload += RUN + r.bytes;
    }
    byte[] start = new byte[HEADER];
    ByteBuffer head = over(start);
    head.putLong(MAGIC).putInt(VERSION).putInt(0);
    head.putLong(header.id()).putLong(fileBytes).putLong(payload);
    var crc = new CRC32C();
    crc.update(start, 16, HEADER - 16);
    journal.seek(HEADER);
    for (Run r : runs) {
      byte[] place = new byte[RUN];
      over(place).putLong(r.at).putLong(r.bytes);
      crc.update(place);
      journal.write(place);
      copy(
          from,
          r,
          (_, bytes, n) -> {
            crc.update(bytes, 0, n);
            journal.write(bytes, 0, n);
          });
    }
    head.putInt(12, (int) crc.getValue());
    journal.seek(0);
    journal.write(start);
    journal.getFD().sync();
  }

  /** Writes the runs into the file and makes them last. */
  static void apply(RandomAccessFile file, List<Run> runs, MemorySegment from) throws IOException {
    for (Run r : runs) {
      file.seek(r.at);
      copy(from, r, (_, bytes, n) -> file.write(bytes, 0, n));
    }
    file.getFD().sync();
  }

  private static void copy(MemorySegment from, Run r, Piece to) throws IOException {
    byte[] chunk = new byte[(int) Math.min(CHUNK, r.bytes)];
    MemorySegment there = MemorySegment.ofArray(chunk);
    for (long done = 0; done < r.bytes; done += chunk.length) {
      int n = (int) Math.min(chunk.length, r.bytes - done);
      MemorySegment.copy(from, r.at + done, there, 0, n);
      to.take(r.at + done, chunk, n);
    }
  }

  /** Whether a journal is whole and belongs to the file. */
  static boolean isWhole(RandomAccessFile journal, Header header, long fileBytes)
      throws IOException {
    if (journal.length() < HEADER) {
      return false;
    }
    byte[] bytes = new byte[HEADER];
    journal.seek(0);
    journal.readFully(bytes);
    ByteBuffer head = over(bytes);
    if (head.getLong(0) != MAGIC
        || head.getInt(8) != VERSION
        || head.getLong(16) != header.id()
        || head.getLong(24) != fileBytes
        || head.getLong(32) != journal.length() - HEADER) {
      return false;
    }
    var crc = new CRC32C();
    crc.update(bytes, 16, HEADER - 16);
    byte[] chunk = new byte[CHUNK];
    for (int n = journal.read(chunk); n > 0; n = journal.read(chunk)) {
      crc.update(chunk, 0, n);
    }
    return head.getInt(12) == (int) crc.getValue();
  }

  /** Applies a journal that is whole to its file. */
  static void replay(RandomAccessFile journal, Header header, RandomAccessFile file)
      throws IOException {
    long fileBytes = file.length();
    byte[] place = new byte[RUN];
    byte[] chunk = new byte[CHUNK];
    for (long at = HEADER; at < journal.length(); ) {
      journal.seek(at);
      journal.readFully(place);
      ByteBuffer b = over(place);
      long to = b.getLong();
      long bytes = b.getLong();
      if (to < header.offset() || bytes < 0 || bytes > fileBytes - to) {
        throw new IOException("the journal writes outside of the file: its checksum lies");
      }
      file.seek(to);
      for (long done = 0; done < bytes; ) {
        int n = (int) Math.min(CHUNK, bytes - done);
        journal.readFully(chunk, 0, n);
        file.write(chunk, 0, n);
        done += n;
      }
      at += RUN + bytes;
    }
    file.getFD().sync();
  }

  private static ByteBuffer over(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
