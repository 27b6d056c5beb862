package dev.axial.bench;

import dev.axial.bench.rows.Row;
import dev.axial.bench.rows.Rows;
import dev.axial.bench.rows.Scale;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What the command line asks for.
 *
 * @param rows to measure
 * @param scale of their sizes
 * @param budget the most time for one side of a row
 * @param out the folder for results
 * @param python an interpreter that has the peers
 * @param show a file of results to print, instead of measuring
 * @param list whether only the names are wanted
 */
record Options(
    List<Row> rows,
    Scale scale,
    Duration budget,
    Path out,
    Optional<Path> python,
    Optional<Path> show,
    boolean list) {
  static final String USAGE =
      """
      usage: ./axial bench [options]
        --peers                 make the environment of the peers first, if it is not there
        --rows PREFIX[,PREFIX]  only the rows whose names begin so
        --scale full|small|tiny the sizes of the rows; the targets are about full
        --budget SECONDS        the most time for one side of a row (60)
        --out FOLDER            where results go (bench/results)
        --list                  print the names of the rows
        --show FILE             print the table of a file of results
        --jmh [JMH options]     run the JMH classes\
      """;

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is wrong
   */
  static Options of(String... args) {
    var o =
        new Options(
            Rows.table(),
            Scale.FULL,
            Duration.ofSeconds(60),
            Path.of(System.getProperty("axial.home", "."), "bench", "results"),
            Optional.empty(),
            Optional.empty(),
            false);
    for (int k = 0; k < args.length; k++) {
      String option = args[k];
      if (option.equals("--list")) {
        o = new Options(o.rows, o.scale, o.budget, o.out, o.python, o.show, true);
        continue;
      }
      if (++k == args.length) {
        throw new IllegalArgumentException(
            "unknown option, or one without its value: '%s'".formatted(option));
      }
      o = o.with(option, args[k]);
    }
    return o;
  }

  private Options with(String option, String value) {
    return switch (option) {
      case "--rows" -> new Options(Rows.select(value), scale, budget, out, python, show, list);
      case "--scale" -> new Options(rows, scale(value), budget, out, python, show, list);
      case "--budget" -> new Options(rows, scale, seconds(value), out, python, show, list);
      case "--out" -> new Options(rows, scale, budget, Path.of(value), python, show, list);
      case "--python" ->
          new Options(rows, scale, budget, out, Optional.of(Path.of(value)), show, list);
      case "--show" ->
          new Options(rows, scale, budget, out, python, Optional.of(Path.of(value)), list);
      default -> throw new IllegalArgumentException("unknown option '%s'".formatted(option));
    };
  }

  private static Scale scale(String value) {
    try {
      return Scale.valueOf(value.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--scale is full, small or tiny", e);
    }
  }

  private static Duration seconds(String value) {
    try {
      return Duration.ofMillis((long) (1000 * Double.parseDouble(value)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--budget takes a number of seconds", e);
    }
  }
}
