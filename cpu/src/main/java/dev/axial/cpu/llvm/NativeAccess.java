package dev.axial.cpu.llvm;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Whether the JVM lets this module call native code: it may warn of it, or deny it. */
public final class NativeAccess {
  /** Why not, and what to do; null if it does. */
  public static final @Nullable String DENIED = denied(NativeAccess.class.getModule());

  private NativeAccess() {}

  private static @Nullable String denied(Module own) {
    try {
      MemorySegment _ = MemorySegment.NULL.reinterpret(0); // nothing but restricted
      return null;
    } catch (IllegalCallerException x) {
      return "native access is denied to it; start java with --enable-native-access="
          + (own.isNamed() ? own.getName() : "ALL-UNNAMED");
    }
  }
}
