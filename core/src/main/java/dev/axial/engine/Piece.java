package dev.axial.engine;

import org.jspecify.annotations.Nullable;

/**
 * A part of what runs, with what it costs: a nest of loops, or a product.
 *
 * @param text what it does, in words
 * @param site the line of the user's source that asked for it, or for the first thing in it
 * @param times how often it runs in a call, as far as that is known: a loop whose length depends on
 *     data counts once
 * @param bytes that its loops read and write each time
 * @param operations on elements by its loops each time
 * @param flops of a product each time
 */
public record Piece(
    String text, @Nullable String site, long times, long bytes, long operations, long flops) {
  /** Operations and flops of all times. */
  public long arithmetic() {
    return times * (operations + flops);
  }

  /** Bytes of all times. */
  public long moved() {
    return times * bytes;
  }
}
