package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.disk.Journal.Run;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open file that holds a reference. Callers hold the lock of the reference's storage, so nobody
 * uses memory that is unmapped here.
 */
public final class RefFile implements Storage.Guard {
  /** A flush does not read more than so many bytes to make checksums; what is left is for close. */
  private static final long QUICK = 1L << 26;

  /** Nor does close, and the file says that its checksums are old. */
  private static final long BEARABLE = 1L << 32;

  private final Attempt opened;
  private final Path path;
  private final boolean writable;
  private final Header header;
  private final Claim claim;
  private final Disk.Handle file;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment mapping;
  private final Store store;
  private final Sums sums;
  private final @Nullable Journal journal;
  private @Nullable State state;

  /** Whether the system said once that it could not write: what it forgot is not known. */
  private boolean forgotten;

  private volatile boolean closed;

  private RefFile(Attempt o, Path path) throws IOException {
    opened = o;
    this.path = path;
    writable = o.writable;
    header = o.header();
    claim = o.claim;
    file = claim.file();
    journal = writable ? o.journal : null;
    state = o.state;
    sums = new Sums(header);
    if (state != null && state.stale()) {
      sums.allWritten();
    }
    mapping = o.mapped(arena);
    store = over(mapping);
  }

  // ---------------------------------------------------------------- opening

  /**
   * Makes a file of zeros, which takes no room on a disk that knows holes, and opens it.
   *
   * @throws AxialException if there is one already, or it cannot be made
   */
  public static RefFile create(Path path, ArrayType type) {
    return create(Disk.SYSTEM, path, type);
  }

  static RefFile create(Disk disk, Path path, ArrayType type) {
    littleEndian();
    Attempt o = null;
    boolean done = false;
    try {
      Header h = Header.of(type, Attempt.number());
      long bytes = h.fileBytes();
      o = new Attempt(disk, path, Claim.create(disk, path), true);
      o.make(h, bytes);
      var out = new RefFile(o, path);
      done = true;
      return out;
    } catch (ArithmeticException x) {
      throw new AxialException(
          "%s would have more than 2^63 bytes, which no file has. Make an axis shorter."
              .formatted(path),
          x);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("making", path, x);
    } finally {
      if (!done && o != null) {
        o.undo();
      }
    }
  }

  /**
   * Opens a file, and finishes a block of {@code commit} that was cut off after it was decided: in
   * the file if it is opened for writing, else in memory alone.
   *
   * @param verify whether the checksums of all pages are compared
   * @throws AxialException if it is no such file, is damaged, or is in use
   */
  public static RefFile open(Path path, boolean writable, boolean verify) {
    return open(Disk.SYSTEM, path, writable, verify);
  }

  static RefFile open(Disk disk, Path path, boolean writable, boolean verify) {
    littleEndian();
    Attempt o = null;
    RefFile out = null;
    boolean done = false;
    try {
      o = new Attempt(disk, path, Claim.take(disk, path, writable), writable);
      o.read();
      o.recover();
      out = new RefFile(o, path);
      if (verify) {
        out.verify();
      }
      done = true;
      return out;
    } catch (NoSuchFileException x) {
      throw missing(path, x);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("opening", path, x);
    } finally {
      if (!done && out != null) {
        out.arena.close();
      }
      if (!done && o != null) {
        o.release();
      }
    }
  }

  /**
   * What a file held that was made one that can be opened.
   *
   * @param torn whether a block was cut off while it was written, and its journal was gone
   * @param unknown whether the checksums were older than the elements, so that they say nothing
   * @param damaged the elements whose pages differed from their checksums
   */
  public record Found(boolean torn, boolean unknown, List<Elements> damaged) {}

  /** Elements from the first to the last one, in the order of the file. */
  public record Elements(long first, long last) {}

  /**
   * Takes the elements of a file as they are, even if a block was cut off and its journal is gone:
   * makes their checksums anew, and says that no block is being written.
   *
   * @throws AxialException if it is no such file, its header is damaged, or it is in use
   */
  public static Found recover(Path path) {
    return recover(Disk.SYSTEM, path);
  }

  static Found recover(Disk disk, Path path) {
    littleEndian();
    Attempt o = null;
    try {
      o = Attempt.lenient(disk, path, Claim.take(disk, path, true));
      o.read();
      o.recover();
      var f = new RefFile(o, path);
      try {
        return f.accept(o.torn());
      } finally {
        f.arena.close();
      }
    } catch (NoSuchFileException x) {
      throw missing(path, x);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("recovering", path, x);
    } finally {
      if (o != null) {
        o.release();
      }
    }
  }

  private Found accept(boolean torn) throws IOException {
    boolean unknown = state().stale();
    List<Run> damaged = unknown ? List.of() : sums.wrong(mapping);
    if (torn || unknown || !damaged.isEmpty()) {
      sums.allWritten();
      sums.update(mapping);
      forceMapping();
      put(state().closed(state().generation()).withStale(false));
    }
    long size = header.type().dtype().bytes();
    return new Found(
        torn,
        unknown,
        damaged.stream()
            .map(r -> new Elements(r.at() / size, (r.at() + r.bytes()) / size - 1))
            .toList());
  }

  private static AxialException missing(Path path, NoSuchFileException x) {
    return new AxialException(
        "%s does not exist. NamedRef.create makes a new one.".formatted(path), x);
  }

  private static void littleEndian() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new AxialException(
          "references on disk are little-endian, and this machine is not; they cannot be mapped here.");
    }
  }

  private Store over(MemorySegment all) {
    return Store.mapped(
        header.type().dtype(), header.type().size(), all.asSlice(header.offset(), header.bytes()));
  }

  private void verify() {
    State now = state;
    if (now == null) {
      throw new AxialException(
          "%s cannot be verified: it is of version 1, which has no checksums. Open it for writing and close it; that adds them."
              .formatted(path));
    }
    if (now.stale()) {
      throw new AxialException(
          "%s cannot be verified: it was written, and whoever did that ended before the checksums were. Open it for writing and close it; that makes them of what is there now."
              .formatted(path));
    }
    sums.verify(path, mapping);
  }

  // ---------------------------------------------------------------- what it is

  /** The axes and dtype that the file states. */
  public ArrayType type() {
    return header.type();
  }

  /** The file. */
  public Path path() {
    return path;
  }

  /** Whether it was opened for writing. */
  public boolean writable() {
    return writable;
  }

  /** The contents, as they are in the file. */
  public Store store() {
    return store;
  }

  private State state() {
    return java.util.Objects.requireNonNull(state);
  }

  private Journal journal() {
    return java.util.Objects.requireNonNull(journal);
  }

  /** Writes a state and makes it last. */
  private void put(State next) throws IOException {
    State written = next.written(file, header);
    file.force();
    state = written;
  }

  // ---------------------------------------------------------------- writes outside of blocks

  /** Before the first one, the file says that its checksums may be old. */
  @Override
  public void writes(long from, long to) {
    outside();
    sums.written(from, to);
  }

  @Override
  public void writesAll() {
    outside();
    sums.allWritten();
  }

  private void outside() {
    if (!state().stale()) {
      try {
        put(state().withStale(true));
      } catch (IOException x) {
        throw failed("marking as written", path, x);
      }
    }
  }

  // ---------------------------------------------------------------- a block

  /**
   * Runs a block whose writes reach the file all or not at all. The caller holds the storage for
   * the block. If the block throws, the contents are as before.
   */
  public void commit(Storage storage, Runnable block) {
    try (Arena of = Arena.ofShared()) {
      MemorySegment copy = copy(of);
      try {
        storage.replace(over(copy), null);
        block.run();
      } finally {
        storage.replace(store, this);
      }
      write(storage, DirtyPages.of(copy, mapping), copy);
    }
  }

  private MemorySegment copy(Arena of) {
    try {
      named();
      journal().ready();
      return file.copy(header.fileBytes(), of);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("mapping a copy for commit of", path, x);
    }
  }

  private void named() throws IOException {
    if (!claim.hasItsName()) {
      throw new IOException(
          "it was deleted or moved while it was open, so nobody would find what is written to it");
    }
  }

  private void write(Storage storage, List<Run> runs, MemorySegment copy) {
    if (runs.isEmpty()) {
      return;
    }
    List<Run> all = sums.with(runs, copy);
    long block = state().generation() + 1;
    try {
      remember();
      journal().write(block, all, copy);
    } catch (IOException x) {
      undecided();
      throw failed("writing the journal of", path, x);
    }
    try {
      put(state().opened(block));
      Journal.apply(file, all, copy);
      put(state().closed(block));
      journal().done();
    } catch (IOException x) {
      AxialException failed = failed("writing", path, x);
      abandon(storage, failed);
      throw failed;
    }
  }

  /**
   * The journal may be whole on disk or not: it is emptied. Where that fails too, the next flush,
   * commit or close does it, or fails.
   */
  private void undecided() {
    try {
      journal().settle();
    } catch (IOException _) {
      // it stays unsettled
    }
  }

  /** What is mapped must not be seen, and the journal must stay. */
  private void abandon(Storage storage, AxialException why) {
    storage.end(
        "%s. Open the file again: that finishes the block of commit if its journal is whole."
            .formatted(why.getMessage()));
    shut(false);
  }

  // ---------------------------------------------------------------- the end

  /** Makes all that was written last. */
  public void flush() {
    try {
      if (writable) {
        named();
        force(QUICK);
      }
    } catch (IOException | RuntimeException x) {
      throw failed("flushing", path, x);
    }
  }

  /** What blocks wrote lasts already, and so there is nothing to do if nothing else was written. */
  private void force(long budget) throws IOException {
    journal().settleBlocks();
    remember();
    if (!state().stale()) {
      return;
    }
    boolean current = sums.cost() <= budget;
    if (current) {
      sums.update(mapping);
    }
    forceMapping();
    if (current) {
      put(state().withStale(false));
    }
  }

  /**
   * After a failure the system takes pages for written that are not, so all of them are written
   * again.
   */
  private void remember() throws IOException {
    if (!forgotten) {
      return;
    }
    if (header.bytes() > BEARABLE) {
      throw new IOException(
          "the disk failed to take a part of it before, and it is too large to be written again. Copy what is in it with value() to another disk");
    }
    var elements = new Run(header.offset(), header.fileBytes() - header.offset());
    Journal.apply(file, List.of(elements), mapping);
    forgotten = false;
    forceMapping();
  }

  private void forceMapping() throws IOException {
    boolean done = false;
    try {
      file.force(mapping);
      done = true;
    } catch (UncheckedIOException x) {
      throw new IOException(x.getMessage(), x);
    } finally {
      forgotten |= !done;
    }
  }

  /** Writes what is left, unmaps the file and lets others use it. A second call does nothing. */
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (writable) {
        force(BEARABLE);
      }
    } catch (IOException | RuntimeException x) {
      throw failed("flushing", path, x);
    } finally {
      shut(true);
    }
  }

  private void shut(boolean journalToo) {
    closed = true;
    arena.close();
    opened.release(journalToo);
  }

  static AxialException failed(String doing, Path path, Throwable x) {
    return new AxialException("%s %s failed: %s".formatted(doing, path, x), x);
  }
}
