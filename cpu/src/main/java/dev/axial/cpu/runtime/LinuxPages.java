package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.cpu.llvm.CLibrary;
import dev.axial.cpu.llvm.Pages;
import dev.axial.engine.FilePages;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pages of files on Linux, whose constants these are. A private mapping reserves nothing, where
 * Java's reserves as much as the file is long and is refused if that is more than there is. Written
 * pages come from the {@code PAGEMAP_SCAN} call of Linux 6.7 and later, which skips what was never
 * touched.
 *
 * <p>Source: {@code linux/fs.h} and {@code Documentation/admin-guide/mm/pagemap.rst}.
 */
public final class LinuxPages implements FilePages {
  private static final int READ_ONLY_CLOSE_ON_EXEC = 0x80000;

  /** {@code _IOWR('f', 16, struct pm_scan_arg)}. */
  private static final long PAGEMAP_SCAN = 0xc0606610L;

  private static final long OF_A_FILE = 1 << 2;
  private static final long PRESENT = 1 << 3;
  private static final long SWAPPED = 1 << 4;

  /** The fields of {@code struct pm_scan_arg}, each a long. */
  private static final int SIZE = 0;

  private static final int START = 2;
  private static final int END = 3;
  private static final int REGIONS = 5;
  private static final int REGION_COUNT = 6;
  private static final int INVERTED = 8;
  private static final int ALL_OF = 9;
  private static final int ANY_OF = 10;
  private static final int RETURNED = 11;
  private static final int FIELDS = 12;

  /** A region is a start, an end and what it has. So many are asked for at once. */
  private static final long REGION = 3;

  private static final int MOST = 1 << 10;
  private static final long PAGE = 4096;

  private static final MethodHandle OPEN =
      CLibrary.function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  private static final MethodHandle CLOSE =
      CLibrary.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final MethodHandle IOCTL =
      CLibrary.function("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));

  /** What is done with an open file. */
  private interface Use<T> {
    @Nullable T of(int fd) throws Throwable;
  }

  private static <T> @Nullable T open(String file, Use<T> use) {
    try (Arena own = Arena.ofConfined()) {
      int fd = (int) OPEN.invokeExact(own.allocateFrom(file), READ_ONLY_CLOSE_ON_EXEC);
      if (fd < 0) {
        return null;
      }
      try {
        return use.of(fd);
      } finally {
        int _ = (int) CLOSE.invokeExact(fd);
      }
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  @Override
  public @Nullable MemorySegment privateMapping(Path file, long bytes, Arena arena) {
    MemorySegment at = open(file.toAbsolutePath().toString(), fd -> Pages.mapCopy(fd, bytes));
    return at == null
        ? null
        : at.reinterpret(bytes, arena, all -> Pages.unmap(all.address(), bytes));
  }

  @Override
  public long @Nullable [] written(MemorySegment copy) {
    return open("/proc/self/pagemap", fd -> scan(fd, copy));
  }

  private static long @Nullable [] scan(int pagemap, MemorySegment copy) throws Throwable {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment regions = own.allocate(JAVA_LONG, REGION * MOST);
      MemorySegment question = own.allocate(JAVA_LONG, FIELDS);
      long from = copy.address();
      long end = (from + copy.byteSize() + PAGE - 1) / PAGE * PAGE;
      put(question, SIZE, question.byteSize());
      put(question, END, end);
      put(question, REGIONS, regions.address());
      put(question, REGION_COUNT, MOST);
      put(question, INVERTED, OF_A_FILE);
      put(question, ALL_OF, OF_A_FILE);
      put(question, ANY_OF, PRESENT | SWAPPED);
      put(question, RETURNED, OF_A_FILE);
      long[] out = {};
      put(question, START, from);
      while (true) {
        int n = (int) IOCTL.invokeExact(pagemap, PAGEMAP_SCAN, question);
        if (n < 0) {
          return null;
        }
        out = plus(out, regions, n, from);
        if (n < MOST) {
          return out;
        }
        // Where the kernel says it stopped may be too early when it came to the end.
        put(question, START, regions.getAtIndex(JAVA_LONG, REGION * (n - 1) + 1));
      }
    }
  }

  private static long[] plus(long[] before, MemorySegment regions, int n, long from) {
    long[] out = Arrays.copyOf(before, before.length + 2 * n);
    for (int k = 0; k < n; k++) {
      long start = regions.getAtIndex(JAVA_LONG, REGION * k);
      out[before.length + 2 * k] = start - from;
      out[before.length + 2 * k + 1] = regions.getAtIndex(JAVA_LONG, REGION * k + 1) - start;
    }
    return out;
  }

  private static void put(MemorySegment question, int field, long value) {
    question.setAtIndex(JAVA_LONG, field, value);
  }
}
