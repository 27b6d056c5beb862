package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Memory that is used again: never what somebody can still reach, and not much more than that. */
class RecyclingTest {
  private static final long ROUNDS = Long.getLong("axial.recycling.rounds", 60);

  /** An array with the number that all its elements have. */
  private record Kept(NamedArray x, double value) {
    void check() {
      assertThat(max(x).astype(dev.axial.DType.FLOAT64).toDoubleArray()[0]).isEqualTo(value);
      assertThat(min(x).astype(dev.axial.DType.FLOAT64).toDoubleArray()[0]).isEqualTo(value);
    }
  }

  @Test
  void values_never_change_under_recycling() throws Exception {
    Function<NamedArray, NamedArray> next = jit((NamedArray x) -> x.times(2).minus(x).plus(1));
    try (var threads = Executors.newFixedThreadPool(8)) {
      var runs = new ArrayList<Callable<Boolean>>();
      for (int me = 0; me < 8; me++) {
        int seed = me;
        runs.add(() -> mixed(next, seed));
      }
      for (var done : threads.invokeAll(runs)) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  /** Arrays of nearby sizes that are kept for a while: results, views, frozen, in scopes. */
  private static boolean mixed(Function<NamedArray, NamedArray> next, int seed) {
    Axis[] axes = new Axis[6];
    for (int k = 0; k < axes.length; k++) {
      axes[k] = axis("X", (1 << 14) + 700 * k * k + 3 * k);
    }
    var kept = new ArrayDeque<Kept>();
    for (int k = 0; k < ROUNDS; k++) {
      Axis x = axes[(k * 5 + seed) % axes.length];
      double value = seed * 1000 + k;
      NamedArray a = full(value, x);
      for (int j = 0; j < 20; j++) { // dropped at once
        a = next.apply(a);
      }
      kept.add(new Kept(a, value + 20));
      NamedRef ref = newRef(a);
      ref.add(1);
      kept.add(new Kept(ref.get(x.range(0, x.size())), value + 21));
      next(ref, a, next);
      kept.add(new Kept(freeze(ref), value + 21));
      try (var scope = Memory.scope()) {
        NamedArray b = next.apply(a);
        kept.add(new Kept(scope.keep(next.apply(b)), value + 22));
      }
      while (kept.size() > 24) {
        kept.poll().check();
      }
      if (k % 20 == seed) {
        System.gc();
      }
    }
    kept.forEach(Kept::check);
    return true;
  }

  /** Writes the result over what there was, from an array that others have. */
  private static void next(NamedRef ref, NamedArray a, Function<NamedArray, NamedArray> f) {
    ref.set(f.apply(a));
  }

  // ---------------------------------------------------------------- how much there is

  /** The process: 3 GB of results that are dropped at once, of two sizes. */
  public static void main(String[] args) throws Exception {
    var f = jit((NamedArray x) -> x.plus(1));
    long most = 0;
    for (int size : new int[] {1 << 21, 3 << 18}) {
      Axis x = axis("X", size);
      NamedArray a = zeros(x);
      for (int k = 0; k < (3L << 29) / (4L * size); k++) {
        NamedArray _ = f.apply(a);
        most = Math.max(most, Memory.outstandingBytes());
      }
    }
    System.out.println(most >> 20);
    Path status = Path.of("/proc/self/status");
    long resident = 0;
    if (Files.exists(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM")) {
          resident = Long.parseLong(line.replaceAll("\\D", "")) >> 10;
        }
      }
    }
    System.out.println(resident);
  }

  @Test
  void what_is_dropped_at_once_does_not_pile_up() throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Xmx256m");
    command.add("-XX:MaxDirectMemorySize=4g");
    String engine = System.getProperty("axial.engine");
    if (engine != null) {
      command.add("-Daxial.engine=" + engine);
    }
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), RecyclingTest.class.getName()));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    List<String> lines = out.lines().filter(l -> l.matches("\\d+")).toList();
    assertThat(Long.parseLong(lines.get(0))).as(out).isLessThan(800);
    assertThat(Long.parseLong(lines.get(1))).as(out).isLessThan(1500);
  }
}
