package dev.axial.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.bench.rows.GrowthRows;
import dev.axial.bench.rows.Row;
import dev.axial.bench.rows.Rows;
import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Scale;
import dev.axial.bench.rows.Target;
import dev.axial.bench.rows.Timing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows: that each computes what it should, and how they are chosen. */
class RowsTest {
  static Stream<String> names() {
    return Rows.all().stream().map(Row::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void computesWhatItShould(String name) {
    Row row = Rows.named(name);
    Samples s = row.ours().apply(row.sizes(Scale.TINY)).measure(Timing.ONCE);
    if (name.startsWith(GrowthRows.PREFIX)) {
      assertThat(s.min()).as("a difference, which noise may exceed").isNotNegative();
    } else {
      assertThat(s.min()).isPositive();
    }
    assertThat(s.median()).isGreaterThanOrEqualTo(s.min());
    assertThat(s.n()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isInThePeersScript(String name) throws IOException {
    String script = Files.readString(Path.of("peers/jax_rows.py"));
    if (name.startsWith(GrowthRows.PREFIX)) { // a loop over patterns and sizes
      String pattern = name.substring(GrowthRows.PREFIX.length()).split("-", -1)[0];
      assertThat(script).containsAnyOf("def g_" + pattern + "(", "growth-" + pattern + "-{n}");
      assertThat(script).contains('"' + name.substring(name.lastIndexOf('-') + 1) + '"');
    } else {
      assertThat(script).contains('"' + name + '"');
    }
  }

  @Test
  void namesAreDistinct() {
    assertThat(names()).doesNotHaveDuplicates();
  }

  @Test
  void aRowThatAnotherIsComparedWithComesFirst() {
    List<String> names = names().toList();
    for (Row row : Rows.all()) {
      if (row.target() instanceof Target.Within t) {
        assertThat(names.indexOf(t.row())).isBetween(0, names.indexOf(row.name()) - 1);
        assertThat(Rows.select(row.name()).stream().map(Row::name))
            .as("selected with it")
            .contains(t.row());
      }
    }
  }

  @Test
  void areSelectedByPrefixes() {
    assertThat(Rows.select("loop-swap,eager").stream().map(Row::name))
        .containsExactly("eager-write-1k", "eager-write-10M", "loop-swap-1k", "loop-swap-100k");
    assertThat(Rows.select("recur-grad-1k").stream().map(Row::name))
        .containsExactly("recur-grad-1k-forward", "recur-grad-1k");
    assertThatThrownBy(() -> Rows.select("sum,summ"))
        .hasMessage("no row begins with 'summ'; --list shows them");
    assertThatThrownBy(() -> Rows.select("")).hasMessageContaining("no row begins with ''");
  }

  @Test
  void sizesGoByTheScale() {
    assertThat(Rows.named("loop-write-1M").sizes(Scale.FULL).values())
        .containsEntry("rows", 1_000_000)
        .containsEntry("steps", 10_000);
    assertThat(Rows.named("loop-write-1M").sizes(Scale.TINY).get("rows")).isLessThan(1000);
  }
}
