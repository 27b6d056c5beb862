package dev.axial.cpu.llvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever an object file or a cached file holds, it is used or refused. The corpus in {@code
 * src/test/resources/fuzz} is run each time; Jazzer looks further from there, in a process of its
 * own because it instruments the classes, for {@code -Daxial.fuzz.seconds} (10) or {@code
 * -Daxial.fuzz.runs} inputs each; and {@code -Daxial.fuzz.mutations} (20,000) objects are damaged
 * where an object says what is where, which blind changes seldom hit.
 */
class FuzzTest {
  private static final Path CORPUS = Path.of("src/test/resources/fuzz");

  /** What is fuzzed. */
  enum Target {
    ELF(ElfTarget.class, ElfTarget::fuzzerTestOneInput),
    ENTRY(EntryTarget.class, EntryTarget::fuzzerTestOneInput);

    final Class<?> type;

    @SuppressWarnings("ImmutableEnumChecker") // a function without state
    final Consumer<byte[]> run;

    Target(Class<?> type, Consumer<byte[]> run) {
      this.type = type;
      this.run = run;
    }

    Path corpus() {
      return CORPUS.resolve(name().toLowerCase(Locale.ROOT));
    }

    List<byte[]> seeds() throws IOException {
      var out = new ArrayList<byte[]>();
      try (Stream<Path> all = Files.list(corpus())) {
        for (Path p : all.sorted().toList()) {
          out.add(Files.readAllBytes(p));
        }
      }
      return out;
    }
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void the_corpus_is_used_or_refused(Target t) throws IOException {
    assertThat(t.seeds()).isNotEmpty().allSatisfy(t.run);
  }

  @Test
  void the_seeds_are_what_they_are_for() throws IOException, ElfFile.Unknown {
    for (byte[] b : Target.ELF.seeds()) {
      assertThat(ElfFile.of(b, _ -> 16).place("outer")).isNotNegative();
    }
    assertThat(Target.ENTRY.seeds()).anySatisfy(b -> assertThat(b).isEqualTo(EntryTarget.seed()));
  }

  /** Jazzer comes with code for Linux, macOS and Windows on x86-64, and macOS on Arm. */
  @ParameterizedTest
  @EnumSource
  void what_the_fuzzer_makes_is_used_or_refused(Target t) throws Exception {
    Path found = Files.createDirectory(folder.resolve("found"));
    String runs = System.getProperty("axial.fuzz.runs");
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "@" + Path.of(System.getProperty("axial.core.tests"), "fuzz.args"),
            "--target_class=" + t.type.getName(),
            "-artifact_prefix=" + folder + "/",
            runs != null
                ? "-runs=" + runs
                : "-max_total_time=" + Integer.getInteger("axial.fuzz.seconds", 10),
            found.toString(),
            t.corpus().toAbsolutePath().toString());
    Path said = folder.resolve("output");
    Process p =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      assertThat(p.waitFor(10, TimeUnit.HOURS)).isTrue();
    } finally {
      p.destroyForcibly();
    }
    String output = Files.readString(said, StandardCharsets.ISO_8859_1);
    assertThat(p.exitValue()).as("%s: %s", t, output).isZero();
    assertThat(output).contains("DONE");
  }

  @Test
  void objects_that_are_damaged_where_it_matters() throws IOException {
    List<byte[]> seeds = Target.ELF.seeds();
    var random = new SplittableRandom(1);
    int n = Integer.getInteger("axial.fuzz.mutations", 20_000);
    for (int k = 0; k < n; k++) {
      byte[] b = seeds.get(random.nextInt(seeds.size())).clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        damage(b, random);
      }
      if (random.nextInt(8) == 0) {
        b = Arrays.copyOf(b, random.nextInt(b.length + 100));
      }
      ElfTarget.fuzzerTestOneInput(b);
    }
  }

  private static final long[] EDGES = {
    0,
    1,
    -1,
    2,
    24,
    63,
    64,
    255,
    4095,
    4096,
    4097,
    65535,
    1L << 30,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  /** Writes a number over the header, over the table of sections, or anywhere. */
  private static void damage(byte[] b, SplittableRandom random) {
    var buffer = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    int sections = (int) Math.clamp(buffer.getLong(40), 0, b.length - 16L);
    int at =
        switch (random.nextInt(3)) {
          case 0 -> random.nextInt(64);
          case 1 -> sections + random.nextInt(b.length - 8 - sections);
          default -> random.nextInt(b.length - 8); // not over Op: anywhere
        };
    long edge = EDGES[random.nextInt(EDGES.length)] + random.nextInt(3) - 1;
    switch (random.nextInt(4)) {
      case 0 -> b[at] = (byte) random.nextInt(256);
      case 1 -> buffer.putShort(at, (short) edge);
      case 2 -> buffer.putInt(at, (int) edge);
      default -> buffer.putLong(at, edge); // not over Op: all of it
    }
  }
}
