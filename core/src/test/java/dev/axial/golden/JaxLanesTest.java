package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.golden.Golden.Case;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every case of {@code lanes_jax.txt}: what lanes of a vmap have in common, and derivatives of it.
 */
class JaxLanesTest {
  private static final Axis N = axis("d0", 3);
  private static final Axis M = axis("d1", 2);

  private static final Map<String, Case> FILE =
      Golden.read("lanes_jax.txt").stream()
          .collect(Collectors.toMap(Case::name, c -> c, (a, b) -> a, LinkedHashMap::new));

  private static final Map<String, Function<NamedArray, NamedArray>> LANES = new LinkedHashMap<>();

  static {
    LANES.put("index", _ -> axisIndex(N));
    LANES.put("psum", v -> psum(v, N).plus(v));
    LANES.put("psum-of-a-constant", v -> psum(scalar(2.0, DType.FLOAT64), "d0").times(v));
    LANES.put("psum-of-rows", v -> psum(v, N).minus(v));
    LANES.put("pmean", v -> v.minus(v.pmean(N)));
    LANES.put("pmax-pmin", v -> v.pmax(N).minus(pmin(v.times(v), "d0")));
    LANES.put("all-gather", v -> allGather(v, N, "all").times(v).rename("all", "d1"));
    LANES.put("grad/psum", grad(v -> psum(v.times(v), N)));
    LANES.put("grad/psum-times", grad(v -> psum(v, N).times(v)));
    NamedArray tens = array(new double[] {1, 10, 100}, axis("all", 3));
    LANES.put("grad/all-gather", grad(v -> sum(allGather(v, N, "all").times(tens)).times(v)));
    LANES.put("grad/twice", grad(grad(v -> psum(v.times(v).times(v), N).times(v))));
    LANES.put("grad/checkpoint", grad(checkpoint((NamedArray v) -> psum(sin(v), N).times(v))));
    LANES.put("jvp/psum", v -> jvp((NamedArray w) -> psum(w.times(w), N), v, v).tangent());
    LANES.put("jit", jit((NamedArray v) -> v.div(psum(v, N))));
    LANES.put("loop", v -> foriLoop(0, 3, v, (_, c) -> c.plus(psum(c, N))));
    LANES.put("grad/loop", grad(v -> foriLoop(0, 3, v, (_, c) -> c.times(pmean(c, N)))));
    LANES.put("cond", v -> cond(v.gt(1.5), () -> psum(v, N), () -> v.times(psum(v, N))));
    LANES.put("cond-of-all", v -> cond(psum(v, N).gt(1.5), () -> psum(v, N), () -> v));
    LANES.put("while", v -> whileLoop(v, c -> c.lt(20), c -> c.plus(psum(c, N))));
    LANES.put("while-of-all", v -> whileLoop(v, c -> psum(c, N).lt(100), c -> c.plus(psum(c, N))));
    LANES.put(
        "nested",
        row -> vmap((NamedArray v) -> psum(v, N).plus(psum(v, M).times(100)), M).apply(row));
  }

  private static NamedArray gradOfVmap(NamedArray x) {
    Function<NamedArray, NamedArray> f = vmap((NamedArray v) -> psum(v, N).times(v), N);
    return grad((NamedArray z) -> sum(f.apply(z))).apply(x);
  }

  static Stream<String> names() {
    return FILE.keySet().stream();
  }

  @Test
  void the_file_is_answered_whole() {
    assertThat(FILE.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(LANES.keySet().stream(), Stream.of("grad-of-vmap")).toList());
  }

  @ParameterizedTest
  @MethodSource("names")
  void as_in_jax(String name) {
    Function<NamedArray, NamedArray> f =
        LANES.containsKey(name) ? vmap(LANES.get(name), N) : JaxLanesTest::gradOfVmap;
    for (boolean compiled : new boolean[] {false, true}) {
      var t = new Trial(FILE.get(name), compiled);
      t.out("y", t.fun(f).apply(t.in("x")));
      t.check();
    }
  }
}
