package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.NamedRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed at any moment leaves all of a block or nothing. {@code
 * -Daxial.kills=500} asks for so many kills; {@code -Daxial.kills.seed} for other moments.
 */
class KilledTest {
  private static final int KILLS = Integer.getInteger("axial.kills", 20);

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("pages.ref");
  }

  private List<String> command(String... more) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Daxial.engine=" + System.getProperty("axial.engine", "interpreter"),
                "-cp",
                System.getProperty("java.class.path"),
                KilledProgram.class.getName(),
                path().toString()));
    command.addAll(List.of(more));
    return command;
  }

  private Process start(String... more) throws IOException {
    Process p =
        new ProcessBuilder(command(more)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    assertThat(p.inputReader().readLine()).isEqualTo("open");
    return p;
  }

  private void create() {
    NamedRef.create(path(), DType.INT64, KilledProgram.PAGE, KilledProgram.WORD).close();
  }

  @Test
  void all_pages_are_of_one_generation_after_every_kill() throws Exception {
    create();
    var random = new SplittableRandom(Long.getLong("axial.kills.seed", 1));
    long last = 0;
    int left = 0;
    for (int k = 0; k < KILLS; k++) {
      Process p = start();
      Thread.sleep(random.nextInt(60), random.nextInt(1_000_000));
      p.destroyForcibly();
      assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
      left += Files.size(Journal.side(path())) > Journal.IDENTITY ? 1 : 0;
      try (NamedRef r = k % 2 == 0 ? NamedRef.open(path()) : NamedRef.openReadOnly(path())) {
        long[] words = r.value().toLongArray();
        assertThat(words).as("after kill %d", k).containsOnly(words[0]);
        assertThat(words[0]).as("the generation after kill %d", k).isGreaterThan(last);
        last = words[0];
      }
    }
    assertThat(last).isGreaterThanOrEqualTo(KILLS);
    System.Logger log = System.getLogger("dev.axial");
    log.log(
        System.Logger.Level.INFO,
        "{0} kills: {1} left a journal, whole or in part; {2} blocks are in the file",
        KILLS,
        left,
        last);
  }

  @Test
  void two_processes_do_not_write_one_file() throws Exception {
    create();
    Process p = start("once");
    assertThatThrownBy(() -> NamedRef.open(path()))
        .isInstanceOf(AxialException.class)
        .hasMessageStartingWith(
            path()
                + " is open already, in another process: a file is open once for writing, or several times for reading. Use the reference that is open, or close() it first.\n  at KilledTest.");
    assertThatThrownBy(() -> NamedRef.openReadOnly(path()))
        .isInstanceOf(AxialException.class)
        .hasMessageStartingWith(path() + " is open for writing already, in another process, so");
    Files.createLink(folder.resolve("link"), path());
    assertThatThrownBy(() -> NamedRef.open(folder.resolve("link")))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("link is open already, in another process");
    Files.move(path(), folder.resolve("moved"));
    assertThatThrownBy(() -> NamedRef.open(folder.resolve("moved")))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("moved is open already, in another process");
    assertThatThrownBy(() -> NamedRef.openReadOnly(folder.resolve("moved")))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("moved is open for writing already, in another process");
    Files.move(folder.resolve("moved"), path());
    Files.copy(path(), folder.resolve("copy")); // which would drop POSIX's locks of the file
    p.outputWriter().close();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isZero();
    try (NamedRef r = NamedRef.open(path())) {
      Files.copy(path(), folder.resolve("copy2"));
      r.set(1);
      r.commit(() -> r.set(2));
      Process second = new ProcessBuilder(command("once")).redirectErrorStream(true).start();
      String said = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(second.waitFor()).isNotZero();
      assertThat(said).contains("is open already, in another process");
    }
    assertThat(Journal.side(path())).doesNotExist();
  }
}
