package dev.axial.transform;

import static dev.axial.ir.Builder.cat;

import dev.axial.ir.Builder;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Forward mode: the same program with a tangent beside every active variable. A missing tangent is
 * zero.
 *
 * <pre>
 *   y = f(x)            dy = f'(x) dx
 *   y = x[i]            dy = dx[i]             (linear operations: the same on the tangent)
 *   ref[i] = v          dref[i] = dv           (the tangent of a reference is a reference)
 *   ref[i] max= v       see Combining
 *   push(s, v)          push(ds, dv)
 *   loops and branches carry values and tangents side by side
 * </pre>
 */
public final class Jvp {
  private final Set<Var> active;

  private Jvp(Set<Var> active) {
    this.active = active;
  }

  /** Values and tangents of the outputs; a null tangent is zero. */
  public record Out(List<Var> values, List<@Nullable Var> tangents) {}

  /** The outputs of p at xs, and their tangents for the tangents ts of the inputs. */
  public static Out apply(Builder b, Program p, List<Var> xs, List<@Nullable Var> ts) {
    var from = new ArrayList<Var>();
    for (int k = 0; k < ts.size(); k++) {
      if (ts.get(k) != null) {
        from.add(p.inputs().get(k));
      }
    }
    return new Jvp(new HashSet<>(Activity.active(p, from))).run(b, p, xs, ts);
  }

  private Out run(Builder b, Program p, List<Var> xs, List<? extends @Nullable Var> ts) {
    var val = new Env();
    var tan = new Env();
    val.put(p.inputs(), xs);
    for (int k = 0; k < ts.size(); k++) {
      Var t = ts.get(k);
      if (t != null) {
        tan.put(p.inputs().get(k), t);
      }
    }
    for (Equation e : p.equations()) {
      b.site(e.site());
      equation(b, e, val.get(e.in()), tan.find(e.in()), val, tan);
    }
    return new Out(val.get(p.outputs()), tan.find(p.outputs()));
  }

  private boolean on(Var v) {
    return active.contains(v);
  }

  private static Var dense(Builder b, @Nullable Var t, Var like) {
    return t == null ? b.zeros(like.array()) : b.fit(t, like.array());
  }

  private void equation(
      Builder b, Equation e, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    switch (e.op()) {
      case Op.Const _,
          Op.Iota _,
          Op.LaneIndex _,
          Op.Compare _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.Callback _ ->
          val.put(e.out(), b.emit(e.op(), x));
      case Op.Unary u -> {
        Var y = b.one(u, x.get(0));
        val.put(e.result(), y);
        Var d = t.get(0);
        if (d == null || !on(e.result())) {
          return;
        }
        Var partial = Partials.of(b, y.array().dtype(), u.fn(), () -> x.get(0), () -> y);
        if (partial != null) {
          tan.put(e.result(), b.mul(d, partial));
        }
      }
      case Op.Binary u -> jvpBinary(b, e, u, x, t, val, tan);
      case Op.Fma _ -> {
        Var y = b.one(e.op(), x);
        val.put(e.result(), y);
        Var sum = null;
        for (int k = 0; k < 3; k++) {
          Var d = t.get(k);
          if (d != null) {
            Var term = k == 2 ? d : b.mul(d, x.get(1 - k));
            sum = sum == null ? term : b.add(sum, term);
          }
        }
        put(tan, e.result(), sum == null ? null : b.broadcast(sum, y.array().dims()));
      }
      case Op.Dot _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        Var sum = null;
        for (int k = 0; k < 2; k++) {
          Var d = t.get(k);
          if (d != null) {
            Var v = b.one(e.op(), with(x, k, d));
            sum = sum == null ? v : b.add(sum, v);
          }
        }
        put(tan, e.result(), sum);
      }
      case Op.Select _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        if (t.get(1) != null || t.get(2) != null) {
          tan.put(
              e.result(),
              b.select(x.get(0), dense(b, t.get(1), x.get(1)), dense(b, t.get(2), x.get(2))));
        }
      }
      case Op.Reduce r when r.fn() != Fn.Reduce.SUM -> {
        Var y = b.one(r, x.get(0));
        val.put(e.result(), y);
        Var d = t.get(0);
        if (d != null && on(e.result())) {
          tan.put(e.result(), b.sum(b.mul(d, tieWeights(b, r, x.get(0), y)), r.axes()));
        }
      }
      case Op.LaneReduce r when r.fn() != Fn.Reduce.SUM -> {
        Var y = b.one(r, x.get(0));
        val.put(e.result(), y);
        Var d = t.get(0);
        if (d != null && on(e.result())) {
          Var mine = b.mul(d, laneWeights(b, r, x.get(0), y));
          tan.put(e.result(), b.one(new Op.LaneReduce(Fn.Reduce.SUM, r.lane()), mine));
        }
      }
      case Op.Cast _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.Reduce _,
          Op.Broadcast _,
          Op.Rename _,
          Op.Merge _,
          Op.Split _,
          Op.CumSum _,
          Op.Index _ -> {
        val.put(e.out(), b.emit(e.op(), x)); // linear in the first operand
        Var d = t.get(0);
        if (d != null && on(e.result())) {
          tan.put(e.result(), b.one(e.op(), with(x, 0, d)));
        }
      }
      case Op.Concat _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        if (t.stream().anyMatch(d -> d != null)) {
          var d = new ArrayList<Var>();
          for (int k = 0; k < x.size(); k++) {
            d.add(dense(b, t.get(k), x.get(k)));
          }
          tan.put(e.result(), b.one(e.op(), d));
        }
      }
      case Op.Scatter s when s.fn() != null && s.fn() != Fn.Combine.ADD ->
          jvpScatter(b, e, s, x, t, val, tan);
      case Op.Scatter _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        if (t.get(0) != null || t.get(1) != null) {
          var d = new ArrayList<>(x);
          d.set(0, dense(b, t.get(0), x.get(0)));
          d.set(1, dense(b, t.get(1), x.get(1)));
          tan.put(e.result(), b.one(e.op(), d));
        }
      }
      case Op.RefNew _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        if (on(e.result())) {
          tan.put(e.result(), b.one(e.op(), dense(b, t.get(0), x.get(0))));
        }
      }
      case Op.StackNew _ -> {
        val.put(e.out(), b.emit(e.op(), x));
        if (on(e.result())) {
          tan.put(e.result(), b.one(e.op()));
        }
      }
      case Op.RefGet _, Op.RefFreeze _, Op.StackPop _ -> jvpState(b, e, x, t, false, val, tan);
      case Op.RefCombine c when c.fn() != Fn.Combine.ADD ->
          combine(b, c, x, on(e.in().get(0)) ? t.get(0) : null, t.get(1));
      case Op.RefSet _, Op.RefCombine _, Op.RefSwap _, Op.StackPush _ ->
          jvpState(b, e, x, t, true, val, tan);
      case Op.Call c -> jvpCall(b, e, c, x, t, val, tan);
      case Op.CustomVjp c -> {
        if (e.out().stream().anyMatch(this::on)) {
          throw Rejected.error(
              e.site(),
              "forward mode (jvp, linearize, jacobian forward) meets a customVjp, which has a reverse rule only. Use grad or vjp here, or give the function a customJvp.");
        }
        val.put(e.out(), b.emit(c, x));
      }
      case Op.CustomJvp c -> jvpCustom(b, e, c, x, t, val, tan);
      case Op.Scan s -> jvpScan(b, e, s, x, t, val, tan);
      case Op.While w -> jvpWhile(b, e, w, x, t, val, tan);
      case Op.Cond c -> {
        Builder yes = new Builder();
        Builder no = new Builder();
        var cx = x.subList(1, x.size());
        var ct = t.subList(1, t.size());
        var py = packed(yes, e.out(), run(yes, c.yes(), cx, ct));
        var pn = packed(no, e.out(), run(no, c.no(), cx, ct));
        unpack(e, e.out(), b.cond(x.get(0), yes, py, no, pn, List.of()), val, tan);
      }
    }
  }

  private void jvpBinary(
      Builder b, Equation e, Op.Binary u, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    Var y = b.one(u, x.get(0), x.get(1));
    val.put(e.result(), y);
    if (!u.fn().smooth() || !on(e.result())) {
      return;
    }
    Var sum = null;
    for (int k = 0; k < 2; k++) {
      Var d = t.get(k);
      if (d == null) {
        continue;
      }
      Var partial =
          Partials.of(b, y.array().dtype(), u.fn(), k, () -> x.get(0), () -> x.get(1), () -> y);
      if (partial != null) {
        Var term = b.mul(d, partial);
        sum = sum == null ? term : b.add(sum, term);
      }
    }
    put(tan, e.result(), sum == null ? null : b.broadcast(sum, y.array().dims()));
  }

  /** The same access, on the tangent reference or stack. */
  private void jvpState(
      Builder b, Equation e, List<Var> x, List<@Nullable Var> t, boolean stores, Env val, Env tan) {
    val.put(e.out(), b.emit(e.op(), x));
    Var cell = t.get(0);
    if (cell == null || !on(e.in().get(0))) {
      return;
    }
    var dx = new ArrayList<>(x);
    dx.set(0, cell);
    if (stores) {
      dx.set(1, dense(b, t.get(1), x.get(1)));
    }
    tan.put(e.out(), b.emit(e.op(), dx));
  }

  /** A maximum, a minimum or a product into a reference whose tangent is cell, if it has one. */
  private void combine(
      Builder b, Op.RefCombine op, List<Var> x, @Nullable Var cell, @Nullable Var dv) {
    if (cell == null) {
      b.emit(op, x);
      return;
    }
    var at = Combining.of(op, x);
    if (op.fn() != Fn.Combine.MUL) {
      at.extremumTangent(b, cell, dv, at.extremum(b, op, x));
    } else if (!Combining.repeats(op, x)) {
      Var old = at.get(b, x.get(0));
      b.emit(op, x);
      at.productTangent(b, cell, x.get(1), dv, old);
    } else {
      Program loop = Combining.oneByOne(op, x);
      active.addAll(Activity.active(loop, loop.inputs().subList(0, dv == null ? 1 : 2)));
      var t = new ArrayList<@Nullable Var>(Collections.nCopies(x.size(), null));
      t.set(0, cell);
      t.set(1, dv);
      Out _ = run(b, loop, x, t);
    }
  }

  /** By way of references, for which the rules exist. */
  private void jvpScatter(
      Builder b, Equation e, Op.Scatter s, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    Var d = t.get(0);
    Fn.Combine fn = s.fn();
    if (fn == null || !on(e.result()) || d == null && t.get(1) == null) {
      val.put(e.out(), b.emit(s, x));
      return;
    }
    Var ref = b.one(new Op.RefNew(), x.get(0));
    Var cell = b.one(new Op.RefNew(), dense(b, d, x.get(0)));
    combine(b, new Op.RefCombine(fn, s.access(), s.mode()), with(x, 0, ref), cell, t.get(1));
    val.put(e.out(), b.emit(new Op.RefFreeze(), List.of(ref)));
    tan.put(e.out(), b.emit(new Op.RefFreeze(), List.of(cell)));
  }

  private void jvpCall(
      Builder b, Equation e, Op.Call c, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    if (!c.remat()) {
      both(e, run(b, c.body(), x, t), val, tan);
      return;
    }
    Builder in = new Builder();
    var values = x.stream().map(v -> in.input(v.type())).toList();
    var tangents = new ArrayList<@Nullable Var>();
    var given = new ArrayList<Var>();
    for (Var d : t) {
      tangents.add(d == null ? null : in.input(d.type()));
      if (d != null) {
        given.add(d);
      }
    }
    var outs = packed(in, e.out(), run(in, c.body(), values, tangents));
    in.use(outs);
    var caps = Builder.union(in);
    var got = b.emit(new Op.Call(in.close(outs, caps), c.name(), true), cat(x, given, caps));
    unpack(e, e.out(), got, val, tan);
  }

  private void jvpCustom(
      Builder b, Equation e, Op.CustomJvp c, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    if (e.out().stream().noneMatch(this::on)) {
      val.put(e.out(), b.emit(c, x));
      return;
    }
    var args = new ArrayList<>(x);
    for (int k : c.wrt()) {
      args.add(dense(b, t.get(k), x.get(k)));
    }
    var got = b.inline(c.rule().program(), args);
    int n = e.out().size();
    val.put(e.out(), got.subList(0, n));
    int at = n;
    for (Var v : e.out()) {
      if (v.type().differentiable()) {
        tan.put(v, got.get(at++));
      }
    }
  }

  private void jvpScan(
      Builder b, Equation e, Op.Scan s, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    Builder in = new Builder();
    Var i = in.input(s.body().inputs().getFirst().type());
    var cs = s.body().inputs().subList(1, 1 + s.carry());
    Out lanes = carry(in, cs);
    Out o =
        run(
            in,
            s.body(),
            cat(List.of(i), lanes.values, x.subList(s.carry(), x.size())),
            join(Collections.singletonList(null), lanes.tangents, t.subList(s.carry(), t.size())));
    unpack(
        e, cs, b.scan(in, packed(in, cs, o), s.length(), s.reverse(), init(b, cs, x, t)), val, tan);
  }

  private void jvpWhile(
      Builder b, Equation e, Op.While w, List<Var> x, List<@Nullable Var> t, Env val, Env tan) {
    var cs = w.body().inputs().subList(0, w.carry());
    var consts = x.subList(w.carry(), x.size());
    Builder cb = new Builder();
    Builder bb = new Builder();
    Out lc = carry(cb, cs);
    Var go = cb.inline(w.condition(), cat(lc.values, consts)).getFirst();
    Out lb = carry(bb, cs);
    Out o =
        run(
            bb,
            w.body(),
            cat(lb.values, consts),
            join(lb.tangents, t.subList(w.carry(), t.size())));
    unpack(e, cs, b.loop(cb, go, bb, packed(bb, cs, o), init(b, cs, x, t)), val, tan);
  }

  /** The carried values as inputs of a body, and after them the tangents of the active ones. */
  private Out carry(Builder in, List<Var> cs) {
    var values = new ArrayList<Var>();
    var tangents = new ArrayList<@Nullable Var>();
    for (Var c : cs) {
      values.add(in.input(c.type()));
    }
    for (Var c : cs) {
      tangents.add(on(c) ? in.input(c.type()) : null);
    }
    return new Out(values, tangents);
  }

  private List<Var> packed(Builder b, List<Var> cs, Out o) {
    var out = new ArrayList<>(o.values);
    for (int k = 0; k < cs.size(); k++) {
      if (on(cs.get(k))) {
        out.add(dense(b, o.tangents.get(k), cs.get(k)));
      }
    }
    return out;
  }

  private List<Var> init(Builder b, List<Var> cs, List<Var> x, List<@Nullable Var> t) {
    return packed(b, cs, new Out(x.subList(0, cs.size()), t.subList(0, cs.size())));
  }

  private void unpack(Equation e, List<Var> cs, List<Var> got, Env val, Env tan) {
    int n = e.out().size();
    int at = n;
    for (int k = 0; k < n; k++) {
      val.put(e.out().get(k), got.get(k));
      if (on(cs.get(k))) {
        tan.put(e.out().get(k), got.get(at++));
      }
    }
  }

  private static void both(Equation e, Out o, Env val, Env tan) {
    val.put(e.out(), o.values);
    for (int k = 0; k < e.out().size(); k++) {
      put(tan, e.out().get(k), o.tangents.get(k));
    }
  }

  private static void put(Env env, Var v, @Nullable Var t) {
    if (t != null) {
      env.put(v, t);
    }
  }

  /** The share of each element in a max or min: elements that tie share it equally. */
  static Var tieWeights(Builder b, Op.Reduce r, Var x, Var y) {
    Var hit = b.cast(b.compare(Fn.Compare.EQ, x, y), x.array().dtype());
    return b.div(hit, b.sum(hit, r.axes()));
  }

  /** The same for a max or min of the lanes. */
  static Var laneWeights(Builder b, Op.LaneReduce r, Var x, Var y) {
    Var hit = b.cast(b.compare(Fn.Compare.EQ, x, y), x.array().dtype());
    return b.div(hit, b.one(new Op.LaneReduce(Fn.Reduce.SUM, r.lane()), hit));
  }

  static List<Var> with(List<Var> list, int k, Var v) {
    var out = new ArrayList<>(list);
    out.set(k, v);
    return out;
  }

  @SafeVarargs
  private static List<@Nullable Var> join(List<? extends @Nullable Var>... parts) {
    var out = new ArrayList<@Nullable Var>();
    for (var p : parts) {
      out.addAll(p);
    }
    return out;
  }
}
