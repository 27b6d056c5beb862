package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.cpu.emit.Target;
import dev.axial.cpu.llvm.Level;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.Wanted;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The laws and random programs at each level of x86-64 that this processor can execute, and with
 * vectors that are narrower than the level's: each in a process of its own. What code uses unless
 * told otherwise is what all other tests run on. {@code axial.levels.programs} (1,000) says how
 * many random programs; narrower vectors get a tenth of them.
 */
@Execution(ExecutionMode.CONCURRENT)
class LevelsTest {
  private static final Library LIBRARY = new Library(Natives.libLlvm(), Wanted.ALL);

  private static final List<String> PROGRAMS =
      List.of("dev.axial.cpu.random.RandomProgramsTest", "dev.axial.cpu.random.FoundProgramsTest");

  private static final String REFERENCES = "dev.axial.laws.ReferenceCatalogueTest";

  /**
   * Those of references that compare what is compiled with what is not; with {@code
   * axial.levels.laws} all, which takes ten times as long.
   */
  private static final List<String> LAWS =
      Boolean.getBoolean("axial.levels.laws")
          ? List.of(
              "dev.axial.laws.OpCatalogueTest", REFERENCES, "dev.axial.laws.ReferenceLawsTest")
          : List.of(
              REFERENCES + "#references_mean_their_discharge(dev.axial.laws.RefCase)",
              REFERENCES + "#compiled_code_changes_the_callers_reference(dev.axial.laws.RefCase)");

  static Stream<Arguments> levels() {
    return Stream.of(Level.values())
        .filter(LIBRARY::has)
        .flatMap(l -> Stream.of(128, 256, 512).map(w -> Arguments.of(l.text, w)))
        .filter(a -> (int) a.get()[1] <= width((String) a.get()[0]))
        .filter(a -> !isDefault((String) a.get()[0], (int) a.get()[1]));
  }

  private static int width(String level) {
    return 8 * new Library(Natives.libLlvm(), Wanted.at(level(level), 64)).host().vectorBytes();
  }

  private static boolean isDefault(String level, int width) {
    var l = new Library(Natives.libLlvm(), Wanted.at(level(level), width / 8));
    return l.host().equals(LIBRARY.host());
  }

  private static Level level(String text) {
    return Stream.of(Level.values()).filter(l -> l.text.equals(text)).findFirst().orElseThrow();
  }

  @ParameterizedTest(name = "{0}, {1} bits")
  @MethodSource("levels")
  void engines_agree(String level, int width) throws Exception {
    int programs = Integer.getInteger("axial.levels.programs", 1_000);
    int here = width == width(level) ? programs : Math.ceilDiv(programs, 10);
    run(level, width, PROGRAMS, "-Daxial.random.programs=" + here);
  }

  @ParameterizedTest(name = "{0}, {1} bits")
  @MethodSource("levels")
  void laws_hold(String level, int width) throws Exception {
    if (width == width(level)) {
      run(level, width, LAWS, "-Daxial.engine=native");
    }
  }

  private static void run(String level, int width, List<String> classes, String option)
      throws Exception {
    String path =
        String.join(
            File.pathSeparator,
            System.getProperty("java.class.path"),
            System.getProperty("axial.core.tests"));
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xss16m", "-Xmx1500m"));
    command.addAll(
        List.of("-Daxial.check=true", "-Daxial.compile=first", "-Daxial.llvm.level=" + level));
    command.addAll(List.of("-Daxial.llvm.width=" + width, option, "-cp", path));
    command.add(LevelRun.class.getName());
    command.addAll(classes);
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as("%s, %d bits: %s", level, width, said).isZero();
  }

  /** Each level has what it says, and vectors of its width. */
  @Test
  void a_level_is_what_code_uses() {
    for (Level l : Level.values()) {
      if (LIBRARY.has(l)) {
        var at = new Library(Natives.libLlvm(), Wanted.at(l, 64));
        assertThat(at.host().level()).isEqualTo(l.text);
        assertThat(Target.of(at.host()).vectorBytes()).isEqualTo(at.host().vectorBytes());
      }
    }
  }
}
