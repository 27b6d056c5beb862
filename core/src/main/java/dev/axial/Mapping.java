package dev.axial;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.Var;
import dev.axial.transform.RenameAxes;
import dev.axial.transform.Vmap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Vectorization of Java functions over a named axis. */
final class Mapping {
  private Mapping() {}

  /** The function at every element of the axis, in the current trace. */
  static @Nullable Object vmap(String what, Tracing.Fun f, Axis axis, @Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tree.Flat flat = Tracing.flatten(args);
    var mapped = new boolean[flat.leaves().size()];
    for (int k = 0; k < mapped.length; k++) {
      Tensor x = flat.leaves().get(k);
      Integer size = x.shape().get(axis.name());
      boolean shared = x instanceof NamedArray a ? a.isUnmapped() : ((NamedRef) x).isUnmapped();
      mapped[k] = size != null && !shared;
      if (size != null && mapped[k] && !size.equals(axis.size())) {
        throw Errors.error(
            "%s over %s: %s has the axis with size %d.", what, axis, flat.paths().get(k), size);
      }
    }
    Tracing.Inner in = Tracing.inner(what, f, args, new Lanes(axis, mapped));
    for (Var v : in.captured()) {
      if (v.type().array().has(axis.name())) {
        throw Errors.error(
            "%s over '%s': the function uses %s %s from outside, which has the axis '%s' too. Pass it as an argument to map over it, or wrap it with unmapped(...) as an argument to share it.",
            what,
            axis.name(),
            v.isArray() ? "an array" : "a reference",
            Errors.type(v.type().array()),
            axis.name());
      }
    }
    return emit(what, t, in, flat, mapped, axis);
  }

  /** Inside, mapped leaves lack the axis. */
  private record Lanes(Axis lane, boolean[] mapped) implements Tracing.Seen {
    @Override
    public ArrayType array(int leaf, NamedArray outside) {
      return mapped[leaf] ? outside.type().without(lane.name()) : outside.type();
    }

    @Override
    public View ref(int leaf, NamedRef outside) {
      View v = outside.view();
      if (!mapped[leaf]) {
        return v;
      }
      String axis = lane.name();
      int k = v.base().indexOf(axis);
      if (k < 0
          || !(v.places().get(k) instanceof View.Range
              || v.places().get(k) instanceof View.Moving)) {
        throw Errors.error(
            "a view whose axis '%s' comes from an index array cannot be mapped over it: lanes might share an element. Map over a range of the reference, or loop.",
            axis);
      }
      for (View.Place p : v.places()) {
        if (p instanceof View.Index i && i.index().hasAxis(axis)) {
          throw Errors.error(
              "a view whose index array has the mapped axis '%s' cannot be mapped over it.", axis);
        }
      }
      var places = new ArrayList<>(v.places());
      places.remove(k);
      List<Dim> axes = v.axes().stream().filter(d -> !d.name().equals(axis)).toList();
      return new View(v.base().without(axis), places, axes, v.valid(), v.present(), v.staged());
    }
  }

  // ---------------------------------------------------------------- operations on lanes

  /** The innermost vmap's axis of this name. */
  private static Dim lane(String what, AxisSelector axis) {
    Trace t = Trace.current();
    List<Axis> lanes = t == null ? List.of() : t.lanes();
    for (Axis a : lanes) {
      if (a.name().equals(axis.name())) {
        if (axis instanceof Axis b && b.size() != a.size()) {
          throw Errors.error(
              "%s over %s: vmap maps this axis with size %d here.", what, axis, a.size());
        }
        return new Dim(a.name(), a.size());
      }
    }
    throw Errors.error(
        "%s over '%s': no vmap around this maps an axis of that name; %s. Call it in a function given to vmap(f, axis), or reduce an axis of the array with sum, mean, max or min.",
        what,
        axis.name(),
        lanes.isEmpty()
            ? "no axis is mapped here"
            : "mapped here: "
                + String.join(
                    ", ", lanes.stream().map(a -> a.name() + "=" + a.size()).distinct().toList()));
  }

  static NamedArray index(AxisSelector axis) {
    return Ops.emit(new Op.LaneIndex(lane("axisIndex", axis)));
  }

  static NamedArray reduce(String what, Fn.Reduce fn, NamedArray x, AxisSelector axis) {
    Dim lane = lane(what, axis);
    if (x.dtype() == DType.KEY) {
      throw Errors.error("%s over '%s' of keys: expected numbers.", what, lane.name());
    }
    NamedArray y = x.dtype() == DType.BOOL ? x.astype(DType.INT32) : x;
    NamedArray out = Ops.emit(new Op.LaneReduce(fn, lane), y);
    return x.dtype() == DType.BOOL && fn != Fn.Reduce.SUM ? out.astype(DType.BOOL) : out;
  }

  static NamedArray mean(NamedArray x, AxisSelector axis) {
    if (x.dtype().isHalf()) { // the number of lanes may be none of the dtype's
      return mean(Ops.cast(x, DType.FLOAT32), axis).astype(x.dtype());
    }
    NamedArray f = x.dtype() == DType.KEY ? x : Ops.cast(x, Ops.floating(x.dtype()));
    return reduce("pmean", Fn.Reduce.SUM, f, axis).div((double) lane("pmean", axis).size());
  }

  static NamedArray gather(NamedArray x, AxisSelector axis, String to) {
    Dim lane = lane("allGather", axis);
    if (x.hasAxis(to)) {
      throw Errors.error(
          "allGather over '%s' along '%s': the array %s has this axis already; give another name.",
          lane.name(), to, Errors.type(x.type()));
    }
    return Ops.emit(new Op.LaneGather(lane, to), x);
  }

  // ---------------------------------------------------------------- vmap

  private static @Nullable Object emit(
      String what, Trace t, Tracing.Inner in, Tree.Flat flat, boolean[] mapped, Axis axis) {
    Program p = in.program();
    String lane = axis.name();
    boolean uses = RenameAxes.uses(p, lane);
    String free = lane;
    if (uses) {
      free = fresh(p, lane);
      p = RenameAxes.of(p, lane, free);
    }
    var vmap = new Vmap(new Dim(lane, axis.size()));
    Map<Integer, Integer> leafOf = new java.util.HashMap<>();
    for (int k = 0; k < flat.leaves().size(); k++) {
      leafOf.putIfAbsent(in.inputOf().get(k), k);
    }
    var xs = new ArrayList<Var>();
    for (int k = 0; k < in.args().size(); k++) {
      Var v = in.args().get(k);
      int leaf = leafOf.getOrDefault(k, -1);
      if (leaf >= 0 && mapped[leaf]) {
        if (flat.leaves().get(leaf) instanceof NamedRef r) {
          laneView(t, vmap, v, r, lane);
        }
        xs.add(v);
      } else if (v.type().array().has(lane)) {
        if (!v.isArray()) {
          throw Errors.error(
              "%s over '%s': the unmapped reference %s has the axis '%s' itself; rename the mapped axis.",
              what, lane, flat.paths().get(leaf), lane);
        }
        xs.add(t.builder().one(new Op.Rename(List.of(lane), List.of(free)), v));
      } else {
        xs.add(v);
      }
    }
    xs.addAll(in.captured());
    var outs = new ArrayList<NamedArray>();
    for (Var v : vmap.run(t.builder(), p, xs)) {
      if (uses && v.array().has(free)) {
        throw Errors.error(
            "%s over '%s': the function gives an array that has an axis '%s' of its own; rename it.",
            what, lane, lane);
      }
      outs.add(NamedArray.traced(v));
    }
    return Tree.unflatten(in.out(), outs);
  }

  private static void laneView(Trace t, Vmap vmap, Var v, NamedRef r, String lane) {
    View.Place p = r.view().places().get(r.view().base().indexOf(lane));
    int n = r.view().base().dim(lane).size();
    switch (p) {
      case View.Range q when q.start() == 0 && q.step() == 1 && q.size() == n -> {}
      case View.Range q ->
          vmap.view(
              v, new Vmap.LaneView(new Sel.Window(lane, q.start(), q.step(), q.size()), null));
      case View.Moving q when q.step() == 1 ->
          vmap.view(v, new Vmap.LaneView(new Sel.Ds(lane, q.size()), q.start().in(t)));
      case View.Moving _, View.Fixed _, View.Index _ ->
          throw Errors.error(
              "a view that takes every n-th element of '%s' from a traced start cannot be mapped over it; map over a window with step 1.",
              lane);
    }
  }

  private static String fresh(Program p, String lane) {
    String name = lane + "'";
    while (RenameAxes.uses(p, name)) {
      name += "'";
    }
    return name;
  }
}
