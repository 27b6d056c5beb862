package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.engine.Engine;
import dev.axial.engine.EngineProvider;

/** Offers the native engine. */
public final class CpuProvider implements EngineProvider {
  @Override
  public String name() {
    return "native";
  }

  @Override
  public Engine create() {
    throw new AxialException("not yet");
  }
}
