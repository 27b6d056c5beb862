package dev.axial.fuzz;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.disk.JournalTarget;
import dev.axial.disk.ReferenceTarget;
import dev.axial.random.Random;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever a file or a text holds, it is read or it is an error of ours. The corpus in {@code
 * src/test/resources/fuzz} is run each time, and Jazzer looks further from there, in a process of
 * its own because it instruments all classes: for {@code -Daxial.fuzz.seconds} (10) or {@code
 * -Daxial.fuzz.runs} inputs each. {@code stress/README.md} says how to run it for hours.
 */
class FuzzTest {
  private static final Path CORPUS = Path.of("src/test/resources/fuzz");

  /** What is fuzzed. */
  enum Target {
    PROGRAM(ProgramTarget.class, ProgramTarget::fuzzerTestOneInput),
    EXPORT(ExportTarget.class, ExportTarget::fuzzerTestOneInput),
    REFERENCE(ReferenceTarget.class, ReferenceTarget::fuzzerTestOneInput),
    JOURNAL(JournalTarget.class, JournalTarget::fuzzerTestOneInput);

    final Class<?> type;
    final Consumer<byte[]> run;

    Target(Class<?> type, Consumer<byte[]> run) {
      this.type = type;
      this.run = run;
    }

    Path corpus() {
      return CORPUS.resolve(name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void the_corpus_is_read_or_refused(Target t) throws IOException {
    int n = 0;
    try (Stream<Path> all = Files.list(t.corpus())) {
      for (Path p : all.sorted().toList()) {
        try {
          t.run.accept(Files.readAllBytes(p));
        } catch (RuntimeException | Error x) {
          throw new AssertionError(t + " fails on " + p, x);
        }
        n++;
      }
    }
    assertThat(n).isPositive();
  }

  @Test
  void what_the_fuzzer_makes_is_read_or_refused() throws Exception {
    var running = new EnumMap<Target, Process>(Target.class);
    try {
      for (Target t : Target.values()) {
        running.put(t, fuzz(t));
      }
      for (Target t : Target.values()) {
        ended(t, running.get(t));
      }
    } finally {
      running.values().forEach(Process::destroyForcibly);
    }
  }

  private Path of(Target t) {
    return folder.resolve(t.name());
  }

  private Process fuzz(Target t) throws IOException {
    Path own = Files.createDirectory(of(t));
    String runs = System.getProperty("axial.fuzz.runs");
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "@" + Path.of("src/test/resources/fuzz.args").toAbsolutePath(),
            "--target_class=" + t.type.getName(),
            "-artifact_prefix=" + own + "/",
            runs != null
                ? "-runs=" + runs
                : "-max_total_time=" + Integer.getInteger("axial.fuzz.seconds", 10),
            Files.createDirectory(own.resolve("found")).toString(),
            t.corpus().toAbsolutePath().toString());
    return new ProcessBuilder(command)
        .directory(own.toFile())
        .redirectErrorStream(true)
        .redirectOutput(own.resolve("output").toFile())
        .start();
  }

  private void ended(Target t, Process p) throws Exception {
    int status = p.waitFor();
    List<String> said = Files.readAllLines(of(t).resolve("output"), StandardCharsets.ISO_8859_1);
    assertThat(status)
        .as(() ->
            t + ":\n" + String.join("\n", said.subList(Math.max(0, said.size() - 60), said.size())))
        .isZero();
    System.getLogger("dev.axial").log(System.Logger.Level.INFO, "{0}: {1}", t, said.getLast());
  }

  // ---------------------------------------------------------------- the seeds

  private static List<String> programs() {
    Axis X = axis("X", 6);
    Axis Y = axis("Y", 3);
    NamedRef r = newRef(zeros(X, Y));
    return Stream.<Lowered>of(
            lower(
                (NamedArray x) -> sum(exp(x).times(2).plus(x.get(X.range(1, 3)).sum(X))),
                ones(X, Y)),
            lowerProc(
                (NamedRef q) -> {
                  q.at(X.at(1)).set(3);
                  q.at(X.range(4, 0, -2), Y.at(2)).add(1);
                  q.at(X.at(array(new int[] {1, 2}, axis("P", 2)))).swap(ones(Y));
                  q.at(X.ds(scalar(2), 2)).set(5);
                },
                r),
            lower((NamedArray x) -> whileLoop(x, c -> sum(c).lt(10), c -> c.plus(1)), ones(X)),
            lower(
                grad((NamedArray x) -> {
                  NamedRef q = newRef(x);
                  forLoop(1, 3, i -> q.at(Y.at(i)).add(sin(q.get(Y.at(i.minus(1))))));
                  return sum(square(q.get()));
                }),
                ones(Y)),
            lower((NamedArray x) -> cond(sum(x).gt(1), () -> x.plus(1), () -> x.times(2)), ones(X)),
            lower((NamedArray x) -> sort(x, X).get(X.where(x.gt(0), 3)), ones(X)),
            lower((NamedArray k) -> Random.normal(k, X), Random.key(3)))
        .map(l -> l.program().toString())
        .toList();
  }

  /** Writes the seeds anew; what a fuzzer found is kept beside them. */
  public static void main(String[] args) throws IOException {
    int k = 0;
    for (String s : programs()) {
      write(Target.PROGRAM, "seed" + k++, s.getBytes(StandardCharsets.UTF_8));
    }
    Path saved = Files.createTempDirectory("axial").resolve("saved");
    ExportTarget.seed().serialize(saved);
    var export = new ByteArrayOutputStream();
    export.write(0);
    export.writeBytes(Files.readAllBytes(saved));
    write(Target.EXPORT, "seed", export.toByteArray());
    write(Target.REFERENCE, "seed", ReferenceTarget.seed());
    write(Target.JOURNAL, "seed", JournalTarget.seed());
  }

  private static void write(Target t, String name, byte[] bytes) throws IOException {
    Files.createDirectories(t.corpus());
    Files.write(t.corpus().resolve(name), bytes);
  }
}
