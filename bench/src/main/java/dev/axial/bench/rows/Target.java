package dev.axial.bench.rows;

/** What a row aims at. */
public sealed interface Target {
  /**
   * At most so long.
   *
   * @param seconds for each call, or each round of a loop
   */
  record AtMost(double seconds) implements Target {}

  /**
   * So many times as fast as JAX.
   *
   * @param factor JAX's time over ours
   */
  record Faster(double factor) implements Target {}

  /**
   * So many times as fast as the fastest peer.
   *
   * @param factor the best peer's time over ours
   */
  record FasterThanAll(double factor) implements Target {}

  /**
   * At most so many times another row of ours.
   *
   * @param factor our time over that of the other row
   * @param row the other row
   */
  record Within(double factor, String row) implements Target {}

  /** Nothing: the row is there for comparison. */
  record None() implements Target {}
}
