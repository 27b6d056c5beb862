package dev.axial.cpu;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.argmax;
import static dev.axial.Axial.argsort;
import static dev.axial.Axial.at;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.concatenate;
import static dev.axial.Axial.cumsum;
import static dev.axial.Axial.max;
import static dev.axial.Axial.range;
import static dev.axial.Axial.rearrange;
import static dev.axial.Axial.sin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.NamedArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations on large arrays, while their code is made in the background and afterwards. */
class EagerSessionTest {
  private static final Map<String, Function<NamedArray, NamedArray>> OPERATIONS =
      new LinkedHashMap<>();

  static {
    OPERATIONS.put("largest of rows", x -> max(x, "B"));
    OPERATIONS.put("position", x -> argmax(x, x.axis("A")));
    OPERATIONS.put("turned", x -> rearrange(x, x.axis("B"), x.axis("A")).plus(0));
    OPERATIONS.put("running sums", x -> cumsum(x, x.axis("B")));
    OPERATIONS.put("order", x -> argsort(x, x.axis("B")));
    OPERATIONS.put("part", x -> x.get(range("A", 1, 90)));
    OPERATIONS.put("rows", x -> x.get(at("A", 7, 0, 5)));
    OPERATIONS.put("side by side", x -> concatenate("A", List.of(x, x)));
    OPERATIONS.put("row added", x -> x.plus(x.get(at("A", 0))));
    OPERATIONS.put("updated", x -> x.at(at("A", 1, 2, 1)).add(1f));
  }

  static Stream<String> names() {
    return OPERATIONS.keySet().stream();
  }

  /** For two seconds at most, which is far longer than code takes: all results are the same. */
  @ParameterizedTest
  @MethodSource("names")
  void the_moment_at_which_code_is_ready_changes_no_bit(String name) {
    Axis a = axis("A", 211);
    Axis b = axis("B", 301);
    NamedArray x = sin(arange(a).times(0.37f).plus(arange(b).times(1.1f)));
    Function<NamedArray, NamedArray> f = OPERATIONS.get(name);
    float[] first = f.apply(x).toFloatArray();
    long end = System.nanoTime() + 2_000_000_000L;
    for (int k = 0; k < 400 && System.nanoTime() < end; k++) {
      assertThat(f.apply(x).toFloatArray()).as("call %d", k).containsExactly(first);
    }
  }
}
