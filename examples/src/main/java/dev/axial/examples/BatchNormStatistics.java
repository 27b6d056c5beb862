package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.same;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.List;

/**
 * Batch normalization. In training each batch is normalized by its own mean and variance, and
 * running estimates of both are kept beside the parameters, for later use on single inputs. The
 * estimates are bookkeeping: they live in references, and are written through {@code stopGradient}.
 */
public final class BatchNormStatistics {
  private static final Axis Batch = axis("Batch", 64);
  private static final Axis In = axis("In", 3);
  private static final Axis Hidden = axis("Hidden", 16);

  /** How the inputs are distributed: far from mean 0 and variance 1. */
  private static final NamedArray MEANS = array(new float[] {50, -3, 0.2f}, In);

  private static final NamedArray DEVIATIONS = array(new float[] {20, 0.5f, 0.01f}, In);

  private BatchNormStatistics() {}

  // @start region=layer
  /** What is learned. */
  record Params(Tensor scale, Tensor shift, Tensor first, Tensor bias, Tensor last) {}

  /** What is recorded. */
  record Statistics(NamedRef mean, NamedRef variance) {}

  /** Normalizes by the batch, and moves the running statistics a tenth of the way to it. */
  static NamedArray train(Params p, Statistics running, NamedArray x) {
    NamedArray m = mean(x, Batch);
    NamedArray v = var(x, Batch);
    running.mean().update(old -> old.times(0.9).plus(stopGradient(m).times(0.1)));
    running.variance().update(old -> old.times(0.9).plus(stopGradient(v).times(0.1)));
    return normalize(p, x, m, v);
  }

  /** Normalizes by the running statistics; x needs no batch. */
  static NamedArray infer(Params p, Statistics running, NamedArray x) {
    return normalize(p, x, running.mean().value(), running.variance().value());
  }

  // @end

  private static NamedArray normalize(Params p, NamedArray x, NamedArray m, NamedArray v) {
    NamedArray z = x.minus(m).times(rsqrt(v.plus(1e-5)));
    return z.times(p.scale().value()).plus(p.shift().value());
  }

  /** The rest of the network: one hidden layer, one output. */
  private static NamedArray predict(Params p, NamedArray z) {
    NamedArray h = tanh(dot(z, p.first().value(), In).plus(p.bias().value()));
    return dot(h, p.last().value(), Hidden);
  }

  private static NamedArray batch(NamedArray key) {
    return Random.normal(key, Batch, In).times(DEVIATIONS).plus(MEANS);
  }

  private static NamedArray target(NamedArray x) {
    NamedArray z = x.minus(MEANS).div(DEVIATIONS);
    return sin(z.get(In.at(0))).plus(z.get(In.at(1)).times(z.get(In.at(2))));
  }

  private static Params init(NamedArray key) {
    List<NamedArray> keys = Random.split(key, 2);
    return new Params(
        ones(In),
        zeros(In),
        Random.normal(keys.get(0), In, Hidden),
        zeros(Hidden),
        Random.normal(keys.get(1), Hidden).times(0.25));
  }

  /** What the program found. */
  record Result(double firstLoss, double lastLoss, double inferenceLoss, Statistics running) {}

  /** One step: gradients by the parameters' values, and everything written in place. */
  static NamedArray step(Params params, Statistics running, NamedArray x) {
    ValueAndGrad<Params> r =
        valueAndGrad((Params p) -> mean(square(predict(p, train(p, running, x)).minus(target(x)))))
            .apply(Tree.values(params));
    List<Tensor> refs = Tree.leaves(params);
    List<Tensor> grads = Tree.leaves(r.grad());
    for (int k = 0; k < refs.size(); k++) {
      ((NamedRef) refs.get(k)).add(grads.get(k).value().times(-0.05));
    }
    return r.value();
  }

  static Result run(boolean print) {
    Params params = Tree.toRefs(init(Random.key(1)));
    Statistics running = new Statistics(newRef(zeros(In)), newRef(ones(In)));
    Fn3<Params, Statistics, NamedArray, NamedArray> step = jit(BatchNormStatistics::step);
    double first = 0;
    double last = 0; // the mean over 50 steps
    for (int k = 0; k < 400; k++) {
      double loss = step.apply(params, running, batch(Random.key(100 + k))).item();
      first = k == 0 ? loss : first;
      last = k % 50 == 0 ? loss / 50 : last + loss / 50;
      if (print && k % 50 == 49) {
        System.out.printf(
            "step %3d  loss %.4f  running mean %s%n", k + 1, last, numbers(running.mean()));
      }
    }
    NamedArray x = batch(Random.key(99));
    NamedArray y = predict(params, infer(params, running, x));
    double inference = mean(square(y.minus(target(x)))).item();
    return new Result(first, last, inference, running);
  }

  private static String numbers(Tensor x) {
    var out = new StringBuilder();
    for (double v : x.value().toDoubleArray()) {
      out.append("%9.4f".formatted(v));
    }
    return out.toString();
  }

  /** Records do not change derivatives, and a record without stopGradient is refused. */
  static void checkPlumbing() {
    Params p = init(Random.key(2));
    NamedArray x = batch(Random.key(3));
    Statistics running = new Statistics(newRef(zeros(In)), newRef(ones(In)));
    Params with = grad((Params q) -> sum(square(predict(q, train(q, running, x))))).apply(p);
    Params without =
        grad((Params q) -> sum(square(predict(q, normalize(q, x, mean(x, Batch), var(x, Batch))))))
            .apply(p);
    for (int k = 0; k < Tree.leaves(with).size(); k++) {
      same(Tree.leaves(with).get(k), Tree.leaves(without).get(k), 1e-4);
    }
    same(running.mean(), mean(x, Batch).times(0.1), 1e-4);

    // With respect to the input, the batch's mean carries a derivative.
    refused(
        "Wrap the value in stopGradient(...)",
        () ->
            grad(
                    (NamedArray v) -> {
                      running.mean().set(mean(v, Batch));
                      return sum(v);
                    })
                .apply(x));
  }

  /** Trains, and compares inference with the truth. */
  public static void main(String[] args) {
    checkPlumbing();
    Result r = run(true);
    System.out.println("true mean                      " + numbers(MEANS));
    System.out.println(
        "running deviation              " + numbers(sqrt(r.running().variance().value())));
    System.out.println("true deviation                 " + numbers(DEVIATIONS));
    System.out.printf(
        "loss: %.4f at first, %.4f at last, %.4f with the running statistics%n",
        r.firstLoss(), r.lastLoss(), r.inferenceLoss());
    that(r.lastLoss() < 0.2 * r.firstLoss(), "training reduces the loss");
    that(r.inferenceLoss() < 0.25 * r.firstLoss(), "inference is about as good");
    close(r.running().mean().value().minus(MEANS).div(DEVIATIONS), 0.2, 0, 0, 0);
    close(sqrt(r.running().variance().value()).div(DEVIATIONS), 0.2, 1, 1, 1);
  }
}
