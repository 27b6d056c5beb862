package dev.axial.interpreter;

import dev.axial.DType;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.ProductOrder;
import java.util.Arrays;

/**
 * The product of two float32 matrices in row-major order, whose terms are added up in {@link
 * ProductOrder}. HotSpot turns a loop over several arrays into vector code only where it can tell
 * that no store of one round meets a load of another, which it can where each array is indexed by
 * the loop variable alone. So the rows of the right matrix and of the result are copied into arrays
 * of their own, a block at a time: four to six times faster than the same loop with offsets.
 */
final class FloatMatrix {
  /** Columns and terms of a block: a block and the rows of the result stay in the cache. */
  private static final int COLUMNS = 512;

  private static final int TERMS = 128;

  private FloatMatrix() {}

  /**
   * Makes rows lo to hi of d, which is zero there, has w columns and starts at di: those of a, with
   * k columns, times b, with k rows and w columns.
   */
  static void multiply(
      float[] a, int ai, float[] b, int bi, float[] d, int di, int lo, int hi, int k, int w) {
    boolean tiny = Denormals.productsMayBe(a, ai + lo * k, (hi - lo) * k, b, bi, k * w);
    int run = ProductOrder.evenRun(k, DType.FLOAT32);
    int part = ProductOrder.part(k, DType.FLOAT32);
    int to = di + lo * w;
    if (k <= run) {
      run(tiny, a, ai + lo * k, k, b, bi, d, to, hi - lo, k, w);
      return;
    }
    int n = (hi - lo) * w;
    var one = new float[n];
    float[] sums = k > part ? new float[n] : d;
    int at = k > part ? 0 : to;
    var lost = new float[k > part ? n : 0];
    for (int from = 0; from < k; from += part) {
      int end = Math.min(k, from + part);
      for (int j = from; j < end; j += run) {
        boolean first = j == from;
        float[] out = first ? sums : one;
        int o = first ? at : 0;
        Arrays.fill(out, o, o + n, 0);
        int terms = Math.min(run, end - j);
        run(tiny, a, ai + lo * k + j, k, b, bi + j * w, out, o, hi - lo, terms, w);
        for (int c = 0; c < n && !first; c++) {
          sums[at + c] = Denormals.sum(sums[at + c], one[c]);
        }
      }
      for (int c = 0; c < lost.length; c++) {
        float sum = Denormals.sum(d[to + c], sums[c]);
        lost[c] = Denormals.sum(lost[c], Denormals.lost(d[to + c], sums[c], sum));
        d[to + c] = sum;
      }
    }
    for (int c = 0; c < lost.length; c++) {
      float sum = Denormals.sum(d[to + c], lost[c]);
      d[to + c] = Float.isNaN(sum) ? d[to + c] : sum;
    }
  }

  /** A run of terms, for rows of a that are so far apart. */
  private static void run(
      boolean tiny,
      float[] a,
      int ai,
      int step,
      float[] b,
      int bi,
      float[] d,
      int di,
      int rows,
      int k,
      int w) {
    if (!tiny) {
      multiply(a, ai, step, b, bi, d, di, rows, k, w);
      return;
    }
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < k; j++) {
        float u = a[ai + i * step + j];
        for (int c = 0; c < w; c++) {
          d[di + i * w + c] = Denormals.fma(u, b[bi + j * w + c], d[di + i * w + c]);
        }
      }
    }
  }

  /** The same for rows of a that are so far apart. */
  private static void multiply(
      float[] a, int ai, int step, float[] b, int bi, float[] d, int di, int hi, int k, int w) {
    int lo = 0;
    if (hi - lo < 4) { // the copy would cost as much as the product
      for (int i = lo; i < hi; i++) {
        row(a, ai + i * step, b, bi, d, di + i * w, k, w);
      }
      return;
    }
    for (int c = 0; c < w; c += COLUMNS) {
      int n = Math.min(COLUMNS, w - c);
      var x = new float[n];
      var y = new float[n];
      for (int j = 0; j < k; j += TERMS) {
        float[][] rows = rows(b, bi + j * w + c, Math.min(TERMS, k - j), n, w);
        int i = lo;
        for (; i + 1 < hi; i += 2) {
          int at = di + i * w + c;
          System.arraycopy(d, at, x, 0, n);
          System.arraycopy(d, at + w, y, 0, n);
          add(x, y, rows, a, ai + i * step + j, ai + (i + 1) * step + j);
          System.arraycopy(x, 0, d, at, n);
          System.arraycopy(y, 0, d, at + w, n);
        }
        if (i < hi) {
          System.arraycopy(d, di + i * w + c, x, 0, n);
          add(x, rows, a, ai + i * step + j);
          System.arraycopy(x, 0, d, di + i * w + c, n);
        }
      }
    }
  }

  private static float[][] rows(float[] b, int start, int terms, int n, int w) {
    var rows = new float[terms][];
    for (int j = 0; j < terms; j++) {
      rows[j] = Arrays.copyOfRange(b, start + j * w, start + j * w + n);
    }
    return rows;
  }

  /** Two rows at a time, so that what is loaded serves twice. */
  private static void add(float[] x, float[] y, float[][] rows, float[] a, int p, int q) {
    int j = 0;
    for (; j + 3 < rows.length; j += 4) {
      four(
          x,
          rows[j],
          rows[j + 1],
          rows[j + 2],
          rows[j + 3],
          a[p + j],
          a[p + j + 1],
          a[p + j + 2],
          a[p + j + 3],
          y,
          a[q + j],
          a[q + j + 1],
          a[q + j + 2],
          a[q + j + 3]);
    }
    for (; j < rows.length; j++) {
      one(x, rows[j], a[p + j]);
      one(y, rows[j], a[q + j]);
    }
  }

  private static void add(float[] x, float[][] rows, float[] a, int p) {
    int j = 0;
    for (; j + 3 < rows.length; j += 4) {
      four(
          x,
          rows[j],
          rows[j + 1],
          rows[j + 2],
          rows[j + 3],
          a[p + j],
          a[p + j + 1],
          a[p + j + 2],
          a[p + j + 3]);
    }
    for (; j < rows.length; j++) {
      one(x, rows[j], a[p + j]);
    }
  }

  private static void four(
      float[] x,
      float[] r0,
      float[] r1,
      float[] r2,
      float[] r3,
      float u0,
      float u1,
      float u2,
      float u3,
      float[] y,
      float v0,
      float v1,
      float v2,
      float v3) {
    for (int c = 0; c < x.length; c++) {
      float b0 = r0[c];
      float b1 = r1[c];
      float b2 = r2[c];
      float b3 = r3[c];
      x[c] = Math.fma(u3, b3, Math.fma(u2, b2, Math.fma(u1, b1, Math.fma(u0, b0, x[c]))));
      y[c] = Math.fma(v3, b3, Math.fma(v2, b2, Math.fma(v1, b1, Math.fma(v0, b0, y[c]))));
    }
  }

  private static void four(
      float[] x,
      float[] r0,
      float[] r1,
      float[] r2,
      float[] r3,
      float u0,
      float u1,
      float u2,
      float u3) {
    for (int c = 0; c < x.length; c++) {
      x[c] =
          Math.fma(u3, r3[c], Math.fma(u2, r2[c], Math.fma(u1, r1[c], Math.fma(u0, r0[c], x[c]))));
    }
  }

  private static void one(float[] x, float[] r, float u) {
    for (int c = 0; c < x.length; c++) {
      x[c] = Math.fma(u, r[c], x[c]);
    }
  }

  /** One row where it lies. */
  private static void row(float[] a, int ai, float[] b, int bi, float[] d, int di, int k, int w) {
    for (int j = 0; j < k; j++) {
      float u = a[ai + j];
      int p = bi + j * w;
      for (int c = 0; c < w; c++) {
        d[di + c] = Math.fma(u, b[p + c], d[di + c]);
      }
    }
  }
}
