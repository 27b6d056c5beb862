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

  private final long number = COUNT.getAndIncrement();
  private final ArrayType type;
  private final Object site;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Store store;
  private @Nullable String ended;

  /**
   * A storage over a store that nobody else writes. The text of the site is asked for by errors.
   */
  public Storage(ArrayType type, Store store, Object site) {
    this.type = type;
    this.store = store;
    this.site = site;
  }

  public ArrayType type() {
    return type;
  }

  /** Where the reference was made. */
  public String site() {
    return site.toString();
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
      lock.lock();
    } else if (!patiently()) {
      throw new AxialException(
          "the reference made at %s is in use by another thread while this one is inside the update of another reference: the two would wait for each other for ever. Read it before the update, or write both in one jitted function."
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

  /** Inside an update there is no order of locks, so waiting has an end. */
  private boolean patiently() {
    try {
      return lock.tryLock(10, TimeUnit.SECONDS);
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Whether this thread has the lock. */
  public boolean held() {
    return lock.isHeldByCurrentThread();
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
    ended = why;
    return s;
  }
}
