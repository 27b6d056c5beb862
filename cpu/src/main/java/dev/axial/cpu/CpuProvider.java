package dev.axial.cpu;

import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.runtime.HugePages;
import dev.axial.cpu.runtime.LinuxPages;
import dev.axial.engine.Engine;
import dev.axial.engine.EngineProvider;
import dev.axial.engine.FilePages;
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
  public Engine create(Engine oracle) {
    return Tested.engine(new Library(Natives.libLlvm()), SelfTest.NAME, oracle, CpuEngine::new);
  }

  @Override
  public @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    return linux() ? HugePages::allocate : null;
  }

  @Override
  public void discard(MemorySegment block) {
    if (linux()) {
      HugePages.discard(block);
    }
  }

  @Override
  public @Nullable FilePages filePages() {
    return linux() ? new LinuxPages() : null;
  }

  private static boolean linux() {
    return System.getProperty("os.name").equals("Linux");
  }
}
