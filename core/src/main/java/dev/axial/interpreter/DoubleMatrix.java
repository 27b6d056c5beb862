package dev.axial.interpreter;

import dev.axial.DType;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.ProductOrder;
import java.util.Arrays;

/**
 * The product of two float64 matrices in row-major order, whose terms are added up in {@link
 * ProductOrder}.
 */
final class DoubleMatrix {
  private DoubleMatrix() {}

  /**
   * Makes rows lo to hi of d, which has w columns and starts at di: those of a, with k columns,
   * times b, with k rows and w columns.
   */
  static void multiply(
      double[] a, int ai, double[] b, int bi, double[] d, int di, int lo, int hi, int k, int w) {
    boolean tiny = Denormals.productsMayBe(a, ai + lo * k, (hi - lo) * k, b, bi, k * w);
    int run = ProductOrder.evenRun(k, DType.FLOAT64);
    int part = ProductOrder.part(k, DType.FLOAT64);
    var sums = new double[w];
    var one = new double[w];
    var total = new double[w];
    var lost = new double[w];
    for (int i = lo; i < hi; i++) {
      Arrays.fill(total, 0);
      Arrays.fill(lost, 0);
      for (int from = 0; from < k; from += part) {
        int end = Math.min(k, from + part);
        for (int j = from; j < end; j += run) {
          double[] out = j == from ? sums : one;
          Arrays.fill(out, 0);
          for (int t = j; t < Math.min(end, j + run); t++) {
            term(tiny, a[ai + i * k + t], b, bi + t * w, out);
          }
          for (int c = 0; c < w && j > from; c++) {
            sums[c] = Denormals.sum(sums[c], one[c]);
          }
        }
        for (int c = 0; c < w && k > part; c++) {
          double s = Denormals.sum(total[c], sums[c]);
          lost[c] = Denormals.sum(lost[c], Denormals.lost(total[c], sums[c], s));
          total[c] = s;
        }
      }
      for (int c = 0; c < w; c++) {
        double s = k > part ? Denormals.sum(total[c], lost[c]) : sums[c];
        d[di + i * w + c] = Double.isNaN(s) && k > part ? total[c] : s;
      }
    }
  }

  private static void term(boolean tiny, double u, double[] b, int p, double[] out) {
    if (tiny) {
      for (int c = 0; c < out.length; c++) {
        out[c] = Denormals.fma(u, b[p + c], out[c]);
      }
      return;
    }
    for (int c = 0; c < out.length; c++) {
      out[c] = Math.fma(u, b[p + c], out[c]);
    }
  }
}
