package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The steps of a block in the making, and where its values lie. */
final class Steps {
  final Planner planner;
  final List<Step> list;

  /** The places where values have to be in the end. */
  final Map<Node, Mem> destination = new IdentityHashMap<>();

  /** Values that are computed straight into the reference that they are set to. */
  final Map<Node, Cell> homes = new IdentityHashMap<>();

  final Map<Cell, Integer> lastWrite = new IdentityHashMap<>();
  final Map<Cell, Integer> lastRead = new IdentityHashMap<>();

  /** What these steps do to references. */
  final Contents contents;

  /** Whose values these are. */
  final Object owner;

  private final List<Integer> moments = new ArrayList<>();
  private final Fusion fusion;

  Steps(Planner planner, Object owner, List<Step> list, List<Item> items) {
    this.planner = planner;
    this.contents = new Contents(owner, items);
    this.owner = owner;
    this.list = list;
    this.fusion = new Fusion(owner, list);
  }

  /** The number of the last step. */
  int last() {
    return list.size() - 1;
  }

  /** A value that is computed where it is asked for, until the end of an item. */
  Node virtual(ArrayType t, Op op, List<Node> in, Item i) {
    var n = new Node(t, op, in, null, 0);
    n.owner = owner;
    n.virtual = true;
    n.lastNeeded = i.position();
    return n;
  }

  /** A value that a step has put into memory as a whole. */
  void done(Node n, int step) {
    n.step = step;
    n.askedBy.add(null);
  }

  int add(Step s) {
    list.add(s);
    int at = list.size() - 1;
    moment(at);
    return at;
  }

  /** Adds a step that reads values where they lie. */
  int add(Step s, List<Node> reads) {
    int at = add(s);
    reads.forEach(n -> read(n, at));
    return at;
  }

  int moment(int step) {
    while (moments.size() <= step) {
      moments.add(planner.tick());
    }
    return moments.get(step);
  }

  int stepOf(Node n) {
    return n.owner == owner ? n.step : -1;
  }

  /** Adds a root; its value is in memory afterwards. */
  void root(Root r, @Nullable String site) {
    root(r, null, site);
  }

  /** Adds a root that overwrites all of a reference, if one is given. */
  void root(Root r, @Nullable Cell overwritten, @Nullable String site) {
    Cone cone = Cone.of(r);
    int first = 0;
    int last = -1;
    if (overwritten != null) {
      first = lastWrite.getOrDefault(overwritten, -1) + 1;
      last = lastRead.getOrDefault(overwritten, -1);
    }
    for (Node s : cone.scalars()) {
      first = Math.max(first, stepOf(s) + 1);
    }
    for (Cell c : cone.cells()) {
      first = Math.max(first, lastWrite.getOrDefault(c, -1) + 1);
    }
    boolean contains = r instanceof Root.Store s && s.to().buffer().steps() > 0;
    for (Cone.Ask a : cone.asks()) {
      if (a.node() != null) {
        last = Math.max(last, stepOf(a.node()));
      }
    }
    boolean alone =
        contains
            || r instanceof Root.Write
            || r instanceof Root.ArgReduce
            || overwritten == null && r instanceof Root.Store s && s.value() != s.defines();
    Fusion.Placed p =
        alone ? fusion.alone(r, cone, site) : fusion.add(r, cone, first, last, overwritten, site);
    if (overwritten != null) {
      lastWrite.put(overwritten, p.step());
    }
    reads(cone, p.step());
    asked(cone, p, r);
    int at = moment(p.step());
    Node d = r.defines();
    Mem to = r.to();
    to.buffer().alive(at);
    if (r instanceof Root.Write w && w.old() != null) {
      w.old().buffer().alive(at);
      to = w.old();
    }
    if (d != null) {
      d.place(to);
      d.root = r;
      d.step = p.step();
    }
  }

  /** A step of no stage computes what a cone asks for. */
  void computes(Cone cone, int step) {
    for (Cone.Ask a : cone.asks()) {
      if (a.node() != null) {
        a.node().askedBy.add(null);
      }
    }
    reads(cone, step);
  }

  /** All that a step reads stays as it is until then. */
  private void reads(Cone cone, int step) {
    int at = moment(step);
    for (Cone.Ask a : cone.asks()) {
      a.mem().buffer().alive(at);
      readHome(a.mem(), step);
    }
    for (Node s : cone.scalars()) {
      Mem m = s.mem();
      if (m != null) {
        m.buffer().alive(at);
      }
    }
    cone.cells().forEach(c -> lastRead.merge(c, step, Math::max));
  }

  /** Who reads a value that lies in a reference, or a part of it, reads the reference. */
  private void readHome(@Nullable Mem m, int step) {
    for (Cell c : homes.values()) {
      if (m != null && m.buffer().mayBe(c.mem().buffer())) {
        lastRead.merge(c, step, Math::max);
      }
    }
  }

  private static void asked(Cone cone, Fusion.Placed p, Root r) {
    for (Cone.Ask a : cone.asks()) {
      Node n = a.node();
      if (n != null) {
        boolean plain = a.identity(n.type().dims()) && !(r instanceof Root.Write);
        n.askedBy.add(plain ? p.stage() : null);
      }
    }
  }

  /** A place for a value: where it has to be in the end, or new scratch. */
  Mem place(Node n, String what) {
    Mem m = destination.remove(n);
    return m != null
        ? m
        : Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), what), n.type());
  }

  /** The memory of a value, stored now if it is nowhere yet. */
  Mem inMemory(Node n, @Nullable String site) {
    Mem m = Views.of(n);
    if (m == null && n.owner != owner) {
      // Another block's: this one may not run, so only it may know of the memory.
      m = Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), "captured"), n.type());
      root(new Root.Store(n, m, null), site);
      return m;
    }
    if (m == null) {
      store(n, site);
      m = Objects.requireNonNull(n.mem());
    }
    n.askedBy.add(null);
    base(n);
    return m;
  }

  /** Whoever looks at memory through views asks for what lies there. */
  static void base(Node n) {
    n.askedBy.add(null);
    if (n.isVirtual()) {
      n.in().forEach(Steps::base);
    }
  }

  void store(Node n, @Nullable String site) {
    if (n.op() instanceof Op.Merge m) {
      Node x = n.in().getFirst();
      Mem to = place(n, "merged");
      var strides = new LinkedHashMap<>(to.strides());
      long step = to.stride(m.to());
      strides.remove(m.to());
      for (int k = m.axes().size() - 1; k >= 0; k--) {
        Dim d = x.type().dim(m.axes().get(k));
        strides.put(d.name(), step);
        step *= d.size();
      }
      merges(x, site);
      root(new Root.Store(x, to.with(to.offset(), strides), n), site);
      n.place(to);
      return;
    }
    below(n, site);
    Cell home = homes.get(n);
    if (home != null) {
      var there = new Root.Store(n, home.mem(), n);
      if (Cone.of(there).readsInPlace(home)) {
        contents.home(n, there);
        root(there, home, site);
        n.askedBy.add(null); // the reference wants it
        return;
      }
      homes.remove(n);
    }
    root(new Root.Store(n, place(n, "value"), n), site);
  }

  /**
   * Merged axes below a value that is about to be computed are views, or else stored first: nobody
   * divides indices.
   */
  void merges(Node n, @Nullable String site) {
    if (n.mem() != null || n.isScalar()) {
      return;
    }
    if (n.op() instanceof Op.Merge) {
      Mem m = Views.of(n);
      if (m == null || looksAtReference(n)) { // a write must not show through
        store(n, site);
      } else {
        base(n);
        n.step = madeAt(n);
        n.place(m);
      }
      return;
    }
    if (n.isVirtual()) {
      below(n, site);
    }
  }

  /** The step that makes what a look at memory sees. */
  int madeAt(Node n) {
    Cell c = n.ref();
    int at = c != null && n.owner == owner ? lastWrite.getOrDefault(c, -1) : -1;
    if (!n.isVirtual()) {
      return Math.max(at, stepOf(n));
    }
    for (Node x : n.in()) {
      at = Math.max(at, madeAt(x));
    }
    return at;
  }

  /** What a value is computed from is made ready. */
  void below(Node n, @Nullable String site) {
    n.in().forEach(x -> merges(x, site));
    if (n.op() instanceof Op.Index i && needsArray(i, n)) {
      Node x = n.in().getFirst();
      if (Costs.deep(x) > 1 && Views.of(x) == null) {
        store(x, site);
      }
    }
  }

  /** Whether an indexed read asks for elements anywhere, so that what it reads should be there. */
  private static boolean needsArray(Op.Index i, Node n) {
    for (Sel s : i.access().sels()) {
      if (s instanceof Sel.At) {
        return true;
      }
    }
    return i.access().masked() || n.type().size() > n.in().getFirst().type().size();
  }

  void scalar(Node n) {
    below(n, null);
    Step before = list.isEmpty() ? null : list.getLast();
    Step.Scalars s;
    if (before instanceof Step.Scalars b && !b.cones().isEmpty()) {
      s = b;
      n.step = last();
    } else {
      s = new Step.Scalars(new ArrayList<>(), new IdentityHashMap<>());
      n.step = add(s);
    }
    Cone cone = Cone.ofScalar(n);
    s.nodes().add(n);
    s.cones().put(n, cone);
    computes(cone, n.step);
  }

  /** A step reads a value where it lies, which may be in a reference. */
  void read(Node n, int step) {
    readHome(n.mem(), step);
    Cell c = n.ref();
    if (n.owner == owner && n.isVirtual()) {
      if (c != null) {
        lastRead.merge(c, step, Math::max);
      }
      n.in().forEach(x -> read(x, step));
    }
  }

  void made(Node n, Mem to, int step, Mem from) {
    n.in().forEach(x -> read(x, step));
    from.buffer().alive(moment(step));
    to.buffer().alive(moment(step));
    n.place(to);
    done(n, step);
  }

  /** A value as rows of its type, copied if it lies otherwise. */
  Mem rows(Node n, @Nullable String site) {
    if (n.owner == owner) {
      merges(n, site);
    }
    if (n.isScalar() && n.mem() == null) {
      Mem to = Mem.rows(planner.scratch(n.type().dtype(), 1, "scalar"), n.type());
      root(new Root.Store(n, to, null), site);
      return to;
    }
    Mem m = inMemory(n, site);
    if (m.isRows(n.type())) {
      return m;
    }
    Mem to = Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), "in rows"), n.type());
    root(new Root.Store(n, to, null), site);
    return to;
  }

  /** A place of rows; the destination if it is that. */
  Mem rowsPlace(Node n, String what) {
    Mem m = destination.get(n);
    if (m != null && m.isRows(n.type())) {
      destination.remove(n);
      return m;
    }
    return Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), what), n.type());
  }

  /** A copy of a value in memory with the given order of axes. */
  Mem copied(Node n, List<Dim> order, @Nullable String site) {
    ArrayType t = n.type().with(order);
    Mem to = Mem.rows(planner.scratch(t.dtype(), t.size(), "operand in rows"), t);
    merges(n, site);
    root(new Root.Store(n, to, null), site);
    return to;
  }

  void alive(Frames f, int moment) {
    f.record().alive(moment);
    Buffer b = f.fixed();
    if (b != null) {
      b.alive(moment);
    }
  }

  static boolean looksAtReference(Node n) {
    return n.isVirtual() && (n.ref() != null || n.in().stream().anyMatch(x -> looksAtReference(x)));
  }
}
