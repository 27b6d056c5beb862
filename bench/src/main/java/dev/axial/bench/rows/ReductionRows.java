package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** What combines the elements of an axis, or moves them. */
final class ReductionRows {
  private static final Size ROWS = size("rows", 4096, 256, 6);
  private static final Size COLS = size("cols", 4096, 256, 10);

  private ReductionRows() {}

  static List<Row> rows() {
    Size narrow = size("cols", 1024, 256, 10);
    Target faster = new Target.Faster(1.5);
    Target level = new Target.Faster(0.95);
    return List.of(
        Row.of(
            "softmax", "softmax of 4096 rows of 1024", faster, ReductionRows::soft, ROWS, narrow),
        Row.of(
            "layernorm",
            "layer norm of 4096 rows of 1024",
            faster,
            ReductionRows::layerNorm,
            ROWS,
            narrow),
        reduction("sum0", "sum of 4096² over the rows", level, s -> reduce(s, "Row", false)),
        reduction("sum1", "sum of 4096² over the columns", level, s -> reduce(s, "Col", false)),
        Row.of(
            "sum-points",
            "sum of 1M points of 3",
            level,
            s -> reduce(s, "Row", false),
            size("rows", 1_000_000, 50_000, 70),
            size("cols", 3, 3, 3)),
        Row.of(
            "sum-odd",
            "sum of 4096 rows of 513",
            level,
            s -> reduce(s, "Col", false),
            ROWS,
            size("cols", 513, 513, 17)),
        Row.of(
            "sum-middle",
            "sum of 64 × 512 × 64 over the middle",
            level,
            ReductionRows::middle,
            size("outer", 64, 16, 2),
            size("rows", 512, 100, 20),
            size("cols", 64, 64, 5)),
        reduction("max0", "max of 4096² over the rows", level, s -> reduce(s, "Row", true)),
        reduction("max1", "max of 4096² over the columns", level, s -> reduce(s, "Col", true)),
        Row.of(
            "argmax",
            "argmax of 16M",
            new Target.Faster(30),
            ReductionRows::largest,
            size("n", 16_777_216, 262_144, 100)),
        reduction("transpose", "4096² transposed", new Target.Faster(5), ReductionRows::transpose),
        Row.of(
            "sort",
            "sort of 1M",
            new Target.Faster(25),
            ReductionRows::sorted,
            size("n", 1_000_000, 50_000, 100)),
        reduction(
            "cumsum",
            "running sums along the rows of 4096²",
            new Target.Faster(10),
            ReductionRows::running));
  }

  private static Row reduction(
      String name, String what, Target target, Function<Sizes, Work> ours) {
    return Row.of(name, what, target, ours, ROWS, COLS);
  }

  /** A matrix, as an array and in plain Java. */
  private record Matrix(Axis row, Axis col, float[] plain, NamedArray x) {
    static Matrix of(Sizes s) {
      Axis row = axis("Row", s.get("rows"));
      Axis col = axis("Col", s.get("cols"));
      float[] plain = Data.normal(row.size() * col.size(), 1);
      return new Matrix(row, col, plain, array(plain, row, col));
    }

    float at(int r, int c) {
      return plain[r * col.size() + c];
    }

    float[] row(int r) {
      return Arrays.copyOfRange(plain, r * col.size(), (r + 1) * col.size());
    }

    Work work(Function<NamedArray, NamedArray> function, Consumer<NamedArray> check) {
      Function<NamedArray, NamedArray> f = jit(function);
      return Calls.of(() -> f.apply(x), check);
    }

    /** Checks a result of the same axes whose rows come from the rows of this matrix. */
    void checkRows(
        String what, NamedArray got, double tolerance, Function<float[], float[]> plainRow) {
      var expected = new float[plain.length];
      for (int r = 0; r < row.size(); r++) {
        System.arraycopy(plainRow.apply(row(r)), 0, expected, r * col.size(), col.size());
      }
      Check.close(what, expected, got, tolerance);
    }
  }

  private static Work soft(Sizes s) {
    Matrix m = Matrix.of(s);
    return m.work(
        x -> softmax(x, m.col),
        got ->
            m.checkRows(
                "the softmax",
                got,
                1e-6,
                row -> {
                  double total = 0;
                  for (float v : row) {
                    total += Math.exp(v);
                  }
                  for (int k = 0; k < row.length; k++) {
                    row[k] = (float) (Math.exp(row[k]) / total);
                  }
                  return row;
                }));
  }

  private static Work layerNorm(Sizes s) {
    Matrix m = Matrix.of(s);
    NamedArray gain = Data.normal(2, 1, m.col);
    NamedArray bias = Data.normal(3, 1, m.col);
    float[] g = gain.toFloatArray();
    float[] b = bias.toFloatArray();
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> f =
        jit((x, u, v) -> {
          NamedArray centred = x.minus(mean(x, m.col));
          NamedArray variance = mean(square(centred), m.col);
          return centred.times(rsqrt(variance.plus(1e-5))).times(u).plus(v);
        });
    return Calls.of(
        () -> f.apply(m.x, gain, bias),
        got -> m.checkRows("the layer norm", got, 1e-4, row -> Plain.layerNorm(row, g, b)));
  }

  private static Work reduce(Sizes s, String over, boolean largest) {
    Matrix m = Matrix.of(s);
    boolean down = over.equals("Row");
    return m.work(
        x -> largest ? max(x, over) : sum(x, over),
        got -> {
          int n = down ? m.col.size() : m.row.size();
          int depth = down ? m.row.size() : m.col.size();
          var expected = new float[n];
          for (int k = 0; k < n; k++) {
            double total = largest ? Double.NEGATIVE_INFINITY : 0;
            for (int j = 0; j < depth; j++) {
              float v = down ? m.at(j, k) : m.at(k, j);
              total = largest ? Math.max(total, v) : total + v;
            }
            expected[k] = (float) total;
          }
          Check.close("the reduction", expected, got, 1e-3);
        });
  }

  private static Work middle(Sizes s) {
    Axis outer = axis("Outer", s.get("outer"));
    Axis row = axis("Row", s.get("rows"));
    Axis col = axis("Col", s.get("cols"));
    float[] in = Data.normal(outer.size() * row.size() * col.size(), 1);
    NamedArray x = array(in, outer, row, col);
    Function<NamedArray, NamedArray> f = jit(v -> sum(v, row));
    return Calls.of(
        () -> f.apply(x),
        got -> {
          var expected = new float[outer.size() * col.size()];
          for (int k = 0; k < expected.length; k++) {
            double total = 0;
            for (int r = 0; r < row.size(); r++) {
              total += in[(k / col.size() * row.size() + r) * col.size() + k % col.size()];
            }
            expected[k] = (float) total;
          }
          Check.close("the sums", expected, got, 1e-3);
        });
  }

  private static Work largest(Sizes s) {
    Axis X = axis("X", s.get("n"));
    float[] in = Data.normal(X.size(), 1);
    NamedArray x = array(in, X);
    Function<NamedArray, NamedArray> f = jit(v -> argmax(v, X));
    return Calls.of(
        () -> f.apply(x),
        got -> {
          int best = 0;
          for (int k = 1; k < in.length; k++) {
            best = in[k] > in[best] ? k : best;
          }
          Check.close("the position", best, got.item(), 0);
        });
  }

  private static Work transpose(Sizes s) {
    Matrix m = Matrix.of(s);
    return m.work(
        x -> rearrange(x, m.col, m.row).plus(0.0),
        got -> {
          var expected = new float[m.plain.length];
          for (int r = 0; r < m.row.size(); r++) {
            for (int c = 0; c < m.col.size(); c++) {
              expected[c * m.row.size() + r] = m.at(r, c);
            }
          }
          Check.close("the transpose", expected, got, 0);
        });
  }

  private static Work sorted(Sizes s) {
    Axis X = axis("X", s.get("n"));
    float[] in = Data.normal(X.size(), 1);
    NamedArray x = array(in, X);
    Function<NamedArray, NamedArray> f = jit(v -> sort(v, X));
    return Calls.of(
        () -> f.apply(x),
        got -> {
          float[] expected = in.clone();
          Arrays.sort(expected);
          Check.close("the sorted array", expected, got, 0);
        });
  }

  private static Work running(Sizes s) {
    Matrix m = Matrix.of(s);
    return m.work(
        x -> cumsum(x, m.col),
        got ->
            m.checkRows(
                "the running sums",
                got,
                1e-3,
                row -> {
                  double total = 0;
                  for (int k = 0; k < row.length; k++) {
                    total += row[k];
                    row[k] = (float) total;
                  }
                  return row;
                }));
  }
}
