package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * For Linux, whose constants these are: memory that it is asked to keep in pages of 2 MB. Arrays
 * that are read once are bound by the walks through tables of small pages, above all in a virtual
 * machine: a sum takes a fifth less.
 */
public final class HugePages {
  /** Blocks from this size on, in bytes, are worth it: that of one page. */
  public static final long PAGE = 1 << 21;

  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int ADVICE = 14; // MADV_HUGEPAGE
  private static final long FAILED = -1;

  private static final MethodHandle MMAP =
      C.function(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      C.function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle MADVISE =
      C.function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private HugePages() {}

  /**
   * A block of zeros that begins at a page and is unmapped once it is unreachable; null if there is
   * no memory.
   */
  public static @Nullable MemorySegment allocate(long bytes) {
    long mapped = bytes + PAGE;
    try {
      var at =
          (MemorySegment)
              MMAP.invokeExact(MemorySegment.NULL, mapped, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (at.address() == FAILED) {
        return null;
      }
      long skip = -at.address() & (PAGE - 1);
      // A kernel without huge pages refuses the advice, and small ones serve.
      int _ =
          (int) MADVISE.invokeExact(MemorySegment.ofAddress(at.address() + skip), bytes, ADVICE);
      return at.reinterpret(mapped, Arena.ofAuto(), all -> unmap(all.address(), mapped))
          .asSlice(skip, bytes);
    } catch (Throwable x) {
      throw C.unexpected(x);
    }
  }

  private static void unmap(long address, long bytes) {
    try {
      int _ = (int) MUNMAP.invokeExact(MemorySegment.ofAddress(address), bytes);
    } catch (Throwable x) {
      throw C.unexpected(x);
    }
  }
}
