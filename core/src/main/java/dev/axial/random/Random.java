package dev.axial.random;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.arange;
import static dev.axial.Axial.argmax;
import static dev.axial.Axial.at;
import static dev.axial.Axial.bitcast;
import static dev.axial.Axial.broadcast;
import static dev.axial.Axial.clip;
import static dev.axial.Axial.cumsum;
import static dev.axial.Axial.erf;
import static dev.axial.Axial.erfinv;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.fmod;
import static dev.axial.Axial.log;
import static dev.axial.Axial.log1p;
import static dev.axial.Axial.maximum;
import static dev.axial.Axial.minimum;
import static dev.axial.Axial.range;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.searchsorted;
import static dev.axial.Axial.shiftRightLogical;
import static dev.axial.Axial.sign;
import static dev.axial.Axial.softmax;
import static dev.axial.Axial.stack;
import static dev.axial.Axial.take;
import static dev.axial.Axial.tan;
import static dev.axial.Axial.topK;
import static dev.axial.Axial.unflattenAxis;
import static dev.axial.Axial.where;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.AxisName;
import dev.axial.AxisSelector;
import dev.axial.CheckReturnValue;
import dev.axial.DType;
import dev.axial.Keys;
import dev.axial.NamedArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Random numbers from explicit keys, those of {@code jax.random}'s default generator: bits,
 * uniform, randint, bernoulli, permutation and choice to the bit, the others within a few units in
 * the last place.
 *
 * <p>A number depends on the key and on its row-major position among the axes drawn. Axes of
 * parameters that are not among those asked for come after them. Every function takes one key; for
 * an array of keys use {@code vmap}. Without a dtype the numbers are float32 or int32, as in JAX
 * without 64-bit types. Draws of float32 and float64 from one key are unrelated. In bfloat16 and
 * float16 uniform and normal numbers are JAX's to the bit; {@link #gamma} and what is made of it
 * refuse them.
 */
@CheckReturnValue
public final class Random {
  private Random() {}

  /** The axis of the two words of a key: the high one, then the low one. */
  public static final Axis WORD = new Axis("word", 2);

  // ---------------------------------------------------------------- keys

  /** Two keys. */
  public record Pair(NamedArray first, NamedArray second) {}

  /** A key: see {@link Axial#key}. */
  public static NamedArray key(long seed) {
    return Axial.key(seed);
  }

  /**
   * A key from an integer scalar. An int32 or uint32 seed gives the low word, the high one is 0.
   */
  public static NamedArray key(NamedArray seed) {
    if (!seed.dtype().isInteger() || seed.rank() > 0) {
      throw Checks.error(
          "key: the seed is an integer scalar; got %s. For several keys use split.",
          Checks.type(seed));
    }
    NamedArray high =
        seed.dtype() == DType.INT64
            ? shiftRightLogical(seed, 32).astype(DType.UINT32)
            : scalar(0, DType.UINT32);
    return Keys.wrap(new Keys.Words(high, seed.astype(DType.UINT32)));
  }

  /** The words of a key, or of an array of keys, uint32, along a last axis {@link #WORD}. */
  public static NamedArray keyData(NamedArray key) {
    Keys.Words w = Keys.words(key);
    var order = new ArrayList<AxisSelector>(key.axes());
    order.add(WORD);
    return stack(WORD, List.of(w.first(), w.second()))
        .rearrange(order.toArray(AxisSelector[]::new));
  }

  /** The key, or array of keys, with these words: the inverse of {@link #keyData}. */
  public static NamedArray wrapKeyData(NamedArray words) {
    if (words.dtype() != DType.UINT32
        || !words.hasAxis(WORD.name())
        || words.axis(WORD.name()).size() != WORD.size()) {
      throw Checks.error(
          "wrapKeyData needs uint32 words along an axis %s, as keyData gives them; got %s.",
          WORD, Checks.type(words));
    }
    return Keys.wrap(new Keys.Words(words.get(at(WORD.name(), 0)), words.get(at(WORD.name(), 1))));
  }

  /** Two independent keys. Draw no numbers from a key that was split. */
  public static Pair split(NamedArray key) {
    Checks.one("split", key);
    return new Pair(foldIn(key, 0), foldIn(key, 1));
  }

  /** n independent keys; the first ones do not depend on n. */
  public static List<NamedArray> split(NamedArray key, int n) {
    Checks.one("split", key);
    var keys = new ArrayList<NamedArray>();
    for (int i = 0; i < n; i++) {
      keys.add(foldIn(key, i));
    }
    return List.copyOf(keys);
  }

  /** An array of independent keys. */
  public static NamedArray split(NamedArray key, Axis axis, Axis... more) {
    var axes = new ArrayList<Axis>();
    axes.add(axis);
    axes.addAll(Arrays.asList(more));
    return Keys.wrap(Draws.blocks("split", key, axes));
  }

  /** The key that a number, all 32 bits of it, makes of this key. */
  public static NamedArray foldIn(NamedArray key, int data) {
    return foldIn(key, scalar(data & 0xffffffffL, DType.UINT32));
  }

  /** The same with a number that is a value: an integer scalar, of which 32 bits count. */
  public static NamedArray foldIn(NamedArray key, NamedArray data) {
    Checks.one("foldIn", key);
    if (!data.dtype().isInteger() || data.rank() > 0) {
      throw Checks.error(
          "foldIn: the number is an integer scalar; got %s. For several keys use split, or vmap.",
          Checks.type(data));
    }
    return Keys.wrap(
        Keys.threefry(key, new Keys.Words(scalar(0, DType.UINT32), data.astype(DType.UINT32))));
  }

  // ---------------------------------------------------------------- bits

  /** Uniformly distributed bits, uint32. */
  public static NamedArray bits(NamedArray key, Axis... axes) {
    return bits(key, DType.UINT32, axes);
  }

  /** Uniformly distributed bits: uint32, the same as int32, or int64. */
  public static NamedArray bits(NamedArray key, DType t, Axis... axes) {
    if (!t.isInteger()) {
      throw Checks.error("bits of dtype %s: they are int32, int64 or uint32.", t);
    }
    return Draws.bits("bits", key, t, List.of(axes));
  }

  // ---------------------------------------------------------------- uniform and normal

  /** Uniform on [0, 1), float32. */
  public static NamedArray uniform(NamedArray key, Axis... axes) {
    return uniform(key, DType.FLOAT32, axes);
  }

  /** Uniform on [0, 1). */
  public static NamedArray uniform(NamedArray key, DType t, Axis... axes) {
    return Draws.unit("uniform", key, t, List.of(axes));
  }

  /** Uniform on [lo, hi), float32. */
  public static NamedArray uniform(NamedArray key, double lo, double hi, Axis... axes) {
    return uniform(key, lo, hi, DType.FLOAT32, axes);
  }

  /** Uniform on [lo, hi); rounding may give hi where the interval has few numbers. */
  public static NamedArray uniform(NamedArray key, double lo, double hi, DType t, Axis... axes) {
    return Draws.between("uniform", key, t, lo, hi, List.of(axes));
  }

  /** Uniform on [lo, hi), of the bounds' dtype. */
  public static NamedArray uniform(NamedArray key, NamedArray lo, NamedArray hi, Axis... axes) {
    DType t = Checks.floating("uniform", "bounds", lo, hi);
    return Draws.between(
        "uniform", key, lo.astype(t), hi.astype(t), Checks.drawn("uniform", axes, lo, hi));
  }

  /** Normal with mean 0 and variance 1, float32. */
  public static NamedArray normal(NamedArray key, Axis... axes) {
    return normal(key, DType.FLOAT32, axes);
  }

  /** Normal with mean 0 and variance 1. */
  public static NamedArray normal(NamedArray key, DType t, Axis... axes) {
    double lo = -1 + Draws.eps(t) / 2;
    return erfinv(Draws.between("normal", key, t, lo, 1, List.of(axes))).times(Math.sqrt(2));
  }

  /** Normal with mean 0 and variance 1, given that it lies between lo and hi; float32. */
  public static NamedArray truncatedNormal(NamedArray key, double lo, double hi, Axis... axes) {
    return truncatedNormal(key, lo, hi, DType.FLOAT32, axes);
  }

  /** Normal with mean 0 and variance 1, given that it lies between lo and hi. */
  public static NamedArray truncatedNormal(
      NamedArray key, double lo, double hi, DType t, Axis... axes) {
    if (!t.isFloating()) {
      throw Checks.error(
          "truncatedNormal of dtype %s: the numbers are float32, float64, bfloat16 or float16.", t);
    }
    return truncatedNormal(key, scalar(lo, t), scalar(hi, t), axes);
  }

  /** Normal with mean 0 and variance 1, given that it lies between lo and hi; of their dtype. */
  public static NamedArray truncatedNormal(
      NamedArray key, NamedArray lo, NamedArray hi, Axis... axes) {
    DType t = Checks.floating("truncatedNormal", "bounds", lo, hi);
    List<Axis> all = Checks.drawn("truncatedNormal", axes, lo, hi);
    NamedArray a = lo.astype(t);
    NamedArray b = hi.astype(t);
    NamedArray u =
        Draws.between(
            "truncatedNormal", key, erf(a.div(Math.sqrt(2))), erf(b.div(Math.sqrt(2))), all);
    NamedArray x = erfinv(u).times(Math.sqrt(2));
    return minimum(maximum(x, Draws.neighbour(a, 1)), Draws.neighbour(b, -1));
  }

  // ---------------------------------------------------------------- of a uniform number

  /** Exponential with rate 1, float32. */
  public static NamedArray exponential(NamedArray key, Axis... axes) {
    return exponential(key, DType.FLOAT32, axes);
  }

  /** Exponential with rate 1. */
  public static NamedArray exponential(NamedArray key, DType t, Axis... axes) {
    return log1p(Draws.unit("exponential", key, t, List.of(axes)).unaryMinus()).unaryMinus();
  }

  /** Standard Gumbel, float32. */
  public static NamedArray gumbel(NamedArray key, Axis... axes) {
    return gumbel(key, DType.FLOAT32, axes);
  }

  /** Standard Gumbel. */
  public static NamedArray gumbel(NamedArray key, DType t, Axis... axes) {
    return Draws.gumbel("gumbel", key, t, List.of(axes));
  }

  /** Laplace with mean 0 and scale 1, float32. */
  public static NamedArray laplace(NamedArray key, Axis... axes) {
    return laplace(key, DType.FLOAT32, axes);
  }

  /** Laplace with mean 0 and scale 1. */
  public static NamedArray laplace(NamedArray key, DType t, Axis... axes) {
    NamedArray w = Draws.between("laplace", key, t, -1 + Draws.eps(t) / 2, 1, List.of(axes));
    return sign(w).times(log1p(abs(w).unaryMinus()));
  }

  /** Standard logistic, float32. */
  public static NamedArray logistic(NamedArray key, Axis... axes) {
    return logistic(key, DType.FLOAT32, axes);
  }

  /** Standard logistic. */
  public static NamedArray logistic(NamedArray key, DType t, Axis... axes) {
    NamedArray w = Draws.between("logistic", key, t, Draws.tiny(t), 1, List.of(axes));
    return log(w).minus(log1p(w.unaryMinus()));
  }

  /** Standard Cauchy, float32. */
  public static NamedArray cauchy(NamedArray key, Axis... axes) {
    return cauchy(key, DType.FLOAT32, axes);
  }

  /** Standard Cauchy. */
  public static NamedArray cauchy(NamedArray key, DType t, Axis... axes) {
    return tan(
        Draws.between("cauchy", key, t, Draws.eps(t), 1, List.of(axes)).minus(0.5).times(Math.PI));
  }

  /** True with probability p, drawn as float32. */
  public static NamedArray bernoulli(NamedArray key, double p, Axis... axes) {
    return bernoulli(key, scalar(p, DType.FLOAT32), axes);
  }

  /** True with probability p, drawn in p's dtype. */
  public static NamedArray bernoulli(NamedArray key, NamedArray p, Axis... axes) {
    DType t = Checks.floating("bernoulli", "probability", p);
    return Draws.unit("bernoulli", key, t, Checks.drawn("bernoulli", axes, p)).lt(p);
  }

  // ---------------------------------------------------------------- integers

  /** Integers from lo to hi, exclusive; int32. Where hi is not above lo, lo. */
  public static NamedArray randint(NamedArray key, long lo, long hi, Axis... axes) {
    return randint(key, lo, hi, DType.INT32, axes);
  }

  /** Integers from lo to hi, exclusive. Draws of int32 and int64 are unrelated. */
  public static NamedArray randint(NamedArray key, long lo, long hi, DType t, Axis... axes) {
    return randint(key, scalar(lo, DType.INT64), scalar(hi, DType.INT64), t, axes);
  }

  /** Integers from lo to hi, exclusive, of the bounds' dtype. */
  public static NamedArray randint(NamedArray key, NamedArray lo, NamedArray hi, Axis... axes) {
    return randint(key, lo, hi, DType.promote(lo.dtype(), hi.dtype()), axes);
  }

  /**
   * Integers from lo to hi, exclusive. The bounds are clamped to the dtype; where hi is not above
   * lo, the result is lo. As in JAX the numbers are not exactly uniform when the span is wider than
   * half a word.
   */
  public static NamedArray randint(
      NamedArray key, NamedArray lo, NamedArray hi, DType t, Axis... axes) {
    if (!lo.dtype().isInteger() || !hi.dtype().isInteger() || !t.isInteger()) {
      throw Checks.error(
          "randint of dtype %s between %s and %s: the bounds and the numbers are integers.",
          t, Checks.type(lo), Checks.type(hi));
    }
    List<Axis> all = Checks.drawn("randint", axes, lo, hi);
    Checks.one("randint", key);
    Pair two = split(key);
    NamedArray low = lo.astype(DType.INT64);
    NamedArray high = hi.astype(DType.INT64);
    if (t == DType.INT64) {
      NamedArray span = where(high.gt(low), high.minus(low), 1);
      NamedArray m = Draws.wideRemainder(scalar(1L << 32), span);
      m = Draws.wideRemainder(m.times(m), span);
      NamedArray a = Draws.wideRemainder(Draws.bits("randint", two.first(), t, all), span);
      NamedArray b = Draws.wideRemainder(Draws.bits("randint", two.second(), t, all), span);
      return Draws.wideRemainder(a.times(m).plus(b), span).plus(low);
    }
    long least = t == DType.INT32 ? Integer.MIN_VALUE : 0;
    long most = t == DType.INT32 ? Integer.MAX_VALUE : 0xffffffffL;
    low = clip(low, least, most);
    // One past the largest number is a bound too: the span may be all of 2^32, which is 0 here.
    NamedArray span = clip(high, least, most + 1).minus(low);
    span = where(span.gt(0), span, 1).astype(DType.UINT32);
    NamedArray m = fmod(scalar(1 << 16, DType.UINT32), span);
    m = fmod(m.times(m), span);
    NamedArray a = fmod(Draws.bits("randint", two.first(), DType.UINT32, all), span);
    NamedArray b = fmod(Draws.bits("randint", two.second(), DType.UINT32, all), span);
    NamedArray offset = fmod(a.times(m).plus(b), span);
    NamedArray sum = offset.plus(low.astype(DType.UINT32));
    return t == DType.INT32 ? bitcast(sum, t) : sum;
  }

  /**
   * The position drawn with probabilities softmax(logits) along an axis, int32. Axes of the logits
   * that are not among {@code more} come after them.
   */
  public static NamedArray categorical(
      NamedArray key, NamedArray logits, AxisSelector axis, Axis... more) {
    return argmax(Draws.perturbed("categorical", key, logits, axis, more), axis);
  }

  /** The position drawn with probabilities softmax(logits) along an axis, int32. */
  public static NamedArray categorical(
      NamedArray key, NamedArray logits, String axis, Axis... more) {
    return categorical(key, logits, new AxisName(axis), more);
  }

  /**
   * Different positions along an axis, drawn one after another with probabilities softmax(logits)
   * of those left; the new axis comes first.
   */
  public static NamedArray categoricalWithoutReplacement(
      NamedArray key, NamedArray logits, AxisSelector axis, Axis to) {
    NamedArray noisy = Draws.perturbed("categoricalWithoutReplacement", key, logits, axis);
    Checks.fewer("categoricalWithoutReplacement", to.size(), logits.axis(axis.name()));
    NamedArray drawn = topK(noisy, axis, to.size()).indices().rename(axis.name(), to.name());
    var order = new ArrayList<AxisSelector>();
    order.add(to);
    drawn.axes().stream().filter(a -> !a.name().equals(to.name())).forEach(order::add);
    return drawn.rearrange(order.toArray(AxisSelector[]::new));
  }

  /** Different positions along an axis; the new axis comes first. */
  public static NamedArray categoricalWithoutReplacement(
      NamedArray key, NamedArray logits, String axis, Axis to) {
    return categoricalWithoutReplacement(key, logits, new AxisName(axis), to);
  }

  // ---------------------------------------------------------------- order

  /** The numbers from 0 to the axis's size in random order, int32, along the axis. */
  public static NamedArray permutation(NamedArray key, Axis axis) {
    Checks.one("permutation", key);
    return Draws.shuffled("permutation", key, arange(axis), axis);
  }

  /** The slices along an axis in random order. */
  public static NamedArray permutation(NamedArray key, NamedArray x, AxisSelector axis) {
    return take(x, axis, permutation(key, x.axis(axis.name())));
  }

  /** The slices along an axis in random order. */
  public static NamedArray permutation(NamedArray key, NamedArray x, String axis) {
    return permutation(key, x, new AxisName(axis));
  }

  /** Each line along an axis in a random order of its own. */
  public static NamedArray shuffle(NamedArray key, NamedArray x, AxisSelector axis) {
    Checks.one("shuffle", key);
    return Draws.shuffled("shuffle", key, x, x.axis(axis.name()));
  }

  /** Each line along an axis in a random order of its own. */
  public static NamedArray shuffle(NamedArray key, NamedArray x, String axis) {
    return shuffle(key, x, new AxisName(axis));
  }

  /** Slices along an axis, each equally likely, with replacement; the new axes take its place. */
  public static NamedArray choice(NamedArray key, NamedArray x, AxisSelector axis, Axis... to) {
    int n = x.axis(axis.name()).size();
    Checks.populated("choice", n, axis);
    return take(x, axis, randint(key, 0, n, to));
  }

  /** Slices along an axis, each equally likely, with replacement; the new axes take its place. */
  public static NamedArray choice(NamedArray key, NamedArray x, String axis, Axis... to) {
    return choice(key, x, new AxisName(axis), to);
  }

  /**
   * Slices along an axis with replacement, in proportion to p, a floating array along that axis;
   * the new axes take its place.
   */
  public static NamedArray choice(
      NamedArray key, NamedArray x, AxisSelector axis, NamedArray p, Axis... to) {
    DType t = Checks.weights("choice", x, axis, p);
    int n = x.axis(axis.name()).size();
    Checks.populated("choice", n, axis);
    NamedArray c = cumsum(p, axis);
    NamedArray u = Draws.unit("choice", key, t, List.of(to));
    NamedArray r = c.get(at(axis.name(), -1)).times(scalar(1, t).minus(u));
    return take(x, axis, searchsorted(c, axis, r));
  }

  /** Slices along an axis with replacement, in proportion to p; the new axes take its place. */
  public static NamedArray choice(
      NamedArray key, NamedArray x, String axis, NamedArray p, Axis... to) {
    return choice(key, x, new AxisName(axis), p, to);
  }

  /** Different slices along an axis, each equally likely; the new axes take its place. */
  public static NamedArray choiceWithoutReplacement(
      NamedArray key, NamedArray x, AxisSelector axis, Axis... to) {
    Axis from = x.axis(axis.name());
    int n = Checks.count("choiceWithoutReplacement", from, to);
    NamedArray order = permutation(key, from).get(range(axis.name(), 0, n));
    return take(x, axis, unflattenAxis(order, axis, to));
  }

  /** Different slices along an axis, each equally likely; the new axes take its place. */
  public static NamedArray choiceWithoutReplacement(
      NamedArray key, NamedArray x, String axis, Axis... to) {
    return choiceWithoutReplacement(key, x, new AxisName(axis), to);
  }

  /**
   * Different slices along an axis, drawn one after another in proportion to p of those left; the
   * new axes take its place.
   */
  public static NamedArray choiceWithoutReplacement(
      NamedArray key, NamedArray x, AxisSelector axis, NamedArray p, Axis... to) {
    DType t = Checks.weights("choiceWithoutReplacement", x, axis, p);
    Axis from = x.axis(axis.name());
    int n = Checks.count("choiceWithoutReplacement", from, to);
    NamedArray noisy = Draws.gumbel("choiceWithoutReplacement", key, t, List.of(from)).plus(log(p));
    return take(x, axis, unflattenAxis(topK(noisy, axis, n).indices(), axis, to));
  }

  /** Different slices along an axis, in proportion to p; the new axes take its place. */
  public static NamedArray choiceWithoutReplacement(
      NamedArray key, NamedArray x, String axis, NamedArray p, Axis... to) {
    return choiceWithoutReplacement(key, x, new AxisName(axis), p, to);
  }

  // ---------------------------------------------------------------- by rejection

  /** Gamma with shape alpha and scale 1, float32. It carries no derivative. */
  public static NamedArray gamma(NamedArray key, double alpha, Axis... axes) {
    return gamma(key, scalar(alpha, DType.FLOAT32), axes);
  }

  /** Gamma with shape alpha and scale 1, of alpha's dtype. It carries no derivative. */
  public static NamedArray gamma(NamedArray key, NamedArray alpha, Axis... axes) {
    return gammas("gamma", key, alpha, false, axes);
  }

  /** The logarithm of {@link #gamma}, exact where that underflows. */
  public static NamedArray loggamma(NamedArray key, NamedArray alpha, Axis... axes) {
    return gammas("loggamma", key, alpha, true, axes);
  }

  private static NamedArray gammas(
      String what, NamedArray key, NamedArray alpha, boolean logarithm, Axis... axes) {
    if (Checks.floating(what, "shape parameter", alpha).isHalf()) {
      throw Checks.error(
          "%s of dtype %s has too few digits to reject by. Draw float32 and cast the result.",
          what, alpha.dtype());
    }
    Checks.one(what, key);
    return Rejection.gamma(key, alpha, Checks.drawn(what, axes, alpha), logarithm);
  }

  /** Beta with parameters a and b, of their dtype. It carries no derivative. */
  public static NamedArray beta(NamedArray key, NamedArray a, NamedArray b, Axis... axes) {
    DType t = Checks.floating("beta", "parameters", a, b);
    Checks.one("beta", key);
    Axis[] all = Checks.drawn("beta", axes, a, b).toArray(Axis[]::new);
    Pair two = split(key);
    NamedArray x = gammas("beta", two.first(), a.astype(t), true, all);
    NamedArray y = gammas("beta", two.second(), b.astype(t), true, all);
    NamedArray m = maximum(x, y);
    NamedArray ex = exp(x.minus(m));
    return ex.div(ex.plus(exp(y.minus(m))));
  }

  /** Dirichlet along an axis of the parameters alpha, of their dtype. It carries no derivative. */
  public static NamedArray dirichlet(
      NamedArray key, NamedArray alpha, AxisSelector axis, Axis... axes) {
    var _ = alpha.axis(axis.name());
    return softmax(gammas("dirichlet", key, alpha, true, axes), axis);
  }

  /** Dirichlet along an axis of the parameters alpha, of their dtype. It carries no derivative. */
  public static NamedArray dirichlet(NamedArray key, NamedArray alpha, String axis, Axis... axes) {
    return dirichlet(key, alpha, new AxisName(axis), axes);
  }

  /** Poisson with a mean, int32. */
  public static NamedArray poisson(NamedArray key, double mean, Axis... axes) {
    return poisson(key, scalar(mean, DType.FLOAT32), axes);
  }

  /** Poisson with a mean, int32. As in JAX, a number depends on all that are drawn with it. */
  public static NamedArray poisson(NamedArray key, NamedArray mean, Axis... axes) {
    Checks.one("poisson", key);
    Axis[] all = Checks.drawn("poisson", axes, mean).toArray(Axis[]::new);
    NamedArray lam = broadcast(mean.astype(DType.FLOAT32), all).rearrange(all);
    return Rejection.poisson(key, lam);
  }
}
