package dev.axial.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Scale;
import dev.axial.bench.rows.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table, the verdicts, what is saved, and the command line. */
class TableTest {
  private static Samples s(double min) {
    return new Samples(min, min * 1.5, 7);
  }

  private static Outcome outcome(
      String name, Target target, Map<String, Samples> results, Map<String, String> problems) {
    return new Outcome(
        name,
        "what",
        Outcome.text(target),
        Outcome.verdict(target, results, Map.of("base", s(1))),
        results,
        problems);
  }

  private static final List<Outcome> OUTCOMES =
      List.of(
          outcome(
              "sort",
              new Target.Faster(25),
              Map.of("axial", s(0.01), "jax", s(0.252), "numpy", s(0.00404)),
              Map.of()),
          outcome("write", new Target.AtMost(0.3e-6), Map.of("axial", s(312e-9)), Map.of()),
          outcome("grad", new Target.Within(3, "base"), Map.of("axial", s(2.5)), Map.of()),
          outcome(
              "matmul",
              new Target.FasterThanAll(0.97),
              Map.of("jax", s(59.4e-6), "numpy", s(51.4e-6)),
              Map.of("axial", "over 60 s")));

  private static Run run() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("date", "2025-01-02 03:04");
    facts.put("engine", "interpreter");
    facts.put("cores", 2);
    return new Run(facts, "full", OUTCOMES);
  }

  @Test
  void aLineForEachRow() {
    Table table = Table.of(OUTCOMES.stream().map(Outcome::name).toList(), false);
    assertThat(
            table.header() + "\n" + String.join("\n", OUTCOMES.stream().map(table::line).toList()))
        .isEqualTo(
            """
            row         ours       JAX     x JAX     NumPy   x NumPy  target             met
            sort       10 ms    252 ms      25.2   4.04 ms     0.404  ≥ 25 x JAX         yes
            write     312 ns         —         —                      ≤ 300 ns           no
            grad       2.5 s         —         —                      ≤ 3 x forward      yes
            matmul         —   59.4 us         —   51.4 us         —  ≥ 0.97 x the best  —\
            """);
  }

  @Test
  void whatIsSavedHasMediansAndNotes() {
    assertThat(run().text())
        .isEqualTo(
            """
            date: 2025-01-02 03:04
            engine: interpreter
            cores: 2
            scale: full

            row         ours    median       JAX    median     x JAX     NumPy   x NumPy  target             met
            sort       10 ms     15 ms    252 ms    378 ms      25.2   4.04 ms     0.404  ≥ 25 x JAX         yes
            write     312 ns    468 ns         —         —         —                      ≤ 300 ns           no
            grad       2.5 s    3.75 s         —         —         —                      ≤ 3 x forward      yes
            matmul         —         —   59.4 us   89.1 us         —   51.4 us         —  ≥ 0.97 x the best  —

            matmul, axial: over 60 s
            """);
  }

  @Test
  void whatWasSavedShowsTheSame(@TempDir Path folder) throws IOException {
    Path saved = run().save(folder);
    assertThat(saved.getFileName()).hasToString("2025-01-02-03-04-interpreter-full");
    String text = Files.readString(Path.of(saved + ".txt"));
    Run again = Run.of(Files.readString(Path.of(saved + ".json")));
    assertThat(again.text()).isEqualTo(text);
    assertThat(again.outcomes()).isEqualTo(OUTCOMES);
  }

  @Test
  void timesHaveThreeDigits() {
    assertThat(
            List.of(12.34e-9, 0.3e-6, 1.234e-6, 999.9e-6, 0.1, 1.0, 61.5).stream().map(Table::time))
        .containsExactly("12.3 ns", "300 ns", "1.23 us", "1000 us", "100 ms", "1 s", "61.5 s");
  }

  @Test
  void aTargetIsMetOrNotOrUnknown() {
    Map<String, Samples> ours = Map.of("axial", s(1));
    Map<String, Samples> both = Map.of("axial", s(1), "jax", s(2));
    Map<String, Samples> all = Map.of("axial", s(1), "jax", s(2), "numpy", s(0.5));
    assertThat(Outcome.verdict(new Target.AtMost(1), ours, Map.of())).isEqualTo("yes");
    assertThat(Outcome.verdict(new Target.AtMost(0.9), ours, Map.of())).isEqualTo("no");
    assertThat(Outcome.verdict(new Target.AtMost(1), Map.of(), Map.of())).isEqualTo("—");
    assertThat(Outcome.verdict(new Target.Faster(2), both, Map.of())).isEqualTo("yes");
    assertThat(Outcome.verdict(new Target.Faster(2.1), both, Map.of())).isEqualTo("no");
    assertThat(Outcome.verdict(new Target.Faster(2), ours, Map.of())).isEqualTo("—");
    assertThat(Outcome.verdict(new Target.FasterThanAll(0.5), all, Map.of())).isEqualTo("yes");
    assertThat(Outcome.verdict(new Target.FasterThanAll(1), all, Map.of())).isEqualTo("no");
    assertThat(Outcome.verdict(new Target.FasterThanAll(1), both, Map.of())).isEqualTo("—");
    assertThat(Outcome.verdict(new Target.Within(3, "a"), ours, Map.of())).isEqualTo("—");
    assertThat(Outcome.verdict(new Target.None(), all, Map.of())).isEqualTo("—");
  }

  @Test
  void aProcessThatFailsSaysWhy() {
    Side good =
        Side.of(
            List.of("noise", "@@{\"who\": \"jax\", \"min\": 1, \"median\": 2, \"n\": 3}"), null);
    assertThat(good).isEqualTo(new Side(Map.of("jax", new Samples(1, 2, 3)), null));
    assertThat(Side.of(List.of("Exception: no", "\tat here"), "failed").problem())
        .isEqualTo("failed: Exception: no");
    assertThat(Side.of(List.of(), null).problem()).isEqualTo("nothing was measured");
    assertThat(Side.of(List.of("noise"), "over 60 s").problem()).isEqualTo("over 60 s");
  }

  @Test
  void jsonIsReadAsItIsWritten() {
    Object value =
        Json.read(" {\"a\": [1, -2.5e-7, true, null, {}], \"b\": \"x\\\"\\\\\\u00e9\\n—\"} ");
    assertThat(Json.read(Json.write(value))).isEqualTo(value);
    assertThat(Json.read(Json.line(value))).isEqualTo(value);
    assertThat(Json.line(value)).doesNotContain("\n");
    for (String wrong : List.of("", "{", "[1,", "{\"a\"}", "\"", "[1] 2", "nul", "{1: 2}")) {
      assertThatThrownBy(() -> Json.read(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no JSON at character");
    }
  }

  @Test
  void theCommandLine() {
    Options o =
        Options.of("--rows", "sum0", "--scale", "small", "--budget", "2.5", "--list", "--out", "x");
    assertThat(o.rows()).hasSize(1);
    assertThat(o.scale()).isEqualTo(Scale.SMALL);
    assertThat(o.budget()).isEqualTo(Duration.ofMillis(2500));
    assertThat(o.list()).isTrue();
    assertThat(o.out()).isEqualTo(Path.of("x"));
    assertThat(Options.of().python()).isEmpty();
    assertThatThrownBy(() -> Options.of("--scale", "huge"))
        .hasMessage("--scale is full, small or tiny");
    assertThatThrownBy(() -> Options.of("--budget", "long"))
        .hasMessage("--budget takes a number of seconds");
    assertThatThrownBy(() -> Options.of("--rows"))
        .hasMessage("unknown option, or one without its value: '--rows'");
    assertThatThrownBy(() -> Options.of("--fast", "1")).hasMessage("unknown option '--fast'");
  }
}
