package dev.axial.cpu.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where in the scratch block each buffer lies: two that live at the same moment lie apart. A
 * program of the usual size places the largest buffers first, each as low as it can lie, which
 * looks at all those before it; one of very many buffers goes through their lives in order.
 */
final class Scratch {
  private static final long ALIGN = 64;

  /** More buffers than this are placed in the order of their lives. */
  private static final int MANY = 2000;

  private Scratch() {}

  /** Places the buffers; gives the size of the block. */
  static long arrange(List<Buffer> buffers) {
    var all = buffers.stream().filter(b -> b.kind() == Buffer.Kind.SCRATCH && b.to >= 0).toList();
    return all.size() > MANY ? byLife(all) : bySize(all);
  }

  private static long room(Buffer b) {
    return Math.max(ALIGN, (b.bytes() + ALIGN - 1) / ALIGN * ALIGN);
  }

  private static long bySize(List<Buffer> all) {
    var placed = new ArrayList<Buffer>();
    long end = 0;
    for (Buffer b :
        all.stream().sorted(Comparator.comparingLong(Buffer::bytes).reversed()).toList()) {
      long size = room(b);
      var taken = new ArrayList<long[]>();
      for (Buffer o : placed) {
        if (o.from <= b.to && b.from <= o.to) {
          taken.add(new long[] {o.offset, o.offset + room(o)});
        }
      }
      taken.sort(Comparator.comparingLong(t -> t[0]));
      long at = 0;
      for (long[] t : taken) {
        if (at + size <= t[0]) {
          break;
        }
        at = Math.max(at, t[1]);
      }
      b.offset = at;
      placed.add(b);
      end = Math.max(end, at + size);
    }
    return end;
  }

  /** Each buffer takes the smallest gap that it fits into, and leaves one when its life ends. */
  private static long byLife(List<Buffer> all) {
    var gaps = new Gaps();
    var living = new PriorityQueue<Buffer>(Comparator.comparingInt(b -> b.to));
    for (Buffer b : all.stream().sorted(Comparator.comparingInt(b -> b.from)).toList()) {
      while (!living.isEmpty() && living.element().to < b.from) {
        Buffer o = living.remove();
        gaps.give(o.offset, room(o));
      }
      b.offset = gaps.take(room(b));
      living.add(b);
    }
    return gaps.end;
  }

  /** Free places below the end, no two of which touch. */
  private static final class Gaps {
    private final TreeMap<Long, Long> sizes = new TreeMap<>();
    private final TreeMap<Long, TreeSet<Long>> bySize = new TreeMap<>();
    long end;

    long take(long size) {
      Map.Entry<Long, TreeSet<Long>> fits = bySize.ceilingEntry(size);
      if (fits != null) {
        long at = fits.getValue().first();
        remove(at);
        if (fits.getKey() > size) {
          add(at + size, fits.getKey() - size);
        }
        return at;
      }
      Map.Entry<Long, Long> last = sizes.lastEntry();
      if (last != null && last.getKey() + last.getValue() == end) { // it grows
        remove(last.getKey());
        end = last.getKey() + size;
        return last.getKey();
      }
      end += size;
      return end - size;
    }

    void give(long at, long size) {
      long from = at;
      long to = at + size;
      Map.Entry<Long, Long> below = sizes.lowerEntry(at);
      if (below != null && below.getKey() + below.getValue() == at) {
        from = below.getKey();
        remove(from);
      }
      Long above = sizes.get(to);
      if (above != null) {
        remove(to);
        to += above;
      }
      add(from, to - from);
    }

    private void add(long at, long size) {
      sizes.put(at, size);
      bySize.computeIfAbsent(size, _ -> new TreeSet<>()).add(at);
    }

    private void remove(long at) {
      long size = Objects.requireNonNull(sizes.remove(at));
      TreeSet<Long> same = Objects.requireNonNull(bySize.get(size));
      same.remove(at);
      if (same.isEmpty()) {
        bySize.remove(size);
      }
    }
  }
}
