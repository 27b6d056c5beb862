package dev.axial.engine;

import dev.axial.AxialException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for large arrays and for references. A block comes back when its {@link Store} is
 * freed, or when somebody asks for memory after it was collected, and serves the next array of
 * about its size: pages are touched once. Small blocks are pieces of slabs, because native memory
 * is slow to get and burdens the garbage collector by the piece. A budget of outstanding bytes
 * ({@code axial.memory}, default half of the machine) makes room by collecting garbage before the
 * process would fail, and a {@link Window} long before. Blocks that nobody wants for some seconds
 * go back to the system.
 */
public final class Pool {
  /** Blocks up to this size are pieces of slabs. */
  private static final long SMALL = 4096;

  private static final long SLAB = 1 << 16;

  private static final long BUDGET = budget();
  private static final Object LOCK = new Object();
  private static final TreeMap<Long, ArrayDeque<Block>> FREE = new TreeMap<>();
  private static final ThreadLocal<@Nullable Scope> SCOPE = new ThreadLocal<>();

  /** The watches are a list, so that they are reachable. */
  private static @Nullable Watch watches;

  /** Of an object that nobody has: cleared once there was a collection. */
  private static volatile PhantomReference<Object> sentinel = sentinel();

  /** When to look once more, for collectors that clear one reference after the other; or 0. */
  private static volatile long again;

  private static final long AGAIN_NANOS = 50_000_000L;

  /** Blocks from this size on come from an engine's memory, if one offers any. */
  private static final long LARGE = 1 << 21;

  /**
   * Blocks up to this size are pieces of slabs of an engine's memory, which has large pages, in
   * programs that use more than a little.
   */
  private static final long MEDIUM = 1 << 20;

  private static final long LARGE_SLAB = 1 << 22;

  /** A block serves for arrays of as much less than its size. */
  private static final long SPARE = 4;

  /** Looked up when the first such block is asked for. */
  private static final class Large {
    static final @Nullable LongFunction<@Nullable MemorySegment> SOURCE = Engines.largeBlocks();
  }

  /** For tests: whether a request of as many bytes finds no memory. */
  static volatile @Nullable LongPredicate refuses;

  /** Uses of stores are counted from the first scope on. */
  private static volatile boolean scopesWereUsed;

  private static long reserved;
  private static long idle;
  private static final Window WINDOW = window();
  private static boolean collecting;

  /** How long blocks are kept though nobody wants them. */
  private static final int MOST_SECONDS = 5;

  /** Seconds that the thread which gives back what is idle has counted; null if there is none. */
  private static int seconds;

  private static @Nullable Thread clock;

  private Pool() {}

  /** The first collection is guessed to take a second for each gigabyte on the Java heap. */
  private static Window window() {
    Runtime r = Runtime.getRuntime();
    return new Window(System.nanoTime(), 20_000_000L + r.totalMemory() - r.freeMemory());
  }

  /** One piece of native memory. The lock guards what changes. */
  static final class Block {
    private final MemorySegment segment;
    private final @Nullable Slab slab;
    private @Nullable Watch watch;
    private boolean kept;
    private boolean released;

    /** When it became idle. */
    private int since;

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
    final MemorySegment all;
    final int blocks;
    int idle;

    Slab(MemorySegment all, int blocks) {
      this.all = all;
      this.blocks = blocks;
    }
  }

  /**
   * Tells that something was collected. It is in no queue, whose lock would be taken for each one
   * on both sides: after a collection all are looked at.
   */
  private static final class Watch extends PhantomReference<Object> {
    private final Runnable end;
    private @Nullable Watch next;
    private @Nullable Watch previous;
    private boolean dropped;

    /** The caller has the lock. */
    @SuppressWarnings("NullAway") // no queue, which is allowed
    Watch(Object what, Runnable end) {
      super(what, null);
      this.end = end;
      next = watches;
      if (next != null) {
        next.previous = this;
      }
      watches = this;
    }

    /** The caller has the lock. */
    void drop() {
      if (dropped) {
        return;
      }
      dropped = true;
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

  @SuppressWarnings("NullAway") // no queue
  private static PhantomReference<Object> sentinel() {
    return new PhantomReference<>(new Object(), null);
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
    boolean _ = drain();
    synchronized (LOCK) {
      return reserved - idle;
    }
  }

  /** A block of at least this many bytes; its contents are arbitrary. */
  static Block allocate(long bytes) {
    LongPredicate r = refuses;
    if (r != null && r.test(bytes)) {
      throw exhausted(bytes, "an array");
    }
    long size = roundUp(bytes);
    boolean _ = drain();
    synchronized (LOCK) {
      Block known = idle(size);
      if (known != null) {
        return known;
      }
    }
    if (size > SMALL) {
      collectIfDue(size);
    }
    return found(
        bytes,
        "an array",
        () -> {
          Block known = idle(size);
          if (known != null) {
            return known;
          }
          long slab = size <= SMALL ? SLAB : size;
          if (trim(slab, BUDGET)) {
            System.gc(); // what was dropped is freed when its collection is noticed
          }
          boolean _ = trim(slab, WINDOW.limit());
          return reserve(size);
        });
  }

  /**
   * Counts memory that somebody else has, such as a stack's: the budget has room for it.
   *
   * @throws AxialException if it has not, after all that can be collected was
   */
  public static void claim(long bytes, String what) {
    boolean _ = drain();
    Boolean _ =
        found(
            bytes,
            what,
            () -> {
              if (reserved + bytes > BUDGET && trim(bytes, BUDGET)) {
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
        throw exhausted(bytes, what);
      }
      vain = collect(vain) ? 0 : vain + 1;
      pause(); // the JVM gives back the memory of what was dropped
    }
  }

  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
  }

  /** Collects if it is time to, now that a new block of a size is wanted. */
  private static void collectIfDue(long size) {
    long began = System.nanoTime();
    long before;
    synchronized (LOCK) {
      before = reserved - idle + size;
      if (collecting || !WINDOW.due(before, began)) {
        return;
      }
      collecting = true;
    }
    try {
      boolean _ = collect(0);
    } finally {
      synchronized (LOCK) {
        collecting = false;
        WINDOW.collected(before, reserved - idle + size, began, System.nanoTime());
      }
    }
  }

  private static AxialException exhausted(long bytes, String what) {
    return new AxialException(
        "no memory for %s of %,d bytes: %,d of %,d bytes are in use. Free arrays with Memory.scope(), or raise -Daxial.memory (and -XX:MaxDirectMemorySize, by default the heap's size)."
            .formatted(what, bytes, outstandingBytes(), BUDGET));
  }

  /** Takes back the blocks of all stores that were collected; whether there were any. */
  private static boolean drain() {
    long when = again;
    if (!sentinel.refersTo(null) && (when == 0 || System.nanoTime() - when < 0)) {
      return false;
    }
    var ends = new ArrayList<Runnable>();
    synchronized (LOCK) {
      if (sentinel.refersTo(null)) {
        sentinel = sentinel();
        again = System.nanoTime() + AGAIN_NANOS | 1;
      } else {
        again = 0;
      }
      for (Watch w = watches; w != null; ) {
        Watch next = w.next;
        if (w.refersTo(null)) {
          w.drop();
          ends.add(w.end);
        }
        w = next;
      }
    }
    ends.forEach(Runnable::run);
    return !ends.isEmpty();
  }

  // The caller of these has the lock.

  private static @Nullable Block idle(long size) {
    long most = size <= SMALL ? size : size + size / SPARE;
    for (var same : FREE.subMap(size, true, most, true).values()) {
      Block b = same.poll();
      if (b != null) {
        idle -= b.segment.byteSize();
        if (b.slab != null) {
          b.slab.idle--;
        }
        return new Block(b.segment, b.slab);
      }
    }
    return null;
  }

  private static void recycle(Block b) {
    long size = b.segment.byteSize();
    b.since = seconds;
    FREE.computeIfAbsent(size, _ -> new ArrayDeque<>()).push(b);
    idle += size;
    if (b.slab != null) {
      b.slab.idle++;
    }
  }

  private static @Nullable Block reserve(long size) {
    boolean large = size > SMALL && size <= MEDIUM && reserved > Window.LEAST && large() != null;
    long slabBytes = large ? LARGE_SLAB : SLAB;
    if ((size <= SMALL || large) && reserved + slabBytes <= BUDGET) {
      MemorySegment all = fresh(slabBytes);
      if (all != null) {
        int n = (int) (slabBytes / size);
        var slab = new Slab(all, n);
        reserved += n * size;
        for (int k = n - 1; k >= 0; k--) {
          recycle(new Block(all.asSlice(k * size, size), slab));
        }
        startClock();
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
    startClock();
    return new Block(segment, null);
  }

  private static @Nullable LongFunction<@Nullable MemorySegment> large() {
    return Large.SOURCE;
  }

  private static @Nullable MemorySegment fresh(long size) {
    var from = size >= LARGE ? large() : null;
    if (from != null) {
      return from.apply(size);
    }
    try {
      return Arena.ofAuto().allocate(size, 64);
    } catch (OutOfMemoryError x) {
      return null;
    }
  }

  /** Drops idle blocks until a new one fits, the largest first; whether any was dropped. */
  private static boolean trim(long size, long limit) {
    boolean any = false;
    if (reserved + size > limit && idle > 0) {
      for (var same : FREE.descendingMap().values()) {
        while (reserved + size > limit) {
          Block b = droppable(same);
          if (b == null) {
            break;
          }
          any = true;
          drop(b, same);
        }
      }
    }
    return any;
  }

  /** Drops an idle block, and one of a slab with all of its slab. Its pages go back at once. */
  private static void drop(Block b, ArrayDeque<Block> same) {
    long bytes = b.segment.byteSize();
    MemorySegment pages = b.segment;
    if (b.slab == null) {
      same.removeLastOccurrence(b);
    } else {
      same.removeIf(x -> x.slab == b.slab);
      bytes *= b.slab.blocks;
      pages = b.slab.all;
    }
    if (pages.byteSize() >= LARGE && large() != null) {
      Engines.discard(pages);
    }
    idle -= bytes;
    reserved -= bytes;
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

  /**
   * Collects garbage and takes back what it was; whether there was any. A collector that was told
   * not to listen is given some time.
   */
  private static boolean collect(int attempt) {
    System.gc();
    try {
      long until = System.nanoTime() + (20_000_000L << 2 * attempt);
      while (!sentinel.refersTo(null) && System.nanoTime() - until < 0) {
        Thread.sleep(1);
      }
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    }
    return drain();
  }

  // ---------------------------------------------------------------- what nobody wants any more

  /**
   * A thread takes back what was collected and gives blocks back that were idle for some seconds.
   * It is there while there is much memory, and ends then, or this library could not be unloaded.
   * The caller has the lock.
   */
  private static void startClock() {
    if (reserved <= Window.LEAST || clock != null) {
      return;
    }
    try {
      Thread t =
          Thread.ofPlatform()
              .daemon()
              .name("axial-memory")
              .inheritInheritableThreadLocals(false)
              .unstarted(Pool::tick);
      t.setContextClassLoader(null);
      t.start();
      clock = t;
    } catch (OutOfMemoryError _) { // that of a thread that cannot be made: it is tried again later
      clock = null;
    }
  }

  private static void tick() {
    while (true) {
      try {
        Thread.sleep(1000);
      } catch (InterruptedException _) {
        continue; // nobody has this thread
      }
      boolean _ = drain();
      synchronized (LOCK) {
        seconds++;
        for (var same : FREE.values()) {
          for (Block b = stale(same); b != null; b = stale(same)) {
            drop(b, same);
          }
        }
        if (reserved <= Window.LEAST) {
          clock = null;
          return;
        }
      }
    }
  }

  private static @Nullable Block stale(ArrayDeque<Block> same) {
    Block b = droppable(same);
    return b != null && seconds - b.since >= MOST_SECONDS ? b : null;
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
      var _ = new Watch(what, end);
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
