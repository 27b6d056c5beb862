package dev.axial;

import dev.axial.engine.Executable;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Effects;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import dev.axial.transform.DeadCode;
import dev.axial.transform.Jvp;
import dev.axial.transform.PlumbingException;
import dev.axial.transform.Reverse;
import dev.axial.transform.TwoPhase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Derivatives of Java functions. */
final class Grads {
  private Grads() {}

  /** A value with more beside it, and the gradient with respect to one argument. */
  record Result(NamedArray value, @Nullable Object aux, @Nullable Object grad) {}

  /** The inputs of the program that are floating arrays of argument {@code at}. */
  private static List<Integer> differentiated(String what, Tracing.Inner in, int at) {
    var out = new ArrayList<Integer>();
    for (int k = 0; k < in.in().leaves().size(); k++) {
      if (of(in, k, at)
          && in.in().leaves().get(k) instanceof NamedArray x
          && x.dtype().isFloating()) {
        out.add(in.inputOf().get(k));
      }
    }
    if (out.isEmpty()) {
      throw Errors.nothingToDifferentiate(what);
    }
    return out;
  }

  private static boolean of(Tracing.Inner in, int leaf, int argument) {
    String path = in.in().paths().get(leaf);
    String arg = "arg" + argument;
    return path.equals(arg)
        || path.startsWith(arg) && !Character.isDigit(path.charAt(arg.length()));
  }

  /** Says which reference a derivative reached. */
  static AxialException plumbing(Tracing.Inner in, PlumbingException x) {
    for (int k = 0; k < in.in().leaves().size(); k++) {
      if (in.inputOf().get(k) == x.input() && in.in().leaves().get(k) instanceof NamedRef r) {
        return Errors.plumbing(in.in().paths().get(k), r.core().site(), x.site());
      }
    }
    Var outer = in.operands().get(x.input());
    return Errors.plumbing(
        "used from outside", Tracing.made(Tracing.currentTrace(), outer), x.site());
  }

  private static Reverse reverse(Builder b, Tracing.Inner in, List<Integer> wrt) {
    try {
      return Reverse.forward(b, in.program(), in.operands(), wrt);
    } catch (PlumbingException x) {
      throw plumbing(in, x);
    }
  }

  /** Value, auxiliary results and gradient, in the current trace. */
  static Result valueAndGrad(
      String what, Tracing.Fun f, int at, boolean aux, @Nullable Object[] args) {
    if (args[at] instanceof NamedRef r) {
      throw Errors.gradOfRef(what, "arg" + at, r.core().site());
    }
    Trace t = Tracing.currentTrace();
    Tracing.Inner in = Tracing.inner(what, f, args, Tracing.AS_IS);
    List<Integer> wrt = differentiated(what, in, at);
    Reverse r = reverse(t.builder(), in, wrt);
    List<NamedArray> outs = Tracing.arrays(r.values());
    Object result = Tree.unflatten(in.out(), outs);
    NamedArray value;
    Object more = null;
    if (aux) {
      if (!(result instanceof Axial.Aux<?> a)) {
        throw Errors.error(
            "%s: the function gives %s; expected aux(loss, anything).",
            what, result == null ? "nothing" : result.getClass().getSimpleName());
      }
      value = a.loss();
      more = a.aux();
    } else if (result instanceof NamedArray y) {
      value = y;
    } else {
      throw Errors.error(
          "%s: the function gives %s; expected a scalar NamedArray. For more results use valueAndGradAux.",
          what, result == null ? "nothing" : result.getClass().getSimpleName());
    }
    if (value.rank() != 0 || !value.dtype().isFloating()) {
      throw Errors.error(
          "%s: the function gives %s; expected a floating-point scalar. Reduce it with sum or mean, or use vjp or jacobian.",
          what, Errors.type(value.type()));
    }
    var seeds = new ArrayList<@Nullable Var>();
    for (int k = 0; k < outs.size(); k++) {
      seeds.add(k == 0 ? t.builder().num(value.dtype(), 1) : null);
    }
    List<@Nullable Var> grads = r.backward(t.builder(), seeds, Map.of());
    return new Result(value, more, gradTree(in, at, args[at], wrt, grads));
  }

  /** The argument's tree with its floating arrays replaced by gradients. */
  private static @Nullable Object gradTree(
      Tracing.Inner in,
      int at,
      @Nullable Object arg,
      List<Integer> wrt,
      List<@Nullable Var> grads) {
    Tree.Flat flat = Tree.flatten(arg);
    var out = new ArrayList<@Nullable Object>();
    int leaf = 0;
    while (!of(in, leaf, at)) {
      leaf++;
    }
    for (int k = 0; k < flat.leaves().size(); k++) {
      int i = wrt.indexOf(in.inputOf().get(leaf + k));
      Var g = i < 0 ? null : grads.get(i);
      out.add(g == null ? flat.leaves().get(k) : NamedArray.traced(g));
    }
    return Tree.unflatten(flat.structure(), out);
  }

  // ---------------------------------------------------------------- forward mode

  /**
   * Value and tangent, in the current trace. The tangents of integers and static parts are ignored.
   */
  static Axial.Jvp<Object> jvp(
      String what, Tracing.Fun f, @Nullable Object[] args, @Nullable Object[] tangents) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner in = Tracing.inner(what, f, args, Tracing.AS_IS);
    Tree.Flat dt = Tracing.flatten(tangents);
    if (!dt.structure().equals(in.in().structure())) {
      throw Errors.error(
          "%s: the tangents have the structure %s, the arguments %s.",
          what, Tree.describe(dt.structure()), Tree.describe(in.in().structure()));
    }
    int n = in.program().inputs().size();
    var ts = new ArrayList<@Nullable Var>();
    for (int k = 0; k < n; k++) {
      ts.add(null);
    }
    var moving = new MovingViews();
    for (int k = 0; k < dt.leaves().size(); k++) {
      Tensor x = in.in().leaves().get(k);
      if (!x.dtype().isFloating()) {
        continue;
      }
      switch (dt.leaves().get(k)) {
        case NamedArray d when x instanceof NamedArray a -> {
          if (!a.type().sameDims(d.type().with(a.dtype())) || d.dtype() != a.dtype()) {
            throw Errors.error(
                "%s: the tangent %s has type %s; expected %s, which the argument has. Cast or broadcast it to that.",
                what, in.in().paths().get(k), Errors.type(d.type()), Errors.type(a.type()));
          }
          ts.set(in.inputOf().get(k), Ops.broadcast(d, a.type().dims()).in(t));
        }
        case NamedRef d when x instanceof NamedRef r && d.core() != r.core() ->
            ts.set(
                in.inputOf().get(k),
                moving.of(in.inputOf().get(k), r, checked(what, in.in().paths().get(k), r, d), t));
        default -> {} // not over Op: a reference beside itself is plumbing
      }
    }
    Jvp.Out out;
    try {
      out = Jvp.apply(t.builder(), in.program(), in.operands(), ts);
    } catch (PlumbingException x) {
      throw plumbing(in, x);
    }
    moving.back();
    var values = Tracing.arrays(out.values());
    var tangentOut = new ArrayList<NamedArray>();
    for (int k = 0; k < values.size(); k++) {
      Var d = out.tangents().get(k);
      tangentOut.add(
          d == null
              ? Axial.zerosLike(values.get(k))
              : NamedArray.traced(t.builder().fit(d, values.get(k).type())));
    }
    return new Axial.Jvp<>(Tree.rebuild(in.out(), values), Tree.rebuild(in.out(), tangentOut));
  }

  private static NamedRef checked(String what, String path, NamedRef of, NamedRef given) {
    if (!given.view().type().sameDims(of.view().type()) || given.dtype() != of.dtype()) {
      throw Errors.error(
          "%s: the tangent %s is a reference of type %s; expected %s.",
          what, path, Errors.type(given.view().type()), Errors.type(of.view().type()));
    }
    return given;
  }

  /**
   * The tangents of references. That of a whole one is the reference given for it; the tangents of
   * views lie in a reference as large as what they are views of, and are copied to and from there.
   */
  private static final class MovingViews {
    private record Copy(NamedRef here, NamedRef given) {}

    private final Map<Integer, NamedRef> large = new HashMap<>();
    private final List<Copy> copies = new ArrayList<>();

    Var of(int input, NamedRef x, NamedRef given, Trace t) {
      if (x.view().isWhole() && given.view().isWhole() && given.core().type.equals(x.core().type)) {
        return given.core().in(t);
      }
      NamedRef all =
          large.computeIfAbsent(
              input,
              _ -> {
                ArrayType type = x.core().type;
                return NamedRef.make(Ops.broadcast(Ops.constant(type.dtype(), 0L), type.dims()));
              });
      Var v = all.core().in(t);
      NamedRef here =
          NamedRef.argument(x.core().type, v, x.view(), x.core().site(), x.core().path, false);
      here.set(given.get());
      copies.add(new Copy(here, given));
      return v;
    }

    void back() {
      copies.forEach(c -> c.given.set(c.here.get()));
    }
  }

  // ---------------------------------------------------------------- vjp

  /**
   * The function at a point, and its transposed derivative there. In eager code the forward pass
   * runs once and leaves what the backward pass needs; in a trace both go to it.
   */
  static final class Pullback<A, R extends @Nullable Object> implements Axial.Vjp<A, R> {
    private final String what;
    private final Tracing.Inner in;
    private final Builder builder;
    private final Reverse reverse;
    private final @Nullable Object arg;
    private final boolean wrapped;
    private final R value;
    private final @Nullable Trace own;
    private final @Nullable TwoPhase phases;
    private final List<Object> residuals;
    private final @Nullable Object bound;
    private final boolean isBound;
    private final boolean[] used;

    Pullback(String what, Tracing.Fun f, @Nullable Object[] args, boolean single) {
      this.what = what;
      Trace cur = Trace.current();
      own = cur == null ? Trace.child(new Builder()) : null;
      Trace t = cur == null ? java.util.Objects.requireNonNull(own) : cur;
      builder = t.builder();
      arg = single ? args[0] : args;
      wrapped = !single;
      in = t.step(() -> Tracing.inner(what, f, args, Tracing.AS_IS));
      reverse = t.step(() -> Grads.reverse(builder, in, wrtOf(in)));
      bound = null;
      isBound = false;
      used = new boolean[1];
      if (own == null) {
        value = Tree.rebuild(in.out(), Tracing.arrays(reverse.values()));
        phases = null;
        residuals = List.of();
        return;
      }
      phases = new TwoPhase(builder);
      // A backward pass made for its residuals alone.
      var seeds = new ArrayList<@Nullable Var>();
      for (Var v : reverse.values()) {
        seeds.add(v.type().differentiable() ? builder.input(v.type()) : null);
      }
      phases.mark();
      t.step(() -> reverse.backward(builder, seeds, Map.of()));
      List<Var> needed = phases.needed(List.of());
      Program forward = phases.forward(Builder.cat(reverse.values(), needed), t.capturedVars());
      Executable code = Eager.compile(forward);
      List<Object> got = Eager.call(code, t.captured());
      int n = reverse.values().size();
      var arrays = new ArrayList<NamedArray>();
      for (int k = 0; k < n; k++) {
        arrays.add(
            NamedArray.concrete(
                reverse.values().get(k).array(), (dev.axial.engine.Store) got.get(k)));
      }
      value = Tree.rebuild(in.out(), arrays);
      residuals = got.subList(n, got.size());
      saved = needed;
    }

    private List<Var> saved = List.of();

    private Pullback(Pullback<A, R> p, @Nullable Object bound) {
      what = p.what;
      in = p.in;
      builder = p.builder;
      reverse = p.reverse;
      arg = p.arg;
      wrapped = p.wrapped;
      value = p.value;
      own = p.own;
      phases = p.phases;
      residuals = p.residuals;
      saved = p.saved;
      used = p.used;
      this.bound = bound;
      isBound = true;
    }

    private static List<Integer> wrtOf(Tracing.Inner in) {
      var out = new ArrayList<Integer>();
      for (int k = 0; k < in.in().leaves().size(); k++) {
        if (in.in().leaves().get(k).dtype().isFloating() && !out.contains(in.inputOf().get(k))) {
          out.add(in.inputOf().get(k));
        }
      }
      if (out.isEmpty()) {
        throw Errors.nothingToDifferentiate("vjp");
      }
      return out;
    }

    @Override
    public R value() {
      return value;
    }

    @Override
    public Axial.Vjp<A, R> withRefs(Object gradTree) {
      return new Pullback<>(this, gradTree);
    }

    @Override
    public A apply(R ct) {
      Tree.Flat seeds = Tree.flatten(ct, "cotangent");
      if (!seeds.structure().equals(in.out())) {
        throw Errors.error(
            "%s: the cotangent has the structure %s; the function gives %s.",
            what, Tree.describe(seeds.structure()), Tree.describe(in.out()));
      }
      Binding b = new Binding();
      Trace t = Trace.current();
      if (t != null) {
        Reverse r = unused(t);
        var vars = new ArrayList<@Nullable Var>();
        for (int k = 0; k < seeds.leaves().size(); k++) {
          vars.add(seed(seeds, k).in(t));
        }
        var grads = r.backward(t.builder(), seedsFor(vars), b.cells(t));
        return Tree.unchecked(b.result(arrays(b.added(grads))));
      }
      return Tree.unchecked(eager(seeds, b));
    }

    private static List<@Nullable NamedArray> arrays(List<? extends @Nullable Var> grads) {
      var out = new ArrayList<@Nullable NamedArray>();
      for (Var g : grads) {
        out.add(g == null ? null : NamedArray.traced(g));
      }
      return out;
    }

    /**
     * The forward pass that the next backward pass belongs to. What a loop's forward pass leaves is
     * taken away by its backward pass; so for another one, or one in a loop, it runs again. So it
     * does in a trace for a pullback made outside.
     */
    private Reverse unused(Trace t) {
      boolean mine = own == null;
      if (mine && (!hasStacks() || !used[0] && t.lanesOnlyFrom(builder))) {
        used[0] = true;
        return reverse;
      }
      if (in.operands().stream().anyMatch(v -> !v.isArray())
          || in.program().equations().stream().anyMatch(e -> Effects.visible(e.op()))) {
        throw Errors.error(
            mine
                ? "%s: inside a traced function the pullback of a function with loops that uses references or calls Java is applied once, and not in a loop; call vjp again for another cotangent, or apply the pullback under vmap."
                : "%s: the pullback of a function that uses references or calls Java was made outside of this traced function, and would run it again; call vjp in the traced function.",
            what);
      }
      return Grads.reverse(t.builder(), mine ? in : seenFrom(t), wrtOf(in));
    }

    /** What eager code traced, with the concrete values it used as captures of another trace. */
    private Tracing.Inner seenFrom(Trace t) {
      Trace made = java.util.Objects.requireNonNull(own);
      java.util.function.UnaryOperator<Var> here =
          v -> {
            int k = made.capturedVars().indexOf(v);
            return k < 0
                ? t.builder().use(v)
                : t.capture(v.array(), (dev.axial.engine.Store) made.captured().get(k));
          };
      return new Tracing.Inner(
          in.program(),
          in.in(),
          in.args().stream().map(here).toList(),
          in.inputOf(),
          in.captured().stream().map(here).toList(),
          in.out());
    }

    private boolean hasStacks() {
      return in.program().equations().stream().anyMatch(e -> !e.op().bodies().isEmpty());
    }

    private List<@Nullable Var> seedsFor(List<@Nullable Var> all) {
      var out = new ArrayList<@Nullable Var>();
      for (int k = 0; k < all.size(); k++) {
        out.add(reverse.values().get(k).type().differentiable() ? all.get(k) : null);
      }
      return out;
    }

    private NamedArray seed(Tree.Flat seeds, int k) {
      var want = reverse.values().get(k).array();
      NamedArray s = seeds.leaves().get(k).value();
      if (!want.sameDims(s.type().with(want.dtype())) || s.dtype() != want.dtype()) {
        throw Errors.error(
            "%s: the %s has type %s; expected %s, which the function gives. Cast or broadcast it to that.",
            what, seeds.paths().get(k), Errors.type(s.type()), Errors.type(want));
      }
      return Ops.broadcast(s, want.dims());
    }

    private synchronized @Nullable Object eager(Tree.Flat seeds, Binding b) {
      Trace t = java.util.Objects.requireNonNull(own);
      TwoPhase two = java.util.Objects.requireNonNull(phases);
      two.mark();
      var inputs = new ArrayList<Var>();
      var values = new ArrayList<Object>();
      var vars = new ArrayList<@Nullable Var>();
      for (int k = 0; k < seeds.leaves().size(); k++) {
        NamedArray s = seed(seeds, k);
        if (!s.dtype().isFloating()) {
          vars.add(null);
          continue;
        }
        Var v = builder.input(s.type());
        vars.add(v);
        inputs.add(v);
        values.add(s.store("vjp"));
      }
      List<@Nullable Var> grads =
          t.step(() -> b.added(reverse.backward(builder, vars, b.cells(t))));
      var outs = new ArrayList<Var>();
      for (Var g : grads) {
        if (g != null) {
          outs.add(g);
        }
      }
      // What the backward pass takes from the forward pass, and which plumbing references it uses.
      var all = new ArrayList<>(inputs);
      var given = new ArrayList<>(values);
      for (int k = 0; k < saved.size(); k++) {
        all.add(saved.get(k));
        given.add(residuals.get(k));
      }
      var touched = two.used(outs);
      for (int k = 0; k < t.capturedVars().size(); k++) {
        Var v = t.capturedVars().get(k);
        if (!all.contains(v) && touched.contains(v)) {
          all.add(v);
          given.add(t.captured().get(k));
        }
      }
      Program backward = Tracing.checked(DeadCode.remove(two.backward(all, outs)));
      boolean plain = saved.stream().allMatch(Var::isArray);
      Executable code = plain ? Eager.compile(backward) : Eager.compileNow(backward);
      List<Object> got = Eager.call(code, given);
      var arrays = new ArrayList<@Nullable NamedArray>();
      int at = 0;
      for (Var g : grads) {
        arrays.add(
            g == null
                ? null
                : NamedArray.concrete(g.array(), (dev.axial.engine.Store) got.get(at++)));
      }
      return b.result(arrays);
    }

    /** Which gradients go into references, and which are wanted. */
    private final class Binding {
      /** For an input, the reference of its own type that takes its gradient on the way. */
      private final Map<Integer, NamedRef> whole = new HashMap<>();

      /** For a leaf, the view that its gradient is added to in the end. */
      private final Map<Integer, NamedRef> views = new HashMap<>();

      private final List<@Nullable Tensor> given = new ArrayList<>();
      private final List<Integer> wrt = wrtOf(in);

      Binding() {
        if (isBound) {
          Object tree = wrapped && !(bound instanceof Object[]) ? new Object[] {bound} : bound;
          collect(tree);
        }
        for (int k = 0; k < in.in().leaves().size(); k++) {
          bind(k, in.in().leaves().get(k), isBound ? given.get(k) : null);
        }
      }

      private void bind(int leaf, Tensor x, @Nullable Tensor g) {
        String path = in.in().paths().get(leaf);
        if (!x.dtype().isFloating()) {
          return;
        }
        if (x instanceof NamedRef && (g == null || g == Axial.GRAD_VALUE)) {
          throw Errors.error(
              "%s: the argument %s is a reference, and no gradient reference is bound for it. Call withRefs(gradTree) before apply, with a reference of the same axes, or DONT_WANT.",
              what, path);
        }
        if (!(g instanceof NamedRef r) || g == Axial.DONT_WANT || g == Axial.GRAD_VALUE) {
          return;
        }
        int input = in.inputOf().get(leaf);
        ArrayType source = in.program().inputs().get(input).type().array();
        ArrayType want = x instanceof NamedRef xr ? xr.view().type() : source;
        ArrayType type = r.view().type();
        if (r.view().isWhole() && type.equals(source) && !whole.containsKey(input)) {
          whole.put(input, r);
        } else if (type.sameDims(want) && type.dtype() == want.dtype()) {
          views.put(leaf, r);
        } else {
          throw Errors.error(
              "%s: the gradient reference for %s has type %s; expected %s. Make it with newRef(zeros(...)) of the argument's axes and dtype.",
              what, path, Errors.type(type), Errors.type(want));
        }
      }

      private void collect(@Nullable Object tree) {
        Tree.Flat flat = Tree.flatten(tree, "withRefs");
        if (flat.leaves().size() != in.in().leaves().size()) {
          throw Errors.error(
              "%s: withRefs needs a tree like the arguments, with %d leaves; got %d. Use DONT_WANT or GRAD_VALUE where there is no reference.",
              what, in.in().leaves().size(), flat.leaves().size());
        }
        given.addAll(flat.leaves());
      }

      Map<Integer, Var> cells(Trace t) {
        var out = new HashMap<Integer, Var>();
        whole.forEach((input, r) -> out.put(input, r.core().in(t)));
        return out;
      }

      /** Adds gradients to views; those that remain are asked for as values. */
      List<@Nullable Var> added(List<@Nullable Var> grads) {
        views.forEach((leaf, r) -> {
          Var g = grads.get(wrt.indexOf(in.inputOf().get(leaf)));
          if (g != null) {
            r.add(g.isArray() ? NamedArray.traced(g) : part(leaf, g));
          }
        });
        var out = new ArrayList<@Nullable Var>(grads);
        for (int k = 0; k < in.in().leaves().size(); k++) {
          int i = wrt.indexOf(in.inputOf().get(k));
          boolean wanted = !isBound || given.get(k) == Axial.GRAD_VALUE || !isRef(given.get(k));
          if (i >= 0 && (!wanted || in.in().leaves().get(k) instanceof NamedRef)) {
            out.set(i, null);
          }
        }
        return out;
      }

      private static boolean isRef(@Nullable Tensor g) {
        return g instanceof NamedRef;
      }

      /** The gradient of a view, out of that of the whole reference. */
      private NamedArray part(int leaf, Var adjoint) {
        var x = (NamedRef) in.in().leaves().get(leaf);
        return NamedRef.argument(
                x.core().type, adjoint, x.view(), x.core().site(), x.core().path, false)
            .get();
      }

      @Nullable Object result(List<? extends @Nullable NamedArray> grads) {
        var out = new ArrayList<@Nullable Object>();
        for (int k = 0; k < in.in().leaves().size(); k++) {
          int i = wrt.indexOf(in.inputOf().get(k));
          NamedArray g = i < 0 ? null : grads.get(i);
          out.add(g == null ? in.in().leaves().get(k) : g);
        }
        Object tree = Tree.unflatten(in.in().structure(), out);
        return wrapped ? tree : ((Object[]) java.util.Objects.requireNonNull(tree))[0];
      }
    }
  }
}
