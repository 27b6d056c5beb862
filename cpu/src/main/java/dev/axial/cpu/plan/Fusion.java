package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts roots under common loops. A root joins a nest if what it needs of it is made at the same
 * point of the outer loops: a store at the same point or in an earlier stage, a reduction in an
 * earlier stage.
 */
final class Fusion {
  /** Nests further back than this are not looked at. */
  private static final int WINDOW = 12;

  private static final int MOST_ROOTS = 16;
  private static final int MOST_COST = 400;

  private final Object block;
  private final List<Step> steps;

  /** Joins nests among the steps of a block. */
  Fusion(Object block, List<Step> steps) {
    this.block = block;
    this.steps = steps;
  }

  /** Where a root went. */
  record Placed(int step, Nest nest, Stage stage) {}

  /**
   * Adds a root to a nest not before {@code first}, or to a new one.
   *
   * @param last the last step that makes something it needs, which may be the nest it joins
   */
  Placed add(
      Root r, Cone cone, int first, int last, @Nullable Cell overwritten, @Nullable String site) {
    for (int s = steps.size() - 1;
        s >= Math.max(Math.max(first, last), steps.size() - WINDOW);
        s--) {
      if (s >= 0
          && steps.get(s) instanceof Step.Loops l
          && l.nest().roots() < MOST_ROOTS
          && l.nest().cost + cone.cost() < MOST_COST
          && related(l.nest(), cone, s == last)
          && (overwritten == null || readInPlace(l.nest(), overwritten))) {
        Stage stage = join(l.nest(), s, r, cone, overwritten);
        if (stage != null) {
          stage.roots.add(r);
          l.nest().cones.put(r, cone);
          l.nest().cost += cone.cost() + 1;
          return new Placed(s, l.nest(), stage);
        }
      }
    }
    return alone(r, cone, site);
  }

  /** Whether a nest reads each element of a reference only at the point that stands for it. */
  private static boolean readInPlace(Nest nest, Cell c) {
    for (Stage s : nest.stages) {
      for (Root r : s.roots) {
        if (!nest.cone(r).readsInPlace(c)) {
          return false;
        }
      }
    }
    return true;
  }

  /** A nest of its own. */
  Placed alone(Root r, Cone cone, @Nullable String site) {
    var nest = new Nest();
    nest.site = site;
    var stage = new Stage();
    nest.stages.add(stage);
    switch (r) {
      case Root.Store s -> {
        nest.outer.addAll(s.space().dims());
        nest.flexible = true;
      }
      case Root.Reduce x -> {
        nest.outer.addAll(x.kept());
        stage.inner.addAll(without(x.space().dims(), nest.outer));
      }
      case Root.ArgReduce x -> {
        nest.outer.addAll(x.space().without(x.axis()).dims());
        stage.inner.addAll(without(x.space().dims(), nest.outer));
      }
      case Root.Write w -> nest.outer.addAll(w.space().dims());
    }
    stage.roots.add(r);
    nest.cones.put(r, cone);
    nest.cost = cone.cost() + 1;
    steps.add(new Step.Loops(nest));
    return new Placed(steps.size() - 1, nest, stage);
  }

  private static List<Dim> without(List<Dim> all, List<Dim> some) {
    var out = new ArrayList<>(all);
    out.removeAll(some);
    return out;
  }

  /** Whether sharing loops saves anything: a common operand, or one makes what the other needs. */
  private static boolean related(Nest nest, Cone cone, boolean needs) {
    if (needs) {
      return true;
    }
    Set<Buffer> mine = new HashSet<>();
    cone.asks().forEach(a -> mine.add(a.mem().buffer()));
    for (Stage s : nest.stages) {
      for (Root r : s.roots) {
        for (Cone.Ask a : nest.cone(r).asks()) {
          if (mine.contains(a.mem().buffer())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static ArrayType kept(Root r) {
    return switch (r) {
      case Root.Store s -> s.space();
      case Root.Reduce x -> x.space().without(x.axes());
      case Root.ArgReduce x -> x.space().without(x.axis());
      case Root.Write w -> w.space();
    };
  }

  private @Nullable Stage join(Nest nest, int step, Root r, Cone cone, @Nullable Cell overwritten) {
    if (r instanceof Root.Write || r instanceof Root.ArgReduce) {
      return null;
    }
    for (Stage s : nest.stages) {
      for (Root o : s.roots) {
        if (o instanceof Root.Write || o instanceof Root.ArgReduce) {
          return null;
        }
      }
    }
    List<Dim> space = r.space().dims();
    List<Dim> keep = kept(r).dims();
    List<Dim> outer = nest.outer;
    boolean divides = false;
    if (!keep.containsAll(outer)) {
      // A reduction over some of the loops of plain stores: those become inner loops.
      if (!nest.flexible || !same(space, outer) || !(r instanceof Root.Reduce)) {
        return null;
      }
      outer = ordered(keep, outer);
      divides = true;
    } else if (r instanceof Root.Reduce && !same(keep, outer)) {
      return null;
    } else if (nest.flexible && r instanceof Root.Store && !same(space, outer)) {
      if (!space.containsAll(outer)) {
        return null;
      }
    }
    List<Dim> inner = without(space, outer);
    int least = overwritten == null ? 0 : lastReader(nest, overwritten);
    for (Cone.Ask a : cone.asks()) {
      Node leaf = a.node();
      Root made = leaf == null ? null : leaf.root;
      int at = made == null ? -1 : stageOf(nest, made);
      if (leaf == null || made == null || at < 0) {
        if (leaf != null && leaf.owner == block && leaf.step >= step) {
          return null; // it is made by this step as a whole, or later
        }
        continue;
      }
      List<Dim> has = leaf.type().dims();
      if (!has.containsAll(outer) || !a.identity(outer)) {
        return null;
      }
      boolean here = made instanceof Root.Store s && s.value() == leaf;
      List<Dim> its = divides ? without(made.space().dims(), outer) : nest.stages.get(at).inner;
      boolean samePoint = here && same(its, inner) && a.identity(has);
      least = Math.max(least, samePoint ? at : at + 1);
    }
    if (divides) {
      List<Dim> rest = without(nest.outer, outer);
      nest.stages.forEach(s -> s.inner.addAll(rest));
      nest.outer.clear();
      nest.outer.addAll(outer);
    }
    if (divides || r instanceof Root.Reduce || !inner.isEmpty()) {
      nest.flexible = false;
    }
    for (int k = least; k < nest.stages.size(); k++) {
      Stage s = nest.stages.get(k);
      if (same(s.inner, inner) && suits(s, r)) {
        return s;
      }
    }
    var stage = new Stage();
    stage.inner.addAll(inner);
    nest.stages.add(stage);
    return stage;
  }

  /** The last stage that reads what lies in a reference; what overwrites it comes no earlier. */
  private static int lastReader(Nest nest, Cell c) {
    int last = 0;
    for (int k = 0; k < nest.stages.size(); k++) {
      for (Root r : nest.stages.get(k).roots) {
        if (nest.cone(r).reads(c)) {
          last = k;
        }
      }
    }
    return last;
  }

  /**
   * In one stage all reductions go over the same loops, so that their results are ready at once.
   * The loops of a sum of floating-point numbers are in the order of its operand's axes.
   */
  private static boolean suits(Stage s, Root r) {
    if (r instanceof Root.Reduce x && x.sumsReals() && !inOrder(s.inner, x.summed())) {
      return false;
    }
    for (Root o : s.roots) {
      if (o instanceof Root.Reduce a
          && r instanceof Root.Reduce b
          && !new HashSet<>(a.axes()).equals(new HashSet<>(b.axes()))) {
        return false;
      }
    }
    return true;
  }

  private static boolean inOrder(List<Dim> loops, List<Dim> axes) {
    return ordered(axes, loops).equals(axes);
  }

  private static boolean same(List<Dim> a, List<Dim> b) {
    return a.size() == b.size() && a.containsAll(b);
  }

  private static List<Dim> ordered(List<Dim> some, List<Dim> like) {
    var out = new ArrayList<Dim>();
    for (Dim d : like) {
      if (some.contains(d)) {
        out.add(d);
      }
    }
    return out;
  }

  private static int stageOf(Nest nest, Root r) {
    for (int k = 0; k < nest.stages.size(); k++) {
      if (nest.stages.get(k).roots.contains(r)) {
        return k;
      }
    }
    return -1;
  }
}
