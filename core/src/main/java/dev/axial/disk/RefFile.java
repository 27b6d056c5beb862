package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.disk.Journal.Run;
import dev.axial.engine.Engines;
import dev.axial.engine.FilePages;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * An open file that holds a reference. Callers hold the lock of the reference's storage, so nobody
 * uses memory that is unmapped here.
 */
public final class RefFile {
  private final Path path;
  private final boolean writable;
  private final Header header;
  private final Claim claim;
  private final RandomAccessFile file;
  private final long fileBytes;

  /** Tells whether another file has the name now. */
  private final Object identity;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment mapping;
  private final Store store;

  /** Whether the journal was emptied, which may not last yet. */
  private boolean emptied;

  private volatile boolean closed;

  private RefFile(Path path, boolean writable, Header header, Claim claim, RandomAccessFile file)
      throws IOException {
    this.path = path;
    this.writable = writable;
    this.header = header;
    this.claim = claim;
    this.file = file;
    fileBytes = file.length();
    identity = Claim.identity(path.toRealPath());
    mapping = mapped(writable ? MapMode.READ_WRITE : MapMode.READ_ONLY, arena);
    store = over(mapping);
  }

  // ---------------------------------------------------------------- opening

  /**
   * Makes a file of zeros, which takes no room on a disk that knows holes, and opens it.
   *
   * @throws AxialException if there is one already, or it cannot be made
   */
  public static RefFile create(Path path, ArrayType type) {
    littleEndian();
    boolean made = false;
    try {
      Header h = Header.of(type, ThreadLocalRandom.current().nextLong());
      long bytes = h.fileBytes();
      Files.createFile(path);
      made = true;
      try (var f = new RandomAccessFile(path.toFile(), "rw")) {
        f.setLength(bytes);
        f.write(h.encode());
        f.getFD().sync();
      }
      Claim.forceName(path);
      RefFile out = open(path, true);
      made = false;
      return out;
    } catch (FileAlreadyExistsException x) {
      throw new AxialException(
          "%s exists already. Open it with NamedRef.open, or delete it first.".formatted(path), x);
    } catch (ArithmeticException x) {
      throw new AxialException(
          "%s would have more than 2^63 bytes, which no file has. Make an axis shorter."
              .formatted(path),
          x);
    } catch (IOException x) {
      throw failed("making", path, x);
    } finally {
      if (made) {
        path.toFile().delete();
      }
    }
  }

  /**
   * Opens a file, and finishes a block of {@code commit} that was cut off after it was decided.
   *
   * @throws AxialException if it is no such file, is damaged, or is in use
   */
  public static RefFile open(Path path, boolean writable) {
    littleEndian();
    Claim claim = null;
    RandomAccessFile file = null;
    boolean done = false;
    try {
      claim = Claim.take(path, writable);
      while (!writable && claim.journal().length() > 0) { // who wrote did not get to the end
        claim.release();
        claim = null;
        open(path, true).close();
        claim = Claim.take(path, false);
      }
      file = new RandomAccessFile(path.toFile(), writable ? "rw" : "r");
      Header h = Header.read(path, file);
      if (writable) {
        recover(claim, h, file);
      }
      var out = new RefFile(path, writable, h, claim, file);
      done = true;
      return out;
    } catch (NoSuchFileException x) {
      throw new AxialException(
          "%s does not exist. NamedRef.create makes a new one.".formatted(path), x);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("opening", path, x);
    } finally {
      if (!done) {
        release(claim, file);
      }
    }
  }

  private static void recover(Claim claim, Header h, RandomAccessFile file) throws IOException {
    RandomAccessFile journal = claim.journal();
    if (journal.length() > 0) {
      if (Journal.isWhole(journal, h, file.length())) {
        Journal.replay(journal, h, file);
      }
      journal.setLength(0);
      journal.getFD().sync();
    }
  }

  private static void release(@Nullable Claim claim, @Nullable RandomAccessFile file) {
    try (file) {
      if (claim != null) {
        claim.release();
      }
    } catch (IOException _) {
      // what went wrong before is thrown
    }
  }

  private static void littleEndian() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new AxialException(
          "references on disk are little-endian, and this machine is not; they cannot be mapped here.");
    }
  }

  private MemorySegment mapped(MapMode mode, Arena to) throws IOException {
    boolean interrupted = Thread.interrupted(); // it would close the channel
    try {
      return file.getChannel().map(mode, 0, fileBytes, to);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Store over(MemorySegment all) {
    return Store.mapped(
        header.type().dtype(), header.type().size(), all.asSlice(header.offset(), header.bytes()));
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

  // ---------------------------------------------------------------- a block

  /**
   * Runs a block whose writes reach the file all or not at all. The caller holds the storage for
   * the block. If the block throws, the contents are as before.
   */
  public void commit(Storage storage, Runnable block) {
    try (Arena of = Arena.ofConfined()) {
      MemorySegment copy = copy(of);
      try {
        storage.replace(over(copy));
        block.run();
      } finally {
        storage.replace(store);
      }
      write(storage, DirtyPages.of(copy, mapping), copy);
    }
  }

  /** A private mapping: without a claim on memory where an engine can map so, else Java's. */
  private MemorySegment copy(Arena of) {
    try {
      if (!Claim.identity(path.toRealPath()).equals(identity)) {
        throw new IOException("another file has its name now");
      }
      FilePages pages = Engines.filePages();
      MemorySegment lazy = pages == null ? null : pages.privateMapping(path, fileBytes, of);
      return lazy != null ? lazy : mapped(MapMode.PRIVATE, of);
    } catch (IOException | OutOfMemoryError x) {
      throw failed("mapping a copy for commit of", path, x);
    }
  }

  private void write(Storage storage, List<Run> runs, MemorySegment copy) {
    if (runs.isEmpty()) {
      return;
    }
    RandomAccessFile journal = claim.journal();
    try {
      Journal.write(journal, header, fileBytes, runs, copy);
    } catch (IOException x) {
      undecided(storage, journal);
      throw failed("writing the journal of", path, x);
    }
    try {
      Journal.apply(file, runs, copy);
      journal.setLength(0);
      emptied = true;
    } catch (IOException x) {
      AxialException failed = failed("writing", path, x);
      abandon(storage, failed);
      throw failed;
    }
  }

  /** The journal may be whole or not: it must not stay, or nothing may follow it. */
  private void undecided(Storage storage, RandomAccessFile journal) {
    try {
      journal.setLength(0);
    } catch (IOException x) {
      abandon(storage, failed("emptying the journal of", path, x));
    }
  }

  /** What is mapped must not be seen, and the journal must stay. */
  private void abandon(Storage storage, AxialException why) {
    storage.end(
        "%s. Open the file again: that finishes the block of commit if its journal is whole."
            .formatted(why.getMessage()));
    shut();
  }

  // ---------------------------------------------------------------- the end

  /** Makes all that was written last. */
  public void flush() {
    try {
      force();
    } catch (IOException | RuntimeException x) {
      throw failed("flushing", path, x);
    }
  }

  private void force() throws IOException {
    if (writable) {
      mapping.force();
      if (emptied) {
        claim.journal().getFD().sync();
        emptied = false;
      }
    }
  }

  /** Writes what is left, unmaps the file and lets others use it. A second call does nothing. */
  public void close() {
    if (closed) {
      return;
    }
    try {
      force();
    } catch (IOException | RuntimeException x) {
      throw failed("flushing", path, x);
    } finally {
      shut();
    }
  }

  private void shut() {
    closed = true;
    arena.close();
    release(claim, file);
  }

  /** For tests: what comes to the journal fails from now on. */
  void closeJournal() throws IOException {
    claim.journal().close();
  }

  private static AxialException failed(String doing, Path path, Throwable x) {
    return new AxialException("%s %s failed: %s".formatted(doing, path, x), x);
  }
}
