package dev.axial.bench.rows;

import java.util.Map;

/**
 * The sizes of a row at one scale, by name.
 *
 * @param values name to size, in the order of the row
 */
public record Sizes(Map<String, Integer> values) {
  /** The size of this name. */
  public int get(String name) {
    Integer n = values.get(name);
    if (n == null) {
      throw new IllegalArgumentException("no size " + name + " among " + values);
    }
    return n;
  }
}
