package dev.axial.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Offers an engine to {@link java.util.ServiceLoader}. A module that is on the class path or the
 * module path is found, and its engine is the default.
 */
public interface EngineProvider {
  /** The name that {@code axial.engine} selects it by. */
  String name();

  /**
   * The engine.
   *
   * @throws dev.axial.AxialException saying why, if it cannot run on this machine
   */
  Engine create();

  /**
   * Where large blocks of memory should come from, whether or not the engine has been started: a
   * function from bytes to a block that begins at a multiple of 64 and is freed once it is
   * unreachable, or to null if there is no memory. Null for the JVM's own.
   */
  default @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    return null;
  }

  /**
   * A private mapping of a file, whose pages are copied when they are written and which takes no
   * memory before; the arena unmaps it. Null for Java's own, for which the system may want as much
   * free memory as the file is long.
   */
  default @Nullable MemorySegment privateMapping(Path file, long bytes, Arena arena) {
    return null;
  }
}
