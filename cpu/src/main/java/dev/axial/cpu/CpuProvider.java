package dev.axial.cpu;

import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.runtime.HugePages;
import dev.axial.engine.Engine;
import dev.axial.engine.EngineProvider;
import java.lang.foreign.MemorySegment;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

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

  @Override
  public @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    return System.getProperty("os.name").equals("Linux") ? HugePages::allocate : null;
  }
}
