package dev.axial.engine;

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
}
