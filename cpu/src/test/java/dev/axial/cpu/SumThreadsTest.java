package dev.axial.cpu;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.cumsum;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.max;
import static dev.axial.Axial.mean;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.softmax;
import static dev.axial.Axial.square;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.var;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sums and products have the same bits for any number of threads, and sums for any lanes. */
class SumThreadsTest {
  private static void print(String what, NamedArray x) {
    System.out.println(what + " " + Arrays.hashCode(x.toDoubleArray()));
  }

  private static NamedArray numbers(DType t, Axis... axes) {
    NamedArray x = arange(axes[0]).astype(t);
    for (int k = 1; k < axes.length; k++) {
      x = x.times(1.37).plus(arange(axes[k]).astype(t));
    }
    return sin(x.times(0.618)).plus(0.1);
  }

  /** Prints a number for each result: {@code SumThreadsTest}. */
  public static void main(String[] args) {
    for (DType t : List.of(DType.FLOAT32, DType.FLOAT64)) {
      Axis all = axis("all", 1_234_567);
      NamedArray line = numbers(t, all);
      print("all", sum(line));
      print("dot", dot(line, square(line), all));
      print("running", cumsum(line, all));
      print("largest", jit((NamedArray v) -> max(v).plus(sum(v)).plus(mean(v))).apply(line));
      Axis rows = axis("rows", 3000);
      Axis columns = axis("columns", 1100);
      NamedArray table = numbers(t, rows, columns);
      print("rows", sum(table, columns));
      print("columns", sum(table, rows));
      print("variances", var(table, rows));
      print("table", jit((NamedArray v) -> sum(v.times(arange(columns).astype(t)))).apply(table));
      print("softmax", softmax(table, columns));
      print("vector", dot(table, numbers(t, rows), rows));
      print("vector", dot(table, numbers(t, columns), columns));
      print("narrow", sum(numbers(t, axis("long", 200_000), axis("three", 3)), "long"));
      Axis deep = axis("deep", 40_000);
      NamedArray a = numbers(t, deep, axis("a", 30));
      print("product", dot(a, numbers(t, deep, axis("b", 70)), deep));
    }
  }

  private static String with(int threads, String... options)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Daxial.engine=native"));
    command.add("-Daxial.threads=" + threads);
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(SumThreadsTest.class.getName());
    Process p = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).isZero();
    return out;
  }

  @Test
  void the_same_bits_for_any_number_of_threads() throws IOException, InterruptedException {
    String one = with(1);
    assertThat(one.lines()).hasSize(26);
    assertThat(with(2)).isEqualTo(one);
    assertThat(with(5)).isEqualTo(one);
  }

  /** Vectors of 128 bits: all but the products, whose order is that of the registers. */
  @Test
  void sums_have_the_same_bits_for_any_lanes() throws IOException, InterruptedException {
    boolean x86 = System.getProperty("os.arch").equals("amd64");
    String[] narrow = x86 ? new String[] {"-Daxial.llvm.level=x86-64-v2"} : new String[0];
    assertThat(sums(with(2, narrow))).isEqualTo(sums(with(2)));
  }

  private static List<String> sums(String out) {
    return out.lines().filter(l -> !l.startsWith("vector") && !l.startsWith("product")).toList();
  }
}
