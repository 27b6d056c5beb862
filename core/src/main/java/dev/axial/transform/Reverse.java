package dev.axial.transform;

import static dev.axial.ir.Builder.cat;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Effects;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reverse mode in one walk. Forward, each active equation is emitted and leaves a closure; the
 * closures run in reverse order and emit the backward equations.
 *
 * <pre>
 *   y = f(x)          x̄ += ȳ f'(x)
 *   y = ref[i]        r̄[i] += ȳ
 *   ref[i] = v        v̄ += swap(r̄[i], 0)           against the order of the indices
 *   ref[i] += v       v̄ += r̄[i]
 *   ref[i] max= v     see Combining
 *   o = swap(r[i], v) v̄ += swap(r̄[i], ō)           against the order of the indices
 *   push(s, v)        v̄ += pop(s̄)
 *   v = pop(s)        push(s̄, v̄)
 *   y = psum(x)       x̄ += psum(ȳ)                 over the lanes of a vmap outside
 * </pre>
 *
 * <p>At the top, forward and backward go to one builder, and a residual is just a variable. A
 * nested body has two builders: a residual that the body computed is pushed on a stack made at the
 * top and popped in the backward body; one from outside the body is captured again. Values are
 * saved, never references, so a later overwrite is harmless. The adjoint of an array that a body
 * captured is a reference of the level outside, so an indexed read costs its row in both
 * directions.
 *
 * <p>It is long because it has a case for each operation, which share the levels and adjoints.
 */
public final class Reverse {
  /** Where stacks are made: the builder of the forward pass, or of a checkpoint's second one. */
  private Builder home;

  private final Set<Var> active;
  private final Program program;
  private final List<Var> wrt;
  private final List<Var> values;
  private final List<Back> tape;
  private final Set<Var> written;

  /** For the copies that a checkpoint's second run works on, the references they stand for. */
  private final Map<Var, Var> originals = new HashMap<>();

  private interface Back {
    void run(Level l);
  }

  private record Out(List<Var> values, List<Var> grads) {}

  private Reverse(Builder b, Program source, List<Var> xs, List<Integer> at) {
    home = b;
    program = Inline.flat(source);
    wrt = at.stream().map(program.inputs()::get).toList();
    active = new HashSet<>(Activity.active(program, wrt));
    written = Effects.written(program);
    var env = new Env();
    env.put(program.inputs(), xs);
    tape = forward(program, b, env);
    values = env.get(program.outputs());
  }

  /**
   * Emits the forward pass of p at xs into b.
   *
   * @param at the inputs to differentiate with respect to: floating arrays or references
   */
  public static Reverse forward(Builder b, Program p, List<Var> xs, List<Integer> at) {
    return new Reverse(b, p, xs, at);
  }

  /** The outputs. */
  public List<Var> values() {
    return values;
  }

  /**
   * Emits the backward pass into the builder of the forward pass, or one nested in it.
   *
   * @param seeds the cotangent of each output; null is zero
   * @param bound for an input's number, a reference that accumulates its gradient
   * @return for each differentiated input its gradient: of an array its value, of a reference the
   *     reference that it was gathered in, or null if it is zero; null for bound inputs
   */
  public List<@Nullable Var> backward(
      Builder bb, List<? extends @Nullable Var> seeds, Map<Integer, Var> bound) {
    var l = new Level(home, bb, true);
    for (int k = 0; k < program.outputs().size(); k++) {
      l.add(program.outputs().get(k), seeds.get(k));
    }
    // A reference that is only read accumulates directly. If it is written, its adjoint is zeroed
    // and
    // swapped on the way, so that is a fresh one, added to the bound one last.
    bound.forEach((k, ref) -> {
      Var v = program.inputs().get(k);
      if (active.contains(v) && !written.contains(v)) {
        if (v.isArray()) {
          Var early = l.value.remove(v);
          if (early != null) {
            bb.emit(Op.RefCombine.add(Access.ALL, Mode.CLAMP), List.of(ref, early));
          }
        }
        l.cell.put(v, ref);
      }
    });
    l.unwind(tape);
    bound.forEach((k, ref) -> {
      Var v = program.inputs().get(k);
      Var own = written.contains(v) ? l.cell.get(v) : null;
      if (own != null) {
        Var g = bb.one(new Op.RefGet(Access.ALL, Mode.CLAMP), own);
        bb.emit(Op.RefCombine.add(Access.ALL, Mode.CLAMP), List.of(ref, g));
      }
    });
    var grads = new ArrayList<@Nullable Var>();
    for (int k = 0; k < wrt.size(); k++) {
      Var v = wrt.get(k);
      if (bound.containsKey(program.inputs().indexOf(v))) {
        grads.add(null);
      } else if (!v.isArray()) {
        grads.add(l.cell.get(v));
      } else {
        Var g = l.take(v);
        grads.add(g == null ? bb.zeros(v.array()) : bb.fit(g, v.array()));
      }
    }
    return grads;
  }

  private boolean on(Var v) {
    return active.contains(v);
  }

  /**
   * Where backward equations go, and what stands for each adjoint there, by variables of the
   * source.
   */
  private final class Level {
    final Builder fb;
    final Builder bb;

    /** Whether residuals are plain variables: the backward builder sees the forward one's. */
    final boolean direct;

    final Map<Var, Var> value = new HashMap<>();
    final Map<Var, Var> cell = new HashMap<>();
    final Map<Var, Var> popped = new LinkedHashMap<>();
    final Map<Var, Var> known = new HashMap<>();
    final Map<Var, Boolean> cheap = new HashMap<>();

    /** The most operations that follow one from another and are computed again. */
    private static final int AGAIN = 32;

    Level(Builder fb, Builder bb, boolean direct) {
      this.fb = fb;
      this.bb = bb;
      this.direct = direct;
    }

    /** A forward variable, as seen by the backward program. */
    Var res(Var v) {
      if (direct || v.owner() != fb || v.constant() != null) {
        return v;
      }
      Var again = known.get(v);
      if (again != null) {
        return again;
      }
      if (cheap(v)) {
        Equation e = java.util.Objects.requireNonNull(fb.definition(v));
        var in = new ArrayList<Var>();
        for (Var x : e.in()) {
          in.add(res(fb.origin(x)));
        }
        again = bb.one(e.op(), in);
        known.put(v, again);
        return again;
      }
      if (!v.isArray()) {
        throw new AxialException(
            "a customVjp inside a loop saves a reference that the loop body made; save its value, or make the reference outside the loop");
      }
      return popped.computeIfAbsent(v, k -> bb.fresh(k.type()));
    }

    List<Var> res(List<Var> vs) {
      return vs.stream().map(this::res).toList();
    }

    /** Scalar arithmetic on the loop's index and on what comes from outside is computed again. */
    boolean cheap(Var v) {
      return cheap(v, AGAIN);
    }

    private boolean cheap(Var v, int most) {
      if (v.owner() != fb || v.constant() != null || known.containsKey(v)) {
        return true;
      }
      Boolean seen = cheap.get(v);
      if (seen != null) {
        return seen;
      }
      Equation e = fb.definition(v);
      boolean yes =
          e != null
              && most > 0
              && v.type() instanceof ArrayType t
              && t.isScalar()
              && (e.op() instanceof Op.Unary
                  || e.op() instanceof Op.Binary
                  || e.op() instanceof Op.Select
                  || e.op() instanceof Op.Compare
                  || e.op() instanceof Op.Cast)
              && e.in().stream()
                  .allMatch(
                      x -> x.isArray() && x.array().isScalar() && cheap(fb.origin(x), most - 1));
      cheap.put(v, yes);
      return yes;
    }

    void add(Var src, @Nullable Var given) {
      if (given == null || !active.contains(src)) {
        return;
      }
      Var ct = bb.fit(given, src.array());
      Var c = cell.get(src);
      if (c != null) {
        bb.emit(Op.RefCombine.add(Access.ALL, Mode.CLAMP), List.of(c, ct));
        return;
      }
      Var old = value.get(src);
      value.put(src, old == null ? ct : bb.add(old, ct));
    }

    @Nullable Var take(Var src) {
      Var c = cell.get(src);
      return c != null && src.isArray()
          ? bb.one(new Op.RefGet(Access.ALL, Mode.CLAMP), c)
          : value.get(src);
    }

    /** The adjoint of src as something one can write into: a reference, or for a stack a stack. */
    Var cell(Var src) {
      Var c = cell.get(src);
      if (c != null) {
        return c;
      }
      c =
          switch (src.type()) {
            case ArrayType t -> {
              Var v = value.remove(src);
              yield bb.one(new Op.RefNew(), v == null ? bb.zeros(t) : v);
            }
            case RefType t -> bb.one(new Op.RefNew(), bb.zeros(t.of()));
            case StackType t -> bb.one(new Op.StackNew(t));
          };
      cell.put(src, c);
      return c;
    }

    /** The cotangents of a loop's results, for its active carries. */
    List<Var> cotangents(List<Var> outs, List<Var> cs) {
      var ct = new ArrayList<Var>();
      for (int k = 0; k < cs.size(); k++) {
        if (on(cs.get(k))) {
          Var c = take(outs.get(k));
          ct.add(c == null ? bb.zeros(cs.get(k).array()) : bb.fit(c, cs.get(k).array()));
        }
      }
      return ct;
    }

    /** The gradients of a loop's carries go to what the carries started from. */
    void carried(List<Var> in, List<Var> cs, List<Var> grads) {
      int at = 0;
      for (int k = 0; k < cs.size(); k++) {
        if (on(cs.get(k))) {
          add(in.get(k), grads.get(at++));
        }
      }
    }

    void unwind(List<Back> tape) {
      String site = bb.site();
      for (Back k : tape.reversed()) {
        k.run(this);
      }
      bb.site(site);
    }

    /** Pushes at the end of the forward body, pops at the start of the backward one. */
    void residuals() {
      popped.forEach((v, pop) -> {
        Var stack = home.one(new Op.StackNew(new StackType(v.array(), List.of())));
        fb.emit(new Op.StackPush(false), List.of(stack, v));
        bb.prepend(new Op.StackPop(false), List.of(stack), List.of(pop));
      });
    }

    /**
     * What a finished backward body captured: adjoints of this level, stacks, and outer residuals.
     */
    List<Var> captured(Collection<Var> caps, Map<Var, Var> tokens) {
      var out = new ArrayList<Var>();
      for (Var v : caps) {
        Var src = tokens.get(v);
        out.add(src != null ? cell(src) : res(v));
      }
      return out;
    }
  }

  /**
   * In a body, the adjoint of a captured variable is a cell of the level outside, named by a token
   * until then.
   */
  private void tokens(Level in, List<Var> inner, List<Var> outer, Map<Var, Var> tokens) {
    var byOuter = new HashMap<Var, Var>();
    tokens.forEach((t, o) -> byOuter.put(o, t));
    for (int k = 0; k < inner.size(); k++) {
      if (!on(inner.get(k))) {
        continue;
      }
      Var o = outer.get(k);
      Var t =
          byOuter.computeIfAbsent(
              o,
              _ -> new Var(o.type() instanceof ArrayType a ? new RefType(a) : o.type(), "token"));
      tokens.put(t, o);
      in.cell.put(inner.get(k), t);
    }
  }

  private List<Back> forward(Program p, Builder fb, Env env) {
    var out = new ArrayList<Back>();
    for (Equation e : p.equations()) {
      fb.site(e.site());
      var x = env.get(e.in());
      boolean live = e.in().stream().anyMatch(this::on) || e.out().stream().anyMatch(this::on);
      Back k = null;
      if (!live) {
        env.put(e.out(), fb.emit(e.op(), x));
      } else {
        k = equation(fb, e, x, env);
      }
      if (k != null) {
        Back back = k;
        out.add(l -> {
          l.bb.site(e.site());
          back.run(l);
        });
      }
    }
    return out;
  }

  /**
   * Emits the forward equation, and returns what the backward pass does at it; null for nothing.
   */
  private @Nullable Back equation(Builder fb, Equation e, List<Var> x, Env env) {
    return switch (e.op()) {
      case Op.Call c -> reverseRemat(fb, e, c, x, env);
      case Op.CustomVjp c -> reverseCustomVjp(fb, e, c, x, env);
      case Op.CustomJvp c -> reverseCustomJvp(fb, e, c, x, env);
      case Op.Scan s -> reverseScan(fb, e, s, x, env);
      case Op.While w -> reverseWhile(fb, e, w, x, env);
      case Op.Cond c -> reverseCond(fb, e, c, x, env);
      case Op.RefCombine c when c.fn() != Fn.Combine.ADD && on(e.in().get(0)) ->
          reverseCombine(fb, e, c, x);
      case Op.Pure _, Op.State _, Op.Callback _ -> {
        env.put(e.out(), fb.emit(e.op(), x));
        yield simple(e, x, env);
      }
    };
  }

  /** The backward of an operation without a body. */
  private @Nullable Back simple(Equation e, List<Var> x, Env env) {
    List<Var> in = e.in();
    return switch (e.op()) {
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
          Op.StackNew _,
          Op.Callback _ ->
          null;
      case Op.Unary u ->
          l -> {
            Var ct = l.take(e.result());
            if (ct == null || !on(e.result())) {
              return;
            }
            Var d =
                Partials.of(
                    l.bb,
                    ct.array().dtype(),
                    u.fn(),
                    () -> l.res(x.get(0)),
                    () -> l.res(env.get(e.result())));
            if (d != null) {
              l.add(in.get(0), l.bb.mul(ct, d));
            }
          };
      case Op.Binary u ->
          l -> {
            Var ct = l.take(e.result());
            if (ct == null || !u.fn().smooth()) {
              return;
            }
            for (int k = 0; k < 2; k++) {
              if (on(in.get(k))) {
                Var d =
                    Partials.of(
                        l.bb,
                        ct.array().dtype(),
                        u.fn(),
                        k,
                        () -> l.res(x.get(0)),
                        () -> l.res(x.get(1)),
                        () -> l.res(env.get(e.result())));
                if (d != null) {
                  l.add(in.get(k), l.bb.mul(ct, d));
                }
              }
            }
          };
      case Op.Fma _ ->
          l -> {
            Var ct = l.take(e.result());
            for (int k = 0; k < 3 && ct != null; k++) {
              if (on(in.get(k))) {
                l.add(in.get(k), k == 2 ? ct : l.bb.mul(ct, l.res(x.get(1 - k))));
              }
            }
          };
      case Op.Cast _ ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              l.add(in.get(0), l.bb.cast(ct, in.get(0).array().dtype()));
            }
          };
      case Op.Dot _ ->
          l -> {
            Var ct = l.take(e.result());
            for (int k = 0; k < 2 && ct != null; k++) {
              if (!on(in.get(k))) {
                continue;
              }
              Var other = l.res(x.get(1 - k));
              List<String> mine = in.get(k).array().names();
              List<String> gone = ct.array().union(other.array()).without(mine).names();
              l.add(in.get(k), l.bb.one(new Op.Dot(gone), ct, other));
            }
          };
      case Op.Select _ ->
          l -> {
            Var ct = l.take(e.result());
            if (ct == null) {
              return;
            }
            Var p = l.res(x.get(0));
            Var zero = l.bb.num(ct.array().dtype(), 0);
            if (on(in.get(1))) {
              l.add(in.get(1), l.bb.select(p, ct, zero));
            }
            if (on(in.get(2))) {
              l.add(in.get(2), l.bb.select(p, zero, ct));
            }
          };
      case Op.Reduce r when r.fn() != Fn.Reduce.SUM ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              Var w = Jvp.tieWeights(l.bb, r, l.res(x.get(0)), l.res(env.get(e.result())));
              l.add(in.get(0), l.bb.mul(ct, w));
            }
          };
      case Op.Reduce _, Op.Broadcast _ ->
          l -> l.add(in.get(0), l.take(e.result())); // add() fits it
      case Op.LaneReduce r ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              Var all = lanes(l.bb, r.lane(), ct);
              l.add(
                  in.get(0),
                  r.fn() == Fn.Reduce.SUM
                      ? all
                      : l.bb.mul(
                          all,
                          Jvp.laneWeights(l.bb, r, l.res(x.get(0)), l.res(env.get(e.result())))));
            }
          };
      case Op.LaneGather g ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              Access mine = new Access(List.of(new Sel.At(g.to())), false);
              Var lane = l.bb.one(new Op.LaneIndex(g.lane()));
              l.add(
                  in.get(0),
                  l.bb.one(new Op.Index(mine, Mode.CLAMP), lanes(l.bb, g.lane(), ct), lane));
            }
          };
      case Op.Rename r -> linear(e, r.inverse());
      case Op.Merge m -> {
        List<Dim> dims = m.axes().stream().map(in.get(0).array()::dim).toList();
        yield linear(e, new Op.Split(m.to(), dims));
      }
      case Op.Split s -> linear(e, new Op.Merge(s.to().stream().map(Dim::name).toList(), s.axis()));
      case Op.CumSum c -> linear(e, new Op.CumSum(c.axis(), !c.reverse()));
      case Op.Concat c ->
          l -> {
            Var ct = l.take(e.result());
            int start = 0;
            for (int k = 0; k < in.size() && ct != null; k++) {
              int n = in.get(k).array().dim(c.axis()).size();
              if (on(in.get(k)) && n > 0) {
                Access part = new Access(List.of(new Sel.Window(c.axis(), start, 1, n)), false);
                l.add(in.get(k), l.bb.one(new Op.Index(part, Mode.CLAMP), ct));
              }
              start += n;
            }
          };
      case Op.Index i ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              l.bb.emit(
                  Op.RefCombine.add(i.access(), i.mode()),
                  cat(List.of(l.cell(in.get(0)), ct), l.res(x.subList(1, x.size()))));
            }
          };
      case Op.Scatter _ ->
          throw new AxialException("internal error: updates are written as references first");
      case Op.RefNew _ ->
          l -> {
            Var c = l.cell.get(e.result());
            if (c != null && on(in.get(0))) {
              l.add(in.get(0), l.bb.one(new Op.RefGet(Access.ALL, Mode.CLAMP), c));
            }
          };
      case Op.RefGet g ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              l.bb.emit(
                  Op.RefCombine.add(g.access(), g.mode()),
                  cat(List.of(l.cell(in.get(0)), ct), l.res(x.subList(1, x.size()))));
            }
          };
      case Op.RefFreeze _ ->
          l -> {
            Var ct = l.take(e.result());
            if (ct != null && on(in.get(0))) {
              l.bb.emit(Op.RefCombine.add(Access.ALL, Mode.CLAMP), List.of(l.cell(in.get(0)), ct));
            }
          };
      case Op.RefCombine a -> // an addition; the others have been treated
          l -> {
            if (on(in.get(0)) && on(in.get(1))) {
              l.add(
                  in.get(1),
                  l.bb.one(
                      new Op.RefGet(a.access(), a.mode()),
                      cat(List.of(l.cell(in.get(0))), l.res(x.subList(2, x.size())))));
            }
          };
      // What the window's adjoint holds goes to the value, and the window starts again: at zero, or
      // with what was read.
      case Op.RefSet s ->
          l -> reverseSwap(l, new Op.RefSwap(s.access(), Edge.DROP, !s.reverse()), in, x, null);
      case Op.RefSwap s ->
          l ->
              reverseSwap(
                  l,
                  new Op.RefSwap(s.access(), s.edge().transpose(), !s.reverse()),
                  in,
                  x,
                  l.take(e.result()));
      case Op.StackPush s ->
          l -> {
            if (on(in.get(0))) {
              l.add(
                  in.get(1),
                  l.bb.one(
                      new Op.StackPop(s.masked()),
                      cat(List.of(l.cell(in.get(0))), l.res(x.subList(2, x.size())))));
            }
          };
      case Op.StackPop s ->
          l -> { // always, also a zero: the heights must agree
            if (!on(in.get(0))) {
              return;
            }
            Var ct = l.take(e.result());
            if (ct == null) {
              ct = l.bb.zeros(e.result().array());
            }
            l.bb.emit(
                new Op.StackPush(s.masked()),
                cat(
                    List.of(l.cell(in.get(0)), l.bb.fit(ct, e.result().array())),
                    l.res(x.subList(1, x.size()))));
          };
      case Op.Nesting _ -> throw new AxialException("internal error: " + e.op() + " has a body");
    };
  }

  /** Each lane's result depends on the values of all: their gradient is that of all results. */
  private static Var lanes(Builder b, Dim lane, Var ct) {
    return b.one(new Op.LaneReduce(Fn.Reduce.SUM, lane), ct);
  }

  private Back linear(Equation e, Op transpose) {
    return l -> {
      Var ct = l.take(e.result());
      if (ct != null && on(e.in().get(0))) {
        l.add(e.in().get(0), l.bb.one(transpose, ct));
      }
    };
  }

  private void reverseSwap(Level l, Op.RefSwap op, List<Var> in, List<Var> x, @Nullable Var ct) {
    if (!on(in.get(0))) {
      return;
    }
    Var seed = ct == null ? l.bb.num(in.get(0).type().array().dtype(), 0) : ct;
    Var got = l.bb.one(op, cat(List.of(l.cell(in.get(0)), seed), l.res(x.subList(2, x.size()))));
    l.add(in.get(1), got);
  }

  private Back reverseCombine(Builder fb, Equation e, Op.RefCombine c, List<Var> x) {
    var at = Combining.of(c, x);
    Var ref = e.in().get(0);
    Var value = e.in().get(1);
    if (c.fn() != Fn.Combine.MUL) {
      var equal = at.extremum(fb, c, x);
      return l -> {
        var there = new Combining.Equal(l.res(equal.hit()), l.res(equal.hold()));
        l.add(value, at.at(l.res(at.operands())).extremumAdjoint(l.bb, l.cell(ref), there));
      };
    }
    if (!Combining.repeats(c, x)) {
      Var old = at.get(fb, x.get(0));
      fb.emit(c, x);
      return l -> {
        var there = at.at(l.res(at.operands()));
        l.add(value, there.productAdjoint(l.bb, l.cell(ref), l.res(x.get(1)), l.res(old)));
      };
    }
    Program loop = Combining.oneByOne(c, x);
    active.addAll(Activity.active(loop, loop.inputs().subList(0, on(value) ? 2 : 1)));
    var inner = new Env();
    inner.put(loop.inputs(), x);
    var back = forward(loop, fb, inner);
    return l -> {
      l.cell.put(loop.inputs().get(0), l.cell(ref));
      l.unwind(back);
      l.add(value, l.take(loop.inputs().get(1)));
    };
  }

  private Back reverseScan(Builder fb, Equation e, Op.Scan s, List<Var> x, Env env) {
    List<Var> in = e.in();
    Builder f2 = new Builder();
    Builder b2 = new Builder();
    var inner = new Level(f2, b2, false);
    Var fi = f2.input(ArrayType.scalar(DType.INT32));
    Var bi = b2.input(ArrayType.scalar(DType.INT32));
    var tokens = new LinkedHashMap<Var, Var>();
    var cs = s.body().inputs().subList(1, 1 + s.carry());
    Out outs =
        body(
            inner,
            s.body(),
            List.of(fi),
            cs,
            in.subList(s.carry(), in.size()),
            x.subList(s.carry(), x.size()),
            tokens,
            Map.of(fi, bi));
    env.put(e.out(), fb.scan(f2, outs.values, s.length(), s.reverse(), x.subList(0, s.carry())));
    return l -> {
      var cts = l.cotangents(e.out(), cs);
      b2.use(outs.grads);
      var caps = Builder.union(b2);
      Program q = b2.close(outs.grads, caps);
      l.carried(
          in,
          cs,
          l.bb.emit(
              new Op.Scan(q, s.length(), cts.size(), !s.reverse()),
              cat(cts, l.captured(caps, tokens))));
    };
  }

  private Back reverseWhile(Builder fb, Equation e, Op.While w, List<Var> x, Env env) {
    List<Var> in = e.in();
    ArrayType count = ArrayType.scalar(DType.INT64); // of rounds that save nothing, too
    Builder c2 = new Builder();
    Builder f2 = new Builder();
    Builder b2 = new Builder();
    Builder stop = new Builder();
    var inner = new Level(f2, b2, false);
    var cs = w.body().inputs().subList(0, w.carry());
    c2.input(count);
    Var n1 = f2.input(count);
    Var k = b2.input(count);
    Var k0 = stop.input(count);
    var ccarry = cs.stream().map(v -> c2.input(v.type())).toList();
    var consts = x.subList(w.carry(), x.size());
    Var go = c2.inline(w.condition(), cat(ccarry, consts)).getFirst();
    var tokens = new LinkedHashMap<Var, Var>();
    Out outs =
        body(
            inner,
            w.body(),
            List.of(),
            cs,
            in.subList(w.carry(), in.size()),
            consts,
            tokens,
            Map.of());
    Var next = f2.add(n1, f2.num(DType.INT64, 1));
    var got =
        fb.loop(
            c2,
            go,
            f2,
            cat(List.of(next), outs.values),
            cat(List.of(fb.num(DType.INT64, 0)), x.subList(0, w.carry())));
    env.put(e.out(), got.subList(1, got.size()));
    Var trips = got.getFirst();
    for (Var v : cs) {
      if (on(v)) {
        stop.input(v.type());
      }
    }
    Var more = stop.compare(Fn.Compare.LT, stop.num(DType.INT64, 0), k0);
    Var less = b2.sub(k, b2.num(DType.INT64, 1));
    return l -> {
      var cts = l.cotangents(e.out(), cs);
      var res = cat(List.of(less), outs.grads);
      b2.use(res);
      var caps = Builder.union(b2);
      var back =
          l.bb.emit(
              new Op.While(stop.close(List.of(more), caps), b2.close(res, caps), 1 + cts.size()),
              cat(List.of(l.res(trips)), cts, l.captured(caps, tokens)));
      l.carried(in, cs, back.subList(1, back.size()));
    };
  }

  private Back reverseCond(Builder fb, Equation e, Op.Cond c, List<Var> x, Env env) {
    Builder fy = new Builder();
    Builder fn = new Builder();
    Builder by = new Builder();
    Builder bn = new Builder();
    var tokens = new LinkedHashMap<Var, Var>();
    var cx = x.subList(1, x.size());
    var ci = e.in().subList(1, e.in().size());
    var oy = branch(new Level(fy, by, false), c.yes(), e.out(), ci, cx, tokens);
    var on = branch(new Level(fn, bn, false), c.no(), e.out(), ci, cx, tokens);
    env.put(e.out(), fb.cond(x.get(0), fy, oy, fn, on, List.of()));
    return l -> {
      var cts = l.cotangents(e.out(), e.out());
      var caps = Builder.union(by, bn);
      l.bb.emit(
          new Op.Cond(by.close(List.of(), caps), bn.close(List.of(), caps)),
          cat(List.of(l.res(x.get(0))), cts, l.captured(caps, tokens)));
    };
  }

  private Out body(
      Level l,
      Program p,
      List<Var> head,
      List<Var> cs,
      List<Var> constIn,
      List<Var> constX,
      Map<Var, Var> tokens,
      Map<Var, Var> known) {
    l.known.putAll(known);
    var env = new Env();
    var carry = cs.stream().map(v -> l.fb.input(v.type())).toList();
    env.put(p.inputs(), cat(head, carry, constX));
    tokens(
        l,
        p.inputs().subList(p.inputs().size() - constIn.size(), p.inputs().size()),
        constIn,
        tokens);
    var back = forward(p, l.fb, env);
    for (int k = 0; k < cs.size(); k++) {
      if (on(cs.get(k))) {
        Var ct = l.bb.input(cs.get(k).type());
        l.add(p.outputs().get(k), ct);
      }
    }
    l.unwind(back);
    var grads = new ArrayList<Var>();
    for (Var v : cs) {
      if (on(v)) {
        Var g = l.take(v);
        grads.add(g == null ? l.bb.zeros(v.array()) : l.bb.fit(g, v.array()));
      }
    }
    l.residuals();
    return new Out(env.get(p.outputs()), grads);
  }

  private List<Var> branch(
      Level l,
      Program p,
      List<Var> outs,
      List<Var> constIn,
      List<Var> constX,
      Map<Var, Var> tokens) {
    var env = new Env();
    env.put(p.inputs(), constX);
    tokens(l, p.inputs(), constIn, tokens);
    var back = forward(p, l.fb, env);
    for (int k = 0; k < outs.size(); k++) {
      if (on(outs.get(k))) {
        Var ct = l.bb.input(outs.get(k).type());
        l.add(p.outputs().get(k), ct);
      }
    }
    l.unwind(back);
    l.residuals();
    return env.get(p.outputs());
  }

  /**
   * A checkpoint: the backward pass runs the body again, on copies of the references from outside
   * that hold what those held at the start of the forward pass. So each write happens once to the
   * reference itself, in the forward pass. What rules of custom derivatives write in the backward
   * pass goes to the references themselves.
   */
  private Back reverseRemat(Builder fb, Equation e, Op.Call c, List<Var> x, Env env) {
    var saved = new ArrayList<Var>();
    for (int k = 0; k < x.size(); k++) {
      saved.add(x.get(k).isArray() ? x.get(k) : contents(fb, c, k, x.get(k)));
    }
    env.put(e.out(), fb.emit(c, x));
    return l -> {
      Program again = Inline.flat(c.body());
      var from = new ArrayList<Var>();
      for (int k = 0; k < x.size(); k++) {
        if (on(e.in().get(k))) {
          from.add(again.inputs().get(k));
        }
      }
      active.addAll(Activity.active(again, from));
      var inner = new Level(l.bb, l.bb, true);
      var args = new ArrayList<Var>();
      for (int k = 0; k < x.size(); k++) {
        Var v = l.res(saved.get(k));
        if (x.get(k).isArray()) {
          args.add(v);
        } else {
          Var copy = l.bb.one(new Op.RefNew(), v);
          args.add(copy);
          if (l.direct || x.get(k).owner() != l.fb) {
            originals.put(copy, original(x.get(k)));
          }
          if (on(e.in().get(k))) {
            inner.cell.put(again.inputs().get(k), l.cell(e.in().get(k)));
          }
        }
      }
      var env2 = new Env();
      env2.put(again.inputs(), args);
      Builder before = home;
      home = l.bb;
      var back = forward(again, l.bb, env2);
      for (int k = 0; k < e.out().size(); k++) {
        if (again.outputs().get(k).isArray()) {
          inner.add(again.outputs().get(k), l.take(e.out().get(k)));
        }
      }
      inner.unwind(back);
      home = before;
      for (int k = 0; k < x.size(); k++) {
        if (x.get(k).isArray() && on(e.in().get(k))) {
          l.add(e.in().get(k), inner.take(again.inputs().get(k)));
        }
      }
    };
  }

  /** What the second run needs of a reference: anything, where the body only writes it. */
  private Var contents(Builder fb, Op.Call c, int k, Var ref) {
    boolean madeInLoop = ref.owner() == fb && fb != home;
    return madeInLoop || reads(c.body(), c.body().inputs().get(k))
        ? fb.one(new Op.RefGet(Access.ALL, Mode.CLAMP), ref)
        : fb.zeros(ref.type().array());
  }

  /** Whether the program looks at what the reference holds; backward rules do not belong to it. */
  private static boolean reads(Program p, Var ref) {
    return p.equations().stream().anyMatch(e -> reads(e, ref));
  }

  private static boolean reads(Equation e, Var ref) {
    if (!e.in().contains(ref) || writesOnly(e.op())) {
      return false;
    }
    if (e.op() instanceof Op.CustomVjp) { // its forward rule may look as well
      return true;
    }
    List<Program> bodies = e.op().bodies();
    for (Program q : bodies) {
      for (int k = 0; k < e.in().size(); k++) {
        if (e.in().get(k) == ref && reads(q, q.inputs().get(k + e.op().offset()))) {
          return true;
        }
      }
    }
    return bodies.isEmpty();
  }

  private static boolean writesOnly(Op op) {
    return op instanceof Op.RefSet || op instanceof Op.RefCombine c && c.fn() == Fn.Combine.ADD;
  }

  private Var original(Var ref) {
    return originals.getOrDefault(ref, ref);
  }

  /**
   * The first pass of a checkpoint ran the function, not the forward rule, whose writes now go to
   * copies: what the rule alone writes would be lost.
   */
  private void writesInBoth(Equation e, Op.CustomVjp c, List<Var> x) {
    Set<Var> byFunction = Effects.written(c.primal());
    for (int k : c.writes()) {
      if (originals.containsKey(x.get(k)) && !byFunction.contains(c.primal().inputs().get(k))) {
        throw Rejected.error(
            e.site(),
            "in a checkpointed function, the forward rule of a customVjp writes a reference from outside that its function does not write. The first pass of a checkpoint runs the function and not the rule: write it in both, or call the customVjp outside the checkpoint.");
      }
    }
  }

  private Back reverseCustomVjp(Builder fb, Equation e, Op.CustomVjp c, List<Var> x, Env env) {
    writesInBoth(e, c, x);
    var got = fb.inline(c.forward().program(), x);
    int n = e.out().size();
    env.put(e.out(), got.subList(0, n));
    var saved = List.copyOf(got.subList(n, got.size()));
    var refs = x.stream().filter(v -> !v.isArray()).map(this::original).toList();
    return l -> {
      var cts = new ArrayList<Var>();
      boolean any = false;
      for (Var v : e.out()) {
        if (v.type().differentiable()) {
          Var ct = l.take(v);
          any |= ct != null;
          cts.add(ct == null ? l.bb.zeros(v.array()) : l.bb.fit(ct, v.array()));
        }
      }
      if (!any) {
        return;
      }
      var wrt = c.wrt().stream().map(e.in()::get).toList();
      var cells = wrt.stream().filter(v -> !v.isArray()).map(v -> gradientCell(l, v)).toList();
      var grads = l.bb.inline(c.backward().program(), cat(l.res(saved), cts, l.res(refs), cells));
      int at = 0;
      for (Var v : wrt) {
        if (v.isArray()) {
          l.add(v, grads.get(at++));
        }
      }
    };
  }

  /** Where a rule adds the gradient of a reference: nobody reads that of one that is not active. */
  private Var gradientCell(Level l, Var ref) {
    return on(ref) ? l.cell(ref) : l.bb.one(new Op.RefNew(), l.bb.zeros(ref.type().array()));
  }

  /**
   * The rule is linear in the tangents, so its reverse mode with respect to them, at zero, is its
   * transpose.
   */
  private Back reverseCustomJvp(Builder fb, Equation e, Op.CustomJvp c, List<Var> x, Env env) {
    Program rule = Inline.flat(c.rule().program());
    var tangents = rule.inputs().subList(x.size(), rule.inputs().size());
    var from = new ArrayList<Var>();
    for (int j = 0; j < c.wrt().size(); j++) {
      if (on(e.in().get(c.wrt().get(j)))) {
        from.add(tangents.get(j));
      }
    }
    active.addAll(Activity.active(rule, from));
    var args = new ArrayList<>(x);
    for (Var t : tangents) {
      args.add(fb.zeros(t.array()));
    }
    var env2 = new Env();
    env2.put(rule.inputs(), args);
    var back = forward(rule, fb, env2);
    int n = e.out().size();
    env.put(e.out(), env2.get(rule.outputs().subList(0, n)));
    return l -> {
      int at = n;
      for (Var v : e.out()) {
        if (v.type().differentiable()) {
          l.add(rule.outputs().get(at++), l.take(v));
        }
      }
      l.unwind(back);
      for (int j = 0; j < c.wrt().size(); j++) {
        Var t = tangents.get(j);
        if (on(t)) {
          l.add(e.in().get(c.wrt().get(j)), l.take(t));
        }
      }
    };
  }
}
