package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.disk.Journal.Run;
import dev.axial.ir.Dim;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.StringJoiner;
import java.util.zip.CRC32C;

/**
 * The checksums of a file's pages: for each 4096 bytes of elements an int, the CRC-32C of them and
 * of as many zeros, exclusive or. So the checksum of zeros is zero, and a hole of the file has the
 * right ones.
 *
 * <p>A block of {@code commit} writes those of its pages with them. A write outside of blocks is
 * not followed: it only says which elements it may touch, and the checksums of those pages are made
 * anew when the file is flushed or closed.
 */
final class Sums {
  /** Bytes of elements that have one checksum. */
  static final int PAGE = 4096;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
  private static final int ZEROS = crc(ByteBuffer.allocate(PAGE));

  /** A buffer holds so many pages. */
  private static final long CHUNK = 1L << 18;

  private final Header header;

  /** The pages whose checksums may be old, if not all of them. */
  private BitSet dirty = new BitSet();

  private boolean all;

  Sums(Header header) {
    this.header = header;
  }

  /** Bytes of the checksums of so many bytes of elements. */
  static long bytes(long elements) {
    return pages(elements) * Integer.BYTES;
  }

  private static long pages(long elements) {
    return elements / PAGE + (elements % PAGE == 0 ? 0 : 1);
  }

  private static int crc(ByteBuffer page) {
    var crc = new CRC32C();
    crc.update(page);
    return (int) crc.getValue();
  }

  /** The checksum of a page of a mapped file; the last page may be shorter. */
  private int of(ByteBuffer page) {
    int n = page.remaining();
    return crc(page) ^ (n == PAGE ? ZEROS : crc(ByteBuffer.allocate(n)));
  }

  // ---------------------------------------------------------------- which are old

  /** Elements from one to before another may be written. */
  void written(long from, long to) {
    if (to <= from || all) {
      return;
    }
    long size = header.type().dtype().bytes();
    long first = from * size / PAGE;
    long last = (to * size - 1) / PAGE;
    if (last >= Integer.MAX_VALUE) {
      allWritten();
    } else {
      dirty.set((int) first, (int) last + 1);
    }
  }

  /** Any element may have been written. */
  void allWritten() {
    all = true;
    dirty = new BitSet();
  }

  /** Bytes of the pages that {@link #update} would read. */
  long cost() {
    return all ? header.bytes() : (long) dirty.cardinality() * PAGE;
  }

  /** Makes the old ones anew, in the memory of a file. */
  void update(MemorySegment file) {
    if (all) {
      update(file, 0, pages(header.bytes()));
    } else {
      for (int k = dirty.nextSetBit(0); k >= 0; ) {
        int end = dirty.nextClearBit(k);
        update(file, k, end);
        k = dirty.nextSetBit(end);
      }
    }
    all = false;
    dirty = new BitSet();
  }

  /** What is done with the checksum of a page. */
  private interface Use {
    void of(long page, int sum);
  }

  private void each(MemorySegment file, long from, long to, Use use) {
    for (long start = from; start < to; start += CHUNK) {
      long end = Math.min(to, start + CHUNK);
      long at = start * PAGE;
      long n = Math.min(end * PAGE, header.bytes()) - at;
      ByteBuffer chunk = file.asSlice(header.offset() + at, n).asByteBuffer();
      for (long page = start; page < end; page++) {
        int begin = (int) ((page - start) * PAGE);
        chunk.limit((int) Math.min(begin + (long) PAGE, n)).position(begin);
        use.of(page, of(chunk));
      }
    }
  }

  private void update(MemorySegment file, long from, long to) {
    each(
        file,
        from,
        to,
        (page, sum) -> {
          long at = header.sumsAt() + page * Integer.BYTES;
          if (file.get(INT, at) != sum) { // a hole stays one
            file.set(INT, at, sum);
          }
        });
  }

  /**
   * Makes the checksums of a block's pages, in its copy of the file, and adds them to what it
   * wrote.
   */
  List<Run> with(List<Run> written, MemorySegment copy) {
    var out = new ArrayList<>(written);
    for (Run r : written) {
      long from = (r.at() - header.offset()) / PAGE;
      long to = pages(r.at() + r.bytes() - header.offset());
      to = Math.min(to, pages(header.bytes()));
      if (from < to) {
        update(copy, from, to);
        out.add(new Run(header.sumsAt() + from * Integer.BYTES, (to - from) * Integer.BYTES));
      }
    }
    return out;
  }

  // ---------------------------------------------------------------- verifying

  /** The pages that differ from their checksums, as bytes of elements; pages that touch are one. */
  List<Run> wrong(MemorySegment file) {
    var out = new ArrayList<Run>();
    each(
        file,
        0,
        pages(header.bytes()),
        (page, sum) -> {
          if (file.get(INT, header.sumsAt() + page * Integer.BYTES) != sum) {
            long at = page * PAGE;
            long bytes = Math.min(PAGE, header.bytes() - at);
            Run last = out.isEmpty() ? null : out.getLast();
            if (last != null && last.at() + last.bytes() == at) {
              out.set(out.size() - 1, new Run(last.at(), last.bytes() + bytes));
            } else {
              out.add(new Run(at, bytes));
            }
          }
        });
    return out;
  }

  /**
   * Compares all pages with their checksums.
   *
   * @throws AxialException naming the first that differs and its elements
   */
  void verify(Path path, MemorySegment file) {
    List<Run> wrong = wrong(file);
    if (!wrong.isEmpty()) {
      long count = wrong.stream().mapToLong(r -> pages(r.bytes())).sum();
      throw new AxialException(describe(path, wrong.getFirst().at() / PAGE, count));
    }
  }

  private String describe(Path path, long page, long count) {
    long size = header.type().dtype().bytes();
    long from = page * PAGE / size;
    long to = Math.min((page + 1) * PAGE, header.bytes()) / size - 1;
    return "%s is damaged: the checksum of page %,d is wrong, which holds the elements %,d to %,d (%s to %s)%s. Restore it from a copy, or call NamedRef.recover(path), which lists what is damaged and takes it as it is."
        .formatted(
            path,
            page,
            from,
            to,
            place(from),
            place(to),
            count == 1 ? "" : ", and so are those of %,d further pages".formatted(count - 1));
  }

  /** An element by its place along each axis. */
  private String place(long element) {
    long[] strides = header.type().strides();
    var out = new StringJoiner(", ", "[", "]");
    List<Dim> dims = header.type().dims();
    for (int k = 0; k < strides.length; k++) {
      out.add("%s=%d".formatted(dims.get(k).name(), element / strides[k] % dims.get(k).size()));
    }
    return out.toString();
  }
}
