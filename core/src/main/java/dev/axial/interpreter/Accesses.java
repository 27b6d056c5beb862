package dev.axial.interpreter;

import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Sel;
import dev.axial.ir.Type;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.Repeats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Indexed access, planned once for its types. The axes of the selection are split: the outer ones,
 * down to the last that an index or the mask varies along, are visited point by point, and each
 * point's indices are wrapped and judged once; the inner ones are a strided block. So an access
 * costs what it touches.
 */
final class Accesses {
  private final ArrayType result;
  private final int resultSize;
  private final List<Sel> dynamic = new ArrayList<>();
  private final int[] axisSize;
  private final long[] axisStride;
  private final int[] window;
  private final boolean[] unsigned;
  private final boolean masked;
  private final long fixed;
  private final int[] outerSizes;
  private final long[] outerBase;
  private final int[][] outerIndex;
  private final int[] outerValue;
  private final int[] outerOut;
  private final int points;
  private final Strided block;

  /** Whether numbers that are added are summed up before. */
  private final boolean sums;

  /** What is done with one inner run: elements of the base, of the result and of the value. */
  private interface Run {
    void run(long base, int out, int value, int n, boolean in);
  }

  Accesses(Access access, ArrayType of, List<Type> operands, @Nullable ArrayType value) {
    result = access.result(of, operands);
    resultSize = Store.checkLength(result.size());
    masked = access.masked();
    sums = Repeats.summed(Fn.Combine.ADD, access, of, operands);
    long[] strides = of.strides();
    int n = result.rank();
    long[] base = new long[n];
    long start = 0;
    for (Sel s : access.sels()) {
      long stride = strides[of.indexOf(s.axis())];
      if (s.dynamic()) {
        dynamic.add(s);
      }
      if (s instanceof Sel.Window w) {
        start += w.start() * stride;
      }
    }
    fixed = start;
    for (int d = 0; d < n; d++) {
      String name = result.dims().get(d).name();
      int at = of.indexOf(name);
      Sel sel = access.sels().stream().filter(s -> s.axis().equals(name)).findFirst().orElse(null);
      if (at >= 0 && !(sel instanceof Sel.At)) {
        base[d] = strides[at] * (sel instanceof Sel.Window w ? w.step() : 1);
      }
    }
    axisSize = new int[dynamic.size()];
    axisStride = new long[dynamic.size()];
    window = new int[dynamic.size()];
    unsigned = new boolean[dynamic.size()];
    for (int k = 0; k < dynamic.size(); k++) {
      int at = of.indexOf(dynamic.get(k).axis());
      axisSize[k] = of.dims().get(at).size();
      axisStride[k] = strides[at];
      window[k] = dynamic.get(k) instanceof Sel.Ds d ? d.size() : 0;
      unsigned[k] = operands.get(k).array().dtype() == DType.UINT32;
    }
    int[][] index =
        Strided.stridesOf(
            result.dims(), operands.stream().map(Type::array).toArray(ArrayType[]::new));
    int[] val = value == null ? new int[n] : Strided.stridesOf(result.dims(), value)[0];
    int split = 0;
    for (int d = 0; d < n; d++) {
      for (int[] i : index) {
        if (i[d] != 0) {
          split = d + 1;
        }
      }
    }
    if (of.size() > Integer.MAX_VALUE) { // inside of the block offsets are ints
      split = Math.max(split, n - 1);
      split = split < n && Math.abs(base[split]) > Integer.MAX_VALUE ? n : split;
    }
    long[] out = result.strides();
    outerSizes = new int[split];
    outerBase = new long[split];
    outerValue = new int[split];
    outerOut = new int[split];
    outerIndex = new int[index.length][split];
    int count = 1;
    for (int d = 0; d < split; d++) {
      outerSizes[d] = result.dims().get(d).size();
      outerBase[d] = base[d];
      outerValue[d] = val[d];
      outerOut[d] = (int) out[d];
      count *= outerSizes[d];
      for (int k = 0; k < index.length; k++) {
        outerIndex[k][d] = index[k][d];
      }
    }
    points = count;
    List<Dim> inner = result.dims().subList(split, n);
    var innerStrides = new int[3][inner.size()];
    for (int d = 0; d < inner.size(); d++) {
      innerStrides[0][d] = (int) base[split + d];
      innerStrides[1][d] = (int) out[split + d];
      innerStrides[2][d] = val[split + d];
    }
    block = Strided.of(inner, innerStrides);
  }

  /** Visits the points in order, or against it. */
  private void visit(Object[] index, boolean reverse, boolean clampAll, Run run) {
    int size = block.total * points;
    if (size == 0) {
      return;
    }
    int[] at = new int[outerSizes.length];
    for (int p = 0; p < points; p++) {
      int rest = reverse ? points - 1 - p : p;
      long base = fixed;
      int value = 0;
      int out = 0;
      for (int d = at.length - 1; d >= 0; d--) {
        at[d] = rest % outerSizes[d];
        rest /= outerSizes[d];
        base += at[d] * outerBase[d];
        value += at[d] * outerValue[d];
        out += at[d] * outerOut[d];
      }
      boolean in = true;
      for (int k = 0; k < window.length; k++) {
        long i = index(index[k], offset(outerIndex[k], at), unsigned[k]);
        int axis = axisSize[k];
        if (i < 0) {
          i += axis;
        }
        if (window[k] > 0 || dynamic.get(k) instanceof Sel.Ds) {
          i = Math.clamp(i, 0, axis - window[k]);
        } else if (i < 0 || i >= axis) {
          in = false;
          i = i < 0 ? 0 : axis - 1;
        }
        base += i * axisStride[k];
      }
      if (masked && ((byte[]) index[window.length])[offset(outerIndex[window.length], at)] == 0) {
        in = false;
      }
      if (!in && axisSizeZero()) {
        continue; // nothing lies in an empty axis, so there is no nearest place
      }
      boolean inside = in || clampAll;
      if (block.sizes.length == 1) {
        run.run(base, out, value, block.sizes[0], inside);
        continue;
      }
      long from = base;
      block.run(
          new int[] {0, out, value}, (off, n) -> run.run(from + off[0], off[1], off[2], n, inside));
    }
  }

  private boolean axisSizeZero() {
    for (int s : axisSize) {
      if (s == 0) {
        return true;
      }
    }
    return false;
  }

  private static int offset(int[] strides, int[] at) {
    int o = 0;
    for (int d = 0; d < at.length; d++) {
      o += strides[d] * at[d];
    }
    return o;
  }

  private static long index(Object array, int k, boolean unsigned) {
    if (array instanceof int[] a) {
      return unsigned ? Integer.toUnsignedLong(a[k]) : a[k];
    }
    return ((long[]) array)[k];
  }

  /** The selection; elements out of range are the nearest ones (clamp) or zero. */
  Object read(Cell from, Object[] index, boolean clamp) {
    Object out = Store.newArray(from.dtype, resultSize);
    int step = block.inner(0);
    visit(
        index,
        false,
        clamp,
        (base, o, _, n, in) -> {
          if (in) {
            from.read(base, step, out, o, n);
          }
        });
    return out;
  }

  /** Overwrites; dropped out of range. */
  void set(Cell to, Object value, Object[] index, boolean reverse) {
    int step = block.inner(0);
    int from = block.inner(2);
    visit(
        index,
        reverse,
        false,
        (base, _, v, n, in) -> {
          if (in) {
            to.write(base, step, value, v, from, n);
          }
        });
  }

  /** Combines; out of range at the nearest place (clamp) or not at all. */
  void combine(Fn.Combine fn, Cell to, Object value, Object[] index, boolean clamp) {
    if (fn == Fn.Combine.ADD && sums) {
      addSums(to, value, index, clamp);
      return;
    }
    int step = block.inner(0);
    int from = block.inner(2);
    visit(
        index,
        false,
        clamp,
        (base, _, v, n, in) -> {
          if (in) {
            to.combine(fn, base, step, value, v, from, n);
          }
        });
  }

  /** Sums up in float64 what each place gets, and adds that: see {@link Repeats}. */
  private void addSums(Cell to, Object value, Object[] index, boolean clamp) {
    int step = block.inner(0);
    int from = block.inner(2);
    var all = new double[Math.toIntExact(to.length)];
    Arrays.fill(all, -0.0);
    float[] x = (float[]) value;
    visit(
        index,
        false,
        clamp,
        (base, _, v, n, in) -> {
          for (int k = 0; k < n && in; k++) {
            all[(int) base + k * step] += Denormals.operand(x[v + k * from]);
          }
        });
    float[] now = (float[]) to.toArray(false);
    for (int k = 0; k < all.length; k++) {
      now[k] = Denormals.rounded(Denormals.operand(now[k]) + all[k]);
    }
    to.write(0, 1, now, 0, 1, all.length);
  }

  /** See {@link dev.axial.ir.Edge}. */
  Object swap(Cell to, Object value, Object[] index, dev.axial.ir.Edge edge, boolean reverse) {
    Object out = Store.newArray(to.dtype, resultSize);
    int step = block.inner(0);
    int from = block.inner(2);
    visit(
        index,
        reverse,
        false,
        (base, o, v, n, in) -> {
          if (in) {
            to.read(base, step, out, o, n);
            to.write(base, step, value, v, from, n);
            return;
          }
          switch (edge) {
            case CLAMP -> to.read(base, step, out, o, n);
            case ADD -> to.combine(Fn.Combine.ADD, base, step, value, v, from, n);
            case DROP -> {}
          }
        });
    return out;
  }
}
