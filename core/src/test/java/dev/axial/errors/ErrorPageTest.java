package dev.axial.errors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * docs/errors.md shows what is true. Between {@code <!-- misuse: NAME -->} and {@code <!-- end -->}
 * stand the code of that case of {@link ErrorsTest}, its message in errors.txt, and what JAX and
 * Haliax say in misuses.txt, which oracles/misuses.py made. With {@code -Daxial.docs.write=true} it
 * is written anew instead.
 */
class ErrorPageTest {
  private static final Path PAGE = Path.of("../docs/errors.md");
  private static final Path CASES = Path.of("src/test/java/dev/axial/errors/ErrorsTest.java");
  private static final Path THEIRS = Path.of("src/test/resources/misuses.txt");

  private static final Pattern MISUSE =
      Pattern.compile("<!-- misuse: ([^\n]+) -->\n(.*?)<!-- end -->\n", Pattern.DOTALL);
  private static final Pattern LINE = Pattern.compile("(?m)^(- \\*(.+)\\*: ).*\n");
  private static final Pattern RULE = Pattern.compile("(?m)^## Rule (\\d+): ");
  private static final Map<String, String> NAMES = Map.of("jax", "JAX", "haliax", "Haliax");

  @Test
  void each_misuse_shows_its_code_its_message_and_theirs() throws IOException {
    String page = Files.readString(PAGE);
    String source = Files.readString(CASES);
    Map<String, String> ours = ErrorsTest.expected();
    Map<String, List<String>> theirs = theirs();
    String renewed =
        MISUSE
            .matcher(page)
            .replaceAll(m -> {
              String name = m.group(1);
              assertThat(ours).containsKey(name);
              return Matcher.quoteReplacement(
                  "<!-- misuse: %s -->\n```java\n%s```\n```text\n%s\n```\n%s<!-- end -->\n"
                      .formatted(
                          name,
                          code(source, name),
                          ours.get(name),
                          quoted(theirs.getOrDefault(name, List.of()))));
            });
    if (Boolean.getBoolean("axial.docs.write")) {
      Files.writeString(PAGE, renewed);
    } else {
      assertThat(page).isEqualTo(renewed);
    }
  }

  @Test
  void the_page_has_every_message_once() throws IOException {
    assertThat(MISUSE.matcher(Files.readString(PAGE)).results().map(m -> m.group(1)))
        .containsExactlyInAnyOrderElementsOf(ErrorsTest.expected().keySet());
  }

  @Test
  void what_they_say_stands_somewhere() throws IOException {
    var here = new ArrayList<>(ErrorsTest.expected().keySet());
    LINE.matcher(Files.readString(PAGE)).results().forEach(m -> here.add(m.group(2)));
    assertThat(here).doesNotHaveDuplicates().containsAll(theirs().keySet());
  }

  /** What is no error here: {@code - *name*: **JAX** …}, a line for each that was asked. */
  @Test
  void what_is_no_error_here_shows_theirs() throws IOException {
    String page = Files.readString(PAGE);
    Map<String, List<String>> theirs = theirs();
    String renewed =
        LINE.matcher(page)
            .replaceAll(m ->
                Matcher.quoteReplacement(
                    m.group(1)
                        + theirs.getOrDefault(m.group(2), List.of("nobody was asked")).stream()
                            .map(s -> s.replace("|", "\\|"))
                            .collect(Collectors.joining("; "))
                        + "\n"));
    if (Boolean.getBoolean("axial.docs.write")) {
      Files.writeString(PAGE, renewed);
    } else {
      assertThat(page).isEqualTo(renewed);
    }
    assertThat(LINE.matcher(page).results().count()).isGreaterThan(10);
  }

  @Test
  void the_page_has_every_rule() throws IOException {
    int rules =
        (int)
            Pattern.compile("(?m)^\\d+\\. ")
                .matcher(Files.readString(Path.of("../docs/semantics.md")))
                .results()
                .count();
    assertThat(RULE.matcher(Files.readString(PAGE)).results().map(m -> m.group(1)))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, rules).mapToObj(Integer::toString).toList());
    assertThat(rules).isGreaterThan(20);
  }

  /** A library's answers by the name of the misuse. */
  private static Map<String, List<String>> theirs() throws IOException {
    var out = new HashMap<String, List<String>>();
    for (String line : Files.readAllLines(THEIRS)) {
      String[] parts = line.split("\t", -1);
      assertThat(parts).as(line).hasSize(3);
      out.computeIfAbsent(parts[1], _ -> new ArrayList<>())
          .add("**%s** `` %s ``".formatted(NAMES.get(parts[0]), parts[2].strip()));
    }
    return out;
  }

  private static String quoted(List<String> lines) {
    return lines.isEmpty()
        ? ""
        : lines.stream().collect(Collectors.joining("\n>\n> ", "\n> ", "\n"));
  }

  // ---------------------------------------------------------------- the code of a case

  /** What the lambda of {@code bad("name", () -> …)} does. */
  private static String code(String source, String name) {
    Matcher m =
        Pattern.compile("bad\\(\\s*\"" + Pattern.quote(name) + "\",\\s*\\(\\) ->").matcher(source);
    assertThat(m.find()).as(name).isTrue();
    String body = source.substring(m.end(), end(source, m.end()));
    String stripped = body.strip();
    if (stripped.startsWith("javac(")) {
      return stripped
              .substring("javac(\"".length(), stripped.length() - "\")".length())
              .replace("\\\"", "\"")
          + "\n";
    }
    if (stripped.startsWith("{")) {
      String inside = body.substring(body.indexOf('{') + 1, body.lastIndexOf('}'));
      return inside.substring(inside.indexOf('\n') + 1).stripTrailing().stripIndent() + "\n";
    }
    return (body.startsWith("\n") ? body.substring(1) : stripped).stripIndent().stripTrailing()
        + ";\n";
  }

  /** Where the argument ends that begins here: at the parenthesis that closes the call. */
  private static int end(String source, int from) {
    boolean quoted = false;
    int depth = 0;
    for (int k = from; ; k++) {
      char c = source.charAt(k);
      if (c == '"' && source.charAt(k - 1) != '\\') {
        quoted = !quoted;
      } else if (!quoted && c == '(') {
        depth++;
      } else if (!quoted && c == ')' && depth-- == 0) {
        return k;
      }
    }
  }
}
