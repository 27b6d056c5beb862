package dev.axial.cpu.plan;

import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans loops and branches: their bodies are blocks of their own. */
final class Control {
  /**
   * A carry may start where an earlier or outer loop left it, which may be where that one started.
   * After so many loops it is copied, or whoever asks where it may lie would ask all of them.
   */
  private static final int LOOPS = 8;

  private final Steps steps;
  private final Writes writes;

  Control(Steps steps, Writes writes) {
    this.steps = steps;
    this.writes = writes;
  }

  /** What a body takes from outside is in memory, or so cheap that it is computed again. */
  private void capture(Node n, @Nullable String site) {
    steps.merges(n, site);
    if (n.isScalar() || n.mem() != null) {
      n.askedBy.add(null);
      return;
    }
    if (Costs.deep(n) > 1 && Views.of(n) == null) {
      steps.store(n, site);
    }
    n.askedBy.add(null);
    Steps.base(n);
  }

  /** References that a loop or branch writes: what is still to be read of them is stored first. */
  private void settleWritten(Item i) {
    i.written().forEach(c -> writes.settle(c, i.position(), null));
  }

  private void wrote(Item i, int step) {
    for (Object x : i.in()) {
      if (x instanceof Node n) {
        steps.read(n, step);
      } else if (x instanceof Cell c) {
        steps.lastWrite.put(c, step);
        steps.lastRead.put(c, step);
        c.mem().buffer().alive(steps.moment(step));
      } else if (x instanceof Frames f) {
        steps.alive(f, steps.moment(step));
      }
    }
  }

  void scan(Op.Scan s, Item i) {
    loop(i, s.carry(), s.length(), s.reverse(), null, s.body());
  }

  void whileLoop(Op.While w, Item i) {
    loop(i, w.carry(), -1, false, w.condition(), w.body());
  }

  private void loop(
      Item i,
      int carries,
      long length,
      boolean reverse,
      @Nullable Program condition,
      Program body) {
    captures(i, carries);
    int offset = condition == null ? 1 : 0;
    var same = new ArrayList<Boolean>();
    var starts = new ArrayList<@Nullable Mem>();
    for (int k = 0; k < carries; k++) {
      same.add(body.outputs().get(k) == body.inputs().get(k + offset));
      starts.add(start(i.node(k), same.get(k), i.site()));
    }
    settleWritten(i);
    int start = steps.planner.tick();
    var inputs = new ArrayList<Object>();
    Node index = null;
    if (offset == 1) {
      index = new Node(ArrayType.scalar(DType.INT32), null, List.of(), null, 0);
      inputs.add(index);
    }
    var list = new ArrayList<Step.Carry>();
    var next = new ArrayList<@Nullable Mem>();
    for (int k = 0; k < carries; k++) {
      Step.Carry c =
          carry(i.node(k), (Node) i.out().get(k), same.get(k), starts.get(k), length, start);
      list.add(c);
      inputs.add(c.inside());
      next.add(c.other() == null ? null : Mem.rows(c.other(), c.init().type()));
    }
    inputs.addAll(i.in().subList(carries, i.in().size()));
    Block test = condition == null ? null : block(condition, inputs, nulls(condition));
    Block inner = block(body, inputs, next);
    for (int k = 0; k < carries; k++) {
      list.set(k, list.get(k).giving(inner.outputs.get(k)));
    }
    var loop = new Step.Loop(length, reverse, index, test, inner, list);
    steps.contents.by(i, loop);
    int at = steps.add(loop);
    int end = steps.moment(at);
    steps.planner.endLoop(start, end);
    for (Step.Carry c : list) {
      if (c.current() != null) {
        c.current().alive(end);
        Objects.requireNonNull(c.other()).alive(end);
      }
      after(c, at);
    }
    wrote(i, at);
  }

  private Block block(Program p, List<Object> inputs, List<@Nullable Mem> places) {
    return new BlockPlanner(steps.planner, p, Planner.env(p, inputs), places).plan();
  }

  private void captures(Item i, int from) {
    for (Object x : i.in().subList(from, i.in().size())) {
      if (x instanceof Node n) {
        capture(n, i.site());
      }
    }
  }

  /** The first contents of a carry, which must not change with a reference; null for a scalar. */
  private @Nullable Mem start(Node init, boolean same, @Nullable String site) {
    if (init.isScalar()) {
      return null;
    }
    if (!Steps.looksAtReference(init)) {
      Mem there = same ? steps.inMemory(init, site) : steps.rows(init, site);
      if (same || there.buffer().steps() < LOOPS) {
        return there;
      }
    }
    ArrayType t = init.type();
    Mem own = Mem.rows(steps.planner.scratch(t.dtype(), t.size(), "carried"), t);
    steps.merges(init, site);
    steps.root(new Root.Store(init, own, null), site);
    return own;
  }

  private Step.Carry carry(
      Node init, Node after, boolean same, @Nullable Mem from, long length, int start) {
    Node inside = same ? init : new Node(init.type(), null, List.of(), null, 0);
    if (from == null || same) {
      return new Step.Carry(init, inside, init, after, from, null, null, null, null);
    }
    ArrayType t = init.type();
    Buffer first = carryPlace(after, length, 1, t);
    Buffer second = carryPlace(after, length, 0, t);
    Buffer current = pointer(t, "carry", List.of(from.buffer(), first, second), start);
    Buffer other = pointer(t, "next carry", List.of(first, second), start);
    inside.place(Mem.rows(current, t));
    return new Step.Carry(init, inside, init, after, from, current, other, first, second);
  }

  private Buffer pointer(ArrayType t, String what, List<Buffer> to, int from) {
    Buffer b = steps.planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.dtype(), t.size(), what));
    b.oneOf(to);
    b.alive(from);
    return b;
  }

  private void after(Step.Carry c, int at) {
    Node n = c.after();
    steps.done(n, at);
    if (n.isScalar()) {
      return;
    }
    if (c.current() != null) {
      n.place(Mem.rows(c.current(), n.type()));
      Mem d = steps.destination.get(n);
      if (d != null && (c.first() == d.buffer() || c.second() == d.buffer())) {
        steps.destination.remove(n);
        n.place(d);
      }
    } else {
      n.place(Objects.requireNonNull(c.from()));
    }
  }

  /**
   * One of the two places that a carry alternates between. In the last round of a counted loop it
   * is this one if the parity fits: then it is the place where the result has to be.
   */
  private Buffer carryPlace(Node after, long length, int parity, ArrayType t) {
    Mem d = steps.destination.get(after);
    if (d != null && length > 0 && length % 2 == parity && d.isRows(t)) {
      return d.buffer();
    }
    return steps.planner.scratch(t.dtype(), t.size(), "carry");
  }

  private static List<@Nullable Mem> nulls(Program p) {
    var out = new ArrayList<@Nullable Mem>();
    p.outputs().forEach(_ -> out.add(null));
    return out;
  }

  void cond(Op.Cond c, Item i) {
    captures(i, 1);
    settleWritten(i);
    int start = steps.planner.tick();
    var inputs = i.in().subList(1, i.in().size());
    var at = new ArrayList<@Nullable Mem>();
    var results = new ArrayList<Node>();
    for (Object o : i.out()) {
      Node n = (Node) o;
      results.add(n);
      at.add(n.isScalar() ? null : steps.place(n, "result of a branch"));
    }
    at.forEach(m -> {
      if (m != null) {
        m.buffer().alive(start);
      }
    });
    Block yes = block(c.yes(), inputs, at);
    Block no = block(c.no(), inputs, at);
    var branch = new Step.Branch(i.node(0), yes, no, results);
    steps.contents.by(i, branch);
    int step = steps.add(branch);
    for (int k = 0; k < results.size(); k++) {
      Node n = results.get(k);
      steps.done(n, step);
      Mem m = at.get(k);
      if (m != null) {
        n.place(m);
        m.buffer().alive(steps.moment(step));
      }
    }
    wrote(i, step);
  }
}
