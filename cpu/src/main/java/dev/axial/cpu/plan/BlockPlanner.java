package dev.axial.cpu.plan;

import dev.axial.AxialException;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plans one block: the top of a program or a body. First the items are collected and each value's
 * kind is decided from its users; then the items become steps in their order.
 */
final class BlockPlanner {
  private final Program program;
  private final List<@Nullable Mem> places;
  private final Items items;
  private final Block block = new Block();
  private final Steps steps;
  private final Products products;
  private final Writes writes;
  private final Stacks stacks;
  private final Control control;

  /**
   * @param env what the program's inputs stand for
   * @param places where each output has to lie in the end; null if that does not matter
   */
  BlockPlanner(Planner planner, Program program, Map<Var, Object> env, List<@Nullable Mem> places) {
    this.program = program;
    this.places = places;
    this.items = new Items(planner, program, env, places, this);
    this.steps = new Steps(planner, this, block.steps, items.list());
    this.products = new Products(steps);
    this.writes = new Writes(steps);
    this.stacks = new Stacks(steps, items.list());
    this.control = new Control(steps, writes);
  }

  /** What a variable stands for. */
  Object value(Var v) {
    return items.value(v);
  }

  Block plan() {
    for (int k = 0; k < program.outputs().size(); k++) {
      if (items.value(program.outputs().get(k)) instanceof Node n) {
        n.output |= n.owner == this;
        Mem m = places.get(k);
        if (m != null && n.owner == this) {
          steps.destination.putIfAbsent(n, m);
        }
      }
    }
    for (Item i : items.list()) {
      Virtual.decide(i);
    }
    parts();
    for (Var v : program.outputs()) {
      if (items.value(v) instanceof Node n && n.owner == this) {
        n.lastNeeded = items.list().size();
      }
    }
    for (Item i : items.list().reversed()) {
      Virtual.need(i, this);
    }
    writes.homes(items.list());
    for (Item i : items.list()) {
      item(i);
    }
    finish();
    return block;
  }

  private void item(Item i) {
    switch (i.op()) {
      case Op.Const _,
          Op.Iota _,
          Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.Broadcast _,
          Op.Rename _,
          Op.Split _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.Index _ ->
          values(i);
      case Op.Merge _ -> values(i);
      case Op.RefGet _ -> {
        values(i);
        if (i.result().isVirtual()) {
          i.cell().pending.add(i.result());
        }
      }
      case Op.Reduce r -> {
        Node x = i.node(0);
        steps.merges(x, i.site());
        steps.root(
            new Root.Reduce(r.fn(), x, r.axes(), steps.place(i.result(), "reduced"), i.result()),
            i.site());
      }
      case Op.ArgReduce r -> {
        Node x = i.node(0);
        steps.merges(x, i.site());
        steps.root(
            new Root.ArgReduce(
                r.max(), x, r.axis(), steps.place(i.result(), "positions"), i.result()),
            i.site());
      }
      case Op.Dot d -> products.dot(d, i);
      case Op.Concat c -> concat(c, i);
      case Op.CumSum c -> {
        Mem from = steps.rows(i.node(0), i.site());
        Mem to = steps.rowsPlace(i.result(), "running sums");
        int at = steps.add(new Step.Cumulate(c, i.node(0), from, to));
        steps.made(i.result(), to, at, from);
      }
      case Op.ArgSort a -> {
        Mem from = steps.rows(i.node(0), i.site());
        Mem to = steps.rowsPlace(i.result(), "order");
        int at = steps.add(new Step.Order(a, i.node(0), from, to));
        steps.made(i.result(), to, at, from);
      }
      case Op.Scatter s -> writes.scatter(s, i);
      case Op.RefNew _ -> {
        Node x = i.node(0);
        steps.merges(x, i.site());
        Cell c = (Cell) i.out().getFirst();
        var first = new Root.Store(x, c.mem(), null);
        steps.contents.by(i, first);
        steps.root(first, i.site());
        steps.lastWrite.put(c, steps.last());
      }
      case Op.RefSet s ->
          writes.write(i, Root.Kind.SET, null, s.access(), Mode.DROP, Edge.DROP, s.reverse());
      case Op.RefCombine c ->
          writes.write(i, Root.Kind.COMBINE, c.fn(), c.access(), c.mode(), Edge.DROP, false);
      case Op.RefSwap s ->
          writes.write(i, Root.Kind.SWAP, null, s.access(), Mode.DROP, s.edge(), s.reverse());
      case Op.RefFreeze _ -> {
        Node n = i.result();
        Cell c = i.cell();
        if (n.isScalar()) {
          steps.scalar(n);
        } else {
          n.place(c.mem());
          steps.done(n, steps.last());
          if (Objects.equals(steps.destination.get(n), c.mem())) {
            steps.destination.remove(n);
          }
        }
      }
      case Op.StackNew _ -> {
        Frames f = (Frames) i.out().getFirst();
        int at = steps.add(new Step.NewStack(f));
        steps.alive(f, steps.moment(at));
      }
      case Op.StackPush p -> stacks.push(p, i);
      case Op.StackPop p -> stacks.pop(p, i);
      case Op.Scan s -> control.scan(s, i);
      case Op.While w -> control.whileLoop(w, i);
      case Op.Cond c -> control.cond(c, i);
      case Op.Callback c -> {
        var at = new ArrayList<Mem>();
        for (Node n : i.nodes(0)) {
          at.add(steps.rows(n, i.site()));
        }
        int step = steps.add(new Step.Host(c, i.nodes(0), at), i.nodes(0));
        at.forEach(m -> m.buffer().alive(steps.moment(step)));
      }
      case Op.LaneIndex _, Op.LaneReduce _, Op.LaneGather _ ->
          throw new AxialException("internal error: outside of a vmap: " + i.op());
      case Op.StopGradient _, Op.Call _, Op.CustomVjp _, Op.CustomJvp _ ->
          throw new AxialException("internal error: not flat: " + i.op());
    }
  }

  private void values(Item i) {
    for (Object o : i.out()) {
      Node n = (Node) o;
      if (n.isScalar()) {
        steps.scalar(n);
      } else if (!n.isVirtual() && n.mem() == null) {
        steps.store(n, i.site());
      }
    }
  }

  /** Values that are stored, and then are nothing but parts of others, are stored there at once. */
  private void parts() {
    for (Item i : items.list().reversed()) {
      if (!(i.op() instanceof Op.Concat c)) {
        continue;
      }
      Node out = i.result();
      Mem to = steps.place(out, "concatenated");
      steps.destination.put(out, to);
      long start = 0;
      for (Node part : i.nodes(0)) {
        boolean alone = part.owner == this && !part.output && part.users.size() == 1;
        if (alone && !part.isVirtual() && part.type().rank() == out.type().rank()) {
          steps.destination.put(part, part(to, c, start));
        }
        start += part.type().dim(c.axis()).size();
      }
    }
  }

  private static Mem part(Mem whole, Op.Concat c, long start) {
    return whole.with(whole.offset() + start * whole.stride(c.axis()), whole.strides());
  }

  private void concat(Op.Concat c, Item i) {
    Node out = i.result();
    Mem to = steps.place(out, "concatenated");
    long start = 0;
    for (Node part : i.nodes(0)) {
      ArrayType t = part.type();
      ArrayType full = out.type();
      var dims = new ArrayList<Dim>();
      for (Dim d : full.dims()) {
        dims.add(d.name().equals(c.axis()) ? t.dim(c.axis()) : d);
      }
      Node wide = part;
      if (!part.type().sameDims(full.with(dims))) {
        wide = steps.virtual(full.with(dims), new Op.Broadcast(dims), List.of(part), i);
      }
      steps.merges(wide, i.site());
      Mem place = part(to, c, start);
      if (place.equals(wide.mem())) {
        wide.askedBy.add(null);
      } else {
        steps.root(new Root.Store(wide, place, null), i.site());
      }
      start += t.dim(c.axis()).size();
    }
    out.place(to);
    steps.done(out, steps.last());
  }

  /** Outputs go where they have to be; what only one stage needs is not stored at all. */
  private void finish() {
    for (int k = 0; k < program.outputs().size(); k++) {
      if (!(items.value(program.outputs().get(k)) instanceof Node n)) {
        continue;
      }
      Mem m = places.get(k);
      if (n.isScalar()) {
        if (m != null && !m.equals(n.mem())) {
          steps.root(new Root.Store(n, m, null), null);
        }
      } else if (m != null && !m.equals(n.mem())) {
        steps.merges(n, null);
        if (steps.destination.get(n) == m && n.isVirtual()) {
          steps.destination.remove(n);
          steps.root(new Root.Store(n, m, n), null);
        } else {
          steps.root(new Root.Store(n, m, null), null);
        }
        n.askedBy.add(null);
      } else {
        n.askedBy.add(null);
      }
      block.outputs.add(n);
    }
    for (Step s : block.steps) {
      if (s instanceof Step.Loops l) {
        contract(l.nest());
      }
    }
    Epilogues.attach(steps);
    if (Contents.CHECK) {
      steps.contents.check(steps.list);
    }
  }

  private static void contract(Nest nest) {
    for (Stage s : nest.stages) {
      for (Root r : s.roots) {
        Node d = r.defines();
        if (d == null || d.output || r instanceof Root.Write || r instanceof Root.ArgReduce) {
          continue;
        }
        boolean atPoint = r instanceof Root.Store;
        if (r instanceof Root.Store st && st.value() != d) {
          continue; // the register would be another value's
        }
        boolean here = true;
        for (Stage asker : d.askedBy) {
          here &= asker != null && nest.stages.contains(asker);
          // In registers a value reaches its own point, and later stages if it belongs to the
          // outer loops alone.
          here &= asker == s && atPoint || outerOnly(d, nest) && (s.inner.isEmpty() || !atPoint);
        }
        if (here && d.step >= 0 && !d.isScalar()) {
          nest.unstored.add(r);
          Objects.requireNonNull(d.mem()).buffer().unused();
        }
      }
    }
  }

  private static boolean outerOnly(Node n, Nest nest) {
    return nest.outer.size() == n.type().rank() && nest.outer.containsAll(n.type().dims());
  }
}
