package dev.axial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that neither the compiler nor the class files can show. */
class SourceRulesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/axial");

  private static final Pattern DEFAULT = Pattern.compile("\\bdefault\\s*(->|:)");
  private static final Pattern COMMENT = Pattern.compile("^\\s*(//|/\\*|\\*).*");
  private static final String EXCEPTION = "// not over Op";

  /**
   * A new operation must break the build wherever something has to be said about it, and a default
   * case would hide the place. A switch over something else says so on the line of its default, or
   * on the next where the formatter puts it there.
   */
  @ParameterizedTest
  @ValueSource(strings = {"ir", "transform", "interpreter", "engine"})
  void noSwitchOverOpHasADefault(String folder) throws IOException {
    List<Path> files;
    try (var walk = Files.walk(SOURCES.resolve(folder))) {
      files = walk.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
    assertThat(files).as("source files of " + folder).isNotEmpty();
    List<String> found = new ArrayList<>();
    for (Path file : files) {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        if (DEFAULT.matcher(line).find()
            && !COMMENT.matcher(line).matches()
            && lines.stream().skip(i).limit(2).noneMatch(l -> l.contains(EXCEPTION))) {
          found.add(file + ":" + (i + 1) + ": " + line.strip());
        }
      }
    }
    assertThat(found)
        .as("default cases: list every operation, or end the line with \"" + EXCEPTION + "\"")
        .isEmpty();
  }

  // ---------------------------------------------------------------- the page on parity

  private static final Path PARITY = Path.of("../docs/parity.md");

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(test_\\w+)` \\|.*\\| (.+) \\|$");
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  /** A row for each test, by the two tables of the page. */
  @ParameterizedTest
  @CsvSource({"## JAX, 104", "## Haliax, 12"})
  void theirTestsHaveARowEach(String heading, int tests) throws IOException {
    List<String> sections = List.of(Files.readString(PARITY).split("(?m)^(?=## )"));
    String section = sections.stream().filter(s -> s.startsWith(heading)).findFirst().orElseThrow();
    List<String> names = ROW.matcher(section).results().map(r -> r.group(1)).toList();
    assertThat(names).hasSize(tests).doesNotHaveDuplicates();
  }

  /** Each row names tests that exist, or says why there is none. */
  @Test
  void theRowsNameTestsThatExist() throws IOException {
    List<MatchResult> rows = ROW.matcher(Files.readString(PARITY)).results().toList();
    List<String> wrong = new ArrayList<>();
    for (MatchResult row : rows) {
      String here = row.group(2);
      List<MatchResult> named = NAMED.matcher(here).results().toList();
      if (named.isEmpty() && !here.startsWith("not here: ") && !here.startsWith("**open**: ")) {
        wrong.add(row.group(1) + " has neither a test nor a reason");
      }
      for (MatchResult test : named) {
        if (!isTest(test.group(1), test.group(2))) {
          wrong.add(row.group(1) + ": no test " + test.group());
        }
      }
    }
    assertThat(rows).isNotEmpty();
    assertThat(wrong).isEmpty();
  }

  private static boolean isTest(String className, String method) throws IOException {
    Pattern declared =
        Pattern.compile(
            "@(Test|ParameterizedTest)\\b[^;{}]*?(\\{[^{}]*\\}[^;{}]*?)?\\bvoid " + method + "\\(");
    try (var walk = Files.walk(Path.of("src/test/java"))) {
      for (Path f : walk.filter(f -> f.endsWith(className + ".java")).toList()) {
        if (declared.matcher(Files.readString(f)).find()) {
          return true;
        }
      }
    }
    return false;
  }
}
