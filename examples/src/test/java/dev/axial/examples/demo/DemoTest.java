package dev.axial.examples.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.NamedRef;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir Path home;

  /** A mistake of the user's goes to the error stream alone. */
  private record Run(int code, String out) {}

  private Run run(boolean terminal, String... args) {
    var bytes = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    var demo =
        new Demo(
            new PrintStream(bytes, true, UTF_8),
            new PrintStream(errors, true, UTF_8),
            terminal,
            home.resolve("demo"));
    int code = demo.run(Tiny.config(), args);
    assertThat(code == 2 ? bytes.toString(UTF_8) : errors.toString(UTF_8)).isEmpty();
    return new Run(code, (code == 2 ? errors : bytes).toString(UTF_8));
  }

  private byte[] checkpoint() throws IOException {
    return Files.readAllBytes(home.resolve("demo/checkpoint"));
  }

  // ---------------------------------------------------------------- a whole run

  @Test
  void trainsGeneratesAndReports() throws IOException {
    Run run = run(false);
    assertThat(run.out).contains("  7/7  loss ", "unigram entropy 2.8", "the same", "report.html");
    assertThat(run.code).isZero();
    assertThat(run.out).containsPattern("0/7  val 3\\.\\d+\n");
    assertThat(run.out).containsPattern("new names ([a-z]+, ){9}[a-z]+\n");
    String page = Files.readString(home.resolve("demo/report.html"));
    assertThat(page)
        .startsWith("<!doctype html>")
        .endsWith("</html>\n")
        .contains("<svg", "class=\"train\"", "class=\"validation\"", "class=\"unigram\"")
        .contains("prefers-color-scheme: dark", "Timings", "<td>native</td>")
        .contains(
            "<b>ref_set</b>", "<b>ref_get</b>", "What runs", "Inside its base", "class=outline");
    assertThat(page.length()).isLessThan(2_000_000);
    String names = run.out.substring(run.out.indexOf("new names ") + 10).lines().findFirst().get();
    for (String name : names.split(", ", -1)) {
      assertThat(page).contains("<li>" + name + "</li>");
    }
    // Self-contained, and without anything of the machine's owner.
    assertThat(page).doesNotContain("http", "src=", "href=", "@import");
    assertThat(page)
        .doesNotContain(
            System.getProperty("user.dir"),
            home.toString(),
            "/home/" + System.getProperty("user.name"));
    assertThat(
            Pattern.compile("NaN|Infinity")
                .matcher(page.replaceAll("(?s)<iframe.*?</iframe>", ""))
                .find())
        .isFalse();
  }

  @Test
  void aTerminalGetsABarThatMoves() {
    String out = run(true).out;
    assertThat(out).contains("\r  [##............] 1/7", "\r  [##############] 7/7");
    for (String line : out.split("[\r\n]+", -1)) {
      assertThat(!line.startsWith("  [") || line.length() < 80).as(line).isTrue();
    }
  }

  @Test
  void optionsChangeTheRun() throws IOException {
    assertThat(run(false, "--steps", "3", "--seed", "9").out).contains("  3/3  loss ");
    assertThat(Checkpoint.header(home.resolve("demo/checkpoint")))
        .isEqualTo(new Checkpoint.Header(3, 9));
    assertThat(run(false, "--steps", "1").out.lines().filter(l -> l.contains(" val "))).hasSize(2);
  }

  // ---------------------------------------------------------------- resuming

  @Test
  void aResumedRunEndsWithTheSameBits() throws IOException {
    Run straight = run(false);
    byte[] expected = checkpoint();
    Config config = Tiny.config();
    var training = new Training(config, Tiny.NAMES);
    for (int taken = 0; taken < 4; taken++) {
      for (int k = 0; k <= config.evaluations(); k++) {
        if (config.evaluationStep(k) == taken) {
          training.measure(k);
        }
      }
      training.advance();
    }
    Checkpoint.save(home.resolve("demo/checkpoint"), new Checkpoint.Header(7, 3), training.state());
    assertThat(checkpoint()).isNotEqualTo(expected);
    Run resumed = run(false, "--resume");
    assertThat(resumed.out).contains("  resumed   after step 4").doesNotContain("0/7");
    assertThat(resumed.code).isZero();
    assertThat(checkpoint()).isEqualTo(expected);
    assertThat(resumed.out.substring(resumed.out.indexOf("  validation loss")))
        .isEqualTo(straight.out.substring(straight.out.indexOf("  validation loss")));
  }

  @Test
  void resumingWhatHasEndedGeneratesAgain() {
    Run straight = run(false);
    Run again = run(false, "--resume", "--steps", "7");
    assertThat(again.code).isZero();
    assertThat(again.out.substring(again.out.indexOf("  validation loss")))
        .isEqualTo(straight.out.substring(straight.out.indexOf("  validation loss")));
  }

  @Test
  void logitsThatDifferAreAFailure() throws IOException {
    assertThat(run(false).code).isZero();
    var training = new Training(Tiny.config(), Tiny.NAMES);
    Checkpoint.load(home.resolve("demo/checkpoint"), training.state());
    ((NamedRef) training.state().model().norm().bias()).set(Double.NaN);
    Checkpoint.save(home.resolve("demo/checkpoint"), new Checkpoint.Header(7, 3), training.state());
    Run run = run(false, "--resume");
    assertThat(run.out).contains("differ by at most NaN: TOO MUCH");
    assertThat(run.code).isEqualTo(1);
  }

  @Test
  void resumingUnderOtherOptionsIsAnError() throws IOException {
    run(false);
    byte[] before = checkpoint();
    String message =
        "axial demo: the checkpoint belongs to a run with --steps 7 --seed 3; resume it without these options, or start anew without --resume\n";
    assertThat(run(false, "--resume", "--steps", "8")).isEqualTo(new Run(2, message));
    assertThat(run(false, "--seed", "4", "--resume")).isEqualTo(new Run(2, message));
    assertThat(checkpoint()).isEqualTo(before);
  }

  @Test
  void resumingWithoutACheckpointIsAnError() {
    assertThat(run(false, "--resume"))
        .isEqualTo(
            new Run(
                2,
                "axial demo: there is no checkpoint to resume from. Start a run without --resume; Ctrl-C leaves one.\n"));
  }

  /** A process of its own, ended as Ctrl-C and kill end one. */
  @Test
  void anEndedProcessLeavesACheckpoint() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Daxial.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                Demo.class.getName(),
                "--steps",
                "100000")
            .redirectErrorStream(true)
            .start();
    var out = new StringBuilder();
    try (BufferedReader in = process.inputReader(UTF_8)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.append(line).append('\n');
        if (line.startsWith("  0/100000")) {
          assertThat(process.toHandle().destroy()).isTrue();
        }
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    var stopped =
        Pattern.compile("  stopped   after step (\\d+); \\./axial demo --resume continues\n")
            .matcher(out);
    assertThat(stopped.find()).as(out.toString()).isTrue();
    Path file = home.resolve("target/demo/checkpoint");
    assertThat(Checkpoint.header(file)).isEqualTo(new Checkpoint.Header(100_000, 1));
    var training = new Training(Config.standard().withSteps(100_000), Tiny.NAMES);
    Checkpoint.load(file, training.state());
    assertThat(training.taken()).isEqualTo(Integer.parseInt(stopped.group(1)));
    assertThat(process.exitValue()).isNotZero();
  }

  // ---------------------------------------------------------------- options

  private void assertWrong(String message, String... args) {
    assertThat(run(false, args))
        .isEqualTo(new Run(2, "axial demo: " + message + "\n\n" + Options.USAGE));
    assertThat(home.resolve("demo")).doesNotExist();
  }

  @Test
  void wrongOptionsAreErrorsThatSayWhatIsExpected() {
    assertWrong("unknown option '--step'", "--step", "3");
    assertWrong("--steps needs a number, such as --steps 100", "--steps");
    assertWrong("--steps is '0'; a whole number from 1 to 1000000 is expected", "--steps", "0");
    assertWrong("--steps is 'ten'; a whole number from 1 to 1000000 is expected", "--steps", "ten");
    assertWrong("--seed is '-1'; a whole number from 0 to 2147483647 is expected", "--seed", "-1");
  }

  @Test
  void helpIsTheUsage() {
    assertThat(run(false, "--help")).isEqualTo(new Run(0, Options.USAGE));
    assertThat(Options.USAGE).contains("--steps N", "--seed N", "--resume", "--help");
  }
}
