package dev.axial.engine;

/**
 * When garbage is collected although the budget has room. The collector does not see how large
 * native memory is, so results that are dropped at once would pile up in pages that are touched for
 * the first time, which is many times as slow as to use them again. So there is a window of bytes
 * that may be handed out since the last collection. It adapts: a collection is due once ten times
 * as long has passed as one takes, so that collections cost under a tenth; sooner, but for at most
 * a quarter of the time, where memory would pass twice what is live and {@link #MOST}. A program
 * that hands out less than {@link #LEAST} beyond what is live is left alone. The pool's lock guards
 * it.
 */
final class Window {
  /** What is handed out without a look at the clock. */
  static final long LEAST = 64L << 20;

  /** What there may be beyond twice of what is live. */
  static final long MOST = 640L << 20;

  /** The part of the time that collections take, at most, while there is room. */
  private static final long SHARE = 10;

  private static final long CROWDED_SHARE = 4;

  /** A collection that frees less than this part of what was handed out was in vain. */
  private static final long USEFUL = 4;

  private static final long MOST_PATIENCE = 64;

  private long live;
  private long ended;
  private long cost;

  /** How many times as long as usual to wait: collections that free nothing get rarer. */
  private long patience = 1;

  /** A window at a time in nanoseconds, with a guess at how long a collection takes. */
  Window(long now, long cost) {
    ended = now;
    this.cost = cost;
  }

  /** Whether to collect now that so many bytes would be in use. */
  boolean due(long used, long now) {
    live = Math.min(live, used); // others collect, too
    if (used <= live + LEAST) {
      return false;
    }
    long since = now - ended;
    return since >= (SHARE - 1) * cost * patience
        || used > limit() && since >= (CROWDED_SHARE - 1) * cost * patience;
  }

  /** The bytes that should not be passed. */
  long limit() {
    return 2 * live + MOST;
  }

  /** A collection was done, and so many bytes were in use before and are now. */
  void collected(long before, long used, long began, long now) {
    long handedOut = before - live;
    patience = (before - used) * USEFUL < handedOut ? Math.min(MOST_PATIENCE, 2 * patience) : 1;
    cost = Math.max(1, (cost + now - began) / 2);
    live = used;
    ended = now;
  }
}
