package dev.axial.cpu.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Buffers that end where a page ends that nobody may touch, and begin after bytes that must stay as
 * they are. Without mmap, bytes guard both ends.
 */
final class GuardedMemory implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final long PAGE = 1 << 16;
  private static final byte CANARY = (byte) 0xff; // NaN as a float, and as a double
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

  private static MethodHandle bind(String name, FunctionDescriptor type) {
    MemorySegment address = LINKER.defaultLookup().find(name).orElse(MemorySegment.NULL);
    return LINKER.downcallHandle(MAPS ? address : MemorySegment.ofAddress(1), type);
  }

  /** A buffer whose end is the end of what may be touched, up to the alignment. */
  MemorySegment allocate(long bytes, long alignment) {
    long pages = (bytes + 2 * PAGE - 1) / PAGE * PAGE;
    try {
      MemorySegment all;
      if (MAPS) {
        // Private and anonymous, to be read and written; then a page without rights.
        all =
            ((MemorySegment) MMAP.invoke(MemorySegment.NULL, pages + PAGE, 3, 0x22, -1, 0L))
                .reinterpret(pages + PAGE);
        if ((int) MPROTECT.invoke(all.asSlice(pages), PAGE, 0) != 0) {
          throw new IllegalStateException("mprotect");
        }
      } else {
        all = java.lang.foreign.Arena.ofAuto().allocate(pages + PAGE, PAGE);
      }
      all.asSlice(0, MAPS ? pages : pages + PAGE).fill(CANARY);
      long start = (pages - bytes) / alignment * alignment;
      MemorySegment inside = all.asSlice(start, bytes);
      regions.add(new Region(all, inside));
      return inside;
    } catch (Throwable x) {
      throw new IllegalStateException(x);
    }
  }

  /** Whether all bytes around the buffers are as they were. */
  boolean untouched() {
    for (Region r : regions) {
      long from = r.inside.address() - r.all.address();
      long to = from + r.inside.byteSize();
      long end = MAPS ? r.all.byteSize() - PAGE : r.all.byteSize();
      for (long k = Math.max(0, from - 4096); k < Math.min(end, to + 4096); k++) {
        if ((k < from || k >= to) && r.all.get(JAVA_BYTE, k) != CANARY) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public void close() {
    if (!MAPS) {
      return;
    }
    for (Region r : regions) {
      try {
        int _ = (int) MUNMAP.invoke(r.all, r.all.byteSize());
      } catch (Throwable x) {
        throw new IllegalStateException(x);
      }
    }
  }
}
