package dev.axial.bench.rows;

import static dev.axial.bench.rows.Size.size;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** How long the first result takes: each sample is a fresh process. */
final class FirstRows {
  private FirstRows() {}

  static List<Row> rows() {
    Target level = new Target.Faster(1);
    return List.of(
        Row.of("first-tiny", "first sin(x) * 2", level, first("tiny"), size("n", 8, 8, 8)),
        Row.of("first-gpt", "first step of gpt-step", level, first("gpt"), ModelRows.GPT),
        Row.of(
            "first-300writes",
            "first call of 300 unrolled writes",
            level,
            first("writes"),
            size("rows", 1_000, 1_000, 10),
            size("writes", 300, 100, 10)),
        Row.of(
            "start-ref",
            "process start to a reference written",
            new Target.AtMost(0.2),
            _ -> start("ref")),
        Row.of(
            "start-jit",
            "process start to a compiled result",
            new Target.AtMost(0.4),
            _ -> start("jit")),
        Row.of(
            "start-twenty",
            "process start to the end of twenty eager lines, nothing on disk",
            level,
            _ -> cold("twenty")),
        Row.of(
            "start-loop",
            "process start to a first compiled loop, likewise",
            level,
            _ -> cold("loop")),
        Row.of(
            "start-mlp",
            "process start to a first gradient of a perceptron, likewise",
            level,
            _ -> cold("mlp")));
  }

  /** The process measures itself; nothing of an earlier one is on disk for it. */
  private static Function<Sizes, Work> first(String what) {
    return s ->
        timing -> {
          var seconds = new double[timing.processes()];
          for (int k = 0; k < seconds.length; k++) {
            seconds[k] = inEmptyCache(what, s);
          }
          return Samples.of(seconds, 1);
        };
  }

  private static double inEmptyCache(String what, Sizes s) {
    try {
      Path folder = Files.createTempDirectory("axial-bench");
      try {
        List<String> sizes =
            s.values().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
        var arguments = new java.util.ArrayList<String>(List.of(what));
        arguments.addAll(sizes);
        List<String> options = List.of("-Daxial.cache=" + folder);
        return Double.parseDouble(
            Processes.ask(Processes.java(options, FirstResult.class, arguments)).text());
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path p : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }

  /** This process looks at the clock; nothing of an earlier one is on disk. */
  private static Work cold(String what) {
    return timing -> {
      var seconds = new double[timing.processes() * 2 - 1];
      for (int k = 0; k < seconds.length; k++) {
        try {
          Path folder = Files.createTempDirectory("axial-bench");
          List<String> options = List.of("-Daxial.cache=" + folder);
          List<String> command = Processes.java(options, FirstUse.class, List.of(what));
          seconds[k] = Processes.ask(command).seconds();
          delete(folder);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return Samples.of(seconds, 1);
    };
  }

  /** This process looks at the clock; the first process fills what is kept on disk. */
  private static Work start(String what) {
    List<String> command = Processes.java(List.of(), FirstUse.class, List.of(what));
    return timing -> {
      Processes.Answer cold = Processes.ask(command);
      Check.that(!cold.text().isEmpty(), "nothing was computed");
      var seconds = new double[timing.processes() * 2 - 1];
      for (int k = 0; k < seconds.length; k++) {
        seconds[k] = Processes.ask(command).seconds();
      }
      return Samples.of(seconds, 1);
    };
  }
}
