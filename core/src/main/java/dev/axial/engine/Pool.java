package dev.axial.engine;

import dev.axial.AxialException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for large arrays. A block comes back when its {@link Store} is collected or freed,
 * and serves the next array of its size. A budget of outstanding bytes ({@code axial.memory},
 * default half of the machine) makes room by collecting garbage before the process would fail.
 */
public final class Pool {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final long BUDGET = budget();
  private static final Object LOCK = new Object();
  private static final TreeMap<Long, ArrayDeque<Block>> FREE = new TreeMap<>();
  private static final ThreadLocal<@Nullable Scope> SCOPE = new ThreadLocal<>();
  private static long reserved;
  private static long idle;

  private Pool() {}

  /** One piece of native memory. */
  static final class Block {
    private final MemorySegment segment;
    private boolean kept;
    private boolean released;

    private Block(MemorySegment segment) {
      this.segment = segment;
    }

    MemorySegment segment() {
      return segment;
    }

    void keep() {
      synchronized (LOCK) {
        kept = true;
      }
    }

    void release() {
      synchronized (LOCK) {
        if (released) {
          return;
        }
        released = true;
        if (kept) { // somebody may still hold the segment, which keeps the memory until it is gone
          reserved -= segment.byteSize();
          LOCK.notifyAll();
          return;
        }
        FREE.computeIfAbsent(segment.byteSize(), _ -> new ArrayDeque<>()).push(this);
        idle += segment.byteSize();
        LOCK.notifyAll();
      }
    }
  }

  private static long budget() {
    String given = System.getProperty("axial.memory");
    if (given == null) {
      var os = ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
      return os.getTotalMemorySize() / 2;
    }
    try {
      String s = given.strip().toLowerCase(Locale.ROOT);
      long unit =
          switch (s.charAt(s.length() - 1)) {
            case 'k' -> 1L << 10;
            case 'm' -> 1L << 20;
            case 'g' -> 1L << 30;
            case 't' -> 1L << 40;
            default -> // not over Op
                1;
          };
      return Math.multiplyExact(
          Long.parseLong(unit == 1 ? s : s.substring(0, s.length() - 1)), unit);
    } catch (RuntimeException x) {
      throw new AxialException(
          "axial.memory is '%s'; a number of bytes is expected, perhaps with k, m, g or t, such as 4g"
              .formatted(given),
          x);
    }
  }

  /** The budget in bytes. */
  public static long budgetBytes() {
    return BUDGET;
  }

  /** The bytes of blocks in use. */
  public static long outstandingBytes() {
    synchronized (LOCK) {
      return reserved - idle;
    }
  }

  /** A block of at least this many bytes; its contents are arbitrary. */
  static Block allocate(long bytes) {
    long size = roundUp(bytes);
    for (int attempt = 0; ; attempt++) {
      synchronized (LOCK) {
        var same = FREE.get(size);
        if (same != null && !same.isEmpty()) {
          Block b = same.pop();
          idle -= size;
          return new Block(b.segment);
        }
        if (trim(size)) {
          System.gc(); // what was dropped is freed when its collection is noticed
        }
        if (reserved + size <= BUDGET) {
          Block b = reserve(size);
          if (b != null) {
            return b;
          }
        }
      }
      if (attempt == 8) {
        throw new AxialException(
            "no memory for an array of %,d bytes: %,d of %,d bytes are in use. Free arrays with Memory.scope(), or raise -Daxial.memory (and -XX:MaxDirectMemorySize, by default the heap's size)."
                .formatted(bytes, outstandingBytes(), BUDGET));
      }
      collect(attempt);
    }
  }

  private static @Nullable Block reserve(long size) {
    try {
      var segment = Arena.ofAuto().allocate(size, 64);
      reserved += size;
      return new Block(segment);
    } catch (OutOfMemoryError x) {
      return null;
    }
  }

  /** Drops idle blocks of other sizes until a new one fits the budget; whether any was dropped. */
  private static boolean trim(long size) {
    boolean any = false;
    while (reserved + size > BUDGET && idle > 0) {
      var last = FREE.lastEntry();
      Block b = last.getValue().pollLast();
      if (b == null) {
        FREE.remove(last.getKey());
        continue;
      }
      idle -= b.segment.byteSize();
      reserved -= b.segment.byteSize();
      any = true;
    }
    return any;
  }

  private static void collect(int attempt) {
    System.gc();
    synchronized (LOCK) {
      try {
        long until = System.nanoTime() + (20_000_000L << attempt);
        while (idle == 0 && System.nanoTime() < until) {
          LOCK.wait(20);
        }
      } catch (InterruptedException x) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Blocks come in eight sizes for each power of two, so that they can be used again. */
  private static long roundUp(long bytes) {
    long step = Math.max(64, Long.highestOneBit(bytes) / 8);
    return Math.max(64, (bytes + step - 1) / step * step);
  }

  /** Releases the block once the store is unreachable. */
  static void watch(Store store, Block block) {
    CLEANER.register(store, block::release);
  }

  static void created(Store store) {
    Scope s = SCOPE.get();
    if (s != null) {
      s.stores.put(store, true);
    }
  }

  /** What is made on this thread until it is closed, and freed then unless it was kept. */
  public static final class Scope {
    private final @Nullable Scope outer = SCOPE.get();
    private final Map<Store, Boolean> stores = new IdentityHashMap<>();

    /** Opens a scope on this thread. */
    public Scope() {
      SCOPE.set(this);
    }

    /** Hands a store to the enclosing scope, if any. */
    public void keep(Store store) {
      if (stores.remove(store) != null && outer != null) {
        outer.stores.put(store, true);
      }
    }

    /** Frees what was not kept. */
    public void close() {
      if (SCOPE.get() != this) {
        throw new AxialException("scopes are closed on their own thread, the innermost first");
      }
      SCOPE.set(outer);
      List<Store> all = new ArrayList<>(stores.keySet());
      stores.clear();
      all.forEach(Store::free);
    }
  }
}
