package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pages of memory, mapped and unmapped; for Linux, whose constants these are. */
public final class Pages {
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int PRIVATE_UNRESERVED = 0x4002;
  private static final long FAILED = -1;

  private static final MethodHandle MMAP =
      CLibrary.function(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  /** Bound when it is first needed, which is not at the start. */
  private static final class Unmap {
    static final MethodHandle HANDLE =
        CLibrary.function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  }

  private Pages() {}

  /** New pages of zeros that may be written; null if there are none. */
  public static @Nullable MemorySegment map(long bytes) {
    return map(bytes, PRIVATE_ANONYMOUS, -1);
  }

  /** A file's pages from its start, copied when they are written; null if that cannot be. */
  public static @Nullable MemorySegment mapCopy(int file, long bytes) {
    return map(bytes, PRIVATE_UNRESERVED, file);
  }

  private static @Nullable MemorySegment map(long bytes, int flags, int file) {
    try {
      var at =
          (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, bytes, READ_WRITE, flags, file, 0L);
      return at.address() == FAILED ? null : at;
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  /**
   * Pages that are given back once nobody can reach them. What does that is the JVM's alone: a
   * method of this library would keep all of it from being unloaded.
   */
  @SuppressWarnings("unchecked") // a proxy of a raw interface
  public static MemorySegment whileReachable(MemorySegment pages, long bytes) {
    MethodHandle unmap =
        MethodHandles.insertArguments(
                Unmap.HANDLE, 0, MemorySegment.ofAddress(pages.address()), bytes)
            .asType(MethodType.methodType(void.class));
    Consumer<MemorySegment> end =
        MethodHandleProxies.asInterfaceInstance(
            Consumer.class, MethodHandles.dropArguments(unmap, 0, Object.class));
    return pages.reinterpret(bytes, Arena.ofAuto(), end);
  }

  /** Gives pages back; nobody may touch them any more. */
  public static void unmap(long address, long bytes) {
    try {
      int _ = (int) Unmap.HANDLE.invokeExact(MemorySegment.ofAddress(address), bytes);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
