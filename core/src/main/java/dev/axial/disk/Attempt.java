package dev.axial.disk;

import dev.axial.AxialException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file on the way to be open: made, or read, recovered and, if it is of an older version, brought
 * to this one. What it holds goes over to the open file.
 *
 * <p>Recovery, by what the file's state and its journal say; block n is the last one of the state:
 *
 * <pre>
 * state             journal holds        then
 * n written         nothing, or a part   the journal is dropped
 * n written         n or n+1, whole      the journal is applied, if need be once more
 * n being written   n, whole             the journal is applied
 * n being written   anything else        an error: the file may be a mixture, which a
 *                                        lenient attempt takes
 * </pre>
 */
final class Attempt {
  private static final SecureRandom RANDOM = new SecureRandom();

  final Disk disk;
  final Path path;
  final Claim claim;
  final boolean writable;

  private @Nullable Header header;

  /** What is in the name of the journal, once it is open. */
  private @Nullable Object journalIdentity;

  @Nullable State state;
  @Nullable Journal journal;

  /** Whether a file is taken though it may be a mixture. */
  private final boolean lenient;

  /** Whether it is one. */
  private boolean torn;

  /** Whether the journal is for the copy in memory. */
  private boolean overlaid;

  Attempt(Disk disk, Path path, Claim claim, boolean writable) {
    this(disk, path, claim, writable, false);
  }

  private Attempt(Disk disk, Path path, Claim claim, boolean writable, boolean lenient) {
    this.lenient = lenient;
    this.disk = disk;
    this.path = path;
    this.claim = claim;
    this.writable = writable;
  }

  /**
   * One that takes a file as it is, even if its last block was cut off and nothing is left of it.
   */
  static Attempt lenient(Disk disk, Path path, Claim claim) {
    return new Attempt(disk, path, claim, true, true);
  }

  /** Whether the file may be a mixture of before and after a block. */
  boolean torn() {
    return torn;
  }

  /** One half of a file's number. */
  static long number() {
    return RANDOM.nextLong();
  }

  Header header() {
    return Objects.requireNonNull(header);
  }

  // ---------------------------------------------------------------- making

  /** Writes a new file. It has its header at the end, when all else is on disk. */
  void make(Header h, long bytes) throws IOException {
    header = h;
    Disk.Handle file = claim.file();
    file.truncate(0);
    ByteBuffer mark = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.write(0, mark.putLong(Header.UNFINISHED).flip());
    file.force();
    if (bytes > h.sumsAt()) {
      file.write(bytes - 1, ByteBuffer.allocate(1));
    }
    state = State.fresh(file, h, number(), false);
    file.force();
    file.write(0, ByteBuffer.wrap(h.encode()));
    file.force();
    disk.forceFolder(path);
    openJournal();
  }

  /** Removes a file that could not be made. */
  void undo() {
    try {
      if (claim.hasItsName()) {
        disk.delete(claim.real());
      }
    } catch (IOException _) {
      // what is left is known as unfinished
    }
    release(true);
  }

  // ---------------------------------------------------------------- reading

  void read() throws IOException {
    Header h = Header.read(path, claim.file());
    header = h;
    state = h.hasSums() ? state(h) : null;
  }

  private State state(Header h) throws IOException {
    try {
      return State.read(path, claim.file(), h);
    } catch (AxialException x) {
      if (!lenient) {
        throw x;
      }
      torn = true;
      return State.fresh(claim.file(), h, number(), false);
    }
  }

  private long stateId() {
    return state == null ? 0 : state.id();
  }

  private void openJournal() throws IOException {
    journal = Journal.forWriting(disk, claim.real(), header(), stateId());
    Disk.Seen seen = disk.look(Journal.side(claim.real()));
    journalIdentity = seen == null ? null : seen.identity();
  }

  /** Finishes a block that was cut off after it was decided. */
  void recover() throws IOException {
    Journal there = Journal.forReading(disk, claim.real(), header(), stateId(), writable);
    journal = there;
    boolean replays = there != null && there.kind() == Journal.Kind.WHOLE && belongs(there);
    if (there != null && (writable || !replays)) {
      journal = null;
      there.close(null);
    }
    boolean mixed = state != null && state.open() && !replays;
    torn |= mixed;
    if (mixed && !lenient) {
      throw new AxialException(
          "%s is torn: block %,d of commit was being written to it when its process or the machine ended, and its journal %s is gone or damaged. A part of the file may be from before the block and the rest from after it. Put the journal back, restore the file from a copy, or call NamedRef.recover(path), which keeps what is there and lists the elements that are damaged."
              .formatted(
                  path, Objects.requireNonNull(state).generation(), Journal.side(claim.real())));
    }
    if (!writable) {
      overlaid = replays;
      return;
    }
    openJournal();
    apply(Objects.requireNonNull(journal), replays);
    if (!header().hasSums()) {
      upgrade();
    }
  }

  private boolean belongs(Journal j) throws IOException {
    if (state == null) {
      return true;
    }
    long block = j.generation();
    return block == state.generation() || !state.open() && block == state.generation() + 1;
  }

  private void apply(Journal j, boolean replays) throws IOException {
    Disk.Handle file = claim.file();
    if (replays) {
      State before = state;
      if (before != null) {
        state = before.opened(j.generation()).written(file, header());
        file.force();
      }
      j.replay(file::write);
      file.force();
      if (state != null) {
        state = state.closed(j.generation()).written(file, header());
        file.force();
      }
    }
    if (j.kind() != Journal.Kind.EMPTY) {
      j.empty();
      j.settle();
    }
  }

  /**
   * Brings a file of version 1 to this one: what is new goes behind the elements, and then the
   * header names the version, in one sector. Its checksums are made when it is closed.
   */
  private void upgrade() throws IOException {
    Header next = header().upgraded();
    Disk.Handle file = claim.file();
    long bytes = next.fileBytes();
    if (file.size() < bytes) {
      file.write(bytes - 1, ByteBuffer.allocate(1));
    }
    state = State.fresh(file, next, number(), true);
    file.force();
    file.write(0, ByteBuffer.wrap(next.encode()));
    file.force();
    header = next;
    Objects.requireNonNull(journal).close(null);
    openJournal();
  }

  // ---------------------------------------------------------------- mapping

  /**
   * The file's memory; a block that its journal decided is applied to a copy if it is read only.
   */
  MemorySegment mapped(Arena to) throws IOException {
    long bytes = header().fileBytes();
    if (!overlaid) {
      return claim.file().map(writable, bytes, to);
    }
    try {
      MemorySegment copy = claim.file().copy(bytes, to);
      Objects.requireNonNull(journal)
          .replay((at, piece) ->
              MemorySegment.copy(MemorySegment.ofBuffer(piece), 0, copy, at, piece.remaining()));
      return copy;
    } catch (java.nio.file.AccessDeniedException x) {
      throw new AxialException(
          "%s has a block of commit that was cut off after it was decided. To read it, the block is applied to a copy in memory, which needs the right to write the file or the native engine. Open it once for writing, which finishes the block."
              .formatted(path),
          x);
    }
  }

  // ---------------------------------------------------------------- the end

  void release() {
    release(true);
  }

  /** Closes what is open; an empty journal goes, if that is asked for. */
  void release(boolean journalToo) {
    try {
      if (journal != null) {
        journal.close(writable && journalToo ? journalIdentity : null);
      }
    } catch (IOException _) {
      // what went wrong before is thrown
    }
    try {
      claim.release();
    } catch (IOException _) {
      // the lock goes with the process
    }
  }
}
