package dev.axial.cpu.plan;

import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values that are another look at memory: other names, fewer elements, no computation. */
final class Views {
  private Views() {}

  /** The memory of a value, if it is there already; null if it has to be computed. */
  static @Nullable Mem of(Node n) {
    Mem own = n.mem();
    if (own != null) {
      return own;
    }
    Op op = n.op();
    if (op == null || !n.isVirtual()) {
      return null;
    }
    if (op instanceof Op.RefGet g) {
      Cell c = java.util.Objects.requireNonNull(n.ref());
      return selected(g.access(), g.mode(), c.type(), c.mem(), n.in());
    }
    if (n.in().isEmpty()) {
      return null;
    }
    Node x = n.in().getFirst();
    boolean look = Costs.free(op) || op instanceof Op.Merge || op instanceof Op.Index;
    Mem m = look ? of(x) : null;
    if (m == null) {
      return null;
    }
    return switch (op) {
      case Op.Rename r -> renamed(r, x.type(), m);
      case Op.Split s -> split(s, m);
      case Op.Merge g -> merged(g, x.type(), m);
      case Op.Index i ->
          selected(i.access(), i.mode(), x.type(), m, n.in().subList(1, n.in().size()));
      default -> m; // not over Op: a broadcast, which moves no address
    };
  }

  private static Mem renamed(Op.Rename r, ArrayType t, Mem m) {
    var strides = new LinkedHashMap<String, Long>();
    for (Dim d : t.dims()) {
      int at = r.from().indexOf(d.name());
      strides.put(at < 0 ? d.name() : r.to().get(at), m.stride(d.name()));
    }
    return m.with(m.offset(), strides);
  }

  private static Mem split(Op.Split s, Mem m) {
    var strides = new LinkedHashMap<>(m.strides());
    long step = m.stride(s.axis());
    strides.remove(s.axis());
    for (int k = s.to().size() - 1; k >= 0; k--) {
      strides.put(s.to().get(k).name(), step);
      step *= s.to().get(k).size();
    }
    return m.with(m.offset(), strides);
  }

  /** Axes become one if a step of each is as far as the next one reaches. */
  static @Nullable Mem merged(Op.Merge g, ArrayType t, Mem m) {
    long step = 0;
    long reach = 0;
    for (int k = g.axes().size() - 1; k >= 0; k--) {
      Dim d = t.dim(g.axes().get(k));
      if (d.size() == 1) {
        continue;
      }
      long s = m.stride(d.name());
      if (reach == 0 && step == 0) {
        step = s;
      } else if (s != reach) {
        return null;
      }
      reach = s * d.size();
      if (s == 0) {
        return null;
      }
    }
    var strides = new LinkedHashMap<>(m.strides());
    g.axes().forEach(strides::remove);
    strides.put(g.to(), step);
    return m.with(m.offset(), strides);
  }

  private static @Nullable Mem selected(
      Access access, Mode mode, ArrayType of, Mem m, List<Node> operands) {
    if (access.masked()) {
      return null;
    }
    long offset = m.offset();
    Map<String, Long> strides = new LinkedHashMap<>(m.strides());
    var shifts = new ArrayList<>(m.shifts());
    int k = 0;
    for (Sel s : access.sels()) {
      long stride = m.stride(s.axis());
      int n = of.dim(s.axis()).size();
      if (n == 0) {
        return null;
      }
      switch (s) {
        case Sel.Window w -> {
          offset += w.start() * stride;
          strides.put(w.axis(), stride * w.step());
        }
        case Sel.Ds w -> {
          Node start = operands.get(k++);
          if (!start.isScalar()) {
            return null;
          }
          shifts.add(new Mem.Shift(start, n, w.size(), stride));
        }
        case Sel.At a -> {
          Node at = operands.get(k++);
          if (!at.isScalar() || mode != Mode.CLAMP) {
            return null;
          }
          strides.remove(a.axis());
          shifts.add(new Mem.Shift(at, n, 1, stride));
        }
      }
    }
    return new Mem(m.buffer(), offset, strides, shifts);
  }
}
