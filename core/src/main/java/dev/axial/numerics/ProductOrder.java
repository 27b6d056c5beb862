package dev.axial.numerics;

import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;

/**
 * The order in which a contraction of floating-point numbers adds up its products, where all
 * engines have the same. With m rows, n columns and k terms:
 *
 * <ul>
 *   <li>{@link Form#SUM}: each product is rounded, and the products are added up in {@link
 *       SumOrder}.
 *   <li>{@link Form#MATRICES}: the terms are cut into runs, as even as may be and of no more than
 *       2048 bytes of elements. A run is a chain, {@code s = fma(a, b, s)} from +0 in the order of
 *       the terms, and the runs are added up one after another. Of more than 65,536 bytes of terms
 *       so many runs are a part, and the parts are added up with what each addition loses
 *       (two-sum).
 *   <li>{@link Form#VECTOR}: a matrix times a vector. An engine adds up as memory lies, to its
 *       lanes, and only promises an error that does not grow with k.
 * </ul>
 *
 * Which it is depends on the sizes and the dtype alone, never on how memory lies, on threads or on
 * what a contraction is fused with. Integers have no order: their sums wrap.
 */
public final class ProductOrder {
  private ProductOrder() {}

  /** How products are added up. */
  public enum Form {
    SUM,
    MATRICES,
    VECTOR
  }

  /** Contractions with fewer multiplications are sums of products. */
  private static final long SMALL = 8 * 8 * 8;

  private static final long SMALL_MATRIX = 64;

  /** A matrix of up to so many elements times a vector, likewise. */
  private static final long SMALL_VECTOR = 1 << 14;

  /** The form of a contraction of two operands. */
  public static Form form(Op.Dot d, ArrayType a, ArrayType b) {
    long m = 1;
    long n = 1;
    long k = 1;
    long batch = 1;
    boolean lopsided = false;
    ArrayType union = a.union(b);
    for (Dim x : union.dims()) {
      boolean left = a.has(x.name());
      boolean right = b.has(x.name());
      if (d.axes().contains(x.name())) {
        k *= x.size();
        lopsided |= !left || !right;
      } else if (left && right) {
        batch *= x.size();
      } else if (left) {
        m *= x.size();
      } else {
        n *= x.size();
      }
    }
    long points = union.size();
    boolean thin = m == 1 || n == 1;
    boolean small = points <= SMALL || m * n * k < SMALL_MATRIX;
    boolean sum =
        m == 1 && n == 1
            || thin && batch == 1 && points <= SMALL_VECTOR
            || k == 1
            || lopsided
            || small
            || a.dtype() == DType.UINT32;
    return sum ? Form.SUM : thin ? Form.VECTOR : Form.MATRICES;
  }

  /** The most terms of a run. */
  public static int run(DType t) {
    return 2048 / t.bytes();
  }

  /** About the most terms of the runs that are packed at once. */
  public static int packed(DType t) {
    return 16384 / t.bytes();
  }

  /** The most terms whose runs are added up without what they lose. */
  public static int far(DType t) {
    return 4 * packed(t);
  }

  /** The terms of each run but the last. */
  public static int evenRun(int k, DType t) {
    int runs = Math.max(1, (k + run(t) - 1) / run(t));
    return Math.max(1, (k + runs - 1) / runs);
  }

  /** The terms of each part but the last: whole runs. */
  public static int part(int k, DType t) {
    if (k <= far(t)) {
      return Math.max(1, k);
    }
    int run = evenRun(k, t);
    return Math.min(k, run * Math.max(1, packed(t) / run)) * (far(t) / packed(t));
  }
}
