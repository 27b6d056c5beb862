package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.axial.cpu.llvm.CLibrary;
import dev.axial.cpu.llvm.Pages;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * For Linux, whose constants these are: a private mapping of a file that reserves nothing. Java's
 * reserves as much as the file is long, which the kernel refuses where that is more than there is.
 */
public final class PrivateMapping {
  private static final int READ_ONLY_CLOSE_ON_EXEC = 0x80000;

  private static final MethodHandle OPEN =
      CLibrary.function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  private static final MethodHandle CLOSE =
      CLibrary.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private PrivateMapping() {}

  /** The mapping, which the arena unmaps; null if the kernel refuses. */
  public static @Nullable MemorySegment of(Path file, long bytes, Arena arena) {
    MemorySegment at = mapped(file, bytes);
    return at == null
        ? null
        : at.reinterpret(bytes, arena, all -> Pages.unmap(all.address(), bytes));
  }

  private static @Nullable MemorySegment mapped(Path file, long bytes) {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment name = own.allocateFrom(file.toAbsolutePath().toString());
      int fd = (int) OPEN.invokeExact(name, READ_ONLY_CLOSE_ON_EXEC);
      if (fd < 0) {
        return null;
      }
      MemorySegment at = Pages.mapCopy(fd, bytes);
      int _ = (int) CLOSE.invokeExact(fd); // the mapping keeps the file
      return at;
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
