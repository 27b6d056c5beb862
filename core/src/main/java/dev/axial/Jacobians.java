package dev.axial;

import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

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

  private static NamedArray mapped(
      List<Axis> lanes, Function<NamedArray, NamedArray> f, NamedArray e) {
    Function<NamedArray, NamedArray> g = f;
    for (Axis lane : lanes.reversed()) {
      g = Axial.vmap(g, lane);
    }
    return g.apply(e);
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

  private static void real(NamedArray x) {
    if (!x.dtype().isFloating()) {
      throw Errors.nothingToDifferentiate("jacobian");
    }
  }

  /** The tangents of f along a basis of the argument's space. */
  static NamedArray forward(Function<NamedArray, NamedArray> f, NamedArray x) {
    real(x);
    List<Dim> in = x.type().dims();
    List<Axis> lanes = primed(in, in);
    NamedArray j = mapped(lanes, e -> Axial.jvp(f, x, e).tangent(), basis(lanes, in, x.dtype()));
    List<Dim> out = j.type().dims().subList(lanes.size(), j.rank());
    var order = new ArrayList<>(out);
    lanes.forEach(a -> order.add(a.dim()));
    NamedArray r = Ops.broadcast(j, order);
    var names = new LinkedHashMap<String, String>();
    for (int k = 0; k < lanes.size(); k++) {
      String name = in.get(k).name();
      if (out.stream().noneMatch(d -> d.name().equals(name))) {
        names.put(lanes.get(k).name(), name);
      }
    }
    return r.rename(names);
  }

  /** The pullbacks of a basis of the result's space. */
  static NamedArray reverse(Function<NamedArray, NamedArray> f, NamedArray x) {
    real(x);
    Axial.Vjp<NamedArray, NamedArray> pull = Axial.vjp(f, x);
    NamedArray y = pull.value();
    List<Dim> out = y.type().dims();
    var taken = new ArrayList<>(out);
    taken.addAll(x.type().dims());
    List<Axis> lanes = primed(out, taken);
    NamedArray j = mapped(lanes, pull::apply, basis(lanes, out, y.dtype()));
    var names = new LinkedHashMap<String, String>();
    for (Dim d : x.type().dims()) {
      if (out.stream().anyMatch(o -> o.name().equals(d.name()))) {
        names.put(d.name(), d.name() + "'");
      }
    }
    for (int k = 0; k < lanes.size(); k++) {
      names.put(lanes.get(k).name(), out.get(k).name());
    }
    return j.rename(names);
  }
}
