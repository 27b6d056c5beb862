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

  private static final int HUGE = 14; // MADV_HUGEPAGE
  private static final int NOT_NEEDED = 4; // MADV_DONTNEED

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
    advise(at.address() + skip, bytes, HUGE); // refused without huge pages: small ones serve
    return Pages.whileReachable(at, mapped).asSlice(skip, bytes);
  }

  /** Gives the pages of a block back; it may be written again, and is zeros then. */
  public static void discard(MemorySegment block) {
    advise(block.address(), block.byteSize(), NOT_NEEDED);
  }

  private static void advise(long address, long bytes, int advice) {
    try {
      int _ = (int) MADVISE.invokeExact(MemorySegment.ofAddress(address), bytes, advice);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
