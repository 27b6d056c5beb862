package dev.axial.disk;

import dev.axial.disk.Journal.Run;
import dev.axial.engine.Engines;
import dev.axial.engine.FilePages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of a private mapping were written since it was made.
 *
 * <p>Linux tells: the copy of a page that was written belongs to no file. An engine may have a way
 * to ask for those alone; {@code /proc/self/pagemap} has a word for each page, touched or not.
 * Where neither is there, or does not tell the truth about a page that is known, the mapping is
 * compared with the file, which costs as much as the file is long.
 *
 * <p>Source: the kernel's {@code Documentation/admin-guide/mm/pagemap.rst}.
 */
final class DirtyPages {
  private static final Path PAGEMAP = Path.of("/proc/self/pagemap");
  private static final Path AUXV = Path.of("/proc/self/auxv");
  private static final long AT_PAGESZ = 6;
  private static final long PRESENT = 1L << 63;
  private static final long SWAPPED = 1L << 62;
  private static final long OF_A_FILE = 1L << 61;

  /** Pages of so many words are read at once. */
  private static final int WORDS = 1 << 13;

  /** Where the kernel says nothing, the unit is that of most machines. */
  private static final int USUAL = 4096;

  private static final int PAGE = pageSize();

  private DirtyPages() {}

  /** The size of a page, which the kernel gives each process when it starts. */
  private static int pageSize() {
    try {
      ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(AUXV)).order(ByteOrder.LITTLE_ENDIAN);
      while (b.remaining() >= 16) {
        long key = b.getLong();
        long value = b.getLong();
        if (key == AT_PAGESZ) {
          return Math.toIntExact(value);
        }
      }
    } catch (IOException | SecurityException _) {
      // not Linux
    }
    return USUAL;
  }

  /** Somebody who may know which pages of a private mapping were written; null if not. */
  interface Source {
    @Nullable List<Run> written(MemorySegment copy);
  }

  /**
   * The written bytes, in order and in whole pages, but for the last, which ends with the file.
   *
   * @param copy a private mapping of the file from its start, which only holds its header in the
   *     first page
   * @param file a shared one
   */
  static List<Run> of(MemorySegment copy, MemorySegment file) {
    List<Run> told = checked(DirtyPages::toldToEngine, copy);
    told = told != null ? told : checked(DirtyPages::inPagemap, copy);
    return told != null ? told : compared(copy, file);
  }

  /** What a source says, if what it says of the header's page is right before and after a write. */
  static @Nullable List<Run> checked(Source source, MemorySegment copy) {
    byte first = copy.get(ValueLayout.JAVA_BYTE, 0);
    List<Run> runs = source.written(copy);
    if (runs == null || !runs.isEmpty() && runs.getFirst().at() == 0) {
      return null;
    }
    copy.set(ValueLayout.JAVA_BYTE, 0, first);
    List<Run> now = source.written(copy.asSlice(0, PAGE));
    return now != null && now.size() == 1 ? runs : null;
  }

  /** What the kernel tells the engine. */
  static @Nullable List<Run> toldToEngine(MemorySegment copy) {
    FilePages pages = Engines.filePages();
    long[] told = pages == null ? null : pages.written(copy);
    if (told == null) {
      return null;
    }
    var runs = new Runs(copy.byteSize());
    for (int k = 0; k < told.length; k += 2) {
      runs.add(told[k], told[k + 1]);
    }
    return runs.all();
  }

  /** What the kernel tells everybody. */
  static @Nullable List<Run> inPagemap(MemorySegment copy) {
    if (!Files.isReadable(PAGEMAP)) {
      return null;
    }
    try (var map = new RandomAccessFile(PAGEMAP.toFile(), "r")) {
      return scan(map, copy);
    } catch (IOException _) {
      return null;
    }
  }

  private static boolean dirty(long word) {
    return (word & (PRESENT | SWAPPED)) != 0 && (word & OF_A_FILE) == 0;
  }

  private static List<Run> scan(RandomAccessFile map, MemorySegment copy) throws IOException {
    var runs = new Runs(copy.byteSize());
    long pages = (copy.byteSize() + PAGE - 1) / PAGE;
    byte[] bytes = new byte[WORDS * Long.BYTES];
    var words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    map.seek(copy.address() / PAGE * Long.BYTES);
    for (long page = 0; page < pages; page += WORDS) {
      int n = (int) Math.min(WORDS, pages - page);
      map.readFully(bytes, 0, n * Long.BYTES);
      for (int k = 0; k < n; k++) {
        if (dirty(words.get(k))) {
          runs.add((page + k) * PAGE, PAGE);
        }
      }
    }
    return runs.all();
  }

  /** The pages that differ. */
  static List<Run> compared(MemorySegment copy, MemorySegment file) {
    long size = copy.byteSize();
    var runs = new Runs(size);
    for (long at = 0; at < size; ) {
      long same = MemorySegment.mismatch(copy, at, size, file, at, size);
      if (same < 0) {
        break;
      }
      at = (at + same) / PAGE * PAGE;
      runs.add(at, PAGE);
      at += PAGE;
    }
    return runs.all();
  }

  /** Runs of pages, joined where they touch. */
  private static final class Runs {
    private final long end;
    private final List<Run> all = new ArrayList<>();
    private long from;
    private long to;

    Runs(long end) {
      this.end = end;
    }

    void add(long at, long bytes) {
      if (at != to) {
        finish();
        from = at;
      }
      to = at + bytes;
    }

    private void finish() {
      if (to > from) {
        all.add(new Run(from, Math.min(to, end) - from));
      }
    }

    List<Run> all() {
      finish();
      return all;
    }
  }
}
