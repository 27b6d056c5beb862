package dev.axial.golden;

import static dev.axial.Axial.*;
import static dev.axial.golden.Trial.zeros64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.golden.Golden.Case;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every case of {@code grads_jax.txt}, written again in Java with references where the case's
 * pseudo code has them: derivatives of functions that use references inside, under every
 * transformation. Each runs as it is written and compiled, and every output is compared.
 */
class JaxGradientsTest {
  private static final Map<String, Case> FILE =
      Golden.read("grads_jax.txt").stream()
          .collect(Collectors.toMap(Case::name, c -> c, (a, b) -> a, LinkedHashMap::new));

  private static final Map<String, Trial.Body> CASES = new LinkedHashMap<>();

  static {
    for (Map<String, Trial.Body> group :
        List.of(
            JaxStraightLine.cases(),
            JaxLoops.cases(),
            JaxTransformed.cases(),
            JaxReferenceArguments.cases())) {
      group.forEach((name, body) -> assertThat(CASES.put(name, body)).as(name).isNull());
    }
  }

  /** Cases that say nothing about Axial, each with its reason. */
  private static final Map<String, String> LEFT_OUT = Map.of();

  static Stream<Case> cases() {
    return FILE.values().stream().filter(c -> !LEFT_OUT.containsKey(c.name()));
  }

  @Test
  void the_file_is_answered_whole() {
    assertThat(FILE).hasSize(86);
    assertThat(Stream.concat(CASES.keySet().stream(), LEFT_OUT.keySet().stream()))
        .containsExactlyInAnyOrderElementsOf(FILE.keySet());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void as_written(Case c) {
    run(c, false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void compiled(Case c) {
    run(c, true);
  }

  private static void run(Case c, boolean compiled) {
    var t = new Trial(c, compiled);
    CASES.get(c.name()).run(t);
    t.check();
  }

  /** Where JAX reads a gradient's reference as a cotangent, Axial adds to it. */
  @Test
  void the_gradient_of_a_written_reference_is_added() {
    Case zero = FILE.get("vjp/of-a-ref-written");
    NamedArray g0 = FILE.get("vjp/of-a-ref-written-with-cotangent").array("g0");
    Function<NamedRef, NamedArray> f = JaxReferenceArguments::written;
    NamedRef g = newRef(g0);
    var _ = vjp(f, newRef(zero.array("x"))).withRefs(g).apply(zero.array("ct"));
    NamedRef fresh = newRef(zeros64(axis("d0", 4)));
    fresh.set(zero.out().get("g").array());
    fresh.add(g0);
    assertThat(g.value().toDoubleArray()).containsExactly(fresh.value().toDoubleArray());
  }
}
