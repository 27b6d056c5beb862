package dev.axial.cpu.plan;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Effects;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Plans one block: the top of a program or a body. First the items are collected and each value's
 * kind is decided from its users; then the items become steps in their order. Longer than other
 * files because it has a case for each operation.
 */
final class BlockPlanner {
  /** A value that costs no more than this is computed again by each of its users. */
  private static final int CHEAP = 2;

  /** Contractions with fewer multiplications are sums of products in plain loops. */
  private static final long SMALL_DOT = 8 * 8 * 8;

  /** A matrix of up to so many elements times a vector, likewise. */
  private static final long SMALL_VECTOR = 1 << 14;

  private final Planner planner;
  private final Program program;
  private final Map<Var, Object> env = new HashMap<>();
  private final List<@Nullable Mem> places;
  private final List<Item> items = new ArrayList<>();
  private final Block block = new Block();
  private final List<Integer> moments = new ArrayList<>();
  private final Fusion fusion = new Fusion(this, block.steps);
  private final Map<Object, Node> known = new HashMap<>();
  private final Map<Node, Mem> destination = new IdentityHashMap<>();
  private final Map<Cell, Integer> lastWrite = new IdentityHashMap<>();
  private final Map<Cell, Integer> lastRead = new IdentityHashMap<>();

  /**
   * @param env what the program's inputs stand for
   * @param places where each output has to lie in the end; null if that does not matter
   */
  BlockPlanner(Planner planner, Program program, Map<Var, Object> env, List<@Nullable Mem> places) {
    this.planner = planner;
    this.program = program;
    this.env.putAll(env);
    this.places = places;
  }

  /** What a variable stands for. */
  Object value(Var v) {
    return Objects.requireNonNull(env.get(v));
  }

  Block plan() {
    flatten(program);
    for (int k = 0; k < program.outputs().size(); k++) {
      if (value(program.outputs().get(k)) instanceof Node n) {
        n.output |= n.owner == this;
        Mem m = places.get(k);
        if (m != null && n.owner == this) {
          destination.putIfAbsent(n, m);
        }
      }
    }
    for (Item i : items) {
      decide(i);
    }
    for (Var v : program.outputs()) {
      if (value(v) instanceof Node n && n.owner == this) {
        n.lastNeeded = items.size();
      }
    }
    for (Item i : items.reversed()) {
      need(i);
    }
    for (Item i : items) {
      item(i);
    }
    finish();
    return block;
  }

  // ---------------------------------------------------------------- items

  private void flatten(Program p) {
    for (Equation e : p.equations()) {
      var in = new ArrayList<Object>();
      e.in().forEach(v -> in.add(value(v)));
      switch (e.op()) {
        case Op.Call c -> inline(c.body(), in, e);
        case Op.CustomVjp c -> inline(c.primal(), in, e);
        case Op.CustomJvp c -> inline(c.primal(), in, e);
        case Op.StopGradient _ -> env.put(e.result(), in.getFirst());
        default -> equation(e, in); // not over Op: these three only are special here
      }
    }
  }

  private void inline(Program body, List<Object> in, Equation e) {
    for (int k = 0; k < in.size(); k++) {
      env.put(body.inputs().get(k), in.get(k));
    }
    flatten(body);
    for (int k = 0; k < e.out().size(); k++) {
      env.put(e.out().get(k), value(body.outputs().get(k)));
    }
  }

  private record Key(Op op, List<Object> in, int result) {}

  /** Whether two equations with this operation and the same operands have the same results. */
  private static boolean pure(Op op, List<Object> in) {
    return op.bodies().isEmpty()
        && !(op instanceof Op.Callback)
        && !(op instanceof Op.StackNew)
        && !(op instanceof Op.RefNew)
        && in.stream().allMatch(x -> x instanceof Node);
  }

  private void equation(Equation e, List<Object> in) {
    boolean pure = pure(e.op(), in);
    if (pure && known.containsKey(new Key(e.op(), in, 0))) {
      for (int k = 0; k < e.out().size(); k++) {
        env.put(e.out().get(k), known.get(new Key(e.op(), in, k)));
      }
      return;
    }
    var out = new ArrayList<Object>();
    for (int k = 0; k < e.out().size(); k++) {
      Object made = made(e, k, in);
      out.add(made);
      env.put(e.out().get(k), made);
      if (pure) {
        known.put(new Key(e.op(), in, k), (Node) made);
      }
    }
    var item = new Item(items.size(), e.op(), in, out, e.site());
    items.add(item);
    for (Object x : in) {
      if (x instanceof Node n && n.owner == this) {
        n.users.add(item);
      }
    }
  }

  private Object made(Equation e, int k, List<Object> in) {
    Var v = e.out().get(k);
    ArrayType t = v.type().array();
    return switch (e.op()) {
      case Op.RefNew _ -> new Cell(t, refMemory(v, t, e.site()), String.valueOf(e.site()));
      case Op.StackNew s -> {
        int out = program.outputs().indexOf(v);
        yield planner.frames(s.type(), out >= 0 ? null : Planner.pushes(after(v), v), out);
      }
      default -> { // not over Op: an array
        boolean reads = !in.isEmpty() && in.getFirst() instanceof Cell;
        var nodes = in.stream().filter(x -> x instanceof Node).map(x -> (Node) x).toList();
        var n = new Node(t, e.op(), nodes, reads ? (Cell) in.getFirst() : null, k);
        n.owner = this;
        yield n;
      }
    };
  }

  /** The program in which a variable of this block is used: it, or the body of a call in it. */
  private Program after(Var v) {
    return Objects.requireNonNull(holder(program, v));
  }

  private static @Nullable Program holder(Program p, Var v) {
    for (Equation e : p.equations()) {
      if (e.out().contains(v)) {
        return p;
      }
      for (Program q : e.op().bodies()) {
        Program h = holder(q, v);
        if (h != null) {
          return h;
        }
      }
    }
    return null;
  }

  private Mem refMemory(Var v, ArrayType t, @Nullable String site) {
    int k = program.outputs().indexOf(v);
    if (k >= 0) {
      return Mem.rows(
          planner.add(
              new Buffer(Buffer.Kind.OUTPUT, k, t.dtype(), t.size(), "reference, output " + k)),
          t);
    }
    // A reference whose final contents are a result lives where that result has to be.
    for (int j = 0; j < program.outputs().size(); j++) {
      Mem m = places.get(j);
      Var out = program.outputs().get(j);
      if (m != null && program.outputs().indexOf(out) == j && frozen(program, out) == v) {
        return m;
      }
    }
    return Mem.rows(planner.scratch(t.dtype(), t.size(), "reference made at " + site), t);
  }

  /** The reference whose final contents an output is; null if it is something else. */
  private static @Nullable Var frozen(Program p, Var out) {
    for (Equation e : p.equations()) {
      int k = e.out().indexOf(out);
      if (k >= 0) {
        return switch (e.op()) {
          case Op.RefFreeze _ -> e.in().getFirst();
          case Op.Call c -> frozen(c.body(), c.body().outputs().get(k));
          case Op.CustomVjp c -> frozen(c.primal(), c.primal().outputs().get(k));
          case Op.CustomJvp c -> frozen(c.primal(), c.primal().outputs().get(k));
          default -> null; // not over Op: only what hands a reference's contents on
        };
      }
    }
    return null;
  }

  // ---------------------------------------------------------------- what each value is

  private record Use(Item item, long points) {}

  /** The users of a value, seen through those that only look at it otherwise. */
  private static void uses(Node n, List<Use> out) {
    for (Item i : n.users) {
      if (Costs.free(i.op()) && !i.result().isScalar()) {
        uses(i.result(), out);
        if (i.result().output) {
          out.add(new Use(i, i.result().type().size()));
        }
      } else {
        out.add(new Use(i, points(i, n)));
      }
    }
  }

  /** How many elements of a value its user asks for, at most. */
  private static long points(Item i, Node n) {
    return switch (i.op()) {
      case Op.Scan _, Op.While _, Op.Cond _ -> Long.MAX_VALUE;
      case Op.Reduce _, Op.ArgReduce _, Op.CumSum _, Op.ArgSort _, Op.Merge _ -> n.type().size();
      case Op.Dot _ -> i.node(0).type().union(i.node(1).type()).size();
      case Op.RefSet s -> s.access().result(i.cell().type(), types(i, 2)).size();
      case Op.RefAdd s -> s.access().result(i.cell().type(), types(i, 2)).size();
      case Op.RefSwap _, Op.RefGet _, Op.Index _ -> i.result().type().size();
      default -> // not over Op: the others ask once for each element of their result
          i.out().isEmpty() || !(i.out().getFirst() instanceof Node r)
              ? n.type().size()
              : Math.max(n.type().size(), r.type().size());
    };
  }

  private static List<dev.axial.ir.Type> types(Item i, int from) {
    return i.nodes(from).stream().<dev.axial.ir.Type>map(Node::type).toList();
  }

  private void decide(Item i) {
    for (Object o : i.out()) {
      if (!(o instanceof Node n) || n.isScalar()) {
        continue;
      }
      n.virtual =
          switch (i.op()) {
            case Op.Rename _, Op.Broadcast _, Op.Split _, Op.Iota _ -> true;
            case Op.Unary _,
                Op.Binary _,
                Op.Compare _,
                Op.Fma _,
                Op.Select _,
                Op.Cast _,
                Op.Bitcast _,
                Op.Threefry _,
                Op.KeyWrap _,
                Op.KeyData _,
                Op.Index _,
                Op.RefGet _ ->
                staysVirtual(n);
            case Op.Merge _ ->
                true; // a view if its operand's memory allows; otherwise it is stored
            case Op.Dot _,
                Op.Reduce _,
                Op.Concat _,
                Op.CumSum _,
                Op.ArgSort _,
                Op.ArgReduce _,
                Op.Scatter _,
                Op.RefSwap _,
                Op.RefFreeze _,
                Op.StackPop _,
                Op.Scan _,
                Op.While _,
                Op.Cond _,
                Op.Const _,
                Op.StopGradient _,
                Op.RefNew _,
                Op.RefSet _,
                Op.RefAdd _,
                Op.StackNew _,
                Op.StackPush _,
                Op.Call _,
                Op.CustomVjp _,
                Op.CustomJvp _,
                Op.Callback _ ->
                false;
          };
    }
  }

  private static boolean staysVirtual(Node n) {
    var uses = new ArrayList<Use>();
    uses(n, uses);
    int count = uses.size() + (n.output ? 1 : 0);
    // The operands' own decisions were made before: what is virtual below is computed here too.
    n.virtual = true;
    int cost = Costs.deep(n);
    for (Use u : uses) {
      boolean wide = u.points > n.type().size();
      if (wide && (cost > CHEAP || u.points == Long.MAX_VALUE && cost > 1)) {
        return false;
      }
      if (u.item.op() instanceof Op.Dot && cost > 1) {
        return false;
      }
    }
    return count <= 1 || cost <= CHEAP;
  }

  /** When the elements of a virtual operand may be asked for at the latest. */
  private void need(Item i) {
    int last = i.position();
    if (i.out().size() > 0 && i.out().getFirst() instanceof Node n && n.isVirtual()) {
      for (Object o : i.out()) {
        last = Math.max(last, ((Node) o).lastNeeded);
      }
    }
    for (Object x : i.in()) {
      if (x instanceof Node n && n.owner == this) {
        n.lastNeeded = Math.max(n.lastNeeded, last);
      }
    }
  }

  // ---------------------------------------------------------------- steps

  private int add(Step s) {
    block.steps.add(s);
    int at = block.steps.size() - 1;
    moment(at);
    return at;
  }

  private int moment(int step) {
    while (moments.size() <= step) {
      moments.add(planner.tick());
    }
    return moments.get(step);
  }

  private int stepOf(Node n) {
    return n.owner == this ? n.step : -1;
  }

  /** Adds a root; its value is in memory afterwards. */
  private void root(Root r, @Nullable String site) {
    root(r, null, site);
  }

  /** Adds a root that overwrites all of a reference, if one is given. */
  private void root(Root r, @Nullable Cell overwritten, @Nullable String site) {
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
    boolean contains = r instanceof Root.Store s && s.to().buffer().aliases.size() > 0;
    for (Cone.Ask a : cone.asks()) {
      if (a.node() != null) {
        last = Math.max(last, stepOf(a.node()));
      }
    }
    boolean alone =
        contains
            || r instanceof Root.Write
            || r instanceof Root.ArgReduce
            || r instanceof Root.Store s && s.value() != s.defines();
    Fusion.Placed p =
        alone ? fusion.alone(r, cone, site) : fusion.add(r, cone, first, last, overwritten, site);
    if (overwritten != null) {
      lastWrite.put(overwritten, p.step());
    }
    cone.cells().forEach(c -> lastRead.merge(c, p.step(), Math::max));
    asked(cone, p, r);
    int at = moment(p.step());
    touch(cone, at);
    Node d = r.defines();
    Mem to =
        switch (r) {
          case Root.Store s -> s.to();
          case Root.Reduce s -> s.to();
          case Root.ArgReduce s -> s.to();
          case Root.Write w -> w.into();
        };
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

  private static void touch(Cone cone, int at) {
    cone.asks().forEach(a -> a.mem().buffer().alive(at));
    for (Node s : cone.scalars()) {
      Mem m = s.mem();
      if (m != null) {
        m.buffer().alive(at);
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
  private Mem place(Node n, String what) {
    Mem m = destination.remove(n);
    return m != null
        ? m
        : Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), what), n.type());
  }

  /** The memory of a value, stored now if it is nowhere yet. */
  private Mem inMemory(Node n, @Nullable String site) {
    Mem m = Views.of(n);
    if (m == null && n.owner != this) {
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
  private static void base(Node n) {
    n.askedBy.add(null);
    if (n.mem() == null) {
      n.in().forEach(BlockPlanner::base);
    }
  }

  private void store(Node n, @Nullable String site) {
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
    root(new Root.Store(n, place(n, "value"), n), site);
  }

  /**
   * Merged axes below a value that is about to be computed are views, or else stored first: nobody
   * divides indices.
   */
  private void merges(Node n, @Nullable String site) {
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
  private int madeAt(Node n) {
    Cell c = n.ref();
    int at = c != null && n.owner == this ? lastWrite.getOrDefault(c, -1) : -1;
    if (n.mem() != null) {
      return Math.max(at, stepOf(n));
    }
    for (Node x : n.in()) {
      at = Math.max(at, madeAt(x));
    }
    return at;
  }

  /** What a value is computed from is made ready. */
  private void below(Node n, @Nullable String site) {
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

  private void scalar(Node n) {
    below(n, null);
    Step last = block.steps.isEmpty() ? null : block.steps.getLast();
    List<Node> list;
    if (last instanceof Step.Scalars s && s.nodes() instanceof ArrayList) {
      list = s.nodes();
      n.step = block.steps.size() - 1;
    } else {
      list = new ArrayList<>();
      n.step = add(new Step.Scalars(list));
    }
    list.add(n);
    var cone = new Cone();
    n.virtual = true; // to be looked through, for a moment
    cone.walk(n, Map.of());
    n.virtual = false;
    for (Cone.Ask a : cone.asks()) {
      if (a.node() != null) {
        a.node().askedBy.add(null);
      }
    }
    touch(cone, moment(n.step));
    cone.cells().forEach(c -> lastRead.merge(c, n.step, Math::max));
  }

  /** A step reads a value where it lies, which may be in a reference. */
  private void read(Node n, int step) {
    Cell c = n.ref();
    if (n.owner == this && n.isVirtual()) {
      if (c != null) {
        lastRead.merge(c, step, Math::max);
      }
      n.in().forEach(x -> read(x, step));
    }
  }

  // ---------------------------------------------------------------- one case for each operation

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
        merges(x, i.site());
        root(
            new Root.Reduce(r.fn(), x, r.axes(), place(i.result(), "reduced"), i.result()),
            i.site());
      }
      case Op.ArgReduce r -> {
        Node x = i.node(0);
        merges(x, i.site());
        root(
            new Root.ArgReduce(r.max(), x, r.axis(), place(i.result(), "positions"), i.result()),
            i.site());
      }
      case Op.Dot d -> dot(d, i);
      case Op.Concat c -> concat(c, i);
      case Op.CumSum c -> {
        Mem from = rows(i.node(0), i.site());
        Mem to = rowsPlace(i.result(), "running sums");
        int at = add(new Step.Cumulate(c, i.node(0), from, to));
        made(i.result(), to, at, from);
      }
      case Op.ArgSort a -> {
        Mem from = rows(i.node(0), i.site());
        Mem to = rowsPlace(i.result(), "order");
        int at = add(new Step.Order(a, i.node(0), from, to));
        made(i.result(), to, at, from);
      }
      case Op.Scatter s -> scatter(s, i);
      case Op.RefNew _ -> {
        Node x = i.node(0);
        merges(x, i.site());
        Cell c = (Cell) i.out().getFirst();
        root(new Root.Store(x, c.mem(), null), i.site());
        lastWrite.put(c, block.steps.size() - 1);
      }
      case Op.RefSet s -> write(i, Root.Kind.SET, s.access(), Mode.DROP, Edge.DROP, s.reverse());
      case Op.RefAdd s -> write(i, Root.Kind.ADD, s.access(), s.mode(), Edge.DROP, false);
      case Op.RefSwap s -> write(i, Root.Kind.SWAP, s.access(), Mode.DROP, s.edge(), s.reverse());
      case Op.RefFreeze _ -> {
        Node n = i.result();
        Cell c = i.cell();
        if (n.isScalar()) {
          scalar(n);
        } else {
          n.place(c.mem());
          n.step = block.steps.size() - 1;
          n.askedBy.add(null);
          if (Objects.equals(destination.get(n), c.mem())) {
            destination.remove(n);
          }
        }
      }
      case Op.StackNew _ -> {
        Frames f = (Frames) i.out().getFirst();
        int at = add(new Step.NewStack(f));
        alive(f, moment(at));
      }
      case Op.StackPush p -> push(p, i);
      case Op.StackPop p -> pop(p, i);
      case Op.Scan s -> scan(s, i);
      case Op.While w -> whileLoop(w, i);
      case Op.Cond c -> cond(c, i);
      case Op.Callback c -> {
        var at = new ArrayList<Mem>();
        for (Node n : i.nodes(0)) {
          at.add(rows(n, i.site()));
        }
        int step = add(new Step.Host(c, i.nodes(0), at));
        i.nodes(0).forEach(n -> read(n, step));
        at.forEach(m -> m.buffer().alive(moment(step)));
      }
      case Op.StopGradient _, Op.Call _, Op.CustomVjp _, Op.CustomJvp _ ->
          throw new AxialException("internal error: not flat: " + i.op());
    }
  }

  private void made(Node n, Mem to, int step, Mem from) {
    n.in().forEach(x -> read(x, step));
    from.buffer().alive(moment(step));
    to.buffer().alive(moment(step));
    n.place(to);
    n.step = step;
    n.askedBy.add(null);
  }

  private void values(Item i) {
    for (Object o : i.out()) {
      Node n = (Node) o;
      if (n.isScalar()) {
        scalar(n);
      } else if (!n.isVirtual() && n.mem() == null) {
        store(n, i.site());
      }
    }
  }

  /** A value as rows of its type, copied if it lies otherwise. */
  private Mem rows(Node n, @Nullable String site) {
    if (n.owner == this) {
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
  private Mem rowsPlace(Node n, String what) {
    Mem m = destination.get(n);
    if (m != null && m.isRows(n.type())) {
      destination.remove(n);
      return m;
    }
    return Mem.rows(planner.scratch(n.type().dtype(), n.type().size(), what), n.type());
  }

  /**
   * Whether the matrix of a product with a vector has two bytes, and the axis innermost that stays:
   * loops of vectors then convert as they read, and need no copy in float32.
   */
  private static boolean widenedRows(Op.Dot d, Node a, Node b) {
    Node matrix = a.type().size() > b.type().size() ? a : b;
    return matrix.op() instanceof Op.Cast
        && matrix.in().getFirst().type().dtype().isHalf()
        && !d.axes().contains(matrix.type().dims().getLast().name());
  }

  private void dot(Op.Dot d, Item i) {
    Node a = i.node(0);
    Node b = i.node(1);
    ArrayType union = a.type().union(b.type());
    Node out = i.result();
    DType t = out.type().dtype();
    Contraction c = Contraction.of(d, a.type(), b.type(), out.type());
    boolean plain =
        (c.m() == 1 || c.n() == 1)
                && c.batch() == 1
                && (union.size() <= SMALL_VECTOR || widenedRows(d, a, b))
            || c.k() == 1
            || c.lopsided()
            || union.size() <= SMALL_DOT
            || c.m() * c.n() * c.k() < 64
            || union.size() == 0
            || t == DType.UINT32;
    if (plain) {
      var product = new Node(union, new Op.Binary(Fn.Binary.MUL), List.of(a, b), null, 0);
      product.owner = this;
      product.virtual = true;
      product.lastNeeded = i.position();
      merges(product, i.site());
      root(
          new Root.Reduce(Fn.Reduce.SUM, product, d.axes(), place(out, "products"), out), i.site());
      return;
    }
    Mem sum = added(i);
    Mem to = sum != null ? sum : place(sink(out), "products");
    Mem am = inMemory(a, i.site());
    Mem bm = inMemory(b, i.site());
    c.loosen(am, bm);
    if (c.fit(am, true) == null) {
      am = c.copy(this::copied, a, true, i.site());
    }
    if (c.fit(bm, false) == null) {
      bm = c.copy(this::copied, b, false, i.site());
    }
    Mem direct = c.fitsOut(to) ? to : null;
    Mem result =
        direct != null ? direct : c.ownOut(planner.scratch(t, out.type().size(), "product"));
    boolean adds = sum != null && direct != null;
    int at = add(new Step.Contract(c.matrices(am, bm, result), am, bm, result, adds, out));
    am.buffer().alive(moment(at));
    bm.buffer().alive(moment(at));
    read(a, at);
    read(b, at);
    made(out, result, at, am);
    if (adds || direct != null && zeroAddend(i)) {
      Node r = out.users.getFirst().result();
      made(r, result, at, am);
    }
  }

  /** The sum that a product is added to and nothing else; null if there is none. */
  private static @Nullable Node addition(Node product) {
    if (product.output || product.users.size() != 1) {
      return null;
    }
    Item user = product.users.getFirst();
    return user.op() instanceof Op.Binary b
            && b.fn() == Fn.Binary.ADD
            && user.node(0) != user.node(1)
            && user.result().type().sameDims(product.type())
            && user.result().owner == product.owner
        ? user.result()
        : null;
  }

  private static Node other(Item addition, Node product) {
    return addition.node(0) == product ? addition.node(1) : addition.node(0);
  }

  /** Where a sum of products lies so far that this product is added to; nobody else wants it. */
  private @Nullable Mem added(Item i) {
    Node r = addition(i.result());
    if (r == null) {
      return null;
    }
    Node x = other(i.result().users.getFirst(), i.result());
    boolean mine = x.owner == this && !x.output && x.users.size() == 1 && sums.contains(x);
    if (!mine) {
      return null;
    }
    sums.add(r);
    return x.mem();
  }

  /** Whether what a product is added to is nothing but zeros. */
  private boolean zeroAddend(Item i) {
    Node r = addition(i.result());
    if (r == null) {
      return false;
    }
    Node x = other(i.result().users.getFirst(), i.result());
    boolean zero =
        x.op() instanceof Op.Broadcast
            && x.in().getFirst().op() instanceof Op.Const k
            && k.doubleValue() == 0;
    if (zero) {
      sums.add(r);
    }
    return zero;
  }

  /** Where a chain of sums of products ends: that place is meant by all of them. */
  private static Node sink(Node product) {
    Node end = product;
    for (Node r = addition(product); r != null; r = chained(r)) {
      end = r;
    }
    return end;
  }

  private static @Nullable Node chained(Node sum) {
    if (sum.output || sum.users.size() != 1) {
      return null;
    }
    Item user = sum.users.getFirst();
    boolean adds = user.op() instanceof Op.Binary b && b.fn() == Fn.Binary.ADD;
    return adds
            && user.node(0) != user.node(1)
            && other(user, sum).op() instanceof Op.Dot
            && addition(other(user, sum)) == user.result()
        ? user.result()
        : null;
  }

  /** Sums that lie where a product was put, and more products may be added to. */
  private final Set<Node> sums = new HashSet<>();

  /** A copy of a value in memory with the given order of axes. */
  private Mem copied(Node n, List<Dim> order, @Nullable String site) {
    ArrayType t = n.type().with(order);
    Mem to = Mem.rows(planner.scratch(t.dtype(), t.size(), "operand in rows"), t);
    root(new Root.Store(n, to, null), site);
    return to;
  }

  private void concat(Op.Concat c, Item i) {
    Node out = i.result();
    Mem to = place(out, "concatenated");
    long stride = to.stride(c.axis());
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
        wide = new Node(full.with(dims), new Op.Broadcast(dims), List.of(part), null, 0);
        wide.owner = this;
        wide.virtual = true;
      }
      merges(wide, i.site());
      root(
          new Root.Store(wide, to.with(to.offset() + start * stride, to.strides()), null),
          i.site());
      start += t.dim(c.axis()).size();
    }
    out.place(to);
    out.step = block.steps.size() - 1;
    out.askedBy.add(null);
  }

  private void scatter(Op.Scatter s, Item i) {
    Node out = i.result();
    Mem to = place(out, "a copy to write into");
    Node x = i.node(0);
    merges(x, i.site());
    root(new Root.Store(x, to, null), i.site());
    List<Node> index = i.nodes(2);
    index.forEach(n -> merges(n, i.site()));
    merges(i.node(1), i.site());
    root(
        new Root.Write(
            s.add() ? Root.Kind.ADD : Root.Kind.SET,
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
            s.access().result(out.type(), types(i, 2))),
        i.site());
    out.place(to);
    out.step = block.steps.size() - 1;
    out.askedBy.add(null);
    if (out.isScalar()) { // into a register: its memory may serve others from here on
      out.step = add(new Step.Scalars(List.of(out)));
      to.buffer().alive(moment(out.step));
    }
  }

  // ---------------------------------------------------------------- references

  private void write(Item i, Root.Kind kind, Access access, Mode mode, Edge edge, boolean reverse) {
    Cell c = i.cell();
    List<Node> index = i.nodes(2);
    Node value = i.node(1);
    merges(value, i.site());
    index.forEach(n -> merges(n, i.site()));
    ArrayType space = access.result(c.type(), types(i, 2));
    Mem old = null;
    Node defines = null;
    if (kind == Root.Kind.SWAP) {
      defines = i.result();
      old = place(defines, "what was there");
    }
    var w =
        new Root.Write(
            kind, c.mem(), c.type(), access, index, value, mode, edge, reverse, old, defines,
            space);
    settle(c, i.position(), w);
    if (kind == Root.Kind.SET && access.equals(Access.ALL) && !c.type().isScalar()) {
      Node all = value;
      if (!value.type().sameDims(c.type())) {
        all = new Node(c.type(), new Op.Broadcast(c.type().dims()), List.of(value), null, 0);
        all.owner = this;
        all.virtual = true;
      }
      root(new Root.Store(all, c.mem(), null), c, i.site());
      return;
    }
    root(w, i.site());
    int step = block.steps.size() - 1;
    lastWrite.put(c, step);
    if (defines != null) {
      defines.step = step;
      defines.askedBy.add(null);
      if (defines.isScalar()) {
        defines.root = w;
      }
    }
  }

  /**
   * Before a reference is written at a position: reads of it that are still virtual and needed from
   * there on are stored, unless only this write needs them and reads each place in the iteration
   * that writes it.
   */
  private void settle(Cell c, int position, Root.@Nullable Write w) {
    Set<Node> mine = new HashSet<>();
    Set<Node> unsafe = new HashSet<>();
    if (w != null) {
      Cone cone = Cone.of(w);
      for (Cone.Ask a : cone.asks()) {
        if (a.cell() == c && !sameIteration(a, w, c)) {
          unsafe.add(null);
        }
      }
      w.asks().forEach(n -> reads(n, mine));
    }
    for (Node g : List.copyOf(c.pending)) {
      if (!g.isVirtual() || g.owner != this) {
        continue;
      }
      boolean later = g.lastNeeded > position;
      boolean now = mine.contains(g);
      if (later || now && !unsafe.isEmpty() || w == null && g.lastNeeded >= position) {
        store(g, null);
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

  // ---------------------------------------------------------------- stacks

  private void alive(Frames f, int moment) {
    f.record().alive(moment);
    Buffer b = f.fixed();
    if (b != null) {
      b.alive(moment);
    }
  }

  private void push(Op.StackPush p, Item i) {
    Frames f = i.frames();
    Node value = i.node(1);
    merges(value, i.site());
    StackType t = f.type();
    Node mask = p.masked() ? i.node(2) : null;
    var address =
        planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.of().dtype(), f.frame(), "frame"));
    boolean lanes = !t.lanes().isEmpty();
    Mem rows = lanes ? rows(value, i.site()) : null;
    if (mask != null && !mask.isScalar()) {
      inMemory(mask, i.site());
    }
    var nest = new Nest();
    var stage = new Stage();
    nest.outer.addAll(value.type().dims());
    nest.stages.add(stage);
    Root.Store store = new Root.Store(value, Mem.rows(address, t.of()), null);
    stage.roots.add(store);
    int at = add(new Step.Push(f, address, nest, mask, rows));
    alive(f, moment(at));
    Cone cone = Cone.of(store);
    nest.cones.put(store, cone);
    touch(cone, moment(at));
    for (Cone.Ask a : cone.asks()) {
      if (a.node() != null) {
        a.node().askedBy.add(null);
      }
    }
    if (rows != null) {
      rows.buffer().alive(moment(at));
    }
    if (mask != null && mask.mem() != null) {
      mask.mem().buffer().alive(moment(at));
    }
  }

  private void pop(Op.StackPop p, Item i) {
    Frames f = i.frames();
    StackType t = f.type();
    Node n = i.result();
    Node mask = p.masked() ? i.node(1) : null;
    boolean lanes = !t.lanes().isEmpty();
    if (mask != null && !mask.isScalar()) {
      inMemory(mask, i.site());
    }
    boolean pushedLater =
        items.stream()
            .skip(i.position() + 1L)
            .anyMatch(j -> !(j.op() instanceof Op.StackPop) && j.in().contains(f));
    var address =
        planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.of().dtype(), f.frame(), "frame"));
    Buffer fixed = f.fixed();
    if (fixed != null) {
      address.aliases.add(fixed);
    }
    boolean copies = lanes || mask != null || pushedLater || n.isScalar();
    Mem copy = copies ? rowsPlace(n, "popped") : null;
    int at = add(new Step.Pop(f, n, address, copy, mask));
    alive(f, moment(at));
    if (mask != null && mask.mem() != null) {
      mask.mem().buffer().alive(moment(at));
    }
    Mem m = copy != null ? copy : Mem.rows(address, n.type());
    m.buffer().alive(moment(at));
    n.place(m);
    n.step = at;
    n.askedBy.add(null);
  }

  // ---------------------------------------------------------------- control

  /** What a body takes from outside is in memory, or so cheap that it is computed again. */
  private void capture(Node n, @Nullable String site) {
    merges(n, site);
    if (n.isScalar() || n.mem() != null) {
      n.askedBy.add(null);
      return;
    }
    if (Costs.deep(n) > 1 && Views.of(n) == null) {
      store(n, site);
    }
    n.askedBy.add(null);
    base(n);
  }

  /** References that a loop or branch writes: what is still to be read of them is stored first. */
  private void settleWritten(Item i) {
    var e = new Equation(i.op(), bodyOperands(i), List.of(), i.site());
    for (Var v : Effects.written(e)) {
      if (standIns.get(v) instanceof Cell c) {
        settle(c, i.position(), null);
      }
    }
    standIns.clear();
  }

  private final Map<Var, Object> standIns = new HashMap<>();

  private List<Var> bodyOperands(Item i) {
    var out = new ArrayList<Var>();
    for (Object x : i.in()) {
      var v =
          new Var(
              x instanceof Cell c
                  ? new dev.axial.ir.RefType(c.type())
                  : x instanceof Frames f ? f.type() : ((Node) x).type(),
              this);
      standIns.put(v, x);
      out.add(v);
    }
    return out;
  }

  private void wrote(Item i, int step) {
    for (Object x : i.in()) {
      if (x instanceof Node n) {
        read(n, step);
      } else if (x instanceof Cell c) {
        lastWrite.put(c, step);
        lastRead.put(c, step);
        c.mem().buffer().alive(moment(step));
      } else if (x instanceof Frames f) {
        alive(f, moment(step));
      }
    }
  }

  private static boolean looksAtReference(Node n) {
    return n.isVirtual() && (n.ref() != null || n.in().stream().anyMatch(x -> looksAtReference(x)));
  }

  private void scan(Op.Scan s, Item i) {
    loop(i, s.carry(), s.length(), s.reverse(), null, s.body());
  }

  private void whileLoop(Op.While w, Item i) {
    loop(i, w.carry(), -1, false, w.condition(), w.body());
  }

  private void loop(
      Item i,
      int carries,
      long length,
      boolean reverse,
      @Nullable Program condition,
      Program body) {
    for (int k = carries; k < i.in().size(); k++) {
      if (i.in().get(k) instanceof Node n) {
        capture(n, i.site());
      }
    }
    var starts = new ArrayList<@Nullable Mem>();
    for (int k = 0; k < carries; k++) {
      Node init = i.node(k);
      boolean same = body.outputs().get(k) == body.inputs().get(k + (condition == null ? 1 : 0));
      if (init.isScalar()) {
        starts.add(null);
      } else if (looksAtReference(init)) {
        // What is carried must not change with the reference.
        Mem own =
            Mem.rows(
                planner.scratch(init.type().dtype(), init.type().size(), "carried"), init.type());
        merges(init, i.site());
        root(new Root.Store(init, own, null), i.site());
        starts.add(own);
      } else {
        starts.add(same ? inMemory(init, i.site()) : rows(init, i.site()));
      }
    }
    settleWritten(i);
    int offset = condition == null ? 1 : 0;
    int start = planner.tick();
    var inputs = new ArrayList<Object>();
    Node index = null;
    if (offset == 1) {
      index = new Node(ArrayType.scalar(DType.INT32), null, List.of(), null, 0);
      inputs.add(index);
    }
    var list = new ArrayList<Step.Carry>();
    var next = new ArrayList<@Nullable Mem>();
    for (int k = 0; k < carries; k++) {
      Node init = i.node(k);
      Node after = (Node) i.out().get(k);
      boolean same = body.outputs().get(k) == body.inputs().get(k + offset);
      Node inside = same ? init : new Node(init.type(), null, List.of(), null, 0);
      Mem from = null;
      Buffer current = null;
      Buffer other = null;
      Buffer first = null;
      Buffer second = null;
      if (!init.isScalar()) {
        from = starts.get(k);
      }
      if (from != null && !same) {
        ArrayType t = init.type();
        first = carryPlace(after, length, 1, t);
        second = carryPlace(after, length, 0, t);
        current = planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.dtype(), t.size(), "carry"));
        other = planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.dtype(), t.size(), "next carry"));
        current.aliases.addAll(List.of(from.buffer(), first, second));
        other.aliases.addAll(List.of(first, second));
        inside.place(Mem.rows(current, t));
        current.alive(start);
        other.alive(start);
        next.add(Mem.rows(other, t));
      } else {
        next.add(null);
      }
      inputs.add(inside);
      list.add(new Step.Carry(init, inside, init, after, from, current, other, first, second));
    }
    inputs.addAll(i.in().subList(carries, i.in().size()));
    Block test = null;
    if (condition != null) {
      test =
          new BlockPlanner(planner, condition, Planner.env(condition, inputs), nulls(condition))
              .plan();
    }
    Block inner = new BlockPlanner(planner, body, Planner.env(body, inputs), next).plan();
    for (int k = 0; k < carries; k++) {
      Step.Carry c = list.get(k);
      list.set(
          k,
          new Step.Carry(
              c.init(),
              c.inside(),
              inner.outputs.get(k),
              c.after(),
              c.from(),
              c.current(),
              c.other(),
              c.first(),
              c.second()));
    }
    int at = add(new Step.Loop(length, reverse, index, test, inner, list));
    int end = moment(at);
    planner.endLoop(start, end);
    for (Step.Carry c : list) {
      if (c.current() != null) {
        c.current().alive(end);
        Objects.requireNonNull(c.other()).alive(end);
      }
      after(c, at);
    }
    wrote(i, at);
  }

  private void after(Step.Carry c, int at) {
    Node n = c.after();
    n.step = at;
    n.askedBy.add(null);
    if (n.isScalar()) {
      return;
    }
    if (c.current() != null) {
      n.place(Mem.rows(c.current(), n.type()));
      Mem d = destination.get(n);
      if (d != null && (c.first() == d.buffer() || c.second() == d.buffer())) {
        destination.remove(n);
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
    Mem d = destination.get(after);
    if (d != null && length > 0 && length % 2 == parity && d.isRows(t)) {
      return d.buffer();
    }
    return planner.scratch(t.dtype(), t.size(), "carry");
  }

  private static List<@Nullable Mem> nulls(Program p) {
    var out = new ArrayList<@Nullable Mem>();
    p.outputs().forEach(_ -> out.add(null));
    return out;
  }

  private void cond(Op.Cond c, Item i) {
    for (int k = 1; k < i.in().size(); k++) {
      if (i.in().get(k) instanceof Node n) {
        capture(n, i.site());
      }
    }
    settleWritten(i);
    int start = planner.tick();
    var inputs = i.in().subList(1, i.in().size());
    var at = new ArrayList<@Nullable Mem>();
    var results = new ArrayList<Node>();
    for (Object o : i.out()) {
      Node n = (Node) o;
      results.add(n);
      at.add(n.isScalar() ? null : place(n, "result of a branch"));
    }
    at.forEach(m -> {
      if (m != null) {
        m.buffer().alive(start);
      }
    });
    Block yes = new BlockPlanner(planner, c.yes(), Planner.env(c.yes(), inputs), at).plan();
    Block no = new BlockPlanner(planner, c.no(), Planner.env(c.no(), inputs), at).plan();
    int step = add(new Step.Branch(i.node(0), yes, no, results));
    for (int k = 0; k < results.size(); k++) {
      Node n = results.get(k);
      n.step = step;
      n.askedBy.add(null);
      Mem m = at.get(k);
      if (m != null) {
        n.place(m);
        m.buffer().alive(moment(step));
      }
    }
    wrote(i, step);
  }

  // ---------------------------------------------------------------- the end

  /** Outputs go where they have to be; what only one stage needs is not stored at all. */
  private void finish() {
    for (int k = 0; k < program.outputs().size(); k++) {
      if (!(value(program.outputs().get(k)) instanceof Node n)) {
        continue;
      }
      Mem m = places.get(k);
      if (n.isScalar()) {
        if (m != null && !m.equals(n.mem())) {
          root(new Root.Store(n, m, null), null);
        }
      } else if (m != null && !m.equals(n.mem())) {
        merges(n, null);
        if (destination.get(n) == m && n.isVirtual()) {
          destination.remove(n);
          root(new Root.Store(n, m, n), null);
        } else {
          root(new Root.Store(n, m, null), null);
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
