package dev.axial.html;

import dev.axial.engine.Piece;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Effects;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A program as a page. Blocks are sections that fold; an access to a reference has the reference's
 * colour; a line of the user's source that costs much has its share beside it. Variables have the
 * names of the printed listing.
 */
public final class ProgramPage {
  /** A block of more equations is folded at first. */
  private static final int OPEN = 60;

  /** A list of more references or inputs is folded at first. */
  private static final int ROWS = 16;

  /** From this share on, a source line is hot. */
  private static final double HOT = 0.05;

  private final StringBuilder out = new StringBuilder();
  private final Map<Var, String> names = new HashMap<>();

  /** For a reference inside a block, the one that it is at the top. */
  private final Map<Var, Var> origin = new HashMap<>();

  /** The references and stacks, in the order in which they appear. */
  private final Map<Var, Touches> references = new LinkedHashMap<>();

  /** What the inputs of the program are. */
  private final Map<Var, String> what = new HashMap<>();

  private final Map<String, Integer> sites = new LinkedHashMap<>();
  private final Costs costs;
  private final List<String> inputs;
  private String before = "";
  private boolean inRule;

  private static final class Touches {
    final int hue;
    int reads;
    int writes;

    /** The golden angle keeps the colours of neighbours apart. */
    Touches(int order) {
      hue = (int) (Math.round(30 + order * 137.5) % 360);
    }
  }

  private ProgramPage(List<String> inputs, Costs costs) {
    this.inputs = inputs;
    this.costs = costs;
  }

  /**
   * The page.
   *
   * @param title what the program is called
   * @param engine what runs it, or empty
   * @param inputs what inputs are, as far as that is known
   * @param pieces what the engine makes of it
   */
  public static String of(
      String title, String engine, Program p, List<String> inputs, List<Piece> pieces) {
    var costs = new Costs(pieces);
    var page = new ProgramPage(List.copyOf(inputs), costs);
    page.block(p, "program");
    String listing = page.out.toString();
    page.out.setLength(0);
    page.head(title, engine, p);
    page.references();
    page.hotLines();
    page.out.append("<h2>Program</h2>\n").append(listing);
    page.pieces();
    return Page.of(title, page.out.toString(), "program.js");
  }

  // ---------------------------------------------------------------- above the listing

  private void head(String title, String engine, Program p) {
    out.append("<h1>").append(Page.text(title)).append("</h1>\n<p class=soft>");
    out.append(
        Page.format("%,d equations, %,d references and stacks", p.count(), references.size()));
    out.append(engine.isEmpty() ? "" : ", engine: " + Page.text(engine)).append(".</p>\n");
    out.append(
        "<p class=tools><button type=button data-do=open>Unfold all</button> <button type=button data-do=close>Fold all</button> <span class=status aria-live=polite>Point at a variable or touch it: its definition and its uses are marked. A source line marks all that it made.</span></p>\n");
  }

  private void references() {
    if (references.isEmpty()) {
      return;
    }
    out.append("<h2>References</h2>\n<details").append(references.size() > ROWS ? "" : " open");
    out.append("><summary>").append(references.size()).append(" of them</summary>\n");
    out.append(
        "<div class=scroll><table class=refs><tr><th>Name<th>Type<th>What<th>Reads<th>Writes</tr>\n");
    references.forEach((v, t) -> {
      out.append("<tr").append(colour(v)).append("><td>");
      use(v, "");
      out.append("<td><code>").append(Page.text(v.type().toString())).append("</code><td>");
      out.append(Page.text(known(v))).append("<td>").append(t.reads);
      out.append("<td>").append(t.writes).append("</tr>\n");
    });
    out.append("</table></div></details>\n");
  }

  private String known(Var v) {
    return what.getOrDefault(v, "made here");
  }

  private void hotLines() {
    List<Map.Entry<String, Costs.Share>> hot = costs.hottest(HOT);
    if (hot.isEmpty()) {
      return;
    }
    out.append(
        "<h2>Where the work is</h2>\n<p class=soft>Shares of all operations and flops, and of all bytes that loops move, by the source line of each loop or product. A loop whose length depends on data counts once.</p>\n<div class=scroll><table class=hot><tr><th>Source line<th>Arithmetic<th>Bytes</tr>\n");
    for (Map.Entry<String, Costs.Share> e : hot) {
      out.append("<tr><td>");
      site(e.getKey());
      bar(e.getValue().arithmetic());
      bar(e.getValue().bytes());
      out.append("</tr>\n");
    }
    out.append("</table></div>\n");
  }

  private void bar(double share) {
    out.append("<td>").append(part(share)).append(Page.percent(share));
  }

  private static String part(double share) {
    return Page.format("<span class=share style=--p:%.3f></span> ", share);
  }

  // ---------------------------------------------------------------- the listing

  private void block(Program p, String name) {
    boolean folded = p.inputs().size() > ROWS;
    out.append("<div class=block>\n").append(folded ? "<details><summary>" : "");
    out.append("<div class=e><span class=l>").append(Page.text(name)).append('(');
    if (folded) {
      out.append(p.inputs().size()).append(" inputs)</span></div></summary>\n");
      out.append("<div class=e><span class=l>");
    }
    for (int k = 0; k < p.inputs().size(); k++) {
      Var v = p.inputs().get(k);
      if (name.equals("program")) {
        what.put(v, k < inputs.size() ? inputs.get(k) : inputs.isEmpty() ? "" : "captured");
      }
      out.append(k == 0 ? "" : ", ");
      define(v);
    }
    out.append(folded ? "" : ")").append("</span></div>\n");
    out.append(folded ? "</details>\n" : "");
    before = "";
    p.equations().forEach(this::equation);
    out.append("<div class=e><span class=l>return");
    uses(p.outputs());
    out.append("</span></div>\n</div>\n");
    before = "";
  }

  private void equation(Equation e) {
    Map<String, Program> nested = e.nested(!inRule);
    Set<Var> written = Effects.written(e);
    Set<Var> read = Effects.read(e);
    Set<Var> touched = new LinkedHashSet<>(written);
    touched.addAll(read);
    int size = nested.values().stream().mapToInt(Program::count).sum();
    if (!nested.isEmpty()) {
      out.append(size <= OPEN ? "<details open>" : "<details>").append("<summary>");
    }
    line(e, written, read, touched, nested.isEmpty());
    if (nested.isEmpty()) {
      out.append("</div>\n");
      return;
    }
    out.append("</div></summary>\n");
    boolean outside = inRule;
    nested.forEach((name, q) -> {
      boolean own = e.op().bodies().stream().anyMatch(b -> b == q);
      if (own) {
        alias(e, q);
      }
      inRule = outside || !own;
      block(q, label(e.op(), name));
    });
    inRule = outside;
    out.append("</details>\n");
  }

  private void line(Equation e, Set<Var> written, Set<Var> read, Set<Var> touched, boolean leaf) {
    String site = e.site();
    out.append("<div class=\"e");
    out.append(touched.isEmpty() ? "" : written.isEmpty() ? " reads" : " writes").append('"');
    if (site != null) {
      out.append(" data-s=").append(number(site));
    }
    Var first = touched.isEmpty() ? null : touched.iterator().next();
    out.append(first == null ? "" : colour(first)).append("><span class=l>");
    // The printer names operands before results.
    e.in().forEach(this::name);
    for (int k = 0; k < e.out().size(); k++) {
      out.append(k == 0 ? "" : ", ");
      define(e.out().get(k));
    }
    out.append(e.out().isEmpty() ? "" : " = ").append("<b>");
    String words = e.words();
    int end = words.indexOf('[') < 0 ? words.length() : words.indexOf('[');
    out.append(Page.text(words.substring(0, end))).append("</b><i>");
    out.append(Page.text(words.substring(end))).append("</i>");
    uses(e.in());
    out.append("</span>");
    effects(written, read, leaf);
    if (site != null) {
      site(site);
      heat(site);
      before = site;
    }
  }

  private void effects(Set<Var> written, Set<Var> read, boolean leaf) {
    for (Var v : read) {
      effect(v, written.contains(v) ? "reads and writes" : "reads", leaf);
    }
    for (Var v : written) {
      if (!read.contains(v)) {
        effect(v, "writes", leaf);
      }
    }
  }

  private void effect(Var v, String verb, boolean leaf) {
    Var t = top(v);
    Touches n = touches(t);
    if (leaf) {
      n.reads += verb.startsWith("reads") ? 1 : 0;
      n.writes += verb.endsWith("writes") ? 1 : 0;
    }
    out.append("<span class=fx").append(colour(t)).append('>').append(verb).append(' ');
    out.append(name(t)).append("</span>");
  }

  private static String label(Op op, String component) {
    return op instanceof Op.Cond ? component.equals("yes") ? "if true" : "if false" : component;
  }

  /** What the references of a block are called outside of it. */
  private void alias(Equation e, Program body) {
    for (int k = 0; k < body.inputs().size(); k++) {
      Var v = body.inputs().get(k);
      int operand = k - e.op().offset();
      if (!v.isArray() && operand >= 0 && operand < e.in().size()) {
        origin.put(v, top(e.in().get(operand)));
      }
    }
  }

  private Var top(Var v) {
    return origin.getOrDefault(v, v);
  }

  // ---------------------------------------------------------------- words of a line

  private String name(Var v) {
    return names.computeIfAbsent(v, _ -> "v" + names.size());
  }

  private void define(Var v) {
    use(v, " class=d");
    Type type = v.type();
    String input = what.getOrDefault(v, "");
    out.append(": <i");
    out.append(input.isEmpty() ? "" : " title=\"" + Page.text(input) + '"').append('>');
    out.append(Page.text(type.toString())).append("</i>");
  }

  private void uses(List<Var> vs) {
    for (int k = 0; k < vs.size(); k++) {
      out.append(k == 0 ? " " : ", ");
      use(vs.get(k), "");
    }
  }

  /** A name; inside blocks, a reference belongs to that of the top. */
  private void use(Var v, String attributes) {
    String n = name(v);
    out.append("<a data-v=").append(n).append(attributes);
    if (!(v.type() instanceof ArrayType)) {
      out.append(" data-r=").append(name(top(v))).append(colour(v));
    }
    out.append('>').append(n).append("</a>");
  }

  private Touches touches(Var v) {
    return references.computeIfAbsent(top(v), _ -> new Touches(references.size()));
  }

  private String colour(Var v) {
    return " style=--h:" + touches(v).hue;
  }

  private int number(String site) {
    return sites.computeIfAbsent(site, _ -> sites.size());
  }

  private void site(String site) {
    out.append("<span class=at data-s=").append(number(site)).append('>');
    out.append(Page.text(site)).append("</span>");
  }

  /** The share of a hot line, at the first of equations that follow one another. */
  private void heat(String site) {
    Costs.Share s = costs.of(site);
    if (s.most() >= HOT && !site.equals(before)) {
      out.append(
          Page.format(
              "<span class=heat title=\"loops and products of this source line: %s of the arithmetic, %s of the bytes\">%s</span>",
              Page.percent(s.arithmetic()), Page.percent(s.bytes()), Page.percent(s.most())));
    }
  }

  // ---------------------------------------------------------------- what runs

  private void pieces() {
    if (costs.pieces().isEmpty()) {
      return;
    }
    out.append(
        "<h2>What runs</h2>\n<p class=soft>Loops and products in their order, with the costs of one time each, and their shares of a call: of all operations and flops, and of the bytes that loops move.</p>\n");
    for (Piece p : costs.pieces()) {
      Costs.Share s = costs.of(p);
      String site = p.site();
      out.append("<div class=\"piece").append(s.most() >= HOT ? " hot\"" : "\"");
      out.append(site == null ? "" : " data-s=" + number(site)).append('>');
      out.append("<div class=costs>").append(part(s.arithmetic()));
      out.append(Page.percent(s.arithmetic())).append(" of arithmetic ").append(part(s.bytes()));
      out.append(Page.percent(s.bytes())).append(" of bytes");
      out.append(p.times() > 1 ? Page.format(", %,d times", p.times()) : "");
      if (site != null) {
        site(site);
      }
      out.append("</div><pre>").append(Page.text(words(p))).append("</pre></div>\n");
    }
  }

  /** Without the source line, which stands beside it. */
  private static String words(Piece p) {
    return p.text().replace("  // " + p.site(), "").strip();
  }
}
