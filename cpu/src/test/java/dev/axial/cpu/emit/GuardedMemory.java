package dev.axial.cpu.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Buffers that end where a page begins that nobody may touch, and begin after bytes that must stay
 * as they are, or the other way round. Without mmap, bytes guard both ends.
 */
public final class GuardedMemory implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final long PAGE = 1 << 16;
  private static final byte CANARY = (byte) 0xff; // NaN as a float, and as a double

  /** How many bytes beside a buffer are looked at. */
  private static final int NEAR = 4096;

  private static final MemorySegment CANARIES = canaries();
  private static final boolean MAPS = System.getProperty("os.name").equals("Linux");

  private static final MethodHandle MMAP =
      bind(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      bind("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MUNMAP =
      bind("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  private record Region(MemorySegment all, MemorySegment inside) {}

  private final List<Region> regions = new ArrayList<>();

  private static MemorySegment canaries() {
    var out = MemorySegment.ofArray(new byte[NEAR]);
    return out.fill(CANARY);
  }

  private static MethodHandle bind(String name, FunctionDescriptor type) {
    MemorySegment address = LINKER.defaultLookup().find(name).orElse(MemorySegment.NULL);
    return LINKER.downcallHandle(MAPS ? address : MemorySegment.ofAddress(1), type);
  }

  /** A buffer whose end is the end of what may be touched, up to the alignment. */
  public MemorySegment allocate(long bytes, long alignment) {
    return allocate(bytes, alignment, false);
  }

  /** A buffer that begins where what may be touched begins. */
  public MemorySegment allocateFirst(long bytes) {
    return allocate(bytes, 1, true);
  }

  private MemorySegment allocate(long bytes, long alignment, boolean first) {
    long pages = (bytes + 2 * PAGE - 1) / PAGE * PAGE;
    try {
      MemorySegment all;
      if (MAPS) {
        // Private and anonymous, to be read and written, between two pages without rights.
        MemorySegment mapped =
            ((MemorySegment) MMAP.invoke(MemorySegment.NULL, pages + 2 * PAGE, 3, 0x22, -1, 0L))
                .reinterpret(pages + 2 * PAGE);
        if ((int) MPROTECT.invoke(mapped.asSlice(0, PAGE), PAGE, 0) != 0
            || (int) MPROTECT.invoke(mapped.asSlice(pages + PAGE), PAGE, 0) != 0) {
          throw new IllegalStateException("mprotect");
        }
        all = mapped.asSlice(PAGE, pages);
      } else {
        all = java.lang.foreign.Arena.ofAuto().allocate(pages, PAGE);
      }
      all.fill(CANARY);
      long start = first ? 0 : (pages - bytes) / alignment * alignment;
      MemorySegment inside = all.asSlice(start, bytes);
      regions.add(new Region(all, inside));
      return inside;
    } catch (Throwable x) {
      throw new IllegalStateException(x);
    }
  }

  /** Whether all bytes around the buffers are as they were. */
  public boolean untouched() {
    for (Region r : regions) {
      long from = r.inside.address() - r.all.address();
      long to = from + r.inside.byteSize();
      long end = r.all.byteSize();
      if (!canary(r.all, Math.max(0, from - NEAR), from)
          || !canary(r.all, to, Math.min(end, to + NEAR))) {
        return false;
      }
    }
    return true;
  }

  private static boolean canary(MemorySegment all, long from, long to) {
    return MemorySegment.mismatch(all, from, to, CANARIES, 0, to - from) < 0;
  }

  @Override
  public void close() {
    if (!MAPS) {
      return;
    }
    for (Region r : regions) {
      try {
        MemorySegment mapped = MemorySegment.ofAddress(r.all.address() - PAGE);
        int _ = (int) MUNMAP.invoke(mapped, r.all.byteSize() + 2 * PAGE);
      } catch (Throwable x) {
        throw new IllegalStateException(x);
      }
    }
  }
}
