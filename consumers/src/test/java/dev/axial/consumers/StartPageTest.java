package dev.axial.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The guide's first page, followed as it is written. */
class StartPageTest {
  private static final Pattern BLOCK = Pattern.compile("(?s)```(\\w+)\n(.*?)```\n");

  private static List<MatchResult> blocks;

  @BeforeAll
  static void read() throws IOException {
    assumeThat(System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .as("the platform that the page names")
        .isEqualTo("Linux amd64");
    Built.layOut();
    String page = Files.readString(Built.CONSUMERS.resolve("../docs/guide/0-start.md"));
    blocks = BLOCK.matcher(page).results().toList();
  }

  /** The block of this language that comes n-th. */
  private static String block(String language, int n) {
    return blocks.stream().filter(b -> b.group(1).equals(language)).toList().get(n).group(2);
  }

  @Test
  void with_maven() throws IOException, InterruptedException {
    Path project = Built.TARGET.resolve("start");
    Files.createDirectories(project.resolve("src/main/java"));
    Files.writeString(project.resolve("pom.xml"), block("xml", 0));
    Files.writeString(project.resolve("src/main/java/Start.java"), block("java", 0));
    String[] goals = block("sh", 0).strip().split(" ");
    assertThat(goals).startsWith("mvn", "-q");
    Built.Ended e =
        Built.maven(
            project.toString(), List.of(goals).subList(2, goals.length).toArray(String[]::new));
    assertThat(e.status()).as(e.printed()).isZero();
    assertThat(e.printed()).isEqualTo(block("text", 0));
  }

  @Test
  void in_jshell() throws IOException, InterruptedException {
    String path =
        Built.jar("axial-core")
            + ":"
            + Built.jar("axial-cpu")
            + ":"
            + Built.jar("axial-cpu-linux-x86_64");
    Path snippets = Built.TARGET.resolve("snippets.jsh");
    Files.writeString(snippets, block("text", 2).stripTrailing() + "\n");
    Built.Ended e =
        Built.run(
            List.of(
                "sh",
                "-c",
                block("sh", 1).strip().replace("$(./axial classpath)", path)
                    + " -R"
                    + Built.cache()
                    + " < "
                    + snippets));
    assertThat(e.printed()).contains("==> 10").doesNotContain("rror");
  }
}
