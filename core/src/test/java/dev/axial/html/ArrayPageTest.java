package dev.axial.html;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ArrayPageTest {
  private static final Axis A = axis("A", 2);
  private static final Axis B = axis("B", 3);

  private static int count(String page, String text) {
    return page.split(Pattern.quote(text), -1).length - 1;
  }

  /** The rectangles of the heat maps: those of the legend have a width. */
  private static int cells(String page) {
    return (int)
        Pattern.compile("<rect class=\\w+ x=\\d+ y=\\d+ />").matcher(page).results().count();
  }

  private static String fact(String name, String value) {
    return "<div><dt>%s</dt><dd>%s</dd></div>".formatted(name, value);
  }

  private static NamedArray array(double... v) {
    return Axial.array(v, A, B);
  }

  // ---------------------------------------------------------------- figures and cells

  @Test
  void tellsAxesFiguresAndCells() {
    String page = array(-1, 0, 0.5, 1, 2, 3.25).toHtml();
    assertThat(page)
        .startsWith("<!doctype html>")
        .endsWith("</html>\n")
        .contains(
            "<p class=type><code>float64</code> <span class=axis><b>A</b> 2</span> <span class=axis><b>B</b> 3</span></p>")
        .contains(fact("elements", "6"), fact("bytes", "48"), fact("min", "-1"))
        .contains(fact("max", "3.25"), fact("mean", "0.958333"), fact("NaN", "0"))
        .contains("↓ A 0–1 → B 0–2 </figcaption>")
        .contains("data-v=\"-1 0 0.5 1 2 3.25\"")
        .contains("<rect class=d11 x=0 y=0 /><rect class=d16 x=1 y=0 /><rect class=d18 x=2 y=0 />")
        .contains("<rect class=d21 x=0 y=1 /><rect class=d26 x=1 y=1 /><rect class=d32 x=2 y=1 />")
        .doesNotContain("Shortened");
  }

  @Test
  void marksWhatIsNoNumber() {
    double inf = Double.POSITIVE_INFINITY;
    String page = array(1, Double.NaN, inf, -inf, 5, Double.NaN).toHtml();
    assertThat(page)
        .contains(fact("NaN", "2"), fact("infinite", "2"), fact("min", "1"), fact("mean", "3"))
        .contains("<rect class=q0 x=0 y=0 /><rect class=nan x=1 y=0 /><rect class=inf x=2 y=0 />")
        .contains("<rect class=ninf x=0 y=1 /><rect class=q32 x=1 y=1 /><rect class=nan x=2 y=1 />")
        .contains("/></svg>NaN</span>", "/></svg>inf</span>", "/></svg>-inf</span>");
    assertThat(array(Double.NaN, inf, inf, inf, inf, inf).toHtml())
        .contains(fact("NaN", "1"))
        .doesNotContain("<dt>mean");
  }

  @Test
  void numbersOfAnySizeHaveAColour() {
    double m = Double.MAX_VALUE;
    assertThat(array(-m, m, 0, m, m, m).toHtml())
        .contains("<rect class=d0 x=0 y=0 /><rect class=d32 x=1 y=0 /><rect class=d16 x=2 y=0 />")
        .contains(fact("mean", "8.98847e+307"));
    assertThat(array(7, 7, 7, 7, 7, 7).toHtml()).contains("all finite ones are 7");
  }

  @Test
  void hasAPanelForEachPlaceAlongOtherAxes() {
    String page = arange(axis("X", 24)).toHtml();
    assertThat(cells(page)).isEqualTo(24);
    NamedArray x = zeros(axis("Layer", 2), axis("Head", 3), A, B);
    page = x.toHtml();
    assertThat(cells(page)).isEqualTo(36);
    assertThat(page).contains("<figure data-at=\"Layer 1, Head 2\">");
    assertThat(count(page, "<figure ")).isEqualTo(6);
  }

  @Test
  void everyDtypeHasAPage() {
    for (DType t : List.of(DType.INT32, DType.INT64, DType.UINT32, DType.BFLOAT16, DType.FLOAT16)) {
      String page = array(0, 1, 2, 3, 4, 5).astype(t).toHtml();
      assertThat(page).contains("<code>" + t.name().toLowerCase(java.util.Locale.ROOT) + "</code>");
      assertThat(page).contains("data-v=\"0 1 2 3 4 5\"", fact("mean", "2.5"));
      assertThat(page.contains("<dt>NaN")).isEqualTo(t.isFloating());
    }
    assertThat(array(0, 1, 1, 0, 0, 1).gt(0).toHtml())
        .contains(fact("true", "50 %"), "data-v=\"0 1 1 0 0 1\"");
    assertThat(Random.split(key(1), axis("Keys", 2)).toHtml())
        .contains("key(")
        .doesNotContain("<rect");
  }

  @Test
  void theSmallestOnesHaveAPage() {
    assertThat(scalar(2.5).toHtml()).contains("no axes", "data-v=\"2.5\"", fact("elements", "1"));
    assertThat(zeros(A, axis("None", 0)).toHtml())
        .contains(fact("elements", "0"), "There are no elements to show.")
        .doesNotContain("<svg");
  }

  // ---------------------------------------------------------------- large ones

  @Test
  void largeOnesAreShortenedAndSaySo() {
    NamedArray x = zeros(axis("Row", 100), axis("Column", 640));
    String page = x.at(at("Row", 99), at("Column", 639)).set(Double.NaN).toHtml();
    assertThat(page)
        .contains("Shortened: each cell is the mean of a block of 2–3 × 10 elements.")
        .contains(fact("NaN", "1"))
        .contains("<rect class=nan x=63 y=47 />");
    assertThat(cells(page)).isEqualTo(48 * 64);
    assertThat(page.length()).isLessThan(200_000);
    page = zeros(axis("Layer", 500), axis("Row", 100), axis("Column", 100)).toHtml();
    assertThat(page).contains("Shortened: each cell", "; 8 of 500 panels are shown.");
    assertThat(cells(page)).isEqualTo(8 * 24 * 32);
    assertThat(page.length()).isLessThan(400_000);
  }

  @Test
  void ofVeryLargeOnesSomeElementsAreCounted() {
    long n = Summary.ALL + 1;
    Summary all = Summary.of(n - 1, k -> k % 2);
    assertThat(all.seen()).isEqualTo(n - 1);
    assertThat(all.mean()).isEqualTo(0.5);
    Summary some = Summary.of(n, k -> k % 2);
    assertThat(some.sampled()).isTrue();
    assertThat(some.seen()).isBetween(n / 8, n / 4);
    assertThat(some.mean()).isBetween(0.49, 0.51);
  }

  // ---------------------------------------------------------------- references

  @Test
  void aViewIsShownInsideItsBase() {
    NamedRef r = newRef(array(0, 1, 2, 3, 4, 5));
    assertThat(r.toHtml())
        .contains("<h1>NamedRef</h1>", "Made at ArrayPageTest.")
        .doesNotContain("outline d");
    String page = r.slice(B.range(1, 3), A.at(1)).toHtml();
    assertThat(page)
        .contains("<h1>NamedRef, a view</h1>", "<h2>Inside its base</h2>")
        .contains("Outlined: B 1..3, A at 1. 2 of 6 elements.")
        .contains("data-v=\"4 5\"", "data-v=\"0 1 2 3 4 5\"")
        .contains("<path class=veil d=\"M0 0h3v1h-3zM0 1h1v1h-1z\"/>")
        .contains("<path class=outline d=\"M1 1h1M1 1v1M2 1h1M3 1v1M1 2h1M2 2h1\"/>");
  }

  @Test
  void theSelectedPanelIsAmongThoseShown() {
    Axis layer = axis("Layer", 1000);
    NamedRef r = newRef(zeros(layer, A, B));
    String page = r.slice(layer.at(777), B.at(0)).toHtml();
    assertThat(page).contains("<figure data-at=\"Layer 777\">", "d=\"M0 0h1M0 0v1M1 0v1");
  }

  @Test
  void whatCannotBeSeenSaysSo() {
    var pages = new ArrayList<String>();
    UnaryOperator<NamedArray> f =
        jit((NamedArray x) -> {
          pages.add(x.toHtml());
          NamedRef r = newRef(x);
          pages.add(r.slice(A.at(0)).toHtml());
          return x;
        })
            ::apply;
    assertThat(f.apply(array(0, 1, 2, 3, 4, 5)).rank()).isEqualTo(2);
    assertThat(pages.get(0)).contains("<p>NamedArray(traced float64[A=2, B=3])</p>");
    assertThat(pages.get(1)).contains("<p>NamedRef(float64[B=3])</p>");
    NamedRef ended = newRef(array(0, 1, 2, 3, 4, 5));
    assertThat(ended.freeze().rank()).isEqualTo(2);
    assertThat(ended.toHtml()).contains("<p>NamedRef(float64[A=2, B=3])</p>");
  }

  // ---------------------------------------------------------------- escaping

  @Test
  void namesAreEscaped() {
    String name = "<b x='1'>&\"";
    String escaped = "&lt;b x=&#39;1&#39;&gt;&amp;&quot;";
    String page = ones(axis(name, 2), B).toHtml();
    assertThat(page).doesNotContain(name, "<b x").contains("data-row=\"" + escaped + "\"");
    page = newRef(ones(axis(name, 9), A, B)).slice(at(name, 3)).toHtml();
    assertThat(page).doesNotContain(name, "<b x").contains("data-at=\"" + escaped + " 8\"");
    Axis odd = axis(name, 4);
    Lowered l =
        lower((NamedArray x) -> foriLoop(0, 3, x, (_, y) -> y.plus(sum(y, odd))), ones(odd));
    assertThat(l.toHtml()).doesNotContain("<b x").contains("x=&#39;1&#39;&gt;&amp;");
  }
}
