package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.cpu.llvm.Natives;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Programs are interpreted while they are compiled; each case is a process of its own. */
class SoonTest {
  @TempDir private static Path folder;

  private static Process start(String what, Path llvm, String... options) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!List.of(options).contains("--illegal-native-access=deny")) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Daxial.llvm=" + llvm);
    command.add("-Daxial.cache=" + folder.resolve("cache"));
    command.addAll(List.of(options));
    String path = System.getProperty("java.class.path");
    command.addAll(List.of("-cp", path, SoonProgram.class.getName(), what));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(k -> k.startsWith("AXIAL_"));
    return builder.start();
  }

  /** What it printed, once it has ended with a status. */
  private static List<String> ended(Process p, int status)
      throws IOException, InterruptedException {
    String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(text).isEqualTo(status);
    return text.lines().toList();
  }

  @Test
  void both_engines_give_the_same_bits() throws IOException, InterruptedException {
    List<String> lines = ended(start("both", Natives.libLlvm()), 0);
    int half = lines.indexOf("engine: native");
    assertThat(half).as("%s", lines).isPositive();
    assertThat(lines.get(half + 1)).isEqualTo("true");
    assertThat(lines.subList(half + 2, lines.size())).isEqualTo(lines.subList(0, half));
    List<String> waits = ended(start("both", Natives.libLlvm(), "-Daxial.compile=first"), 0);
    assertThat(waits).isEqualTo(lines);
  }

  /** Its library is a pipe, in which nobody writes before the results are there. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void nothing_waits_for_an_engine_that_does_not_start() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe.so");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    List<String> interpreted = ended(start("twice", pipe, "-Daxial.engine=interpreter"), 0);
    Process p = start("twice", pipe);
    var got = new ArrayList<String>();
    try (var in = p.inputReader()) {
      for (String s = in.readLine(); s != null; s = in.readLine()) {
        got.add(s);
        if (s.equals("done")) {
          break;
        }
      }
      assertThat(got).isEqualTo(interpreted);
    }
    assertThat(p.isAlive()).isTrue();
    p.destroyForcibly().waitFor();
    Files.delete(pipe);
  }

  /** Though the program would be over before an engine was asked for. */
  @Test
  void what_keeps_an_engine_from_starting_is_said_at_once()
      throws IOException, InterruptedException {
    List<String> denied =
        ended(start("first", Natives.libLlvm(), "--illegal-native-access=deny"), 0);
    assertThat(String.join("\n", denied))
        .containsOnlyOnce("the engine native does not start (native access is denied to it");
    List<String> missing = ended(start("first", folder.resolve("nothing")), 0);
    assertThat(String.join("\n", missing))
        .containsOnlyOnce("and there is no readable file there; it should be a libLLVM");
  }

  @Test
  void the_status_of_a_process_that_ends_meanwhile() throws IOException, InterruptedException {
    List<String> lines = ended(start("exits", Natives.libLlvm()), 7);
    assertThat(lines).doesNotContain("internal error");
  }

  /** Nobody knows how long a loop runs, so it is not begun by the slower engine. */
  @Test
  void loops_without_a_known_end_wait() throws IOException, InterruptedException {
    assertThat(ended(start("endless", Natives.libLlvm()), 0)).containsExactly("5.0E7");
  }

  @Test
  void a_mode_that_there_is_not() throws IOException, InterruptedException {
    Process p = start("first", Natives.libLlvm(), "-Daxial.compile=later");
    assertThat(String.join("\n", ended(p, 1))).contains("axial.compile is 'later'; soon (");
  }
}
