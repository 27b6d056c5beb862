package dev.axial.html;

import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Numbers with named axes as a page: what they are, figures about them, and heat maps. */
public final class ArrayPage {
  private final StringBuilder out = new StringBuilder();

  private ArrayPage() {}

  /**
   * A page about an array or a reference.
   *
   * @param kind what it is, the page's title
   * @param about a sentence about it, or empty
   */
  public static String of(String kind, String about, ArrayType type, Store store) {
    var page = new ArrayPage();
    page.head(kind, about, type);
    page.contents(type, elements(store), null);
    return Page.of(kind + " " + axes(type), page.out.toString(), "map.js");
  }

  /** A page about a view: its own contents, and its base with the selection outlined. */
  public static String ofView(
      String kind,
      String about,
      ArrayType type,
      Store contents,
      ArrayType baseType,
      Store base,
      Selected selected) {
    var page = new ArrayPage();
    page.head(kind, about, type);
    page.contents(type, elements(contents), null);
    page.out.append("<h2>Inside its base</h2>\n");
    page.types(baseType);
    page.out.append("<p>Outlined: ").append(Page.text(selected.describe())).append(". ");
    page.out.append(
        Page.format(
            "%,d of %,d elements%s.</p>\n",
            selected.size(),
            baseType.size(),
            selected.complete() ? "" : "; the outline is drawn from some of them"));
    page.contents(baseType, elements(base), selected);
    return Page.of(kind + " " + axes(type), page.out.toString(), "map.js");
  }

  private static LongToDoubleFunction elements(Store s) {
    return s.dtype().isFloating() ? s::getDouble : s::getLong;
  }

  private static String axes(ArrayType type) {
    return type.dtype().name().toLowerCase(java.util.Locale.ROOT)
        + type.dims().stream().map(d -> d.name() + "=" + d.size()).toList();
  }

  // ---------------------------------------------------------------- what it is

  private void head(String kind, String about, ArrayType type) {
    out.append("<h1>").append(Page.text(kind)).append("</h1>\n");
    types(type);
    if (!about.isEmpty()) {
      out.append("<p class=soft>").append(Page.text(about)).append("</p>\n");
    }
  }

  private void types(ArrayType type) {
    String dtype = type.dtype().name().toLowerCase(java.util.Locale.ROOT);
    out.append("<p class=type><code>").append(dtype).append("</code>");
    for (Dim d : type.dims()) {
      out.append(" <span class=axis><b>").append(Page.text(d.name())).append("</b> ");
      out.append(Page.format("%,d", d.size())).append("</span>");
    }
    out.append(type.isScalar() ? " <span class=axis>no axes</span>" : "").append("</p>\n");
  }

  private void contents(ArrayType type, LongToDoubleFunction element, @Nullable Selected selected) {
    Summary s = Summary.of(type.size(), element);
    facts(type, s);
    if (s.size() == 0) {
      out.append("<p>There are no elements to show.</p>\n");
      return;
    }
    var grid = new Grid(type, selected);
    if (!grid.exact() || grid.panels.size() < grid.panelCount()) {
      shortened(grid);
    }
    Scale scale = Scale.of(s);
    out.append(scale.legend(s));
    maps(grid, scale, element, selected);
  }

  private void facts(ArrayType type, Summary s) {
    out.append("<dl>");
    fact("elements", Page.format("%,d", s.size()));
    fact("bytes", Page.format("%,d", s.size() * type.dtype().bytes()));
    if (type.dtype() == DType.BOOL && s.finite() > 0) {
      fact("true", Page.percent(s.mean()));
    } else if (s.finite() > 0) {
      fact("min", Page.number(s.min()));
      fact("max", Page.number(s.max()));
      fact("mean", Page.number(s.mean()));
    }
    if (type.dtype().isFloating()) {
      fact("NaN", Page.format("%,d", s.nan()));
      fact("infinite", Page.format("%,d", s.positive() + s.negative()));
    }
    out.append("</dl>\n");
    if (s.sampled()) {
      out.append(
          Page.format(
              "<p class=soft>The figures are about %,d elements at equal distances.</p>\n",
              s.seen()));
    }
  }

  private void fact(String name, String value) {
    out.append("<div><dt>").append(name).append("</dt><dd>").append(value).append("</dd></div>");
  }

  private void shortened(Grid g) {
    out.append("<p class=short>Shortened: ");
    if (!g.exact()) {
      out.append(
          Page.format(
              "each cell is the mean of a block of %s × %s elements",
              block(g.row.size(), g.rows), block(g.column.size(), g.columns)));
    }
    if (g.panels.size() < g.panelCount()) {
      out.append(g.exact() ? "" : "; ");
      out.append(Page.format("%,d of %,d panels are shown", g.panels.size(), g.panelCount()));
    }
    out.append(".</p>\n");
  }

  private static String block(int size, int cells) {
    int least = size / cells;
    return size % cells == 0 ? "" + least : least + "–" + (least + 1);
  }

  // ---------------------------------------------------------------- heat maps

  private void maps(
      Grid g, Scale scale, LongToDoubleFunction element, @Nullable Selected selected) {
    out.append("<div class=maps data-row=\"").append(Page.text(g.row.name()));
    out.append("\" data-column=\"").append(Page.text(g.column.name())).append('"');
    out.append(
        Page.format(
            " data-rows=\"%d %d\" data-columns=\"%d %d\">\n",
            g.rows, g.row.size(), g.columns, g.column.size()));
    List<java.util.BitSet> marks = selected == null ? List.of() : g.marks(selected);
    for (int k = 0; k < g.panels.size(); k++) {
      long panel = g.panels.get(k);
      map(
          g,
          scale,
          String.join(", ", g.place(panel)),
          g.cells(panel, element),
          selected == null ? null : new Outline(marks.get(k), g.rows, g.columns));
    }
    out.append("</div>\n<output>");
    out.append("Point at a cell, or touch it, for its place and number.</output>\n");
  }

  private void map(Grid g, Scale scale, String place, double[] cells, @Nullable Outline outline) {
    boolean written = g.columns <= 10 && g.rows <= 16 && g.panels.size() <= 4;
    out.append("<figure data-at=\"").append(Page.text(place)).append("\"><figcaption>");
    if (!place.isEmpty()) {
      out.append("<b>").append(Page.text(place)).append("</b> ");
    }
    direction("↓", g.row);
    direction("→", g.column);
    out.append("</figcaption>\n<svg class=map role=img viewBox=\"-.1 -.1 ");
    out.append(Page.format("%d.2 %d.2\" style=\"--w:%d", g.columns, g.rows, width(g, written)));
    out.append("\" data-v=\"");
    for (int k = 0; k < cells.length; k++) {
      out.append(k == 0 ? "" : " ").append(Page.number(cells[k]));
    }
    out.append("\"><title>a heat map</title>\n");
    cells(g, scale, cells);
    if (outline != null) {
      out.append("<path class=veil d=\"").append(outline.others()).append("\"/>");
    }
    if (written) {
      numbers(g, scale, cells, outline);
    }
    if (outline != null) {
      out.append("<path class=outline d=\"").append(outline.edges()).append("\"/>");
    }
    out.append("</svg></figure>\n");
  }

  private void direction(String arrow, Dim d) {
    if (!d.name().isEmpty()) {
      out.append(Page.format("%s %s 0–%,d ", arrow, Page.text(d.name()), d.size() - 1));
    }
  }

  /** Pixels where there is room. */
  private static int width(Grid g, boolean written) {
    int cell = written ? 56 : Math.clamp(640 / Math.max(g.rows, g.columns), 7, 28);
    return cell * g.columns;
  }

  private void cells(Grid g, Scale scale, double[] cells) {
    var signs = new StringBuilder();
    for (int r = 0; r < g.rows; r++) {
      for (int c = 0; c < g.columns; c++) {
        double x = cells[r * g.columns + c];
        out.append("<rect class=").append(scale.of(x));
        out.append(" x=").append(c).append(" y=").append(r).append(" />");
        if (Double.isNaN(x) || Double.isInfinite(x)) {
          signs.append(Scale.sign(x, c, r));
        }
      }
      out.append('\n');
    }
    if (!signs.isEmpty()) {
      out.append("<path class=sign d=\"").append(signs).append("\"/>\n");
    }
  }

  private void numbers(Grid g, Scale scale, double[] cells, @Nullable Outline outline) {
    for (int k = 0; k < cells.length; k++) {
      double x = cells[k];
      if (!Double.isNaN(x) && !Double.isInfinite(x)) {
        out.append(
            Page.format(
                "<text%s x=%d.5 y=%d.6>%s</text>",
                scale.far(x) && (outline == null || outline.cells().get(k)) ? " class=far" : "",
                k % g.columns,
                k / g.columns,
                brief(x)));
      }
    }
    out.append('\n');
  }

  /** A number in a cell: three digits. */
  private static String brief(double x) {
    double a = Math.abs(x);
    if (a != 0 && (a < 1e-3 || a >= 1e5)) {
      return Page.format("%.1e", x);
    }
    return x == Math.rint(x) ? Long.toString((long) x) : Page.format(a < 10 ? "%.2f" : "%.1f", x);
  }
}
