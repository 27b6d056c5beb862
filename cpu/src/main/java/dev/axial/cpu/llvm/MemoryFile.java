package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** For Linux, whose constants these are: a file without a file system, for as long as we run. */
final class MemoryFile {
  private static final int CLOSE_ON_EXEC = 1; // MFD_CLOEXEC

  private static final MethodHandle CREATE =
      CLibrary.function("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  private MemoryFile() {}

  /** A new file, by the name under which this process alone can open it. */
  static Path create(String name) throws IOException {
    int descriptor;
    try (Arena arena = Arena.ofConfined()) {
      descriptor = (int) CREATE.invokeExact(arena.allocateFrom(name), CLOSE_ON_EXEC);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
    if (descriptor < 0) {
      throw new IOException("the system gives no file in memory");
    }
    return Path.of("/proc/self/fd/" + descriptor);
  }
}
