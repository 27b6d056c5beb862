package dev.axial.bench;

import dev.axial.bench.rows.GrowthRows;
import dev.axial.bench.rows.Samples;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The curves of {@link GrowthRows} as a picture: for each pattern the time of a step over the size
 * of the reference, both on logarithmic scales, ours and JAX's. And in words whether ours are flat.
 */
final class GrowthChart {
  private static final int WIDTH = 210;
  private static final int HEIGHT = 150;
  private static final int ACROSS = 4;
  private static final int LEFT = 46;
  private static final int TOP = 26;
  private static final double SHORTEST = 1e-9;
  private static final double LONGEST = 1;

  /** How much longer a step may take on the largest reference than on the smallest. */
  private static final double FLAT = 1.5;

  private GrowthChart() {}

  /** The times of a pattern, by size; null where one is missing. */
  private record Curve(String name, List<@Nullable Double> ours, List<@Nullable Double> jax) {}

  private static List<Curve> curves(List<Outcome> outcomes) {
    var byName = new LinkedHashMap<String, Map<String, Outcome>>();
    for (Outcome o : outcomes) {
      if (o.name().startsWith(GrowthRows.PREFIX)) {
        int end = o.name().lastIndexOf('-');
        String pattern = o.name().substring(GrowthRows.PREFIX.length(), end);
        byName
            .computeIfAbsent(pattern, _ -> new LinkedHashMap<>())
            .put(o.name().substring(end + 1), o);
      }
    }
    var out = new ArrayList<Curve>();
    byName.forEach((name, sizes) ->
        out.add(new Curve(name, times(sizes, Outcome.OURS), times(sizes, Outcome.JAX))));
    return out;
  }

  private static List<@Nullable Double> times(Map<String, Outcome> sizes, String who) {
    var out = new ArrayList<@Nullable Double>();
    for (String size : GrowthRows.SIZES) {
      Outcome o = sizes.get(size);
      Samples s = o == null ? null : o.of(who);
      out.add(s == null || s.min() <= 0 ? null : s.min());
    }
    return out;
  }

  // ---------------------------------------------------------------- words

  /** A line for each pattern: how many times as long a step takes on the largest reference. */
  static List<String> growth(List<Outcome> outcomes) {
    var lines = new ArrayList<String>();
    for (Curve c : curves(outcomes)) {
      String ours = ratio(c.ours);
      String jax = ratio(c.jax);
      Double x = times(c.ours);
      lines.add(
          "%-14s a step on %s rows takes %s times that on %s: %s; JAX's %s times"
              .formatted(
                  c.name,
                  GrowthRows.SIZES.getLast(),
                  ours,
                  GrowthRows.SIZES.getFirst(),
                  x == null ? "not known" : x <= FLAT ? "flat" : "NOT flat",
                  jax));
    }
    return lines;
  }

  private static String ratio(List<@Nullable Double> times) {
    Double x = times(times);
    return x == null ? Outcome.NONE : Table.digits(x);
  }

  private static @Nullable Double times(List<@Nullable Double> times) {
    Double first = times.getFirst();
    Double last = times.getLast();
    return first == null || last == null ? null : (Double) (last / first);
  }

  // ---------------------------------------------------------------- picture

  /** The picture as SVG. */
  static String svg(List<Outcome> outcomes) {
    List<Curve> curves = curves(outcomes);
    int rows = (curves.size() + ACROSS - 1) / ACROSS;
    var out = new StringBuilder();
    add(
        out,
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="10">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="10" y="18" font-size="13">Time of a step (ns to s) as the reference grows (rows): <tspan fill="#0b6e4f">Axial</tspan>, <tspan fill="#b5381f">JAX</tspan></text>
        """,
        ACROSS * WIDTH + 20,
        rows * HEIGHT + 40);
    for (int k = 0; k < curves.size(); k++) {
      panel(out, curves.get(k), 10 + k % ACROSS * WIDTH, 30 + k / ACROSS * HEIGHT);
    }
    return out.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder out, Curve c, int x, int y) {
    add(out, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>%n", x + LEFT, y + 16, c.name);
    String[] labels = {"1 ns", "1 µs", "1 ms", "1 s"};
    for (int k = 0; k < labels.length; k++) {
      double at = height(y, Math.pow(10, 3 * k - 9));
      add(
          out,
          "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#555\">%s</text>%n",
          x + LEFT,
          at,
          x + WIDTH - 12,
          x + LEFT - 4,
          at + 3,
          labels[k]);
    }
    for (int k = 0; k < GrowthRows.SIZES.size(); k++) {
      add(
          out,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555\">%s</text>%n",
          across(x, k),
          y + HEIGHT - 6,
          GrowthRows.SIZES.get(k));
    }
    line(out, c.jax, x, y, "#b5381f");
    line(out, c.ours, x, y, "#0b6e4f");
  }

  private static void line(
      StringBuilder out, List<@Nullable Double> times, int x, int y, String colour) {
    var path = new StringBuilder();
    for (int k = 0; k < times.size(); k++) {
      Double t = times.get(k);
      if (t != null) {
        add(path, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", across(x, k), height(y, t));
        add(
            out,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>%n",
            across(x, k),
            height(y, t),
            colour);
      }
    }
    add(out, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n", path, colour);
  }

  private static double across(int x, int k) {
    double room = WIDTH - LEFT - 24;
    return x + LEFT + 8 + room * k / (GrowthRows.SIZES.size() - 1);
  }

  private static double height(int y, double seconds) {
    double part = Math.log(seconds / SHORTEST) / Math.log(LONGEST / SHORTEST);
    return y + HEIGHT - 20 - Math.clamp(part, 0, 1) * (HEIGHT - 20 - TOP);
  }

  private static void add(StringBuilder out, String format, Object... args) {
    out.append(String.format(Locale.ROOT, format, args));
  }
}
