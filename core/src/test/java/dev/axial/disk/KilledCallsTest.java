package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.NamedRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed at a system call that changes a file: strace counts them. {@code
 * -Daxial.kills.calls=1} takes each of them, not one of so many.
 */
@EnabledIf("straceWorks")
class KilledCallsTest {
  private static final int STRIDE = Integer.getInteger("axial.kills.calls", 13);
  private static final String CALLS = "pwrite64,fsync,fdatasync,msync,ftruncate,unlink";

  @TempDir private Path folder;

  static boolean straceWorks() {
    try {
      Process p =
          new ProcessBuilder(
                  "strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:signal=KILL", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return p.waitFor(20, TimeUnit.SECONDS) && p.exitValue() == 0;
    } catch (IOException x) {
      return false;
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private List<String> run(Path file, int call) throws Exception {
    Process p =
        new ProcessBuilder(
                "strace",
                "-f",
                "-o",
                "/dev/null",
                "-e",
                "trace=" + CALLS,
                "-e",
                "inject=" + CALLS + ":signal=KILL:when=" + call,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Daxial.engine=" + System.getProperty("axial.engine", "interpreter"),
                "-cp",
                System.getProperty("java.class.path"),
                KilledStages.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> said =
        new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  @Test
  void the_file_holds_what_was_promised() throws Exception {
    int killed = 0;
    for (int call = 1; ; call += STRIDE) {
      Path file = folder.resolve("x" + call);
      List<String> said = run(file, call);
      String last = said.getLast();
      if (last.equals("done 7")) {
        NamedRef.open(file).close();
        break;
      }
      killed++;
      check(file, last, "killed at call " + call + " after " + last);
    }
    assertThat(killed).isGreaterThan(2);
  }

  private static void check(Path file, String last, String when) throws IOException {
    long word = Long.parseLong(last.substring(last.indexOf(' ') + 1));
    boolean done = last.startsWith("done");
    if (word == 0 && !done) {
      try {
        NamedRef.openReadOnly(file).close();
      } catch (AxialException x) {
        assertThat(x)
            .as(when)
            .hasMessageMatching("(?s).*(does not exist|holds no reference yet).*");
        NamedRef.create(file, DType.INT64, KilledStages.WORD).close();
      }
    }
    byte[] before = Files.readAllBytes(file);
    long[] read;
    try (NamedRef r = NamedRef.openReadOnly(file)) {
      read = r.value().toLongArray();
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(read).as(when).containsOnly(read[0]);
    assertThat(read[0]).as(when).isBetween(done ? word : Math.max(0, word - 1), word);
    try (NamedRef r = NamedRef.open(file)) {
      assertThat(r.value().toLongArray()).as(when).isEqualTo(read);
    }
    NamedRef.verify(file);
    assertThat(Journal.side(file)).doesNotExist();
  }
}
