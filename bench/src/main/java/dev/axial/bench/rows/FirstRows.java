package dev.axial.bench.rows;

import static dev.axial.bench.rows.Size.size;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    return s -> {
      var arguments = new ArrayList<String>(List.of(what));
      s.values().forEach((name, size) -> arguments.add(name + "=" + size));
      return timing -> {
        var seconds = new double[timing.processes()];
        for (int k = 0; k < seconds.length; k++) {
          seconds[k] = Double.parseDouble(inEmptyCache(FirstResult.class, arguments).text());
        }
        return Samples.of(seconds, 1);
      };
    };
  }

  private static Processes.Answer inEmptyCache(Class<?> main, List<String> arguments) {
    try {
      Path folder = Files.createTempDirectory("axial-bench");
      try {
        List<String> options = List.of("-Daxial.cache=" + folder);
        return Processes.ask(Processes.java(options, main, arguments));
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
        seconds[k] = inEmptyCache(FirstUse.class, List.of(what)).seconds();
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
