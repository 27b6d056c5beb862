package dev.axial.examples.demo;

import static dev.axial.Axial.axis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.axial.NamedArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
  private static final Checkpoint.Header HEADER = new Checkpoint.Header(7, 3);

  @TempDir Path folder;

  private static Training trained(int steps) {
    var training = new Training(Tiny.config(), Tiny.NAMES);
    for (int k = 0; k < steps; k++) {
      training.advance();
    }
    return training;
  }

  @Test
  void theFirstGuessIsNearlyEvenAndTrainingImprovesIt() {
    var training = new Training(Tiny.config().withSteps(60), Tiny.NAMES);
    double before = training.measure(0);
    assertThat(before).isCloseTo(Math.log(28), within(0.1));
    for (int k = 0; k < 60; k++) {
      training.advance();
    }
    assertThat(training.measure(1)).isLessThan(before - 0.3);
    assertThat(training.taken()).isEqualTo(60);
    assertThat(training.losses()).hasSize(60).doesNotContain(0);
    assertThat(training.validation()).hasSize(4).endsWith(0, 0);
  }

  /** The loss counts each symbol after the start, up to the first end, and no filling. */
  @Test
  void theLossIsTheMeanOverTheSymbolsOfTheNames() {
    Training training = trained(2);
    NameModel model = training.state().model();
    NamedArray rows = Tiny.NAMES.table(Tiny.NAMES.validation().subList(0, 3));
    int width = Tiny.NAMES.row().size();
    double[] logits =
        model
            .logits(rows.get(Tiny.NAMES.row().to(-1)))
            .rearrange("Name", "Position", "Vocab")
            .toDoubleArray();
    int[] symbols = rows.toIntArray();
    double total = 0;
    int count = 0;
    for (int n = 0; n < 3; n++) {
      for (int t = 0; t + 1 < width && symbols[n * width + t] != Names.END; t++, count++) {
        int from = (n * (width - 1) + t) * 28;
        double sum = 0;
        for (int c = 0; c < 28; c++) {
          sum += Math.exp(logits[from + c]);
        }
        total += Math.log(sum) - logits[from + symbols[n * width + t + 1]];
      }
    }
    assertThat(count).isLessThan(3 * (width - 1));
    assertThat(model.loss(rows).item()).isCloseTo(total / count, within(1e-5));
  }

  @Test
  void runsAreTheSameToTheLastBitAndSeedsDiffer() {
    Training a = trained(7);
    Tiny.assertSameBits(trained(7).state(), a.state());
    assertThat(Tiny.bits(trained(6).state().key().value()))
        .isNotEqualTo(Tiny.bits(a.state().key().value()));
    var other = new Training(Tiny.config().withSeed(4), Tiny.NAMES);
    assertThat(Tiny.bits(other.state().model().symbols().weight().value()))
        .isNotEqualTo(Tiny.bits(trained(0).state().model().symbols().weight().value()));
  }

  // ---------------------------------------------------------------- checkpoints

  @Test
  void aResumedRunIsTheSameToTheLastBit() throws IOException {
    Training straight = trained(3);
    double[] validation = {straight.measure(1)};
    Path file = folder.resolve("checkpoint");
    Checkpoint.save(file, HEADER, straight.state());
    var resumed = new Training(Tiny.config(), Tiny.NAMES);
    assertThat(Checkpoint.header(file)).isEqualTo(HEADER);
    Checkpoint.load(file, resumed.state());
    assertThat(resumed.taken()).isEqualTo(3);
    assertThat(resumed.validation()[1]).isEqualTo(validation[0]);
    for (int k = 3; k < 7; k++) {
      assertThat(resumed.advance()).isEqualTo(straight.advance());
    }
    Tiny.assertSameBits(resumed.state(), straight.state());
    assertThat(resumed.losses()).hasSize(7).doesNotContain(0);
    assertThat(folder.toFile().list()).containsExactly("checkpoint");
  }

  private void assertUnusable(byte[] bytes, String why) throws IOException {
    Path file = folder.resolve("checkpoint");
    Files.write(file, bytes);
    Training fresh = trained(0);
    assertThatThrownBy(() -> Checkpoint.load(file, fresh.state()))
        .isInstanceOf(DemoException.class)
        .hasMessage("checkpoint cannot be used: " + why + ". Start anew without --resume.");
    Tiny.assertSameBits(fresh.state(), trained(0).state());
  }

  @Test
  void aDamagedCheckpointIsAnErrorAndChangesNothing() throws IOException {
    Path file = folder.resolve("good");
    Checkpoint.save(file, HEADER, trained(1).state());
    byte[] good = Files.readAllBytes(file);
    assertUnusable(new byte[] {1, 2, 3}, "it ends too early");
    assertUnusable(Arrays.copyOf(good, good.length / 2), "it ends too early");
    assertUnusable(Arrays.copyOf(good, good.length - 1), "it ends too early");
    byte[] bytes = good.clone();
    bytes[0]++;
    assertUnusable(bytes, "it is not a checkpoint of this demo");
    bytes = good.clone();
    bytes[11] = 9;
    assertUnusable(bytes, "it has version 9, and this demo reads version 1");
    bytes = good.clone();
    bytes[good.length - 20] ^= 4;
    assertUnusable(bytes, "its checksum is wrong: some of it was changed");
  }

  @Test
  void aCheckpointOfAnotherModelIsAnErrorThatShowsBoth() throws IOException {
    Path file = folder.resolve("checkpoint");
    Checkpoint.save(file, HEADER, trained(1).state());
    Config c = Tiny.config();
    var wider =
        new Config(
            7,
            3,
            c.batch(),
            c.layer(),
            axis("Embed", 12),
            c.head(),
            c.headSize(),
            c.hidden(),
            1,
            3,
            c.sample());
    assertThatThrownBy(() -> Checkpoint.load(file, new Training(wider, Tiny.NAMES).state()))
        .hasMessage(
            "checkpoint cannot be used: it holds model.symbols.weight float32[Vocab=28, Embed=8] where the run has model.symbols.weight float32[Vocab=28, Embed=12]. Start anew without --resume.");
    var deeper =
        new Config(
            7,
            3,
            c.batch(),
            axis("Layer", 3),
            c.embed(),
            c.head(),
            c.headSize(),
            c.hidden(),
            1,
            3,
            c.sample());
    assertThatThrownBy(() -> Checkpoint.load(file, new Training(deeper, Tiny.NAMES).state()))
        .hasMessageMatching(
            "checkpoint cannot be used: it holds \\d+ arrays, and the run has \\d+\\. Start anew without --resume\\.");
  }

  @Test
  void aMissingCheckpointIsAnErrorThatSaysHowToGetOne() {
    assertThatThrownBy(() -> Checkpoint.header(folder.resolve("none")))
        .isInstanceOf(DemoException.class)
        .hasMessage(
            "there is no checkpoint to resume from. Start a run without --resume; Ctrl-C leaves one.");
  }
}
