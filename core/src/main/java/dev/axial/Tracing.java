package dev.axial;

import dev.axial.engine.Executable;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Checker;
import dev.axial.ir.Equation;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Var;
import dev.axial.transform.DeadCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Turns Java functions over trees into programs. */
final class Tracing {
  private static final boolean CHECK = Boolean.getBoolean("axial.check");

  private Tracing() {}

  /** A Java function of any number of arguments. */
  interface Fun {
    @Nullable Object call(@Nullable Object[] args);
  }

  /** What tracing a function inside a trace gave. */
  record Inner(
      Program program,
      Tree.Flat in,
      List<Var> args,
      List<Integer> inputOf,
      List<Var> captured,
      Tree.Structure out) {
    /** The outer variables of all inputs of the program. */
    List<Var> operands() {
      return Builder.cat(args, captured);
    }
  }

  /** A check of each program under a flag, which the tests set. */
  static Program checked(Program p) {
    return CHECK ? Checker.check(p) : p;
  }

  static Trace currentTrace() {
    Trace t = Trace.current();
    if (t == null) {
      throw new AxialException("internal error: no trace");
    }
    return t;
  }

  /** All arguments as one flat tree, with paths that start with the argument's position. */
  static Tree.Flat flatten(@Nullable Object[] args) {
    var leaves = new ArrayList<Tensor>();
    var parts = new ArrayList<Tree.Structure>();
    for (int k = 0; k < args.length; k++) {
      parts.add(Tree.flatten(args[k], "arg" + k, leaves));
    }
    var structure = new Tree.OfArray(Object.class, parts);
    return new Tree.Flat(leaves, new Tree.Paths(() -> argumentPaths(parts)), structure);
  }

  private static List<String> argumentPaths(List<Tree.Structure> parts) {
    var out = new ArrayList<String>();
    for (int k = 0; k < parts.size(); k++) {
      out.addAll(Tree.paths(parts.get(k), "arg" + k));
    }
    return out;
  }

  // ---------------------------------------------------------------- inside a trace

  /** How the inside of a function sees a leaf of its arguments. */
  interface Seen {
    /** The type of an array inside. */
    ArrayType array(int leaf, NamedArray outside);

    /** The view of a reference inside; its base is the type of the reference inside. */
    View ref(int leaf, NamedRef outside);

    /** That view, as the trace inside makes it of arrays from outside. */
    default View inside(int leaf, View view) {
      return view;
    }

    /** The axis that the function is mapped over, or null. */
    default @Nullable Axis lane() {
      return null;
    }
  }

  /** Arguments as they are. */
  static final Seen AS_IS =
      new Seen() {
        @Override
        public ArrayType array(int leaf, NamedArray outside) {
          return outside.type();
        }

        @Override
        public View ref(int leaf, NamedRef outside) {
          return outside.view();
        }
      };

  /** Traces a function in the current trace. */
  static Inner inner(String what, Fun f, @Nullable Object[] args, Seen seen) {
    Trace outer = currentTrace();
    Tree.Flat in = flatten(args);
    var b = new Builder();
    Trace t = Trace.child(b);
    t.function(what);
    t.lane(seen.lane());
    var outside = new ArrayList<Var>();
    var inputOf = new ArrayList<Integer>();
    var inside = new ArrayList<Tensor>();
    var refs = new HashMap<Var, Integer>();
    var inputs = new ArrayList<Var>();
    boolean[] shared = sharedRefs(in);
    for (int k = 0; k < in.leaves().size(); k++) {
      switch (in.leaves().get(k)) {
        case NamedArray x -> {
          Var v = b.input(seen.array(k, x));
          inputOf.add(inputs.size());
          inputs.add(v);
          outside.add(x.in(outer));
          inside.add(NamedArray.traced(v));
        }
        case NamedRef r -> {
          Var o = r.core().in(outer);
          View view = seen.ref(k, r);
          Integer known = refs.get(o);
          if (known == null) {
            known = inputs.size();
            refs.put(o, known);
            inputs.add(b.input(new RefType(view.base())));
            outside.add(o);
          } else if (!disjointFromEarlier(in, k)) {
            throw Errors.passedTwice(what, firstPathOf(in, k), in.paths().get(k), r.core().site());
          }
          inputOf.add(known);
          int leaf = k;
          inside.add(
              NamedRef.argument(
                  view.base(),
                  inputs.get(known),
                  t.step(() -> seen.inside(leaf, view)),
                  r.core().site(),
                  in.paths().get(k),
                  shared[k]));
        }
      }
    }
    Tree.Flat[] out = new Tree.Flat[1];
    List<Var> outs =
        t.run(() -> {
          out[0] =
              result(
                  what,
                  f.call(
                      (Object[])
                          java.util.Objects.requireNonNull(
                              Tree.unflatten(in.structure(), inside))));
          return outputs(t, out[0]);
        });
    List<Var> mine = b.use(outs);
    var captured = List.copyOf(b.captured());
    for (Var v : captured) {
      Integer passed = refs.get(v);
      if (passed != null) {
        int leaf = inputOf.indexOf(passed);
        throw Errors.closedOverAndPassed(
            what, ((NamedRef) in.leaves().get(leaf)).core().site(), in.paths().get(leaf));
      }
    }
    return new Inner(
        checked(b.close(mine, captured)), in, outside, inputOf, captured, out[0].structure());
  }

  static boolean sameStorage(NamedRef a, NamedRef b) {
    return a.core() == b.core()
        || a.core().storage != null && a.core().storage == b.core().storage
        || a.core().var != null && a.core().var == b.core().var;
  }

  private static boolean[] sharedRefs(Tree.Flat in) {
    var out = new boolean[in.leaves().size()];
    for (int k = 0; k < out.length; k++) {
      for (int j = 0; j < out.length; j++) {
        if (j != k
            && in.leaves().get(k) instanceof NamedRef a
            && in.leaves().get(j) instanceof NamedRef b
            && sameStorage(a, b)) {
          out[k] = true;
        }
      }
    }
    return out;
  }

  private static boolean disjointFromEarlier(Tree.Flat in, int k) {
    var r = (NamedRef) in.leaves().get(k);
    for (int j = 0; j < k; j++) {
      if (in.leaves().get(j) instanceof NamedRef o
          && sameStorage(o, r)
          && !Overlap.disjoint(o.view(), r.view())) {
        return false;
      }
    }
    return true;
  }

  private static String firstPathOf(Tree.Flat in, int k) {
    var r = (NamedRef) in.leaves().get(k);
    for (int j = 0; j < k; j++) {
      if (in.leaves().get(j) instanceof NamedRef o
          && sameStorage(o, r)
          && !Overlap.disjoint(o.view(), r.view())) {
        return in.paths().get(j);
      }
    }
    return in.paths().get(k);
  }

  /** The result of a function as a flat tree without references. */
  static Tree.Flat result(String what, @Nullable Object tree) {
    Tree.Flat out = Tree.flatten(tree, "result");
    for (int k = 0; k < out.leaves().size(); k++) {
      if (out.leaves().get(k) instanceof NamedRef r) {
        throw Errors.returnsRef(what, out.paths().get(k), r.core().site());
      }
    }
    return out;
  }

  private static List<Var> outputs(Trace t, Tree.Flat out) {
    return out.leaves().stream().map(x -> ((NamedArray) x).in(t)).toList();
  }

  static List<NamedArray> arrays(List<Var> vs) {
    return vs.stream().map(NamedArray::traced).toList();
  }

  // ---------------------------------------------------------------- from eager code

  /**
   * A traced program with what it needs from outside. It is compiled when its code is asked for.
   */
  static final class Root {
    private final Program program;
    private final List<Object> captured;
    private final Tree.Structure out;
    private volatile @Nullable Executable code;

    Root(Program program, List<Object> captured, Tree.Structure out) {
      this.program = program;
      this.captured = captured;
      this.out = out;
    }

    Program program() {
      return program;
    }

    List<Object> captured() {
      return captured;
    }

    Tree.Structure out() {
      return out;
    }

    Executable code() {
      Executable c = code;
      if (c == null) {
        c = Eager.compile(program); // the same for every thread
        code = c;
      }
      return c;
    }
  }

  /**
   * Runs a body in a trace: in the current one, or in eager code in one of its own, whose program
   * is run at once.
   */
  static <T> T now(String what, Supplier<T> body) {
    if (Trace.current() != null) {
      return body.get();
    }
    var b = new Builder();
    Trace t = Trace.child(b);
    Tree.Flat[] out = new Tree.Flat[1];
    List<Var> outs =
        t.run(() -> {
          out[0] = Tree.flatten(body.get());
          return outputs(t, traced(out[0]));
        });
    Program p = finished(b, outs);
    List<NamedArray> values = Eager.wrap(p, Eager.call(Eager.compile(p), t.captured()));
    // What came from outside and is handed through, such as a reference in a gradient's tree,
    // stays.
    var leaves = new ArrayList<Tensor>();
    int at = 0;
    for (Tensor x : out[0].leaves()) {
      leaves.add(fromOutside(x) ? x : values.get(at++));
    }
    return Tree.rebuild(out[0].structure(), leaves);
  }

  private static boolean fromOutside(Tensor x) {
    return switch (x) {
      case NamedArray a -> a.isConcrete();
      case NamedRef r -> r.core().storage != null;
    };
  }

  private static Tree.Flat traced(Tree.Flat out) {
    var leaves = out.leaves().stream().filter(x -> !fromOutside(x)).toList();
    return new Tree.Flat(leaves, List.of(), out.structure());
  }

  private static Program finished(Builder b, List<Var> outs) {
    return Deep.guarded(
        "a traced program was cleaned",
        () -> checked(DeadCode.remove(checked(b.close(outs, List.of())))));
  }

  /** Traces from eager code; the first inputs of the builder are the arguments. */
  static Root root(
      String what,
      Builder b,
      Supplier<? extends @Nullable Object> body,
      java.util.function.Consumer<Trace> prepare) {
    Trace t = Trace.child(b);
    t.function(what);
    prepare.accept(t);
    Tree.Flat[] out = new Tree.Flat[1];
    List<Var> outs =
        t.run(() -> {
          out[0] = result(what, body.get());
          return outputs(t, out[0]);
        });
    Program p = finished(b, outs);
    for (Object x : t.captured()) {
      if (x instanceof Store s) {
        s.retain(); // the code is used again when the scope of the array has ended
      }
    }
    return new Root(p, List.copyOf(t.captured()), out[0].structure());
  }

  /** Where a reference was made, for errors. */
  static String made(Trace t, Var ref) {
    if (ref.owner() instanceof Builder b) {
      Equation e = b.definition(ref);
      if (e != null && e.site() != null) {
        return String.valueOf(e.site());
      }
    }
    int k = t.root().capturedVars().indexOf(ref);
    if (k >= 0 && t.root().captured().get(k) instanceof Storage s) {
      return s.site();
    }
    return "an outer function";
  }
}
