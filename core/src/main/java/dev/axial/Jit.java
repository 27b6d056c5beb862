package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Var;
import dev.axial.transform.Inline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A function that is compiled once for each structure of its arguments. The key is: the trees with
 * their static parts, the types of arrays, the axes of references and the kinds of their views, and
 * which references share a storage. Where a view starts is data.
 */
final class Jit {
  /** How deep calls may nest in a program. */
  private static final int CALLS = 32;

  private final String what;
  private final Tracing.Fun f;
  private final Map<Signature, Compiled> cache = new ConcurrentHashMap<>();

  /**
   * What the last call ran. The next one is likely to be of the same form, and to say so is quick.
   */
  private volatile @Nullable Compiled last;

  /** The same function with its result written into a reference, once that is asked for. */
  private volatile @Nullable Jit into;

  Jit(String what, Tracing.Fun f) {
    this(f, what + " at " + Site.here());
  }

  private Jit(Tracing.Fun f, String what) {
    this.what = what;
    this.f = f;
  }

  /** Compiled code, with what it was compiled for. */
  private static final class Compiled {
    final Tracing.Root root;
    final Tree.OfArray structure;
    final Object[] keys;
    final Object[] captured;

    /** How many values come from the arguments, and the storages of all inputs. */
    final int data;

    final int storages;

    /** Whether no two references share a storage. */
    final boolean distinct;

    Compiled(Tracing.Root root, Call c) {
      this.root = root;
      structure = (Tree.OfArray) c.flat.structure();
      keys = c.keys.toArray();
      captured = root.captured().toArray();
      data = c.data.size();
      int n = 0;
      int refs = 0;
      for (Object x : captured) {
        n += x instanceof Storage ? 1 : 0;
      }
      for (Object k : keys) {
        refs += k instanceof Signature.OfRef ? 1 : 0;
      }
      storages = refs + n;
      distinct = refs == c.storages.size();
    }
  }

  /** Arguments that come as those before them, where nothing is made but the list of inputs. */
  private static final class Again implements Tree.Sink {
    final Compiled code;
    final Object[] inputs;
    final Storage[] storages;
    private int leaf;
    private int inputCount;
    int storageCount;

    Again(Compiled code) {
      this.code = code;
      inputs = new Object[code.data + code.captured.length];
      storages = code.storages == 0 ? NO_STORAGES : new Storage[code.storages];
    }

    /** Whether the arguments are of the form that the code was compiled for. */
    boolean takes(@Nullable Object[] args) {
      List<Tree.Structure> parts = code.structure.parts();
      if (!code.distinct || args.length != parts.size()) {
        return false;
      }
      for (int k = 0; k < args.length; k++) {
        if (!Tree.matches(parts.get(k), args[k], this)) {
          return false;
        }
      }
      int mine = storageCount;
      if (mine > 1) {
        storageCount = Eager.ordered(storages, mine);
        if (storageCount < mine) {
          return false; // two views of one storage: they may overlap
        }
      }
      if (code.captured.length > 0) {
        System.arraycopy(code.captured, 0, inputs, inputCount, code.captured.length);
        if (code.storages > mine) {
          for (Object x : code.captured) {
            if (x instanceof Storage s) {
              storages[storageCount++] = s;
            }
          }
          storageCount = Eager.ordered(storages, storageCount);
        }
      }
      return true;
    }

    @Override
    public boolean add(Tensor t) {
      Object key = code.keys[leaf++];
      switch (t) {
        case NamedArray x -> {
          if (!x.isConcrete() || !x.type().equals(key)) {
            return false;
          }
          inputs[inputCount++] = x.store("a call");
        }
        case NamedRef r -> {
          Storage s = r.core().storage;
          View v = r.view();
          if (!(key instanceof Signature.OfRef k) || s == null || !s.alive() || !k.fits(v)) {
            return false;
          }
          storages[storageCount++] = s;
          inputs[inputCount++] = s;
          if (!v.isWhole()) {
            var data = new ArrayList<Object>();
            addData(v, data);
            for (Object x : data) {
              inputs[inputCount++] = x;
            }
          }
        }
      }
      return true;
    }
  }

  private static final Storage[] NO_STORAGES = {};

  /** The arguments, taken apart. */
  static final class Call {
    final Tree.Flat flat;
    final List<Object> keys = new ArrayList<>();
    final List<Object> data = new ArrayList<>();
    final Map<Storage, Integer> storages = new IdentityHashMap<>();

    Call(Tree.Flat flat) {
      this.flat = flat;
    }

    Signature signature() {
      return new Signature(flat.structure(), keys);
    }
  }

  @Nullable Object call(@Nullable Object[] args) {
    if (Trace.current() != null) {
      return nested(args);
    }
    Compiled code = last;
    if (code != null) {
      var again = new Again(code);
      if (again.takes(args)) {
        return result(
            code,
            Eager.call(
                code.root.code(), Arrays.asList(again.inputs), again.storages, again.storageCount));
      }
    }
    Call c = apart(what, args);
    code = compiled(c);
    last = code;
    c.data.addAll(code.root.captured());
    return result(code, Eager.call(code.root.code(), c.data));
  }

  /** Calls it and writes its result into a reference, in one program. */
  void callInto(NamedRef out, @Nullable Object[] args) {
    Jit j = into;
    if (j == null) {
      j = new Jit(this::write, "applyInto of " + what);
      into = j;
    }
    var all = new @Nullable Object[args.length + 1];
    all[0] = out;
    System.arraycopy(args, 0, all, 1, args.length);
    Object _ = j.call(all);
  }

  private @Nullable Object write(@Nullable Object[] all) {
    Object result = f.call(Arrays.copyOfRange(all, 1, all.length));
    if (!(result instanceof NamedArray x)) {
      throw Errors.intoOne(what, result);
    }
    ((NamedRef) java.util.Objects.requireNonNull(all[0])).set(x);
    return null;
  }

  private static @Nullable Object result(Compiled code, List<Object> out) {
    return Tree.unflatten(code.root.out(), Eager.wrap(code.root.program(), out));
  }

  Lowered lower(@Nullable Object[] args) {
    if (Trace.current() != null) {
      throw Errors.error(
          "lower is for eager code; inside a traced function nothing is lowered on its own. Call it outside, on the whole function.");
    }
    Compiled code = compiled(apart(what, args));
    return new Lowered(
        what, new Signature(code.structure, List.of(code.keys)), code.root, this::call);
  }

  private Compiled compiled(Call c) {
    Signature key = c.signature();
    Compiled known = cache.get(key);
    if (known != null) {
      return known;
    }
    Compiled made = trace(c);
    if (cache.size() == 7) {
      System.getLogger("dev.axial")
          .log(
              System.Logger.Level.WARNING,
              "{0} is compiled for the eighth time. If a number in its arguments changes from call to call, pass it as scalar(x).",
              what);
    }
    Compiled first = cache.putIfAbsent(key, made);
    return first != null ? first : made;
  }

  private @Nullable Object nested(@Nullable Object[] args) {
    return nested(what, f, args);
  }

  /** Inside another trace: a call of a program of its own. */
  static @Nullable Object nested(String what, Tracing.Fun f, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner in = Tracing.inner(what, f, args, Tracing.AS_IS);
    t.builder().site(Site.here());
    // A call that holds many is written out, so that passes need not go as deep as calls do.
    Program p = in.program().depth() < CALLS ? in.program() : Inline.calls(in.program());
    var outs = t.builder().emit(new Op.Call(p, "jit", false), in.operands());
    return Tree.unflatten(in.out(), Tracing.arrays(outs));
  }

  // ---------------------------------------------------------------- arguments

  /** The arguments of a function, apart; they are concrete, and no two references overlap. */
  static Call apart(String what, @Nullable Object[] args) {
    var c = new Call(Tracing.flatten(args));
    var views = new IdentityHashMap<Storage, List<Integer>>();
    for (int k = 0; k < c.flat.leaves().size(); k++) {
      switch (c.flat.leaves().get(k)) {
        case NamedArray x -> {
          if (!x.isConcrete()) {
            throw Errors.leaked("the argument " + c.flat.paths().get(k), x.function());
          }
          c.keys.add(x.type());
          c.data.add(x.store("a call"));
        }
        case NamedRef r -> {
          Storage s = r.core().storage;
          r.core().alive();
          if (s == null) {
            throw Errors.leaked(
                "the argument " + c.flat.paths().get(k), Trace.function(r.core().var));
          }
          List<Integer> others = views.computeIfAbsent(s, _ -> new ArrayList<>(1));
          for (int j : others) {
            if (!Overlap.disjoint(((NamedRef) c.flat.leaves().get(j)).view(), r.view())) {
              throw Errors.passedTwice(
                  what, c.flat.paths().get(j), c.flat.paths().get(k), s.site());
            }
          }
          others.add(k);
          addRef(c, r.view(), s);
        }
      }
    }
    return c;
  }

  private static void addRef(Call c, View v, Storage s) {
    Integer known = c.storages.get(s);
    if (known == null) {
      known = c.storages.size();
      c.storages.put(s, known);
      c.data.add(s);
    }
    c.keys.add(Signature.OfRef.of(known, v));
    addData(v, c.data);
  }

  private static void addData(View v, List<Object> data) {
    v.data(
        new View.Data() {
          @Override
          public void number(int place) {
            data.add(scalar(place));
          }

          @Override
          public void window(View.Moving p) {
            data.add(p.over() < 0 ? p.start().store("a view") : scalar(Plain.from(p)));
          }

          @Override
          public void array(NamedArray indices) {
            data.add(indices.store("a view"));
          }
        });
  }

  private static Store scalar(int v) {
    return Store.of(DType.INT32, new int[] {v});
  }

  // ---------------------------------------------------------------- tracing

  /** Inputs in the order of {@link Call#data}. */
  private Compiled trace(Call c) {
    var b = new Builder();
    var inputs = new ArrayList<Var>();
    var leaves = new ArrayList<Tensor>();
    var storages = new IdentityHashMap<Storage, Var>();
    var counts = new IdentityHashMap<Storage, Integer>();
    for (Tensor t : c.flat.leaves()) {
      if (t instanceof NamedRef r && r.core().storage != null) {
        counts.merge(java.util.Objects.requireNonNull(r.core().storage), 1, Integer::sum);
      }
    }
    for (int k = 0; k < c.flat.leaves().size(); k++) {
      switch (c.flat.leaves().get(k)) {
        case NamedArray x -> {
          Var v = b.input(x.type());
          inputs.add(v);
          leaves.add(NamedArray.traced(v));
        }
        case NamedRef r -> {
          Storage s = java.util.Objects.requireNonNull(r.core().storage);
          Var v = storages.get(s);
          if (v == null) {
            v = b.input(new RefType(s.type()));
            storages.put(s, v);
            inputs.add(v);
          }
          View view = standIn(b, inputs, r.view());
          leaves.add(
              NamedRef.argument(
                  s.type(),
                  v,
                  view,
                  s.site(),
                  c.flat.paths().get(k),
                  counts.getOrDefault(s, 1) > 1));
        }
      }
    }
    var paths = new IdentityHashMap<Storage, String>();
    for (int k = 0; k < c.flat.leaves().size(); k++) {
      if (c.flat.leaves().get(k) instanceof NamedRef r && r.core().storage != null) {
        paths.putIfAbsent(
            java.util.Objects.requireNonNull(r.core().storage), c.flat.paths().get(k));
      }
    }
    Tracing.Root root =
        Tracing.root(
            what,
            b,
            () ->
                f.call(
                    (Object[])
                        java.util.Objects.requireNonNull(
                            Tree.unflatten(c.flat.structure(), leaves))),
            t -> storages.forEach((s, v) -> t.pass(s, paths.getOrDefault(s, "an argument"))));
    return new Compiled(root, c);
  }

  /** The same view with its data as inputs. */
  private static View standIn(Builder b, List<Var> inputs, View v) {
    if (v.isWhole()) {
      return v;
    }
    var places = new ArrayList<View.Place>();
    for (int k = 0; k < v.places().size(); k++) {
      int n = v.base().dims().get(k).size();
      places.add(
          switch (v.places().get(k)) {
            case View.Range p when p.covers(n) -> p;
            case View.Range p ->
                new View.Moving(
                    input(b, inputs, ArrayType.scalar(DType.INT32)), p.step(), p.size(), -1);
            case View.Moving p ->
                new View.Moving(
                    input(b, inputs, ArrayType.scalar(DType.INT32)), p.step(), p.size(), -1);
            case View.Fixed _ ->
                new View.Index(input(b, inputs, ArrayType.scalar(DType.INT32)), false);
            case View.Index p -> new View.Index(input(b, inputs, p.index().type()), p.raw());
          });
    }
    NamedArray valid = v.valid();
    NamedArray present = v.present();
    return new View(
        v.base(),
        places,
        v.axes(),
        valid == null ? null : input(b, inputs, valid.type()),
        present == null ? null : input(b, inputs, present.type()),
        List.of("what was selected before the call"));
  }

  private static NamedArray input(Builder b, List<Var> inputs, ArrayType t) {
    Var v = b.input(t);
    inputs.add(v);
    return NamedArray.traced(v);
  }
}
