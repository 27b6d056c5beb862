package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The axes of a contraction, sorted: batches, rows, columns, and those that are summed. */
final class Contraction {
  private final List<Dim> batch = new ArrayList<>();
  private final List<Dim> rows = new ArrayList<>();
  private final List<Dim> cols = new ArrayList<>();
  private final List<Dim> sum = new ArrayList<>();

  /** Narrower matrices are not worth a call for each of many batches. */
  private static final int WIDE = 16;

  private final ArrayType out;

  private Contraction(ArrayType out) {
    this.out = out;
  }

  static Contraction of(Op.Dot d, ArrayType a, ArrayType b, ArrayType out) {
    var c = new Contraction(out);
    ArrayType union = a.union(b);
    for (Dim x : union.dims()) {
      if (d.axes().contains(x.name())) {
        c.sum.add(x);
      } else if (a.has(x.name()) && b.has(x.name())) {
        c.batch.add(x);
      } else {
        (a.has(x.name()) ? c.rows : c.cols).add(x);
      }
    }
    // In the order of the result, so that rows and columns lie together there.
    c.rows.sort((x, y) -> Integer.compare(out.indexOf(x.name()), out.indexOf(y.name())));
    c.cols.sort((x, y) -> Integer.compare(out.indexOf(x.name()), out.indexOf(y.name())));
    return c;
  }

  private static long size(List<Dim> dims) {
    long n = 1;
    for (Dim d : dims) {
      n *= d.size();
    }
    return n;
  }

  long m() {
    return size(rows);
  }

  long n() {
    return size(cols);
  }

  long k() {
    return size(sum);
  }

  long batch() {
    return size(batch);
  }

  /** The axes of the result: batches, rows, columns. */
  List<Dim> resultAxes() {
    var all = new ArrayList<>(batch);
    all.addAll(rows);
    all.addAll(cols);
    return all;
  }

  /** The stride of several axes taken as one; null if they do not lie like one. */
  private static @Nullable Long joined(Mem m, List<Dim> dims) {
    long step = 0;
    long reach = -1;
    for (int k = dims.size() - 1; k >= 0; k--) {
      Dim d = dims.get(k);
      if (d.size() == 1) {
        continue;
      }
      long s = m.stride(d.name());
      if (reach < 0) {
        step = s;
      } else if (s != reach) {
        return null;
      }
      reach = s * d.size();
    }
    return step;
  }

  /**
   * Rows or columns that do not lie like one axis: those that do, the last ones, stay, and the
   * others become batches, if what stays is wide enough.
   */
  void loosen(Mem a, Mem b) {
    loosen(a, rows);
    loosen(b, cols);
  }

  private void loosen(Mem m, List<Dim> dims) {
    if (joined(m, dims) != null) {
      return;
    }
    for (int k = 1; k < dims.size(); k++) {
      List<Dim> rest = dims.subList(k, dims.size());
      if (joined(m, rest) != null) {
        if (size(rest) >= WIDE) {
          batch.addAll(dims.subList(0, k));
          dims.subList(0, k).clear();
        }
        return;
      }
    }
  }

  /** The memory itself if its rows and sums are each like one axis, and no stride is negative. */
  @Nullable Mem fit(Mem m, boolean left) {
    boolean ok =
        joined(m, left ? rows : cols) != null
            && joined(m, sum) != null
            && m.strides().values().stream().allMatch(s -> s >= 0);
    return ok ? m : null;
  }

  interface Copy {
    Mem of(Node n, List<Dim> order, @Nullable String site);
  }

  /** A copy of an operand in an order that fits. */
  Mem copy(Copy copy, Node n, boolean left, @Nullable String site) {
    var order = new ArrayList<Dim>();
    for (List<Dim> group : left ? List.of(batch, rows, sum) : List.of(batch, sum, cols)) {
      for (Dim d : group) {
        if (n.type().has(d.name())) {
          order.add(d);
        }
      }
    }
    Mem m = copy.of(n, order, site);
    if (fit(m, left) == null) {
      // A summed axis that only the other operand has: broadcast it, so that it is like one.
      throw new dev.axial.AxialException(
          "internal error: operand %s of a contraction over %s".formatted(n.type(), sum));
    }
    return m;
  }

  boolean fitsOut(Mem m) {
    Long c = joined(m, cols);
    return joined(m, rows) != null && c != null && (c == 1 || n() == 1) && m.shifts().isEmpty();
  }

  /** The result in an order that fits: batches, rows, columns. */
  Mem ownOut(Buffer b) {
    return Mem.rows(b, out.with(resultAxes()));
  }

  private static long stride(Mem m, List<Dim> dims) {
    Long s = joined(m, dims);
    return s == null ? 0 : s;
  }

  /** Sizes and strides. */
  Step.Matrices matrices(Mem a, Mem b, Mem c) {
    var names = batch.stream().map(Dim::name).toList();
    return new Step.Matrices(
        m(),
        n(),
        k(),
        batch.stream().map(d -> (long) d.size()).toList(),
        names.stream().map(a::stride).toList(),
        names.stream().map(b::stride).toList(),
        names.stream().map(c::stride).toList(),
        stride(a, rows),
        stride(a, sum),
        stride(b, sum),
        stride(b, cols),
        stride(c, rows),
        Math.max(1, stride(c, cols)));
  }
}
