package dev.axial.html;

import java.util.function.LongConsumer;

/** The elements of an array that a selection is made of. */
public interface Selected {
  /** What was selected, for people. */
  String describe();

  /** How many elements there are, repeated ones as often. */
  long size();

  /** Whether {@link #forEach} gives all of them; of very many it gives some. */
  boolean complete();

  /** Calls for the position of each, row-major. */
  void forEach(LongConsumer position);
}
