package dev.axial.bench;

import dev.axial.bench.rows.Row;
import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Scale;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code ./axial bench}: measures the rows, ours and the peers' by turns, so that what disturbs the
 * machine disturbs both, and prints and saves the table.
 */
public final class Bench {
  private final Options options;
  private final Path script =
      Path.of(System.getProperty("axial.home", "."), "bench", "peers", "jax_rows.py");
  private final Map<String, Samples> ours = new HashMap<>();

  private Bench(Options options) {
    this.options = options;
  }

  /** Takes the options of {@link Options#USAGE}; {@code ./axial} answers --peers and --jmh. */
  public static void main(String[] args) throws IOException {
    Options options;
    try {
      options = Options.of(args);
    } catch (IllegalArgumentException e) {
      System.err.println("axial: bench: " + e.getMessage());
      System.err.println(Options.USAGE);
      System.exit(2);
      return;
    }
    if (options.list()) {
      options.rows().forEach(r -> System.out.printf("%-24s %s%n", r.name(), r.what()));
    } else if (options.show().isPresent()) {
      System.out.print(Run.of(Files.readString(options.show().get())).text());
    } else {
      new Bench(options).run();
    }
  }

  private void run() throws IOException {
    var facts = new LinkedHashMap<String, Object>(Machine.facts());
    facts.putAll(versions());
    System.out.println(Run.head(facts, options.scale().label()));
    Table table = Table.of(options.rows().stream().map(Row::name).toList(), false);
    System.out.println(table.header());
    var outcomes = new ArrayList<Outcome>();
    for (Row row : options.rows()) {
      Outcome o = measure(row);
      outcomes.add(o);
      System.out.println(table.line(o));
    }
    List<String> notes = Table.notes(outcomes);
    if (!notes.isEmpty()) {
      System.out.println();
      notes.forEach(System.out::println);
    }
    List<String> growth = GrowthChart.growth(outcomes);
    if (!growth.isEmpty()) {
      System.out.println();
      growth.forEach(System.out::println);
    }
    if (options.python().isEmpty()) {
      System.out.println("\nJAX was not measured: ./axial bench --peers fetches it.");
    }
    Path saved = new Run(facts, options.scale().label(), outcomes).save(options.out());
    System.out.println("\nsaved as " + saved.getFileName() + ".txt and .json");
  }

  private Outcome measure(Row row) throws IOException {
    var results = new LinkedHashMap<String, Samples>();
    var problems = new LinkedHashMap<String, String>();
    add(Side.ours(row, options.scale(), options.budget()), Outcome.OURS, results, problems);
    if (options.python().isPresent()) {
      Side peers =
          Side.peers(options.python().get(), script, row, options.scale(), options.budget());
      add(peers, Outcome.JAX, results, problems);
    }
    Samples mine = results.get(Outcome.OURS);
    if (mine != null) {
      ours.put(row.name(), mine);
    }
    // The targets are about the full sizes.
    String verdict =
        options.scale() == Scale.FULL ? Outcome.verdict(row.target(), results, ours) : Outcome.NONE;
    return new Outcome(
        row.name(), row.what(), Outcome.text(row.target()), verdict, results, problems);
  }

  private static void add(
      Side side, String who, Map<String, Samples> results, Map<String, String> problems) {
    results.putAll(side.results());
    String problem = side.problem();
    if (problem != null) {
      problems.put(who, problem);
    }
  }

  /** The versions of the peers. */
  private Map<String, Object> versions() throws IOException {
    if (options.python().isEmpty()) {
      return Map.of();
    }
    Process p =
        new ProcessBuilder(options.python().get().toString(), script.toString(), "--versions")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String json = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    var versions = new LinkedHashMap<String, Object>();
    Json.readMap(json).forEach((k, v) -> versions.put(k, String.valueOf(v)));
    return versions;
  }
}
