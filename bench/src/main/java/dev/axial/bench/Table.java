package dev.axial.bench;

import static dev.axial.bench.Outcome.JAX;
import static dev.axial.bench.Outcome.NONE;
import static dev.axial.bench.Outcome.NUMPY;
import static dev.axial.bench.Outcome.OURS;

import dev.axial.bench.rows.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The table: a line for each row, which can be printed as soon as the row is done. Times are
 * minima; with {@code medians} those are there too. {@code x JAX} is JAX's time over ours.
 *
 * @param nameWidth of the longest name
 * @param medians whether medians are shown
 */
record Table(int nameWidth, boolean medians) {
  private static final int TARGET = 19;
  private static final int COLUMN = 9;

  static Table of(List<String> names, boolean medians) {
    int width = names.stream().mapToInt(String::length).max().orElse(0);
    return new Table(Math.max(width, "row".length()), medians);
  }

  String header() {
    var cells = new ArrayList<String>(List.of("ours"));
    if (medians) {
      cells.add("median");
    }
    cells.add("JAX");
    if (medians) {
      cells.add("median");
    }
    cells.addAll(List.of("x JAX", "NumPy", "x NumPy"));
    return line("row", cells, "target", "met");
  }

  String line(Outcome o) {
    var cells = new ArrayList<String>();
    add(cells, o.of(OURS));
    add(cells, o.of(JAX));
    cells.add(ratio(o.speed(JAX)));
    Samples numpy = o.of(NUMPY);
    cells.add(numpy == null ? "" : time(numpy.min()));
    cells.add(numpy == null ? "" : ratio(o.speed(NUMPY)));
    return line(o.name(), cells, o.target(), o.verdict());
  }

  /** Why something has a dash, a line for each. */
  static List<String> notes(List<Outcome> outcomes) {
    var notes = new ArrayList<String>();
    for (Outcome o : outcomes) {
      o.problems().forEach((who, why) -> notes.add("%s, %s: %s".formatted(o.name(), who, why)));
    }
    return notes;
  }

  private void add(List<String> cells, @Nullable Samples s) {
    cells.add(s == null ? NONE : time(s.min()));
    if (medians) {
      cells.add(s == null ? NONE : time(s.median()));
    }
  }

  private String line(String name, List<String> cells, String target, String met) {
    var out = new StringBuilder(pad(name, -nameWidth));
    for (String c : cells) {
      out.append(pad(c, COLUMN + 1));
    }
    return out.append("  ").append(pad(target, -TARGET)).append(met).toString().stripTrailing();
  }

  /** Fills up with spaces, on the left, or on the right if the width is negative. */
  private static String pad(String s, int width) {
    String spaces = " ".repeat(Math.max(0, Math.abs(width) - s.length()));
    return width < 0 ? s + spaces : spaces + s;
  }

  private static String ratio(OptionalDouble x) {
    return x.isEmpty() ? NONE : digits(x.getAsDouble());
  }

  /** A time with three digits and the unit that suits it. */
  static String time(double seconds) {
    if (seconds < 1e-6) {
      return digits(seconds * 1e9) + " ns";
    } else if (seconds < 1e-3) {
      return digits(seconds * 1e6) + " us";
    } else if (seconds < 1) {
      return digits(seconds * 1e3) + " ms";
    }
    return digits(seconds) + " s";
  }

  /** About three digits. */
  static String digits(double x) {
    int decimals = x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : 3;
    String s = String.format(Locale.ROOT, "%." + decimals + "f", x);
    return s.contains(".") ? s.replaceAll("\\.?0+$", "") : s;
  }
}
