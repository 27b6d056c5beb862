package dev.axial.examples.demo;

import java.util.Locale;
import java.util.Map;

/**
 * A run as one page that needs nothing beside it.
 *
 * @param config the sizes
 * @param summary what was found, a few figures by name
 * @param losses the training loss of each step
 * @param validation the validation losses
 * @param unigram the entropy of single letters
 * @param generation the new names, and the comparison with and without a cache
 * @param step a page about the step as a program
 * @param pictures pages about references, by what they are
 * @param timings seconds by what was done
 * @param system what it ran on
 */
record Report(
    Config config,
    Map<String, String> summary,
    double[] losses,
    double[] validation,
    double unigram,
    Generation.Result generation,
    String step,
    Map<String, String> pictures,
    Map<String, Double> timings,
    Map<String, String> system) {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1c2024; --soft: #5c6570; --line: #d9dee3;
        --page: #fbfcfd; --card: #ffffff; --train: #2f6fb5; --validation: #c2571a; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4ae; --line: #343b42;
        --page: #14171a; --card: #1b1f23; --train: #74aef0; --validation: #f0995f; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; max-width: 54rem; padding: 2rem 1.25rem 4rem; background: var(--page);
        color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
      h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
      h2 { font-size: 1.15rem; margin: 2.4rem 0 .5rem; }
      p { margin: .4rem 0 .9rem; max-width: 46rem; }
      .soft, th { color: var(--soft); }
      .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
        gap: .75rem; margin: 1.4rem 0; }
      .figures div, figure, .names li { background: var(--card); border: 1px solid var(--line);
        border-radius: 8px; }
      .figures div { padding: .7rem .9rem; }
      .figures b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
      .figures span { color: var(--soft); font-size: .85rem; }
      figure { margin: 0; padding: .75rem; }
      svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
      svg .grid { stroke: var(--line); }
      svg .axis { stroke: var(--soft); }
      svg .tick, svg .label { fill: var(--soft); }
      svg .end { text-anchor: end; }
      svg .middle { text-anchor: middle; }
      svg polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
      svg polyline.train { stroke: var(--train); stroke-width: 1.3; }
      svg polyline.validation { stroke: var(--validation); }
      svg circle.validation { fill: var(--validation); stroke: var(--card); }
      svg line.unigram { stroke: var(--soft); stroke-dasharray: 5 4; stroke-width: 1.4; }
      svg .name { font-weight: 600; }
      svg text.train { fill: var(--train); }
      svg text.validation { fill: var(--validation); }
      svg text.unigram { fill: var(--soft); }
      .names { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
        gap: .5rem; list-style: none; margin: 0; padding: 0; }
      .names li { font-size: 1.05rem; padding: .4rem .8rem; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { border-bottom: 1px solid var(--line); font-weight: normal; padding: .3rem 1.6rem .3rem 0;
        text-align: left; }
      td.number { text-align: right; }
      iframe { border: 1px solid var(--line); border-radius: 8px; display: block; height: 36rem;
        margin: .4rem 0 1rem; width: 100%; }
      details { margin: 0 0 .6rem; }
      summary { color: var(--soft); cursor: pointer; margin: 0 0 .4rem; }
      """;

  String html() {
    var page = new StringBuilder();
    page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>Axial demo: a transformer that spells names</title>\n");
    page.append("<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n");
    page.append("<h1>A transformer that spells names</h1>\n");
    page.append(
        "<p class=\"soft\">Trained by the Axial demo. Parameters, Adam's moments, the counter of steps, the losses, the data and the random key live in references, which one compiled step updates in place.</p>\n");
    figures(page);
    page.append("<h2>Losses</h2>\n<figure>");
    page.append(new LossChart(config, losses, validation, unigram).svg()).append("</figure>\n");
    page.append(
        "<p class=\"soft\">The dashed line is the entropy of a symbol when nothing is known of those before it: a model of single letters cannot be below it.</p>\n");
    names(page);
    pictures(page);
    step(page);
    page.append("<h2>Timings</h2>\n<table>\n");
    timings.forEach((what, seconds) -> row(page, what, duration(seconds), " class=\"number\""));
    page.append("</table>\n<h2>System</h2>\n<table>\n");
    system.forEach((what, value) -> row(page, what, value, ""));
    return page.append("</table>\n</body>\n</html>\n").toString();
  }

  private void figures(StringBuilder page) {
    page.append("<div class=\"figures\">\n");
    summary.forEach((what, value) ->
        page.append("<div><b>%s</b><span>%s</span></div>\n".formatted(text(value), text(what))));
    page.append("</div>\n");
  }

  private void names(StringBuilder page) {
    page.append("<h2>New names</h2>\n<ul class=\"names\">\n");
    generation.names().forEach(n -> page.append("<li>").append(text(n)).append("</li>\n"));
    page.append("</ul>\n<p>");
    page.append(
        "None of them is in the data. They were generated symbol by symbol with a cache of keys and values, a reference of which each layer writes its slice. Computed again without the cache, all positions at once, ");
    page.append(
        generation.difference() == 0
            ? "the logits are the same to the last bit."
            : format("no logit differs by more than %.1e.", generation.difference()));
    page.append("</p>\n");
  }

  private void step(StringBuilder page) {
    page.append("<h2>The step</h2>\n<p>");
    page.append(
        "One training step as it is compiled: each access to a reference in its colour, behind each operation the line of the source that asked for it, and below, the loops and products that run, with what they cost. Point at a variable for its uses.</p>\n");
    inner(page, "The program of a step", step);
  }

  private void pictures(StringBuilder page) {
    page.append("<h2>What it learned, and what it remembers</h2>\n");
    pictures.forEach((what, picture) -> {
      page.append("<details><summary>").append(text(what)).append("</summary>\n");
      inner(page, what, picture);
      page.append("</details>\n");
    });
  }

  /** A page in the page, with its own style and scripts. */
  private static void inner(StringBuilder page, String title, String html) {
    page.append("<iframe title=\"").append(text(title)).append("\" srcdoc=\"");
    page.append(html.replace("&", "&amp;").replace("\"", "&quot;")).append("\"></iframe>\n");
  }

  private static void row(StringBuilder page, String what, String value, String attributes) {
    page.append(
        "<tr><th>%s</th><td%s>%s</td></tr>\n".formatted(text(what), attributes, text(value)));
  }

  private static String duration(double seconds) {
    return seconds < 1 ? format("%.1f ms", seconds * 1000) : format("%.2f s", seconds);
  }

  private static String text(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String format(String f, Object... args) {
    return String.format(Locale.ROOT, f, args);
  }
}
