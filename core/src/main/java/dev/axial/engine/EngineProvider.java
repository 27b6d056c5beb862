package dev.axial.engine;

import java.lang.foreign.MemorySegment;
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
   * The engine, once it has computed on this machine what another one computes.
   *
   * @param oracle an engine that is right wherever there is Java
   * @throws dev.axial.AxialException saying why, if it cannot run on this machine
   */
  default Engine create(Engine oracle) {
    return create();
  }

  /**
   * Whether the engine is likely to start: what can be told at once speaks for it. Where it is not,
   * nobody need wait to be told why.
   */
  default boolean mayStart() {
    return true;
  }

  /**
   * Where large blocks of memory should come from, whether or not the engine has been started: a
   * function from bytes to a block that begins at a multiple of 64 and is freed once it is
   * unreachable, or to null if there is no memory. Null for the JVM's own.
   */
  default @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    return null;
  }

  /**
   * Gives the pages of a large block back to the system at once. What is in it is lost; it may be
   * written again.
   */
  default void discard(MemorySegment block) {}

  /** What it can do with the pages of files, whether or not the engine has been started. */
  default @Nullable FilePages filePages() {
    return null;
  }
}
