package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.ProductOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Loops over axes: reductions, contractions, scans, sorting, random bits. */
final class Kernels {
  private Kernels() {}

  // ---------------------------------------------------------------- reductions

  /**
   * Visits the operand in its order. The nest is over the operand's axes, for the operand and the
   * result, which has n elements. Sums of floating-point numbers are {@link Sums}.
   */
  static Object reduce(Fn.Reduce fn, Strided s, ArrayType in, int n, Object x) {
    int step = s.inner(1);
    return switch (Denormals.read(x)) {
      case float[] a -> {
        var d = new float[n];
        boolean max = fn == Fn.Reduce.MAX;
        Arrays.fill(d, max ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY);
        int by = s.inner(0);
        s.run((off, m) -> {
          for (int k = 0; k < m; k++) {
            int o = off[1] + k * step;
            float v = a[off[0] + k * by];
            d[o] = max ? Math.max(d[o], v) : Math.min(d[o], v);
          }
        });
        yield d;
      }
      case double[] a -> {
        var d = new double[n];
        boolean max = fn == Fn.Reduce.MAX;
        Arrays.fill(d, max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        int by = s.inner(0);
        s.run((off, m) -> {
          for (int k = 0; k < m; k++) {
            int o = off[1] + k * step;
            double v = a[off[0] + k * by];
            d[o] = max ? Math.max(d[o], v) : Math.min(d[o], v);
          }
        });
        yield d;
      }
      case int[] a -> {
        var d = new int[n];
        boolean u = in.dtype() == DType.UINT32;
        Arrays.fill(d, (int) identity(fn, in.dtype()));
        var f = Scalars.integer(binary(fn), u);
        s.run((off, m) -> {
          for (int k = 0; k < m; k++) {
            int o = off[1] + k * step;
            d[o] = f.applyAsInt(d[o], a[off[0] + k]);
          }
        });
        yield d;
      }
      case long[] a -> {
        var d = new long[n];
        Arrays.fill(d, identity(fn, in.dtype()));
        var f = Scalars.integer(binary(fn));
        s.run((off, m) -> {
          for (int k = 0; k < m; k++) {
            int o = off[1] + k * step;
            d[o] = f.applyAsLong(d[o], a[off[0] + k]);
          }
        });
        yield d;
      }
      case byte[] a -> {
        var d = new byte[n];
        Arrays.fill(d, (byte) (fn == Fn.Reduce.ALL ? 1 : 0));
        s.run((off, m) -> {
          for (int k = 0; k < m; k++) {
            int o = off[1] + k * step;
            d[o] = (byte) (fn == Fn.Reduce.ALL ? d[o] & a[off[0] + k] : d[o] | a[off[0] + k]);
          }
        });
        yield d;
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + x.getClass());
    };
  }

  private static Fn.Binary binary(Fn.Reduce fn) {
    return switch (fn) {
      case SUM -> Fn.Binary.ADD;
      case MAX -> Fn.Binary.MAX;
      case MIN -> Fn.Binary.MIN;
      case ANY -> Fn.Binary.OR;
      case ALL -> Fn.Binary.AND;
    };
  }

  private static long identity(Fn.Reduce fn, DType t) {
    return switch (fn) {
      case SUM, ANY -> 0;
      case ALL -> 1;
      case MAX -> t == DType.INT64 ? Long.MIN_VALUE : t == DType.INT32 ? Integer.MIN_VALUE : 0;
      case MIN -> t == DType.INT64 ? Long.MAX_VALUE : t == DType.INT32 ? Integer.MAX_VALUE : -1;
    };
  }

  // ---------------------------------------------------------------- contraction

  /**
   * The operands as batches of matrices, [batch, row, sum] times [batch, sum, column], added up in
   * {@link ProductOrder}.
   */
  static Object dot(Op.Dot op, ArrayType a, ArrayType b, ArrayType out, Object x0, Object y0) {
    List<String> contracted = op.axes();
    Object x = Denormals.read(x0);
    Object y = Denormals.read(y0);
    ArrayType union = a.union(b);
    boolean real = a.dtype().isFloating();
    if (real && ProductOrder.form(op, a, b) == ProductOrder.Form.SUM) {
      ArrayType left = union.without(contracted);
      Object products = Elementwise.binary(Fn.Binary.MUL, a.dtype(), Strided.of(union, a, b), x, y);
      Object sums = Sums.of(union, left).run(products);
      return left.dims().equals(out.dims())
          ? sums
          : Elementwise.gather(out.dtype(), Strided.of(out, left), sums);
    }
    List<Dim> batch =
        a.dims().stream().filter(d -> b.has(d.name()) && !contracted.contains(d.name())).toList();
    List<Dim> rows =
        a.dims().stream().filter(d -> !b.has(d.name()) && !contracted.contains(d.name())).toList();
    List<Dim> cols =
        b.dims().stream().filter(d -> !a.has(d.name()) && !contracted.contains(d.name())).toList();
    List<Dim> sum = union.dims().stream().filter(d -> contracted.contains(d.name())).toList();
    Object p = permuted(a, join(batch, rows, sum), x);
    Object q = permuted(b, join(batch, sum, cols), y);
    int n = size(batch);
    int m = size(rows);
    int k = size(sum);
    int w = size(cols);
    Object r = Store.newArray(a.dtype(), (long) n * m * w);
    if ((long) n * m * w * k >= 1 << 18) {
      int parts = n > 1 ? n : Math.clamp(m / 4, 1, 8);
      IntStream.range(0, parts)
          .parallel()
          .forEach(part -> {
            if (n > 1) {
              multiply(p, q, r, part, 0, m, m, k, w);
            } else {
              multiply(p, q, r, 0, part * m / parts, (part + 1) * m / parts, m, k, w);
            }
          });
    } else {
      for (int j = 0; j < n; j++) {
        multiply(p, q, r, j, 0, m, m, k, w);
      }
    }
    ArrayType got = out.with(join(batch, rows, cols));
    return got.dims().equals(out.dims())
        ? r
        : Elementwise.gather(out.dtype(), Strided.of(out, got), r);
  }

  private static Object permuted(ArrayType t, List<Dim> dims, Object x) {
    return t.dims().equals(dims)
        ? x
        : Elementwise.gather(t.dtype(), Strided.of(t.with(dims), t), x);
  }

  private static List<Dim> join(List<Dim> a, List<Dim> b, List<Dim> c) {
    var out = new ArrayList<>(a);
    out.addAll(b);
    out.addAll(c);
    return out;
  }

  private static int size(List<Dim> dims) {
    int n = 1;
    for (Dim d : dims) {
      n *= d.size();
    }
    return n;
  }

  /** Rows from lo to hi of one batch. Row by row, so that the inner loop runs along memory. */
  private static void multiply(
      Object p, Object q, Object r, int batch, int lo, int hi, int m, int k, int w) {
    int ap = batch * m * k;
    int bp = batch * k * w;
    int rp = batch * m * w;
    switch (r) {
      case float[] d -> {
        float[] a = (float[]) p;
        float[] b = (float[]) q;
        if (w > 1) {
          FloatMatrix.multiply(a, ap, b, bp, d, rp, lo, hi, k, w);
          return;
        }
        for (int i = lo; i < hi; i++) {
          double v = 0;
          for (int j = 0; j < k; j++) {
            v += (double) a[ap + i * k + j] * b[bp + j];
          }
          d[rp + i] = Denormals.rounded(v);
        }
      }
      case double[] d ->
          DoubleMatrix.multiply((double[]) p, ap, (double[]) q, bp, d, rp, lo, hi, k, w);
      case int[] d -> {
        int[] a = (int[]) p;
        int[] b = (int[]) q;
        for (int i = lo; i < hi; i++) {
          for (int j = 0; j < k; j++) {
            int v = a[ap + i * k + j];
            for (int c = 0; c < w; c++) {
              d[rp + i * w + c] += v * b[bp + j * w + c];
            }
          }
        }
      }
      case long[] d -> {
        long[] a = (long[]) p;
        long[] b = (long[]) q;
        for (int i = lo; i < hi; i++) {
          for (int j = 0; j < k; j++) {
            long v = a[ap + i * k + j];
            for (int c = 0; c < w; c++) {
              d[rp + i * w + c] += v * b[bp + j * w + c];
            }
          }
        }
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + r.getClass());
    }
  }

  // ---------------------------------------------------------------- along one axis

  private interface Line {
    void run(int start, int step, int n);
  }

  /** Each line of the operand along an axis. */
  private static void lines(ArrayType t, String axis, Line body) {
    int at = t.indexOf(axis);
    int n = t.dims().get(at).size();
    int step = (int) t.strides()[at];
    if (n == 0 || t.size() == 0) {
      return;
    }
    int outer = (int) (t.size() / n / step);
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < step; i++) {
        body.run(o * n * step + i, step, n);
      }
    }
  }

  /** What the sum s of a and b has lost; where no difference is denormal, without looking. */
  private static double lost(boolean tiny, double a, double b, double s) {
    if (tiny) {
      return Denormals.lost(a, b, s);
    }
    double t = s - a;
    return (a - (s - t)) + (b - t);
  }

  private static double sum(boolean tiny, double a, double b) {
    return tiny ? Denormals.add(a, b) : a + b;
  }

  /**
   * Running sums, each line in its order. What a sum in float64 loses is carried beside it; those
   * of float32 are carried in float64.
   */
  static Object cumSum(ArrayType t, String axis, boolean reverse, Object given) {
    Object x = Denormals.read(given);
    boolean tiny = x instanceof double[] reals && Denormals.sumsMayBe(reals);
    Object d = Store.newArray(t.dtype(), Store.length(x));
    lines(
        t,
        axis,
        (start, step, n) -> {
          int from = reverse ? start + (n - 1) * step : start;
          int by = reverse ? -step : step;
          switch (x) {
            case float[] a -> {
              double v = 0;
              for (int k = 0, o = from; k < n; k++, o += by) {
                v += a[o];
                ((float[]) d)[o] = Denormals.rounded(v);
              }
            }
            case double[] a -> {
              double v = 0;
              double lost = 0;
              for (int k = 0, o = from; k < n; k++, o += by) {
                double w = sum(tiny, v, a[o]);
                lost = sum(tiny, lost, lost(tiny, v, a[o], w));
                v = w;
                double y = sum(tiny, v, lost);
                ((double[]) d)[o] = Double.isNaN(y) ? v : y;
              }
            }
            case int[] a -> {
              int v = 0;
              for (int k = 0, o = from; k < n; k++, o += by) {
                v += a[o];
                ((int[]) d)[o] = v;
              }
            }
            case long[] a -> {
              long v = 0;
              for (int k = 0, o = from; k < n; k++, o += by) {
                v += a[o];
                ((long[]) d)[o] = v;
              }
            }
            default -> // not over Op: an array of any type
                throw new AxialException("internal error: " + x.getClass());
          }
        });
    return d;
  }

  /** A key whose order as a signed number is the order of the elements; NaN last, zeros equal. */
  private static long key(DType t, Object x, int k) {
    return switch (x) {
      case float[] a -> {
        float v = a[k] == 0 ? 0 : a[k];
        int b = Float.floatToIntBits(v);
        yield b < 0 ? b ^ 0x7fffffff : b;
      }
      case double[] a -> {
        double v = a[k] == 0 ? 0 : a[k];
        long b = Double.doubleToLongBits(v);
        yield b < 0 ? b ^ Long.MAX_VALUE : b;
      }
      case int[] a -> t == DType.UINT32 ? a[k] & 0xffffffffL : a[k];
      case long[] a -> a[k];
      case byte[] a -> a[k];
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + x.getClass());
    };
  }

  static int[] argSort(ArrayType t, String axis, boolean descending, Object given) {
    Object x = Denormals.read(given);
    var d = new int[Store.length(x)];
    boolean wide = t.dtype().bytes() == 8;
    lines(
        t,
        axis,
        (start, step, n) -> {
          if (wide) {
            var order = new Integer[n];
            var keys = new long[n];
            for (int k = 0; k < n; k++) {
              order[k] = k;
              long v = key(t.dtype(), x, start + k * step);
              keys[k] = descending ? ~v : v;
            }
            Arrays.sort(order, (p, q) -> Long.compare(keys[p], keys[q]));
            for (int k = 0; k < n; k++) {
              d[start + k * step] = order[k];
            }
          } else {
            var packed = new long[n];
            for (int k = 0; k < n; k++) {
              long v = key(t.dtype(), x, start + k * step);
              packed[k] = (descending ? ~v : v) << 31 | k;
            }
            Arrays.sort(packed);
            for (int k = 0; k < n; k++) {
              d[start + k * step] = (int) (packed[k] & 0x7fffffff);
            }
          }
        });
    return d;
  }

  static int[] argReduce(ArrayType t, ArrayType out, String axis, boolean max, Object given) {
    Object x = Denormals.read(given);
    var d = new int[(int) out.size()];
    int[] at = {0};
    lines(
        t,
        axis,
        (start, step, n) -> {
          int best = 0;
          for (int k = 1; k < n; k++) {
            if (beats(t.dtype(), x, start + k * step, start + best * step, max)) {
              best = k;
            }
          }
          d[at[0]++] = best;
        });
    return d;
  }

  private static boolean beats(DType t, Object x, int i, int j, boolean max) {
    if (t.isFloating()) {
      double a = x instanceof float[] f ? f[i] : ((double[]) x)[i];
      double b = x instanceof float[] f ? f[j] : ((double[]) x)[j];
      return !Double.isNaN(b) && (Double.isNaN(a) || (max ? a > b : a < b));
    }
    long a = key(t, x, i);
    long b = key(t, x, j);
    return max ? a > b : a < b;
  }

  static Object concat(ArrayType out, String axis, List<ArrayType> types, List<Object> parts) {
    Object d = Store.newArray(out.dtype(), out.size());
    int stride = (int) out.strides()[out.indexOf(axis)];
    int start = 0;
    for (int k = 0; k < parts.size(); k++) {
      int n = types.get(k).dim(axis).size();
      ArrayType mine =
          out.with(
              out.dims().stream().map(x -> x.name().equals(axis) ? new Dim(axis, n) : x).toList());
      int[][] strides = Strided.stridesOf(mine.dims(), out, types.get(k));
      Strided s = Strided.of(mine.dims(), strides);
      Object part = parts.get(k);
      int to = s.inner(0);
      int from = s.inner(1);
      s.run(
          new int[] {start * stride, 0},
          (off, m) -> {
            if (to == 1 && from == 1) {
              System.arraycopy(part, off[1], d, off[0], m);
            } else {
              Elementwise.strided(part, off[1], from, d, off[0], to, m);
            }
          });
      start += n;
    }
    return d;
  }

  // ---------------------------------------------------------------- random bits

  private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};

  /**
   * Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
   * 1, 2, 3; SC 2011). Operands: key, x0, x1.
   */
  static List<Object> threefry(Strided s, long[] key, int[] x0, int[] x1) {
    var y0 = new int[s.total];
    var y1 = new int[s.total];
    int ks = s.inner(0);
    int as = s.inner(1);
    int bs = s.inner(2);
    int[] at = {0};
    s.run((off, n) -> {
      for (int k = 0; k < n; k++) {
        long kk = key[off[0] + k * ks];
        int k0 = (int) (kk >>> 32);
        int k1 = (int) kk;
        int k2 = k0 ^ k1 ^ 0x1BD11BDA;
        int a = x0[off[1] + k * as] + k0;
        int b = x1[off[2] + k * bs] + k1;
        for (int round = 0; round < 5; round++) {
          for (int j = 0; j < 4; j++) {
            a += b;
            b = Integer.rotateLeft(b, ROTATIONS[(round & 1) * 4 + j]) ^ a;
          }
          int inject = (round + 1) % 3;
          a += inject == 0 ? k0 : inject == 1 ? k1 : k2;
          b += (inject == 0 ? k1 : inject == 1 ? k2 : k0) + round + 1;
        }
        y0[at[0]] = a;
        y1[at[0]++] = b;
      }
    });
    return List.of(y0, y1);
  }
}
