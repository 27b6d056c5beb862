package dev.axial.transform;

import static dev.axial.ir.Builder.cat;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Rule;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Vectorization: the same program with one more axis, the lane.
 *
 * <p>A value is mapped when its type has the axis, so alignment by name is the whole rule for most
 * operations; the program must not use the name itself (see {@link RenameAxes}). What remains:
 * references made inside are mapped; an unmapped one is read or combined with, once per lane; a
 * mapped predicate becomes a mask. A mask reaches references (the access takes it), stacks (heights
 * that stay) and the conditions of loops inside; values need none, because a select outside
 * discards them.
 */
public final class Vmap {
  private final Dim lane;

  /** How lanes have combined their values in references whose elements they share. */
  private final Map<Var, Fn.Combine> combined = new HashMap<>();

  private final Map<Var, LaneView> views = new HashMap<>();
  private final Map<Var, String> whose = new HashMap<>();

  /**
   * How the lane lies in a reference: along one axis of the storage, in a window of it, or at
   * indices.
   *
   * @param start where the window starts, or the indices
   * @param shared whether two lanes may have the same place
   */
  public record LaneView(Sel sel, @Nullable Var start, boolean shared) {}

  /** Maps over the given axis. */
  public Vmap(Dim lane) {
    this.lane = lane;
  }

  /** Says that the lane of a reference is a selection of its axis. */
  public void view(Var ref, LaneView view) {
    views.put(ref, view);
  }

  /** Says how a reference came in and where it was made, for errors. */
  public void whose(Var ref, String what) {
    whose.put(ref, what);
  }

  /** What errors call a reference. */
  private String named(Var ref) {
    return "the reference " + whose.getOrDefault(ref, "at hand");
  }

  /**
   * Emits p at xs; inputs that have the lane axis are mapped. Results have it first, then their own
   * axes in the order of the program.
   */
  public List<Var> run(Builder b, Program p, List<Var> xs) {
    var out = new ArrayList<>(run(b, p, xs, null));
    for (int k = 0; k < out.size(); k++) {
      var dims = new ArrayList<>(p.outputs().get(k).array().dims());
      dims.addFirst(lane);
      out.set(k, b.broadcast(out.get(k), dims));
    }
    return out;
  }

  /** A value with the lane axis in front. */
  private Var spread(Builder b, Var v) {
    ArrayType t = v.array();
    var dims = new ArrayList<>(t.without(lane.name()).dims());
    dims.addFirst(lane);
    return b.broadcast(v, dims);
  }

  /** Whether two lanes may see the same element of a reference. */
  private boolean shared(Var ref) {
    LaneView view = views.get(ref);
    return !mapped(ref) || view != null && view.shared();
  }

  private boolean mapped(Var v) {
    return v.type().array().has(lane.name());
  }

  private Type typed(Var v, boolean map) {
    return map ? v.array().plusFirst(lane) : v.type();
  }

  private static @Nullable Var and(Builder b, @Nullable Var m, @Nullable Var p) {
    return m == null ? p : p == null ? m : b.bin(Fn.Binary.AND, m, p);
  }

  private static Var any(Builder b, Var m) {
    return m.array().isScalar() ? m : b.one(new Op.Reduce(Fn.Reduce.ANY, m.array().names()), m);
  }

  private List<Var> run(Builder b, Program p, List<Var> xs, @Nullable Var mask) {
    var env = new Env();
    env.put(p.inputs(), xs);
    for (Equation e : p.equations()) {
      b.site(e.site());
      env.put(e.out(), equation(b, e, env.get(e.in()), mask));
    }
    return env.get(p.outputs());
  }

  private List<Var> equation(Builder b, Equation e, List<Var> x, @Nullable Var mask) {
    return switch (e.op()) {
      case Op.Const _,
          Op.Iota _,
          Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.Reduce _,
          Op.Dot _,
          Op.Rename _,
          Op.Merge _,
          Op.Split _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Index _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _ ->
          b.emit(e.op(), x);
      case Op.Broadcast s -> {
        var dims = new ArrayList<>(s.dims());
        if (mapped(x.get(0))) {
          dims.addFirst(lane);
        }
        yield List.of(b.broadcast(x.get(0), dims));
      }
      case Op.LaneIndex i ->
          mine(i.lane()) ? b.emit(new Op.Iota(DType.INT32, lane), List.of()) : b.emit(i, x);
      case Op.LaneReduce r -> List.of(mine(r.lane()) ? reduced(b, r, x.get(0)) : b.one(r, x));
      case Op.LaneGather g -> List.of(mine(g.lane()) ? gathered(b, g, x.get(0)) : b.one(g, x));
      case Op.Scatter s -> {
        boolean map = x.stream().anyMatch(this::mapped);
        yield b.emit(s, map ? Jvp.with(x, 0, spread(b, x.get(0))) : x);
      }
      case Op.RefNew r -> b.emit(r, List.of(spread(b, x.get(0))));
      case Op.RefFreeze r -> b.emit(r, x);
      case Op.RefGet g -> {
        unread(b, x.get(0));
        yield access(b, x, g.access(), (a, in) -> new Op.RefGet(a, g.mode()));
      }
      case Op.RefSet s -> {
        needsLane(b, x, "set");
        yield access(
            b,
            masked(b, x, s.access(), mask),
            maskedAccess(s.access(), mask),
            (a, in) -> new Op.RefSet(a, s.reverse()));
      }
      case Op.RefSwap s -> {
        needsLane(b, x, "swap");
        List<Var> in = x;
        if (mask != null && s.edge() == Edge.ADD) {
          in = Jvp.with(in, 1, b.select(mask, in.get(1), b.num(in.get(1).array().dtype(), 0)));
        }
        yield access(
            b,
            masked(b, in, s.access(), mask),
            maskedAccess(s.access(), mask),
            (a, _) -> new Op.RefSwap(a, s.edge(), s.reverse()));
      }
      case Op.RefCombine c ->
          c.fn() == Fn.Combine.ADD ? vmapAdd(b, c, x, mask) : vmapCombine(b, c, x, mask);
      case Op.StackNew s -> {
        var lanes = new ArrayList<>(s.type().lanes());
        lanes.add(lane.name());
        yield b.emit(
            new Op.StackNew(new StackType(s.type().of().plusFirst(lane), List.copyOf(lanes))),
            List.of());
      }
      case Op.StackPush s -> {
        var in = new ArrayList<>(List.of(x.get(0), b.fit(x.get(1), x.get(0).type().array())));
        Var m = and(b, mask, s.masked() ? x.get(2) : null);
        if (m != null) {
          in.add(m);
        }
        yield b.emit(new Op.StackPush(m != null), in);
      }
      case Op.StackPop s -> {
        Var m = and(b, mask, s.masked() ? x.get(1) : null);
        yield b.emit(
            new Op.StackPop(m != null), m == null ? List.of(x.get(0)) : List.of(x.get(0), m));
      }
      case Op.Call c when !c.remat() -> run(b, c.body(), x, mask);
      case Op.Call c -> {
        Builder in = new Builder();
        var args = x.stream().map(v -> input(in, v)).toList();
        var outs = run(in, c.body(), args, mask);
        noted(b, args, x);
        in.use(outs);
        var caps = Builder.union(in);
        yield b.emit(new Op.Call(in.close(outs, caps), c.name(), true), cat(x, caps));
      }
      case Op.CustomVjp c -> vmapCustomVjp(b, c, x);
      case Op.CustomJvp c -> vmapCustomJvp(b, c, x);
      case Op.Callback c -> vmapCallback(b, c, x, mask);
      case Op.Scan s -> vmapScan(b, e, s, x, mask);
      case Op.While w -> vmapWhile(b, e, w, x, mask);
      case Op.Cond c -> vmapCond(b, e, c, x, mask);
    };
  }

  private boolean mine(Dim d) {
    return d.name().equals(lane.name());
  }

  /** A value that is the same in all lanes counts as often as there are lanes. */
  private Var reduced(Builder b, Op.LaneReduce r, Var x) {
    if (mapped(x)) {
      return b.one(new Op.Reduce(r.fn(), List.of(lane.name())), x);
    }
    return r.fn() == Fn.Reduce.SUM ? b.mul(x, b.num(x.array().dtype(), lane.size())) : x;
  }

  private Var gathered(Builder b, Op.LaneGather g, Var x) {
    if (mapped(x)) {
      return b.one(new Op.Rename(List.of(lane.name()), List.of(g.to())), x);
    }
    return b.broadcast(x, x.array().plusFirst(new Dim(g.to(), lane.size())).dims());
  }

  private interface MakeOp {
    Op of(Access access, List<Var> in);
  }

  /** The access with the lane's window, if the lane is a window of the reference's axis. */
  private List<Var> access(Builder b, List<Var> x, Access a, MakeOp make) {
    LaneView view = views.get(x.get(0));
    if (view == null) {
      return b.emit(make.of(a, x), x);
    }
    var sels = new ArrayList<>(a.sels());
    sels.add(view.sel());
    var in = new ArrayList<>(x);
    Var start = view.start();
    if (start != null) {
      in.add(a.masked() ? in.size() - 1 : in.size(), start);
    }
    return b.emit(make.of(new Access(sels, a.masked()), in), in);
  }

  private static Access maskedAccess(Access a, @Nullable Var mask) {
    return mask == null ? a : a.withMask();
  }

  /** Operands of an access with the mask added to them. */
  private static List<Var> masked(Builder b, List<Var> x, Access a, @Nullable Var mask) {
    if (mask == null) {
      return x;
    }
    var in = new ArrayList<>(x);
    if (a.masked()) {
      in.set(in.size() - 1, b.bin(Fn.Binary.AND, in.getLast(), mask));
    } else {
      in.add(mask);
    }
    return in;
  }

  private void needsLane(Builder b, List<Var> x, String what) {
    LaneView view = views.get(x.get(0));
    if (view != null && view.shared()) {
      throw Rejected.error(
          b.site(),
          "%s into a view whose lanes over '%s' come from an index array that may repeat an index: two lanes might write the same place. Use add, make the array of indices outside of traced functions and without repetition, or loop.",
          what,
          lane.name());
    }
    if (!mapped(x.get(0))) {
      throw Rejected.error(
          b.site(),
          "%s into %s, which is not mapped over '%s': every lane would write the same place. Pass a reference that has the axis '%s', use add, or write after the vmap.",
          what,
          named(x.get(0)),
          lane.name(),
          lane.name());
    }
  }

  private static String name(Fn.Combine fn) {
    return switch (fn) {
      case ADD -> "add";
      case MUL -> "times";
      case MAX -> "max";
      case MIN -> "min";
    };
  }

  /** Lanes that share an element combine in any order, so it must not matter. */
  private void combines(Builder b, Var ref, Fn.Combine fn) {
    Fn.Combine before = shared(ref) ? combined.putIfAbsent(ref, fn) : null;
    if (before != null && before != fn) {
      throw Rejected.error(
          b.site(),
          "%s, whose elements the lanes over '%s' share, is written by %s and by %s in the same vmapped function: the result would depend on the order of the lanes. Use one of them, pass a reference that has the axis '%s', or loop.",
          named(ref),
          lane.name(),
          name(before),
          name(fn),
          lane.name());
    }
  }

  private void unread(Builder b, Var ref) {
    Fn.Combine fn = shared(ref) ? combined.get(ref) : null;
    if (fn != null) {
      throw Rejected.error(
          b.site(),
          "%s, which is not mapped over '%s', is read after %s in the same vmapped function: the lanes' %s are not known there. Read it before the %s, or after the vmap.",
          named(ref),
          lane.name(),
          name(fn),
          fn == Fn.Combine.ADD ? "sums" : "values",
          name(fn));
    }
  }

  /** What a round of a loop combines, the next one must not read. */
  private void rounds(Builder b, Program body, Op loop, List<? extends @Nullable Var> x) {
    var outside = new HashMap<Var, Var>();
    for (int k = Math.max(0, loop.offset()); k < body.inputs().size(); k++) {
      Var v = x.get(k - loop.offset());
      if (v != null) {
        outside.put(body.inputs().get(k), v);
      }
    }
    for (Equation e : body.equations()) {
      Var ref = e.op() instanceof Op.RefCombine ? outside.get(e.in().getFirst()) : null;
      if (ref != null && e.op() instanceof Op.RefCombine c) {
        b.site(e.site());
        combines(b, ref, c.fn());
      }
      List<@Nullable Var> in = new ArrayList<>();
      e.in().forEach(v -> in.add(outside.get(v)));
      e.op().bodies().forEach(q -> rounds(b, q, e.op(), in));
    }
  }

  private List<Var> vmapCombine(Builder b, Op.RefCombine c, List<Var> x, @Nullable Var mask) {
    combines(b, x.get(0), c.fn());
    Var m = mask;
    boolean spread = mapped(x.get(0)) || x.subList(2, x.size()).stream().anyMatch(this::mapped);
    boolean counts = c.fn() == Fn.Combine.MUL || mapped(x.get(1));
    if (!spread && counts && (m == null || !mapped(m))) { // the lanes come one after another
      Var yes = b.constant(Op.Const.of(DType.BOOL, 1L));
      m = and(b, m, b.broadcast(yes, List.of(lane)));
    }
    return access(
        b,
        masked(b, x, c.access(), m),
        maskedAccess(c.access(), m),
        (a, _) -> new Op.RefCombine(c.fn(), a, c.mode()));
  }

  private List<Var> vmapAdd(Builder b, Op.RefCombine a, List<Var> x, @Nullable Var mask) {
    Var v = mask == null ? x.get(1) : b.select(mask, x.get(1), b.num(x.get(1).array().dtype(), 0));
    combines(b, x.get(0), Fn.Combine.ADD);
    if (!mapped(x.get(0))) {
      if (x.subList(2, x.size()).stream().noneMatch(this::mapped)) { // the sum over the lanes
        v =
            mapped(v)
                ? b.sum(v, List.of(lane.name()))
                : b.mul(v, b.num(v.array().dtype(), lane.size()));
      }
    }
    return access(b, Jvp.with(x, 1, v), a.access(), (acc, _) -> Op.RefCombine.add(acc, a.mode()));
  }

  /** An input that stands for v in a nested program; a lane view is known by it too. */
  private Var input(Builder in, Var v) {
    Var w = in.input(v.type());
    LaneView view = views.get(v);
    if (view != null) {
      views.put(w, view);
    }
    String what = whose.get(v);
    if (what != null) {
      whose.put(w, what);
    }
    Fn.Combine fn = combined.get(v);
    if (fn != null) {
      combined.put(w, fn);
    }
    return w;
  }

  /** What happened to the references of a nested program happened to those they stand for. */
  private void noted(Builder b, List<Var> inner, List<Var> outer) {
    for (int k = 0; k < inner.size(); k++) {
      Fn.Combine fn = combined.get(inner.get(k));
      if (fn != null) {
        combines(b, outer.get(k), fn);
      }
    }
  }

  private List<Var> vmapCustomVjp(Builder b, Op.CustomVjp c, List<Var> x) {
    if (x.stream().noneMatch(this::mapped)) {
      return b.emit(c, x);
    }
    Program primal = primal(c.primal(), x);
    Rule forward =
        Rule.later(() -> forward(own(c.forward(), c.backward()), x, primal.outputs().size()));
    Rule backward = Rule.later(() -> backward(c, x, primal, forward.program()));
    return b.emit(new Op.CustomVjp(primal, forward, backward, c.wrt(), c.writes()), x);
  }

  private Program primal(Program p, List<Var> x) {
    Builder b = new Builder();
    var args = x.stream().map(v -> input(b, v)).toList();
    var outs = spreadAll(b, run(b, p, args, null));
    noted(b, args, x);
    closed(b);
    return b.close(outs, List.of());
  }

  /** A rule whose own axes do not have the lane's name, which they might share with other rules. */
  private Program own(Rule rule, Rule... others) {
    var all = new ArrayList<>(List.of(rule.program()));
    for (Rule r : others) {
      all.add(r.program());
    }
    String free = lane.name();
    while (used(all, free)) {
      free += "'";
    }
    return free.equals(lane.name())
        ? rule.program()
        : RenameAxes.of(rule.program(), lane.name(), free);
  }

  private static boolean used(List<Program> all, String name) {
    return all.stream().anyMatch(p -> RenameAxes.uses(p, name));
  }

  private Program forward(Program p, List<Var> x, int n) {
    Builder b = new Builder();
    var all = run(b, p, x.stream().map(v -> input(b, v)).toList(), null);
    closed(b);
    return b.close(cat(spreadAll(b, all.subList(0, n)), all.subList(n, all.size())), List.of());
  }

  private Program backward(Op.CustomVjp c, List<Var> x, Program primal, Program forward) {
    Builder b = new Builder();
    var args = new ArrayList<Var>();
    int n = primal.outputs().size();
    for (Var v : forward.outputs().subList(n, forward.outputs().size())) {
      args.add(b.input(v.type()));
    }
    for (Var v : primal.outputs()) {
      if (v.type().differentiable()) {
        args.add(b.input(v.type()));
      }
    }
    x.stream().filter(v -> !v.isArray()).forEach(v -> args.add(input(b, v)));
    var wrt = c.wrt().stream().map(x::get).toList();
    wrt.stream().filter(v -> !v.isArray()).forEach(v -> args.add(input(b, v)));
    var grads = run(b, own(c.backward(), c.forward()), args, null);
    var arrays = wrt.stream().filter(Var::isArray).toList();
    var fitted = new ArrayList<Var>();
    for (int k = 0; k < grads.size(); k++) {
      fitted.add(b.fit(grads.get(k), arrays.get(k).array()));
    }
    closed(b);
    return b.close(fitted, List.of());
  }

  private List<Var> vmapCustomJvp(Builder b, Op.CustomJvp c, List<Var> x) {
    if (x.stream().noneMatch(this::mapped)) {
      return b.emit(c, x);
    }
    Rule rule = c.rule().map(_ -> rule(c, x));
    return b.emit(new Op.CustomJvp(primal(c.primal(), x), rule, c.wrt()), x);
  }

  private Program rule(Op.CustomJvp c, List<Var> x) {
    Builder b = new Builder();
    var args = new ArrayList<>(x.stream().map(v -> input(b, v)).toList());
    for (int k : c.wrt()) {
      args.add(b.input(x.get(k).type()));
    }
    var got = spreadAll(b, run(b, own(c.rule()), args, null));
    closed(b);
    return b.close(got, List.of());
  }

  private static void closed(Builder... builders) {
    if (!Builder.union(builders).isEmpty()) {
      throw new AxialException("internal error: a custom derivative rule under vmap is not closed");
    }
  }

  private List<Var> spreadAll(Builder b, List<Var> vs) {
    return vs.stream().map(v -> spread(b, v)).toList();
  }

  /** Once per lane, in order; not in masked lanes. */
  private List<Var> vmapCallback(Builder b, Op.Callback c, List<Var> x, @Nullable Var mask) {
    if (mask == null && x.stream().noneMatch(this::mapped)) {
      return b.emit(c, x);
    }
    Builder in = new Builder();
    Var i = in.input(ArrayType.scalar(DType.INT32));
    Access at = new Access(List.of(new Sel.At(lane.name())), false);
    var mine = new ArrayList<Var>();
    for (Var v : x) {
      mine.add(mapped(v) ? in.one(new Op.Index(at, Mode.CLAMP), v, i) : v);
    }
    if (mask == null) {
      in.emit(c, mine);
    } else {
      Var m = mapped(mask) ? in.one(new Op.Index(at, Mode.CLAMP), mask, i) : mask;
      Builder yes = new Builder();
      yes.emit(c, mine);
      in.cond(any(in, m), yes, List.of(), new Builder(), List.of(), List.of());
    }
    return b.scan(in, List.of(), lane.size(), false, List.of());
  }

  private List<Var> vmapScan(Builder b, Equation e, Op.Scan s, List<Var> x, @Nullable Var mask) {
    boolean[] map = flags(x, s.carry());
    rounds(b, s.body(), s, x);
    while (true) {
      Builder in = new Builder();
      var head = new ArrayList<Var>();
      head.add(in.input(ArrayType.scalar(DType.INT32)));
      for (int k = 0; k < s.carry(); k++) {
        head.add(in.input(typed(s.body().inputs().get(1 + k), map[k])));
      }
      var outs = run(in, s.body(), cat(head, x.subList(s.carry(), x.size())), mask);
      if (!grew(map, outs)) {
        return b.scan(
            in, fit(in, outs, e.out(), map), s.length(), s.reverse(), fit(b, x, e.out(), map));
      }
    }
  }

  private List<Var> vmapWhile(Builder b, Equation e, Op.While w, List<Var> x, @Nullable Var mask) {
    boolean[] map = flags(x, w.carry());
    rounds(b, w.body(), w, x);
    var consts = x.subList(w.carry(), x.size());
    while (true) {
      Builder cb = new Builder();
      Builder bb = new Builder();
      var cc = new ArrayList<Var>();
      var bc = new ArrayList<Var>();
      for (int k = 0; k < w.carry(); k++) {
        cc.add(cb.input(typed(w.body().inputs().get(k), map[k])));
        bc.add(bb.input(typed(w.body().inputs().get(k), map[k])));
      }
      Var p = run(cb, w.condition(), cat(cc, consts), null).getFirst();
      boolean masked = mapped(p);
      if (masked && grew(map, null)) { // a finished lane keeps its carry
        continue;
      }
      Var m = mask;
      if (masked) {
        m = and(bb, mask, run(bb, w.condition(), cat(bc, consts), null).getFirst());
      }
      var outs = run(bb, w.body(), cat(bc, consts), m);
      if (grew(map, outs)) {
        continue;
      }
      outs = new ArrayList<>(fit(bb, outs, e.out(), map));
      if (masked && m != null) {
        for (int k = 0; k < w.carry(); k++) {
          outs.set(k, bb.fit(bb.select(m, outs.get(k), bc.get(k)), bc.get(k).array()));
        }
      }
      Var go = p;
      if (masked) {
        Var both = and(cb, mask, p);
        go = any(cb, both == null ? p : both);
      } else if (mask != null) {
        go = cb.bin(Fn.Binary.AND, p, any(cb, mask));
      }
      return b.loop(cb, go, bb, outs, fit(b, x, e.out(), map));
    }
  }

  private List<Var> vmapCond(Builder b, Equation e, Op.Cond c, List<Var> x, @Nullable Var mask) {
    Var p = x.get(0);
    var args = x.subList(1, x.size());
    if (mapped(p)) {
      var yes = run(b, c.yes(), args, and(b, mask, p));
      var no = run(b, c.no(), args, and(b, mask, b.un(Fn.Unary.NOT, p)));
      var out = new ArrayList<Var>();
      for (int k = 0; k < yes.size(); k++) {
        out.add(spread(b, b.select(p, yes.get(k), no.get(k))));
      }
      return out;
    }
    Builder yes = new Builder();
    Builder no = new Builder();
    var oy = run(yes, c.yes(), args, mask);
    var on = run(no, c.no(), args, mask);
    boolean[] map = flags(oy, oy.size());
    grew(map, on);
    return b.cond(p, yes, fit(yes, oy, e.out(), map), no, fit(no, on, e.out(), map), List.of());
  }

  private boolean[] flags(List<Var> x, int n) {
    var f = new boolean[n];
    for (int k = 0; k < n; k++) {
      f[k] = mapped(x.get(k));
    }
    return f;
  }

  /** A carry once mapped stays mapped; null marks all. True if the body has to be built again. */
  private boolean grew(boolean[] map, @Nullable List<Var> outs) {
    boolean grew = false;
    for (int k = 0; k < map.length; k++) {
      if (!map[k] && (outs == null || mapped(outs.get(k)))) {
        grew = true;
        map[k] = true;
      }
    }
    return grew;
  }

  private List<Var> fit(Builder b, List<Var> vs, List<Var> like, boolean[] map) {
    var out = new ArrayList<Var>();
    for (int k = 0; k < map.length; k++) {
      out.add(b.fit(vs.get(k), (ArrayType) typed(like.get(k), map[k])));
    }
    return out;
  }
}
