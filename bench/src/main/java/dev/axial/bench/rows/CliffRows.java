package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;

/**
 * Work whose time should not depend on its numbers or on one element more, beside the row of other
 * numbers.
 */
final class CliffRows {
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0f, 89, -104
  };

  private CliffRows() {}

  static List<Row> rows() {
    Size four = size("n", 4_194_304, 65_536, 100);
    return List.of(
        Row.of(
            "cliff-matmul-denormal",
            "product of two matrices of 512², one of denormal numbers",
            new Target.Within(1.1, "matmul-512"),
            CliffRows::matmul,
            size("n", 512, 128, 8)),
        Row.of(
            "cliff-exp-denormal",
            "exp of 4M denormal numbers",
            new Target.Within(1.1, "exp"),
            s -> exp(s, k -> Float.floatToRawIntBits(1e-39f * (1 + k % 7))),
            four),
        Row.of(
            "cliff-exp-special",
            "exp of 4M numbers: NaN, infinities, zeros, and where it overflows",
            new Target.Within(1.1, "exp"),
            s -> exp(s, k -> Float.floatToRawIntBits(SPECIAL[k % SPECIAL.length])),
            four),
        Row.of(
            "cliff-axpy-odd",
            "2x + y of 16M + 1, a new array",
            new Target.Within(1.1, "axpy-fresh"),
            CliffRows::axpy,
            size("n", 16_777_217, 262_145, 101)),
        Row.of(
            "cliff-divide",
            "4M integers divided by -1, 0 and others",
            new Target.Faster(1),
            CliffRows::divide,
            four));
  }

  private static Work matmul(Sizes s) {
    int n = s.get("n");
    Axis I = axis("I", n);
    Axis J = axis("J", n);
    Axis K = axis("K", n);
    float[] a = Data.normal(n * n, 1);
    for (int k = 0; k < a.length; k++) {
      a[k] = Math.copySign(1e-39f, a[k]);
    }
    NamedArray x = array(a, I, K);
    NamedArray y = Data.normal(2, 1, K, J);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> dot(u, v, K));
    return Calls.of(
        () -> f.apply(x, y), got -> Check.close("the product", new float[n * n], got, 1e-30));
  }

  private static Work exp(Sizes s, IntUnaryOperator bits) {
    var in = new float[s.get("n")];
    var expected = new float[in.length];
    for (int k = 0; k < in.length; k++) {
      in[k] = Float.intBitsToFloat(bits.applyAsInt(k));
      expected[k] = (float) Math.exp(in[k]);
    }
    NamedArray x = array(in, axis("X", in.length));
    Function<NamedArray, NamedArray> f = jit(Axial::exp);
    return Calls.of(
        () -> f.apply(x),
        got -> {
          float[] y = got.toFloatArray();
          for (int k = 0; k < y.length; k++) {
            boolean same = Float.compare(y[k], expected[k]) == 0;
            Check.that(
                same || Math.abs(y[k] - expected[k]) <= 1e-5 * Math.max(1, expected[k]),
                "exp(%s) is %s; expected %s",
                in[k],
                y[k],
                expected[k]);
          }
        });
  }

  private static Work axpy(Sizes s) {
    Axis X = axis("X", s.get("n"));
    float[] a = Data.normal(X.size(), 1);
    float[] b = Data.normal(X.size(), 2);
    NamedArray x = array(a, X);
    NamedArray y = array(b, X);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> u.times(2).plus(v));
    return Calls.of(
        () -> f.apply(x, y),
        got -> {
          var expected = new float[a.length];
          for (int k = 0; k < a.length; k++) {
            expected[k] = a[k] * 2 + b[k];
          }
          Check.close("the result", expected, got, 1e-6);
        });
  }

  private static Work divide(Sizes s) {
    Axis X = axis("X", s.get("n"));
    int[] a = Data.integers(X.size(), 1 << 30, 1);
    int[] b = Data.integers(X.size(), 5, 2);
    for (int k = 0; k < b.length; k++) {
      b[k]--;
    }
    NamedArray x = array(a, X);
    NamedArray y = array(b, X);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> u.floorDiv(v));
    return Calls.of(
        () -> f.apply(x, y),
        got -> {
          int[] q = got.toIntArray();
          for (int k = 0; k < q.length; k++) {
            if (b[k] != 0) {
              Check.that(q[k] == Math.floorDiv(a[k], b[k]), "%d / %d is %d", a[k], b[k], q[k]);
            }
          }
        });
  }
}
