package dev.axial.cpu.plan;

import java.util.ArrayList;
import java.util.List;

/** Steps in order, and the values they leave. */
public final class Block {
  final List<Step> steps = new ArrayList<>();
  final List<Node> outputs = new ArrayList<>();

  public List<Step> steps() {
    return steps;
  }

  public List<Node> outputs() {
    return outputs;
  }
}
