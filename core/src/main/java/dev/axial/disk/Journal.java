package dev.axial.disk;

import dev.axial.AxialException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a block of {@code commit} changed, written in full before the file is touched. It is a file
 * beside the reference's, with the reference's mode:
 *
 * <pre>
 *  0  "AXIALJNL"
 *  8  int   version, 2
 * 12  int   0
 * 16  long  the number in the file's header
 * 24  long  the number in the file's state
 * 32  zeros
 * 64  long  the block's number
 * 72  long  bytes of the file
 * 80  long  bytes of the runs
 * 88  int   CRC-32C of the 24 bytes before and of the runs
 * 92  int   0
 * 96  for each run of changed bytes: long where in the file, long how many, then the bytes
 * </pre>
 *
 * Its first 64 bytes say whose it is and are all that is there between blocks. A file of its name
 * that says something else is somebody's, and nobody touches it. The journal of a file of version 1
 * has no such bytes: it is {@link OldJournal}'s.
 */
final class Journal {
  static final long MAGIC = Header.magic("AXIALJNL");
  private static final int VERSION = 2;

  /** Bytes that say whose it is. */
  static final int IDENTITY = 64;

  /** Where the runs begin. */
  static final int HEADER = 96;

  static final int RUN = 16;
  static final int CHUNK = 1 << 18;

  private final Path path;
  private final Disk.Handle handle;
  private final Header header;
  private final long stateId;

  /** What is certain of what is on disk. */
  private enum Rest {
    /** Not even its name: it was made just now, and says no more than whose it is. */
    NEW,
    /** That nothing is in it. */
    EMPTY,
    /** That nothing is in it, or the block that was written last and is in the file, too. */
    DONE,
    /** Nothing: it may hold a block that the file has not. */
    OPEN
  }

  private Rest rest = Rest.EMPTY;

  private final Disk disk;

  Journal(Disk disk, Path path, Disk.Handle handle, Header header, long stateId) {
    this.disk = disk;
    this.path = path;
    this.handle = handle;
    this.header = header;
    this.stateId = stateId;
  }

  /** Bytes of the file, from a place on. */
  record Run(long at, long bytes) {}

  /** What a journal is to its file. */
  enum Kind {
    /** Somebody's own file. */
    NOT_OURS,
    /** That of another reference. */
    OF_ANOTHER,
    /** Nothing is in it. */
    EMPTY,
    /** A block that was cut off before its end was on disk. */
    CUT_OFF,
    /** A block. */
    WHOLE
  }

  /** The journal of a file. */
  static Path side(Path path) {
    return path.resolveSibling(path.getFileName() + ".journal");
  }

  // ---------------------------------------------------------------- opening

  /**
   * Opens the journal of a file that was opened for writing, or makes it. It may be cut off or
   * whole.
   */
  static Journal forWriting(Disk disk, Path file, Header h, long stateId) throws IOException {
    Path side = side(file);
    Disk.Seen seen = disk.look(side);
    if (seen != null && !seen.isFile()) {
      throw notOurs(side, file, "is a link or a folder");
    }
    Disk.Handle handle =
        seen == null ? made(disk, side, file) : disk.open(side, Disk.How.WRITE, null);
    boolean done = false;
    try {
      var out = new Journal(disk, side, handle, h, stateId);
      out.ours(file);
      if (!handle.lock(true)) {
        throw Claim.inUse(file, true, "in another process");
      }
      boolean empty = out.ours(file) == Kind.EMPTY;
      disk.protect(side, file);
      if (seen == null) {
        out.truncated();
        out.rest = Rest.NEW;
      } else if (empty) { // which may not be on disk
        out.rest = Rest.OPEN;
        out.settle();
      }
      done = true;
      return out;
    } finally {
      if (!done) {
        handle.close();
      }
    }
  }

  private Kind ours(Path file) throws IOException {
    Kind kind = kind();
    switch (kind) {
      case NOT_OURS -> throw notOurs(path, file, "was not made by this library");
      case OF_ANOTHER -> throw notOurs(path, file, "is the journal of another reference");
      case EMPTY, CUT_OFF, WHOLE -> {}
    }
    return kind;
  }

  private static Disk.Handle made(Disk disk, Path side, Path file) throws IOException {
    try {
      return disk.open(side, Disk.How.NEW, file);
    } catch (FileAlreadyExistsException _) {
      throw notOurs(side, file, "was made just now by somebody else");
    }
  }

  /**
   * Opens the journal of a file for reading alone, if there is one that may be of use.
   *
   * @param writable how the file was opened
   */
  static @Nullable Journal forReading(
      Disk disk, Path file, Header h, long stateId, boolean writable) throws IOException {
    Path side = side(file);
    Disk.Seen seen = disk.look(side);
    if (seen == null || !seen.isFile() || seen.size() == 0) {
      return null;
    }
    Disk.Handle handle = disk.open(side, Disk.How.READ, null);
    boolean done = false;
    try {
      var out = new Journal(disk, side, handle, h, stateId);
      boolean ours =
          switch (out.kind()) {
            case NOT_OURS, OF_ANOTHER -> false;
            case EMPTY, CUT_OFF, WHOLE -> true;
          };
      if (ours && !handle.lock(false)) {
        throw Claim.inUse(file, writable, "in another process");
      }
      done = ours;
      return ours ? out : null;
    } finally {
      if (!done) {
        handle.close();
      }
    }
  }

  private static AxialException notOurs(Path side, Path file, String how) {
    return new AxialException(
        "%s %s, so %s cannot be opened for writing: its journal has that name. Move the one or the other elsewhere."
            .formatted(side, how, file));
  }

  // ---------------------------------------------------------------- what it is

  private byte[] identity() {
    byte[] out = new byte[IDENTITY];
    over(out).putLong(MAGIC).putInt(VERSION).putInt(0).putLong(header.id()).putLong(stateId);
    return out;
  }

  /** What is in it. */
  Kind kind() throws IOException {
    long length = handle.size();
    ByteBuffer start = Header.read(handle, 0, HEADER);
    byte[] own = identity();
    int n = Math.min(start.limit(), IDENTITY);
    if (start.slice(0, n).equals(ByteBuffer.wrap(own, 0, n))) {
      return n < IDENTITY || length == IDENTITY
          ? Kind.EMPTY
          : isWhole(start) ? Kind.WHOLE : Kind.CUT_OFF;
    }
    if (length <= IDENTITY && isBegun(start, own, n)) {
      return Kind.EMPTY;
    }
    if (n == IDENTITY && start.getLong(0) == MAGIC && start.getInt(8) == VERSION) {
      return Kind.OF_ANOTHER;
    }
    if (header.hasSums() || !OldJournal.mayBe(start, header)) {
      return Kind.NOT_OURS;
    }
    return OldJournal.isWhole(handle, header) ? Kind.WHOLE : Kind.CUT_OFF;
  }

  /** A journal that lost its power when it was made has zeros where it should say whose it is. */
  private static boolean isBegun(ByteBuffer start, byte[] own, int n) {
    for (int k = 0; k < n; k++) {
      if (start.get(k) != 0 && start.get(k) != own[k]) {
        return false;
      }
    }
    return true;
  }

  private boolean isWhole(ByteBuffer start) throws IOException {
    long length = handle.size();
    if (length < HEADER
        || start.getLong(72) != header.fileBytes()
        || start.getLong(80) != length - HEADER
        || start.getInt(92) != 0) {
      return false;
    }
    var crc = new CRC32C();
    crc.update(start.slice(IDENTITY, 24));
    return checksum(handle, HEADER, crc) == start.getInt(88);
  }

  static int checksum(Disk.Handle of, long from, CRC32C crc) throws IOException {
    byte[] chunk = new byte[CHUNK];
    int n;
    for (long at = from; (n = of.read(at, ByteBuffer.wrap(chunk))) > 0; at += n) {
      crc.update(chunk, 0, n);
    }
    return (int) crc.getValue();
  }

  /** The number of the block in it. */
  long generation() throws IOException {
    return Header.read(handle, IDENTITY, Long.BYTES).getLong(0);
  }

  // ---------------------------------------------------------------- writing

  /** Writes a block and makes it last. */
  void write(long generation, List<Run> runs, MemorySegment from) throws IOException {
    rest = Rest.OPEN;
    long payload = 0;
    for (Run r : runs) {
      payload += RUN + r.bytes;
    }
    byte[] start = new byte[HEADER - IDENTITY];
    ByteBuffer head = over(start);
    head.putLong(generation).putLong(header.fileBytes()).putLong(payload);
    var crc = new CRC32C();
    crc.update(start, 0, 24);
    long at = HEADER;
    for (Run r : runs) {
      byte[] place = new byte[RUN];
      over(place).putLong(r.at).putLong(r.bytes);
      crc.update(place);
      handle.write(at, ByteBuffer.wrap(place));
      at += RUN;
      for (ByteBuffer b : new Pieces(from, r)) {
        crc.update(b.duplicate());
        int n = b.remaining();
        handle.write(at, b);
        at += n;
      }
    }
    head.putInt((int) crc.getValue());
    handle.write(IDENTITY, ByteBuffer.wrap(start));
    handle.force();
  }

  /** Writes runs into the file; the caller makes them last. */
  static void apply(Disk.Handle file, List<Run> runs, MemorySegment from) throws IOException {
    for (Run r : runs) {
      long at = r.at;
      for (ByteBuffer b : new Pieces(from, r)) {
        int n = b.remaining();
        file.write(at, b);
        at += n;
      }
    }
  }

  /** The bytes of a run, in pieces that a write takes at once. */
  record Pieces(MemorySegment from, Run run) implements Iterable<ByteBuffer> {
    @Override
    public java.util.Iterator<ByteBuffer> iterator() {
      return java.util.stream.LongStream.iterate(0, d -> d < run.bytes, d -> d + CHUNK)
          .mapToObj(d -> from.asSlice(run.at + d, Math.min(CHUNK, run.bytes - d)).asByteBuffer())
          .iterator();
    }
  }

  /** Drops what is in it. Whether that lasts is known after {@link #settle}. */
  void empty() throws IOException {
    rest = Rest.OPEN;
    truncated();
  }

  /** Drops a block that is in the file, for certain. */
  void done() throws IOException {
    truncated();
    rest = Rest.DONE;
  }

  private void truncated() throws IOException {
    handle.truncate(IDENTITY);
    handle.write(0, ByteBuffer.wrap(identity()));
  }

  /**
   * Before a block: makes it last whose journal it is, and that nothing is in it that the file has
   * not. The block before may come back if the power goes, and is applied once more then, which
   * changes no more than what was written after it and not flushed.
   */
  void ready() throws IOException {
    if (rest != Rest.DONE) {
      settle();
    }
  }

  /**
   * Before what was written outside of blocks is said to last: makes it last that nothing is in it.
   */
  void settleBlocks() throws IOException {
    if (rest != Rest.NEW) {
      settle();
    }
  }

  /**
   * Makes it last that nothing is in it. After a failure it is emptied once more, because the
   * system forgets what it could not write.
   */
  void settle() throws IOException {
    if (rest != Rest.EMPTY) {
      boolean named = rest != Rest.NEW;
      truncated();
      handle.force();
      if (!named) {
        disk.forceFolder(path);
      }
      rest = Rest.EMPTY;
    }
  }

  // ---------------------------------------------------------------- applying

  /** Where a piece of a block belongs. */
  interface Sink {
    void write(long at, ByteBuffer bytes) throws IOException;
  }

  /** Gives the pieces of a block that is whole, in order. */
  void replay(Sink to) throws IOException {
    boolean old = Header.read(handle, 8, Integer.BYTES).getInt(0) == OldJournal.VERSION;
    replay(handle, old ? OldJournal.HEADER : HEADER, header, to);
  }

  static void replay(Disk.Handle journal, long from, Header h, Sink to) throws IOException {
    long length = journal.size();
    for (long at = from; at < length; ) {
      ByteBuffer place = Header.read(journal, at, RUN);
      long where = place.limit() < RUN ? -1 : place.getLong(0);
      long bytes = place.limit() < RUN ? -1 : place.getLong(8);
      at += RUN;
      if (where < h.offset() || bytes < 0 || bytes > h.fileBytes() - where || bytes > length - at) {
        throw new IOException("the journal writes outside of the file: its checksum lies");
      }
      for (long done = 0; done < bytes; ) {
        ByteBuffer b = Header.read(journal, at + done, (int) Math.min(CHUNK, bytes - done));
        int n = b.remaining();
        if (n == 0) {
          throw new IOException("the journal is shorter than it was");
        }
        to.write(where + done, b);
        done += n;
      }
      at += bytes;
    }
  }

  // ---------------------------------------------------------------- the end

  /** Closes it, and removes it if nothing is in it and its name still leads to it. */
  void close(@Nullable Object identity) throws IOException {
    try (handle) {
      boolean nothing = rest == Rest.NEW || rest == Rest.EMPTY && handle.size() == IDENTITY;
      if (identity != null && nothing) {
        Disk.Seen now = disk.look(path);
        if (now != null && now.identity().equals(identity)) {
          disk.delete(path);
        }
      }
    }
  }

  private static ByteBuffer over(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
