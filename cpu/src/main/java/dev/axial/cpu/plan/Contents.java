package dev.axial.cpu.plan;

import dev.axial.AxialException;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which contents of a reference each read of a block means, and whether the steps, in the order
 * they were given, still hold them when they are read. Contents are numbered by the writes of the
 * program in its order; at the start of a block they are number 0.
 *
 * <p>A check of the planner under the flag {@code axial.check}, which the tests set: a plan that
 * gives the right numbers by chance is an error too.
 */
final class Contents {
  static final boolean CHECK = Boolean.getBoolean("axial.check");

  /** The contents of a reference after a number of writes. */
  private record Is(Cell cell, int number) {}

  /** A write in a nest. */
  private record Written(Is becomes, Root root, int stage, int position) {}

  private final Object owner;

  /** What a read sees, what a value that may lie in a reference is or does, and a root writes. */
  private final Map<Node, Is> seen = new IdentityHashMap<>();

  private final Map<Node, Is> homes = new IdentityHashMap<>();
  private final Map<Node, Is> lies = new IdentityHashMap<>();
  private final Map<Root, Is> roots = new IdentityHashMap<>();

  /** What the items make, and the items that became loops and branches. */
  private final Map<Item, List<Is>> made = new IdentityHashMap<>();

  private final Map<Step, Item> control = new IdentityHashMap<>();

  /** What each reference holds, in the order of the items and then of the steps. */
  private final Map<Cell, Integer> now = new HashMap<>();

  Contents(Object owner, List<Item> items) {
    this.owner = owner;
    for (Item i : CHECK ? items : List.<Item>of()) {
      if (i.op() instanceof Op.RefGet || i.op() instanceof Op.RefFreeze) {
        seen.put(i.result(), new Is(i.cell(), number(i.cell())));
      }
      made.put(i, i.written().stream().map(c -> new Is(c, now.merge(c, 1, Integer::sum))).toList());
      if (i.op() instanceof Op.RefFreeze && !i.result().isScalar()) {
        lies.put(i.result(), Objects.requireNonNull(seen.get(i.result())));
      }
    }
    now.clear();
  }

  private int number(Cell c) {
    return now.getOrDefault(c, 0);
  }

  // ---------------------------------------------------------------- what the planner decides

  /** A root does what an item asks for. */
  void by(Item i, Root r) {
    put(roots, r, made(i));
  }

  /** A value may be computed straight into the reference that an item sets to it. */
  void home(Node v, Item set) {
    put(homes, v, made(set));
  }

  /** A root computes it there. */
  void home(Node v, Root r) {
    put(lies, v, homes.get(v));
    put(roots, r, homes.get(v));
  }

  /** A loop or branch runs an item. */
  void by(Item i, Step s) {
    control.put(s, i);
  }

  private @Nullable Is made(Item i) {
    List<Is> all = made.get(i);
    return all == null ? null : all.getFirst();
  }

  private static <K> void put(Map<K, Is> to, K key, @Nullable Is is) {
    if (is != null) {
      to.put(key, is);
    }
  }

  // ---------------------------------------------------------------- whether it is right

  /** Goes through the steps. */
  void check(List<Step> steps) {
    for (Step s : steps) {
      switch (s) {
        case Step.Scalars x ->
            x.cones().forEach((n, cone) -> cone(cone, new Nest(), List.of(), null, 0, 0, n));
        case Step.Loops l -> nest(l.nest());
        case Step.Contract c -> {
          if (c.then() != null) {
            nest(c.then());
          }
        }
        case Step.Cumulate c -> whole(c.value());
        case Step.Order o -> whole(o.value());
        case Step.NewStack _ -> {}
        case Step.Push p -> {
          nest(p.store());
          whole(p.mask());
        }
        case Step.Pop p -> whole(p.mask());
        case Step.Host h -> h.operands().forEach(this::whole);
        case Step.Loop l -> item(l);
        case Step.Branch b -> item(b);
      }
    }
  }

  private void item(Step s) {
    Item i = Objects.requireNonNull(control.get(s));
    i.in().forEach(x -> whole(x instanceof Node n ? n : null));
    Objects.requireNonNull(made.get(i)).forEach(is -> now.put(is.cell, is.number));
  }

  /** Something reads a value as a whole. */
  private void whole(@Nullable Node n) {
    if (n == null || n.isScalar() && !n.isVirtual()) {
      return;
    }
    Is is = n.mem() != null ? lies.get(n) : means(n);
    if (is != null && number(is.cell) != is.number) {
      throw wrong(n, is);
    }
    if (n.mem() == null) {
      n.in().forEach(this::whole);
    }
  }

  /** What a read sees; a read of the block around sees what was there at the start. */
  private @Nullable Is means(Node n) {
    Cell c = n.ref();
    return c == null ? null : n.owner == owner ? seen.get(n) : new Is(c, 0);
  }

  private void nest(Nest nest) {
    var writes = new ArrayList<Written>();
    each(
        nest,
        (r, stage, position) -> {
          Is is = roots.get(r);
          if (is != null) {
            writes.add(new Written(is, r, stage, position));
          }
        });
    each(
        nest,
        (r, stage, position) ->
            cone(
                nest.cone(r),
                nest,
                writes,
                r,
                stage,
                position,
                Objects.requireNonNullElse(r.defines(), r)));
    writes.forEach(w -> now.put(w.becomes.cell, w.becomes.number));
  }

  private interface Visit {
    void root(Root r, int stage, int position);
  }

  private static void each(Nest nest, Visit v) {
    for (int stage = 0; stage < nest.stages.size(); stage++) {
      List<Root> roots = nest.stages.get(stage).roots;
      for (int k = 0; k < roots.size(); k++) {
        v.root(roots.get(k), stage, k);
      }
    }
  }

  /** What a root or scalar asks for is there, among the writes of its nest. */
  private void cone(
      Cone cone,
      Nest nest,
      List<Written> writes,
      @Nullable Root r,
      int stage,
      int position,
      Object what) {
    for (Cone.Ask a : cone.asks()) {
      Node n = a.read() != null ? a.read() : a.node();
      Is is = n == null ? null : a.read() != null ? means(n) : lies.get(n);
      if (is == null) {
        continue;
      }
      Written w = writer(writes, is.cell);
      if (w == null ? number(is.cell) != is.number : !fits(a, is, w, nest, r, stage, position)) {
        throw wrong(what, is);
      }
    }
  }

  /** The root of a nest that writes a reference; null if none does. */
  private static @Nullable Written writer(List<Written> writes, Cell c) {
    Written out = null;
    for (Written w : writes) {
      if (w.becomes.cell == c) {
        if (out != null) {
          throw new AxialException("internal error: two roots of one nest write a reference");
        }
        out = w;
      }
    }
    return out;
  }

  /** Whether a root that asks for contents finds them, where another one of its nest writes. */
  private boolean fits(
      Cone.Ask a, Is is, Written w, Nest nest, @Nullable Root r, int stage, int position) {
    boolean before = stage < w.stage || stage == w.stage && position <= w.position;
    boolean later = stage > w.stage;
    boolean there = before ? number(is.cell) == is.number : w.becomes.number == is.number;
    boolean own = r == w.root && r instanceof Root.Write; // see Writes.settle
    return there && (own || a.identity(later ? nest.outer : is.cell.type().dims()));
  }

  private AxialException wrong(Object what, Is is) {
    return new AxialException(
        "internal error: %s means contents %d of the %s, and finds %d"
            .formatted(
                what instanceof Node n ? n.op() + " of " + n.type() : what,
                is.number,
                is.cell.mem().buffer().what(),
                number(is.cell)));
  }
}
