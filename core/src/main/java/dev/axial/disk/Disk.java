package dev.axial.disk;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What references on disk and saved functions ask of a file system, and nothing else. All of it
 * goes through here, so that a test can put a disk in its place that fails, tears writes, reorders
 * them and forgets those that were not forced.
 *
 * <p>No operation is cut off by an interrupt of its thread, and none follows a link at the end of a
 * path.
 */
public interface Disk {
  /** The system's. */
  Disk SYSTEM = new SystemDisk();

  /** How a file is opened. */
  enum How {
    /** One that exists, for reading. */
    READ,
    /** One that exists, for reading and writing. */
    WRITE,
    /** A new one; if there is anything of that name, that is an error. */
    NEW
  }

  /**
   * What stands under a name.
   *
   * @param identity tells the file from every other, whatever its names
   * @param isFile whether it is a file: no folder, no link, no device
   */
  record Seen(Object identity, boolean isFile, long size) {}

  /** What stands under a name, without following a link; null if nothing does. */
  @Nullable Seen look(Path path) throws IOException;

  /** The path without links. */
  Path real(Path path) throws IOException;

  /**
   * Opens a file.
   *
   * @param like for a new file, one whose owner, group and mode it gets; null for the usual ones
   */
  Handle open(Path path, How how, @Nullable Path like) throws IOException;

  /** Gives a file the owner, group and mode of another, or less. */
  void protect(Path path, Path like) throws IOException;

  /** Gives a file another name, at once; what has that name is replaced. */
  void rename(Path from, Path to) throws IOException;

  /** Removes a name. */
  void delete(Path path) throws IOException;

  /** Makes the names in a file's folder last. */
  void forceFolder(Path file) throws IOException;

  /** An open file. */
  interface Handle extends Closeable {
    /** Bytes of the file. */
    long size() throws IOException;

    /** Fills a buffer from a place on, and gives how many bytes there were. */
    int read(long at, ByteBuffer to) throws IOException;

    /** Writes all of a buffer at a place; the file grows as needed. */
    void write(long at, ByteBuffer from) throws IOException;

    /** Shortens the file. */
    void truncate(long size) throws IOException;

    /** Makes contents and length last. */
    void force() throws IOException;

    /**
     * Locks the file until it is closed, for one writer or for readers. False if somebody else has
     * it.
     */
    boolean lock(boolean exclusive) throws IOException;

    /** The file's own bytes from its start as memory. */
    MemorySegment map(boolean writable, long bytes, Arena arena) throws IOException;

    /** Makes contents last, and what was written to such memory. */
    void force(MemorySegment mapping) throws IOException;

    /** The file's bytes as memory whose writes do not reach it. */
    MemorySegment copy(long bytes, Arena arena) throws IOException;

    @Override
    void close() throws IOException;
  }
}
