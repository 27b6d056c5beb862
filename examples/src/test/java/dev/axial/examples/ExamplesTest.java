package dev.axial.examples;

import static dev.axial.Axial.scalar;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.NamedArray;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the examples and the samples of the guide. They check their results themselves. */
class ExamplesTest {
  private static final Path SOURCES = Path.of("src/main/java");

  /** What each example says when it is right; one that is not listed must only run. */
  private static final Map<String, List<String>> SAYS =
      Map.of(
          "MutableReferences", List.of("layer  4   . . . 1 . . . .", "layer  1   . . . . . 3 3 ."),
          "BatchNormStatistics", List.of("true mean", "with the running statistics"),
          "RecurrentNetwork", List.of("right after the first two steps: 100.0 %"),
          "GradientStash", List.of("    9 "),
          "TrainingMetrics", List.of("accuracy", "0.000 to 0.9"),
          "KalmanFilter", List.of("log q  -3.65", "log r  1.41"),
          "LuFactorization", List.of("59 rows moved", "log |det A|                  88.886286"),
          "ParticleFilter", List.of("by 20,000 particles, -468.97 exactly", "of 200 steps"),
          "PagedCache", List.of("588 tokens: 380 computed, 208 found in shared pages"));

  /** The classes with a main method, but for the demo, which has a test of its own. */
  static List<String> programs() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(f -> f.toString().endsWith(".java") && !f.toString().contains("demo"))
          .filter(f -> text(f).contains("void main("))
          .map(f -> SOURCES.relativize(f).toString().replace(".java", "").replace('/', '.'))
          .sorted()
          .toList();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException x) {
      throw new java.io.UncheckedIOException(x);
    }
  }

  @Test
  void allProgramsAreFound() throws IOException {
    assertThat(programs())
        .contains("dev.axial.examples.MutableReferences", "dev.axial.examples.guide.Arrays")
        .hasSizeGreaterThanOrEqualTo(14);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void runs(String name) throws Exception {
    PrintStream before = System.out;
    var out = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(before);
    }
    String simple = name.substring(name.lastIndexOf('.') + 1);
    for (String words : SAYS.getOrDefault(simple, List.of())) {
      assertThat(out.toString(StandardCharsets.UTF_8)).contains(words);
    }
  }

  @Test
  void theReferencesPageHasAllItsParts() {
    assertThat(MutableReferences.parts()).hasSize(16);
  }

  @Test
  void batchNormMovesItsStatisticsToTheTruth() {
    var r = BatchNormStatistics.run(false);
    assertThat(r.running().mean().value().toDoubleArray()[1]).isBetween(-3.1, -2.9);
    assertThat(r.inferenceLoss()).isLessThan(0.2 * r.firstLoss());
  }

  @Test
  void theRecurrentNetworkLearnsAndItsGradientIsRight() {
    RecurrentNetwork.checkGradient();
    var r = RecurrentNetwork.run(60, false);
    assertThat(r.losses()[0]).isGreaterThan(0.5);
    assertThat(r.losses()[59]).isLessThan(0.05);
    assertThat(r.accuracy()).isGreaterThan(0.99);
  }

  @Test
  void stashedGradientsVanishWithSmallWeights() {
    double[] norms = GradientStash.norms(0.5);
    for (int k = 1; k < norms.length; k++) {
      assertThat(norms[k - 1]).isLessThan(norms[k]);
    }
  }

  @Test
  void theScanRecordsEveryStep() {
    var r = TrainingMetrics.run();
    double[] loss = r.history().get(dev.axial.Axial.at("Metric", 0)).toDoubleArray();
    assertThat(loss).hasSize(150);
    assertThat(loss[0]).isCloseTo(Math.log(2), org.assertj.core.data.Offset.offset(1e-6));
    assertThat(loss[149]).isLessThan(loss[75]).isLessThan(0.1);
  }

  @Test
  void theKalmanFilterFindsTheNoise() {
    var r = KalmanFilter.run(KalmanFilter.simulate(), false);
    assertThat(r.gradientGap()).isLessThan(1e-7);
    assertThat(r.estimate()[0]).isBetween(Math.log(0.02) - 1, Math.log(0.02) + 1);
    assertThat(r.estimate()[1]).isBetween(Math.log(4) - 0.3, Math.log(4) + 0.3);
    assertThat(r.error()[0]).isBetween(0.1, 0.6);
  }

  @Test
  void aWrongResultThrows() {
    NamedArray one = scalar(1);
    assertThatThrownBy(() -> Check.equal(one, 2)).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> Check.close(one, 0.1, 1, 1))
        .hasMessageContaining("expected [1.0, 1.0]");
    assertThatThrownBy(() -> Check.equal(scalar(Double.NaN), 0)).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> Check.refused("", () -> {})).hasMessage("nothing was refused");
    assertThatThrownBy(() -> Check.refused("size", () -> dev.axial.Axial.axis(" ", 1)))
        .hasMessageContaining("an axis needs a name");
  }
}
