package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.cpu.llvm.CLibrary;
import dev.axial.cpu.llvm.Pages;
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

  private static final int ADVICE = 14; // MADV_HUGEPAGE

  private static final MethodHandle MADVISE =
      CLibrary.function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private HugePages() {}

  /**
   * A block of zeros that begins at a page and is unmapped once it is unreachable; null if there is
   * no memory.
   */
  public static @Nullable MemorySegment allocate(long bytes) {
    long mapped = bytes + PAGE;
    MemorySegment at = Pages.map(mapped);
    if (at == null) {
      return null;
    }
    long skip = -at.address() & (PAGE - 1);
    try {
      // A kernel without huge pages refuses the advice, and small ones serve.
      int _ =
          (int) MADVISE.invokeExact(MemorySegment.ofAddress(at.address() + skip), bytes, ADVICE);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
    return Pages.whileReachable(at, mapped).asSlice(skip, bytes);
  }
}
