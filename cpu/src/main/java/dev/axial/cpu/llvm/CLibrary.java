package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** Functions of the C library. */
public final class CLibrary {
  private static final Linker LINKER = Linker.nativeLinker();

  private CLibrary() {}

  /** A handle for a function. */
  public static MethodHandle function(String name, FunctionDescriptor d, Linker.Option... how) {
    return LINKER.downcallHandle(
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new AxialException("the C library has no function " + name)),
        d,
        how);
  }

  /**
   * What a call threw that throws nothing. Errors are thrown on, such as that of a stack that is
   * full before the call.
   */
  public static AxialException unexpected(Throwable x) {
    if (x instanceof Error e) {
      throw e;
    }
    return new AxialException("internal error: " + x, x);
  }
}
