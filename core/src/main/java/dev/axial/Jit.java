package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import dev.axial.ir.RefType;
import dev.axial.ir.Var;
import java.util.ArrayList;
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
  private final String what;
  private final Tracing.Fun f;
  private final Map<Key, Compiled> cache = new ConcurrentHashMap<>();

  Jit(String what, Tracing.Fun f) {
    this.what = what + " at " + Site.here();
    this.f = f;
  }

  private record Key(Tree.Structure structure, List<Object> leaves) {}

  /** What a view is apart from its data. */
  private record RefKey(
      int storage,
      dev.axial.ir.ArrayType base,
      List<PlaceKey> places,
      List<Dim> axes,
      boolean valid,
      boolean present) {}

  private sealed interface PlaceKey {}

  private record WholeKey() implements PlaceKey {}

  private record MovingKey(int step, int size) implements PlaceKey {}

  private record IndexKey(dev.axial.ir.ArrayType type, boolean raw) implements PlaceKey {}

  private record Compiled(Tracing.Root root) {}

  /** The arguments, taken apart. */
  private static final class Call {
    final Tree.Flat flat;
    final List<Object> keys = new ArrayList<>();
    final List<Object> data = new ArrayList<>();
    final Map<Storage, Integer> storages = new IdentityHashMap<>();

    Call(Tree.Flat flat) {
      this.flat = flat;
    }
  }

  @Nullable Object call(@Nullable Object[] args) {
    if (Trace.current() != null) {
      return nested(args);
    }
    Call c = apart(args);
    Compiled code = compiled(c);
    var inputs = new ArrayList<>(c.data);
    inputs.addAll(code.root.captured());
    List<Object> out = Eager.call(code.root.code(), inputs);
    return Tree.unflatten(code.root.out(), Eager.wrap(code.root.program(), out));
  }

  Lowered lower(@Nullable Object[] args) {
    if (Trace.current() != null) {
      throw Errors.error(
          "lower is for eager code; inside a traced function nothing is lowered on its own.");
    }
    Compiled code = compiled(apart(args));
    return new Lowered(
        new Program(code.root.program()), Eager.engine(), code.root.code(), this::call);
  }

  private Compiled compiled(Call c) {
    Key key = new Key(c.flat.structure(), c.keys);
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

  /** Inside another trace: a call of a program of its own. */
  private @Nullable Object nested(@Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tracing.Inner in = Tracing.inner(what, f, args, Tracing.AS_IS);
    t.builder().site(Site.here());
    var outs = t.builder().emit(new Op.Call(in.program(), "jit", false), in.operands());
    return Tree.unflatten(in.out(), Tracing.arrays(outs));
  }

  // ---------------------------------------------------------------- arguments

  private Call apart(@Nullable Object[] args) {
    var c = new Call(Tracing.flatten(args));
    var firstView = new ArrayList<NamedRef>();
    var firstPath = new ArrayList<String>();
    for (int k = 0; k < c.flat.leaves().size(); k++) {
      switch (c.flat.leaves().get(k)) {
        case NamedArray x -> {
          if (!x.isConcrete()) {
            throw Errors.leaked("the argument " + c.flat.paths().get(k));
          }
          c.keys.add(x.type());
          c.data.add(x.store("a call"));
        }
        case NamedRef r -> {
          Storage s = r.core().storage;
          r.core().alive();
          if (s == null) {
            throw Errors.leaked("the argument " + c.flat.paths().get(k));
          }
          for (int j = 0; j < firstView.size(); j++) {
            if (firstView.get(j).core().storage == s
                && !Overlap.disjoint(firstView.get(j).view(), r.view())) {
              throw Errors.passedTwice(what, firstPath.get(j), c.flat.paths().get(k), s.site());
            }
          }
          firstView.add(r);
          firstPath.add(c.flat.paths().get(k));
          addRef(c, r, s);
        }
      }
    }
    return c;
  }

  private static void addRef(Call c, NamedRef r, Storage s) {
    Integer known = c.storages.get(s);
    if (known == null) {
      known = c.storages.size();
      c.storages.put(s, known);
      c.data.add(s);
    }
    View v = r.view();
    var places = new ArrayList<PlaceKey>();
    for (int k = 0; k < v.places().size(); k++) {
      int n = v.base().dims().get(k).size();
      switch (v.places().get(k)) {
        case View.Range p when p.start() == 0 && p.step() == 1 && p.size() == n ->
            places.add(new WholeKey());
        case View.Range p -> {
          places.add(new MovingKey(p.step(), p.size()));
          c.data.add(scalar(p.start()));
        }
        case View.Moving p -> {
          places.add(new MovingKey(p.step(), p.size()));
          c.data.add(p.over() < 0 ? p.start().store("a view") : scalar(clamped(p)));
        }
        case View.Fixed p -> {
          places.add(new IndexKey(dev.axial.ir.ArrayType.scalar(DType.INT32), false));
          c.data.add(scalar(p.index()));
        }
        case View.Index p -> {
          places.add(new IndexKey(p.index().type(), p.raw()));
          c.data.add(p.index().store("a view"));
        }
      }
    }
    NamedArray valid = v.valid();
    NamedArray present = v.present();
    if (valid != null) {
      c.data.add(valid.store("a view"));
    }
    if (present != null) {
      c.data.add(present.store("a view"));
    }
    c.keys.add(new RefKey(known, v.base(), places, v.axes(), valid != null, present != null));
    if (valid != null) {
      c.keys.add(valid.type());
    }
    if (present != null) {
      c.keys.add(present.type());
    }
  }

  private static int clamped(View.Moving p) {
    int i = (int) p.start().item();
    return Math.clamp(i < 0 ? i + p.over() : i, 0, p.over() - p.size());
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
    return new Compiled(root);
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
            case View.Range p when p.start() == 0 && p.step() == 1 && p.size() == n -> p;
            case View.Range p ->
                new View.Moving(
                    input(b, inputs, dev.axial.ir.ArrayType.scalar(DType.INT32)),
                    p.step(),
                    p.size(),
                    -1);
            case View.Moving p ->
                new View.Moving(
                    input(b, inputs, dev.axial.ir.ArrayType.scalar(DType.INT32)),
                    p.step(),
                    p.size(),
                    -1);
            case View.Fixed _ ->
                new View.Index(input(b, inputs, dev.axial.ir.ArrayType.scalar(DType.INT32)), false);
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

  private static NamedArray input(Builder b, List<Var> inputs, dev.axial.ir.ArrayType t) {
    Var v = b.input(t);
    inputs.add(v);
    return NamedArray.traced(v);
  }
}
