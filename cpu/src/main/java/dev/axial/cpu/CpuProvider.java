package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.NativeAccess;
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
    return new CpuEngine(library());
  }

  @Override
  public Engine create(Engine oracle) {
    return new Tested(library(), SelfTest.NAME, oracle, l -> CpuEngine.tested(l, oracle));
  }

  @Override
  public boolean mayStart() {
    return NativeAccess.DENIED == null && Natives.areThere();
  }

  private static Library library() {
    String denied = NativeAccess.DENIED;
    if (denied != null) {
      throw new AxialException(denied);
    }
    return new Library(Natives.libLlvm());
  }

  @Override
  public @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    return usesLinux() ? HugePages::allocate : null;
  }

  @Override
  public void discard(MemorySegment block) {
    if (usesLinux()) {
      HugePages.discard(block);
    }
  }

  @Override
  public @Nullable FilePages filePages() {
    return usesLinux() ? new LinuxPages() : null;
  }

  /** Whether it may call Linux. */
  private static boolean usesLinux() {
    return NativeAccess.DENIED == null && System.getProperty("os.name").equals("Linux");
  }
}
