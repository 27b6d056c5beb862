package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.Dim;
import dev.axial.ir.Half;
import java.util.List;
import java.util.Locale;

/** Prints arrays as NumPy does: nested brackets, columns aligned, large axes shortened. */
final class Printing {
  private static final int EDGE = 3;
  private static final int FULL = 1000;

  private final NamedArray x;
  private final Store store;
  private final boolean shorten;
  private boolean scientific;
  private int digits;
  private int width;

  private Printing(NamedArray x) {
    this.x = x;
    store = x.store("printing");
    shorten = x.size() > FULL;
  }

  static String print(NamedArray x) {
    if (!x.isConcrete()) {
      return "NamedArray(traced " + Errors.type(x.type()) + ")";
    }
    var p = new Printing(x);
    p.measure(0, 0);
    p.width(0, 0);
    var out =
        new StringBuilder("NamedArray(")
            .append(Errors.type(x.type()))
            .append(x.rank() > 0 ? ":\n" : ": ");
    p.print(out, 0, 0, 1);
    return out.append(')').toString();
  }

  private List<Dim> dims() {
    return x.type().dims();
  }

  private int stride(int d) {
    return (int) x.type().strides()[d];
  }

  private interface Visit {
    void at(int k);
  }

  /** The elements that are shown. */
  private void shown(int d, int base, Visit visit) {
    if (d == dims().size()) {
      visit.at(base);
      return;
    }
    int n = dims().get(d).size();
    for (int k = 0; k < n; k++) {
      if (shorten && n > 2 * EDGE && k == EDGE) {
        k = n - EDGE;
      }
      shown(d + 1, base + k * stride(d), visit);
    }
  }

  private void measure(int d, int base) {
    if (!x.dtype().isFloating()) {
      return;
    }
    double[] range = {Double.POSITIVE_INFINITY, 0};
    shown(
        d,
        base,
        k -> {
          double a = Math.abs(store.getDouble(k));
          if (a > 0 && !Double.isInfinite(a)) {
            range[0] = Math.min(range[0], a);
            range[1] = Math.max(range[1], a);
          }
        });
    scientific = range[1] > 0 && (range[1] >= 1e8 || range[0] < 1e-4 || range[1] / range[0] > 1e6);
    shown(
        d,
        base,
        k -> {
          double v = store.getDouble(k);
          if (!Double.isNaN(v) && !Double.isInfinite(v)) {
            String s =
                scientific
                    ? String.format(Locale.ROOT, "%.8e", v)
                    : String.format(Locale.ROOT, "%.8f", v);
            s = scientific ? s.substring(0, s.indexOf('e')) : s;
            if (x.dtype() != DType.FLOAT64) {
              s = shortest((float) v, s);
            }
            int end = s.length();
            while (s.charAt(end - 1) == '0') {
              end--;
            }
            digits = Math.max(digits, end - s.indexOf('.') - 1);
          }
        });
  }

  /** No more digits than a number of the dtype needs. */
  private String shortest(float v, String full) {
    boolean half = x.dtype().isHalf();
    if (scientific && !half) {
      return full;
    }
    for (int n = 0; n < 8; n++) {
      String s = String.format(Locale.ROOT, "%." + n + (scientific ? "e" : "f"), v);
      if (v == (half ? Half.round(x.dtype(), Double.parseDouble(s)) : Float.parseFloat(s))) {
        String shown = scientific ? s.substring(0, s.indexOf('e')) : s;
        return n == 0 ? shown + "." : shown;
      }
    }
    return full;
  }

  private void width(int d, int base) {
    shown(d, base, k -> width = Math.max(width, element(k).length()));
  }

  private String element(int k) {
    return switch (x.dtype()) {
      case BOOL -> store.getLong(k) != 0 ? "true" : "false";
      case INT32, INT64, UINT32 -> Long.toString(store.getLong(k));
      case KEY ->
          "key(%08x %08x)".formatted(store.getLong(k) >>> 32, store.getLong(k) & 0xffffffffL);
      case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 -> {
        double v = store.getDouble(k);
        if (Double.isNaN(v)) {
          yield "nan";
        }
        if (Double.isInfinite(v)) {
          yield v > 0 ? "inf" : "-inf";
        }
        if (scientific) {
          yield String.format(Locale.ROOT, "%." + digits + "e", v);
        }
        String s = String.format(Locale.ROOT, "%." + digits + "f", v);
        yield digits == 0 ? s + "." : s;
      }
    };
  }

  private void print(StringBuilder out, int d, int base, int indent) {
    if (d == dims().size()) {
      String s = element(base);
      out.append(d == 0 ? s : " ".repeat(width - s.length()) + s);
      return;
    }
    int n = dims().get(d).size();
    boolean inner = d == dims().size() - 1;
    out.append(d == 0 ? " [" : "[");
    for (int k = 0; k < n; k++) {
      if (k > 0) {
        out.append(inner ? " " : "\n".repeat(dims().size() - 1 - d) + " ".repeat(indent + d + 1));
      }
      if (shorten && n > 2 * EDGE && k == EDGE) {
        out.append("...")
            .append(inner ? " " : "\n".repeat(dims().size() - 1 - d) + " ".repeat(indent + d + 1));
        k = n - EDGE;
      }
      print(out, d + 1, base + k * stride(d), indent);
    }
    out.append(']');
  }
}
