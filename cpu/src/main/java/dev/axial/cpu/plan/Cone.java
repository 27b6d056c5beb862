package dev.axial.cpu.plan;

import dev.axial.AxialException;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What computing the elements of a root asks for: walks the virtual values below it and finds the
 * memory they come from, with the way in which an index of it follows from the loops.
 */
public final class Cone {
  /**
   * An index as a linear function of the loops' indices.
   *
   * @param shifted whether something else is added
   */
  public record Affine(Map<String, Long> of, boolean shifted) {
    static Affine axis(String name) {
      return new Affine(Map.of(name, 1L), false);
    }

    boolean isAxis(String name) {
      return !shifted && of.size() == 1 && of.getOrDefault(name, 0L) == 1;
    }
  }

  /**
   * Memory that is asked for.
   *
   * @param node the value that lies there; null for a read of a reference
   * @param read the value that is such a read; null otherwise
   * @param index for each axis of the memory its index; null where it is no linear function
   */
  public record Ask(
      @Nullable Node node, @Nullable Node read, Mem mem, Map<String, @Nullable Affine> index) {
    /** The reference that is read; null if it is a value that is asked for. */
    public @Nullable Cell cell() {
      return read == null ? null : read.ref();
    }

    /** How far one step of a loop moves the address; null if that depends. */
    public @Nullable Long stride(String loop) {
      long s = 0;
      for (var e : index.entrySet()) {
        Affine a = e.getValue();
        long along = mem.stride(e.getKey());
        if (along == 0) {
          continue;
        }
        if (a == null) {
          return null;
        }
        s += along * a.of.getOrDefault(loop, 0L);
      }
      return s;
    }

    /** Whether the index along each of the axes is the loop of the same name. */
    public boolean identity(List<Dim> axes) {
      for (Dim d : axes) {
        Affine a = index.get(d.name());
        if (a == null || !a.isAxis(d.name())) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<Ask> asks = new ArrayList<>();
  private final Set<Node> scalars = new HashSet<>();
  private final Set<Node> nodes = new HashSet<>();

  /** Indices that are asked for themselves: how far one step of each loop moves them. */
  private final Set<Map<String, Long>> counted = new HashSet<>();

  private final Set<Object> seen = new HashSet<>();
  private int cost;

  private record Visit(Node node, Map<String, @Nullable Affine> index) {}

  Cone() {}

  /** The cone of a root. */
  public static Cone of(Root r) {
    var c = new Cone();
    for (Node n : r.asks()) {
      if (n == r.defines() && !n.isScalar()) {
        c.open(n, identity(n.type())); // not the memory that it is on its way to
      } else {
        c.walk(n, identity(n.type()));
      }
    }
    if (r instanceof Root.Write w) {
      w.access().sels().forEach(s -> c.cost += 1);
    }
    return c;
  }

  /** The cone of a scalar, which is computed for itself. */
  static Cone ofScalar(Node n) {
    var c = new Cone();
    boolean was = n.virtual;
    n.virtual = true; // to be looked through, for a moment
    c.walk(n, Map.of());
    n.virtual = was;
    return c;
  }

  static Map<String, @Nullable Affine> identity(ArrayType t) {
    var out = new LinkedHashMap<String, @Nullable Affine>();
    for (Dim d : t.dims()) {
      out.put(d.name(), Affine.axis(d.name()));
    }
    return out;
  }

  public List<Ask> asks() {
    return asks;
  }

  /** Whether a reference, or a value that lies in it, is read. */
  boolean reads(Cell c) {
    return asks.stream().anyMatch(a -> lies(a, c));
  }

  /** Whether each element of a reference is read only at the point that stands for it. */
  boolean readsInPlace(Cell c) {
    return asks.stream().allMatch(a -> !lies(a, c) || a.identity(c.type().dims()));
  }

  private static boolean lies(Ask a, Cell c) {
    return a.mem().buffer().mayBe(c.mem().buffer());
  }

  Set<Node> scalars() {
    return scalars;
  }

  /** The values that are asked for where they lie. */
  public Set<Node> nodes() {
    return nodes;
  }

  /** The references that are read. */
  List<Cell> cells() {
    return asks.stream().map(Ask::cell).filter(Objects::nonNull).distinct().toList();
  }

  public Set<Map<String, Long>> counted() {
    return counted;
  }

  /** Operations for one point. */
  public int cost() {
    return cost;
  }

  private static Map<String, @Nullable Affine> only(
      Map<String, @Nullable Affine> index, ArrayType t) {
    var out = new LinkedHashMap<String, @Nullable Affine>();
    for (Dim d : t.dims()) {
      out.put(d.name(), index.get(d.name()));
    }
    return out;
  }

  void walk(Node n, Map<String, @Nullable Affine> given) {
    Map<String, @Nullable Affine> index = only(given, n.type());
    if (!seen.add(new Visit(n, index))) {
      return;
    }
    Mem m = n.mem();
    if (m != null && !n.isScalar()) {
      m.shifts().forEach(s -> scalars.add(s.index()));
      asks.add(new Ask(n, null, m, index));
      nodes.add(n);
      return;
    }
    if (n.isScalar() && !n.isVirtual()) {
      scalars.add(n);
      return;
    }
    open(n, index);
  }

  /** What the computation of a value asks for. */
  private void open(Node n, Map<String, @Nullable Affine> index) {
    cost += Costs.of(n);
    switch (Objects.requireNonNull(n.op())) {
      case Op.Rename r -> {
        var to = new HashMap<String, @Nullable Affine>();
        for (Dim d : n.in().getFirst().type().dims()) {
          int at = r.from().indexOf(d.name());
          to.put(d.name(), index.get(at < 0 ? d.name() : r.to().get(at)));
        }
        walk(n.in().getFirst(), to);
      }
      case Op.Split s -> {
        Map<String, @Nullable Affine> to = new HashMap<>(index);
        to.put(s.axis(), joined(s, index));
        walk(n.in().getFirst(), to);
      }
      case Op.Iota i -> {
        Affine a = index.get(i.dim().name());
        if (a != null) {
          counted.add(a.of);
        }
      }
      case Op.Index i -> {
        Node base = n.in().getFirst();
        List<Node> operands = n.in().subList(1, n.in().size());
        operands.forEach(o -> walk(o, index));
        walk(base, selected(i.access(), base.type(), operands, index));
      }
      case Op.RefGet g -> {
        Cell c = Objects.requireNonNull(n.ref());
        n.in().forEach(o -> walk(o, index));
        asks.add(new Ask(null, n, c.mem(), selected(g.access(), c.type(), n.in(), index)));
      }
      case Op.RefFreeze _ -> {
        Cell c = Objects.requireNonNull(n.ref());
        asks.add(new Ask(null, n, c.mem(), index));
      }
      case Op.Const _,
          Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.Broadcast _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _ ->
          n.in().forEach(o -> walk(o, index));
      case Op.StopGradient _,
          Op.Reduce _,
          Op.Dot _,
          Op.Merge _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Scatter _,
          Op.RefNew _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.RefSwap _,
          Op.StackNew _,
          Op.StackPush _,
          Op.StackPop _,
          Op.Scan _,
          Op.While _,
          Op.Cond _,
          Op.Call _,
          Op.CustomVjp _,
          Op.CustomJvp _,
          Op.LaneIndex _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.Callback _ ->
          throw new AxialException("internal error: a virtual " + n.op());
    }
  }

  private static @Nullable Affine joined(Op.Split s, Map<String, @Nullable Affine> index) {
    var of = new HashMap<String, Long>();
    boolean shifted = false;
    long scale = 1;
    for (int k = s.to().size() - 1; k >= 0; k--) {
      Affine a = index.get(s.to().get(k).name());
      if (a == null) {
        return null;
      }
      shifted |= a.shifted;
      for (var e : a.of.entrySet()) {
        of.merge(e.getKey(), e.getValue() * scale, Long::sum);
      }
      scale *= s.to().get(k).size();
    }
    return new Affine(of, shifted);
  }

  /** For each axis of what a write goes into, the index. */
  public static Map<String, @Nullable Affine> into(Root.Write w) {
    return selected(w.access(), w.of(), w.index(), identity(w.space()));
  }

  /** The index of what is selected from. */
  static Map<String, @Nullable Affine> selected(
      Access access, ArrayType of, List<Node> operands, Map<String, @Nullable Affine> index) {
    var out = new LinkedHashMap<String, @Nullable Affine>();
    for (Dim d : of.dims()) {
      out.put(d.name(), index.get(d.name()));
    }
    int k = 0;
    for (Sel s : access.sels()) {
      switch (s) {
        case Sel.Window w -> {
          Affine a = index.get(w.axis());
          if (a == null) {
            out.put(w.axis(), null);
          } else {
            var scaled = new HashMap<String, Long>();
            a.of.forEach((x, c) -> scaled.put(x, c * w.step()));
            out.put(w.axis(), new Affine(scaled, a.shifted || w.start() != 0));
          }
        }
        case Sel.Ds w -> {
          Node start = operands.get(k++);
          Affine a = index.get(w.axis());
          out.put(w.axis(), a == null || !start.isScalar() ? null : new Affine(a.of, true));
        }
        case Sel.At a -> {
          Node at = operands.get(k++);
          out.put(a.axis(), at.isScalar() ? new Affine(Map.of(), true) : null);
        }
      }
    }
    return out;
  }
}
