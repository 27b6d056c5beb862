package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.Wanted;
import dev.axial.engine.Engine;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of matrices have the same bits on both engines, wherever their axes lie. */
@Execution(ExecutionMode.CONCURRENT)
class ProductOrderTest {
  private static final Engine ORACLE = new Interpreter();
  private static final Engine NATIVE = new CpuEngine(new Library(Natives.libLlvm(), Wanted.ALL));

  private static Store numbers(SplittableRandom r, ArrayType t, int least) {
    int n = (int) t.size();
    if (t.dtype() == DType.FLOAT64) {
      var d = new double[n];
      for (int k = 0; k < n; k++) {
        d[k] = Math.scalb(r.nextDouble(-1, 1), r.nextInt(least, 2));
      }
      return Store.of(DType.FLOAT64, d);
    }
    var f = new float[n];
    for (int k = 0; k < n; k++) {
      f[k] = (float) Math.scalb(r.nextDouble(-1, 1), r.nextInt(least, 2));
    }
    return Store.of(DType.FLOAT32, f);
  }

  static List<String> programs() {
    var out = new ArrayList<String>();
    var r = new SplittableRandom(8);
    int[] terms = {2, 3, 8, 33, 256, 257, 511, 512, 513, 1025, 4097, 8192, 8193, 16384, 16385};
    for (String t : List.of("f32", "f64")) {
      for (int k : terms) {
        for (int round = 0; round < 3; round++) {
          int most = k > 1000 ? 6 : 70;
          String m = "m:" + r.nextInt(2, most);
          String n = "n:" + r.nextInt(2, most);
          String c = "k:" + k;
          String p = r.nextInt(3) == 0 ? "p:" + r.nextInt(1, 4) : null;
          List<String> left = shuffled(r, m, c, p);
          List<String> right = shuffled(r, n, c, r.nextBoolean() ? p : null);
          List<String> result = shuffled(r, m, n, p);
          out.add(product(t, left, right, result));
        }
      }
    }
    return out;
  }

  private static List<String> shuffled(SplittableRandom r, String... axes) {
    var out = new ArrayList<String>();
    for (String a : axes) {
      if (a != null) {
        out.add(r.nextInt(out.size() + 1), a);
      }
    }
    return out;
  }

  private static String product(
      String t, List<String> left, List<String> right, List<String> result) {
    var natural = new ArrayList<String>();
    for (List<String> side : List.of(left, right)) {
      for (String a : side) {
        if (!a.startsWith("k:") && !natural.contains(a)) {
          natural.add(a);
        }
      }
    }
    return """
    program(v0: %1$s[%2$s], v1: %1$s[%3$s]) {
      v2: %1$s[%4$s] = dot[axes=[k]] v0, v1
      v3: %1$s[%5$s] = broadcast[dims=[%5$s]] v2
      return v3
    }
    """
        .formatted(
            t,
            String.join(", ", left),
            String.join(", ", right),
            String.join(", ", natural),
            String.join(", ", result));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void engines(String text) {
    Program p = Program.parse(text);
    var r = new SplittableRandom(43);
    for (int least : new int[] {-3, -70}) {
      var in = new ArrayList<Object>();
      p.inputs().forEach(v -> in.add(numbers(r, v.array(), least)));
      Store e = (Store) ORACLE.compile(p).call(in).getFirst();
      Store g = (Store) NATIVE.compile(p).call(in).getFirst();
      for (int k = 0; k < e.length(); k++) {
        assertThat(g.getDouble(k)).as("element %d, from 2^%d", k, least).isEqualTo(e.getDouble(k));
      }
    }
  }
}
