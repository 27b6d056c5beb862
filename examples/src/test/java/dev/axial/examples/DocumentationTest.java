package dev.axial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The README and the guide show code that runs. Each block of Java or Python in them stands behind
 * a comment that names its source, and must be equal to it; a block of output must be what the code
 * prints:
 *
 * <pre>
 * &lt;!-- sample: guide/Arrays.java#align --&gt;      a region of an example
 * &lt;!-- sample: /examples/Hello.java --&gt;          a whole file of the repository
 * &lt;!-- sample: /oracles/from_jax.py#grad --&gt;      a region of one
 * &lt;!-- prints: guide/Arrays.java#print --&gt;       the output of a method without arguments
 * &lt;!-- prints: /examples/Hello.java --&gt;          the output of a single-file program
 * </pre>
 *
 * <p>What follows {@code <!-- misuse: name -->} is checked by core's {@code ErrorPageTest}. The
 * numbers of source lines in outputs are left out. With {@code -Daxial.docs.write=true} the blocks
 * are written anew instead.
 */
class DocumentationTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXAMPLES = Path.of("src/main/java/dev/axial/examples").toAbsolutePath();

  private static final Pattern BLOCK =
      Pattern.compile(
          "(<!-- (sample|prints|misuse): ([^\n]+) -->\n)?(```(\\w*)\n)(.*?)(```\n)",
          Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]+)(#[^)]*)?\\)");

  static List<Path> pages() throws IOException {
    var out = new ArrayList<Path>();
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      Stream.concat(top, docs).filter(f -> f.toString().endsWith(".md")).sorted().forEach(out::add);
    }
    return out;
  }

  @Test
  void thePagesAreThere() throws IOException {
    assertThat(pages())
        .map(p -> ROOT.relativize(p).toString())
        .contains("README.md", "docs/architecture.md", "docs/guide/1-arrays.md")
        .hasSizeGreaterThan(15);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void blocksEqualTheirSources(Path page) throws IOException {
    String text = Files.readString(page);
    String renewed = renewed(text);
    if (Boolean.getBoolean("axial.docs.write")) {
      Files.writeString(page, renewed);
    } else {
      assertThat(text).isEqualTo(renewed);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void codeHasASource(Path page) throws IOException {
    Matcher m = BLOCK.matcher(Files.readString(page));
    while (m.find()) {
      if (m.group(5).equals("java") || m.group(5).equals("python")) {
        assertThat(m.group(3)).as("the source of%n%s", m.group(6)).isNotNull();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    Matcher m = LINK.matcher(Files.readString(page).replaceAll("(?s)```.*?```", ""));
    while (m.find()) {
      if (!m.group(1).startsWith("http")) {
        assertThat(page.resolveSibling(m.group(1))).exists();
      }
    }
  }

  @Test
  void everyRegionOfTheGuideIsShown() throws IOException {
    var shown = new StringBuilder();
    for (Path page : pages()) {
      shown.append(Files.readString(page));
    }
    assertThat(regions())
        .hasSizeGreaterThan(50)
        .allMatch(region -> shown.indexOf("<!-- sample: " + region + " -->") >= 0, "is shown");
  }

  private static List<String> regions() throws IOException {
    try (Stream<Path> files = Files.walk(EXAMPLES)) {
      return files
          .filter(f -> f.toString().endsWith(".java") && !f.toString().contains("demo"))
          .flatMap(f ->
              Pattern.compile("// @start region=(\\S+)")
                  .matcher(read(f))
                  .results()
                  .map(r -> EXAMPLES.relativize(f) + "#" + r.group(1)))
          .sorted()
          .toList();
    }
  }

  // ---------------------------------------------------------------- sources

  /** The page with every block that has a source taken from there. */
  private static String renewed(String page) {
    return BLOCK
        .matcher(page)
        .replaceAll(m -> {
          String source = m.group(3);
          if (source == null || m.group(2).equals("misuse")) {
            return Matcher.quoteReplacement(m.group());
          }
          String body = m.group(2).equals("sample") ? sample(source) : prints(source);
          return Matcher.quoteReplacement(m.group(1) + m.group(4) + body + m.group(7));
        });
  }

  private static String sample(String source) {
    String[] parts = source.split("#", -1);
    boolean fromRoot = source.startsWith("/");
    String text = read(fromRoot ? ROOT.resolve(parts[0].substring(1)) : EXAMPLES.resolve(parts[0]));
    if (parts.length == 1) {
      return text;
    }
    String comment = parts[0].endsWith(".py") ? "# " : "// ";
    String start = comment + "@start region=" + parts[1] + "\n";
    assertThat(text).as(source).contains(start);
    String region = text.substring(text.indexOf(start) + start.length());
    return dedented(region.substring(0, region.indexOf(comment + "@end")));
  }

  private static String dedented(String text) {
    String body = text.replaceAll("\\s+$", "").replaceAll("^\n+", "");
    int indent =
        body.lines()
            .filter(l -> !l.isBlank())
            .mapToInt(l -> l.length() - l.stripLeading().length())
            .min()
            .orElse(0);
    return body.lines()
        .map(l -> l.isBlank() ? "" : l.substring(indent))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String prints(String source) {
    String out = source.startsWith("/") ? runFile(source.substring(1)) : runMethod(source);
    return out.replaceAll("\\.java:\\d+", ".java:…");
  }

  private static String runMethod(String source) {
    PrintStream before = System.out;
    var out = new ByteArrayOutputStream();
    try {
      String[] parts = source.split("#", -1);
      String name = "dev.axial.examples." + parts[0].replace(".java", "").replace('/', '.');
      Method m = Class.forName(name).getDeclaredMethod(parts[1]);
      m.setAccessible(true);
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      m.invoke(null);
    } catch (ReflectiveOperationException x) {
      throw new LinkageError(source, x);
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** The output of a single-file program with the library on its class path, as ./axial run. */
  private static String runFile(String file) {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(e -> !Path.of(e).toAbsolutePath().startsWith(Path.of("").toAbsolutePath()))
            .collect(Collectors.joining(File.pathSeparator));
    try {
      Process p =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  classPath,
                  file)
              .directory(ROOT.toFile())
              .redirectErrorStream(true)
              .start();
      String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(p.exitValue()).as(out).isZero();
      return out;
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    } catch (InterruptedException x) {
      throw new AssertionError(x);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    }
  }
}
