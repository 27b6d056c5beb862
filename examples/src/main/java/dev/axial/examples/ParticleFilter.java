package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;

/**
 * A particle filter in a scan: the particles are rows of one reference. When their weights have
 * become too unequal they are drawn anew, which moves rows within the reference and happens in a
 * branch. The model is the one of {@link KalmanFilter}, for which the likelihood is known exactly.
 *
 * <p>N. Gordon, D. Salmond and A. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state
 * estimation", 1993; systematic resampling by G. Kitagawa, 1996.
 */
public final class ParticleFilter {
  private static final Axis State = axis("State", 2);
  private static final double MEASURED = 4; // the variance of the observations
  private static final double PUSH = 0.02; // of the process noise

  private ParticleFilter() {}

  /** The particles, the logarithms of their weights, and how often they were drawn anew. */
  public record Cloud(NamedRef particles, NamedRef logWeights, NamedRef drawn) {
    /** A cloud of particles with equal weights. */
    public static Cloud of(Axis Particle) {
      NamedArray spread = Random.normal(Random.key(3), Particle, State).times(10);
      return new Cloud(newRef(spread), newRef(zeros(Particle)), newRef(scalar(0)));
    }
  }

  // @start region=filter
  /** One observation, the key of its random numbers, and where the estimate goes. */
  public record Moment(NamedArray observed, NamedArray key, NamedRef estimate) {}

  /** The log-likelihood of the observations; the particles end where the last one leaves them. */
  public static NamedArray logLikelihood(Cloud cloud, Moment all) {
    Axis Particle = cloud.particles().axis("Particle");
    Axis Time = all.estimate().axis("Time");
    return fold(
        Time,
        scalar(0.0),
        all,
        (sum, now) -> {
          NamedArray keys = Random.split(now.key(), axis("Two", 2));
          move(cloud.particles(), keys.get(at("Two", 0)));

          NamedArray miss = now.observed().minus(cloud.particles().get(State.at(0)));
          NamedArray before = logsumexp(cloud.logWeights().get());
          cloud.logWeights().add(square(miss).div(-2 * MEASURED));
          NamedArray after = logsumexp(cloud.logWeights().get());

          NamedArray weights = softmax(cloud.logWeights().get(), Particle);
          now.estimate().set(dot(weights, cloud.particles().get(), Particle));
          NamedArray effective = sum(square(weights)).pow(-1);
          condProc(
              effective.lt(Particle.size() / 2),
              () -> draw(cloud, weights, keys.get(at("Two", 1))),
              () -> {});
          return sum.plus(after.minus(before)).minus(0.5 * Math.log(2 * Math.PI * MEASURED));
        });
  }

  /** Each particle moves by its velocity, and both drift. */
  private static void move(NamedRef particles, NamedArray key) {
    Axis Particle = particles.axis("Particle");
    NamedArray e = Random.normal(key, Particle, State).times((float) Math.sqrt(PUSH));
    NamedArray a = e.get(State.at(0));
    NamedArray b = e.get(State.at(1));
    NamedArray velocity = particles.get(State.at(1));
    particles
        .at(State.at(0))
        .add(velocity.plus(a.times((float) Math.sqrt(1 / 12.))).plus(b.times(0.5f)));
    particles.at(State.at(1)).add(b);
  }

  /** Draws particles in proportion to their weights; all weigh the same afterwards. */
  private static void draw(Cloud cloud, NamedArray weights, NamedArray key) {
    Axis Particle = cloud.particles().axis("Particle");
    NamedArray places = arange(Particle).plus(Random.uniform(key)).div(Particle.size());
    NamedArray upTo = cumsum(weights, Particle).rename("Particle", "Sorted");
    NamedArray chosen = minimum(searchsorted(upTo, "Sorted", places), Particle.size() - 1);
    cloud.particles().set(cloud.particles().get(Particle.at(chosen)));
    cloud.logWeights().set(0);
    cloud.drawn().add(1);
  }

  // @end

  /** The exact log-likelihood, and the means of the positions, by a Kalman filter. */
  private static double exact(double[] observed, double[] means) {
    double x = 0;
    double v = 0;
    double xx = 100;
    double xv = 0;
    double vv = 100;
    double sum = 0;
    for (int t = 0; t < observed.length; t++) {
      x += v;
      xx += 2 * xv + vv + PUSH / 3;
      xv += vv + PUSH / 2;
      vv += PUSH;
      double variance = xx + MEASURED;
      double miss = observed[t] - x;
      sum -= 0.5 * (Math.log(2 * Math.PI * variance) + miss * miss / variance);
      double gainX = xx / variance;
      double gainV = xv / variance;
      x += gainX * miss;
      v += gainV * miss;
      vv -= gainV * xv;
      xv -= gainX * xv;
      xx -= gainX * xx;
      means[t] = x;
    }
    return sum;
  }

  /** Filters a track with many particles and compares with what is exact. */
  public static void main(String[] args) {
    Axis Particle = axis("Particle", 20_000);
    KalmanFilter.Track track = KalmanFilter.simulate();
    Axis Time = track.observed().axis("Time");
    NamedRef estimates = newRef(zeros(Time, State));
    Cloud cloud = Cloud.of(Particle);
    var moments =
        new Moment(
            track.observed().astype(DType.FLOAT32), Random.split(Random.key(4), Time), estimates);
    double found = jit(ParticleFilter::logLikelihood).apply(cloud, moments).item();

    var means = new double[Time.size()];
    double exact = exact(track.observed().toDoubleArray(), means);
    double[] positions = estimates.get(State.at(0)).toDoubleArray();
    double gap = 0;
    for (int t = 0; t < means.length; t++) {
      gap = Math.max(gap, Math.abs(means[t] - positions[t]));
    }
    int drawn = (int) cloud.drawn().item();
    System.out.printf(
        "log-likelihood   %.2f by %,d particles, %.2f exactly%n", found, Particle.size(), exact);
    System.out.printf("the estimated positions differ by %.3f at most%n", gap);
    System.out.printf("drawn anew in %d of %d steps%n", drawn, Time.size());
    that(Math.abs(found - exact) < 1, "the likelihood is near the exact one");
    that(gap < 0.3, "so are the positions");
    that(drawn > 5 && drawn < Time.size(), "particles are drawn anew now and then");
  }
}
