package dev.axial.random;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.any;
import static dev.axial.Axial.broadcast;
import static dev.axial.Axial.flattenAxes;
import static dev.axial.Axial.floor;
import static dev.axial.Axial.isnan;
import static dev.axial.Axial.lgamma;
import static dev.axial.Axial.log;
import static dev.axial.Axial.onesLike;
import static dev.axial.Axial.pow;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sqrt;
import static dev.axial.Axial.stopGradient;
import static dev.axial.Axial.unflattenAxis;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.where;
import static dev.axial.Axial.whileLoop;
import static dev.axial.Axial.zerosLike;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.util.List;

/** Samplers that draw until a number is accepted. */
final class Rejection {
  private Rejection() {}

  // ---------------------------------------------------------------- gamma

  /** Marsaglia and Tsang: A simple method for generating gamma variables; ACM TOMS 26, 2000. */
  static NamedArray gamma(NamedArray key, NamedArray alpha, List<Axis> axes, boolean logarithm) {
    Axis[] all = axes.toArray(Axis[]::new);
    NamedArray a = stopGradient(broadcast(alpha, all).rearrange(all));
    if (axes.isEmpty()) {
      return gammaOne(Random.foldIn(key, 0), a, logarithm);
    }
    NamedArray flat = flattenAxes(a, "draw", all);
    Axis draw = flat.axis("draw");
    NamedArray out =
        vmap((NamedArray k, NamedArray one) -> gammaOne(k, one, logarithm), draw)
            .apply(Random.split(key, draw), flat);
    return unflattenAxis(out, draw, all);
  }

  /** What is carried until a proposal is accepted: the square of x, and v cubed. */
  record Proposal(NamedArray key, NamedArray x2, NamedArray v3, NamedArray u) {}

  /** What is carried until v is positive. */
  record Draw(NamedArray key, NamedArray x, NamedArray v) {}

  private static NamedArray gammaOne(NamedArray key, NamedArray alpha, boolean logarithm) {
    DType t = alpha.dtype();
    NamedArray boosted = alpha.lt(1);
    NamedArray d = where(boosted, alpha.plus(1), alpha).minus(1.0 / 3);
    NamedArray c = scalar(1.0 / 3, t).div(sqrt(d));
    Random.Pair two = Random.split(key);
    NamedArray boost = two.second();
    var start = new Proposal(two.first(), scalar(0, t), scalar(1, t), scalar(2, t));
    Proposal p =
        whileLoop(
            start,
            s -> {
              NamedArray quick = scalar(1, t).minus(s.x2().times(s.x2()).times(0.0331));
              NamedArray exact =
                  s.x2().times(0.5).plus(d.times(scalar(1, t).minus(s.v3()).plus(log(s.v3()))));
              return s.u().ge(quick).and(log(s.u()).ge(exact));
            },
            s -> {
              List<NamedArray> keys = Random.split(s.key(), 3);
              Draw w = positive(keys.get(1), c, t);
              NamedArray v3 = w.v().times(w.v()).times(w.v());
              return new Proposal(
                  keys.get(0), w.x().times(w.x()), v3, Random.uniform(keys.get(2), t));
            });
    if (logarithm) {
      NamedArray s = Random.exponential(boost, t).unaryMinus();
      NamedArray more = where(boosted.and(s.ne(0)), s.times(scalar(1, t).div(alpha)), 0);
      return log(d).plus(log(p.v3())).plus(more);
    }
    NamedArray u = scalar(1, t).minus(Random.uniform(boost, t));
    return d.times(p.v3()).times(where(boosted, pow(u, scalar(1, t).div(alpha)), 1));
  }

  private static Draw positive(NamedArray key, NamedArray c, DType t) {
    return whileLoop(
        new Draw(key, scalar(0, t), scalar(-1, t)),
        s -> s.v().le(0),
        s -> {
          Random.Pair two = Random.split(s.key());
          NamedArray x = Random.normal(two.second(), t);
          return new Draw(two.first(), x, x.times(c).plus(1));
        });
  }

  // ---------------------------------------------------------------- poisson

  /** Knuth's product of uniforms for small means, Hoermann's PTRS (1993) for large ones. */
  static NamedArray poisson(NamedArray key, NamedArray mean) {
    NamedArray few = isnan(mean).or(mean.lt(10));
    NamedArray small = knuth(key, where(few, mean, 0));
    NamedArray large = hoermann(key, where(few, 1e5, mean));
    return where(mean.eq(0), 0, where(few, small, large));
  }

  /** The count so far, and the logarithm of the product of uniforms. */
  record Count(NamedArray key, NamedArray k, NamedArray log) {}

  private static NamedArray knuth(NamedArray key, NamedArray mean) {
    Axis[] axes = mean.axes().toArray(Axis[]::new);
    NamedArray limit = mean.unaryMinus();
    var start = new Count(key, zerosLike(mean).astype(DType.INT32), zerosLike(mean));
    return whileLoop(
            start,
            s -> any(s.log().gt(limit)),
            s -> {
              Random.Pair two = Random.split(s.key());
              NamedArray k = where(s.log().gt(limit), s.k().plus(1), s.k());
              return new Count(
                  two.first(), k, s.log().plus(log(Random.uniform(two.second(), axes))));
            })
        .k()
        .minus(1);
  }

  /** The last accepted number of each element, and which have one. */
  record Accepted(NamedArray key, NamedArray k, NamedArray done) {}

  private static NamedArray hoermann(NamedArray key, NamedArray mean) {
    Axis[] axes = mean.axes().toArray(Axis[]::new);
    NamedArray logMean = log(mean);
    NamedArray b = sqrt(mean).times(2.53).plus(0.931);
    NamedArray a = b.times(0.02483).plus(-0.059);
    NamedArray q = scalar(1.1328).div(b.minus(3.4)).plus(1.1239);
    NamedArray vr = scalar(0.9277).minus(scalar(3.6224).div(b.minus(2)));
    NamedArray none = mean.ne(mean).and(mean.eq(mean));
    var start = new Accepted(key, onesLike(mean).unaryMinus(), none);
    return whileLoop(
            start,
            s -> any(s.done().not()),
            s -> {
              List<NamedArray> keys = Random.split(s.key(), 3);
              NamedArray u = Random.uniform(keys.get(1), axes).minus(0.5);
              NamedArray v = Random.uniform(keys.get(2), axes);
              NamedArray h = scalar(0.5).minus(abs(u));
              NamedArray k = floor(a.times(2).div(h).plus(b).times(u).plus(mean).plus(0.43));
              NamedArray left = log(v.times(q).div(a.div(h.times(h)).plus(b)));
              NamedArray right = mean.unaryMinus().plus(k.times(logMean)).minus(lgamma(k.plus(1)));
              NamedArray outside = k.lt(0).or(h.lt(0.013).and(v.gt(h)));
              NamedArray yes = h.ge(0.07).and(v.le(vr)).or(outside.not().and(left.le(right)));
              return new Accepted(keys.get(0), where(yes, k, s.k()), s.done().or(yes));
            })
        .k()
        .astype(DType.INT32);
  }
}
