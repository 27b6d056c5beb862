package dev.axial.cpu.plan;

import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * What only the later stages of a nest ask for, at the same point of the outer loops, needs no more
 * memory than one such point has: a row, which stays in the nearest cache.
 */
public final class Rows {
  private static final long MOST_BYTES = 1 << 15;

  private Rows() {}

  /** Gives such values a row of each thread's own. The outer loops must not run over vectors. */
  public static void narrow(Nest nest) {
    if (nest.outer.isEmpty()) {
      return;
    }
    for (Stage st : nest.stages) {
      for (int k = 0; k < st.roots.size(); k++) {
        if (st.roots.get(k) instanceof Root.Store s && narrows(nest, s)) {
          Node n = s.value();
          var inner = new ArrayList<>(n.type().dims());
          inner.removeAll(nest.outer);
          var row = new Root.Store(n, row(n, inner), n);
          nest.cones.put(row, nest.cone(s));
          st.roots.set(k, row);
          n.place(row.to());
          n.root = row;
        }
      }
    }
  }

  private static boolean narrows(Nest nest, Root.Store s) {
    Node n = s.value();
    return n == s.defines()
        && !n.output
        && nest.stored(s)
        && n.type().dims().containsAll(nest.outer)
        && n.askedBy.stream().allMatch(a -> a != null && nest.stages.contains(a))
        && n.type().size() / Math.max(1, size(nest.outer)) * n.type().dtype().bytes() <= MOST_BYTES;
  }

  private static long size(List<Dim> dims) {
    long n = 1;
    for (Dim d : dims) {
      n *= d.size();
    }
    return n;
  }

  private static Mem row(Node n, List<Dim> inner) {
    var strides = new LinkedHashMap<String, Long>();
    long step = 1;
    for (Dim d : inner.reversed()) {
      strides.put(d.name(), step);
      step *= d.size();
    }
    var b = new Buffer(Buffer.Kind.ROW, 0, n.type().dtype(), Math.max(1, step), "row");
    return new Mem(b, 0, strides, List.of());
  }
}
