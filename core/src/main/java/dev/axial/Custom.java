package dev.axial;

import dev.axial.ir.Builder;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Functions with a derivative of their own, and functions whose inside is computed again.
 *
 * <p>All functions of a custom derivative are traced where it is called. What any of them uses from
 * outside becomes an operand of the call, so the programs in it are closed.
 */
final class Custom {
  private Custom() {}

  /** One call inside the trace; a backward pass computes its inside again. */
  static @Nullable Object checkpoint(Tracing.Fun f, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner in = Tracing.inner("a checkpointed function", f, args, Tracing.AS_IS);
    t.builder().site(Site.here());
    var op = new Op.Call(in.program(), "checkpoint", true);
    return Tree.unflatten(in.out(), Tracing.arrays(t.builder().emit(op, in.operands())));
  }

  /** The inputs of a traced function that are differentiated: its floating array arguments. */
  private static List<Integer> wrt(Tracing.Inner in) {
    var out = new ArrayList<Integer>();
    for (int k = 0; k < in.args().size(); k++) {
      if (in.args().get(k).isArray() && in.args().get(k).type().differentiable()) {
        out.add(k);
      }
    }
    return out;
  }

  private static List<Var> inputs(Builder b, List<Var> like) {
    var out = new ArrayList<Var>();
    like.forEach(v -> out.add(b.input(v.type())));
    return out;
  }

  private static List<Var> look(Map<Var, Var> map, List<Var> vs) {
    var out = new ArrayList<Var>();
    for (Var v : vs) {
      Var x = map.get(v);
      if (x == null) {
        throw new AxialException("internal error: no operand for " + v);
      }
      out.add(x);
    }
    return out;
  }

  private static Map<Var, Var> bound(List<Var> operands, List<Var> inputs) {
    var map = new HashMap<Var, Var>();
    for (int k = 0; k < operands.size(); k++) {
      map.putIfAbsent(operands.get(k), inputs.get(k));
    }
    return map;
  }

  /** The inputs of a program over the operands that stand for what a traced function takes. */
  private static List<Var> taken(Tracing.Inner in, List<Var> mine, Map<Var, Var> map) {
    return Builder.cat(mine.subList(0, in.args().size()), look(map, in.captured()));
  }

  // ---------------------------------------------------------------- reverse rules

  /**
   * What the forward rule saves: arrays go through the program, references must be its arguments.
   */
  private static final class Saved {
    Tree.Structure out = new Tree.Empty();
    Tree.Structure structure = new Tree.Empty();

    /**
     * For each saved leaf the variable of the reference in the forward rule, or null for an array.
     */
    final List<@Nullable NamedRef> refs = new ArrayList<>();
  }

  static @Nullable Object vjp(
      Tracing.Fun f, Tracing.Fun forward, Tracing.Fun backward, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner p = Tracing.inner("a customVjp function", f, args, Tracing.AS_IS);
    var saved = new Saved();
    Tracing.Inner q =
        Tracing.inner(
            "the forward rule of a customVjp",
            xs -> forward(forward, xs, saved),
            args,
            Tracing.AS_IS);
    int n = p.program().outputs().size();
    var given =
        Program.types(q.program().outputs().subList(0, Math.min(n, q.program().outputs().size())));
    if (!saved.out.equals(p.out()) || !given.equals(Program.types(p.program().outputs()))) {
      throw Errors.error(
          "customVjp: the function gives %s and the forward rule %s, with types %s and %s. Both must give the same.",
          Tree.describe(p.out()),
          Tree.describe(saved.out),
          Program.types(p.program().outputs()),
          given);
    }
    List<Integer> wrt = wrt(p);
    var bb = new Builder();
    var savedInputs = inputs(bb, q.program().outputs().subList(n, q.program().outputs().size()));
    var cts =
        inputs(bb, p.program().outputs().stream().filter(v -> v.type().differentiable()).toList());
    var argRefs = p.args().stream().filter(v -> !v.isArray()).toList();
    var refInputs = inputs(bb, argRefs);
    var grads =
        backward(bb, backward, p, q, saved, savedInputs, cts, bound(argRefs, refInputs), wrt);

    var captured = new LinkedHashSet<>(p.captured());
    captured.addAll(q.captured());
    captured.addAll(bb.captured());
    var operands = Builder.cat(p.args(), captured);
    var alsoSaved = bb.captured().stream().filter(Var::isArray).toList();

    var pb = new Builder();
    var pi = inputs(pb, operands);
    Program primal = pb.close(pb.inline(p.program(), taken(p, pi, bound(operands, pi))), List.of());
    var qb = new Builder();
    var qi = inputs(qb, operands);
    var qm = bound(operands, qi);
    Program fwd =
        qb.close(
            Builder.cat(qb.inline(q.program(), taken(q, qi, qm)), look(qm, alsoSaved)), List.of());
    Program bwd = closedBackward(bb, grads, savedInputs, alsoSaved, cts, argRefs, operands);
    t.builder().site(Site.here());
    var outs = t.builder().emit(new Op.CustomVjp(primal, fwd, bwd, wrt), operands);
    return Tree.unflatten(p.out(), Tracing.arrays(outs));
  }

  private static List<NamedArray> forward(Tracing.Fun forward, @Nullable Object[] xs, Saved s) {
    if (!(forward.call(xs) instanceof Axial.Residuals<?, ?> r)) {
      throw Errors.error("customVjp: the forward rule must give residuals(out, saved).");
    }
    Tree.Flat out = Tracing.result("the forward rule of a customVjp", r.out());
    Tree.Flat saved = Tree.flatten(r.saved(), "saved");
    s.out = out.structure();
    s.structure = saved.structure();
    var all = new ArrayList<NamedArray>();
    out.leaves().forEach(x -> all.add((NamedArray) x));
    for (int k = 0; k < saved.leaves().size(); k++) {
      switch (saved.leaves().get(k)) {
        case NamedArray x -> {
          s.refs.add(null);
          all.add(x);
        }
        case NamedRef ref -> {
          if (ref.core().path.isEmpty()) {
            throw Errors.error(
                "customVjp: the forward rule saves a reference (%s, made at %s) that is not one of its arguments. Save its value, or pass the reference as an argument.",
                saved.paths().get(k), ref.core().site());
          }
          s.refs.add(ref);
        }
      }
    }
    return all;
  }

  /** Traces the backward rule; one gradient for each differentiated input. */
  private static List<Var> backward(
      Builder bb,
      Tracing.Fun f,
      Tracing.Inner p,
      Tracing.Inner q,
      Saved s,
      List<Var> savedInputs,
      List<Var> cts,
      Map<Var, Var> refs,
      List<Integer> wrt) {
    Trace bt = Trace.child(bb);
    return bt.run(() -> {
      var saved = new ArrayList<Tensor>();
      int at = 0;
      for (NamedRef r : s.refs) {
        if (r == null) {
          saved.add(NamedArray.traced(savedInputs.get(at++)));
        } else {
          int arg = q.program().inputs().indexOf(r.core().var);
          Var mine = look(refs, List.of(q.args().get(arg))).getFirst();
          saved.add(
              NamedRef.argument(
                  r.core().type, mine, r.view(), r.core().site(), r.core().path, false));
        }
      }
      var ct = new ArrayList<NamedArray>();
      int next = 0;
      for (Var v : p.program().outputs()) {
        ct.add(
            v.type().differentiable()
                ? NamedArray.traced(cts.get(next++))
                : Ops.broadcast(Ops.constant(v.array().dtype(), 0L), v.array().dims()));
      }
      Object result =
          f.call(
              new @Nullable Object[] {
                Tree.unflatten(s.structure, saved), Tree.unflatten(p.out(), ct)
              });
      var byPath = new HashMap<String, NamedArray>();
      List<?> parts =
          result instanceof Axial.Gradients g
              ? g.parts()
              : java.util.Collections.singletonList(result);
      for (int k = 0; k < parts.size(); k++) {
        Tree.Flat flat = Tree.flatten(parts.get(k), "arg" + k);
        for (int j = 0; j < flat.leaves().size(); j++) {
          if (flat.leaves().get(j) instanceof NamedArray x) {
            byPath.put(flat.paths().get(j), x);
          }
        }
      }
      noneOfReferences(p, byPath);
      var out = new ArrayList<Var>();
      for (int input : wrt) {
        int leaf = p.inputOf().indexOf(input);
        var type = p.args().get(input).array();
        String path = p.in().paths().get(leaf);
        NamedArray g = byPath.get(path);
        if (g == null) {
          g = Ops.broadcast(Ops.constant(type.dtype(), 0L), type.dims());
        } else if (!g.type().sameDims(type.with(g.dtype())) || g.dtype() != type.dtype()) {
          throw Errors.error(
              "customVjp: the backward rule gives %s for %s; expected %s.",
              Errors.type(g.type()), path, Errors.type(type));
        }
        out.add(Ops.broadcast(g, type.dims()).in(bt));
      }
      return out;
    });
  }

  private static void noneOfReferences(Tracing.Inner p, Map<String, NamedArray> gradients) {
    for (int k = 0; k < p.in().leaves().size(); k++) {
      String path = p.in().paths().get(k);
      if (p.in().leaves().get(k) instanceof NamedRef r && gradients.containsKey(path)) {
        throw Errors.error(
            "customVjp: the backward rule gives a gradient for the reference %s, made at %s. A rule gives gradients of arrays: give null for a reference, or pass its value() where the gradient is wanted.",
            path, r.core().site());
      }
    }
  }

  /** Inputs: saved values, arrays captured by the rule, cotangents, all reference operands. */
  private static Program closedBackward(
      Builder bb,
      List<Var> grads,
      List<Var> savedInputs,
      List<Var> alsoSaved,
      List<Var> cts,
      List<Var> argRefs,
      List<Var> operands) {
    bb.use(grads);
    var captured = List.copyOf(bb.captured());
    Program open = bb.close(grads, captured);
    var b = new Builder();
    var saved = inputs(b, savedInputs);
    var more = inputs(b, alsoSaved);
    var ct = inputs(b, cts);
    var refOperands = operands.stream().filter(v -> !v.isArray()).toList();
    var map = bound(refOperands, inputs(b, refOperands));
    map.putAll(bound(alsoSaved, more));
    var args = Builder.cat(saved, ct, look(map, argRefs), look(map, captured));
    return b.close(b.inline(open, args), List.of());
  }

  // ---------------------------------------------------------------- forward rules

  static @Nullable Object jvp(Tracing.Fun f, Tracing.Fun rule, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner p = Tracing.inner("a customJvp function", f, args, Tracing.AS_IS);
    if (p.args().stream().anyMatch(v -> !v.isArray())) {
      throw Errors.error(
          "a customJvp function takes no references as arguments; use them from outside, or use customVjp.");
    }
    int n = args.length;
    var twice = new @Nullable Object[2 * n];
    System.arraycopy(args, 0, twice, 0, n);
    System.arraycopy(args, 0, twice, n, n);
    Tree.Structure[] outs = new Tree.Structure[1];
    Tracing.Inner r =
        Tracing.inner(
            "the rule of a customJvp", xs -> ruleOutputs(rule, xs, outs), twice, Tracing.AS_IS);
    var types = Program.types(p.program().outputs());
    var want = new ArrayList<>(types);
    types.stream().filter(dev.axial.ir.Type::differentiable).forEach(want::add);
    if (!outs[0].equals(p.out()) || !Program.types(r.program().outputs()).equals(want)) {
      throw Errors.error(
          "customJvp: the function gives %s and the rule, value and tangents, %s. Both values must have the same type, and each tangent that of its value.",
          types, Program.types(r.program().outputs()));
    }
    List<Integer> wrt = wrt(p);
    var captured = new LinkedHashSet<>(p.captured());
    captured.addAll(r.captured());
    var operands = Builder.cat(p.args(), captured);
    var pb = new Builder();
    var pi = inputs(pb, operands);
    Program primal = pb.close(pb.inline(p.program(), taken(p, pi, bound(operands, pi))), List.of());
    var rb = new Builder();
    var ri = inputs(rb, operands);
    var mine = new ArrayList<>(ri.subList(0, p.args().size()));
    for (int k = 0; k < p.args().size(); k++) {
      // The tangent of what is not differentiated is not there; the value stands in for it.
      mine.add(wrt.contains(k) ? rb.input(p.args().get(k).type()) : ri.get(k));
    }
    mine.addAll(look(bound(operands, ri), r.captured()));
    Program closed = rb.close(rb.inline(r.program(), mine), List.of());
    t.builder().site(Site.here());
    return Tree.unflatten(
        p.out(), Tracing.arrays(t.builder().emit(new Op.CustomJvp(primal, closed, wrt), operands)));
  }

  private static List<NamedArray> ruleOutputs(
      Tracing.Fun rule, @Nullable Object[] xs, Tree.Structure[] outs) {
    if (!(rule.call(xs) instanceof Axial.Jvp<?> j)) {
      throw Errors.error("customJvp: the rule must give new Jvp<>(value, tangent).");
    }
    Tree.Flat value = Tracing.result("the rule of a customJvp", j.value());
    Tree.Flat tangent = Tracing.result("the rule of a customJvp", j.tangent());
    outs[0] = value.structure();
    if (!value.structure().equals(tangent.structure())) {
      throw Errors.error(
          "customJvp: the value is %s and the tangent %s; both must have the same structure.",
          Tree.describe(value.structure()), Tree.describe(tangent.structure()));
    }
    var all = new ArrayList<NamedArray>();
    value.leaves().forEach(x -> all.add((NamedArray) x));
    for (int k = 0; k < value.leaves().size(); k++) {
      if (value.leaves().get(k).dtype().isFloating()) {
        NamedArray d = (NamedArray) tangent.leaves().get(k);
        all.add(Ops.broadcast(d, ((NamedArray) value.leaves().get(k)).type().dims()));
      }
    }
    return all;
  }
}
