package dev.axial.html;

import dev.axial.AxialException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A document that needs nothing beside it. */
public final class Page {
  private Page() {}

  /**
   * A document.
   *
   * @param title as plain text
   * @param content HTML
   * @param script the name of a script of this package that works on the content, or empty
   */
  static String of(String title, String content, String script) {
    return """
    <!doctype html>
    <html lang="en" style="color-scheme:light dark">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>%s</title>
    </head>
    <body style="margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,1fr)">
    <div class="axial">
    <style>
    %s%s</style>
    %s%s</div>
    </body>
    </html>
    """
        .formatted(
            text(title),
            resource("page.css"),
            Colours.STYLE,
            content,
            script.isEmpty() ? "" : "<script>\n" + resource(script) + "</script>\n");
  }

  /** A page that says one thing, such as that there are no numbers to show. */
  public static String note(String title, String note) {
    return of(title, "<h1>%s</h1>\n<p>%s</p>\n".formatted(text(title), text(note)), "");
  }

  /** Plain text as HTML, in an element or in a quoted attribute. */
  static String text(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** A number for people: six digits. */
  static String number(double x) {
    if (Double.isNaN(x)) {
      return "NaN";
    }
    if (Double.isInfinite(x)) {
      return x > 0 ? "inf" : "-inf";
    }
    if (x == Math.rint(x) && Math.abs(x) < 1e7) {
      return Long.toString((long) x);
    }
    String s = String.format(Locale.ROOT, "%.6g", x);
    if (s.indexOf('e') < 0) {
      return s.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return s.replaceAll("\\.?0*e", "e");
  }

  static String format(String f, Object... args) {
    return String.format(Locale.ROOT, f, args);
  }

  /** A share of one in per cent: whole ones, and less than one as such. */
  static String percent(double share) {
    return share > 0 && share < 0.01 ? "<1 %" : format("%.0f %%", 100 * share);
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new AxialException("internal error: the resource %s is missing".formatted(name));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException x) {
      throw new AxialException("internal error: cannot read the resource " + name, x);
    }
  }
}
