package dev.axial.interpreter;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums of floating-point numbers along axes, in the order of {@link SumOrder}. The last axes that
 * stay are columns: some of them are summed at a time, row by row.
 */
final class Sums {
  /** Columns that are summed at a time. */
  private static final int COLUMNS = 512;

  /** Over the other axes that stay: where the operand and the result lie. */
  private final Strided outer;

  /** Over the axes that are summed: where the operand lies. */
  private final Strided along;

  private final int columns;
  private final int results;
  private final int count;

  private Sums(Strided outer, Strided along, int columns, int results) {
    this.outer = outer;
    this.along = along;
    this.columns = columns;
    this.results = results;
    this.count = along.total;
  }

  /** The plan for an operand and its result, which has its axes but those that are summed. */
  static Sums of(ArrayType from, ArrayType to) {
    var summed = new ArrayList<Dim>();
    var stays = new ArrayList<Dim>();
    for (Dim d : from.dims()) {
      (to.has(d.name()) ? stays : summed).add(d);
    }
    int columns = 1;
    List<Dim> dims = from.dims();
    for (int k = dims.size() - 1; k >= 0 && to.has(dims.get(k).name()); k--) {
      columns *= dims.get(k).size();
      stays.removeLast();
    }
    Strided outer = Strided.of(stays, Strided.stridesOf(stays, from, to));
    Strided along = Strided.of(summed, Strided.stridesOf(summed, from));
    return new Sums(outer, along, columns, (int) to.size());
  }

  /** The sums of a float[] or a double[]. */
  Object run(Object given) {
    Object x = Denormals.read(given);
    var out = new double[results];
    if (results > 0 && count > 0) {
      int width = Math.min(columns, COLUMNS);
      var rows = new Rows(width, count, x instanceof double[] d && Denormals.sumsMayBe(d));
      int step = outer.inner(0);
      int to = outer.inner(1);
      outer.run((off, n) -> {
        for (int k = 0; k < n; k++) {
          for (int c = 0; c < columns; c += width) {
            one(x, off[0] + k * step + c, rows, Math.min(width, columns - c));
            rows.finish(out, off[1] + k * to + c);
          }
        }
      });
    }
    return x instanceof float[] ? rounded(out) : out;
  }

  private static float[] rounded(double[] x) {
    var f = new float[x.length];
    for (int k = 0; k < f.length; k++) {
      f[k] = Denormals.rounded(x[k]);
    }
    return f;
  }

  private void one(Object x, int start, Rows rows, int width) {
    int by = along.inner(0);
    along.run(
        new int[] {start},
        (off, n) -> {
          for (int k = 0; k < n; ) {
            int i = off[0] + k * by;
            if (width == 1 && by == 1 && rows.beginsSlots() && n - k >= SumOrder.SLOTS) {
              k += rows.line(x, i, n - k);
            } else {
              rows.add(x, i, width);
              k++;
            }
          }
        });
  }

  /** What the sums of some columns carry. */
  private static final class Rows {
    private final int few;
    private final double[][] slots = new double[SumOrder.SLOTS][];
    private final double[][] places;

    /** Whether some sum may be denormal. */
    private final boolean tiny;

    private int width;
    private int at;

    Rows(int width, int count, boolean tiny) {
      this.width = width;
      this.tiny = tiny;
      few = count <= SumOrder.FEW ? 0 : SumOrder.SLOTS - 1;
      for (int k = 0; k <= few; k++) {
        slots[k] = new double[width];
      }
      places = new double[SumOrder.places(count)][width];
    }

    boolean beginsSlots() {
      return few > 0 && at % SumOrder.SLOTS == 0;
    }

    /** Adds a row. */
    void add(Object x, int i, int columns) {
      width = columns;
      double[] s = slots[at & few];
      if (x instanceof float[] f) {
        for (int c = 0; c < columns; c++) {
          s[c] += f[i + c];
        }
      } else {
        double[] d = (double[]) x;
        for (int c = 0; c < columns; c++) {
          s[c] = sum(s[c], d[i + c]);
        }
      }
      if (++at % SumOrder.BLOCK == 0) {
        push();
      }
    }

    /** Adds neighbours in a column, up to the end of the block; gives how many. */
    int line(Object x, int i, int n) {
      width = 1;
      int left = SumOrder.BLOCK - at % SumOrder.BLOCK;
      int m = Math.min(left, n) / SumOrder.SLOTS * SumOrder.SLOTS;
      var s = new double[SumOrder.SLOTS];
      for (int k = 0; k < s.length; k++) {
        s[k] = slots[k][0];
      }
      if (x instanceof float[] f) {
        for (int j = i; j < i + m; j += SumOrder.SLOTS) {
          for (int k = 0; k < SumOrder.SLOTS; k++) {
            s[k] += f[j + k];
          }
        }
      } else {
        double[] d = (double[]) x;
        for (int j = i; j < i + m; j += SumOrder.SLOTS) {
          for (int k = 0; k < SumOrder.SLOTS; k++) {
            s[k] = sum(s[k], d[j + k]);
          }
        }
      }
      for (int k = 0; k < s.length; k++) {
        slots[k][0] = s[k];
      }
      at += m;
      if (at % SumOrder.BLOCK == 0) {
        push();
      }
      return m;
    }

    /** A block is done: its sum goes to its place. */
    private void push() {
      for (int half = (few + 1) / 2; half >= 1; half /= 2) {
        for (int k = 0; k < half; k++) {
          add(slots[k], slots[k + half]);
        }
      }
      int before = (at - 1) / SumOrder.BLOCK;
      int p = 0;
      for (; (before >> p & 1) != 0; p++) {
        add(slots[0], places[p]);
      }
      System.arraycopy(slots[0], 0, places[p], 0, width);
      for (int k = 0; k <= few; k++) {
        java.util.Arrays.fill(slots[k], 0);
      }
    }

    private void add(double[] a, double[] b) {
      for (int c = 0; c < width; c++) {
        a[c] = sum(a[c], b[c]);
      }
    }

    private double sum(double a, double b) {
      return tiny ? Denormals.add(a, b) : a + b;
    }

    /** Writes the sums, and starts anew. */
    void finish(double[] out, int to) {
      if (at % SumOrder.BLOCK != 0) {
        push();
      }
      int blocks = (at + SumOrder.BLOCK - 1) / SumOrder.BLOCK;
      double[] sum = places[Integer.numberOfTrailingZeros(blocks)].clone();
      for (int p = Integer.numberOfTrailingZeros(blocks) + 1; p < places.length; p++) {
        if ((blocks >> p & 1) != 0) {
          add(sum, places[p]);
        }
      }
      System.arraycopy(sum, 0, out, to, width);
      at = 0;
    }
  }
}
