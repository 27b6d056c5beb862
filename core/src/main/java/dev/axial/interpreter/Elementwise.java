package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.Expansion;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Element-wise loops. */
final class Elementwise {
  private Elementwise() {}

  /** Arithmetic on numbers of two bytes was to be written in float32 by {@code Widening}. */
  static AxialException notWidened(DType t) {
    return new AxialException("internal error: arithmetic on " + t);
  }

  // ---------------------------------------------------------------- one operand

  static Object unary(Fn.Unary fn, DType t, Object x) {
    return switch (x) {
      case float[] a -> Reals.unary(fn, (float[]) operand(fn, a));
      case double[] a -> Reals.unary(fn, (double[]) operand(fn, a));
      case int[] a -> {
        var d = new int[a.length];
        for (int k = 0; k < d.length; k++) {
          d[k] = (int) Scalars.integer(fn, t, a[k]);
        }
        yield d;
      }
      case long[] a -> {
        var d = new long[a.length];
        for (int k = 0; k < d.length; k++) {
          d[k] = Scalars.integer(fn, t, a[k]);
        }
        yield d;
      }
      case byte[] a -> {
        var d = new byte[a.length];
        for (int k = 0; k < d.length; k++) {
          d[k] = (byte) (a[k] ^ 1); // NOT is the only one for booleans
        }
        yield d;
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + x.getClass());
    };
  }

  /** The sign is a bit, and functions read their arguments themselves. */
  private static Object operand(Fn.Unary fn, Object x) {
    return fn == Fn.Unary.NEG || fn == Fn.Unary.ABS || Expansion.has(fn) ? x : Denormals.read(x);
  }

  // ---------------------------------------------------------------- operands side by side

  private static final int CHUNK = 1024;

  /** n elements from off with a step, as an array that starts where the result says. */
  private static int side(Object x, int off, int step, int n, Object scratch) {
    if (step == 1) {
      return off;
    }
    switch (x) {
      case float[] a -> {
        float[] s = (float[]) scratch;
        for (int k = 0; k < n; k++) {
          s[k] = a[off + k * step];
        }
      }
      case double[] a -> {
        double[] s = (double[]) scratch;
        for (int k = 0; k < n; k++) {
          s[k] = a[off + k * step];
        }
      }
      case int[] a -> {
        int[] s = (int[]) scratch;
        for (int k = 0; k < n; k++) {
          s[k] = a[off + k * step];
        }
      }
      case long[] a -> {
        long[] s = (long[]) scratch;
        for (int k = 0; k < n; k++) {
          s[k] = a[off + k * step];
        }
      }
      case byte[] a -> {
        byte[] s = (byte[]) scratch;
        for (int k = 0; k < n; k++) {
          s[k] = a[off + k * step];
        }
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + x.getClass());
    }
    return 0;
  }

  private interface Pair {
    void run(Object a, int ao, Object b, int bo, Object d, int o, int n);
  }

  /** Both operands with unit steps, in pieces that stay in the cache. */
  private static void pairs(Strided s, Object a, Object b, Object d, DType operands, Pair body) {
    int as = s.inner(0);
    int bs = s.inner(1);
    Object sa =
        as == 1 ? a : Store.newArray(operands, Math.min(CHUNK, s.sizes[s.sizes.length - 1]));
    Object sb =
        bs == 1 ? b : Store.newArray(operands, Math.min(CHUNK, s.sizes[s.sizes.length - 1]));
    int[] o = {0};
    s.run((off, n) -> {
      for (int k = 0; k < n; k += CHUNK) {
        int m = as == 1 && bs == 1 ? n : Math.min(CHUNK, n - k);
        int ao = side(a, off[0] + k * as, as, m, sa);
        int bo = side(b, off[1] + k * bs, bs, m, sb);
        body.run(sa, ao, sb, bo, d, o[0], m);
        o[0] += m;
        if (m == n) {
          break;
        }
      }
    });
  }

  static Object binary(Fn.Binary fn, DType t, Strided s, Object a, Object b) {
    if (!t.isFloating() || Expansion.has(fn) || Denormals.MODE == Denormals.KEEP) {
      return plain(fn, t, s, a, b);
    }
    Object d = plain(fn, t, s, Denormals.read(a), Denormals.read(b));
    boolean rounds = fn == Fn.Binary.MUL || fn == Fn.Binary.DIV;
    return rounds && Denormals.any(d, 0, s.total) ? again(fn, s, a, b) : Denormals.written(d);
  }

  /** Products and quotients one by one: whether one is denormal is seen before it is rounded. */
  private static Object again(Fn.Binary fn, Strided s, Object a, Object b) {
    Object d = a instanceof float[] ? new float[s.total] : new double[s.total];
    int as = s.inner(0);
    int bs = s.inner(1);
    int[] o = {0};
    s.run((off, n) -> {
      for (int k = 0; k < n; k++, o[0]++) {
        int i = off[0] + k * as;
        int j = off[1] + k * bs;
        if (d instanceof float[] r) {
          r[o[0]] = Scalars.real(fn, ((float[]) a)[i], ((float[]) b)[j]);
        } else {
          ((double[]) d)[o[0]] = Scalars.real(fn, ((double[]) a)[i], ((double[]) b)[j]);
        }
      }
    });
    return d;
  }

  private static Object plain(Fn.Binary fn, DType t, Strided s, Object a, Object b) {
    if (t == DType.FLOAT32 && s.sizes.length == 1 && s.total > 1 && Reals.isArithmetic(fn)) {
      return Reals.whole(fn, (float[]) a, s.inner(0), (float[]) b, s.inner(1));
    }
    Object d = Store.newArray(t, s.total);
    Pair body =
        switch (t) {
          case BFLOAT16, FLOAT16 -> throw notWidened(t);
          case FLOAT32 ->
              (x, xo, y, yo, z, o, n) ->
                  Reals.floats(fn, (float[]) x, xo, (float[]) y, yo, (float[]) z, o, n);
          case FLOAT64 ->
              (x, xo, y, yo, z, o, n) ->
                  Reals.doubles(fn, (double[]) x, xo, (double[]) y, yo, (double[]) z, o, n);
          case INT32, UINT32 -> {
            IntBinaryOperator f = Scalars.integer(fn, t == DType.UINT32);
            yield (x, xo, y, yo, z, o, n) -> {
              int[] p = (int[]) x;
              int[] q = (int[]) y;
              int[] r = (int[]) z;
              for (int k = 0; k < n; k++) {
                r[o + k] = f.applyAsInt(p[xo + k], q[yo + k]);
              }
            };
          }
          case INT64, KEY -> {
            LongBinaryOperator f = Scalars.integer(fn);
            yield (x, xo, y, yo, z, o, n) -> {
              long[] p = (long[]) x;
              long[] q = (long[]) y;
              long[] r = (long[]) z;
              for (int k = 0; k < n; k++) {
                r[o + k] = f.applyAsLong(p[xo + k], q[yo + k]);
              }
            };
          }
          case BOOL -> {
            IntBinaryOperator f = Scalars.integer(fn, false);
            yield (x, xo, y, yo, z, o, n) -> {
              byte[] p = (byte[]) x;
              byte[] q = (byte[]) y;
              byte[] r = (byte[]) z;
              for (int k = 0; k < n; k++) {
                r[o + k] = (byte) f.applyAsInt(p[xo + k], q[yo + k]);
              }
            };
          }
        };
    pairs(s, a, b, d, t, body);
    return d;
  }

  static byte[] compare(Fn.Compare fn, DType t, Strided s, Object x0, Object y0) {
    Object a = Denormals.read(x0);
    Object b = Denormals.read(y0);
    byte[] d = new byte[s.total];
    boolean lt = fn == Fn.Compare.LT || fn == Fn.Compare.LE || fn == Fn.Compare.NE;
    boolean gt = fn == Fn.Compare.GT || fn == Fn.Compare.GE || fn == Fn.Compare.NE;
    boolean eq = fn == Fn.Compare.LE || fn == Fn.Compare.GE || fn == Fn.Compare.EQ;
    byte less = (byte) (lt ? 1 : 0);
    byte more = (byte) (gt ? 1 : 0);
    byte same = (byte) (eq ? 1 : 0);
    byte nan = (byte) (fn == Fn.Compare.NE ? 1 : 0);
    Pair body =
        switch (t) {
          case BFLOAT16, FLOAT16 -> throw notWidened(t);
          case FLOAT32 ->
              (x, xo, y, yo, z, o, n) -> {
                float[] p = (float[]) x;
                float[] q = (float[]) y;
                for (int k = 0; k < n; k++) {
                  float u = p[xo + k];
                  float v = q[yo + k];
                  d[o + k] = u < v ? less : u > v ? more : u == v ? same : nan;
                }
              };
          case FLOAT64 ->
              (x, xo, y, yo, z, o, n) -> {
                double[] p = (double[]) x;
                double[] q = (double[]) y;
                for (int k = 0; k < n; k++) {
                  double u = p[xo + k];
                  double v = q[yo + k];
                  d[o + k] = u < v ? less : u > v ? more : u == v ? same : nan;
                }
              };
          case INT32 ->
              (x, xo, y, yo, z, o, n) -> {
                int[] p = (int[]) x;
                int[] q = (int[]) y;
                for (int k = 0; k < n; k++) {
                  d[o + k] = p[xo + k] < q[yo + k] ? less : p[xo + k] > q[yo + k] ? more : same;
                }
              };
          case UINT32 ->
              (x, xo, y, yo, z, o, n) -> {
                int[] p = (int[]) x;
                int[] q = (int[]) y;
                for (int k = 0; k < n; k++) {
                  int c = Integer.compareUnsigned(p[xo + k], q[yo + k]);
                  d[o + k] = c < 0 ? less : c > 0 ? more : same;
                }
              };
          case INT64, KEY ->
              (x, xo, y, yo, z, o, n) -> {
                long[] p = (long[]) x;
                long[] q = (long[]) y;
                for (int k = 0; k < n; k++) {
                  d[o + k] = p[xo + k] < q[yo + k] ? less : p[xo + k] > q[yo + k] ? more : same;
                }
              };
          case BOOL ->
              (x, xo, y, yo, z, o, n) -> {
                byte[] p = (byte[]) x;
                byte[] q = (byte[]) y;
                for (int k = 0; k < n; k++) {
                  d[o + k] = p[xo + k] < q[yo + k] ? less : p[xo + k] > q[yo + k] ? more : same;
                }
              };
        };
    pairs(s, a, b, d, t, body);
    return d;
  }

  /** a b + c of floats or of doubles, rounded once. */
  static Object fma(Strided s, Object a, Object b, Object c) {
    Object d = fma(s, Denormals.read(a), Denormals.read(b), Denormals.read(c), false);
    boolean again = Denormals.MODE == Denormals.FLUSH && Denormals.any(d, 0, s.total);
    return again ? fma(s, a, b, c, true) : d;
  }

  /**
   * The same.
   *
   * @param flushes whether a result may be denormal, and is then a zero
   */
  private static Object fma(Strided s, Object a, Object b, Object c, boolean flushes) {
    Object d = a instanceof float[] ? new float[s.total] : new double[s.total];
    int as = s.inner(0);
    int bs = s.inner(1);
    int cs = s.inner(2);
    int[] at = {0};
    s.run((off, n) -> {
      int o = at[0];
      at[0] += n;
      int ao = off[0];
      int bo = off[1];
      int co = off[2];
      if (d instanceof float[] r) {
        float[] x = (float[]) a;
        float[] y = (float[]) b;
        float[] z = (float[]) c;
        for (int k = 0; k < n; k++) {
          float p = x[ao + k * as];
          float q = y[bo + k * bs];
          float e = z[co + k * cs];
          r[o + k] = flushes ? Denormals.fma(p, q, e) : Math.fma(p, q, e);
        }
      } else {
        double[] r = (double[]) d;
        double[] x = (double[]) a;
        double[] y = (double[]) b;
        double[] z = (double[]) c;
        for (int k = 0; k < n; k++) {
          double p = x[ao + k * as];
          double q = y[bo + k * bs];
          double e = z[co + k * cs];
          r[o + k] = flushes ? Denormals.fma(p, q, e) : Math.fma(p, q, e);
        }
      }
    });
    return d;
  }

  /** Operands: predicate, where true, where false. */
  static Object select(DType t, Strided s, byte[] p, Object a, Object b) {
    Object d = Store.newArray(t, s.total);
    int ps = s.inner(0);
    int as = s.inner(1);
    int bs = s.inner(2);
    int[] at = {0};
    s.run((off, n) -> {
      int o = at[0];
      at[0] += n;
      int po = off[0];
      int ao = off[1];
      int bo = off[2];
      switch (d) {
        case short[] r -> {
          short[] x = (short[]) a;
          short[] y = (short[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        case float[] r -> {
          float[] x = (float[]) a;
          float[] y = (float[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        case double[] r -> {
          double[] x = (double[]) a;
          double[] y = (double[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        case int[] r -> {
          int[] x = (int[]) a;
          int[] y = (int[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        case long[] r -> {
          long[] x = (long[]) a;
          long[] y = (long[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        case byte[] r -> {
          byte[] x = (byte[]) a;
          byte[] y = (byte[]) b;
          for (int k = 0; k < n; k++) {
            r[o + k] = p[po + k * ps] != 0 ? x[ao + k * as] : y[bo + k * bs];
          }
        }
        default -> // not over Op: an array of any type
            throw new AxialException("internal error: " + d.getClass());
      }
    });
    return d;
  }

  /** A copy in the order of the nest; operand 0 is the source. */
  static Object gather(DType t, Strided s, Object a) {
    Object d = Store.newArray(t, s.total);
    int step = s.inner(0);
    int[] at = {0};
    s.run((off, n) -> {
      int o = at[0];
      at[0] += n;
      if (step == 1) {
        System.arraycopy(a, off[0], d, o, n);
      } else {
        strided(a, off[0], step, d, o, 1, n);
      }
    });
    return d;
  }

  private static void fill(Object a, int at, Object d, int o, int n) {
    switch (d) {
      case short[] r -> Arrays.fill(r, o, o + n, ((short[]) a)[at]);
      case float[] r -> Arrays.fill(r, o, o + n, ((float[]) a)[at]);
      case double[] r -> Arrays.fill(r, o, o + n, ((double[]) a)[at]);
      case int[] r -> Arrays.fill(r, o, o + n, ((int[]) a)[at]);
      case long[] r -> Arrays.fill(r, o, o + n, ((long[]) a)[at]);
      case byte[] r -> Arrays.fill(r, o, o + n, ((byte[]) a)[at]);
      default -> throw new AxialException("internal error: " + d.getClass()); // not over Op
    }
  }

  /** d[o + k ds] = a[ao + k as]. */
  static void strided(Object a, int ao, int as, Object d, int o, int ds, int n) {
    if (as == 0 && ds == 1) {
      fill(a, ao, d, o, n);
      return;
    }
    switch (a) {
      case short[] x -> {
        short[] r = (short[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      case float[] x -> {
        float[] r = (float[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      case double[] x -> {
        double[] r = (double[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      case int[] x -> {
        int[] r = (int[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      case long[] x -> {
        long[] r = (long[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      case byte[] x -> {
        byte[] r = (byte[]) d;
        for (int k = 0; k < n; k++) {
          r[o + k * ds] = x[ao + k * as];
        }
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + a.getClass());
    }
  }

  // ---------------------------------------------------------------- conversions

  /** Float to integer truncates and saturates; NaN gives 0. To its own dtype, it is a move. */
  static Object cast(DType from, DType to, Object given) {
    if (from == to) {
      return Store.cloneArray(given);
    }
    Object x = to.isHalf() && given instanceof float[] ? given : Denormals.read(given);
    int n = Store.length(x);
    Object d = Store.newArray(to, n);
    if (x instanceof float[] a && d instanceof double[] r) {
      for (int k = 0; k < n; k++) {
        r[k] = a[k];
      }
      return r;
    }
    if (from.isHalf()) {
      return widen(from, to, (short[]) x);
    }
    if (to.isHalf() && x instanceof float[] a) {
      return narrow(to, a);
    }
    for (int k = 0; k < n; k++) {
      if (from.isFloating()) {
        putDouble(to, d, k, getDouble(x, k));
      } else {
        putLong(to, d, k, getLong(from, x, k));
      }
    }
    return d;
  }

  /** The numbers of two bytes as another dtype, by way of float32. */
  private static Object widen(DType from, DType to, short[] x) {
    var d = new float[x.length];
    if (from == DType.BFLOAT16) {
      for (int k = 0; k < d.length; k++) {
        d[k] = Half.widen(DType.BFLOAT16, x[k]);
      }
    } else {
      for (int k = 0; k < d.length; k++) {
        d[k] = Half.widen(DType.FLOAT16, x[k]);
      }
    }
    return to == DType.FLOAT32 ? d : cast(DType.FLOAT32, to, d);
  }

  /** A loop for each dtype, so that the compiler sees one of them in it. */
  private static short[] narrow(DType to, float[] x) {
    var d = new short[x.length];
    if (to == DType.BFLOAT16) {
      for (int k = 0; k < d.length; k++) {
        d[k] = Half.narrow(DType.BFLOAT16, x[k]);
      }
    } else {
      for (int k = 0; k < d.length; k++) {
        d[k] = Half.narrow(DType.FLOAT16, x[k]);
      }
    }
    return d;
  }

  private static double getDouble(Object x, int k) {
    return x instanceof float[] a ? a[k] : ((double[]) x)[k];
  }

  private static long getLong(DType t, Object x, int k) {
    return switch (x) {
      case int[] a -> t == DType.UINT32 ? a[k] & 0xffffffffL : a[k];
      case long[] a -> a[k];
      case byte[] a -> a[k];
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + x.getClass());
    };
  }

  private static void putDouble(DType to, Object d, int k, double v) {
    switch (to) {
      case BFLOAT16, FLOAT16 -> ((short[]) d)[k] = Half.nearest(to, v);
      case FLOAT32 -> ((float[]) d)[k] = Denormals.rounded(v);
      case FLOAT64 -> ((double[]) d)[k] = v;
      case INT32 -> ((int[]) d)[k] = (int) v;
      case UINT32 -> ((int[]) d)[k] = (int) Math.clamp((long) v, 0L, 0xffffffffL);
      case INT64, KEY -> ((long[]) d)[k] = (long) v;
      case BOOL -> ((byte[]) d)[k] = (byte) (v != 0 ? 1 : 0);
    }
  }

  private static void putLong(DType to, Object d, int k, long v) {
    switch (to) {
      case BFLOAT16, FLOAT16 -> ((short[]) d)[k] = Half.nearest(to, v);
      case FLOAT32 -> ((float[]) d)[k] = (float) v;
      case FLOAT64 -> ((double[]) d)[k] = (double) v;
      case INT32, UINT32 -> ((int[]) d)[k] = (int) v;
      case INT64, KEY -> ((long[]) d)[k] = v;
      case BOOL -> ((byte[]) d)[k] = (byte) (v != 0 ? 1 : 0);
    }
  }

  static Object bitcast(DType to, Object x) {
    int n = Store.length(x);
    Object d = Store.newArray(to, n);
    java.lang.foreign.MemorySegment.copy(
        Store.heapSegment(x), 0, Store.heapSegment(d), 0, (long) n * to.bytes());
    return d;
  }
}
