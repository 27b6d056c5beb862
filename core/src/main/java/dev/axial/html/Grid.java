package dev.axial.html;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * An array divided into cells: the last two axes are rows and columns of a panel, and there is a
 * panel for each place along the axes before them. A cell stands for one element, or for a block of
 * neighbours where there are too many; then its number is their mean, and NaN or infinite if one of
 * them is.
 */
final class Grid {
  private static final int ROWS = 48;
  private static final int COLUMNS = 64;

  /** All panels together. */
  private static final int CELLS = 6144;

  private static final int PANELS = 32;

  /** In a block, so many elements along an axis are looked at. */
  private static final int LOOKS = 16;

  private final ArrayType type;
  final Dim row;
  final Dim column;
  final int rows;
  final int columns;

  /** The panels that are shown, by their position among all. */
  final List<Long> panels;

  Grid(ArrayType type, @Nullable Selected selected) {
    this.type = type;
    int rank = type.rank();
    row = rank < 2 ? new Dim("", 1) : type.dims().get(rank - 2);
    column = rank < 1 ? new Dim("", 1) : type.dims().get(rank - 1);
    long all = panelCount();
    rows = Math.min(row.size(), all > 1 ? ROWS / 2 : ROWS);
    columns = Math.min(column.size(), all > 1 ? COLUMNS / 2 : COLUMNS);
    int most = Math.clamp(CELLS / Math.max(1, rows * columns), 1, PANELS);
    panels = shown(all, most, selected);
  }

  private long panel() {
    return (long) row.size() * column.size();
  }

  /** How many panels there are. */
  long panelCount() {
    return panel() == 0 ? 0 : type.size() / panel();
  }

  /** All of them, or some at equal distances, and those that a selection is in before others. */
  private List<Long> shown(long all, int most, @Nullable Selected selected) {
    var out = new TreeSet<Long>();
    if (selected != null && all > most) {
      var touched = new TreeSet<Long>();
      selected.forEach(p -> touched.add(p / panel()));
      out.addAll(spread(List.copyOf(touched), most));
    }
    long left = Math.min(all, most) - out.size();
    for (long k = 0; k < left; k++) {
      out.add(k * all / left);
    }
    return List.copyOf(out);
  }

  private static List<Long> spread(List<Long> from, int most) {
    int n = Math.min(from.size(), most);
    var out = new ArrayList<Long>();
    for (int k = 0; k < n; k++) {
      out.add(from.get((int) ((long) k * from.size() / n)));
    }
    return out;
  }

  /** Where a panel lies along the axes before the last two. */
  List<String> place(long panel) {
    var out = new ArrayList<String>();
    long rest = panel;
    for (int k = type.rank() - 3; k >= 0; k--) {
      Dim d = type.dims().get(k);
      out.addFirst(d.name() + " " + rest % d.size());
      rest /= d.size();
    }
    return out;
  }

  boolean exact() {
    return rows == row.size() && columns == column.size();
  }

  /** The first element of a cell along an axis that is divided into so many. */
  static int start(int cell, int cells, int size) {
    return (int) ((long) cell * size / cells);
  }

  /** The numbers of a panel's cells, row by row. */
  double[] cells(long panel, LongToDoubleFunction element) {
    var out = new double[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[r * columns + c] = cell(panel * panel(), r, c, element);
      }
    }
    return out;
  }

  private double cell(long base, int r, int c, LongToDoubleFunction element) {
    int top = start(r, rows, row.size());
    int bottom = start(r + 1, rows, row.size());
    int left = start(c, columns, column.size());
    int right = start(c + 1, columns, column.size());
    int down = Math.ceilDiv(bottom - top, LOOKS);
    int across = Math.ceilDiv(right - left, LOOKS);
    double mean = 0;
    double odd = 0; // what is not finite adds up to what it is, and both infinities to NaN
    int n = 0;
    for (int y = top; y < bottom; y += down) {
      for (int x = left; x < right; x += across) {
        double v = element.applyAsDouble(base + (long) y * column.size() + x);
        if (Double.isNaN(v) || Double.isInfinite(v)) {
          odd += v;
        } else {
          n++;
          mean += v / n - mean / n;
        }
      }
    }
    return odd == 0 ? mean : odd;
  }

  /** For each panel that is shown, the cells with a selected element. */
  List<BitSet> marks(Selected selected) {
    var out = new ArrayList<BitSet>();
    panels.forEach(_ -> out.add(new BitSet()));
    selected.forEach(p -> {
      int at = panels.indexOf(p / panel());
      if (at >= 0) {
        long within = p % panel();
        int r = cellOf((int) (within / column.size()), rows, row.size());
        int c = cellOf((int) (within % column.size()), columns, column.size());
        out.get(at).set(r * columns + c);
      }
    });
    return out;
  }

  /** The inverse of {@link #start}. */
  private static int cellOf(int element, int cells, int size) {
    return (int) (((element + 1L) * cells - 1) / size);
  }
}
