package dev.axial.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the system can do with the pages of files and Java cannot. */
public interface FilePages {
  /**
   * A mapping of a file from its start, whose pages are copied when they are written and which
   * takes no memory before; the arena unmaps it. Null if the system refuses. Java's own may need as
   * much free memory as the file is long.
   */
  @Nullable MemorySegment privateMapping(Path file, long bytes, Arena arena);

  /**
   * Which pages of a private mapping were written: for each run of them where it begins and how
   * many bytes it has, in order. Null if the system does not tell.
   */
  long @Nullable [] written(MemorySegment copy);
}
