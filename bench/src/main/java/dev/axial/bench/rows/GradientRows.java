package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.List;
import java.util.function.Function;

/** The gradient through a loop that writes a reference: {@code r[i] = sin(r[i-1]) * w}. */
final class GradientRows {
  private static final int WIDTH = 64;
  private static final Axis X = axis("X", WIDTH);

  private GradientRows() {}

  /** What the recurrence starts from, and its factor. */
  record Inputs(NamedArray start, NamedArray factor) {}

  static List<Row> rows() {
    Size few = size("rows", 1_000, 200, 20);
    Size many = size("rows", 100_000, 2_000, 50);
    Size steps = size("steps", 1_000, 200, 20);
    return List.of(
        Row.of(
            "recur-grad-1k-forward",
            "1,000 steps of a recurrence on 1k rows",
            new Target.None(),
            s -> new Recurrence(s).forward(),
            few,
            steps),
        Row.of(
            "recur-grad-1k",
            "its value and gradient",
            new Target.Within(3, "recur-grad-1k-forward"),
            s -> new Recurrence(s).backward(),
            few,
            steps),
        Row.of(
            "recur-grad-100k-forward",
            "1,000 steps of a recurrence on 100k rows",
            new Target.None(),
            s -> new Recurrence(s).forward(),
            many,
            steps),
        Row.of(
            "recur-grad-100k",
            "its value and gradient",
            new Target.Within(3, "recur-grad-100k-forward"),
            s -> new Recurrence(s).backward(),
            many,
            steps));
  }

  private static final class Recurrence {
    final Axis Row;
    final int steps;
    final float[] start = Data.normal(WIDTH, 1);
    final float[] factor = Data.normal(WIDTH, 2);
    final Inputs inputs;
    double value;
    final float[] startGradient = new float[WIDTH];
    final float[] factorGradient = new float[WIDTH];

    Recurrence(Sizes s) {
      Row = axis("Row", s.get("rows"));
      steps = s.get("steps");
      for (int x = 0; x < WIDTH; x++) {
        factor[x] = factor[x] * 0.1f + 0.9f;
        plain(x);
      }
      inputs = new Inputs(array(start, X), array(factor, X));
    }

    NamedArray loss(Inputs in) {
      NamedRef r = newRef(zeros(Row, X));
      r.at(Row.at(0)).set(in.start);
      forLoop(1, steps, i -> r.at(Row.at(i)).set(sin(r.get(Row.at(i.minus(1)))).times(in.factor)));
      return sum(r.freeze());
    }

    /** One column, in double precision. */
    private void plain(int x) {
      var r = new double[steps];
      r[0] = start[x];
      value += r[0];
      for (int i = 1; i < steps; i++) {
        r[i] = Math.sin(r[i - 1]) * factor[x];
        value += r[i];
      }
      double back = 1;
      double toFactor = 0;
      for (int i = steps - 1; i > 0; i--) {
        toFactor += back * Math.sin(r[i - 1]);
        back = 1 + back * factor[x] * Math.cos(r[i - 1]);
      }
      startGradient[x] = (float) back;
      factorGradient[x] = (float) toFactor;
    }

    Work forward() {
      Function<Inputs, NamedArray> f = jit(this::loss);
      return Calls.of(() -> f.apply(inputs), v -> Check.close("the sum", value, v.item(), 1e-3));
    }

    Work backward() {
      Function<Inputs, ValueAndGrad<Inputs>> f = jit(valueAndGrad(this::loss));
      return Calls.of(
          () -> f.apply(inputs).value(),
          _ -> {
            ValueAndGrad<Inputs> got = f.apply(inputs);
            Check.close("the sum", value, got.value().item(), 1e-3);
            Check.close("by the start", startGradient, got.grad().start, 1e-3);
            Check.close("by the factor", factorGradient, got.grad().factor, 1e-3);
          });
    }
  }
}
