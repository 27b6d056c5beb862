package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A whole training in one compiled scan, with its metrics in a reference: the loss function itself
 * writes what it sees, from inside {@code grad}, and the results stay clear of it.
 */
public final class TrainingMetrics {
  private static final Axis Step = axis("Step", 150);
  private static final Axis Sample = axis("Sample", 200);
  private static final Axis Feature = axis("Feature", 2);
  private static final Axis Metric = axis("Metric", 3);

  private TrainingMetrics() {}

  // @start region=metrics
  /** The logistic loss. It records itself and the share of samples that are classified right. */
  static NamedArray loss(NamedArray w, NamedArray x, NamedArray label, NamedRef metrics) {
    NamedArray margin = dot(x, w, Feature).times(label);
    NamedArray loss = mean(softplus(margin.unaryMinus()));
    metrics.at(Metric.at(0)).set(stopGradient(loss));
    metrics.at(Metric.at(1)).set(mean(margin.gt(0).astype(DType.FLOAT32)));
    return loss;
  }

  /** Gradient descent as one scan; step i gets row i of the history, and writes into it. */
  static NamedArray train(NamedArray start, NamedArray x, NamedArray label, NamedRef history) {
    return fold(
        Step,
        start,
        history,
        (w, row) -> {
          NamedArray g = grad((NamedArray v) -> loss(v, x, label, row)).apply(w);
          row.at(Metric.at(2)).set(sqrt(sum(square(g))));
          return w.minus(g.times(0.5));
        });
  }

  // @end

  /** What the program found. */
  record Result(NamedArray weights, NamedRef history) {}

  static Result run() {
    NamedArray label = where(Random.bernoulli(Random.key(1), 0.5, Sample), 1.0, -1.0);
    NamedArray center = array(new float[] {1.5f, -1}, Feature);
    NamedArray x = Random.normal(Random.key(2), Sample, Feature).plus(label.times(center));
    NamedRef history = newRef(zeros(Step, Metric));

    NamedArray w =
        jit((Fn4<NamedArray, NamedArray, NamedArray, NamedRef, NamedArray>) TrainingMetrics::train)
            .apply(zeros(Feature), x, label, history);

    // The same in plain arrays, step by step.
    NamedArray v = zeros(Feature);
    Function<NamedArray, NamedArray> plain =
        u -> mean(softplus(dot(x, u, Feature).times(label).unaryMinus()));
    for (int k = 0; k < 3; k++) {
      ValueAndGrad<NamedArray> r = valueAndGrad(plain).apply(v);
      close(history.get(Step.at(k), Metric.at(0)), 1e-5, r.value().item());
      close(history.get(Step.at(k), Metric.at(2)), 1e-5, sqrt(sum(square(r.grad()))).item());
      v = v.minus(r.grad().times(0.5));
    }
    return new Result(w, history);
  }

  /** The numbers as a row of bars, the largest the highest. */
  static String bars(double[] values, int width) {
    double max = Arrays.stream(values).max().orElse(1);
    double min = Math.min(0, Arrays.stream(values).min().orElse(0));
    var out = new StringBuilder();
    for (int k = 0; k < width; k++) {
      double v = values[k * values.length / width];
      out.append("▁▂▃▄▅▆▇█".charAt((int) Math.round(7 * (v - min) / (max - min))));
    }
    return out.toString();
  }

  /** Trains, and draws what was recorded. */
  public static void main(String[] args) {
    Result r = run();
    String[] names = {"loss", "accuracy", "gradient"};
    for (int m = 0; m < names.length; m++) {
      double[] h = r.history().get(Metric.at(m)).toDoubleArray();
      System.out.printf("%-9s %s  %.3f to %.3f%n", names[m], bars(h, 50), h[0], h[h.length - 1]);
    }
    equal(r.history().get(Step.at(0), Metric.at(1)), 0); // all margins are 0 at first
    that(r.history().get(Step.at(-1), Metric.at(0)).item() < 0.2, "the loss falls");
    that(r.history().get(Step.at(-1), Metric.at(1)).item() > 0.9, "the accuracy rises");
  }
}
