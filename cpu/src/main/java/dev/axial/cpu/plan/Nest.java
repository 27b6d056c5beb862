package dev.axial.cpu.plan;

import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Roots under common outer loops. */
public final class Nest {
  final List<Dim> outer = new ArrayList<>();
  final List<Stage> stages = new ArrayList<>();

  /** Only stores of one space so far: the loops may still be divided into outer and inner ones. */
  boolean flexible;

  @Nullable String site;

  /** Roots whose results stay in registers: nobody outside of the nest asks for them. */
  final Set<Root> unstored = Collections.newSetFromMap(new IdentityHashMap<>());

  /** What each root asked for when it was put here. */
  final Map<Root, Cone> cones = new IdentityHashMap<>();

  /** Their number of operations, for one point. */
  int cost;

  /** The common loops. */
  public List<Dim> outer() {
    return outer;
  }

  public List<Stage> stages() {
    return stages;
  }

  /** The user's line of the first root. */
  public @Nullable String site() {
    return site;
  }

  /** What a root asks for. */
  public Cone cone(Root r) {
    return Objects.requireNonNull(cones.get(r));
  }

  /** Whether the result of a root goes to memory. */
  public boolean stored(Root r) {
    return !unstored.contains(r);
  }

  int roots() {
    int n = 0;
    for (Stage s : stages) {
      n += s.roots.size();
    }
    return n;
  }
}
