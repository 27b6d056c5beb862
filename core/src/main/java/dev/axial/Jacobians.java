package dev.axial;

import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Full derivatives: one pullback or tangent for each element of a basis, all at once by vmap. */
final class Jacobians {
  private Jacobians() {}

  private static Axis primed(Dim d, List<Dim> taken) {
    String name = d.name() + "'";
    String free = name;
    while (taken.stream().map(Dim::name).anyMatch(free::equals)) {
      free += "'";
    }
    return new Axis(free, d.size());
  }

  /** 1 where each primed axis's index is that of its own axis. */
  private static NamedArray basis(List<Axis> primed, List<Dim> own, DType t) {
    NamedArray e = Ops.constant(t, 1L);
    for (int k = 0; k < own.size(); k++) {
      NamedArray i = Axial.arange(primed.get(k));
      NamedArray j = Axial.arange(new Axis(own.get(k).name(), own.get(k).size()));
      e = e.times(i.eq(j).astype(t));
    }
    var dims = new ArrayList<>(primed.stream().map(Axis::dim).toList());
    dims.addAll(own);
    return Ops.broadcast(e, dims);
  }

  private static Tracing.Fun fun(Function<NamedArray, NamedArray> f) {
    return x -> f.apply((NamedArray) x[0]);
  }

  private static NamedArray mapped(
      String what, List<Axis> lanes, Function<NamedArray, NamedArray> f, NamedArray e) {
    Function<NamedArray, NamedArray> g = f;
    for (Axis lane : lanes.reversed()) {
      Function<NamedArray, NamedArray> inner = g;
      g = x -> array(Mapping.vmapOurs(what, fun(inner), lane, new Object[] {x}));
    }
    return g.apply(e);
  }

  private static NamedArray array(@Nullable Object result) {
    return (NamedArray) Objects.requireNonNull(result);
  }

  private static List<Axis> primed(List<Dim> dims, List<Dim> taken) {
    var all = new ArrayList<>(taken);
    var out = new ArrayList<Axis>();
    for (Dim d : dims) {
      Axis a = primed(d, all);
      all.add(a.dim());
      out.add(a);
    }
    return out;
  }

  /**
   * What the argument's axes are called beside the result's: an axis whose name is taken gets
   * primes until it is free. So the result's axes keep their names, and of several derivatives each
   * has a prime more than the one before. Names of axes that a vmap around maps are taken too.
   */
  private static Map<String, String> names(List<Dim> in, List<Dim> out) {
    var taken = new HashSet<String>();
    out.forEach(d -> taken.add(d.name()));
    List<String> clash = in.stream().map(Dim::name).filter(taken::contains).toList();
    in.forEach(d -> taken.add(d.name()));
    Trace t = Trace.current();
    if (t != null) {
      t.lanes().forEach(a -> taken.add(a.name()));
    }
    var names = new LinkedHashMap<String, String>();
    for (String name : clash) {
      String free = name + "'";
      while (!taken.add(free)) {
        free += "'";
      }
      names.put(name, free);
    }
    return names;
  }

  private static void real(String what, NamedArray x) {
    if (!x.dtype().isFloating()) {
      throw Errors.nothingToDifferentiate(what);
    }
  }

  /** The result of a function that is differentiated, which is one array of real numbers. */
  private static NamedArray real(String what, @Nullable Object y) {
    if (!(y instanceof NamedArray a) || !a.dtype().isFloating()) {
      throw Errors.error(
          "%s: the function gives %s; expected one floating-point array. Convert it with astype, or choose what to differentiate.",
          what,
          y instanceof NamedArray a
              ? Errors.type(a.type())
              : y == null ? "nothing" : y.getClass().getSimpleName());
    }
    return a;
  }

  /** The tangents of f along a basis of the argument's space. */
  static NamedArray forward(String what, Function<NamedArray, NamedArray> f, NamedArray x) {
    real(what, x);
    List<Dim> in = x.type().dims();
    // No name of the result's, whatever that is.
    List<Axis> lanes =
        primed(in.stream().map(d -> new Dim(d.name() + "'lane", d.size())).toList(), List.of());
    NamedArray j =
        mapped(
            what,
            lanes,
            e -> real(what, Grads.jvp(what, fun(f), new Object[] {x}, new Object[] {e}).tangent()),
            basis(lanes, in, x.dtype()));
    List<Dim> out = j.type().dims().subList(lanes.size(), j.rank());
    var order = new ArrayList<>(out);
    lanes.forEach(a -> order.add(a.dim()));
    Map<String, String> own = names(in, out);
    var names = new LinkedHashMap<String, String>();
    for (int k = 0; k < lanes.size(); k++) {
      String name = in.get(k).name();
      names.put(lanes.get(k).name(), own.getOrDefault(name, name));
    }
    return Ops.broadcast(j, order).rename(names);
  }

  /** The pullbacks of a basis of the result's space. */
  static NamedArray reverse(String what, Function<NamedArray, NamedArray> f, NamedArray x) {
    real(what, x);
    var pull =
        new Grads.Pullback<NamedArray, @Nullable Object>(what, fun(f), new Object[] {x}, true);
    NamedArray y = real(what, pull.value());
    List<Dim> in = x.type().dims();
    List<Dim> out = y.type().dims();
    var taken = new ArrayList<>(out);
    taken.addAll(in);
    List<Axis> lanes = primed(out, taken);
    NamedArray j = mapped(what, lanes, pull::apply, basis(lanes, out, y.dtype()));
    var names = new LinkedHashMap<>(names(in, out));
    for (int k = 0; k < lanes.size(); k++) {
      names.put(lanes.get(k).name(), out.get(k).name());
    }
    return j.rename(names);
  }

  /** Forward over reverse. */
  static NamedArray hessian(Function<NamedArray, NamedArray> f, NamedArray x) {
    return forward(
        "hessian",
        z -> array(Grads.valueAndGrad("hessian", fun(f), 0, false, new Object[] {z}).grad()),
        x);
  }
}
