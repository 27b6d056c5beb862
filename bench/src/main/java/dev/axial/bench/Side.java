package dev.axial.bench;

import dev.axial.bench.rows.Processes;
import dev.axial.bench.rows.Row;
import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Scale;
import dev.axial.bench.rows.Sizes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One side of a row, measured in a process of its own: nothing warms up anything else, and what
 * lasts too long can be ended. Such a process prints a line {@code @@{"who": …, "min": …, "median":
 * …, "n": …}} for each way it measured.
 *
 * @param results the samples by who was measured
 * @param problem why there are none
 */
record Side(Map<String, Samples> results, @Nullable String problem) {
  static final String MARK = "@@";

  static Side ours(Row row, Scale scale, Duration budget) throws IOException {
    return run(Processes.java(List.of(), Child.class, List.of(row.name(), scale.name())), budget);
  }

  static Side peers(Path python, Path script, Row row, Scale scale, Duration budget)
      throws IOException {
    Sizes sizes = row.sizes(scale);
    var settings = new LinkedHashMap<String, Object>(sizes.values());
    settings.put("quick", scale == Scale.FULL ? 1.0 : 0.2);
    return run(
        List.of(python.toString(), script.toString(), row.name(), Json.line(settings)), budget);
  }

  private static Side run(List<String> command, Duration budget) throws IOException {
    Path output = Files.createTempFile("axial-bench", ".txt");
    try {
      Process p =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = await(p, budget);
      return of(
          Files.readAllLines(output),
          !ended ? "over " + budget.toSeconds() + " s" : p.exitValue() == 0 ? null : "failed");
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** Whether the process ends in time; it is gone afterwards, with its own ones. */
  private static boolean await(Process p, Duration budget) {
    try {
      return p.waitFor(budget.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
    }
  }

  /** What a process printed; it failed if there is a problem, or nothing was measured. */
  static Side of(List<String> lines, @Nullable String problem) {
    var results = new LinkedHashMap<String, Samples>();
    for (String line : lines) {
      if (line.startsWith(MARK)) {
        Map<String, @Nullable Object> json = Json.readMap(line.substring(MARK.length()));
        results.put(String.valueOf(json.get("who")), Outcome.samples(json));
      }
    }
    if (problem == null && results.isEmpty()) {
      problem = "nothing was measured";
    }
    if (problem != null && !problem.startsWith("over")) {
      String said =
          lines.stream()
              .filter(l -> !l.startsWith(MARK) && !l.isBlank() && !l.startsWith("\tat "))
              .limit(100)
              .collect(Collectors.joining(" | "));
      problem += said.isEmpty() ? "" : ": " + said.substring(Math.max(0, said.length() - 400));
    }
    return new Side(results, problem);
  }
}
