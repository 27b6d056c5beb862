package dev.axial.bench;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.lowerProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.vjp;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.bench.rows.GrowthRows;
import dev.axial.bench.rows.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GrowthTest {
  private static final Axis ROW = axis("Row", 5_000);

  static Stream<String> patterns() {
    return GrowthRows.losses().keySet().stream();
  }

  /** What the native engine says of a step: no copy of more than the rows that it touches. */
  @ParameterizedTest
  @MethodSource("patterns")
  void no_step_copies_more_than_it_touches(String pattern) {
    GrowthRows.Loss loss = GrowthRows.losses().get(pattern);
    Axis x = GrowthRows.column(pattern);
    NamedRef r = newRef(zeros(ROW, x));
    NamedRef g = newRef(zeros(ROW, x));
    NamedRef h = newRef(zeros(x));
    String forward = lowerProc((NamedRef q, NamedArray w) -> loss.of(q, w, 50), r, ones(x)).code();
    assertThat(whole(forward)).isEmpty();
    String backward =
        lowerProc(
                (NamedRef q, NamedRef a, NamedRef b, NamedArray w) ->
                    vjp((NamedRef s, NamedArray v) -> loss.of(s, v, 50), q, w)
                        .withRefs(List.of(a, b))
                        .apply(scalar(1f)),
                r,
                g,
                h,
                ones(x))
            .code();
    String all = "Row:5000, %s:%d".formatted(x.name(), x.size());
    // Each large buffer is filled once: the adjoint starts as zeros and is added to the gradient.
    assertThat(whole(backward))
        .hasSize(2)
        .satisfiesExactly(
            first ->
                assertThat(first).startsWith("broadcast of f32[%s] into reference".formatted(all)),
            last -> assertThat(last).startsWith("add of f32[%s], in place".formatted(all)));
  }

  /** What is done to all rows. */
  private static List<String> whole(String code) {
    return code.lines()
        .map(String::strip)
        .filter(l -> l.contains(" of ") && l.contains("Row:5000") && !l.startsWith("for "))
        .toList();
  }

  @Test
  void growth_is_told_and_drawn() {
    var outcomes = new ArrayList<Outcome>();
    double[] ours = {10e-9, 11e-9, 12e-9, 14e-9};
    double[] jax = {1e-6, 1e-5, 1e-4, 1e-3};
    for (int k = 0; k < 4; k++) {
      outcomes.add(outcome("growth-swap-", k, ours[k], jax[k]));
      outcomes.add(outcome("growth-swap-grad-", k, jax[k], jax[k]));
    }
    assertThat(GrowthChart.growth(outcomes))
        .satisfiesExactly(
            l -> assertThat(l).contains("swap ", "takes 1.4 times that on 1k: flat", "1000 times"),
            l -> assertThat(l).contains("swap-grad", "takes 1000 times", "NOT flat"));
    assertThat(GrowthChart.svg(outcomes)).startsWith("<svg").endsWith("</svg>\n");
    assertThat(GrowthChart.svg(outcomes).split("<circle", -1)).hasSize(4 * 2 * 2 + 1);
  }

  private static Outcome outcome(String prefix, int k, double ours, double jax) {
    return new Outcome(
        prefix + GrowthRows.SIZES.get(k),
        "",
        Outcome.NONE,
        Outcome.NONE,
        Map.of(Outcome.OURS, new Samples(ours, ours, 1), Outcome.JAX, new Samples(jax, jax, 1)),
        Map.of());
  }
}
