package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.axial.cpu.llvm.CLibrary;
import dev.axial.cpu.llvm.Pages;
import dev.axial.engine.FilePages;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Files on Linux, whose constants these are. A lock is that of an open file, which no other file
 * that the process closes takes away. A private mapping reserves nothing, where Java's reserves as
 * much as the file is long and is refused if that is more than there is. Written pages come from
 * the {@code PAGEMAP_SCAN} call of Linux 6.7 and later, which skips what was never touched.
 *
 * <p>Source: {@code linux/fs.h} and {@code Documentation/admin-guide/mm/pagemap.rst}.
 */
public final class LinuxPages implements FilePages {
  private static final int READ_ONLY_CLOSE_ON_EXEC = 0x80000;
  private static final int READ_WRITE_CLOSE_ON_EXEC = 0x80002;

  /** {@code F_OFD_SETLK}, and the fields of {@code struct flock}. */
  private static final int LOCK_OF_OPEN_FILE = 37;

  private static final long LOCK_BYTES = 32;
  private static final short LOCK_FOR_READING = 0;
  private static final short LOCK_FOR_WRITING = 1;
  private static final short UNLOCK = 2;
  private static final long LOCK_START = 8;
  private static final long LOCK_LENGTH = 16;

  /** A lock is on a byte that no file has, the one that Java's locks of these files are on. */
  private static final long LOCKED = Long.MAX_VALUE - 1;

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

  /** Bound when a file is first locked. */
  private static final class Control {
    static final MethodHandle HANDLE =
        CLibrary.function(
            "fcntl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
            Linker.Option.firstVariadicArg(2));
  }

  private static int openFile(String file, int flags) {
    try (Arena own = Arena.ofConfined()) {
      return (int) OPEN.invokeExact(own.allocateFrom(file), flags);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  private static void closeFile(int fd) {
    try {
      int _ = (int) CLOSE.invokeExact(fd);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  @Override
  public @Nullable Opened open(Path file, boolean writable) {
    int flags = writable ? READ_WRITE_CLOSE_ON_EXEC : READ_ONLY_CLOSE_ON_EXEC;
    int fd = openFile(file.toAbsolutePath().toString(), flags);
    return fd < 0 ? null : new OpenFile(fd);
  }

  private record OpenFile(int fd) implements Opened {
    @Override
    public boolean lock(boolean exclusive) {
      return lock(exclusive ? LOCK_FOR_WRITING : LOCK_FOR_READING);
    }

    private boolean lock(short kind) {
      try (Arena own = Arena.ofConfined()) {
        MemorySegment flock = own.allocate(LOCK_BYTES, Long.BYTES);
        flock.set(JAVA_SHORT, 0, kind);
        flock.set(JAVA_LONG, LOCK_START, LOCKED);
        flock.set(JAVA_LONG, LOCK_LENGTH, 1);
        return (int) Control.HANDLE.invokeExact(fd, LOCK_OF_OPEN_FILE, flock) == 0;
      } catch (Throwable x) {
        throw CLibrary.unexpected(x);
      }
    }

    @Override
    public @Nullable MemorySegment privateMapping(long bytes, Arena arena) {
      MemorySegment at = Pages.mapCopy(fd, bytes);
      return at == null
          ? null
          : at.reinterpret(bytes, arena, all -> Pages.unmap(all.address(), bytes));
    }

    /** A mapping of the file, which may go later, would keep the lock. */
    @Override
    public void close() {
      boolean _ = lock(UNLOCK);
      closeFile(fd);
    }
  }

  @Override
  public long @Nullable [] written(MemorySegment copy) {
    int fd = openFile("/proc/self/pagemap", READ_ONLY_CLOSE_ON_EXEC);
    if (fd < 0) {
      return null;
    }
    try {
      return scan(fd, copy);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    } finally {
      closeFile(fd);
    }
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
