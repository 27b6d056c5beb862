package dev.axial.engine;

import dev.axial.AxialException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for large arrays and for references. A block comes back when its {@link Store} is
 * freed, or when somebody asks for memory after it was collected, and serves the next array of its
 * size. Small blocks are pieces of slabs, because native memory is slow to get and burdens the
 * garbage collector by the piece. A budget of outstanding bytes ({@code axial.memory}, default half
 * of the machine) makes room by collecting garbage before the process would fail.
 */
public final class Pool {
  /** Blocks up to this size are pieces of slabs. */
  private static final long SMALL = 4096;

  private static final long SLAB = 1 << 16;

  private static final long BUDGET = budget();
  private static final Object LOCK = new Object();
  private static final TreeMap<Long, ArrayDeque<Block>> FREE = new TreeMap<>();
  private static final ReferenceQueue<Object> COLLECTED = new ReferenceQueue<>();
  private static final ThreadLocal<@Nullable Scope> SCOPE = new ThreadLocal<>();

  /** The watches are a list, so that they are reachable. */
  private static @Nullable Watch watches;

  /** Blocks from this size on come from an engine's memory, if one offers any. */
  private static final long LARGE = 1 << 21;

  /** Looked up when the first such block is asked for. */
  private static final class Large {
    static final @Nullable LongFunction<@Nullable MemorySegment> SOURCE = Engines.largeBlocks();
  }

  /** Uses of stores are counted from the first scope on. */
  private static volatile boolean scopesWereUsed;

  private static long reserved;
  private static long idle;

  private Pool() {}

  /** One piece of native memory. The lock guards what changes. */
  static final class Block {
    private final MemorySegment segment;
    private final @Nullable Slab slab;
    private @Nullable Watch watch;
    private boolean kept;
    private boolean released;

    private Block(MemorySegment segment, @Nullable Slab slab) {
      this.segment = segment;
      this.slab = slab;
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
        Watch w = watch;
        if (w != null) {
          w.drop();
          watch = null;
        }
        if (released) {
          return;
        }
        released = true;
        if (kept) { // somebody may still hold the segment, which keeps the memory until it is gone
          reserved -= segment.byteSize();
          return;
        }
        recycle(this);
      }
    }
  }

  /** Memory of small blocks of one size. It can go when all of them are idle. */
  private static final class Slab {
    final int blocks;
    int idle;

    Slab(int blocks) {
      this.blocks = blocks;
    }
  }

  /** Tells that something was collected. */
  private static final class Watch extends PhantomReference<Object> {
    private final Runnable end;
    private @Nullable Watch next;
    private @Nullable Watch previous;

    /** The caller has the lock. */
    Watch(Object what, Runnable end) {
      super(what, COLLECTED);
      this.end = end;
      next = watches;
      if (next != null) {
        next.previous = this;
      }
      watches = this;
    }

    void drop() {
      clear();
      if (next != null) {
        next.previous = previous;
      }
      if (previous != null) {
        previous.next = next;
      } else {
        watches = next;
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
    drain();
    synchronized (LOCK) {
      return reserved - idle;
    }
  }

  /** A block of at least this many bytes; its contents are arbitrary. */
  static Block allocate(long bytes) {
    long size = roundUp(bytes);
    drain();
    synchronized (LOCK) {
      Block known = idle(size);
      if (known != null) {
        return known;
      }
    }
    if (Collections.due(size)) {
      drain();
    }
    return found(
        bytes,
        "an array",
        () -> {
          Block known = idle(size);
          if (known != null) {
            return known;
          }
          if (trim(size <= SMALL ? SLAB : size)) {
            System.gc(); // what was dropped is freed when its collection is noticed
          }
          return reserve(size);
        });
  }

  /**
   * Counts memory that somebody else has, such as a stack's: the budget has room for it.
   *
   * @throws AxialException if it has not, after all that can be collected was
   */
  public static void claim(long bytes, String what) {
    drain();
    Boolean _ =
        found(
            bytes,
            what,
            () -> {
              if (reserved + bytes > BUDGET && trim(bytes)) {
                System.gc();
              }
              if (reserved + bytes > BUDGET) {
                return null;
              }
              reserved += bytes;
              return true;
            });
  }

  /** Counts memory that is there already, such as compiled code's; less than 0 what is gone. */
  public static void account(long bytes) {
    synchronized (LOCK) {
      reserved += bytes;
    }
  }

  /** How often collections that free nothing are waited for. */
  private static final int MOST_WAITS = 3;

  /** How often any are. */
  private static final int MOST_TRIES = 32;

  /** What a try under the lock finds, if it does before or after collections. */
  private static <T> T found(long bytes, String what, Supplier<@Nullable T> attempt) {
    for (int vain = 0, tries = 0; ; tries++) {
      synchronized (LOCK) {
        T t = attempt.get();
        if (t != null) {
          return t;
        }
      }
      if (bytes > BUDGET || vain == MOST_WAITS || tries == MOST_TRIES) {
        throw new AxialException(
            "no memory for %s of %,d bytes: %,d of %,d bytes are in use. Free arrays with Memory.scope(), or raise -Daxial.memory (and -XX:MaxDirectMemorySize, by default the heap's size)."
                .formatted(what, bytes, outstandingBytes(), BUDGET));
      }
      vain = collect(vain) ? 0 : vain + 1;
    }
  }

  /**
   * When garbage is collected although the budget has room: what is dropped at once is used again
   * soon, and memory does not grow to the budget first. So much has to be new since the last
   * collection that these take a small part of the time in which it can be written.
   */
  private static final class Collections {
    /** Nothing is collected below this. */
    static final long LEAST = 1L << 30;

    /** Bytes for each nanosecond that a collection took: several times of what is written in it. */
    static final long RATE = 30;

    private static long next = LEAST;
    private static boolean now;

    private Collections() {}

    /** Collects if it is time to, and a new block of a size is wanted; whether it did. */
    static boolean due(long size) {
      synchronized (LOCK) {
        if (now || size <= SMALL || reserved - idle + size <= next) {
          return false;
        }
        now = true;
      }
      long start = System.nanoTime();
      boolean _ = collect(0);
      long took = System.nanoTime() - start;
      synchronized (LOCK) {
        now = false;
        long used = reserved - idle;
        next = Math.max(LEAST, used + Math.max(used, Math.min(BUDGET / 4, RATE * took)));
      }
      return true;
    }
  }

  /** Takes back the blocks of all stores that were collected. */
  private static void drain() {
    for (var w = (Watch) COLLECTED.poll(); w != null; w = (Watch) COLLECTED.poll()) {
      w.end.run();
    }
  }

  // The caller of these has the lock.

  private static @Nullable Block idle(long size) {
    var same = FREE.get(size);
    Block b = same == null ? null : same.poll();
    if (b == null) {
      return null;
    }
    idle -= size;
    if (b.slab != null) {
      b.slab.idle--;
    }
    return new Block(b.segment, b.slab);
  }

  private static void recycle(Block b) {
    long size = b.segment.byteSize();
    FREE.computeIfAbsent(size, _ -> new ArrayDeque<>()).push(b);
    idle += size;
    if (b.slab != null) {
      b.slab.idle++;
    }
  }

  private static @Nullable Block reserve(long size) {
    if (size <= SMALL && reserved + SLAB <= BUDGET) {
      MemorySegment all = fresh(SLAB);
      if (all != null) {
        int n = (int) (SLAB / size);
        var slab = new Slab(n);
        reserved += n * size;
        for (int k = n - 1; k >= 0; k--) {
          recycle(new Block(all.asSlice(k * size, size), slab));
        }
        return idle(size);
      }
    }
    if (reserved + size > BUDGET) {
      return null;
    }
    MemorySegment segment = fresh(size);
    if (segment == null) {
      return null;
    }
    reserved += size;
    return new Block(segment, null);
  }

  private static @Nullable MemorySegment fresh(long size) {
    var from = size >= LARGE ? Large.SOURCE : null;
    if (from != null) {
      return from.apply(size);
    }
    try {
      return Arena.ofAuto().allocate(size, 64);
    } catch (OutOfMemoryError x) {
      return null;
    }
  }

  /**
   * Drops idle blocks until a new one fits the budget, the largest first, and those of slabs with
   * all of their slab; whether any was dropped.
   */
  private static boolean trim(long size) {
    boolean any = false;
    for (var same : FREE.descendingMap().values()) {
      while (reserved + size > BUDGET) {
        Block b = droppable(same);
        if (b == null) {
          break;
        }
        any = true;
        long bytes = b.segment.byteSize();
        if (b.slab == null) {
          same.removeLastOccurrence(b);
        } else {
          same.removeIf(x -> x.slab == b.slab);
          bytes *= b.slab.blocks;
        }
        idle -= bytes;
        reserved -= bytes;
      }
    }
    return any;
  }

  /** The block that was idle for the longest time among those that can go. */
  private static @Nullable Block droppable(ArrayDeque<Block> same) {
    for (var it = same.descendingIterator(); it.hasNext(); ) {
      Block b = it.next();
      if (b.slab == null || b.slab.idle == b.slab.blocks) {
        return b;
      }
    }
    return null;
  }

  /** Collects garbage and takes back what it was; whether there was any. */
  private static boolean collect(int attempt) {
    System.gc();
    try {
      var first = (Watch) COLLECTED.remove(20L << 2 * attempt);
      if (first != null) {
        first.end.run();
        Thread.sleep(1); // more of the same collection
        drain();
        return true;
      }
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** Blocks come in eight sizes for each power of two, so that they can be used again. */
  private static long roundUp(long bytes) {
    long step = Math.max(64, Long.highestOneBit(bytes) / 8);
    return Math.max(64, (bytes + step - 1) / step * step);
  }

  /**
   * Does something once an object is unreachable, when memory is asked for the next time. No thread
   * waits for that, which would keep this library from being unloaded.
   */
  public static void whenCollected(Object what, Runnable end) {
    synchronized (LOCK) {
      var watch = new Watch[1];
      watch[0] =
          new Watch(
              what,
              () -> {
                synchronized (LOCK) {
                  watch[0].drop();
                }
                end.run();
              });
    }
  }

  /** Releases the block once the store is unreachable. */
  static void watch(Store store, Block block) {
    synchronized (LOCK) {
      block.watch = new Watch(store, block::release);
    }
  }

  /** Notes a new store in the scope of this thread; whether there is one. */
  static boolean created(Store store) {
    Scope s = SCOPE.get();
    if (s == null) {
      return false;
    }
    s.put(store);
    return true;
  }

  /** Whether any scope was ever opened. */
  static boolean scopesWereUsed() {
    return scopesWereUsed;
  }

  /**
   * What is made on this thread until it is closed, and freed then unless it was kept. Threads that
   * use some of it meanwhile are not hurt: a reference ends under its lock, and the memory of an
   * array goes back at the end of the last use that is under way.
   */
  public static final class Scope {
    private final @Nullable Scope outer = SCOPE.get();
    private final Map<Store, Boolean> stores = new IdentityHashMap<>();

    /** Opens a scope on this thread. */
    public Scope() {
      countUses();
      SCOPE.set(this);
    }

    private static void countUses() {
      scopesWereUsed = true;
    }

    private synchronized void put(Store store) {
      stores.put(store, true);
    }

    /** Hands a store to the enclosing scope, if any. */
    public synchronized void keep(Store store) {
      if (stores.remove(store) != null && outer != null) {
        outer.put(store);
      }
    }

    private synchronized List<Store> all() {
      return new ArrayList<>(stores.keySet());
    }

    /** Hands all to the enclosing scope, without its end. */
    private void dissolve() {
      SCOPE.set(outer);
      all().forEach(this::keep);
    }

    /** Frees what was not kept. */
    public void close() {
      if (SCOPE.get() != this) {
        throw new AxialException(
            "scopes are closed on their own thread, the innermost first, and not in a callback of a call that they are around");
      }
      for (Store s : all()) {
        Storage o = s.owner();
        if (o != null && o.held()) {
          throw new AxialException(
              "a Memory.scope() ends in an update of the reference made at %s, which was made in the scope. End it after the update."
                  .formatted(o.site()));
        }
      }
      SCOPE.set(outer);
      AxialException late = null;
      for (Store s : all()) {
        try {
          Storage o = s.owner();
          if (o != null) {
            o.endWithScope(s);
          } else {
            s.free();
          }
        } catch (AxialException x) { // in use for long: the collector frees it
          late = x;
        }
      }
      if (late != null) {
        throw late;
      }
    }
  }

  /**
   * Runs Java that a program calls. Scopes that were open before the call stay open: the call
   * writes to what was made in them.
   */
  public static void inCallback(Runnable body) {
    if (SCOPE.get() == null) {
      body.run();
      return;
    }
    var inner = new Scope();
    try {
      body.run();
    } finally {
      inner.dissolve();
    }
  }
}
