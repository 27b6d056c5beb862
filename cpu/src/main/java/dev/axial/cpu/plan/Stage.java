package dev.axial.cpu.plan;

import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.List;

/** Roots that share the inner loops of a nest. */
public final class Stage {
  final List<Dim> inner = new ArrayList<>();
  final List<Root> roots = new ArrayList<>();

  /** The loops inside those of the nest. */
  public List<Dim> inner() {
    return inner;
  }

  public List<Root> roots() {
    return roots;
  }
}
