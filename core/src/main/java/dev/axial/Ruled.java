package dev.axial;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.cos;
import static dev.axial.Axial.erfc;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.fma;
import static dev.axial.Axial.isinf;
import static dev.axial.Axial.log1p;
import static dev.axial.Axial.maximum;
import static dev.axial.Axial.minimum;
import static dev.axial.Axial.onesLike;
import static dev.axial.Axial.round;
import static dev.axial.Axial.sigmoid;
import static dev.axial.Axial.sign;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.sqrt;
import static dev.axial.Axial.square;
import static dev.axial.Axial.tanh;
import static dev.axial.Axial.where;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Functions whose derivative is not that of the formula for their value: at a tie the halves of a
 * maximum would be multiplied, at a removable singularity nothing is left, at infinity zero would
 * be multiplied by infinity. Each is its value, and its derivative as a formula of its own, which
 * has all digits, its derivatives too.
 *
 * <p>The rules use functions with an operation of their own alone, so that a program read from a
 * file can be differentiated again. Eager code, where nothing differentiates, computes the value.
 */
final class Ruled {
  /** Beyond it exp(-x), and with it all that decays as fast, is 0 in every dtype. */
  private static final double FAR = 2000;

  private Ruled() {}

  // ---------------------------------------------------------------- the mechanism

  private record Unary(
      Function<NamedArray, NamedArray> value, Function<NamedArray, NamedArray> derivative) {
    NamedArray at(NamedArray given) {
      NamedArray x = Ops.cast(given, Ops.floating(given.dtype()));
      if (Trace.current() == null) {
        return value.apply(x);
      }
      return result(
          Custom.jvp(
              List.of(this),
              a -> value.apply(array(a[0])),
              a -> {
                NamedArray d = derivative.apply(full(array(a[0])));
                return new Axial.Jvp<>(
                    value.apply(array(a[0])), array(a[1]).times(Ops.cast(d, x.dtype())));
              },
              new Object[] {x}));
    }
  }

  /** The derivatives by both operands. */
  private record Partials(NamedArray x, NamedArray y) {}

  private interface OfTwo<R> {
    R apply(NamedArray x, NamedArray y);
  }

  private record Binary(String name, OfTwo<NamedArray> value, OfTwo<Partials> derivative) {
    NamedArray at(NamedArray first, NamedArray second) {
      Ops.aligned(name, first, second);
      DType t = Ops.real(name, first, second);
      NamedArray x = Ops.cast(first, t);
      NamedArray y = Ops.cast(second, t);
      if (Trace.current() == null) {
        return value.apply(x, y);
      }
      return result(
          Custom.jvp(
              List.of(this),
              a -> value.apply(array(a[0]), array(a[1])),
              a -> {
                Partials d = derivative.apply(full(array(a[0])), full(array(a[1])));
                NamedArray byX = array(a[2]).times(Ops.cast(d.x, t));
                NamedArray byY = array(a[3]).times(Ops.cast(d.y, t));
                return new Axial.Jvp<>(value.apply(array(a[0]), array(a[1])), byX.plus(byY));
              },
              new Object[] {x, y}));
    }
  }

  private static NamedArray array(@Nullable Object leaf) {
    return (NamedArray) Objects.requireNonNull(leaf);
  }

  private static NamedArray result(@Nullable Object out) {
    return array(out);
  }

  /** Derivatives of two-byte numbers are computed in float32 and rounded once. */
  private static NamedArray full(NamedArray x) {
    return x.dtype().isHalf() ? Ops.cast(x, DType.FLOAT32) : x;
  }

  /** x, or 0 where it is so large that it will be multiplied by 0: infinity would give NaN. */
  private static NamedArray near(NamedArray x) {
    return where(abs(x).gt(FAR), 0, x);
  }

  // ---------------------------------------------------------------- sums of exponentials

  static NamedArray logaddexp(NamedArray x, NamedArray y) {
    return LOGADDEXP.at(x, y);
  }

  private static final Binary LOGADDEXP =
      new Binary("logaddexp", (x, y) -> logaddexp(x, y, 1), (x, y) -> shares(x, y, 1));

  static NamedArray logaddexp2(NamedArray x, NamedArray y) {
    return LOGADDEXP2.at(x, y);
  }

  private static final Binary LOGADDEXP2 =
      new Binary(
          "logaddexp2",
          (x, y) -> logaddexp(x, y, Math.log(2)),
          (x, y) -> shares(x, y, Math.log(2)));

  private static NamedArray logaddexp(NamedArray x, NamedArray y, double scale) {
    NamedArray m = maximum(x, y);
    NamedArray d = minimum(x, y).minus(m);
    NamedArray more = scale == 1 ? log1p(exp(d)) : log1p(Axial.exp2(d)).div(scale);
    return where(Axial.isnan(d), x.plus(y), m.plus(more));
  }

  /** The share of each exponential in the sum; one half of two equal infinities. */
  private static Partials shares(NamedArray x, NamedArray y, double scale) {
    NamedArray d = where(isinf(x).and(x.eq(y)), 0, x.minus(y)).times(scale);
    return new Partials(sigmoid(d), sigmoid(d.unaryMinus()));
  }

  static NamedArray softplus(NamedArray x) {
    return SOFTPLUS.at(x);
  }

  private static final Unary SOFTPLUS = new Unary(Ruled::softplusValue, Axial::sigmoid);

  private static NamedArray softplusValue(NamedArray x) {
    return maximum(x, 0).plus(log1p(exp(abs(x).unaryMinus())));
  }

  // ---------------------------------------------------------------- roots of sums of squares

  static NamedArray hypot(NamedArray x, NamedArray y) {
    return HYPOT.at(x, y);
  }

  private static final Binary HYPOT = new Binary("hypot", Ruled::length, Ruled::direction);

  private static NamedArray length(NamedArray x, NamedArray y) {
    NamedArray a = abs(x);
    NamedArray b = abs(y);
    NamedArray m = maximum(a, b);
    NamedArray r = minimum(a, b).div(where(m.eq(0), 1, m));
    NamedArray infinite = isinf(a).or(isinf(b));
    return where(infinite, Double.POSITIVE_INFINITY, m.times(sqrt(square(r).plus(1))));
  }

  /** x / h and y / h by the quotient of the smaller by the larger; 0 at the origin. */
  private static Partials direction(NamedArray x, NamedArray y) {
    NamedArray wide = abs(x).gt(abs(y));
    NamedArray large = where(wide, x, y);
    NamedArray diagonal = isinf(x).and(isinf(y));
    NamedArray none = large.eq(0);
    NamedArray over = where(none.or(diagonal), 1, large);
    NamedArray under = where(diagonal, sign(x).times(sign(y)), where(wide, y, x));
    NamedArray q = under.div(over);
    NamedArray along = sign(large).div(sqrt(square(q).plus(1)));
    NamedArray across = q.times(along);
    return new Partials(where(wide, along, across), where(wide, across, along));
  }

  static NamedArray squareplus(NamedArray x) {
    return SQUAREPLUS.at(x);
  }

  private static final Unary SQUAREPLUS =
      new Unary(
          x -> {
            NamedArray h = root(x);
            return where(x.lt(0), Axial.div(2, h.minus(x)), x.plus(h).times(0.5));
          },
          x -> {
            NamedArray h = root(x);
            NamedArray less = Axial.div(2, h.plus(abs(x))).div(h);
            return where(x.lt(0), less, Axial.minus(1, less));
          });

  /** sqrt(x^2 + 4), which is |x| where the square would overflow. */
  private static NamedArray root(NamedArray x) {
    NamedArray large = abs(x).gt(x.dtype() == DType.FLOAT16 ? 200 : 1e18);
    return where(large, abs(x), sqrt(square(where(large, 0, x)).plus(4)));
  }

  // ---------------------------------------------------------------- x times what saturates

  static NamedArray silu(NamedArray x) {
    return SILU.at(x);
  }

  private static final Unary SILU =
      new Unary(
          x -> maximum(x, -FAR).times(sigmoid(x)),
          x -> sigmoid(x).times(near(x).times(sigmoid(x.unaryMinus())).plus(1)));

  static NamedArray gelu(NamedArray x) {
    return GELU.at(x);
  }

  // Half of x is what everything else is made of: x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
  private static final double LINEAR = 2 * Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 4 * 0.044715 * LINEAR;

  private static final Unary GELU =
      new Unary(
          x -> {
            NamedArray half = maximum(x.times(0.5), -FAR);
            return fma(half, bend(half), half);
          },
          Ruled::geluSlope);

  /**
   * Of the same function as x times the logistic function of w = 2√(2/π) (x + 0.044715 x³), which
   * keeps its digits where it is small.
   */
  private static NamedArray geluSlope(NamedArray x) {
    NamedArray v = where(x.gt(FLAT), FLAT, where(x.lt(-FLAT), -FLAT, x));
    NamedArray square = v.times(v);
    NamedArray share = sigmoid(affine(square, CUBIC / 4, LINEAR).times(v));
    NamedArray rise = affine(square, 3 * CUBIC / 4, LINEAR).times(v);
    return share.times(fma(rise, Axial.minus(1, share), onesLike(share)));
  }

  /** Beyond it the derivative of gelu is 0 or 1 in every dtype. */
  private static final double FLAT = 100;

  private static NamedArray bend(NamedArray half) {
    return tanh(affine(half.times(half), CUBIC, LINEAR).times(half));
  }

  private static NamedArray affine(NamedArray x, double slope, double offset) {
    return fma(x, Ops.constant(x.dtype(), slope), Ops.constant(x.dtype(), offset));
  }

  static NamedArray geluExact(NamedArray x) {
    return GELU_EXACT.at(x);
  }

  private static final Unary GELU_EXACT =
      new Unary(
          x -> maximum(x, -FAR).times(0.5).times(erfc(x.div(-Math.sqrt(2)))),
          x -> {
            NamedArray v = near(x);
            NamedArray density = bell(v).times(1 / Math.sqrt(2 * Math.PI));
            return fma(v, density, erfc(x.div(-Math.sqrt(2))).times(0.5));
          });

  /** exp(-x^2 / 2), with what the square loses by rounding. */
  private static NamedArray bell(NamedArray x) {
    NamedArray square = x.times(x);
    NamedArray rest = Axial.stopGradient(fma(x, x, square.unaryMinus()));
    return exp(square.times(-0.5)).times(Axial.minus(1, rest.times(0.5)));
  }

  static NamedArray mish(NamedArray x) {
    return MISH.at(x);
  }

  private static final Unary MISH =
      new Unary(x -> maximum(x, -FAR).times(tanh(softplusValue(x))), Ruled::mishSlope);

  /**
   * tanh(softplus(x)) is a quotient of polynomials in exp(-|x|) =: e: 1 - 2e² / (1 + 2e + 2e²)
   * above zero, (2e + e²) / (2 + 2e + e²) below.
   */
  private static NamedArray mishSlope(NamedArray x) {
    NamedArray above = x.gt(0);
    NamedArray e = exp(where(above, x.unaryMinus(), x));
    NamedArray small = where(above, square(e).times(2), e.times(e.plus(2)));
    NamedArray sum = small.plus(where(above, e.times(2).plus(1), 2));
    NamedArray part = small.div(sum);
    NamedArray fall = e.times(e.plus(1)).times(where(above, e, 1)).times(4);
    return where(above, Axial.minus(1, part), part).plus(near(x).times(fall.div(sum).div(sum)));
  }

  // ---------------------------------------------------------------- sinc

  static NamedArray sinc(NamedArray x) {
    return SINC.at(x);
  }

  private static final Unary SINC = new Unary(Ruled::sincValue, Ruled::sincSlope);

  private static NamedArray sincValue(NamedArray x) {
    NamedArray v = where(x.eq(0), 1, x);
    NamedArray far = isinf(x);
    NamedArray y = sin(turn(where(far, 1, v))).div(v.times(Math.PI));
    return where(x.eq(0), 1, y);
  }

  /** pi x without whole turns, which are exact to take off. */
  private static NamedArray turn(NamedArray x) {
    return x.minus(round(x.times(0.5)).times(2)).times(Math.PI);
  }

  /** Up to here the power series of the slope; beyond, its closed form has lost few digits. */
  private static final double SERIES = 0.75;

  private static final int TERMS = 16;

  /** (cos(pi x) - sinc(x)) / x, or the sum of (-1)^k 2k pi^2k x^(2k-1) / (2k+1)! near zero. */
  private static NamedArray sincSlope(NamedArray x) {
    NamedArray near = abs(x).le(SERIES);
    NamedArray far = isinf(x);
    NamedArray v = where(near.or(far), 1, x);
    NamedArray angle = turn(v);
    NamedArray closed = cos(angle).minus(sin(angle).div(v.times(Math.PI))).div(v);
    NamedArray small = where(near, x, 0);
    NamedArray series = small.times(slopeOverX(small.times(small)));
    return where(near, series, where(far, 0, closed));
  }

  private static NamedArray slopeOverX(NamedArray square) {
    double[] c = new double[TERMS];
    double term = 1; // pi^2k / (2k+1)! with its sign
    for (int k = 1; k <= TERMS; k++) {
      term *= -Math.PI * Math.PI / (2 * k * (2 * k + 1));
      c[k - 1] = 2 * k * term;
    }
    NamedArray sum = Ops.constant(square.dtype(), c[TERMS - 1]);
    for (int k = TERMS - 2; k >= 0; k--) {
      sum = fma(sum, square, Ops.constant(square.dtype(), c[k]));
    }
    return sum;
  }
}
