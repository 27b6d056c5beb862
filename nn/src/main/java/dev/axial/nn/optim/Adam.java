package dev.axial.nn.optim;

import static dev.axial.Axial.expm1;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sqrt;
import static dev.axial.Axial.zerosLike;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Site;
import dev.axial.Tensor;
import dev.axial.Tree;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam (Kingma and Ba: Adam, a method for stochastic optimization, 2015), with the decoupled weight
 * decay of AdamW (Loshchilov and Hutter: Decoupled weight decay regularization, 2019). For each
 * parameter p with gradient g, at step t = 1, 2, …:
 *
 * <pre>
 * mean     = beta1 mean + (1 - beta1) g
 * variance = beta2 variance + (1 - beta2) g²
 * p        = p - rate (mean / (1 - beta1ᵗ) / (sqrt(variance / (1 - beta2ᵗ)) + epsilon) + decay p)
 * </pre>
 *
 * <p>{@link #update} gives new values; {@link #updateInPlace} writes them into references, inside a
 * compiled step or outside. Leaves that are not floating-point are left alone.
 *
 * @param rate the learning rate, in the parameters' unit
 * @param beta1 how much of the mean stays at each step, from 0 to below 1
 * @param beta2 how much of the variance stays at each step, from 0 to below 1
 * @param epsilon added to the root of the variance, in the gradient's unit
 * @param decay the part of a parameter that is taken off, times the rate, at each step; 0 for none
 */
public record Adam(Schedule rate, double beta1, double beta2, double epsilon, double decay) {
  /** Checks the ranges. */
  public Adam {
    require(beta1 >= 0 && beta1 < 1, "beta1 is %s; it lies from 0 to below 1.", beta1);
    require(beta2 >= 0 && beta2 < 1, "beta2 is %s; it lies from 0 to below 1.", beta2);
    require(epsilon >= 0, "epsilon is %s; it is at least 0.", epsilon);
    require(decay >= 0, "decay is %s; it is at least 0.", decay);
  }

  private static void require(boolean holds, String message, double given) {
    if (!holds) {
      throw error("Adam: " + message, given);
    }
  }

  /** Adam with beta1 0.9, beta2 0.999, epsilon 1e-8 and no decay, the values of the paper. */
  public static Adam of(Schedule rate) {
    return new Adam(rate, 0.9, 0.999, 1e-8, 0);
  }

  /** The same with a constant learning rate. */
  public static Adam of(double rate) {
    return of(Schedule.constant(rate));
  }

  /** The same with other betas. */
  public Adam withBetas(double newBeta1, double newBeta2) {
    return new Adam(rate, newBeta1, newBeta2, epsilon, decay);
  }

  /** The same with a weight decay. */
  public Adam withDecay(double newDecay) {
    return new Adam(rate, beta1, beta2, epsilon, newDecay);
  }

  /**
   * What Adam remembers. {@code Tree.toRefs} of it makes it ready for {@link #updateInPlace}.
   *
   * @param <P> the class of the parameters
   * @param step how many steps were taken, an int32 scalar
   * @param mean for each parameter the running mean of its gradient
   * @param variance for each parameter the running mean of its squared gradient
   */
  public record State<P>(Tensor step, P mean, P variance) {}

  /**
   * What one step gives.
   *
   * @param <P> the class of the parameters
   * @param params the new parameters
   * @param state the new state
   */
  public record Update<P>(P params, State<P> state) {}

  /**
   * The state before the first step: zeros of the parameters' axes and dtypes, but float32 for
   * bfloat16 and float16, which have too few digits for running means.
   */
  public <P> State<P> init(P params) {
    P zeros = Tree.map(x -> zerosLike(wide(x)), Tree.values(params));
    return new State<>(scalar(0), zeros, zeros);
  }

  /**
   * One step, as new values.
   *
   * @param params a tree of arrays; references in it are read
   * @param grads a tree of the same structure
   * @param state what {@link #init} or the step before gave
   * @throws AxialException if the structures differ
   */
  public <P> Update<P> update(P params, P grads, State<P> state) {
    Leaves all = leaves(params, grads, state);
    Rates rates = rates(state.step().value());
    var p = new ArrayList<Tensor>();
    var m = new ArrayList<Tensor>();
    var v = new ArrayList<Tensor>();
    for (int k = 0; k < all.params.size(); k++) {
      NamedArray old = all.params.get(k).value();
      if (old.dtype().isFloating()) {
        Moved moved = move(old, all.grads.get(k), all.means.get(k), all.variances.get(k), rates);
        p.add(moved.param);
        m.add(moved.mean);
        v.add(moved.variance);
      } else {
        p.add(old);
        m.add(all.means.get(k).value());
        v.add(all.variances.get(k).value());
      }
    }
    return new Update<>(like(params, p), new State<>(rates.step, like(params, m), like(params, v)));
  }

  /**
   * One step, written into references: those of the parameters, and those of the state.
   *
   * @param params a tree of references, such as {@code Tree.toRefs(model)}
   * @param grads a tree of the same structure
   * @param state {@code Tree.toRefs(adam.init(model))}
   * @throws AxialException if the structures differ, or a leaf to be written is an array
   */
  public <P> void updateInPlace(P params, P grads, State<P> state) {
    Leaves all = leaves(params, grads, state);
    NamedRef step = ref(state.step(), "state.step");
    Rates rates = rates(step.value());
    for (int k = 0; k < all.params.size(); k++) {
      if (all.params.get(k).dtype().isFloating()) {
        String path = all.paths.get(k);
        NamedRef p = ref(all.params.get(k), path);
        NamedRef m = ref(all.means.get(k), "state.mean." + path);
        NamedRef v = ref(all.variances.get(k), "state.variance." + path);
        Moved moved = move(p.value(), all.grads.get(k), m, v, rates);
        p.set(moved.param);
        m.set(moved.mean);
        v.set(moved.variance);
      }
    }
    step.set(rates.step);
  }

  // ---------------------------------------------------------------- one parameter

  /** The step's number from 1, the learning rate, and one over each bias correction. */
  private record Rates(NamedArray step, NamedArray rate, NamedArray mean, NamedArray variance) {}

  private record Moved(NamedArray param, NamedArray mean, NamedArray variance) {}

  private Rates rates(NamedArray taken) {
    NamedArray step = taken.plus(1);
    return new Rates(step, rate.at(taken), remaining(beta1, step), remaining(beta2, step));
  }

  /** 1 - betaᵗ, in float32 without the loss of digits that the difference would have. */
  private static NamedArray remaining(double beta, NamedArray step) {
    return beta == 0
        ? scalar(1.0)
        : expm1(step.astype(DType.FLOAT32).times(Math.log(beta))).unaryMinus();
  }

  private Moved move(NamedArray p, Tensor grad, Tensor mean, Tensor variance, Rates rates) {
    NamedArray x = wide(p);
    NamedArray g = wide(grad.value());
    NamedArray m = mean.value().times(beta1).plus(g.times(1 - beta1));
    NamedArray v = variance.value().times(beta2).plus(g.times(g).times(1 - beta2));
    NamedArray direction = m.div(rates.mean).div(sqrt(v.div(rates.variance)).plus(epsilon));
    NamedArray whole = decay == 0 ? direction : direction.plus(x.times(decay));
    return new Moved(x.minus(whole.times(rates.rate)).astype(p.dtype()), m, v);
  }

  private static NamedArray wide(NamedArray x) {
    return x.dtype().isHalf() ? x.astype(DType.FLOAT32) : x;
  }

  // ---------------------------------------------------------------- trees

  private record Leaves(
      List<String> paths,
      List<Tensor> params,
      List<Tensor> grads,
      List<Tensor> means,
      List<Tensor> variances) {}

  private static <P> Leaves leaves(P params, P grads, State<P> state) {
    Tree.Flat flat = Tree.flatten(params);
    return new Leaves(
        flat.paths(),
        flat.leaves(),
        sameForm(params, grads),
        sameForm(params, state.mean()),
        sameForm(params, state.variance()));
  }

  private static <P> List<Tensor> sameForm(P params, P other) {
    Tree.Flat flat = Tree.flatten(other);
    if (!flat.structure().equals(Tree.structure(params))) {
      P _ = Tree.map((a, b) -> a, params, other); // throws, and shows both
    }
    return flat.leaves();
  }

  @SuppressWarnings("unchecked")
  private static <P> P like(P tree, List<Tensor> leaves) {
    return (P) java.util.Objects.requireNonNull(Tree.unflatten(Tree.structure(tree), leaves));
  }

  private static NamedRef ref(Tensor t, String path) {
    if (t instanceof NamedRef r) {
      return r;
    }
    throw error(
        "Adam.updateInPlace: '%s' is an array, which cannot be written. Put the tree into references with Tree.toRefs, or use update.",
        path);
  }

  private static AxialException error(String format, Object... args) {
    return new AxialException(format.formatted(args) + "\n  at " + Site.here());
  }
}
