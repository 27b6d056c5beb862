package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Memory;
import dev.axial.NamedArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** All memory counts: a process with a small heap and a small budget stays within both. */
class BudgetTest {
  private static List<String> run(String... options) throws IOException, InterruptedException {
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(options));
    command.add("-Daxial.engine=" + System.getProperty("axial.engine", "interpreter"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BudgetTest.class.getName()));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    return out.lines().filter(l -> !l.startsWith("WARNING")).toList();
  }

  /** The process: what fits, and what does not. */
  public static void main(String[] args) {
    Axis wide = axis("Wide", 1 << 25); // 128 MB
    for (DType t : List.of(DType.FLOAT32, DType.INT32, DType.FLOAT16, DType.BOOL)) {
      try (var _ = Memory.scope()) {
        check(ones(t, wide), 1);
      }
      try (var _ = Memory.scope()) {
        check(zeros(t, wide), 0);
      }
      if (t == DType.FLOAT32 || t == DType.INT32) {
        try (var _ = Memory.scope()) {
          check(arange(wide, t), 7);
        }
      }
    }
    try (var _ = Memory.scope()) {
      check(full(2.5, wide), 2.5);
    }
    for (int k = 0; k < 300; k++) { // 75 MB if they stayed
      check(arange(axis("Wide", (1 << 16) - k)), 7);
    }
    Axis d = axis("D", 8000);
    try {
      NamedArray _ =
          grad((NamedArray x) -> sum(whileLoop(x, c -> sum(c).gt(-1), c -> sin(c).plus(0.1))))
              .apply(ones(d));
      System.out.println("a stack without end");
    } catch (AxialException x) {
      System.out.println(x.getMessage().lines().findFirst().orElse(""));
    }
    System.out.println(Memory.outstandingBytes() <= Memory.budgetBytes());
  }

  private static void check(NamedArray x, double want) {
    double got = x.get(at("Wide", 7)).astype(DType.FLOAT32).toFloatArray()[0];
    if (got != want) {
      System.out.println("%s, not %s, of %s".formatted(got, want, x.dtype()));
    }
  }

  @Test
  void arrays_and_stacks_stay_within_a_small_heap_and_the_budget()
      throws IOException, InterruptedException {
    // The interpreter's stacks are on the Java heap, and count too.
    boolean onHeap = System.getProperty("axial.engine") == null;
    List<String> lines = run(onHeap ? "-Xmx700m" : "-Xmx96m", "-Daxial.memory=300m");
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).startsWith("no memory for ");
    assertThat(lines.get(1)).isEqualTo("true");
  }

  @Test
  void what_can_never_fit_is_refused() {
    long elements = Math.min(Integer.MAX_VALUE - 8, Memory.budgetBytes() / 8 + 1);
    Axis huge = axis("Huge", (int) elements);
    assertThatThrownBy(() -> zeros(DType.INT64, huge, axis("More", 8)).size())
        .isInstanceOf(AxialException.class);
  }

  @Test
  void counts_and_fills_have_their_values() {
    for (DType t : DType.values()) {
      if (t == DType.KEY || t == DType.BOOL) {
        continue;
      }
      Axis x = axis("X", 20_000);
      Axis y = axis("Y", 3);
      NamedArray long1 = arange(x, t);
      NamedArray compiled = jit((NamedArray z) -> arange(x, t).plus(z)).apply(zeros(t));
      assertThat(long1.astype(DType.FLOAT64).toDoubleArray())
          .as(t.toString())
          .isEqualTo(compiled.astype(DType.FLOAT64).toDoubleArray());
      double[] threes = full(3, t, x, y).astype(DType.FLOAT64).toDoubleArray();
      assertThat(threes).hasSize(60_000).containsOnly(3.0);
    }
  }
}
