package dev.axial.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the system can do with files and Java cannot. */
public interface FilePages {
  /** A file that is open beside Java's channels; null if the system refuses. */
  @Nullable Opened open(Path file, boolean writable);

  /** An open file. To close it gives back its lock. */
  interface Opened extends AutoCloseable {
    /**
     * Locks it for one writer or for readers, until it is closed here, whatever else the process
     * opens and closes. False if somebody else has it, or the system has no such locks.
     */
    boolean lock(boolean exclusive);

    /**
     * A mapping of a file from its start, whose pages are copied when they are written and which
     * takes no memory before; the arena unmaps it. Null if the system refuses. Java's own may need
     * as much free memory as the file is long.
     */
    @Nullable MemorySegment privateMapping(long bytes, Arena arena);

    @Override
    void close();
  }

  /**
   * Which pages of a private mapping were written: for each run of them where it begins and how
   * many bytes it has, in order. Null if the system does not tell.
   */
  long @Nullable [] written(MemorySegment copy);
}
