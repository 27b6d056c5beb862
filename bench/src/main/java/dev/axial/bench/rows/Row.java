package dev.axial.bench.rows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/**
 * One line of the table.
 *
 * @param name by which it is selected, also in the peers' script
 * @param what is measured, in a few words
 * @param target what is aimed at
 * @param sizes its sizes
 * @param ours makes the work in Axial
 */
public record Row(
    String name, String what, Target target, List<Size> sizes, Function<Sizes, Work> ours) {
  static Row of(
      String name, String what, Target target, Function<Sizes, Work> ours, Size... sizes) {
    return new Row(name, what, target, List.of(sizes), ours);
  }

  /** The sizes at a scale. */
  public Sizes sizes(Scale scale) {
    var values = new LinkedHashMap<String, Integer>();
    for (Size s : sizes) {
      values.put(s.name(), s.at(scale));
    }
    return new Sizes(values);
  }
}
