package dev.axial.numerics;

/**
 * The order in which floating-point numbers are added up, the same in every engine, for any number
 * of threads and lanes, and whatever the sum is fused with. Let x(0), x(1), … be the elements that
 * a reduction adds into one result, in the order of the operand's axes. They are added in float64,
 * and the result is rounded once to its dtype:
 *
 * <pre>
 *   up to 8 elements:  ((0 + x(0)) + x(1)) + …
 *   otherwise:         blocks of 512, the last one with the elements that are left
 *     slot k of a block, k &lt; 16:  ((0 + x(k)) + x(k + 16)) + x(k + 32) + …
 *     a block:  slots k and k + 8 are added, then k and k + 4, k + 2, k + 1
 *     all:      the first 2^q blocks, which are at least half of them but not all, summed in this
 *               way, plus those that are left, likewise
 * </pre>
 *
 * Slots are lanes where the elements are neighbours, and are carried side by side where they are
 * not. The last step is a binary counter: a sum of 2^q blocks waits at place q for the next one of
 * the same length. So an element takes part in at most 32 + 4 + log2(blocks) additions, and parts
 * of 512 · 2^q elements can be summed by different threads. An element that is not there would add
 * a zero, which changes nothing: every sum starts with +0, and stays what it is.
 */
public final class SumOrder {
  private SumOrder() {}

  /** Up to so many elements are added one after another. */
  public static final int FEW = 8;

  /** The sums that a block carries side by side. */
  public static final int SLOTS = 16;

  /** The elements of a block. */
  public static final int BLOCK = 512;

  /** The places that the counter of the blocks of so many elements needs. */
  public static int places(long elements) {
    long blocks = (elements + BLOCK - 1) / BLOCK;
    return 64 - Long.numberOfLeadingZeros(Math.max(1, blocks));
  }

  /** The elements of the parts that a sum is divided into, so that there are no more than given. */
  public static long part(long elements, int most) {
    long n = BLOCK;
    while ((elements + n - 1) / n > most) {
      n *= 2;
    }
    return n;
  }
}
