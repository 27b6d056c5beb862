package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.ir.Dim;
import dev.axial.ir.Sel;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which order a nest's loops run, which of them runs over vectors, and which are one loop:
 * adjacent loops are joined where every address goes through them in one stride.
 */
public final class Schedule {
  /** The loops of one stage, inside those of the nest. */
  record StageLoops(List<Loop> kept, List<Loop> reduced) {}

  /** One loop over one axis or over several that are like one. */
  public static final class Loop {
    final List<Dim> dims = new ArrayList<>();
    long size = 1;
    boolean vector;

    /** Runs from the end: later writes to one place must not come first. */
    boolean reverse;

    Loop(Dim d) {
      dims.add(d);
      size = d.size();
    }

    String name() {
      return dims.getLast().name();
    }

    @Override
    public String toString() {
      var s = new StringBuilder();
      for (Dim d : dims) {
        s.append(s.isEmpty() ? "" : "·").append(d);
      }
      return s + (vector ? " in vectors" : "");
    }
  }

  final List<Loop> outer = new ArrayList<>();
  final Map<Stage, StageLoops> stages = new IdentityHashMap<>();
  int lanes;
  int unroll;

  /** How many times a loop's body may be written one after another, for what it costs. */
  int copies;

  /** Operations in all. */
  long work;

  /** A loop that runs in squares with the loop over vectors. */
  @Nullable Loop tile;

  /** The operands that are turned in those squares. */
  List<Node> turned = List.of();

  /** The stores that go past the caches. */
  Set<Root> streamed = Set.of();

  /** Whether the first outer loop may be divided among threads. */
  boolean divisible;

  /** How far one step along an axis moves each address that a stage uses; null if unknown. */
  private record Addresses(
      List<Map<String, @Nullable Long>> strides, Set<Map<String, Long>> counted) {
    boolean counts(String axis) {
      return counted.stream().anyMatch(c -> c.getOrDefault(axis, 0L) != 0);
    }

    @Nullable Long stride(int k, String axis) {
      var m = strides.get(k);
      return m.containsKey(axis) ? m.get(axis) : (Long) 0L;
    }
  }

  private final Map<Stage, Addresses> addresses = new IdentityHashMap<>();
  private final Nest nest;

  private Schedule(Nest nest) {
    this.nest = nest;
  }

  static Schedule of(Nest nest, Target target) {
    var s = new Schedule(nest);
    int cost = 1;
    long points = 0;
    for (Stage st : nest.stages()) {
      s.addresses.put(st, addresses(st, nest));
      long n = size(nest.outer()) * size(st.inner());
      int c = 1;
      for (Root r : st.roots()) {
        c += nest.cone(r).cost() + 1;
      }
      cost = Math.max(cost, c);
      points += n * c;
    }
    s.work = points;
    s.loops(target);
    s.unroll = s.unroll(cost);
    s.turned = Tiles.across(nest, s);
    return s;
  }

  static long size(List<Dim> dims) {
    long n = 1;
    for (Dim d : dims) {
      n *= d.size();
    }
    return n;
  }

  // ---------------------------------------------------------------- addresses

  private static Addresses addresses(Stage st, Nest nest) {
    var all = new ArrayList<Map<String, @Nullable Long>>();
    var counted = new HashSet<Map<String, Long>>();
    var axes = new ArrayList<>(nest.outer());
    axes.addAll(st.inner());
    for (Root r : st.roots()) {
      Cone c = nest.cone(r);
      counted.addAll(c.counted());
      for (Cone.Ask a : c.asks()) {
        var m = new HashMap<String, @Nullable Long>();
        for (Dim d : axes) {
          m.put(d.name(), a.stride(d.name()));
        }
        all.add(m);
      }
      switch (r) {
        case Root.Store s -> {
          if (nest.stored(r)) {
            all.add(plain(s.to(), axes));
          }
        }
        case Root.Reduce s -> {
          if (nest.stored(r)) {
            all.add(plain(s.to(), axes));
          }
        }
        case Root.ArgReduce s -> {
          all.add(plain(s.to(), axes));
          counted.add(Map.of(s.axis(), 1L));
        }
        case Root.Write w -> {
          all.add(written(w, axes));
          if (w.old() != null) {
            all.add(plain(w.old(), axes));
          }
        }
      }
    }
    return new Addresses(all, counted);
  }

  private static Map<String, @Nullable Long> plain(Mem m, List<Dim> axes) {
    var out = new HashMap<String, @Nullable Long>();
    for (Dim d : axes) {
      out.put(d.name(), m.stride(d.name()));
    }
    return out;
  }

  private static Map<String, @Nullable Long> written(Root.Write w, List<Dim> axes) {
    var out = new HashMap<String, @Nullable Long>();
    var index = Cone.into(w);
    for (Dim d : axes) {
      out.put(d.name(), new Cone.Ask(null, null, w.into(), index).stride(d.name()));
    }
    return out;
  }

  // ---------------------------------------------------------------- loops

  private void loops(Target target) {
    var sequential = sequential();
    String vectorOuter = null;
    var vectorInner = new IdentityHashMap<Stage, String>();
    int best = 0;
    for (Dim d : nest.outer()) {
      if (!sequential.contains(d.name())) {
        int score = 0;
        for (Stage st : nest.stages()) {
          score += score(st, d);
        }
        // The last axis, if several are alike: it is the nearest in memory.
        if (score >= best && score > 0) {
          best = score;
          vectorOuter = d.name();
        }
      }
    }
    int inner = 0;
    for (Stage st : nest.stages()) {
      int most = 0;
      for (Dim d : st.inner()) {
        int score = keepsOrder(st, d) ? score(st, d) : 0;
        if (score >= most && score > 0) {
          most = score;
          vectorInner.put(st, d.name());
        }
      }
      inner += most;
    }
    if (inner > best || inner == best && inner > 0 && small(vectorOuter)) {
      vectorOuter = null;
    } else if (vectorOuter != null) {
      vectorInner.clear();
    }
    boolean vectors = vectorOuter != null || !vectorInner.isEmpty();
    lanes = vectors ? target.lanes() / (wide() ? 2 : 1) : 1;
    boolean joins = nest.stages().stream().allMatch(st -> joinable(st.roots()));
    outer.addAll(joined(nest.outer(), vectorOuter, nest.stages(), joins));
    narrow();
    for (Stage st : nest.stages()) {
      var reduced = new ArrayList<Dim>();
      var kept = new ArrayList<Dim>();
      for (Dim d : st.inner()) {
        (reduces(st, d) ? reduced : kept).add(d);
      }
      String v = vectorInner.get(st);
      stages.put(
          st,
          new StageLoops(
              joined(kept, v, List.of(st), joins), joined(reduced, v, List.of(st), joins)));
    }
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        if (r instanceof Root.Write w && w.reverse()) {
          outer.forEach(l -> l.reverse |= sequential.contains(l.name()));
        }
      }
    }
    divisible = !outer.isEmpty() && !sequential.contains(outer.getFirst().name()) && distinct();
  }

  /** Few columns that are summed are not worth a wide vector, whose sums are in float64. */
  private void narrow() {
    boolean sums =
        nest.stages().stream()
            .flatMap(st -> st.roots().stream())
            .anyMatch(r -> r instanceof Root.Reduce x && x.sumsReals());
    for (Loop l : outer) {
      if (sums && l.vector && l.size > 1) {
        lanes = Math.min(lanes, 2 * Integer.highestOneBit((int) Math.min(l.size - 1, lanes)));
      }
    }
  }

  private boolean small(@Nullable String axis) {
    for (Dim d : nest.outer()) {
      if (d.name().equals(axis)) {
        return d.size() < 4;
      }
    }
    return true;
  }

  private static boolean reduces(Stage st, Dim d) {
    for (Root r : st.roots()) {
      if (r instanceof Root.Reduce x && x.axes().contains(d.name())
          || r instanceof Root.ArgReduce a && a.axis().equals(d.name())) {
        return true;
      }
    }
    return false;
  }

  /** Whether lanes along an axis are neighbours in the order in which a sum takes its elements. */
  private static boolean keepsOrder(Stage st, Dim d) {
    for (Root r : st.roots()) {
      if (r instanceof Root.Reduce x && x.sumsReals()) {
        List<Dim> summed = x.summed();
        if (summed.contains(d) && !d.equals(summed.getLast())) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean joinable(List<Root> roots) {
    for (Root r : roots) {
      if (r instanceof Root.ArgReduce || r instanceof Root.Write w && w.reverse()) {
        return false;
      }
    }
    return true;
  }

  /** Whether two points of the first outer loop never write the same place. */
  private boolean distinct() {
    String name = outer.getFirst().name();
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        if (r instanceof Root.Write w) {
          Long s = written(w, w.space().dims()).get(name);
          if (s == null || s == 0) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Axes along which an index or a mask of a write varies: their points come one by one. */
  private Set<String> sequential() {
    var out = new HashSet<String>();
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        if (r instanceof Root.Write w) {
          for (Node n : w.index()) {
            n.type().dims().forEach(d -> out.add(d.name()));
          }
          out.addAll(overlapping(w));
        }
      }
    }
    return out;
  }

  /** Windows that start at an index array may cover a place several times. */
  private static Set<String> overlapping(Root.Write w) {
    var out = new HashSet<String>();
    int k = 0;
    for (Sel s : w.access().sels()) {
      if (!s.dynamic()) {
        continue;
      }
      for (Dim d : w.index().get(k++).type().dims()) {
        boolean aligned =
            w.of().has(d.name())
                && w.access().sels().stream().noneMatch(x -> x.axis().equals(d.name()));
        if (s instanceof Sel.Ds && !aligned) {
          out.add(s.axis());
        }
      }
    }
    return out;
  }

  /** How well vectors along an axis suit: unit strides are good, others bad. */
  private int score(Stage st, Dim d) {
    if (d.size() < 2) {
      return 0;
    }
    Addresses a = addresses.get(st);
    if (a == null) {
      return 0;
    }
    int score = 0;
    boolean moves = false;
    for (int k = 0; k < a.strides.size(); k++) {
      Long s = a.stride(k, d.name());
      if (s == null) {
        score -= 3;
      } else if (s == 1) {
        score += 4;
        moves = true;
      } else if (s != 0) {
        score -= s == -1 ? 0 : 3;
        moves = true;
      } else {
        score += 1;
      }
    }
    if (a.counts(d.name())) {
      score += 1;
      moves = true;
    }
    return moves || a.strides.isEmpty()
        ? Math.max(score, 0) * Math.min(d.size(), 16) / 16 + (score > 0 ? 1 : 0)
        : 0;
  }

  private boolean wide() {
    var seen = new HashSet<Node>();
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        if (r instanceof Root.Write w && isWide(w.of().dtype())) {
          return true;
        }
        for (Node n : r.asks()) {
          if (wide(n, seen)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isWide(DType t) {
    return t == DType.FLOAT64 || t == DType.INT64;
  }

  private static boolean wide(Node n, Set<Node> seen) {
    if (n.isScalar() || !seen.add(n)) {
      return false;
    }
    if (isWide(n.type().dtype())) {
      return true;
    }
    return n.isVirtual() && n.in().stream().anyMatch(x -> wide(x, seen));
  }

  /** The loops over some axes, joined where that is possible, the vector loop last. */
  private List<Loop> joined(
      List<Dim> dims, @Nullable String vector, List<Stage> users, boolean joins) {
    var order = new ArrayList<Dim>();
    Dim last = null;
    for (Dim d : dims) {
      if (d.name().equals(vector)) {
        last = d;
      } else {
        order.add(d);
      }
    }
    if (last != null) {
      order.add(last);
    }
    var out = new ArrayList<Loop>();
    for (Dim d : order) {
      if (d.size() == 1 && !d.name().equals(vector)) {
        ones.add(d.name());
        continue;
      }
      Loop before = out.isEmpty() ? null : out.getLast();
      if (before != null && joins && likeOne(before, d, users)) {
        before.dims.add(d);
        before.size *= d.size();
      } else {
        out.add(new Loop(d));
      }
    }
    if (vector != null) {
      for (Loop l : out) {
        l.vector |= l.name().equals(vector);
      }
    }
    return out;
  }

  /** Axes of size 1, which have no loop. */
  final Set<String> ones = new HashSet<>();

  private boolean likeOne(Loop before, Dim d, List<Stage> users) {
    for (Stage st : users) {
      Addresses a = addresses.get(st);
      if (a == null) {
        return false;
      }
      for (Map<String, Long> count : a.counted) {
        if (count.getOrDefault(before.name(), 0L) != count.getOrDefault(d.name(), 0L) * d.size()) {
          return false;
        }
      }
      for (int k = 0; k < a.strides.size(); k++) {
        Long outerStride = a.stride(k, before.name());
        Long innerStride = a.stride(k, d.name());
        if (outerStride == null || innerStride == null || outerStride != innerStride * d.size()) {
          return false;
        }
      }
    }
    return true;
  }

  private int unroll(int cost) {
    boolean reduces =
        nest.stages().stream()
            .anyMatch(st -> st.roots().stream().anyMatch(r -> r instanceof Root.Reduce));
    long most = 0;
    for (Loop l : outer) {
      most = l.vector ? l.size : most;
    }
    for (StageLoops l : stages.values()) {
      for (List<Loop> list : List.of(l.kept, l.reduced)) {
        for (Loop x : list) {
          most = x.vector ? Math.max(most, x.size) : most;
        }
      }
    }
    int u = cost <= 6 ? (reduces ? 8 : 4) : cost <= 24 ? 4 : cost <= 60 ? 2 : 1;
    copies = u;
    while (u > 1 && (long) lanes * u > most) {
      u /= 2;
    }
    // A narrow loop is left wide enough for several threads.
    boolean outside = outer.stream().anyMatch(l -> l.vector);
    while (u > 1
        && outside
        && outer.size() == 1
        && work >= Kernels.DIVIDED
        && most < 4L * lanes * u) {
      u /= 2;
    }
    // What many columns carry of a block would leave the nearest cache.
    while (u > 1 && outside && lanes * u > Sum.InOrder.LANES && carriesBlocks()) {
      u /= 2;
    }
    // Little work is not worth more code, unless a whole row is one block.
    return work < Kernels.IN_PLACE && most != (long) lanes * u ? 1 : u;
  }

  private boolean carriesBlocks() {
    return nest.stages().stream()
        .flatMap(st -> st.roots().stream())
        .anyMatch(r ->
            r instanceof Root.Reduce x
                && x.sumsReals()
                && x.count() > SumOrder.FEW
                && !Columns.suits(nest, this));
  }

  /** What runs, for people. */
  public String describe() {
    var s = new StringBuilder();
    outer.forEach(l -> s.append(s.isEmpty() ? "" : " × ").append(l));
    return s.isEmpty() ? "once" : s.toString();
  }
}
