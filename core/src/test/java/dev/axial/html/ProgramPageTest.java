package dev.axial.html;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProgramPageTest {
  private static final Axis A = axis("A", 4);
  private static final Axis B = axis("B", 3);

  private static int count(String page, String text) {
    return page.split(Pattern.quote(text), -1).length - 1;
  }

  private static Lowered lowered() {
    NamedRef counts = newRef(zeros(A));
    return lowerProc(
        (NamedRef p, NamedArray q) -> {
          foriLoop(
              0,
              4,
              scalar(0f),
              (i, s) -> {
                NamedArray row = p.get(A.at(i));
                p.at(A.at(i)).set(row.plus(q));
                counts.at(A.at(i)).add(1f);
                return s.plus(sum(row));
              });
          p.at(A.at(0)).add(cond(sum(q).gt(0), () -> sin(q), () -> cos(q)));
        },
        newRef(ones(A, B)),
        ones(B));
  }

  /** The page without its markup. */
  private static String text(String page) {
    return page.substring(page.indexOf("<h2>Program</h2>"))
        .replaceAll("<[^>]*>", "")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
  }

  @Test
  void hasTheEquationsOfTheListingUnderTheirNames() {
    Lowered l = lowered();
    String page = text(l.toHtml());
    Pattern line = Pattern.compile("(v\\d+: \\S+(?: \\S+)?) = ([a-z_]+)");
    List<String> equations =
        line.matcher(l.program().toString()).results().map(m -> m.group()).toList();
    assertThat(equations).hasSizeGreaterThan(8);
    assertThat(page).contains(equations);
    assertThat(line.matcher(page).results().count()).isEqualTo(equations.size());
  }

  @Test
  void blocksAreSectionsWithTheirNames() {
    String page = lowered().toHtml();
    assertThat(count(page, "<details open><summary><div class=")).isEqualTo(2);
    assertThat(count(page, "<div class=block>")).isEqualTo(4);
    assertThat(page)
        .contains("<span class=l>body(", "<span class=l>if true(", "<span class=l>if false(");
  }

  @Test
  void longListsAreFolded() {
    List<NamedRef> many = Stream.generate(() -> newRef(ones(A))).limit(20).toList();
    Lowered l = lowerProc((List<NamedRef> refs) -> refs.get(7).add(refs.get(8).get()), many);
    assertThat(l.toHtml())
        .contains("<details><summary>20 of them</summary>")
        .contains("<details><summary><div class=e><span class=l>program(20 inputs)</span>")
        .contains("<td>arg0[7]<td>0<td>1</tr>", "<td>arg0[8]<td>1<td>0</tr>");
  }

  @Test
  void effectsNameTheReferenceOfTheTop() {
    String page = lowered().toHtml();
    // The loop, and in it a read, a write and an add; then an add to the argument.
    assertThat(count(page, ">reads and writes v0</span>")).isEqualTo(1);
    assertThat(count(page, ">reads v0</span>")).isEqualTo(1);
    assertThat(count(page, ">writes v0</span>")).isEqualTo(2);
    assertThat(count(page, ">writes v2</span>")).isEqualTo(2);
    assertThat(page)
        .contains("<td>arg0<td>1<td>2</tr>")
        .containsPattern(
            "<td>captured, made at ProgramPageTest\\.lowered\\(\\S+\\)<td>0<td>1</tr>");
  }

  @Test
  void linesTellWhereTheyCameFrom() {
    assertThat(lowered().toHtml())
        .containsPattern(
            "<b>ref_get</b>.*<span class=at data-s=\\d+>ProgramPageTest\\.lowered\\(ProgramPageTest\\.java:\\d+\\)</span>");
  }

  @Test
  void viewsOfArgumentsSayWhatTheirInputsAre() {
    NamedRef r = newRef(ones(A, B));
    Lowered l = lowerProc((NamedRef v, NamedArray x) -> v.set(x), r.slice(A.at(1)), ones(B));
    assertThat(l.toHtml())
        .contains(
            "<i title=\"where arg0 lies along A\">i32[]</i>", "<i title=\"arg1\">f32[B:3]</i>");
  }

  @Test
  void derivativeRulesAreBlocksToo() {
    var f =
        customVjp(
            (NamedArray x) -> sin(x),
            x -> residuals(sin(x), x),
            (NamedArray x, NamedArray g) -> g.times(cos(x)));
    Lowered l = lower((NamedArray x) -> f.apply(x), ones(A));
    assertThat(l.toHtml()).contains("<b>custom_vjp</b>", "<span class=l>primal(");
  }

  @Test
  void aProgramAloneHasNoEngine() {
    Program p = Program.parse(lowered().program().toString());
    assertThat(p.toHtml())
        .contains("<h1>Program</h1>", ">writes v2</span>")
        .doesNotContain("What runs", "engine:", "class=heat");
  }

  /** The native engine tells what runs; the interpreter has nothing to tell. */
  @Test
  void hotLinesAreMarkedWhereTheEngineKnows() {
    Axis row = axis("Row", 64);
    Axis column = axis("Column", 64);
    Lowered l =
        lower(
            (NamedArray x) -> {
              NamedArray cheap = x.plus(1);
              return tanh(cheap.dot(cheap.rename("Row", "Other"), column))
                  .plus(cheap.get(column.at(0)));
            },
            ones(row, column));
    String page = l.toHtml();
    boolean tells = l.explain().startsWith("engine: native");
    assertThat(page.contains("<h2>What runs</h2>")).isEqualTo(tells);
    assertThat(page.contains("<h2>Where the work is</h2>")).isEqualTo(tells);
    assertThat(page.contains("<span class=heat")).isEqualTo(tells);
    assertThat(page.contains("<div class=\"piece hot\"")).isEqualTo(tells);
    assertThat(page.contains("524,288 flops")).isEqualTo(tells);
  }

  @Test
  void asksForNothingElse() {
    assertThat(lowered().toHtml()).doesNotContain("http", "src=", "href=", "@import", "url(");
    assertThat(ones(A, B).toHtml()).doesNotContain("http", "src=", "href=", "@import", "url(");
  }
}
