package dev.axial;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loops and branches. A scan is a counted loop: what it reads step by step are indexed reads of
 * captured arrays, and what it stacks goes to a reference that is made before and frozen after, so
 * every transformation treats it without a rule of its own.
 */
final class Loops {
  private Loops() {}

  /** The leaves of a carry, which are arrays. */
  private static Tree.Flat carryLeaves(String what, Object tree) {
    Tree.Flat flat = Tree.flatten(tree, "carry");
    for (int k = 0; k < flat.leaves().size(); k++) {
      if (flat.leaves().get(k) instanceof NamedRef r) {
        throw Errors.error(
            "%s carries a reference (%s, made at %s). References are not carried: use it in the body from outside.",
            what, flat.paths().get(k), r.core().site());
      }
    }
    return flat;
  }

  private static List<NamedArray> arrays(Tree.Flat flat) {
    return flat.leaves().stream().map(x -> (NamedArray) x).toList();
  }

  private static List<Var> vars(List<NamedArray> xs, Trace t) {
    return xs.stream().map(x -> x.in(t)).toList();
  }

  /** The next carry, checked to have the types of the first one; axes may come in another order. */
  private static List<NamedArray> nextCarry(String what, Tree.Flat first, Object next) {
    Tree.Flat now = carryLeaves(what, next);
    if (!now.structure().equals(first.structure())) {
      throw Errors.error(
          "%s: the carry starts as %s and the body gives %s. The body must give back the same structure.",
          what, Tree.describe(first.structure()), Tree.describe(now.structure()));
    }
    var out = new ArrayList<NamedArray>();
    for (int k = 0; k < now.leaves().size(); k++) {
      ArrayType a = ((NamedArray) first.leaves().get(k)).type();
      NamedArray x = (NamedArray) now.leaves().get(k);
      if (x.dtype() != a.dtype() || !x.type().sameDims(a)) {
        throw Errors.error(
            "%s: %s starts as %s and the body gives %s. A carry keeps its dtype and axes: start it with the type that the body gives, or convert in the body (astype, sum, broadcast).",
            what, now.paths().get(k), Errors.type(a), Errors.type(x.type()));
      }
      out.add(Ops.broadcast(x, a.dims()));
    }
    return out;
  }

  // ---------------------------------------------------------------- counted loops

  private record Counted(List<NamedArray> carry) {}

  private interface CountedBody {
    List<NamedArray> step(NamedArray i, List<NamedArray> carry);
  }

  /** carry = body(i, carry) for i = 0 … n-1, or from the end. */
  private static Counted counted(int n, boolean reverse, List<NamedArray> init, CountedBody body) {
    Trace t = Tracing.currentTrace();
    var b = new Builder();
    Trace in = Trace.child(b);
    NamedArray i = NamedArray.traced(b.input(ArrayType.scalar(DType.INT32)));
    var carry = init.stream().map(x -> NamedArray.traced(b.input(x.type()))).toList();
    var first = vars(init, t);
    String site = Site.here();
    List<Var> outs = in.run(() -> vars(body.step(i, carry), in));
    t.builder().site(site);
    return new Counted(Tracing.arrays(t.builder().scan(b, outs, n, reverse, first)));
  }

  /**
   * The options of a scan.
   *
   * @param checkpoints blocks of steps whose first carries are saved for reverse mode; 0 for none
   */
  record Options(Axis axis, boolean reverse, int unroll, int checkpoints) {
    static Options of(Axis axis) {
      return new Options(axis, false, 1, 0);
    }

    Options over(Axis other, int saved) {
      return new Options(other, reverse, unroll, saved);
    }
  }

  /** See {@link Axial#scan}. */
  @SuppressWarnings("unchecked")
  static <C, X, Y> Axial.Step<C, Y> scan(
      Options o, C init, X xs, BiFunction<C, X, Axial.Step<C, Y>> f) {
    int steps = o.axis.size();
    if (o.checkpoints == steps && steps > 0) {
      return scan(o.over(o.axis, 0), init, xs, Axial.checkpoint(f));
    }
    if (o.checkpoints > 0) {
      return Tracing.now("scan", () -> blocks(o, init, xs, f));
    }
    return Tracing.now(
        "scan",
        () ->
            (Axial.Step<C, Y>)
                scanTraced(
                    "scan over " + o.axis.name(),
                    o,
                    init,
                    xs,
                    (c, x) -> {
                      Axial.Step<C, Y> s = f.apply((C) c, (X) x);
                      if (s == null) {
                        throw Errors.error(
                            "scan over '%s': the body gives null; expected step(carry, y).",
                            o.axis.name());
                      }
                      return new StepOut(s.carry(), s.y());
                    }));
  }

  /** The leaves of what is scanned over; those that have the axis have its size. */
  private static Tree.Flat scanned(String what, Axis axis, @Nullable Object xs) {
    Tree.Flat given = Tree.flatten(xs, "xs");
    for (int k = 0; k < given.leaves().size(); k++) {
      Integer size = given.leaves().get(k).shape().get(axis.name());
      if (size != null && size != axis.size()) {
        throw Errors.error(
            "%s of size %d: %s has the axis with size %d. Give the axis of what is scanned over, all of one size.",
            what, axis.size(), given.paths().get(k), size);
      }
    }
    return given;
  }

  /** A scan over blocks of steps, each of which is a scan that is computed again. */
  private static <C, X, Y> Axial.Step<C, Y> blocks(
      Options o, C init, X xs, BiFunction<C, X, Axial.Step<C, Y>> f) {
    Tree.Flat given = scanned("scan over " + o.axis.name(), o.axis, xs);
    int size = o.axis.size() / o.checkpoints;
    Axis part = o.axis.resize(size);
    Axis block = new Axis(o.axis.name() + "'block", o.checkpoints);
    Options outer = new Options(block, o.reverse, 1, 0);
    BiFunction<C, NamedArray, Axial.Step<C, Y>> run =
        Axial.checkpoint((C c, NamedArray k) ->
            scan(o.over(part, size), c, window(given, o.axis, k.times(size), size), f));
    Axial.Step<C, Y> all = scan(outer, init, Axial.arange(block), run);
    Y y = Tree.map(x -> x.hasAxis(block.name()) ? joined(x, block, part) : x, all.y());
    return new Axial.Step<>(all.carry(), y);
  }

  /** What is scanned over, from a step on; references as views. */
  private static <X> X window(Tree.Flat flat, Axis axis, NamedArray start, int size) {
    var leaves = new ArrayList<Tensor>();
    for (Tensor t : flat.leaves()) {
      leaves.add(
          !t.hasAxis(axis.name())
              ? t
              : switch (t) {
                case NamedArray x -> x.get(axis.ds(start, size));
                case NamedRef r -> r.slice(axis.ds(start, size));
              });
    }
    return Tree.rebuild(flat.structure(), leaves);
  }

  /** The axes of blocks and of their steps as one, in front as a scan has it. */
  private static NamedArray joined(NamedArray x, Axis block, Axis part) {
    return Axial.flattenAxes(x, part.name(), block, part);
  }

  private record StepOut(@Nullable Object carry, @Nullable Object y) {}

  private static Axial.Step<?, ?> scanTraced(
      String what,
      Options o,
      @Nullable Object init,
      @Nullable Object xs,
      BiFunction<@Nullable Object, @Nullable Object, StepOut> f) {
    int n = o.axis.size();
    Tree.Flat first = carryLeaves(what, init == null ? List.of() : init);
    Tree.Flat given = scanned(what, o.axis, xs);
    var ys = new Stacked(what, o);
    if (n == 0) {
      ys.types(first, given, f);
    }
    int blocks = n / o.unroll;
    int rest = n - blocks * o.unroll;
    List<NamedArray> carry = arrays(first);
    // The remainder of an unrolled loop runs on its own, after it or, backwards, before it.
    if (rest > 0 && o.reverse) {
      carry = run(what, o, first, given, f, ys, carry, rest, blocks * o.unroll, 1);
    }
    if (blocks > 0) {
      carry = run(what, o, first, given, f, ys, carry, blocks, 0, o.unroll);
    }
    if (rest > 0 && !o.reverse) {
      carry = run(what, o, first, given, f, ys, carry, rest, blocks * o.unroll, 1);
    }
    var out = ys.refs.stream().map(NamedRef::freeze).toList();
    Object last = init == null ? null : Tree.unflatten(first.structure(), carry);
    return new Axial.Step<Object, Object>(Tree.unchecked(last), Tree.rebuild(ys.structure, out));
  }

  private static @Nullable Object slices(Options o, Tree.Flat given, NamedArray i) {
    var out = new ArrayList<Tensor>();
    Selection here = new Selections.Many(o.axis.name(), i);
    for (Tensor x : given.leaves()) {
      out.add(
          !x.shape().containsKey(o.axis.name())
              ? x
              : switch (x) {
                case NamedArray a -> a.get(here);
                case NamedRef r -> r.slice(here);
              });
    }
    return Tree.unflatten(given.structure(), out);
  }

  /**
   * The references that a scan's results go to. They are made in the trace of the scan when the
   * first step has said what the results are.
   */
  private static final class Stacked {
    final String what;
    final Options o;
    final Trace outer = Tracing.currentTrace();
    final List<NamedRef> refs = new ArrayList<>();
    Tree.Structure structure = new Tree.Empty();
    boolean known;

    Stacked(String what, Options o) {
      this.what = what;
      this.o = o;
    }

    List<Tensor> leaves(@Nullable Object y) {
      Tree.Flat flat = Tracing.result("the body of " + what, y);
      if (!known) {
        known = true;
        structure = flat.structure();
        for (Tensor x : flat.leaves()) {
          ArrayType t = ((NamedArray) x).type();
          if (t.has(o.axis.name())) {
            throw Errors.error(
                "%s: the body gives %s, which has the scanned axis already; rename it.",
                what, Errors.type(t));
          }
          List<dev.axial.ir.Dim> dims = t.plusFirst(o.axis.dim()).dims();
          refs.add(
              outer.step(() -> NamedRef.make(Ops.broadcast(Ops.constant(t.dtype(), 0L), dims))));
        }
      }
      return flat.leaves();
    }

    /** For a scan of no steps: traces the body for its types alone. */
    void types(
        Tree.Flat first,
        Tree.Flat given,
        BiFunction<@Nullable Object, @Nullable Object, StepOut> f) {
      var b = new Builder();
      NamedArray i = NamedArray.traced(b.input(ArrayType.scalar(DType.INT32)));
      var carry = arrays(first).stream().map(x -> NamedArray.traced(b.input(x.type()))).toList();
      var _ =
          Trace.child(b)
              .run(() -> {
                StepOut s = f.apply(Tree.unflatten(first.structure(), carry), slices(o, given, i));
                nextCarry(what, first, s.carry == null ? List.of() : s.carry);
                return leaves(s.y);
              });
    }
  }

  private static List<NamedArray> run(
      String what,
      Options o,
      Tree.Flat first,
      Tree.Flat given,
      BiFunction<@Nullable Object, @Nullable Object, StepOut> f,
      Stacked ys,
      List<NamedArray> carry,
      int count,
      int start,
      int unroll) {
    return counted(
            count,
            o.reverse,
            carry,
            (k, now) -> {
              List<NamedArray> c = now;
              for (int j = 0; j < unroll; j++) {
                int at = o.reverse ? unroll - 1 - j : j;
                NamedArray i = unroll == 1 && start == 0 ? k : k.times(unroll).plus(start + at);
                StepOut s = f.apply(Tree.unflatten(first.structure(), c), slices(o, given, i));
                c = nextCarry(what, first, s.carry == null ? List.of() : s.carry);
                List<Tensor> y = ys.leaves(s.y);
                for (int m = 0; m < y.size(); m++) {
                  ys.refs
                      .get(m)
                      .at(new Selections.Many(o.axis.name(), i))
                      .set((NamedArray) y.get(m));
                }
              }
              return c;
            })
        .carry;
  }

  /** See {@link Axial#foriLoop}; static bounds. */
  @SuppressWarnings("unchecked")
  static <C> C foriLoop(int lo, int hi, C init, BiFunction<NamedArray, C, C> f) {
    if ((long) hi - lo > Integer.MAX_VALUE) { // more rounds than a scan has
      return foriLoop(Axial.scalar(lo), Axial.scalar(hi), init, f);
    }
    return Tracing.now(
        "foriLoop",
        () -> {
          Tree.Flat first = carryLeaves("foriLoop", init);
          int n = (int) Math.max(0, (long) hi - lo);
          Counted c =
              counted(
                  n,
                  false,
                  arrays(first),
                  (k, now) -> {
                    NamedArray i = lo == 0 ? k : k.plus(lo);
                    return nextCarry(
                        "foriLoop",
                        first,
                        f.apply(
                            i,
                            (C)
                                java.util.Objects.requireNonNull(
                                    Tree.unflatten(first.structure(), now))));
                  });
          return Tree.<C>rebuild(first.structure(), c.carry);
        });
  }

  private record Counter<C>(NamedArray i, C carry) {}

  /** The upper bound is a value, whose dtype the lower one takes if it can. */
  static <C> C foriLoop(int lo, NamedArray hi, C init, BiFunction<NamedArray, C, C> f) {
    boolean fits = hi.dtype() == DType.INT64 || hi.dtype() == DType.UINT32 && lo >= 0;
    return foriLoop(Axial.scalar(lo, fits ? hi.dtype() : DType.INT32), hi, init, f);
  }

  /**
   * Bounds that are values. They are counted in their dtype, and the last number is below the upper
   * one, so no number of rounds is computed and nothing wraps.
   */
  static <C> C foriLoop(NamedArray lo, NamedArray hi, C init, BiFunction<NamedArray, C, C> f) {
    for (NamedArray x : List.of(lo, hi)) {
      if (x.rank() > 0 || !x.dtype().isInteger()) {
        throw Errors.error("the bounds of foriLoop are integers; got %s.", Errors.type(x.type()));
      }
    }
    DType t = DType.promote(lo.dtype(), hi.dtype());
    NamedArray end = hi.astype(t);
    return whileLoop(
            "foriLoop",
            new Counter<>(lo.astype(t), init),
            c -> c.i.lt(end),
            c -> new Counter<>(c.i.plus(1), f.apply(c.i, c.carry)))
        .carry;
  }

  // ---------------------------------------------------------------- while

  /** See {@link Axial#whileLoop}. */
  static <C> C whileLoop(
      String what, C init, Function<C, NamedArray> condition, Function<C, C> body) {
    return Tracing.now(
        what,
        () -> {
          Tree.Flat first = carryLeaves(what, init);
          Trace t = Tracing.currentTrace();
          var start = vars(arrays(first), t);
          var cb = new Builder();
          var bb = new Builder();
          Trace ct = Trace.child(cb);
          Trace bt = Trace.child(bb);
          var cc = arrays(first).stream().map(x -> NamedArray.traced(cb.input(x.type()))).toList();
          var bc = arrays(first).stream().map(x -> NamedArray.traced(bb.input(x.type()))).toList();
          Var go =
              ct.run(() -> {
                NamedArray p = condition.apply(Tree.rebuild(first.structure(), cc));
                predicate(what, p);
                return p.in(ct);
              });
          List<Var> outs =
              bt.run(() ->
                  vars(
                      nextCarry(what, first, body.apply(Tree.rebuild(first.structure(), bc))), bt));
          var program = cb.close(List.of(go), cb.captured());
          for (Var v : dev.axial.ir.Effects.written(program)) {
            Var ref =
                List.copyOf(cb.captured()).get(program.inputs().indexOf(v) - first.leaves().size());
            throw Errors.error(
                "the condition of %s writes the reference made at %s. A condition only reads; write in the body.",
                what, Tracing.made(t, ref));
          }
          t.builder().site(Site.here());
          return Tree.<C>rebuild(
              first.structure(), Tracing.arrays(t.builder().loop(cb, go, bb, outs, start)));
        });
  }

  private static void predicate(String what, NamedArray p) {
    if (p.dtype() != DType.BOOL || p.rank() != 0) {
      throw Errors.error(
          "the condition of %s is one boolean; got %s. Compare, and reduce with any or all.",
          what, Errors.type(p.type()));
    }
  }

  // ---------------------------------------------------------------- cond

  /** See {@link Axial#cond}. */
  @SuppressWarnings("unchecked")
  static <R extends @Nullable Object> R cond(
      String what, NamedArray p, Supplier<R> yes, Supplier<R> no) {
    predicate(what, p);
    return Tracing.<Wrapped<R>>now(
            what,
            () -> {
              Trace t = Tracing.currentTrace();
              var yb = new Builder();
              var nb = new Builder();
              Tree.Flat[] out = new Tree.Flat[2];
              List<Var> ys = branch(what + " (true branch)", Trace.child(yb), yes, out, 0, null);
              List<Var> ns = branch(what + " (false branch)", Trace.child(nb), no, out, 1, out[0]);
              t.builder().site(Site.here());
              List<Var> got = t.builder().cond(p.in(t), yb, ys, nb, ns, List.of());
              return new Wrapped<>((R) Tree.unflatten(out[0].structure(), Tracing.arrays(got)));
            })
        .value;
  }

  private record Wrapped<R extends @Nullable Object>(R value) {}

  private static List<Var> branch(
      String what,
      Trace in,
      Supplier<? extends @Nullable Object> f,
      Tree.Flat[] out,
      int k,
      Tree.@Nullable Flat like) {
    return in.run(() -> {
      Tree.Flat flat = Tracing.result(what, f.get());
      out[k] = flat;
      if (like == null) {
        return vars(arrays(flat), in);
      }
      if (!flat.structure().equals(like.structure())) {
        throw Errors.error(
            "cond: the true branch gives %s and the false branch %s. Both must give the same structure.",
            Tree.describe(like.structure()), Tree.describe(flat.structure()));
      }
      var vs = new ArrayList<Var>();
      for (int j = 0; j < flat.leaves().size(); j++) {
        ArrayType a = ((NamedArray) like.leaves().get(j)).type();
        NamedArray x = (NamedArray) flat.leaves().get(j);
        if (x.dtype() != a.dtype() || !x.type().sameDims(a)) {
          throw Errors.error(
              "cond: the true branch gives %s for %s and the false branch %s. Both must give the same type; use astype or broadcast.",
              Errors.type(a), flat.paths().get(j), Errors.type(x.type()));
        }
        vs.add(Ops.broadcast(x, a.dims()).in(in));
      }
      return vs;
    });
  }
}
