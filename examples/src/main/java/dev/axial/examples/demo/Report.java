package dev.axial.examples.demo;

import java.util.List;
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
 * @param program the step as a program
 * @param code what the engine makes of it; may be empty
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
    String program,
    String code,
    Map<String, Double> timings,
    Map<String, String> system) {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1c2024; --soft: #5c6570; --line: #d9dee3;
        --page: #fbfcfd; --card: #ffffff; --train: #2f6fb5; --validation: #c2571a; --ref: #0b7a5b; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4ae; --line: #343b42;
        --page: #14171a; --card: #1b1f23; --train: #74aef0; --validation: #f0995f; --ref: #5fd0aa; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; max-width: 54rem; padding: 2rem 1.25rem 4rem; background: var(--page);
        color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
      h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
      h2 { font-size: 1.15rem; margin: 2.4rem 0 .5rem; }
      p { margin: .4rem 0 .9rem; max-width: 46rem; }
      .soft, th { color: var(--soft); }
      .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
        gap: .75rem; margin: 1.4rem 0; }
      .figures div, figure, pre, .names li { background: var(--card); border: 1px solid var(--line);
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
      pre { font: 12px/1.5 ui-monospace, monospace; margin: 0; max-height: 32rem; overflow: auto;
        padding: .8rem 1rem; }
      .ref { color: var(--ref); font-weight: 600; }
      .copy { text-decoration: underline; }
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
    program(page);
    code(page);
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

  private void program(StringBuilder page) {
    List<String> lines = program.lines().toList();
    String arguments = lines.getFirst();
    List<String> body = lines.subList(1, lines.size());
    long reads = body.stream().filter(l -> l.contains(" ref_get[")).count();
    long writes = body.stream().filter(l -> l.contains("ref_set[")).count();
    page.append("<h2>The step</h2>\n<p>");
    page.append(
        format(
            "One training step as it is compiled: %,d lines, with %,d reads and %,d writes of references (<span class=\"ref\">coloured</span>). Behind each operation stands the line of the source that asked for it.",
            lines.size(), reads, writes));
    page.append("</p>\n<details><summary>Its arguments</summary>\n<pre tabindex=\"0\">");
    page.append(text(arguments.replace(", v", ",\n    v"))).append("</pre></details>\n");
    page.append("<pre tabindex=\"0\">");
    for (String line : body) {
      String shown = text(line);
      boolean touches = shown.contains("ref_");
      page.append(touches ? "<span class=\"ref\">" + shown + "</span>" : shown).append('\n');
    }
    page.append("</pre>\n");
  }

  private void code(StringBuilder page) {
    if (code.isEmpty()) {
      return;
    }
    List<String> lines = code.lines().toList();
    long copies = lines.stream().filter(l -> l.contains("copy of ")).count();
    long writes = lines.stream().filter(l -> l.contains(", in place: reference")).count();
    long reads = lines.stream().filter(l -> l.contains(", reading in place: ")).count();
    page.append("<h2>What runs</h2>\n<p>");
    page.append(
        format(
            "The loops and products of the step as machine code, what each costs, and where values lie. <span class=\"ref\">Coloured</span>: %,d loops and products that read references in place, and %,d that write them so. <span class=\"copy\">Underlined</span>: %,d copies, each with its reason.",
            reads, writes, copies));
    page.append("</p>\n<pre tabindex=\"0\">");
    for (String line : lines) {
      String shown = text(line);
      if (line.contains(" in place: ")) {
        shown = "<span class=\"ref\">" + shown + "</span>";
      } else if (line.contains("copy of ")) {
        shown = "<span class=\"copy\">" + shown + "</span>";
      }
      page.append(shown).append('\n');
    }
    page.append("</pre>\n");
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
