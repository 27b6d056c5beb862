package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An application that loads the library through a class loader of its own and closes that is
 * unloaded, and its threads end. Soft references, in which the JDK keeps how records are compared,
 * are cleared at once in that process.
 */
class UnloadTest {
  @ParameterizedTest
  @ValueSource(strings = {"interpreter", "native"})
  void an_application_is_unloaded(String engine) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-XX:TieredStopAtLevel=1",
                "-Daxial.engine=" + engine,
                "-cp",
                System.getProperty("java.class.path"),
                UnloadProgram.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    List<String> lines = out.lines().filter(l -> !l.startsWith("WARNING")).toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).startsWith("engine ");
    assertThat(lines.get(1)).isEqualTo("unloaded true");
  }
}
