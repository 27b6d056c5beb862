package dev.axial.transform;

import static dev.axial.ir.Builder.cat;

import dev.axial.AxialException;
import dev.axial.ir.Access;
import dev.axial.ir.Builder;
import dev.axial.ir.Edge;
import dev.axial.ir.Effects;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites references as values: an access becomes an index or an update of the current contents,
 * and a body that writes a reference carries its contents. The meaning is the same; the cost is
 * not, since every write makes an array. It is what an engine without mutable memory needs, and the
 * law that the reference operations are tested against.
 *
 * <p>The result takes an array for each reference input, and gives the final contents of each
 * written one after the outputs, in the order of the inputs.
 */
public final class Discharge {
  private Discharge() {}

  /** The program without references. */
  public static Program of(Program source) {
    Program p = Inline.flat(source);
    var b = new Builder();
    var env = new Env();
    var state = new HashMap<Var, Var>();
    for (Var v : p.inputs()) {
      Var in = b.input(v.type().array());
      if (v.isArray()) {
        env.put(v, in);
      } else {
        env.put(v, v);
        state.put(v, in);
      }
    }
    var outs = new ArrayList<>(walk(b, p, env, state));
    var written = Effects.written(p);
    for (Var v : p.inputs()) {
      if (written.contains(v)) {
        outs.add(now(state, v));
      }
    }
    return b.close(outs, List.of());
  }

  private static Var now(Map<Var, Var> state, Var ref) {
    Var v = state.get(ref);
    if (v == null) {
      throw new AxialException("internal error: no contents for " + ref);
    }
    return v;
  }

  /** In env a reference stands for its outermost variable, the key of its contents in state. */
  private static List<Var> walk(Builder b, Program p, Env env, Map<Var, Var> state) {
    for (Equation e : p.equations()) {
      b.site(e.site());
      var x = env.get(e.in());
      switch (e.op()) {
        case Op.RefNew _ -> {
          env.put(e.result(), e.result());
          state.put(e.result(), x.get(0));
        }
        case Op.RefFreeze _ -> env.put(e.result(), now(state, x.get(0)));
        case Op.RefGet g -> {
          Var now = now(state, x.get(0));
          env.put(e.result(), read(b, now, g.access(), g.mode(), x.subList(1, x.size())));
        }
        case Op.RefSet s -> {
          if (s.reverse()) {
            throw new AxialException(
                "discharge of a set in reverse order is not supported: discharge before differentiating");
          }
          update(b, state, x, null, s.access(), Mode.DROP);
        }
        case Op.RefCombine a -> update(b, state, x, a.fn(), a.access(), a.mode());
        case Op.RefSwap s -> {
          if (s.reverse()
              || s.edge() == Edge.ADD
              || s.access().sels().stream().anyMatch(q -> q instanceof Sel.At) && repeats(x)) {
            throw new AxialException(
                "discharge of a swap with an index array, or of a transposed one, is not supported: discharge before differentiating");
          }
          Mode mode = s.edge() == Edge.CLAMP ? Mode.CLAMP : Mode.DROP;
          Access a = mode == Mode.CLAMP ? new Access(s.access().sels(), false) : s.access();
          var ops = x.subList(2, x.size());
          env.put(e.result(), read(b, now(state, x.get(0)), a, mode, ops.subList(0, a.operands())));
          update(b, state, x, null, s.access(), Mode.DROP);
        }
        case Op.Scan s -> dischargeScan(b, e, s, x, env, state);
        case Op.While w -> dischargeWhile(b, e, w, x, env, state);
        case Op.Cond c -> dischargeCond(b, e, c, x, env, state);
        case Op.StackNew _, Op.StackPush _, Op.StackPop _ ->
            throw new AxialException(
                "discharge of a stack is not supported: discharge before differentiating");
        case Op.Call c ->
            env.put(e.out(), b.emit(new Op.Call(of(c.body()), c.name(), c.remat()), arrays(x)));
        case Op.CustomVjp c -> {
          Op pure =
              new Op.CustomVjp(
                  of(c.primal()),
                  c.forward().map(Discharge::of),
                  c.backward().map(Discharge::of),
                  c.wrt(),
                  c.writes());
          env.put(e.out(), b.emit(pure, arrays(x)));
        }
        case Op.CustomJvp c ->
            env.put(
                e.out(),
                b.emit(
                    new Op.CustomJvp(of(c.primal()), c.rule().map(Discharge::of), c.wrt()),
                    arrays(x)));
        case Op.Pure _, Op.Callback _ -> env.put(e.out(), b.emit(e.op(), x));
      }
    }
    return env.get(p.outputs());
  }

  /** The operands of a checkpoint or a custom derivative, which must be arrays. */
  private static List<Var> arrays(List<Var> x) {
    if (x.stream().anyMatch(v -> !v.isArray())) {
      throw new AxialException(
          "discharge of a checkpoint or a custom derivative that takes a reference is not supported");
    }
    return x;
  }

  private static boolean repeats(List<Var> x) {
    return x.subList(2, x.size()).stream().anyMatch(v -> !v.array().isScalar());
  }

  private static Var read(Builder b, Var now, Access a, Mode mode, List<Var> operands) {
    return a.sels().isEmpty() && !a.masked()
        ? now
        : b.one(new Op.Index(a, mode), cat(List.of(now), operands));
  }

  private static void update(
      Builder b, Map<Var, Var> state, List<Var> x, Fn.@Nullable Combine fn, Access a, Mode mode) {
    Var ref = x.get(0);
    Var now = now(state, ref);
    state.put(
        ref,
        b.one(new Op.Scatter(fn, a, mode), cat(List.of(now, x.get(1)), x.subList(2, x.size()))));
  }

  /** The references among a body's captured operands that it writes; their contents are carried. */
  private static List<Var> carried(Equation e, List<Var> x) {
    var written = Effects.written(e);
    var out = new LinkedHashSet<Var>();
    for (int k = 0; k < x.size(); k++) {
      if (written.contains(e.in().get(k))) {
        out.add(x.get(k));
      }
    }
    return List.copyOf(out);
  }

  private static List<Var> contents(List<Var> refs, Map<Var, Var> state) {
    return refs.stream().map(r -> now(state, r)).toList();
  }

  private static void bind(Env env, List<Var> inputs, List<Var> x) {
    env.put(inputs, x);
  }

  /** Walks a body with the contents of the carried references as further inputs and outputs. */
  private static List<Var> body(
      Builder in,
      Program p,
      List<Var> args,
      List<Var> refs,
      List<Var> contents,
      Map<Var, Var> state) {
    var inner = new HashMap<>(state);
    for (int k = 0; k < refs.size(); k++) {
      inner.put(refs.get(k), contents.get(k));
    }
    var env = new Env();
    bind(env, p.inputs(), args);
    var outs = walk(in, p, env, inner);
    return cat(outs, contents(refs, inner));
  }

  private static void finish(
      Equation e, List<Var> got, List<Var> refs, Env env, Map<Var, Var> state) {
    int n = e.out().size();
    env.put(e.out(), got.subList(0, n));
    for (int k = 0; k < refs.size(); k++) {
      state.put(refs.get(k), got.get(n + k));
    }
  }

  private static List<Var> inputs(Builder in, List<? extends Type> types) {
    var out = new ArrayList<Var>();
    types.forEach(t -> out.add(in.input(t)));
    return out;
  }

  private static void dischargeScan(
      Builder b, Equation e, Op.Scan s, List<Var> x, Env env, Map<Var, Var> state) {
    var refs = carried(e, x);
    var init = cat(x.subList(0, s.carry()), contents(refs, state));
    Builder in = new Builder();
    var i = inputs(in, List.of(s.body().inputs().getFirst().type()));
    var carry = inputs(in, Program.types(init));
    var args = cat(i, carry.subList(0, s.carry()), x.subList(s.carry(), x.size()));
    var outs = body(in, s.body(), args, refs, carry.subList(s.carry(), carry.size()), state);
    finish(e, b.scan(in, outs, s.length(), s.reverse(), init), refs, env, state);
  }

  private static void dischargeWhile(
      Builder b, Equation e, Op.While w, List<Var> x, Env env, Map<Var, Var> state) {
    var refs = carried(e, x);
    var init = cat(x.subList(0, w.carry()), contents(refs, state));
    var consts = x.subList(w.carry(), x.size());
    Builder cb = new Builder();
    Builder bb = new Builder();
    var cc = inputs(cb, Program.types(init));
    var bc = inputs(bb, Program.types(init));
    Var go =
        body(
                cb,
                w.condition(),
                cat(cc.subList(0, w.carry()), consts),
                refs,
                cc.subList(w.carry(), cc.size()),
                state)
            .getFirst();
    var outs =
        body(
            bb,
            w.body(),
            cat(bc.subList(0, w.carry()), consts),
            refs,
            bc.subList(w.carry(), bc.size()),
            state);
    finish(e, b.loop(cb, go, bb, outs, init), refs, env, state);
  }

  private static void dischargeCond(
      Builder b, Equation e, Op.Cond c, List<Var> x, Env env, Map<Var, Var> state) {
    var refs = carried(e, x);
    var now = contents(refs, state);
    var args = x.subList(1, x.size());
    Builder yes = new Builder();
    Builder no = new Builder();
    var oy = body(yes, c.yes(), args, refs, now, state);
    var on = body(no, c.no(), args, refs, now, state);
    finish(e, b.cond(x.get(0), yes, oy, no, on, List.of()), refs, env, state);
  }
}
