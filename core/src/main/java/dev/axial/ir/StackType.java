package dev.axial.ir;

import java.util.List;

/**
 * A growing stack of arrays. Each point of the {@code lanes} axes (those that vmap added) has a
 * height of its own, because a masked push moves only some of them.
 */
public record StackType(ArrayType of, List<String> lanes) implements Type {
  @Override
  public ArrayType array() {
    return of;
  }

  /** The type of a mask or of the heights: the lane axes alone. */
  public List<Dim> laneDims() {
    return of.dims().stream().filter(d -> lanes.contains(d.name())).toList();
  }

  @Override
  public String toString() {
    return "stack " + of + (lanes.isEmpty() ? "" : " lanes " + Printer.names(lanes));
  }
}
