package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.RandomProgram.N;
import static dev.axial.laws.RandomProgram.X;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What must hold for every program with references: eager = jit, jvp and grad = finite differences,
 * forward = reverse, vmap = loop in any nesting, second derivatives, checkpoint changes nothing.
 */
@Execution(ExecutionMode.CONCURRENT)
class ReferenceLawsTest {
  private static final Axis L = axis("lane", 3);
  private static final double H = 1e-4;

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("axial.seeds", 150));
  }

  private static double[] point(double shift) {
    var x = new double[N];
    for (int k = 0; k < N; k++) {
      x[k] = 0.3 + 0.23 * k + shift;
    }
    return x;
  }

  private static double[] numbers(NamedArray x) {
    return x.toDoubleArray();
  }

  /** Central differences with five points, of each result by each argument element. */
  private static double[][] differences(Function<double[], double[]> f, double[] x) {
    var out = new double[x.length][];
    double[] steps = {-2, -1, 1, 2};
    double[] weights = {1, -8, 8, -1};
    for (int k = 0; k < x.length; k++) {
      for (int q = 0; q < 4; q++) {
        double[] y = x.clone();
        y[k] += H * steps[q];
        double[] v = f.apply(y);
        out[k] = out[k] == null ? new double[v.length] : out[k];
        for (int j = 0; j < v.length; j++) {
          out[k][j] += weights[q] * v[j] / (12 * H);
        }
      }
    }
    return out;
  }

  private static void close(String law, double[] got, double[] want, double tolerance) {
    assertThat(got.length).as(law).isEqualTo(want.length);
    for (int k = 0; k < got.length; k++) {
      double scale = 1 + Math.abs(want[k]);
      assertThat(Math.abs(got[k] - want[k]) / scale)
          .as("%s, element %d: %s, expected %s", law, k, got[k], want[k])
          .isLessThan(tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void laws_hold(long seed) {
    Function<NamedArray, NamedArray> f = w -> RandomProgram.run(seed, w);
    Function<double[], double[]> plain = x -> numbers(jit(f).apply(array(x, X)));
    double[] p = point(0);
    NamedArray w = array(p, X);
    double[] v = {0.7, -0.4, 0.9};

    double[] value = numbers(f.apply(w));
    close("jit = eager", numbers(jit(f).apply(w)), value, 1e-15);

    double[] g = numbers(grad(f).apply(w));
    double[][] d = differences(plain, p);
    var byDifferences = new double[N];
    double along = 0;
    for (int k = 0; k < N; k++) {
      byDifferences[k] = d[k][0];
      along += g[k] * v[k];
    }
    close("grad = differences", g, byDifferences, 1e-6);
    close("jit grad = grad", numbers(jit(grad(f)).apply(w)), g, 1e-15);
    close("jvp = grad", numbers(jvp(f, w, array(v, X)).tangent()), new double[] {along}, 1e-11);
    close("vjp = grad", numbers(vjp(f, w).apply(scalar(1, DType.FLOAT64))), g, 1e-13);
    close("checkpoint", numbers(grad(checkpoint(f)).apply(w)), g, 1e-13);

    double[][] dd = differences(x -> numbers(grad(f).apply(array(x, X))), p);
    var second = new double[N];
    for (int k = 0; k < N; k++) {
      for (int j = 0; j < N; j++) {
        second[k] += dd[k][j] * v[j];
      }
    }
    Function<NamedArray, NamedArray> gv = y -> sum(grad(f).apply(y).times(array(v, X)));
    close("grad of grad", numbers(grad(gv).apply(w)), second, 2e-5);
    close(
        "jvp of grad",
        numbers(jvp(grad(f), w, array(v, X)).tangent()),
        numbers(grad(gv).apply(w)),
        1e-9);

    var rows = new double[3 * N];
    var values = new double[3];
    var grads = new double[3 * N];
    for (int k = 0; k < 3; k++) {
      double[] row = point(0.31 * k);
      System.arraycopy(row, 0, rows, k * N, N);
      values[k] = plain.apply(row)[0];
      System.arraycopy(numbers(grad(f).apply(array(row, X))), 0, grads, k * N, N);
    }
    NamedArray all = array(rows, L, X);
    close("vmap", numbers(vmap(f, L).apply(all)), values, 1e-12);
    close("vmap of grad", numbers(vmap(grad(f), L).apply(all)), grads, 1e-12);
    close(
        "grad of vmap",
        numbers(grad((NamedArray x) -> sum(vmap(f, L).apply(x))).apply(all)),
        grads,
        1e-12);

    Program program = program(grad(f), w);
    assertThat(Program.parse(unsited(program)).toString())
        .as("print, then parse")
        .isEqualTo(unsited(program));
  }

  private static String unsited(Program p) {
    return p.toString().replaceAll(" {2}// .*", "");
  }
}
