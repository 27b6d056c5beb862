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
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Vectorization of Java functions over a named axis. */
final class Mapping {
  private Mapping() {}

  /** The function at every element of the axis, in the current trace. */
  static @Nullable Object vmap(String what, Tracing.Fun f, Axis axis, @Nullable Object[] args) {
    return vmap(what, f, axis, args, false);
  }

  /**
   * The same for an axis that we made: an array from outside that has one of its name has an axis
   * of its own.
   */
  static @Nullable Object vmapOurs(String what, Tracing.Fun f, Axis axis, @Nullable Object[] args) {
    return vmap(what, f, axis, args, true);
  }

  private static @Nullable Object vmap(
      String what, Tracing.Fun f, Axis axis, @Nullable Object[] args, boolean ours) {
    Trace t = Tracing.currentTrace();
    Tree.Flat flat = Tracing.flatten(args);
    var mapped = new boolean[flat.leaves().size()];
    var names = new String[mapped.length];
    java.util.Arrays.fill(names, "");
    for (int k = 0; k < mapped.length; k++) {
      Tensor x = flat.leaves().get(k);
      Integer size = x.shape().get(axis.name());
      boolean shared = x instanceof NamedArray a ? a.isUnmapped() : ((NamedRef) x).isUnmapped();
      mapped[k] = size != null && !shared;
      if (size != null && mapped[k] && !size.equals(axis.size())) {
        throw Errors.error(
            "%s over %s: %s has the axis with size %d. Give the axis of the arguments, all of one size; or pass it as unmapped(...), or rename its axis.",
            what, axis, flat.paths().get(k), size);
      }
    }
    alike(what, axis, flat, mapped);
    Tracing.Inner in = Tracing.inner(what, f, args, new Lanes(axis, mapped, names));
    if (!ours) {
      someHasIt(what, axis, flat, in.program());
    }
    for (Var v : in.captured()) {
      if (v.type().array().has(axis.name()) && !(ours && v.isArray())) {
        throw v.isArray()
            ? Errors.error(
                "%s over '%s': the function uses an array %s from outside, which has the axis '%s' too. Pass it as an argument to map over it, or wrap it with unmapped(...) as an argument to share it.",
                what, axis.name(), Errors.type(v.type().array()), axis.name())
            : Errors.error(
                "%s over '%s': the function uses a reference %s from outside, made at %s, which has the axis '%s' too. Pass it as an argument to map over it; to share it, rename the axis of the arrays and map over that.",
                what, axis.name(), Errors.type(v.type().array()), Tracing.made(t, v), axis.name());
      }
    }
    return emit(what, t, in, flat, mapped, axis);
  }

  /** All lanes alike are a slip, unless the function asks which of them it is in. */
  private static void someHasIt(String what, Axis axis, Tree.Flat flat, Program p) {
    var names = new TreeSet<String>();
    for (Tensor x : flat.leaves()) {
      names.addAll(x.shape().keySet());
    }
    if (flat.leaves().isEmpty() || names.contains(axis.name()) || asksForLanes(p, axis.name())) {
      return;
    }
    throw Errors.error(
        "%s over '%s': no argument has this axis; %s. Map over an axis that an argument has; a function that is to run once for each of %s with the same arguments asks which it is in with axisIndex.",
        what,
        axis.name(),
        names.isEmpty() ? "they have none" : "they have " + String.join(", ", names),
        axis);
  }

  private static boolean asksForLanes(Program p, String lane) {
    return p.equations().stream()
        .anyMatch(e ->
            e.op() instanceof Op.LaneIndex i && i.lane().name().equals(lane)
                || e.op() instanceof Op.LaneReduce r && r.lane().name().equals(lane)
                || e.op() instanceof Op.LaneGather g && g.lane().name().equals(lane)
                || e.op().bodies().stream().anyMatch(q -> asksForLanes(q, lane)));
  }

  /** Views of one reference are one reference inside, so the lanes lie in it in one way. */
  private static void alike(String what, Axis axis, Tree.Flat flat, boolean[] mapped) {
    for (int k = 0; k < mapped.length; k++) {
      for (int j = 0; j < k; j++) {
        if (flat.leaves().get(j) instanceof NamedRef a
            && flat.leaves().get(k) instanceof NamedRef b
            && Tracing.sameStorage(a, b)
            && a.view().base().has(axis.name())
            && (mapped[j] != mapped[k] || !lanes(a, axis).equals(lanes(b, axis)))) {
          throw Errors.error(
              "%s over '%s': %s and %s are views of the reference made at %s, and lie differently along the axis. Pass the value() of one that is only read, or loop.",
              what, axis.name(), flat.paths().get(j), flat.paths().get(k), a.core().site());
        }
      }
    }
  }

  private static View.Place lanes(NamedRef r, Axis axis) {
    return r.view().places().get(r.view().base().indexOf(axis.name()));
  }

  /**
   * Inside, mapped leaves lack the axis. What a view selects along it by index arrays has the name
   * in {@code names} there until each lane takes its own.
   */
  private record Lanes(Axis lane, boolean[] mapped, String[] names) implements Tracing.Seen {
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
      int own = v.base().indexOf(axis);
      if (own >= 0 && !along(v.places().get(own), axis)) {
        throw Errors.error(
            "a view cannot be mapped over '%s' where its reference has an axis '%s' that selections have consumed, or one by an index array with further axes. Map over an axis of another name, or loop.",
            axis, axis);
      }
      String inside = axis;
      do {
        inside += "'";
      } while (v.base().has(inside) || v.type().has(inside));
      var places = new ArrayList<View.Place>();
      for (int k = 0; k < v.places().size(); k++) {
        if (k != own) {
          places.add(
              v.places().get(k) instanceof View.Index i
                  ? new View.Index(renamed(i.index(), axis, inside), i.raw())
                  : v.places().get(k));
        }
      }
      List<Dim> axes = v.axes().stream().filter(d -> !d.name().equals(axis)).toList();
      names[leaf] = inside;
      return new View(
          own < 0 ? v.base() : v.base().without(axis),
          places,
          axes,
          v.valid() == null ? null : renamed(v.valid(), axis, inside),
          v.present() == null ? null : renamed(v.present(), axis, inside),
          v.staged());
    }

    /** Whether the lanes lie along the reference's own axis. */
    private static boolean along(View.Place p, String axis) {
      return p instanceof View.Range
          || p instanceof View.Moving
          || p instanceof View.Index i && i.index().type().names().equals(List.of(axis));
    }

    /** An array from outside must not have the name of the lanes. */
    private static NamedArray renamed(NamedArray x, String axis, String inside) {
      return x.hasAxis(axis) ? x.rename(axis, inside) : x;
    }

    /** Of what goes along the lanes, each lane takes its own. */
    @Override
    public View inside(int leaf, View v) {
      String name = names[leaf];
      return name.isEmpty()
          ? v
          : new View(
              v.base(),
              v.places().stream()
                  .map(p ->
                      p instanceof View.Index i
                          ? new View.Index(mine(i.index(), name), i.raw())
                          : p)
                  .toList(),
              v.axes(),
              v.valid() == null ? null : mine(v.valid(), name),
              v.present() == null ? null : mine(v.present(), name),
              v.staged());
    }

    private NamedArray mine(NamedArray x, String name) {
      return x.hasAxis(name) ? x.get(new Axis(name, lane.size()).at(Mapping.index(lane))) : x;
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
              "%s over %s: vmap maps this axis with size %d here; give that axis, or its name.",
              what, axis, a.size());
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
      throw Errors.error(
          "%s over '%s' of keys: expected numbers. Draw from the keys first, or gather them with allGather.",
          what, lane.name());
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
              "%s over '%s': the unmapped reference %s, made at %s, has the axis '%s' itself. To share it, rename the axis of the arrays and map over that.",
              what, lane, flat.paths().get(leaf), Tracing.made(t, v), lane);
        }
        xs.add(renamed(t, v, lane, free));
      } else {
        xs.add(v);
      }
    }
    for (Var v : in.captured()) {
      xs.add(v.type().array().has(lane) ? renamed(t, v, lane, free) : v);
    }
    name(t, vmap, in, flat);
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

  private static Var renamed(Trace t, Var v, String lane, String free) {
    return t.builder().one(new Op.Rename(List.of(lane), List.of(free)), v);
  }

  /** What errors call the references: their paths, and where they were made. */
  private static void name(Trace t, Vmap vmap, Tracing.Inner in, Tree.Flat flat) {
    for (int k = flat.leaves().size() - 1; k >= 0; k--) {
      if (flat.leaves().get(k) instanceof NamedRef r) {
        Var v = in.args().get(in.inputOf().get(k));
        vmap.whose(v, flat.paths().get(k) + ", made at " + r.core().site());
      }
    }
    for (Var v : in.captured()) {
      if (!v.isArray()) {
        vmap.whose(v, "used from outside, made at " + Tracing.made(t, v));
      }
    }
  }

  private static void laneView(Trace t, Vmap vmap, Var v, NamedRef r, String lane) {
    int own = r.view().base().indexOf(lane);
    if (own < 0) {
      return;
    }
    int n = r.view().base().dim(lane).size();
    Vmap.LaneView view =
        switch (r.view().places().get(own)) {
          case View.Range q when q.start() == 0 && q.step() == 1 && q.size() == n -> null;
          case View.Range q ->
              new Vmap.LaneView(new Sel.Window(lane, q.start(), q.step(), q.size()), null, false);
          case View.Moving q when q.step() == 1 ->
              new Vmap.LaneView(new Sel.Ds(lane, q.size()), q.start().in(t), false);
          case View.Moving q ->
              at(
                  lane,
                  Axial.arange(new Axis(lane, q.size())).times(q.step()).plus(q.start()),
                  false,
                  t);
          case View.Index q -> at(lane, q.index(), !distinct(q.index(), n), t);
          case View.Fixed _ -> throw new AxialException("internal error: a consumed lane");
        };
    if (view != null) {
      vmap.view(v, view);
    }
  }

  private static Vmap.LaneView at(String lane, NamedArray index, boolean shared, Trace t) {
    return new Vmap.LaneView(new Sel.At(lane), index.in(t), shared);
  }

  /** Whether the indices are known, and no two of them mean the same place. */
  private static boolean distinct(NamedArray index, int n) {
    return index.isConcrete()
        && java.util.Arrays.stream(index.toLongArray())
                .map(i -> View.wrapped(i, n))
                .distinct()
                .count()
            == index.type().size();
  }

  private static String fresh(Program p, String lane) {
    String name = lane + "'";
    while (RenameAxes.uses(p, name)) {
      name += "'";
    }
    return name;
  }
}
