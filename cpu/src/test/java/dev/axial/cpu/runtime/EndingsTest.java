package dev.axial.cpu.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.cpu.llvm.Natives;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Processes that end in the middle of compiled code, by themselves or by a signal. */
class EndingsTest {
  @TempDir private static Path folder;

  private static Process start(String what, String... options) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Xmx64m", "-XX:MaxDirectMemorySize=1g", "-XX:+UseSerialGC"));
    command.add("-Daxial.llvm=" + Natives.libLlvm());
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), EndingsProgram.class.getName()));
    command.add(what);
    return new ProcessBuilder(command).redirectError(folder.resolve("log").toFile()).start();
  }

  private static List<String> end(Process p, int status) throws Exception {
    List<String> lines =
        new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertThat(p.waitFor(100, TimeUnit.SECONDS)).as("it ends").isTrue();
    assertThat(p.exitValue())
        .as("%s%s", lines, Files.readString(folder.resolve("log")))
        .isEqualTo(status);
    return lines;
  }

  @ParameterizedTest
  @CsvSource({"exit, 7, hook 3.0", "exit-virtual, 7, hook 3.0", "halt, 9,"})
  void a_callback_ends_the_process(String what, int status, String said) throws Exception {
    List<String> lines = end(start(what), status);
    assertThat(lines).isEqualTo(said == null ? List.of() : List.of(said));
  }

  @Test
  void a_hook_does_not_wait_for_the_thread_that_waits_for_it() throws Exception {
    assertThat(end(start("exit-held"), 7))
        .containsExactly(
            "the reference is held by thread 'main', which ends the process from inside a call, an update or a commit, and never gives it back. In a shutdown hook use only what such code does not use, or let it return before the process is ended.");
  }

  /** A thread dump is written, and the process goes on; a request to end is followed. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void a_signal_is_followed_while_compiled_code_runs() throws Exception {
    Process p = start("busy");
    try (BufferedReader out = p.inputReader()) {
      assertThat(out.readLine()).isEqualTo("ready 1");
      signal(p, "QUIT");
      for (String line = out.readLine(); !line.startsWith("Heap"); line = out.readLine()) {
        assertThat(line).doesNotContain("fatal");
      }
      signal(p, "TERM");
      String last = "";
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        last = line;
      }
      assertThat(last).isEqualTo("hook 3.0");
    }
    assertThat(p.waitFor(100, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isEqualTo(128 + 15);
  }

  private static void signal(Process p, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(p.pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  @Test
  void without_threads_all_is_done_by_those_there_are() throws Exception {
    assertThat(end(start("threads", "-Daxial.threads=4"), 0))
        .containsExactly("wide 9000000.0", "eager 6000000.0", "callback 4.0");
  }
}
