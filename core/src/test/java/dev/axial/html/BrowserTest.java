package dev.axial.html;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages in a real browser: their scripts run, and something is to be seen. */
class BrowserTest {
  private static final Axis BATCH = axis("Batch", 6);
  private static final Axis FEATURE = axis("Feature", 8);

  @TempDir Path folder;

  private Browser browser;

  @BeforeEach
  void find() {
    browser = Browser.find(folder);
  }

  private static NamedArray waves() {
    return sin(arange(BATCH).times(0.7).plus(arange(FEATURE)));
  }

  /** A loop that reads and writes a reference, a branch, and a captured reference. */
  private static Lowered lowered() {
    NamedRef cache = newRef(zeros(BATCH, FEATURE));
    return lowerProc(
        (NamedRef p, NamedArray q) -> {
          NamedArray total =
              foriLoop(
                  0,
                  6,
                  scalar(0f),
                  (i, s) -> {
                    NamedArray row = p.get(BATCH.at(i));
                    p.at(BATCH.at(i)).set(row.times(2).plus(q));
                    cache.at(BATCH.at(i)).add(exp(row));
                    return s.plus(sum(row));
                  });
          p.at(BATCH.at(0)).add(cond(total.gt(0), () -> sin(q), () -> cos(q)));
        },
        newRef(waves()),
        ones(FEATURE));
  }

  /** Runs an expression in a page and gives its value as text. */
  private String ask(String page, String address, String expression) throws IOException {
    String dom =
        browser.run(
            page,
            address,
            "document.documentElement.setAttribute('data-answer', %s)".formatted(expression));
    Matcher m = Pattern.compile("data-answer=\"([^\"]*)\"").matcher(dom);
    assertThat(m.find()).as(dom).isTrue();
    return m.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
  }

  private static String count(String selector) {
    return "document.querySelectorAll('%s').length".formatted(selector);
  }

  // ---------------------------------------------------------------- programs

  /** The variable that the loop's body reads from the reference. */
  private static String row(Lowered l) {
    Matcher m = Pattern.compile("(v\\d+): .* = ref_get").matcher(l.program().toString());
    assertThat(m.find()).isTrue();
    return m.group(1);
  }

  @Test
  void theAddressChoosesAVariable() throws IOException {
    Lowered l = lowered();
    String folded = l.toHtml().replace("<details open>", "<details>");
    String expression =
        "[%s, %s, document.querySelector('a.def').closest('details').open, document.querySelector('.status').textContent].join(' | ')"
            .formatted(count("a.def"), count("a.use"));
    assertThat(ask(folded, "#" + row(l), expression))
        .isEqualTo("1 | 3 | true | " + row(l) + ": 3 uses");
  }

  @Test
  void aTouchMarksAVariableAndFoldsNothing() throws IOException {
    Lowered l = lowered();
    String expression =
        "(document.querySelector('summary a.d').click(), [%s, %s, %s].join())"
            .formatted(count("a.def"), count("a.use"), count("details:not([open])"));
    assertThat(ask(l.toHtml(), "", expression)).isEqualTo("1,1,0");
  }

  @Test
  void aReferenceIsMarkedInBlocksToo() throws IOException {
    String expression =
        "(document.querySelector('.block a[data-v=v0]').click(), [%s, %s].join())"
            .formatted(count(".block .block a.same"), count(".block .block a.use"));
    // In the body: its input, and an access that reads and one that writes.
    assertThat(ask(lowered().toHtml(), "", expression)).isEqualTo("3,0");
  }

  @Test
  void aSourceLineMarksWhatItMade() throws IOException {
    String expression =
        "(document.querySelector('.block .block .at').click(), [document.querySelector('.e.line b').textContent, %s].join())"
            .formatted(count(".e.line"));
    assertThat(ask(lowered().toHtml(), "", expression)).isEqualTo("ref_get,1");
  }

  @Test
  void blocksFoldAndUnfold() throws IOException {
    String expression =
        "(document.querySelector('[data-do=close]').click(), %1$s + ',' + (document.querySelector('[data-do=open]').click(), %1$s))"
            .formatted(count("details[open]"));
    String answer = ask(lowered().toHtml(), "", expression);
    assertThat(answer).matches("0,[3-9]");
  }

  // ---------------------------------------------------------------- arrays

  @Test
  void cellsAreThereAndTellTheirNumbers() throws IOException {
    NamedArray odd = where(arange(BATCH).eq(2).and(arange(FEATURE).eq(3)), Double.NaN, waves());
    String expression =
        """
        [%s, ...[[3, 2], [1, 0]].map(([x, y]) => {
          document.querySelector(`.map rect[x="${x}"][y="${y}"]`)
            .dispatchEvent(new Event("pointerover", { bubbles: true }));
          return document.querySelector("output").textContent;
        })].join(" | ")
        """
            .formatted(count(".map rect"));
    assertThat(ask(odd.toHtml(), "", expression))
        .isEqualTo("48 | Batch 2, Feature 3: NaN | Batch 0, Feature 1: 0.841471");
  }

  @Test
  void aBlockTellsItsRange() throws IOException {
    NamedArray large = arange(axis("Row", 480)).plus(arange(axis("Column", 128)));
    String expression =
        "[%s, (document.querySelectorAll('.map rect')[65].dispatchEvent(new Event('click', { bubbles: true })), document.querySelector('output').textContent)].join(' | ')"
            .formatted(count(".map rect"));
    assertThat(ask(large.toHtml(), "", expression)).isEqualTo("3072 | Row 10–19, Column 2–3: 17");
  }

  @Test
  void aViewIsOutlinedWhereItLies() throws IOException {
    NamedRef r = newRef(waves());
    String box =
        "(b => [b.x, b.y, b.width, b.height].join())(document.querySelector('.outline').getBBox())";
    assertThat(ask(r.slice(BATCH.range(1, 4), FEATURE.ds(scalar(2), 5)).toHtml(), "", box))
        .isEqualTo("2,1,5,3");
    assertThat(ask(r.slice(FEATURE.at(scalar(-1))).toHtml(), "", box)).isEqualTo("7,0,1,6");
  }

  @Test
  void namesAreHarmless() throws IOException {
    String name = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";
    NamedArray x = ones(axis(name, 3), FEATURE);
    String scripts = "document.scripts.length + ',' + %s + ',' + ".formatted(count("img"));
    // Three: the page's own, and the two of this test.
    assertThat(ask(x.toHtml(), "", scripts + "document.querySelector('.axis b').textContent"))
        .isEqualTo("3,0," + name.replace("\"", "&quot;"));
    Lowered l = lower((NamedArray y) -> sum(y.times(2)), x);
    assertThat(ask(l.toHtml(), "", scripts + "document.body.textContent.includes('alert(1)')"))
        .isEqualTo("3,0,true");
  }

  // ---------------------------------------------------------------- what is to be seen

  @Test
  void bothSchemesShowTheHeatMap() throws IOException {
    String page = waves().toHtml();
    BufferedImage light = browser.picture(page, 600, 700);
    BufferedImage dark = browser.picture(page, 600, 700, "--blink-settings=preferredColorScheme=0");
    assertThat(colours(light)).hasSizeGreaterThan(100).contains(0xff15508f, 0xfffbfcfd);
    assertThat(colours(dark)).hasSizeGreaterThan(100).contains(0xff7fc0ff, 0xff14171a);
    assertThat(colours(dark)).doesNotContain(0xff15508f);
  }

  @Test
  void aProgramIsToBeSeen() throws IOException {
    assertThat(colours(browser.picture(lowered().toHtml(), 900, 900))).hasSizeGreaterThan(100);
  }

  private static Set<Integer> colours(BufferedImage image) {
    var out = new HashSet<Integer>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        out.add(image.getRGB(x, y));
      }
    }
    return out;
  }

  /** In a frame of a phone's width nothing has to be moved sideways. */
  @Test
  void pagesFitAPhone() throws IOException {
    for (String page :
        new String[] {
          lowered().toHtml(),
          ones(axis("Layer", 3), axis("Row", 90), axis("Column", 90)).toHtml(),
          newRef(waves()).slice(BATCH.at(1)).toHtml()
        }) {
      String frame =
          "<!doctype html><html><head></head><body><iframe style=\"width:360px;height:600px;border:0\" srcdoc=\"%s\"></iframe></body></html>"
              .formatted(page.replace("&", "&amp;").replace("\"", "&quot;"));
      String dom =
          browser.run(
              frame,
              "",
              "addEventListener('load', () => document.documentElement.setAttribute('data-width', document.querySelector('iframe').contentDocument.documentElement.scrollWidth))");
      assertThat(dom.replaceAll("(?s)(<html[^>]*>).*", "$1")).contains("data-width=\"360\"");
    }
  }

  /**
   * As notebooks do it, where scripts do not run: numbers are there, and the host stays as it is.
   */
  @Test
  void pagesCanBePutIntoOthers() throws IOException {
    String host =
        "<!doctype html><html><head></head><body><h1 id=own>own</h1><div id=cell></div></body></html>";
    String page = waves().toHtml().replace("\\", "\\\\").replace("`", "\\`");
    String put =
        "(s => { const size = () => getComputedStyle(own).fontSize; const before = size(); cell.innerHTML = s; return [before === size(), %s, %s].join(); })(`%s`)"
            .formatted(
                count("#cell .map rect"),
                count("#cell dd"),
                page.replace("</script>", "<\\/script>"));
    assertThat(ask(host, "", put)).isEqualTo("true,48,7");
  }
}
