package dev.axial.engine;

import dev.axial.AxialException;
import dev.axial.ir.ArrayType;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a reference outside of programs, with its lock. Locks are taken in the order of the
 * numbers.
 */
public final class Storage {
  private static final AtomicLong COUNT = new AtomicLong();

  /** How many locks this thread holds. */
  private static final ThreadLocal<int[]> HELD = ThreadLocal.withInitial(() -> new int[1]);

  /** Who is told of a write before it happens. The writer holds the lock. */
  public interface Guard {
    /** Elements from one to before another may be written. */
    void writes(long from, long to);

    /** Any element may be written. */
    void writesAll();
  }

  /** A lock that says whose it is. */
  private static final class Lock extends ReentrantLock {
    private static final long serialVersionUID = 1L;

    @Nullable Thread owner() {
      return getOwner();
    }
  }

  private final long number = COUNT.getAndIncrement();
  private final ArrayType type;
  private final Object site;
  private final boolean writable;
  private final Lock lock = new Lock();
  private @Nullable Store store;
  private @Nullable String ended;
  private @Nullable Guard guard;

  /** Whether the thread that has the lock has it once more, for a block of its code. */
  private boolean inBlock;

  /**
   * A storage over a store that nobody else writes. The text of the site is asked for by errors.
   */
  public Storage(ArrayType type, Store store, Object site) {
    this(type, store, site, true);
  }

  /** The same; if it is not writable, nobody writes it. */
  public Storage(ArrayType type, Store store, Object site, boolean writable) {
    this.type = type;
    this.store = store;
    this.site = site;
    this.writable = writable;
    store.owner(this);
  }

  public ArrayType type() {
    return type;
  }

  /** Where the reference was made. */
  public String site() {
    return site.toString();
  }

  /** Whether it may be written. */
  public boolean writable() {
    return writable;
  }

  /** The place in the global order of locks. */
  public long number() {
    return number;
  }

  /** The memory; the caller holds the lock. */
  public Store store() {
    Store s = store;
    if (s == null) {
      throw new AxialException(String.valueOf(ended));
    }
    return s;
  }

  /**
   * Puts other memory in the place of what there was, and says who is told of writes to it; the
   * caller holds the lock.
   */
  public void replace(Store other, @Nullable Guard whoIsTold) {
    store = other;
    other.owner(this);
    guard = whoIsTold;
  }

  /** Who is told of writes; null if nobody is. The caller holds the lock. */
  public @Nullable Guard guard() {
    return guard;
  }

  /** Takes the lock. The thread must not have it: it would be inside an update or a callback. */
  public void lock() {
    if (held()) {
      throw new AxialException("internal error: the lock of %s is held already".formatted(site));
    }
    int[] held = HELD.get();
    take(held[0] > 0);
    held[0]++;
  }

  private void take(boolean inside) {
    if (!inside) {
      if (!lock.tryLock()) {
        waitForIt();
      }
    } else if (!patiently()) {
      throw new AxialException(
          "the reference made at %s is in use by another thread while this one is inside the update or the commit of another reference: the two would wait for each other for ever. Read it before, or write both in one jitted function."
              .formatted(site));
    }
  }

  /**
   * Takes the first n locks, which are in their order and none of which this thread has; all or
   * none.
   */
  public static void lockAll(Storage[] order, int n) {
    int[] held = HELD.get();
    boolean inside = held[0] > 0;
    int taken = 0;
    try {
      for (; taken < n; taken++) {
        order[taken].take(inside);
        held[0]++;
      }
    } finally {
      if (taken < n) {
        unlockAll(order, taken);
      }
    }
  }

  /** Gives back the first n locks. */
  public static void unlockAll(Storage[] order, int n) {
    HELD.get()[0] -= n;
    for (int k = n - 1; k >= 0; k--) {
      order[k].lock.unlock();
    }
  }

  /**
   * Takes the lock for a block of this thread's code: its accesses take it once more, and all
   * others wait.
   */
  public void lockForBlock() {
    lock();
    inBlock = true;
  }

  /** The end of the block. */
  public void unlockAfterBlock() {
    inBlock = false;
    unlock();
  }

  /** Whether this thread is in a block that has the lock. */
  public boolean inBlock() {
    return lock.isHeldByCurrentThread() && inBlock;
  }

  /** Inside an update or a block there is no order of locks, so waiting has an end. */
  private boolean patiently() {
    try {
      return lock.tryLock() || lock.tryLock(10, TimeUnit.SECONDS);
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Waits without end, but for a thread that ends the process: it waits for the shutdown hooks, one
   * of which this may be.
   */
  private void waitForIt() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (lock.tryLock(1, TimeUnit.SECONDS)) {
            return;
          }
          Thread owner = lock.owner();
          if (owner != null && ends(owner)) {
            throw new AxialException(
                "the reference made at %s is held by thread '%s', which ends the process from inside a call, an update or a commit, and never gives it back. In a shutdown hook use only what such code does not use, or let it return before the process is ended."
                    .formatted(site, owner.getName()));
          }
        } catch (InterruptedException x) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean ends(Thread t) {
    for (StackTraceElement e : t.getStackTrace()) {
      if (e.getClassName().equals(Runtime.class.getName()) && e.getMethodName().equals("exit")) {
        return true;
      }
    }
    return false;
  }

  /** Whether this thread has the lock, for an access or a call and not only for a block. */
  public boolean held() {
    int holds = lock.getHoldCount();
    return holds > 1 || holds == 1 && !inBlock;
  }

  public void unlock() {
    HELD.get()[0]--;
    lock.unlock();
  }

  /** Whether the reference is still alive. */
  public boolean alive() {
    return store != null;
  }

  /** Why it is not. */
  public String ended() {
    return String.valueOf(ended);
  }

  /** Ends the life of the reference and gives its memory; the caller holds the lock. */
  public Store end(String why) {
    Store s = store();
    store = null;
    guard = null;
    ended = why;
    s.owner(null);
    return s;
  }

  /**
   * The end of the scope that this memory was made in: nobody uses the reference meanwhile, and a
   * later use is an error. What was frozen is an array by now.
   */
  void endWithScope(Store memory) {
    lock();
    try {
      if (store == memory) {
        end(
            "the reference made at %s was freed at the end of a Memory.scope(). Keep what leaves the scope with scope.keep(x)."
                .formatted(site));
      }
    } finally {
      unlock();
    }
    memory.free();
  }
}
