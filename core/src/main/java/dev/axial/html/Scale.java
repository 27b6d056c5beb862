package dev.axial.html;

/**
 * Which colour a number has.
 *
 * @param both whether there are numbers of both signs; then zero is in the middle
 */
record Scale(double low, double high, boolean both) {
  /** From the least to the largest number; symmetric around zero if it lies between them. */
  static Scale of(Summary s) {
    if (s.finite() == 0) {
      return new Scale(0, 0, false);
    }
    if (s.min() < 0 && s.max() > 0) {
      double m = Math.max(-s.min(), s.max());
      return new Scale(-m, m, true);
    }
    return new Scale(s.min(), s.max(), false);
  }

  /** The class of a cell. */
  String of(double x) {
    if (Double.isNaN(x)) {
      return "nan";
    }
    if (Double.isInfinite(x)) {
      return x > 0 ? "inf" : "ninf";
    }
    return (both ? "d" : "q") + step(x);
  }

  /** Whether the colour is far from that of the page, so that writing on it is too. */
  boolean far(double x) {
    int k = step(x);
    return both ? Math.abs(k - Colours.STEPS / 2) > 8 : k > 15;
  }

  private int step(double x) {
    // Halves, because the distance of the two ends may be too large for a double.
    double width = high / 2 - low / 2;
    double part = width > 0 ? (x / 2 - low / 2) / width : 0;
    return (int) Math.round(Math.clamp(part, 0, 1) * (Colours.STEPS - 1));
  }

  /** The bar that explains the colours, and the marks that occur. */
  String legend(Summary s) {
    var out = new StringBuilder("<div class=legend>");
    if (s.finite() > 0 && low == high) {
      out.append("<span>all finite ones are ").append(Page.number(low)).append("</span>");
    } else if (s.finite() > 0) {
      out.append("<span>").append(Page.number(low)).append("</span><svg class=bar viewBox=\"0 0 ");
      out.append(Colours.STEPS).append(" 2\" preserveAspectRatio=none aria-hidden=true>");
      for (int k = 0; k < Colours.STEPS; k++) {
        out.append("<rect class=").append(both ? 'd' : 'q').append(k);
        out.append(" x=").append(k).append(" width=1.05 height=2 />");
      }
      out.append("</svg><span>").append(Page.number(high)).append("</span>");
    }
    mark(out, s.nan(), Double.NaN, "NaN");
    mark(out, s.positive(), Double.POSITIVE_INFINITY, "inf");
    mark(out, s.negative(), Double.NEGATIVE_INFINITY, "-inf");
    return out.append("</div>\n").toString();
  }

  private void mark(StringBuilder out, long n, double x, String name) {
    if (n > 0) {
      out.append("<span class=mark><svg viewBox=\"0 0 1 1\" aria-hidden=true><rect class=");
      out.append(of(x)).append(" /><path class=sign d=\"").append(sign(x, 0, 0));
      out.append("\"/></svg>").append(name).append("</span>");
    }
  }

  /** What is drawn over a cell that is no number: a cross, a plus, or a minus. */
  static String sign(double x, int column, int row) {
    if (Double.isNaN(x)) {
      return Page.format("M%d.2 %d.2l.6 .6m0 -.6l-.6 .6", column, row);
    }
    return Page.format("M%d.2 %d.5h.6", column, row)
        + (x > 0 ? Page.format("M%d.5 %d.2v.6", column, row) : "");
  }
}
