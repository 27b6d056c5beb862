package dev.axial.cpu.plan;

import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plans what is written into references, and into copies of arrays. */
final class Writes {
  private final Steps steps;

  Writes(Steps steps) {
    this.steps = steps;
  }

  void write(
      Item i,
      Root.Kind kind,
      Fn.@Nullable Combine fn,
      Access access,
      Mode mode,
      Edge edge,
      boolean reverse) {
    Cell c = i.cell();
    List<Node> index = i.nodes(2);
    Node value = i.node(1);
    steps.merges(value, i.site());
    index.forEach(n -> steps.merges(n, i.site()));
    ArrayType space = access.result(c.type(), i.types(2));
    Mem old = null;
    Node defines = null;
    if (kind == Root.Kind.SWAP) {
      defines = i.result();
      old = steps.place(defines, "what was there");
    }
    var w =
        new Root.Write(
            kind, fn, c.mem(), c.type(), access, index, value, mode, edge, reverse, old, defines,
            space);
    settle(c, i.position(), w);
    if (kind == Root.Kind.SET && steps.homes.get(value) == c && c.mem().equals(value.mem())) {
      return; // it was computed there
    }
    if (kind == Root.Kind.SET && access.equals(Access.ALL) && !c.type().isScalar()) {
      Node all = value;
      if (!value.type().sameDims(c.type())) {
        all = steps.virtual(c.type(), new Op.Broadcast(c.type().dims()), List.of(value), i);
      }
      var store = new Root.Store(all, c.mem(), null);
      steps.contents.by(i, store);
      steps.root(store, c, i.site());
      return;
    }
    w = narrowed(w);
    steps.contents.by(i, w);
    steps.root(w, i.site());
    int step = steps.last();
    steps.lastWrite.put(c, step);
    if (defines != null) {
      steps.done(defines, step);
      if (defines.isScalar()) {
        defines.root = w;
      }
    }
  }

  /**
   * Finds values that are to be stored, and whose place may be the reference that they become the
   * contents of: from where they are computed nobody needs what was in it, and as long as they are
   * needed nobody writes it.
   */
  void homes(List<Item> items) {
    var made = new IdentityHashMap<Node, Item>();
    for (Item i : items) {
      if (i.op() instanceof Op.RefSet s && s.access().equals(Access.ALL)) {
        Node v = i.node(1);
        Item maker = made.get(v);
        if (maker != null
            && v.type().sameDims(i.cell().type())
            && !steps.homes.containsKey(v)
            && holdsNothing(i.cell(), maker)
            && free(i.cell(), items, maker, i, v)) {
          steps.homes.put(v, i.cell());
          steps.contents.home(v, i);
        }
      }
      for (Object o : i.out()) {
        if (o instanceof Node n && !n.isVirtual() && !n.isScalar() && !n.output) {
          made.put(n, i);
        }
      }
    }
  }

  /** Whether no other value that lies in the reference is needed when an item runs, or later. */
  private boolean holdsNothing(Cell c, Item maker) {
    return steps.homes.entrySet().stream()
        .noneMatch(h -> h.getValue() == c && h.getKey().lastNeeded >= maker.position());
  }

  /** Whether a reference may hold a value from the item that makes it, not only from its set on. */
  private static boolean free(Cell c, List<Item> items, Item maker, Item set, Node v) {
    for (Item i : items) {
      if (i.out().contains(c) && i.position() > maker.position()) {
        return false; // its first contents come later
      }
      if (!i.in().contains(c) || i == set) {
        continue;
      }
      boolean get = i.op() instanceof Op.RefGet;
      if (i.position() < maker.position()) {
        if (get && i.result().isVirtual() && i.result().lastNeeded > maker.position()) {
          return false;
        }
      } else if (i.position() < set.position()) {
        return false;
      } else if (!get && i.position() <= v.lastNeeded) {
        return false; // also where this very write reads v
      }
    }
    return true;
  }

  /**
   * Selectors that are known now become part of where the memory starts, so that writes that differ
   * in them alone are the same code.
   */
  private static Root.Write narrowed(Root.Write w) {
    long offset = w.into().offset();
    var strides = new LinkedHashMap<>(w.into().strides());
    ArrayType of = w.of();
    var sels = new ArrayList<Sel>();
    var index = new ArrayList<Node>();
    int k = 0;
    for (Sel s : w.access().sels()) {
      long stride = w.into().stride(s.axis());
      Node operand = s.dynamic() ? w.index().get(k++) : null;
      long at = operand == null ? -1 : known(operand, of.dim(s.axis()).size());
      if (s instanceof Sel.Window x && x.size() > 0) {
        offset += x.start() * stride;
        strides.put(x.axis(), stride * x.step());
        of = of.with(resized(of, new Dim(x.axis(), x.size())));
      } else if (s instanceof Sel.At && at >= 0) {
        offset += at * stride;
        strides.remove(s.axis());
        of = of.without(s.axis());
      } else {
        sels.add(s);
        if (operand != null) {
          index.add(operand);
        }
      }
    }
    index.addAll(w.index().subList(k, w.index().size()));
    return new Root.Write(
        w.kind(),
        w.fn(),
        w.into().with(offset, strides),
        of,
        new Access(sels, w.access().masked()),
        index,
        w.value(),
        w.mode(),
        w.edge(),
        w.reverse(),
        w.old(),
        w.defines(),
        w.space());
  }

  private static List<Dim> resized(ArrayType t, Dim by) {
    return t.dims().stream().map(d -> d.name().equals(by.name()) ? by : d).toList();
  }

  /** The index along an axis that a constant stands for; -1 if it is none, or out of range. */
  private static long known(Node n, int size) {
    if (!(n.op() instanceof Op.Const c)) {
      return -1;
    }
    long i = c.bits(); // of an integer type
    long wrapped = i < 0 ? i + size : i;
    return wrapped < size ? wrapped : -1;
  }

  /**
   * Before a reference is written at a position: reads of it that are still virtual and needed from
   * there on are stored, unless only this write needs them and reads each place in the iteration
   * that writes it.
   */
  void settle(Cell c, int position, Root.@Nullable Write w) {
    Set<Node> mine = new HashSet<>();
    boolean crossing = false;
    if (w != null) {
      crossing = Cone.of(w).asks().stream().anyMatch(a -> a.cell() == c && !sameIteration(a, w, c));
      w.asks().forEach(n -> reads(n, mine));
    }
    for (Node g : List.copyOf(c.pending)) {
      if (!g.isVirtual() || g.owner != steps.owner) {
        continue;
      }
      boolean later = g.lastNeeded > position;
      boolean now = mine.contains(g);
      if (later || now && crossing || w == null && g.lastNeeded >= position) {
        steps.store(g, null);
      }
    }
    c.pending.removeIf(g -> !g.isVirtual());
  }

  private static void reads(Node n, Set<Node> out) {
    if (!n.isVirtual()) {
      return;
    }
    if (n.ref() != null) {
      out.add(n);
    }
    n.in().forEach(x -> reads(x, out));
  }

  /**
   * Whether an element that the write changes is read only in the iteration that changes it: along
   * each axis both indices are the same loop, or neither depends on any.
   */
  private static boolean sameIteration(Cone.Ask a, Root.Write w, Cell c) {
    var index = Cone.selected(w.access(), c.type(), w.index(), Cone.identity(w.space()));
    if (w.access().masked()) {
      return false;
    }
    for (Dim d : c.type().dims()) {
      Cone.Affine read = a.index().get(d.name());
      Cone.Affine wrote = index.get(d.name());
      if (read == null || wrote == null) {
        return false;
      }
      boolean bothFixed = read.of().isEmpty() && wrote.of().isEmpty();
      boolean bothMove = read.equals(wrote) && !read.shifted();
      if (!bothFixed && !bothMove) {
        return false;
      }
    }
    // A read that leaves out a loop of the write sees what an earlier iteration wrote.
    for (Dim d : w.space().dims()) {
      boolean moves =
          index.values().stream().anyMatch(x -> x != null && x.of().containsKey(d.name()));
      if (!moves && d.size() > 1) {
        return false;
      }
    }
    return true;
  }

  void scatter(Op.Scatter s, Item i) {
    Node out = i.result();
    Mem to = steps.place(out, "a copy to write into");
    Node x = i.node(0);
    steps.merges(x, i.site());
    steps.root(new Root.Store(x, to, null), i.site());
    List<Node> index = i.nodes(2);
    index.forEach(n -> steps.merges(n, i.site()));
    steps.merges(i.node(1), i.site());
    steps.root(
        narrowed(
            new Root.Write(
                s.fn() == null ? Root.Kind.SET : Root.Kind.COMBINE,
                s.fn(),
                to,
                out.type(),
                s.access(),
                index,
                i.node(1),
                s.mode(),
                Edge.DROP,
                false,
                null,
                null,
                s.access().result(out.type(), i.types(2)))),
        i.site());
    out.place(to);
    steps.done(out, steps.last());
    if (out.isScalar()) { // into a register: its memory may serve others from here on
      out.step = steps.add(new Step.Scalars(List.of(out), Map.of()));
      to.buffer().alive(steps.moment(out.step));
    }
  }
}
