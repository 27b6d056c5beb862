package dev.axial;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
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
}
