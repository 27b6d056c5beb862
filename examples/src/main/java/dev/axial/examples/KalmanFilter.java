package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.function.Function;

/**
 * A Kalman filter in a scan, its state in references; the likelihood of the observations is
 * differentiated, once and twice, to estimate the noise by Newton's method.
 *
 * <p>A body moves with a velocity that drifts: its state is (position, velocity), it moves by
 * {@code x' = F x} with process noise of covariance {@code q Q}, and its position is observed with
 * noise of variance {@code r}. The parameters are {@code log q} and {@code log r}.
 */
public final class KalmanFilter {
  private static final Axis Time = axis("Time", 200);
  private static final Axis State = axis("State", 2);
  private static final Axis Parameter = axis("Parameter", 2);

  /** The second axis of matrices over the state, and the one that F maps to. */
  private static final Axis Other = State.alias("Other");

  private static final Axis To = State.alias("To");

  private static final NamedArray F = array(new double[] {1, 1, 0, 1}, To, State);
  private static final NamedArray Q = array(new double[] {1 / 3., 1 / 2., 1 / 2., 1}, State, Other);

  private static final double TRUE_Q = 0.02;
  private static final double TRUE_R = 4;

  private KalmanFilter() {}

  // @start region=filter
  /** The log-likelihood of the observations; the filtered states go to a reference. */
  static NamedArray logLikelihood(NamedArray noise, NamedArray observed, NamedRef filtered) {
    NamedArray q = exp(noise.get(Parameter.at(0)));
    NamedArray r = exp(noise.get(Parameter.at(1)));
    NamedRef mean = newRef(zeros(DType.FLOAT64, State));
    NamedRef covariance = newRef(identity().times(100));

    return fold(
        Time,
        scalar(0.0, DType.FLOAT64),
        new Moment(observed, filtered),
        (sum, now) -> {
          mean.update(m -> dot(F, m, State).rename("To", "State"));
          covariance.update(p -> sandwich(p).plus(Q.times(q)));

          NamedArray innovation = now.observed().minus(mean.get(State.at(0)));
          NamedArray variance = covariance.get(State.at(0), Other.at(0)).plus(r);
          NamedArray gain = covariance.get(Other.at(0)).div(variance);
          mean.add(gain.times(innovation));
          covariance.update(p -> p.minus(gain.times(p.get(State.at(0))))); // an outer product

          now.filtered().set(stopGradient(mean.get()));
          return sum.minus(
              log(variance.times(2 * Math.PI)).plus(square(innovation).div(variance)).times(0.5));
        });
  }

  /** One observation, and where its filtered state goes. */
  record Moment(NamedArray observed, NamedRef filtered) {}

  /** F p F'. */
  private static NamedArray sandwich(NamedArray p) {
    NamedArray left = dot(F, p, State).rename("To", "State");
    return dot(left, F.rename("State", "Other"), Other).rename("To", "Other");
  }

  // @end

  private static NamedArray identity() {
    return arange(State).eq(arange(Other)).astype(DType.FLOAT64);
  }

  /** The true states of a body and its observed positions. */
  record Track(NamedArray states, NamedArray observed) {}

  static Track simulate() {
    // The lower root of Q.
    NamedArray root =
        array(new double[] {1 / Math.sqrt(3), 0, Math.sqrt(3) / 2, 1 / 2.}, State, Other)
            .times(Math.sqrt(TRUE_Q));
    NamedArray push = Random.normal(Random.key(1), DType.FLOAT64, Time, Other);
    NamedArray states =
        scan(
                Time,
                zeros(DType.FLOAT64, State),
                push,
                (x, e) -> {
                  NamedArray next =
                      dot(F, x, State).rename("To", "State").plus(dot(root, e, Other));
                  return step(next, next);
                })
            .y();
    NamedArray error = Random.normal(Random.key(2), DType.FLOAT64, Time).times(Math.sqrt(TRUE_R));
    return new Track(states, states.get(State.at(0)).plus(error));
  }

  /** What the program found: estimates and standard errors of log q and log r. */
  record Result(
      double[] estimate,
      double[] error,
      double logLikelihood,
      double gradientGap,
      NamedRef filtered) {}

  static Result run(Track track, boolean print) {
    NamedRef filtered = newRef(zeros(DType.FLOAT64, Time, State));
    Function<NamedArray, NamedArray> f =
        jit(noise -> logLikelihood(noise, track.observed(), filtered));
    Function<NamedArray, NamedArray> gradient = jit(grad(f));
    // Second derivatives go along all directions at once, so here the states are scratch.
    Function<NamedArray, NamedArray> curvature =
        jit(
            hessian(noise ->
                logLikelihood(noise, track.observed(), emptyRef(DType.FLOAT64, Time, State))));

    NamedArray noise = zeros(DType.FLOAT64, Parameter); // q = r = 1
    double gap = gradientGap(f, gradient, noise);
    for (int k = 0; k < 9; k++) {
      double[] g = gradient.apply(noise).toDoubleArray();
      double[] h = curvature.apply(noise).toDoubleArray();
      if (print) {
        System.out.printf(
            "Newton %d  log-likelihood %9.3f  q %.4f  r %.4f  gradient %9.2e %9.2e%n",
            k, f.apply(noise).item(), q(noise), r(noise), g[0], g[1]);
      }
      double[] move = newton(h, g);
      double longest = Math.max(1, Math.max(Math.abs(move[0]), Math.abs(move[1])));
      noise = noise.plus(array(move, Parameter).div(longest)); // steps of at most 1
    }
    double value = f.apply(noise).item(); // leaves the filtered states of the estimate
    double[] h = curvature.apply(noise).toDoubleArray();
    double det = h[0] * h[3] - h[1] * h[2];
    double[] error = {Math.sqrt(-h[3] / det), Math.sqrt(-h[0] / det)};
    return new Result(noise.toDoubleArray(), error, value, gap, filtered);
  }

  private static double q(NamedArray noise) {
    return Math.exp(noise.get(Parameter.at(0)).item());
  }

  private static double r(NamedArray noise) {
    return Math.exp(noise.get(Parameter.at(1)).item());
  }

  /** The largest relative difference between the gradient and central differences. */
  private static double gradientGap(
      Function<NamedArray, NamedArray> f,
      Function<NamedArray, NamedArray> gradient,
      NamedArray at) {
    double gap = 0;
    for (int k = 0; k < Parameter.size(); k++) {
      double g = gradient.apply(at).get(Parameter.at(k)).item();
      NamedArray h = oneHot(scalar(k), Parameter).astype(DType.FLOAT64).times(1e-5);
      double d = (f.apply(at.plus(h)).item() - f.apply(at.minus(h)).item()) / 2e-5;
      gap = Math.max(gap, Math.abs(g - d) / Math.abs(d));
    }
    return gap;
  }

  /** The step uphill: -(h - shift)⁻¹ g, shifted where h is not negative definite. */
  private static double[] newton(double[] h, double[] g) {
    double center = (h[0] + h[3]) / 2;
    double largest = center + Math.hypot((h[0] - h[3]) / 2, h[1]); // eigenvalue
    double shift = Math.max(0, largest + 1);
    double a = shift - h[0];
    double d = shift - h[3];
    double det = a * d - h[1] * h[2];
    return new double[] {(d * g[0] + h[1] * g[1]) / det, (a * g[1] + h[2] * g[0]) / det};
  }

  private static double rms(NamedArray x) {
    return sqrt(mean(square(x))).item();
  }

  /** Estimates the noise, and shows the filter at work. */
  public static void main(String[] args) {
    Track track = simulate();
    Result result = run(track, true);
    NamedArray position = track.states().get(State.at(0));
    NamedArray filtered = result.filtered().get(State.at(0));
    System.out.printf("%n    t     true  observed  filtered%n");
    for (int t = 0; t < Time.size(); t += 20) {
      System.out.printf(
          "%5d %8.2f  %8.2f  %8.2f%n",
          t,
          position.get(Time.at(t)).item(),
          track.observed().get(Time.at(t)).item(),
          filtered.get(Time.at(t)).item());
    }
    double raw = rms(track.observed().minus(position));
    double smooth = rms(filtered.minus(position));
    System.out.printf("%nerror of the observations %.2f, of the filter %.2f%n", raw, smooth);
    String[] names = {"log q", "log r"};
    double[] truth = {Math.log(TRUE_Q), Math.log(TRUE_R)};
    for (int k = 0; k < 2; k++) {
      System.out.printf(
          "%s  %.2f ± %.2f, true %.2f%n",
          names[k], result.estimate()[k], result.error()[k], truth[k]);
      that(
          Math.abs(result.estimate()[k] - truth[k]) < 3 * result.error()[k],
          "the estimate of " + names[k] + " is near the truth");
    }
    System.out.printf("gradient against finite differences: %.1e%n", result.gradientGap());
    that(result.gradientGap() < 1e-7, "the gradient agrees with finite differences");
    that(smooth < 0.7 * raw, "the filter is better than the observations");
  }
}
