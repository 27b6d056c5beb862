package dev.axial;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Effects;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Rule;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Functions with a derivative of their own, and functions whose inside is computed again.
 *
 * <p>All functions of a custom derivative are traced where it is called. What any of them uses from
 * outside becomes an operand of the call, so the programs in it are closed. A rule may call the
 * function it belongs to: see {@link Own}.
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

  // ---------------------------------------------------------------- rules that call their function

  /**
   * A function whose rules are being traced, for calls of it in them. Rules are traced once to see
   * what they capture, with such calls as calls of the function alone. If there were any, they are
   * traced again, and a call is the operation itself, with the rules that are being made.
   */
  private static final class Own {
    private static final ScopedValue<Own> CURRENT = ScopedValue.newInstance();

    /** So many calls with other types in one another are taken for an endless recursion. */
    private static final int DEEP = 16;

    private final List<Object> functions;
    private final Tracing.Inner primal;
    private final @Nullable Own outer = CURRENT.isBound() ? CURRENT.get() : null;
    private @Nullable Op op;
    private List<Var> captured;
    boolean called;

    Own(List<Object> functions, Tracing.Inner primal) {
      this.functions = functions;
      this.primal = primal;
      captured = primal.captured();
    }

    <T extends @Nullable Object> T in(Supplier<T> rules) {
      return ScopedValue.where(CURRENT, this).<T, RuntimeException>call(rules::get);
    }

    /** Calls in the rules are the operation from now on. */
    void derived(Op op, List<Var> captured) {
      this.op = op;
      this.captured = captured;
    }

    Program ready(@Nullable Program made) {
      if (made == null) {
        throw Errors.error(
            "a rule of a custom derivative differentiates the function that it belongs to. It may call the function; write the derivative itself with other functions.");
      }
      return made;
    }

    /** The call around, if it is of these functions and its arguments are like these. */
    static @Nullable Own find(List<Object> functions, @Nullable Object[] args) {
      int depth = 0;
      for (Own o = CURRENT.isBound() ? CURRENT.get() : null; o != null; o = o.outer) {
        if (!o.functions.equals(functions)) {
          continue;
        }
        if (o.like(Tracing.flatten(args))) {
          return o;
        }
        if (++depth == DEEP) {
          throw Errors.error(
              "a rule of a custom derivative calls the function that it belongs to with other types, whose rule does so again, and so on: %d times. Call it with arguments like those of the rule.",
              DEEP);
        }
      }
      return null;
    }

    private boolean like(Tree.Flat in) {
      boolean like = in.structure().equals(primal.in().structure());
      var seen = new HashSet<NamedRef.Core>();
      for (int k = 0; like && k < in.leaves().size(); k++) {
        like =
            switch (in.leaves().get(k)) {
              case NamedArray x ->
                  primal.in().leaves().get(k) instanceof NamedArray y && x.type().equals(y.type());
              case NamedRef r ->
                  primal.in().leaves().get(k) instanceof NamedRef s
                      && r.view().isWhole()
                      && s.view().isWhole()
                      && r.core().type.equals(s.core().type)
                      && seen.add(r.core());
            };
      }
      return like;
    }

    @Nullable Object call(Trace t, @Nullable Object[] args) {
      called = true;
      var given = new ArrayList<Var>();
      for (Tensor x : Tracing.flatten(args).leaves()) {
        given.add(
            switch (x) {
              case NamedArray a -> a.in(t);
              case NamedRef r -> r.core().in(t);
            });
      }
      Op mine = op == null ? new Op.Call(primal.program(), "custom", false) : op;
      t.builder().site(Site.here());
      return Tree.unflatten(
          primal.out(), Tracing.arrays(t.builder().emit(mine, Builder.cat(given, captured))));
    }
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

  /** The rules of one call, traced. {@code cells} are the inputs that gradients are added to. */
  private record Traced(
      Tracing.Inner forward,
      Builder backward,
      Saved saved,
      List<Var> savedInputs,
      List<Var> cts,
      List<Var> argRefs,
      Map<Integer, Var> cells,
      List<Var> grads) {}

  static @Nullable Object vjp(
      List<Object> functions,
      Tracing.Fun f,
      Tracing.Fun forward,
      Tracing.Fun backward,
      @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Own again = Own.find(functions, args);
    if (again != null) {
      return again.call(t, args);
    }
    Tracing.Inner p = Tracing.inner("a customVjp function", f, args, Tracing.AS_IS);
    var own = new Own(functions, p);
    Traced r = own.in(() -> rules(p, forward, backward, args));
    List<Integer> arrays = wrt(p);
    var wrt = new ArrayList<>(arrays);
    wrt.addAll(r.cells.keySet());

    var captured = new LinkedHashSet<>(p.captured());
    captured.addAll(r.forward.captured());
    captured.addAll(r.backward.captured());
    var operands = Builder.cat(p.args(), captured);

    var pb = new Builder();
    var pi = inputs(pb, operands);
    Program primal = pb.close(pb.inline(p.program(), taken(p, pi, bound(operands, pi))), List.of());
    var made = new Program[2];
    var writes =
        Effects.written(r.forward.program()).stream()
            .map(r.forward.program().inputs()::indexOf)
            .map(r.forward.operands()::get)
            .map(operands::indexOf)
            .toList();
    var fwd = Rule.later(() -> own.ready(made[0]));
    var bwd = Rule.later(() -> own.ready(made[1]));
    Op op = new Op.CustomVjp(primal, fwd, bwd, wrt, writes);
    if (own.called) {
      own.derived(op, List.copyOf(captured));
      r = own.in(() -> rules(p, forward, backward, args));
    }
    var alsoSaved = r.backward.captured().stream().filter(Var::isArray).toList();
    made[0] = closedForward(r, alsoSaved, operands);
    made[1] = closedBackward(r, alsoSaved, operands);
    fwd.program();
    bwd.program();
    t.builder().site(Site.here());
    return Tree.unflatten(p.out(), Tracing.arrays(t.builder().emit(op, operands)));
  }

  private static Traced rules(
      Tracing.Inner p, Tracing.Fun forward, Tracing.Fun backward, @Nullable Object[] args) {
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
    var bb = new Builder();
    var savedInputs = inputs(bb, q.program().outputs().subList(n, q.program().outputs().size()));
    var cts =
        inputs(bb, p.program().outputs().stream().filter(v -> v.type().differentiable()).toList());
    var argRefs = p.args().stream().filter(v -> !v.isArray()).toList();
    var refs = bound(argRefs, inputs(bb, argRefs));
    var cells = new LinkedHashMap<Integer, Var>();
    var grads = backward(bb, backward, p, q, saved, savedInputs, cts, refs, cells);
    return new Traced(q, bb, saved, savedInputs, cts, argRefs, cells, grads);
  }

  private static Program closedForward(Traced r, List<Var> alsoSaved, List<Var> operands) {
    var b = new Builder();
    var in = inputs(b, operands);
    var map = bound(operands, in);
    var outs = b.inline(r.forward.program(), taken(r.forward, in, map));
    return b.close(Builder.cat(outs, look(map, alsoSaved)), List.of());
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
      Map<Integer, Var> cells) {
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
      Map<String, NamedArray> byPath = gradients(result, bb);
      var out = new ArrayList<Var>();
      for (int input : wrt(p)) {
        String path = p.in().paths().get(p.inputOf().indexOf(input));
        var type = p.args().get(input).array();
        NamedArray g = byPath.get(path);
        out.add(
            g == null ? bb.zeros(type) : Ops.broadcast(checked(g, path, type), type.dims()).in(bt));
      }
      addToReferences(bb, p, q, byPath, cells);
      return out;
    });
  }

  /**
   * What the backward rule gives, by path. A reference made in the rule stands for its contents.
   */
  private static Map<String, NamedArray> gradients(@Nullable Object result, Builder rule) {
    List<?> parts =
        result instanceof Axial.Gradients g
            ? g.parts()
            : java.util.Collections.singletonList(result);
    var byPath = new HashMap<String, NamedArray>();
    for (int k = 0; k < parts.size(); k++) {
      Tree.Flat flat = Tree.flatten(parts.get(k), "arg" + k);
      for (int j = 0; j < flat.leaves().size(); j++) {
        switch (flat.leaves().get(j)) {
          case NamedArray x -> byPath.put(flat.paths().get(j), x);
          case NamedRef r when r.core().var != null && rule.definition(r.core().var) != null ->
              byPath.put(flat.paths().get(j), r.get());
          case NamedRef _ -> {} // the argument itself: no gradient
        }
      }
    }
    return byPath;
  }

  private static NamedArray checked(NamedArray g, String path, ArrayType type) {
    if (!g.type().sameDims(type.with(g.dtype())) || g.dtype() != type.dtype()) {
      throw Errors.error(
          "customVjp: the backward rule gives %s for %s; expected %s.",
          Errors.type(g.type()), path, Errors.type(type));
    }
    return g;
  }

  /** The gradients of references, each added at its view. */
  private static void addToReferences(
      Builder bb,
      Tracing.Inner p,
      Tracing.Inner q,
      Map<String, NamedArray> byPath,
      Map<Integer, Var> cells) {
    for (int k = 0; k < p.in().leaves().size(); k++) {
      String path = p.in().paths().get(k);
      NamedArray g = byPath.get(path);
      if (!(p.in().leaves().get(k) instanceof NamedRef r) || g == null) {
        continue;
      }
      int input = p.inputOf().get(k);
      checked(g, path, r.view().type());
      if (!r.dtype().isFloating()) {
        throw Errors.error(
            "customVjp: the backward rule gives a gradient for %s, a reference of %s. Only floating-point references have one: give null.",
            path, r.dtype());
      }
      if (writes(p, input) || writes(q, input)) {
        throw Errors.error(
            "customVjp: the backward rule gives a gradient for the reference %s, made at %s, which the function or its forward rule writes. A gradient is given for references that are read: give null for this one, or pass its value() and write after the call.",
            path, r.core().site());
      }
      Var cell = cells.computeIfAbsent(input, i -> bb.input(p.args().get(i).type()));
      NamedRef.argument(r.core().type, cell, r.view(), r.core().site(), path, false).add(g);
    }
  }

  private static boolean writes(Tracing.Inner in, int input) {
    return Effects.written(in.program()).contains(in.program().inputs().get(input));
  }

  /**
   * Inputs: saved values, arrays captured by the rule, cotangents, all reference operands, and the
   * gradients of references.
   */
  private static Program closedBackward(Traced r, List<Var> alsoSaved, List<Var> operands) {
    r.backward.use(r.grads);
    var captured = List.copyOf(r.backward.captured());
    Program open = r.backward.close(r.grads, captured);
    var b = new Builder();
    var saved = inputs(b, r.savedInputs);
    var more = inputs(b, alsoSaved);
    var ct = inputs(b, r.cts);
    var refOperands = operands.stream().filter(v -> !v.isArray()).toList();
    var map = bound(refOperands, inputs(b, refOperands));
    var cells = inputs(b, List.copyOf(r.cells.values()));
    map.putAll(bound(alsoSaved, more));
    var args = Builder.cat(saved, ct, look(map, r.argRefs), cells, look(map, captured));
    return b.close(b.inline(open, args), List.of());
  }

  // ---------------------------------------------------------------- forward rules

  static @Nullable Object jvp(
      List<Object> functions, Tracing.Fun f, Tracing.Fun rule, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Own again = Own.find(functions, args);
    if (again != null) {
      return again.call(t, args);
    }
    Tracing.Inner p = Tracing.inner("a customJvp function", f, args, Tracing.AS_IS);
    if (p.args().stream().anyMatch(v -> !v.isArray())) {
      throw Errors.error(
          "a customJvp function takes no references as arguments; use them from outside, or use customVjp.");
    }
    var own = new Own(functions, p);
    Tracing.Inner r = own.in(() -> rule(p, rule, args));
    var captured = new LinkedHashSet<>(p.captured());
    captured.addAll(r.captured());
    var operands = Builder.cat(p.args(), captured);
    var pb = new Builder();
    var pi = inputs(pb, operands);
    Program primal = pb.close(pb.inline(p.program(), taken(p, pi, bound(operands, pi))), List.of());
    var made = new Program[1];
    var derivative = Rule.later(() -> own.ready(made[0]));
    Op op = new Op.CustomJvp(primal, derivative, wrt(p));
    if (own.called) {
      own.derived(op, List.copyOf(captured));
      r = own.in(() -> rule(p, rule, args));
    }
    made[0] = closedRule(p, r, operands);
    derivative.program();
    t.builder().site(Site.here());
    return Tree.unflatten(p.out(), Tracing.arrays(t.builder().emit(op, operands)));
  }

  /** The rule, at the arguments and then their tangents. */
  private static Tracing.Inner rule(Tracing.Inner p, Tracing.Fun rule, @Nullable Object[] args) {
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
    return r;
  }

  private static Program closedRule(Tracing.Inner p, Tracing.Inner r, List<Var> operands) {
    List<Integer> wrt = wrt(p);
    var b = new Builder();
    var in = inputs(b, operands);
    var mine = new ArrayList<>(in.subList(0, p.args().size()));
    for (int k = 0; k < p.args().size(); k++) {
      // The tangent of what is not differentiated is not there; the value stands in for it.
      mine.add(wrt.contains(k) ? b.input(p.args().get(k).type()) : in.get(k));
    }
    mine.addAll(look(bound(operands, in), r.captured()));
    return b.close(b.inline(r.program(), mine), List.of());
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
