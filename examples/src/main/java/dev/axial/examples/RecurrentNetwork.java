package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.same;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.List;
import java.util.function.Function;

/**
 * A recurrent network whose state is in a reference. It learns to repeat its input of two steps
 * before, so it must remember. Gradients go through the writes of all steps.
 */
public final class RecurrentNetwork {
  private static final Axis Sequence = axis("Sequence", 32);
  private static final Axis Time = axis("Time", 12);
  private static final Axis Hidden = axis("Hidden", 16);

  /** The state at the next step, while both are there. */
  private static final Axis Next = Hidden.alias("Next");

  private static final int DELAY = 2;

  private RecurrentNetwork() {}

  // @start region=model
  record Params(NamedArray in, NamedArray loop, NamedArray bias, NamedArray out) {}

  /** The network's output at each time, for one sequence. */
  static NamedArray outputs(Params p, NamedArray xs) {
    NamedRef state = newRef(zeros(Hidden)); // made here and not given away: the function is pure
    return map(
        Time,
        xs,
        x -> {
          NamedArray pulled = dot(state.get(), p.loop(), Hidden).rename("Next", "Hidden");
          state.set(tanh(pulled.plus(p.in().times(x)).plus(p.bias())));
          return dot(state.get(), p.out(), Hidden);
        });
  }

  /** The mean squared error over all sequences: the state gets the axis that is mapped. */
  static NamedArray loss(Params p, NamedArray xs) {
    return mean(vmap((NamedArray x) -> square(outputs(p, x).minus(target(x))), Sequence).apply(xs));
  }

  // @end

  /** The same with the state as a carry. */
  static NamedArray carried(Params p, NamedArray xs) {
    return scan(
            Time,
            zeros(Hidden),
            xs,
            (state, x) -> {
              NamedArray pulled = dot(state, p.loop(), Hidden).rename("Next", "Hidden");
              NamedArray next = tanh(pulled.plus(p.in().times(x)).plus(p.bias()));
              return step(next, dot(next, p.out(), Hidden));
            })
        .y();
  }

  /** The input of two steps before; 0 at the start. */
  private static NamedArray target(NamedArray x) {
    return pad(x.get(Time.to(Time.size() - DELAY)), Time, DELAY, 0, 0);
  }

  private static NamedArray data(NamedArray key) {
    return where(Random.bernoulli(key, 0.5, Sequence, Time), 1.0, -1.0);
  }

  private static Params init(NamedArray key) {
    List<NamedArray> keys = Random.split(key, 3);
    return new Params(
        Random.normal(keys.get(0), Hidden).times(0.5),
        Random.normal(keys.get(1), Hidden, Next).times(0.25),
        zeros(Hidden),
        Random.normal(keys.get(2), Hidden).times(0.25));
  }

  /** The gradient is that of the carried state, and agrees with finite differences. */
  static void checkGradient() {
    Params p = init(Random.key(5));
    NamedArray xs = data(Random.key(6));
    Params byRef = grad((Params q) -> loss(q, xs)).apply(p);
    Params byCarry =
        grad((Params q) ->
                mean(
                    vmap((NamedArray x) -> square(carried(q, x).minus(target(x))), Sequence)
                        .apply(xs)))
            .apply(p);
    for (int k = 0; k < 4; k++) {
      same(Tree.leaves(byRef).get(k), Tree.leaves(byCarry).get(k), 1e-5);
    }
    NamedArray direction = Random.normal(Random.key(7), Hidden, Next);
    double h = 1e-2;
    Function<Double, Double> at =
        t ->
            loss(new Params(p.in(), p.loop().plus(direction.times(t)), p.bias(), p.out()), xs)
                .item();
    double difference = (at.apply(h) - at.apply(-h)) / (2 * h);
    double derivative = sum(byRef.loop().times(direction)).item();
    that(
        Math.abs(difference - derivative) < 0.01 * Math.abs(derivative) + 1e-4,
        "finite differences: %g and %g".formatted(difference, derivative));
  }

  /** What the program found: the loss at each step, and how often the sign is right at the end. */
  record Result(double[] losses, double accuracy) {}

  record Trained(Params p, Params velocity, NamedArray loss) {}

  static Result run(int steps, boolean print) {
    Fn3<Params, Params, NamedArray, Trained> step =
        jit((Params p, Params velocity, NamedArray xs) -> {
          ValueAndGrad<Params> r = valueAndGrad((Params q) -> loss(q, xs)).apply(p);
          Params v = Tree.map((a, g) -> a.times(0.9).minus(g.times(0.1)), velocity, r.grad());
          return new Trained(Tree.map((a, b) -> a.plus(b), p, v), v, r.value());
        });
    Params p = init(Random.key(1));
    Params velocity = Tree.map(x -> zerosLike(x), p);
    var losses = new double[steps];
    for (int k = 0; k < steps; k++) {
      Trained t = step.apply(p, velocity, data(Random.key(10 + k)));
      p = t.p();
      velocity = t.velocity();
      losses[k] = t.loss().item();
      if (print && k % 20 == 19) {
        System.out.printf("step %3d  loss %.4f%n", k + 1, losses[k]);
      }
    }
    Params last = p;
    NamedArray xs = data(Random.key(8));
    NamedArray ys = vmap((NamedArray x) -> outputs(last, x), Sequence).apply(xs);
    NamedArray right = sign(ys).eq(roll(xs, DELAY, Time)).get(Time.from(DELAY));
    if (print) {
      show(xs, ys);
    }
    return new Result(losses, mean(right.astype(DType.FLOAT32)).item());
  }

  private static void show(NamedArray xs, NamedArray ys) {
    System.out.println("input   " + signs(xs.get(Sequence.at(0))));
    System.out.println("output  " + signs(ys.get(Sequence.at(0))) + "   (two steps later)");
  }

  private static String signs(NamedArray x) {
    var out = new StringBuilder();
    for (double v : x.toDoubleArray()) {
      out.append(v > 0.3 ? " +" : v < -0.3 ? " -" : " 0");
    }
    return out.toString();
  }

  /** Trains the network. */
  public static void main(String[] args) {
    checkGradient();
    int steps = 120;
    Result r = run(steps, true);
    System.out.printf("right after the first two steps: %.1f %%%n", 100 * r.accuracy());
    that(r.losses()[steps - 1] < 0.1, "training reduces the loss");
    that(r.accuracy() > 0.99, "the network remembers");
  }
}
