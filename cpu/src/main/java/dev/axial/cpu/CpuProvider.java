package dev.axial.cpu;

import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
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
    return new CpuEngine(new Library(Natives.libLlvm()));
  }
}
