package dev.axial.html;

import java.util.BitSet;

/** The cells of a panel that are selected, as paths of SVG. */
record Outline(BitSet cells, int rows, int columns) {
  private boolean at(int r, int c) {
    return r >= 0 && r < rows && c >= 0 && c < columns && cells.get(r * columns + c);
  }

  /** The edges between cells that are selected and those that are not. */
  String edges() {
    var out = new StringBuilder();
    for (int r = 0; r <= rows; r++) {
      for (int c = 0; c <= columns; c++) {
        if (at(r, c) != at(r - 1, c)) {
          out.append('M').append(c).append(' ').append(r).append("h1");
        }
        if (at(r, c) != at(r, c - 1)) {
          out.append('M').append(c).append(' ').append(r).append("v1");
        }
      }
    }
    return out.toString();
  }

  /** The area of all others, in runs. */
  String others() {
    var out = new StringBuilder();
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; ) {
        int from = c;
        while (c < columns && !at(r, c)) {
          c++;
        }
        if (c > from) {
          int n = c - from;
          out.append(Page.format("M%d %dh%dv1h-%dz", from, r, n, n));
        } else {
          c++;
        }
      }
    }
    return out.toString();
  }
}
