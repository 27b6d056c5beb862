package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What programs are written with: {@code import static dev.axial.Axial.*}. One long class, so that
 * one import does; what it does stands in others.
 *
 * <p>Array functions align by name and mirror those of Haliax and {@code jax.numpy};
 * transformations take and return ordinary Java functions and mirror JAX's.
 */
@CheckReturnValue
public final class Axial {
  /** Stands for all axes that the other selectors without a name do not fill. */
  public static final Selection ELLIPSIS = new Selections.Ellipsis();

  /** For {@link NamedRef#open(java.nio.file.Path, Opening)}: checksums are compared first. */
  public static final Opening VERIFY = Opening.VERIFY;

  private Axial() {}

  // ---------------------------------------------------------------- axes and selections

  /** An axis. */
  public static Axis axis(String name, int size) {
    return new Axis(name, size);
  }

  /** One index of the named axis. */
  public static Selection at(String axis, int index) {
    return new Selections.One(axis, index);
  }

  /** Several indices of the named axis. */
  public static Selection at(String axis, int first, int second, int... more) {
    return Selections.many(axis, first, second, more);
  }

  /** An index array for the named axis. */
  public static Selection at(String axis, NamedArray index) {
    return new Selections.Many(axis, index);
  }

  /** Elements start to stop, exclusive, of the named axis. */
  public static Selection range(String axis, int start, int stop) {
    return new Selections.Span(axis, start, stop, 1);
  }

  /** Every step-th element from start to stop, exclusive, of the named axis. */
  public static Selection range(String axis, int start, int stop, int step) {
    return new Selections.Span(axis, start, stop, step);
  }

  /** A window of a fixed size of the named axis. */
  public static Selection ds(String axis, int start, int size) {
    return new Selections.Window(axis, start, null, size);
  }

  /** A window of a fixed size of the named axis, whose start is a value. */
  public static Selection ds(String axis, NamedArray start, int size) {
    return new Selections.Window(axis, 0, start, size);
  }

  /** The first {@code count} elements of the named axis where the mask is true. */
  public static Selection where(String axis, NamedArray mask, int count) {
    return new Selections.Mask(axis, mask, count);
  }

  /** One index of the axis at the next position. */
  public static Selection pos(int index) {
    return new Selections.One(null, index);
  }

  /** An index array for the axis at the next position. */
  public static Selection pos(NamedArray index) {
    return new Selections.Many(null, index);
  }

  /** Elements start to stop, exclusive, of the axis at the next position. */
  public static Selection posRange(int start, int stop) {
    return new Selections.Span(null, start, stop, 1);
  }

  // ---------------------------------------------------------------- arrays from values

  private static NamedArray raw(DType t, Object values, int n, Axis... axes) {
    var type = new ArrayType(t, dims(axes));
    if (type.size() != n) {
      throw Errors.length(n, type.dims(), type.size());
    }
    return NamedArray.concrete(type, Store.of(t, values));
  }

  private static List<Dim> dims(Axis... axes) {
    List<Dim> dims = Axis.dims(axes);
    if (dims.stream().map(Dim::name).distinct().count() != dims.size()) {
      throw Errors.error(
          "an array cannot have two axes of the same name: %s. Give one of them another name, such as axis.alias(\"other\").",
          Errors.axes(dims));
    }
    try {
      var _ = ArrayType.elements(dims);
    } catch (AxialException beyond) {
      throw Errors.error("%s", String.valueOf(beyond.getMessage()));
    }
    return dims;
  }

  static byte[] bytes(boolean[] v) {
    var b = new byte[v.length];
    for (int k = 0; k < b.length; k++) {
      b[k] = (byte) (v[k] ? 1 : 0);
    }
    return b;
  }

  /** A float32 array of these values, in row-major order of the axes. */
  public static NamedArray array(float[] v, Axis... axes) {
    return raw(DType.FLOAT32, v.clone(), v.length, axes);
  }

  /** A float64 array of these values. */
  public static NamedArray array(double[] v, Axis... axes) {
    return raw(DType.FLOAT64, v.clone(), v.length, axes);
  }

  /** An array of these values as numbers of another dtype, such as bfloat16. */
  public static NamedArray array(float[] v, DType t, Axis... axes) {
    return array(v, axes).astype(t);
  }

  /** An array of these values as numbers of another dtype, such as bfloat16. */
  public static NamedArray array(double[] v, DType t, Axis... axes) {
    return array(v, axes).astype(t);
  }

  /** An int32 array of these values. */
  public static NamedArray array(int[] v, Axis... axes) {
    return raw(DType.INT32, v.clone(), v.length, axes);
  }

  /** An int64 array of these values. */
  public static NamedArray array(long[] v, Axis... axes) {
    return raw(DType.INT64, v.clone(), v.length, axes);
  }

  /** A boolean array of these values. */
  public static NamedArray array(boolean[] v, Axis... axes) {
    return raw(DType.BOOL, bytes(v), v.length, axes);
  }

  /** A scalar: int32 (int64 for a Long) of an integer, float32 of another number. */
  public static NamedArray scalar(Number v) {
    return v instanceof Long
        ? Ops.constant(DType.INT64, v.longValue())
        : Ops.number(v, Ops.isIntegral(v) ? DType.INT32 : DType.FLOAT32);
  }

  /** A scalar of a dtype. */
  public static NamedArray scalar(Number v, DType t) {
    return Ops.isIntegral(v) ? Ops.constant(t, v.longValue()) : Ops.constant(t, v.doubleValue());
  }

  /** A boolean scalar. */
  public static NamedArray scalar(boolean v) {
    return Ops.constant(DType.BOOL, v ? 1L : 0L);
  }

  /** Float32 zeros. */
  public static NamedArray zeros(Axis... axes) {
    return full(0.0, DType.FLOAT32, axes);
  }

  /** Zeros of a dtype. */
  public static NamedArray zeros(DType t, Axis... axes) {
    return full(0, t, axes);
  }

  /** Float32 ones. */
  public static NamedArray ones(Axis... axes) {
    return full(1.0, DType.FLOAT32, axes);
  }

  /** Ones of a dtype. */
  public static NamedArray ones(DType t, Axis... axes) {
    return full(1, t, axes);
  }

  /** One number everywhere: int32 of an integer, float32 of another number. */
  public static NamedArray full(Number v, Axis... axes) {
    return Ops.broadcast(scalar(v), dims(axes));
  }

  /** One number everywhere, of a dtype. */
  public static NamedArray full(Number v, DType t, Axis... axes) {
    return Ops.broadcast(scalar(v, t), dims(axes));
  }

  /** Zeros with the axes and dtype of x. */
  public static NamedArray zerosLike(NamedArray x) {
    return Ops.broadcast(Ops.constant(x.dtype(), 0L), x.type().dims());
  }

  /** Ones with the axes and dtype of x. */
  public static NamedArray onesLike(NamedArray x) {
    return Ops.broadcast(Ops.constant(x.dtype(), 1L), x.type().dims());
  }

  /** One number everywhere, with the axes and dtype of x. */
  public static NamedArray fullLike(NamedArray x, Number v) {
    return Ops.broadcast(scalar(v, x.dtype()), x.type().dims());
  }

  /** 0, 1, 2, …, int32, along an axis. */
  public static NamedArray arange(Axis axis) {
    return arange(axis, DType.INT32);
  }

  /**
   * 0, 1, 2, … of a dtype along an axis.
   *
   * @throws AxialException if the last one is past the end of the dtype
   */
  public static NamedArray arange(Axis axis, DType t) {
    Spaced.check(axis, 0, 1, t);
    return Ops.emit(new Op.Iota(t, axis.dim()));
  }

  /**
   * start, start + step, … along an axis: int32 of integers, float32 of other numbers.
   *
   * @throws AxialException if the first or the last one is past the end of the dtype
   */
  public static NamedArray arange(Axis axis, Number start, Number step) {
    return Spaced.arange(axis, start, step);
  }

  /** Evenly spaced float32 numbers from start to stop, both included. */
  public static NamedArray linspace(Axis axis, double start, double stop) {
    return linspace(axis, start, stop, DType.FLOAT32);
  }

  /**
   * Evenly spaced numbers from start to stop, both included; rounded down, if the dtype has no
   * fractions.
   *
   * @throws AxialException if one of them is past the end of the dtype
   */
  public static NamedArray linspace(Axis axis, double start, double stop, DType t) {
    return Spaced.linspace(axis, start, stop, t);
  }

  // ---------------------------------------------------------------- element-wise functions

  /** Sine. */
  public static NamedArray sin(NamedArray x) {
    return Ops.unary(Fn.Unary.SIN, x);
  }

  /** Cosine. */
  public static NamedArray cos(NamedArray x) {
    return Ops.unary(Fn.Unary.COS, x);
  }

  /** Tangent. */
  public static NamedArray tan(NamedArray x) {
    return Ops.unary(Fn.Unary.TAN, x);
  }

  /** Inverse sine. */
  public static NamedArray arcsin(NamedArray x) {
    return Ops.unary(Fn.Unary.ASIN, x);
  }

  /** Inverse cosine. */
  public static NamedArray arccos(NamedArray x) {
    return Ops.unary(Fn.Unary.ACOS, x);
  }

  /** Inverse tangent. */
  public static NamedArray arctan(NamedArray x) {
    return Ops.unary(Fn.Unary.ATAN, x);
  }

  /** The angle of the point (x, y), given y first. */
  public static NamedArray arctan2(NamedArray y, NamedArray x) {
    DType t = Ops.floating(Ops.promoted("arctan2", y, x));
    return Ops.binary(Fn.Binary.ATAN2, Ops.cast(y, t), Ops.cast(x, t));
  }

  /** Hyperbolic sine. */
  public static NamedArray sinh(NamedArray x) {
    return Ops.unary(Fn.Unary.SINH, x);
  }

  /** Hyperbolic cosine. */
  public static NamedArray cosh(NamedArray x) {
    return Ops.unary(Fn.Unary.COSH, x);
  }

  /** Hyperbolic tangent. */
  public static NamedArray tanh(NamedArray x) {
    return Ops.unary(Fn.Unary.TANH, x);
  }

  /** Inverse hyperbolic sine. */
  public static NamedArray arcsinh(NamedArray x) {
    return Ops.unary(Fn.Unary.ASINH, x);
  }

  /** Inverse hyperbolic cosine. */
  public static NamedArray arccosh(NamedArray x) {
    return Ops.unary(Fn.Unary.ACOSH, x);
  }

  /** Inverse hyperbolic tangent. */
  public static NamedArray arctanh(NamedArray x) {
    return Ops.unary(Fn.Unary.ATANH, x);
  }

  /** The exponential. */
  public static NamedArray exp(NamedArray x) {
    return Ops.unary(Fn.Unary.EXP, x);
  }

  /** 2 to the power of x. */
  public static NamedArray exp2(NamedArray x) {
    return pow(2, Ops.real("exp2", x));
  }

  /** exp(x) - 1, exact near zero. */
  public static NamedArray expm1(NamedArray x) {
    return Ops.unary(Fn.Unary.EXPM1, x);
  }

  /** The natural logarithm. */
  public static NamedArray log(NamedArray x) {
    return Ops.unary(Fn.Unary.LOG, x);
  }

  /** log(1 + x), exact near zero. */
  public static NamedArray log1p(NamedArray x) {
    return Ops.unary(Fn.Unary.LOG1P, x);
  }

  /** The logarithm to base 2. */
  public static NamedArray log2(NamedArray x) {
    return log(x).div(Math.log(2));
  }

  /** The logarithm to base 10. */
  public static NamedArray log10(NamedArray x) {
    return log(x).div(Math.log(10));
  }

  /** The square root. */
  public static NamedArray sqrt(NamedArray x) {
    return Ops.unary(Fn.Unary.SQRT, x);
  }

  /** One over the square root. */
  public static NamedArray rsqrt(NamedArray x) {
    NamedArray r = sqrt(x);
    return onesLike(r).div(r);
  }

  /** The cube root. */
  public static NamedArray cbrt(NamedArray x) {
    return Ops.unary(Fn.Unary.CBRT, x);
  }

  /** x times x. */
  public static NamedArray square(NamedArray x) {
    NamedArray n = numeric(x);
    return n.times(n);
  }

  /** One over x. */
  public static NamedArray reciprocal(NamedArray x) {
    return onesLike(x).div(x);
  }

  /** The absolute value. */
  public static NamedArray abs(NamedArray x) {
    return x.dtype() == DType.BOOL ? x : Ops.unary(Fn.Unary.ABS, x);
  }

  /** -1, 0 or 1. */
  public static NamedArray sign(NamedArray x) {
    return Ops.unary(Fn.Unary.SIGN, x);
  }

  /** Rounded down. */
  public static NamedArray floor(NamedArray x) {
    return Ops.unary(Fn.Unary.FLOOR, x);
  }

  /** Rounded up. */
  public static NamedArray ceil(NamedArray x) {
    return Ops.unary(Fn.Unary.CEIL, x);
  }

  /** Rounded to the nearest integer, halves to even. */
  public static NamedArray round(NamedArray x) {
    return Ops.unary(Fn.Unary.ROUND, x);
  }

  /** Rounded towards zero. */
  public static NamedArray trunc(NamedArray x) {
    return x.dtype().isFloating() ? where(x.lt(0), ceil(x), floor(x)) : x;
  }

  /** The error function. */
  public static NamedArray erf(NamedArray x) {
    return Ops.unary(Fn.Unary.ERF, x);
  }

  /** 1 - erf(x), exact where that is small. */
  public static NamedArray erfc(NamedArray x) {
    return Ops.unary(Fn.Unary.ERFC, x);
  }

  /** The inverse error function. */
  public static NamedArray erfinv(NamedArray x) {
    return Ops.unary(Fn.Unary.ERFINV, x);
  }

  /** The logarithm of the absolute value of the gamma function. */
  public static NamedArray lgamma(NamedArray x) {
    return Ops.unary(Fn.Unary.LGAMMA, x);
  }

  /** The derivative of {@link #lgamma}. */
  public static NamedArray digamma(NamedArray x) {
    return Ops.unary(Fn.Unary.DIGAMMA, x);
  }

  /** Whether neither infinite nor NaN. */
  public static NamedArray isfinite(NamedArray x) {
    return x.dtype().isFloating() ? abs(x).lt(Double.POSITIVE_INFINITY) : x.eq(x);
  }

  /** Whether NaN. */
  public static NamedArray isnan(NamedArray x) {
    return x.ne(x);
  }

  /** Whether infinite. */
  public static NamedArray isinf(NamedArray x) {
    return x.dtype().isFloating() ? abs(x).eq(Double.POSITIVE_INFINITY) : x.ne(x);
  }

  /** The larger, by name; NaN wins. */
  public static NamedArray maximum(NamedArray x, NamedArray y) {
    return Ops.binary(Fn.Binary.MAX, x, y);
  }

  /** The larger. */
  public static NamedArray maximum(NamedArray x, Number y) {
    return Ops.binary(Fn.Binary.MAX, x, y);
  }

  /** The smaller, by name; NaN wins. */
  public static NamedArray minimum(NamedArray x, NamedArray y) {
    return Ops.binary(Fn.Binary.MIN, x, y);
  }

  /** The smaller. */
  public static NamedArray minimum(NamedArray x, Number y) {
    return Ops.binary(Fn.Binary.MIN, x, y);
  }

  /** The larger, by name; a number wins over NaN. */
  public static NamedArray fmax(NamedArray x, NamedArray y) {
    return where(x.gt(y).or(isnan(y)), x, y);
  }

  /** The smaller, by name; a number wins over NaN. */
  public static NamedArray fmin(NamedArray x, NamedArray y) {
    return where(x.lt(y).or(isnan(y)), x, y);
  }

  /** x, but not below lo nor above hi, by name. */
  public static NamedArray clip(NamedArray x, NamedArray lo, NamedArray hi) {
    return minimum(maximum(x, lo), hi);
  }

  /** x, but not below lo nor above hi. */
  public static NamedArray clip(NamedArray x, Number lo, Number hi) {
    return minimum(maximum(x, lo), hi);
  }

  /** a where the condition holds, b elsewhere; all three by name. */
  public static NamedArray where(NamedArray c, NamedArray a, NamedArray b) {
    if (c.dtype() != DType.BOOL) {
      throw Errors.error(
          "where needs a boolean condition; got %s. Compare it, for instance with ne(0).",
          Errors.type(c.type()));
    }
    Ops.aligned("where", c, a);
    Ops.aligned("where", c, b);
    Ops.aligned("where", a, b);
    DType t = a.dtype() == b.dtype() ? a.dtype() : Ops.promoted("where", a, b);
    return Ops.emit(new Op.Select(), c, Ops.cast(a, t), Ops.cast(b, t));
  }

  /** a where the condition holds, the number elsewhere. */
  public static NamedArray where(NamedArray c, NamedArray a, Number b) {
    return where(c, a, Ops.number(b, a.dtype()));
  }

  /** The number where the condition holds, b elsewhere. */
  public static NamedArray where(NamedArray c, Number a, NamedArray b) {
    return where(c, Ops.number(a, b.dtype()), b);
  }

  /** One of two numbers. */
  public static NamedArray where(NamedArray c, Number a, Number b) {
    boolean integral = Ops.isIntegral(a) && Ops.isIntegral(b);
    DType t = integral ? DType.INT32 : DType.FLOAT32;
    return where(c, Ops.number(a, t), Ops.number(b, t));
  }

  /** A number minus y. */
  public static NamedArray minus(Number x, NamedArray y) {
    return Ops.binary(Fn.Binary.SUB, x, y);
  }

  /** A number divided by y. */
  public static NamedArray div(Number x, NamedArray y) {
    return Ops.trueDivide(Ops.number(x, y.dtype()), y);
  }

  /** A number to the power of y. */
  public static NamedArray pow(Number x, NamedArray y) {
    return Ops.binary(Fn.Binary.POW, x, y);
  }

  /** x to the power of y. */
  public static NamedArray pow(NamedArray x, NamedArray y) {
    return x.pow(y);
  }

  /** x to the power of y. */
  public static NamedArray pow(NamedArray x, Number y) {
    return x.pow(y);
  }

  /** The remainder with the sign of x, by name; of integers by 0 it is x. */
  public static NamedArray fmod(NamedArray x, NamedArray y) {
    return Ops.binary(Fn.Binary.REM, x, y);
  }

  /** log(exp(x) + exp(y)), without overflow. Two equal infinities share the derivative. */
  public static NamedArray logaddexp(NamedArray x, NamedArray y) {
    return Ruled.logaddexp(x, y);
  }

  /** log2(2^x + 2^y), without overflow. Two equal infinities share the derivative. */
  public static NamedArray logaddexp2(NamedArray x, NamedArray y) {
    return Ruled.logaddexp2(x, y);
  }

  /** The length of the vector (x, y), without overflow; with derivative 0 at the origin. */
  public static NamedArray hypot(NamedArray x, NamedArray y) {
    return Ruled.hypot(x, y);
  }

  /** The logistic function, 1 / (1 + exp(-x)). */
  public static NamedArray sigmoid(NamedArray x) {
    return Ops.unary(Fn.Unary.LOGISTIC, x);
  }

  /** max(x, 0), with derivative 0 at 0 as in JAX. */
  public static NamedArray relu(NamedArray x) {
    return where(x.gt(0), x, stopGradient(maximum(x, 0)));
  }

  /** x sigmoid(x). */
  public static NamedArray silu(NamedArray x) {
    return Ruled.silu(x);
  }

  /** The Gaussian error linear unit in its tanh form, JAX's default. */
  public static NamedArray gelu(NamedArray x) {
    return Ruled.gelu(x);
  }

  /** The Gaussian error linear unit, exact. */
  public static NamedArray geluExact(NamedArray x) {
    return Ruled.geluExact(x);
  }

  /** log(1 + exp(x)). */
  public static NamedArray softplus(NamedArray x) {
    return Ruled.softplus(x);
  }

  /** log(sigmoid(x)). */
  public static NamedArray logSigmoid(NamedArray x) {
    NamedArray v = Ops.real("logSigmoid", x);
    return softplus(v.unaryMinus()).unaryMinus();
  }

  /** x between 0 and 6, with derivative 0 at both as in JAX. */
  public static NamedArray relu6(NamedArray x) {
    return where(x.gt(0).and(x.lt(6)), x, stopGradient(clip(x, 0, 6)));
  }

  /** x, with a slope of 0.01 below zero. */
  public static NamedArray leakyRelu(NamedArray x) {
    return leakyRelu(x, 0.01);
  }

  /** x, with the given slope below zero. */
  public static NamedArray leakyRelu(NamedArray x, double slope) {
    NamedArray v = Ops.real("leakyRelu", x);
    return where(v.ge(0), v, v.times(slope));
  }

  /** x above zero, exp(x) - 1 below. */
  public static NamedArray elu(NamedArray x) {
    NamedArray v = Ops.real("elu", x);
    return where(v.gt(0), v, expm1(where(v.gt(0), 0, v)));
  }

  /** The continuously differentiable form of {@link #elu}, which at this scale is the same. */
  public static NamedArray celu(NamedArray x) {
    return elu(x).plus(0); // 0 at -0, as in JAX
  }

  /** {@link #elu} scaled so that mean 0 and variance 1 are kept. */
  public static NamedArray selu(NamedArray x) {
    NamedArray v = Ops.real("selu", x);
    NamedArray below = expm1(where(v.gt(0), 0, v)).times(1.6732632423543772);
    return where(v.gt(0), v, below).times(1.0507009873554805);
  }

  /** x between -1 and 1, with derivative 1 at both as in JAX. */
  public static NamedArray hardTanh(NamedArray x) {
    return where(x.gt(1), 1, where(x.lt(-1), -1, x));
  }

  /** x tanh(softplus(x)). */
  public static NamedArray mish(NamedArray x) {
    return Ruled.mish(x);
  }

  /** (x + sqrt(x^2 + 4)) / 2. */
  public static NamedArray squareplus(NamedArray x) {
    return Ruled.squareplus(x);
  }

  /** sin(pi x) / (pi x), and 1 at 0. */
  public static NamedArray sinc(NamedArray x) {
    return Ruled.sinc(x);
  }

  /** x, with 0 for NaN and the largest finite numbers for infinities. */
  public static NamedArray nanToNum(NamedArray x) {
    if (!x.dtype().isFloating()) {
      return x;
    }
    double most =
        switch (x.dtype()) {
          case BFLOAT16 -> 0x1.fep127;
          case FLOAT16 -> 65504;
          case FLOAT32 -> Float.MAX_VALUE;
          case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> Double.MAX_VALUE;
        };
    NamedArray finite = where(x.eq(Double.POSITIVE_INFINITY), most, x);
    return where(isnan(x), 0, where(x.eq(Double.NEGATIVE_INFINITY), -most, finite));
  }

  /** a b + c, by name, rounded once: Math.fma. */
  public static NamedArray fma(NamedArray a, NamedArray b, NamedArray c) {
    return Ops.fma(a, b, c);
  }

  // ---------------------------------------------------------------- bits

  /** The same bits as another dtype of the same width. */
  public static NamedArray bitcast(NamedArray x, DType t) {
    return Ops.bitcast(x, t);
  }

  /** The bits of integers moved up, by name; zeros come in. */
  public static NamedArray shiftLeft(NamedArray x, NamedArray by) {
    return Ops.binary(Fn.Binary.SHL, x, by);
  }

  /** The bits of integers moved up; zeros come in. */
  public static NamedArray shiftLeft(NamedArray x, int by) {
    return Ops.binary(Fn.Binary.SHL, x, by);
  }

  /** The bits of integers moved down, by name: the sign comes in, or zeros where there is none. */
  public static NamedArray shiftRight(NamedArray x, NamedArray by) {
    boolean signed = Ops.promoted("shiftRight", x, by) != DType.UINT32;
    return Ops.binary(signed ? Fn.Binary.SAR : Fn.Binary.SHR, x, by);
  }

  /** The bits of integers moved down: the sign comes in, or zeros where there is none. */
  public static NamedArray shiftRight(NamedArray x, int by) {
    return shiftRight(x, Ops.number(by, x.dtype()));
  }

  /** The bits of integers moved down, by name; zeros come in. */
  public static NamedArray shiftRightLogical(NamedArray x, NamedArray by) {
    return Ops.binary(Fn.Binary.SHR, x, by);
  }

  /** The bits of integers moved down; zeros come in. */
  public static NamedArray shiftRightLogical(NamedArray x, int by) {
    return Ops.binary(Fn.Binary.SHR, x, by);
  }

  /** How many bits of an integer are set. */
  public static NamedArray populationCount(NamedArray x) {
    return Ops.unary(Fn.Unary.POPCOUNT, x);
  }

  // ---------------------------------------------------------------- reductions

  private static List<String> names(String first, String... more) {
    var out = new ArrayList<String>();
    out.add(first);
    out.addAll(Arrays.asList(more));
    return out;
  }

  private static AxisSelector[] selectors(String first, String... more) {
    return names(first, more).stream().map(AxisName::new).toArray(AxisSelector[]::new);
  }

  private static NamedArray numeric(NamedArray x) {
    return x.dtype() == DType.BOOL ? x.astype(DType.INT32) : x;
  }

  /** The sum over axes; over all of them if none is given. Booleans count as int32. */
  public static NamedArray sum(NamedArray x, AxisSelector... axes) {
    return Ops.reduce(Fn.Reduce.SUM, numeric(x), Ops.names(axes));
  }

  /** The sum over axes. */
  public static NamedArray sum(NamedArray x, String axis, String... more) {
    return Ops.reduce(Fn.Reduce.SUM, numeric(x), names(axis, more));
  }

  private static NamedArray mean(NamedArray x, List<String> axes) {
    NamedArray f = Ops.cast(x, Ops.floating(x.dtype()));
    double n = 1;
    for (String a : Ops.reduced(x, axes)) {
      n *= x.type().dim(a).size();
    }
    if (f.dtype().isHalf()) { // the number of elements may be none of the dtype's
      return mean(Ops.cast(f, DType.FLOAT32), axes).astype(f.dtype());
    }
    return Ops.reduce(Fn.Reduce.SUM, f, axes).div(n);
  }

  /** The mean over axes; over all of them if none is given. */
  public static NamedArray mean(NamedArray x, AxisSelector... axes) {
    return mean(x, Ops.names(axes));
  }

  /** The mean over axes. */
  public static NamedArray mean(NamedArray x, String axis, String... more) {
    return mean(x, names(axis, more));
  }

  /** The variance over axes, dividing by the number of elements. */
  public static NamedArray var(NamedArray x, AxisSelector... axes) {
    if (x.dtype().isHalf()) {
      return var(Ops.cast(x, DType.FLOAT32), axes).astype(x.dtype());
    }
    // The mean is rounded: what it is off counts once more than the differences from it, whose mean
    // would be zero. The variance of equal numbers then is zero, and its derivatives see no mean.
    NamedArray d = x.minus(stopGradient(mean(x, axes)));
    NamedArray off = mean(d, axes);
    NamedArray v = mean(d.times(d), axes).minus(off.times(off));
    return where(v.lt(0), 0, v);
  }

  /** The variance over axes, dividing by the number of elements. */
  public static NamedArray var(NamedArray x, String axis, String... more) {
    return var(x, selectors(axis, more));
  }

  /** The variance over axes, dividing by the number of elements minus {@code ddof}. */
  public static NamedArray var(NamedArray x, int ddof, AxisSelector... axes) {
    if (x.dtype().isHalf()) {
      return var(Ops.cast(x, DType.FLOAT32), ddof, axes).astype(x.dtype());
    }
    double n = 1;
    for (String a : Ops.reduced(x, Ops.names(axes))) {
      n *= x.type().dim(a).size();
    }
    return var(x, axes).times(n / (n - ddof));
  }

  /** The standard deviation over axes, dividing by the number of elements minus {@code ddof}. */
  public static NamedArray std(NamedArray x, int ddof, AxisSelector... axes) {
    return sqrt(var(x, ddof, axes));
  }

  /** The standard deviation over axes, dividing by the number of elements. */
  public static NamedArray std(NamedArray x, AxisSelector... axes) {
    return sqrt(var(x, axes));
  }

  /** The standard deviation over axes, dividing by the number of elements. */
  public static NamedArray std(NamedArray x, String axis, String... more) {
    return std(x, selectors(axis, more));
  }

  private static NamedArray extreme(Fn.Reduce f, NamedArray x, List<String> axes) {
    for (String a : Ops.reduced(x, axes)) {
      if (x.type().dim(a).size() == 0) {
        throw Errors.error(
            "%s along the empty axis '%s' has no value. Concatenate the value that stands for nothing first, or leave the axis out.",
            Ops.label(f), a);
      }
    }
    if (x.dtype() == DType.BOOL) {
      return Ops.reduce(
          f == Fn.Reduce.MAX ? Fn.Reduce.ANY : Fn.Reduce.ALL, x, Ops.reduced(x, axes));
    }
    return Ops.reduce(f, x, axes);
  }

  /** The largest element along axes; of all if none is given. */
  public static NamedArray max(NamedArray x, AxisSelector... axes) {
    return extreme(Fn.Reduce.MAX, x, Ops.names(axes));
  }

  /** The largest element along axes. */
  public static NamedArray max(NamedArray x, String axis, String... more) {
    return extreme(Fn.Reduce.MAX, x, names(axis, more));
  }

  /** The smallest element along axes; of all if none is given. */
  public static NamedArray min(NamedArray x, AxisSelector... axes) {
    return extreme(Fn.Reduce.MIN, x, Ops.names(axes));
  }

  /** The smallest element along axes. */
  public static NamedArray min(NamedArray x, String axis, String... more) {
    return extreme(Fn.Reduce.MIN, x, names(axis, more));
  }

  /** The product over axes; over all of them if none is given. */
  public static NamedArray prod(NamedArray x, AxisSelector... axes) {
    if (x.dtype().isHalf()) {
      return prod(Ops.cast(x, DType.FLOAT32), axes).astype(x.dtype());
    }
    NamedArray y = numeric(x);
    for (String a : Ops.reduced(x, Ops.names(axes))) {
      y = Shapes.product(y, a);
    }
    return y;
  }

  /** The product over axes. */
  public static NamedArray prod(NamedArray x, String axis, String... more) {
    return prod(x, selectors(axis, more));
  }

  private static NamedArray truth(NamedArray x) {
    return x.dtype() == DType.BOOL ? x : x.ne(0);
  }

  /** Whether any element is true (or not zero). */
  public static NamedArray any(NamedArray x, AxisSelector... axes) {
    return Ops.reduce(Fn.Reduce.ANY, truth(x), Ops.reduced(x, Ops.names(axes)));
  }

  /** Whether any element is true (or not zero). */
  public static NamedArray any(NamedArray x, String axis, String... more) {
    return any(x, selectors(axis, more));
  }

  /** Whether all elements are true (or not zero). */
  public static NamedArray all(NamedArray x, AxisSelector... axes) {
    return Ops.reduce(Fn.Reduce.ALL, truth(x), Ops.reduced(x, Ops.names(axes)));
  }

  /** Whether all elements are true (or not zero). */
  public static NamedArray all(NamedArray x, String axis, String... more) {
    return all(x, selectors(axis, more));
  }

  /** log(sum(exp(x))) along axes, without overflow. */
  public static NamedArray logsumexp(NamedArray x, AxisSelector... axes) {
    NamedArray f = Ops.cast(x, Ops.floating(x.dtype()));
    if (f.size() == 0) {
      return log(sum(exp(f), axes));
    }
    NamedArray m = stopGradient(max(f, axes));
    NamedArray shift = where(isfinite(m), m, 0);
    return log(sum(exp(f.minus(shift)), axes)).plus(shift);
  }

  /** log(sum(exp(x))) along axes, without overflow. */
  public static NamedArray logsumexp(NamedArray x, String axis, String... more) {
    return logsumexp(x, selectors(axis, more));
  }

  /** exp(x) / sum(exp(x)) along an axis. */
  public static NamedArray softmax(NamedArray x, AxisSelector axis) {
    NamedArray f = Ops.cast(x, Ops.floating(x.dtype()));
    NamedArray e = exp(f.minus(stopGradient(max(f, axis))));
    return Ops.broadcast(e.div(sum(e, axis)), f.type().dims());
  }

  /** exp(x) / sum(exp(x)) along an axis. */
  public static NamedArray softmax(NamedArray x, String axis) {
    return softmax(x, new AxisName(axis));
  }

  /** The logarithm of the softmax along an axis. */
  public static NamedArray logSoftmax(NamedArray x, AxisSelector axis) {
    NamedArray f = Ops.cast(x, Ops.floating(x.dtype()));
    NamedArray shifted = f.minus(stopGradient(max(f, axis)));
    return Ops.broadcast(shifted.minus(log(sum(exp(shifted), axis))), f.type().dims());
  }

  /** The logarithm of the softmax along an axis. */
  public static NamedArray logSoftmax(NamedArray x, String axis) {
    return logSoftmax(x, new AxisName(axis));
  }

  /** The position of the first largest element along an axis, int32. */
  public static NamedArray argmax(NamedArray x, AxisSelector axis) {
    Ops.reduced(x, List.of(axis.name()));
    return Ops.emit(new Op.ArgReduce(true, axis.name()), x);
  }

  /** The position of the first largest element along an axis, int32. */
  public static NamedArray argmax(NamedArray x, String axis) {
    return argmax(x, new AxisName(axis));
  }

  /** The position of the first smallest element along an axis, int32. */
  public static NamedArray argmin(NamedArray x, AxisSelector axis) {
    Ops.reduced(x, List.of(axis.name()));
    return Ops.emit(new Op.ArgReduce(false, axis.name()), x);
  }

  /** The position of the first smallest element along an axis, int32. */
  public static NamedArray argmin(NamedArray x, String axis) {
    return argmin(x, new AxisName(axis));
  }

  // ---------------------------------------------------------------- contraction

  private static NamedArray contract(NamedArray x, NamedArray y, List<String> axes) {
    Ops.aligned("dot", x, y);
    for (String a : axes) {
      if (!x.hasAxis(a) && !y.hasAxis(a)) {
        throw Errors.error(
            "dot over axis '%s': neither operand has it; they are %s and %s.",
            a, Errors.type(x.type()), Errors.type(y.type()));
      }
    }
    DType t = Ops.promoted("dot", x, y);
    if (t == DType.BOOL) { // whether both are true anywhere
      return contract(numeric(x), numeric(y), axes).ne(0);
    }
    return Ops.emit(new Op.Dot(axes), Ops.cast(x, t), Ops.cast(y, t));
  }

  /** Multiplies by name and sums the given axes; other shared axes are kept side by side. */
  public static NamedArray dot(NamedArray x, NamedArray y, AxisSelector... axes) {
    return contract(x, y, Ops.names(axes));
  }

  /** Multiplies by name and sums the given axes. */
  public static NamedArray dot(NamedArray x, NamedArray y, String axis, String... more) {
    return contract(x, y, names(axis, more));
  }

  // ---------------------------------------------------------------- form

  /** The same array with the axes in this order; all must be named. */
  public static NamedArray rearrange(NamedArray x, AxisSelector... order) {
    return Shapes.rearrange(x, Ops.names(order));
  }

  /** The same array with the axes in this order. */
  public static NamedArray rearrange(NamedArray x, String... order) {
    return Shapes.rearrange(x, List.of(order));
  }

  /** The same array with the given axes in front, if they are not there. */
  public static NamedArray broadcast(NamedArray x, Axis... axes) {
    var out = new ArrayList<Dim>();
    for (Dim d : dims(axes)) {
      if (!x.type().has(d.name())) {
        out.add(d);
      } else if (x.type().dim(d.name()).size() != d.size()) {
        throw Errors.sizesDiffer("broadcast", d.name(), x.type(), x.type().with(List.of(d)));
      }
    }
    out.addAll(x.type().dims());
    return Ops.broadcast(x, out);
  }

  /** Several axes become one, the first varying slowest. */
  public static NamedArray flattenAxes(NamedArray x, String to, AxisSelector... axes) {
    return Shapes.flatten(x, to, Ops.names(axes));
  }

  /** Several axes become one, the first varying slowest. */
  public static NamedArray flattenAxes(NamedArray x, String to, String axis, String... more) {
    return flattenAxes(x, to, selectors(axis, more));
  }

  /** One axis becomes several, the first varying slowest. */
  public static NamedArray unflattenAxis(NamedArray x, AxisSelector axis, Axis... to) {
    return Shapes.unflatten(x, axis.name(), to);
  }

  /** One axis becomes several, the first varying slowest. */
  public static NamedArray unflattenAxis(NamedArray x, String axis, Axis... to) {
    return unflattenAxis(x, new AxisName(axis), to);
  }

  /** Arrays with the same axes side by side along a new first axis. */
  public static NamedArray stack(Axis axis, List<NamedArray> xs) {
    return Shapes.stack(axis, xs);
  }

  /** Arrays one after another along an axis that they have. */
  public static NamedArray concatenate(AxisSelector axis, List<NamedArray> xs) {
    return Shapes.concatenate(axis.name(), xs);
  }

  /** Arrays one after another along an axis that they have. */
  public static NamedArray concatenate(String axis, List<NamedArray> xs) {
    return concatenate(new AxisName(axis), xs);
  }

  /** Adds lo elements of a value before and hi after along an axis. */
  public static NamedArray pad(NamedArray x, AxisSelector axis, int lo, int hi, Number value) {
    return Shapes.pad(x, axis.name(), lo, hi, Ops.number(value, x.dtype()));
  }

  /** Adds lo elements of a value before and hi after along an axis. */
  public static NamedArray pad(NamedArray x, String axis, int lo, int hi, Number value) {
    return pad(x, new AxisName(axis), lo, hi, value);
  }

  /** The elements along an axis in the other direction. */
  public static NamedArray flip(NamedArray x, AxisSelector axis) {
    return x.get(new Selections.Span(axis.name(), null, null, -1));
  }

  /** The elements along an axis in the other direction. */
  public static NamedArray flip(NamedArray x, String axis) {
    return flip(x, new AxisName(axis));
  }

  /** The elements along an axis moved on by {@code shift} places, the last ones coming first. */
  public static NamedArray roll(NamedArray x, int shift, AxisSelector axis) {
    return Shapes.roll(x, shift, axis.name());
  }

  /** The elements along an axis moved on by {@code shift} places, the last ones coming first. */
  public static NamedArray roll(NamedArray x, int shift, String axis) {
    return roll(x, shift, new AxisName(axis));
  }

  /** The elements at the given positions along an axis: {@code x.get(at(axis, index))}. */
  public static NamedArray take(NamedArray x, AxisSelector axis, NamedArray index) {
    return x.get(new Selections.Many(axis.name(), index));
  }

  /** The elements at the given positions along an axis. */
  public static NamedArray take(NamedArray x, String axis, NamedArray index) {
    return take(x, new AxisName(axis), index);
  }

  /** 1 at the index along a new last axis, 0 elsewhere, float32. */
  public static NamedArray oneHot(NamedArray index, Axis axis) {
    NamedArray hit = index.eq(arange(axis, index.dtype()));
    var order = new ArrayList<>(index.type().dims());
    order.add(axis.dim());
    return Ops.broadcast(hit.astype(DType.FLOAT32), order);
  }

  // ---------------------------------------------------------------- along an axis

  /** Running sums. */
  public static NamedArray cumsum(NamedArray x, AxisSelector axis) {
    Ops.reduced(x, List.of(axis.name()));
    return Ops.emit(new Op.CumSum(axis.name(), false), numeric(x));
  }

  /** Running sums. */
  public static NamedArray cumsum(NamedArray x, String axis) {
    return cumsum(x, new AxisName(axis));
  }

  /** Running products. */
  public static NamedArray cumprod(NamedArray x, AxisSelector axis) {
    if (x.dtype().isHalf()) {
      return cumprod(Ops.cast(x, DType.FLOAT32), axis).astype(x.dtype());
    }
    return Shapes.running(Fn.Binary.MUL, numeric(x), axis.name());
  }

  /** Running products. */
  public static NamedArray cumprod(NamedArray x, String axis) {
    return cumprod(x, new AxisName(axis));
  }

  /** Running maxima. */
  public static NamedArray cummax(NamedArray x, AxisSelector axis) {
    return Shapes.running(Fn.Binary.MAX, x, axis.name());
  }

  /** Running maxima. */
  public static NamedArray cummax(NamedArray x, String axis) {
    return cummax(x, new AxisName(axis));
  }

  /** Running minima. */
  public static NamedArray cummin(NamedArray x, AxisSelector axis) {
    return Shapes.running(Fn.Binary.MIN, x, axis.name());
  }

  /** Running minima. */
  public static NamedArray cummin(NamedArray x, String axis) {
    return cummin(x, new AxisName(axis));
  }

  /** The elements along an axis in ascending order; NaN last. */
  public static NamedArray sort(NamedArray x, AxisSelector axis) {
    return Shapes.takeAlong(x, axis.name(), argsort(x, axis));
  }

  /** The elements along an axis in ascending order; NaN last. */
  public static NamedArray sort(NamedArray x, String axis) {
    return sort(x, new AxisName(axis));
  }

  /** The positions that sort an axis, int32; equal elements keep their order. */
  public static NamedArray argsort(NamedArray x, AxisSelector axis) {
    Ops.reduced(x, List.of(axis.name()));
    return Ops.emit(new Op.ArgSort(axis.name(), false), x);
  }

  /** The positions that sort an axis, int32. */
  public static NamedArray argsort(NamedArray x, String axis) {
    return argsort(x, new AxisName(axis));
  }

  /**
   * The k largest elements along an axis, in descending order, and their positions.
   *
   * @throws AxialException if the axis has fewer than k elements
   */
  public static TopK topK(NamedArray x, AxisSelector axis, int k) {
    Ops.reduced(x, List.of(axis.name()));
    int n = x.type().dim(axis.name()).size();
    if (k < 0 || k > n) {
      throw Errors.error(
          "topK along axis '%s' of size %d has k = %d; expected 0 to %d.", axis.name(), n, k, n);
    }
    NamedArray order =
        Ops.emit(new Op.ArgSort(axis.name(), true), x)
            .get(new Selections.Span(axis.name(), 0, k, 1));
    return new TopK(Shapes.takeAlong(x, axis.name(), order), order);
  }

  /** The k largest elements along an axis, in descending order, and their positions. */
  public static TopK topK(NamedArray x, String axis, int k) {
    return topK(x, new AxisName(axis), k);
  }

  /** The result of {@link #topK}. */
  public record TopK(NamedArray values, NamedArray indices) {}

  /**
   * The first position at which each value could be put into the ascending axis of {@code sorted}
   * and leave it ascending, int32; other axes are aligned by name. NaN comes last, as in {@link
   * #sort}.
   */
  public static NamedArray searchsorted(NamedArray sorted, AxisSelector axis, NamedArray values) {
    return Shapes.searchSorted(sorted, axis.name(), values);
  }

  /** The first position at which each value could be put into the ascending axis. */
  public static NamedArray searchsorted(NamedArray sorted, String axis, NamedArray values) {
    return searchsorted(sorted, new AxisName(axis), values);
  }

  /** Element by element along an axis: {@code out[…, j] = x[…, index[…, j]]}. */
  public static NamedArray takeAlong(NamedArray x, AxisSelector axis, NamedArray index) {
    return Shapes.takeAlong(x, axis.name(), index);
  }

  /** Element by element along an axis. */
  public static NamedArray takeAlong(NamedArray x, String axis, NamedArray index) {
    return takeAlong(x, new AxisName(axis), index);
  }

  // ---------------------------------------------------------------- random keys

  /**
   * A random key: an opaque scalar, from which {@code dev.axial.random.Random} draws. The low word
   * is the seed's low 32 bits, the high word the others. Mirrors {@code jax.random.key} with 64-bit
   * types enabled; without, JAX drops all but the low 32 bits, so the two differ for seeds that are
   * negative or above 2^32 - 1.
   */
  public static NamedArray key(long seed) {
    return Ops.constant(DType.KEY, seed);
  }

  // ---------------------------------------------------------------- references

  /** A new reference that holds a copy of the array. */
  public static NamedRef newRef(NamedArray v) {
    return NamedRef.make(v);
  }

  /** A new float32 reference. */
  public static NamedRef newRef(float[] v, Axis... axes) {
    return NamedRef.make(array(v, axes));
  }

  /** A new float64 reference. */
  public static NamedRef newRef(double[] v, Axis... axes) {
    return NamedRef.make(array(v, axes));
  }

  /** A new int32 reference. */
  public static NamedRef newRef(int[] v, Axis... axes) {
    return NamedRef.make(array(v, axes));
  }

  /** A new int64 reference. */
  public static NamedRef newRef(long[] v, Axis... axes) {
    return NamedRef.make(array(v, axes));
  }

  /** A new boolean reference. */
  public static NamedRef newRef(boolean[] v, Axis... axes) {
    return NamedRef.make(array(v, axes));
  }

  /** A new reference with the bytes of a segment or buffer, in native order. */
  public static NamedRef newRef(java.lang.foreign.MemorySegment bytes, DType t, Axis... axes) {
    return NamedRef.make(Shapes.fromSegment(bytes, t, dims(axes)));
  }

  /** A new float32 reference with the remaining elements of a buffer. */
  public static NamedRef newRef(java.nio.FloatBuffer v, Axis... axes) {
    var a = new float[v.remaining()];
    v.duplicate().get(a);
    return newRef(a, axes);
  }

  /** A new reference of zeros. */
  public static NamedRef emptyRef(DType t, Axis... axes) {
    if (Trace.current() == null) {
      var type = new ArrayType(t, dims(axes));
      return NamedRef.owning(type, Store.zeros(t, type.size()));
    }
    return NamedRef.make(zeros(t, axes));
  }

  /** Ends the life of a reference without reading it. */
  public static void free(NamedRef r) {
    r.end("freed", false);
  }

  /** Ends the life of a reference and gives its final contents. */
  @CanIgnoreReturnValue
  public static NamedArray freeze(NamedRef r) {
    return r.freeze();
  }

  /** The selected contents. */
  public static NamedArray get(NamedRef r, Selection... selections) {
    return r.get(selections);
  }

  /** Stores a value and returns what was there. */
  @CanIgnoreReturnValue
  public static NamedArray swap(NamedRef r, NamedArray v, Selection... selections) {
    return r.slice(selections).swap(v);
  }

  /** Stores a number and returns what was there. */
  @CanIgnoreReturnValue
  public static NamedArray swap(NamedRef r, Number v, Selection... selections) {
    return r.slice(selections).swap(v);
  }

  // ---------------------------------------------------------------- functions as data

  private static <R> Tracing.Fun fun(Supplier<R> f) {
    return _ -> f.get();
  }

  private static Tracing.Fun proc(Runnable f) {
    return _ -> {
      f.run();
      return null;
    };
  }

  @SuppressWarnings("unchecked")
  private static <A, R> Tracing.Fun fun(Function<A, R> f) {
    return x -> f.apply((A) x[0]);
  }

  @SuppressWarnings("unchecked")
  private static <A> Tracing.Fun proc(Proc1<A> f) {
    return x -> {
      f.run((A) x[0]);
      return null;
    };
  }

  @SuppressWarnings("unchecked")
  private static <A, B, R> Tracing.Fun fun(BiFunction<A, B, R> f) {
    return x -> f.apply((A) x[0], (B) x[1]);
  }

  @SuppressWarnings("unchecked")
  private static <A, B> Tracing.Fun proc(Proc2<A, B> f) {
    return x -> {
      f.run((A) x[0], (B) x[1]);
      return null;
    };
  }

  @SuppressWarnings("unchecked")
  private static <A, B, C, R> Tracing.Fun fun(Fn3<A, B, C, R> f) {
    return x -> f.apply((A) x[0], (B) x[1], (C) x[2]);
  }

  @SuppressWarnings("unchecked")
  private static <A, B, C> Tracing.Fun proc(Proc3<A, B, C> f) {
    return x -> {
      f.run((A) x[0], (B) x[1], (C) x[2]);
      return null;
    };
  }

  @SuppressWarnings("unchecked")
  private static <A, B, C, D, R> Tracing.Fun fun(Fn4<A, B, C, D, R> f) {
    return x -> f.apply((A) x[0], (B) x[1], (C) x[2], (D) x[3]);
  }

  @SuppressWarnings("unchecked")
  private static <A, B, C, D> Tracing.Fun proc(Proc4<A, B, C, D> f) {
    return x -> {
      f.run((A) x[0], (B) x[1], (C) x[2], (D) x[3]);
      return null;
    };
  }

  private static @Nullable Object[] args(@Nullable Object... a) {
    return a;
  }

  /** Runs a transformation now: in the current trace, or in one of its own. */
  private static <T> T now(String what, Supplier<@Nullable Object> body) {
    return Tree.unchecked(Tracing.now(what, () -> new Box(body.get())).value());
  }

  private record Box(@Nullable Object value) {}

  // ---------------------------------------------------------------- jit

  /** The function compiled once; what it uses is captured. Mirrors {@code jax.jit}. */
  public static <R> Jitted.Of0<R> jit(Supplier<R> f) {
    var j = new Jit("the function jitted", fun(f));
    return Same.jitted0(
        List.of("jit", f), () -> Tree.unchecked(j.call(args())), out -> j.callInto(out, args()));
  }

  /** The procedure compiled once; the references that it writes are captured. */
  public static Runnable jitProc(Runnable f) {
    var j = new Jit("the procedure jitted", proc(f));
    return Same.procedure0(List.of("jitProc", f), () -> j.call(args()));
  }

  /** The function traced: its program, and what will run. */
  public static <R> Lowered lower(Supplier<R> f) {
    return new Jit("the function lowered", fun(f)).lower(args());
  }

  /** The procedure traced: its program, and what will run. */
  public static Lowered lowerProc(Runnable f) {
    return new Jit("the procedure lowered", proc(f)).lower(args());
  }

  /** The program of a function without arguments. Mirrors {@code jax.make_jaxpr}. */
  public static <R> Program program(Supplier<R> f) {
    return lower(f).program();
  }

  /** The program of a procedure without arguments. */
  public static Program programProc(Runnable f) {
    return lowerProc(f).program();
  }

  /** The function compiled once for each structure of its arguments. Mirrors {@code jax.jit}. */
  @SuppressWarnings("unchecked")
  public static <A, R> Jitted.Of1<A, R> jit(Function<A, R> f) {
    var j = new Jit("the function jitted", fun(f));
    return Same.jitted1(
        List.of("jit", f),
        a -> Tree.unchecked(j.call(args(a))),
        (out, a) -> j.callInto(out, args(a)));
  }

  /** The procedure compiled once for each structure of its arguments. */
  public static <A> Proc1<A> jitProc(Proc1<A> f) {
    var j = new Jit("the procedure jitted", proc(f));
    return Same.procedure1(List.of("jitProc", f), a -> j.call(args(a)));
  }

  /** The function traced for these arguments: its program, and what will run. */
  public static <A, R> Lowered lower(Function<A, R> f, A a) {
    return new Jit("the function lowered", fun(f)).lower(args(a));
  }

  /** The procedure traced for these arguments. */
  public static <A> Lowered lowerProc(Proc1<A> f, A a) {
    return new Jit("the procedure lowered", proc(f)).lower(args(a));
  }

  /** The program of a function for these arguments. Mirrors {@code jax.make_jaxpr}. */
  public static <A, R> Program program(Function<A, R> f, A a) {
    return lower(f, a).program();
  }

  /** The program of a procedure for these arguments: references among them are its parameters. */
  public static <A> Program programProc(Proc1<A> f, A a) {
    return lowerProc(f, a).program();
  }

  /** The function compiled once for each structure of its arguments. Mirrors {@code jax.jit}. */
  @SuppressWarnings("unchecked")
  public static <A, B, R> Jitted.Of2<A, B, R> jit(BiFunction<A, B, R> f) {
    var j = new Jit("the function jitted", fun(f));
    return Same.jitted2(
        List.of("jit", f),
        (a, b) -> Tree.unchecked(j.call(args(a, b))),
        (out, a, b) -> j.callInto(out, args(a, b)));
  }

  /** The procedure compiled once for each structure of its arguments. */
  public static <A, B> Proc2<A, B> jitProc(Proc2<A, B> f) {
    var j = new Jit("the procedure jitted", proc(f));
    return Same.procedure2(List.of("jitProc", f), (a, b) -> j.call(args(a, b)));
  }

  /** The function traced for these arguments: its program, and what will run. */
  public static <A, B, R> Lowered lower(BiFunction<A, B, R> f, A a, B b) {
    return new Jit("the function lowered", fun(f)).lower(args(a, b));
  }

  /** The procedure traced for these arguments. */
  public static <A, B> Lowered lowerProc(Proc2<A, B> f, A a, B b) {
    return new Jit("the procedure lowered", proc(f)).lower(args(a, b));
  }

  /** The program of a function for these arguments. Mirrors {@code jax.make_jaxpr}. */
  public static <A, B, R> Program program(BiFunction<A, B, R> f, A a, B b) {
    return lower(f, a, b).program();
  }

  /** The program of a procedure for these arguments: references among them are its parameters. */
  public static <A, B> Program programProc(Proc2<A, B> f, A a, B b) {
    return lowerProc(f, a, b).program();
  }

  /** The function compiled once for each structure of its arguments. Mirrors {@code jax.jit}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, R> Jitted.Of3<A, B, C, R> jit(Fn3<A, B, C, R> f) {
    var j = new Jit("the function jitted", fun(f));
    return Same.jitted3(
        List.of("jit", f),
        (a, b, c) -> Tree.unchecked(j.call(args(a, b, c))),
        (out, a, b, c) -> j.callInto(out, args(a, b, c)));
  }

  /** The procedure compiled once for each structure of its arguments. */
  public static <A, B, C> Proc3<A, B, C> jitProc(Proc3<A, B, C> f) {
    var j = new Jit("the procedure jitted", proc(f));
    return Same.procedure3(List.of("jitProc", f), (a, b, c) -> j.call(args(a, b, c)));
  }

  /** The function traced for these arguments: its program, and what will run. */
  public static <A, B, C, R> Lowered lower(Fn3<A, B, C, R> f, A a, B b, C c) {
    return new Jit("the function lowered", fun(f)).lower(args(a, b, c));
  }

  /** The procedure traced for these arguments. */
  public static <A, B, C> Lowered lowerProc(Proc3<A, B, C> f, A a, B b, C c) {
    return new Jit("the procedure lowered", proc(f)).lower(args(a, b, c));
  }

  /** The program of a function for these arguments. Mirrors {@code jax.make_jaxpr}. */
  public static <A, B, C, R> Program program(Fn3<A, B, C, R> f, A a, B b, C c) {
    return lower(f, a, b, c).program();
  }

  /** The program of a procedure for these arguments: references among them are its parameters. */
  public static <A, B, C> Program programProc(Proc3<A, B, C> f, A a, B b, C c) {
    return lowerProc(f, a, b, c).program();
  }

  /** The function compiled once for each structure of its arguments. Mirrors {@code jax.jit}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, D, R> Jitted.Of4<A, B, C, D, R> jit(Fn4<A, B, C, D, R> f) {
    var j = new Jit("the function jitted", fun(f));
    return Same.jitted4(
        List.of("jit", f),
        (a, b, c, d) -> Tree.unchecked(j.call(args(a, b, c, d))),
        (out, a, b, c, d) -> j.callInto(out, args(a, b, c, d)));
  }

  /** The procedure compiled once for each structure of its arguments. */
  public static <A, B, C, D> Proc4<A, B, C, D> jitProc(Proc4<A, B, C, D> f) {
    var j = new Jit("the procedure jitted", proc(f));
    return Same.procedure4(List.of("jitProc", f), (a, b, c, d) -> j.call(args(a, b, c, d)));
  }

  /** The function traced for these arguments: its program, and what will run. */
  public static <A, B, C, D, R> Lowered lower(Fn4<A, B, C, D, R> f, A a, B b, C c, D d) {
    return new Jit("the function lowered", fun(f)).lower(args(a, b, c, d));
  }

  /** The procedure traced for these arguments. */
  public static <A, B, C, D> Lowered lowerProc(Proc4<A, B, C, D> f, A a, B b, C c, D d) {
    return new Jit("the procedure lowered", proc(f)).lower(args(a, b, c, d));
  }

  /** The program of a function for these arguments. Mirrors {@code jax.make_jaxpr}. */
  public static <A, B, C, D, R> Program program(Fn4<A, B, C, D, R> f, A a, B b, C c, D d) {
    return lower(f, a, b, c, d).program();
  }

  /** The program of a procedure for these arguments: references among them are its parameters. */
  public static <A, B, C, D> Program programProc(Proc4<A, B, C, D> f, A a, B b, C c, D d) {
    return lowerProc(f, a, b, c, d).program();
  }

  // ---------------------------------------------------------------- gradients

  /** A value and a gradient. */
  public record ValueAndGrad<G>(NamedArray value, G grad) {}

  /** A value, more results, and a gradient. */
  public record ValueAuxAndGrad<G, X>(NamedArray value, X aux, G grad) {}

  /** What a function gives to {@link #valueAndGradAux}: the loss, and anything beside it. */
  public record Aux<X>(NamedArray loss, X aux) {}

  /** A loss and anything beside it. */
  public static <X> Aux<X> aux(NamedArray loss, X more) {
    return new Aux<>(loss, more);
  }

  /**
   * The gradient of a function with a scalar result, with respect to its first argument: a tree of
   * the same structure, with gradients in place of floating-point arrays. Mirrors {@code jax.grad}.
   */
  public static <A> Function<A, A> grad(Function<A, NamedArray> f) {
    return Same.function1(
        List.of("grad", f),
        a -> now("grad", () -> Grads.valueAndGrad("grad", fun(f), 0, false, args(a)).grad()));
  }

  /** Value and gradient with respect to the first argument. Mirrors {@code jax.value_and_grad}. */
  @SuppressWarnings("unchecked")
  public static <A> Function<A, ValueAndGrad<A>> valueAndGrad(Function<A, NamedArray> f) {
    return Same.function1(
        List.of("valueAndGrad", f),
        a ->
            now(
                "valueAndGrad",
                () -> {
                  Grads.Result r = Grads.valueAndGrad("valueAndGrad", fun(f), 0, false, args(a));
                  return new ValueAndGrad<>(r.value(), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** Value, more results and gradient of a function that gives {@link #aux}. */
  @SuppressWarnings("unchecked")
  public static <A, X> Function<A, ValueAuxAndGrad<A, X>> valueAndGradAux(Function<A, Aux<X>> f) {
    return Same.function1(
        List.of("valueAndGradAux", f),
        a ->
            now(
                "valueAndGradAux",
                () -> {
                  Grads.Result r = Grads.valueAndGrad("valueAndGradAux", fun(f), 0, true, args(a));
                  return new ValueAuxAndGrad<>(
                      r.value(), Tree.<X>unchecked(r.aux()), Tree.<A>unchecked(r.grad()));
                }));
  }

  /**
   * The gradient of a function with a scalar result, with respect to its first argument: a tree of
   * the same structure, with gradients in place of floating-point arrays. Mirrors {@code jax.grad}.
   */
  public static <A, B> BiFunction<A, B, A> grad(BiFunction<A, B, NamedArray> f) {
    return Same.function2(
        List.of("grad", f),
        (a, b) ->
            now("grad", () -> Grads.valueAndGrad("grad", fun(f), 0, false, args(a, b)).grad()));
  }

  /** Value and gradient with respect to the first argument. Mirrors {@code jax.value_and_grad}. */
  @SuppressWarnings("unchecked")
  public static <A, B> BiFunction<A, B, ValueAndGrad<A>> valueAndGrad(
      BiFunction<A, B, NamedArray> f) {
    return Same.function2(
        List.of("valueAndGrad", f),
        (a, b) ->
            now(
                "valueAndGrad",
                () -> {
                  Grads.Result r = Grads.valueAndGrad("valueAndGrad", fun(f), 0, false, args(a, b));
                  return new ValueAndGrad<>(r.value(), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** Value, more results and gradient of a function that gives {@link #aux}. */
  @SuppressWarnings("unchecked")
  public static <A, B, X> BiFunction<A, B, ValueAuxAndGrad<A, X>> valueAndGradAux(
      BiFunction<A, B, Aux<X>> f) {
    return Same.function2(
        List.of("valueAndGradAux", f),
        (a, b) ->
            now(
                "valueAndGradAux",
                () -> {
                  Grads.Result r =
                      Grads.valueAndGrad("valueAndGradAux", fun(f), 0, true, args(a, b));
                  return new ValueAuxAndGrad<>(
                      r.value(), Tree.<X>unchecked(r.aux()), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** The gradient with respect to the argument at a position from 0. */
  @SuppressWarnings("unchecked")
  public static <A, B, G> BiFunction<A, B, G> gradAt(BiFunction<A, B, NamedArray> f, int argument) {
    position(argument, 2);
    return Same.function2(
        List.of("gradAt", f, argument),
        (a, b) ->
            (G)
                now(
                    "gradAt",
                    () ->
                        Grads.valueAndGrad("gradAt", fun(f), argument, false, args(a, b)).grad()));
  }

  /**
   * The gradient of a function with a scalar result, with respect to its first argument: a tree of
   * the same structure, with gradients in place of floating-point arrays. Mirrors {@code jax.grad}.
   */
  public static <A, B, C> Fn3<A, B, C, A> grad(Fn3<A, B, C, NamedArray> f) {
    return Same.function3(
        List.of("grad", f),
        (a, b, c) ->
            now("grad", () -> Grads.valueAndGrad("grad", fun(f), 0, false, args(a, b, c)).grad()));
  }

  /** Value and gradient with respect to the first argument. Mirrors {@code jax.value_and_grad}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C> Fn3<A, B, C, ValueAndGrad<A>> valueAndGrad(Fn3<A, B, C, NamedArray> f) {
    return Same.function3(
        List.of("valueAndGrad", f),
        (a, b, c) ->
            now(
                "valueAndGrad",
                () -> {
                  Grads.Result r =
                      Grads.valueAndGrad("valueAndGrad", fun(f), 0, false, args(a, b, c));
                  return new ValueAndGrad<>(r.value(), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** Value, more results and gradient of a function that gives {@link #aux}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, X> Fn3<A, B, C, ValueAuxAndGrad<A, X>> valueAndGradAux(
      Fn3<A, B, C, Aux<X>> f) {
    return Same.function3(
        List.of("valueAndGradAux", f),
        (a, b, c) ->
            now(
                "valueAndGradAux",
                () -> {
                  Grads.Result r =
                      Grads.valueAndGrad("valueAndGradAux", fun(f), 0, true, args(a, b, c));
                  return new ValueAuxAndGrad<>(
                      r.value(), Tree.<X>unchecked(r.aux()), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** The gradient with respect to the argument at a position from 0. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, G> Fn3<A, B, C, G> gradAt(Fn3<A, B, C, NamedArray> f, int argument) {
    position(argument, 3);
    return Same.function3(
        List.of("gradAt", f, argument),
        (a, b, c) ->
            (G)
                now(
                    "gradAt",
                    () ->
                        Grads.valueAndGrad("gradAt", fun(f), argument, false, args(a, b, c))
                            .grad()));
  }

  /**
   * The gradient of a function with a scalar result, with respect to its first argument: a tree of
   * the same structure, with gradients in place of floating-point arrays. Mirrors {@code jax.grad}.
   */
  public static <A, B, C, D> Fn4<A, B, C, D, A> grad(Fn4<A, B, C, D, NamedArray> f) {
    return Same.function4(
        List.of("grad", f),
        (a, b, c, d) ->
            now(
                "grad",
                () -> Grads.valueAndGrad("grad", fun(f), 0, false, args(a, b, c, d)).grad()));
  }

  /** Value and gradient with respect to the first argument. Mirrors {@code jax.value_and_grad}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, D> Fn4<A, B, C, D, ValueAndGrad<A>> valueAndGrad(
      Fn4<A, B, C, D, NamedArray> f) {
    return Same.function4(
        List.of("valueAndGrad", f),
        (a, b, c, d) ->
            now(
                "valueAndGrad",
                () -> {
                  Grads.Result r =
                      Grads.valueAndGrad("valueAndGrad", fun(f), 0, false, args(a, b, c, d));
                  return new ValueAndGrad<>(r.value(), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** Value, more results and gradient of a function that gives {@link #aux}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, D, X> Fn4<A, B, C, D, ValueAuxAndGrad<A, X>> valueAndGradAux(
      Fn4<A, B, C, D, Aux<X>> f) {
    return Same.function4(
        List.of("valueAndGradAux", f),
        (a, b, c, d) ->
            now(
                "valueAndGradAux",
                () -> {
                  Grads.Result r =
                      Grads.valueAndGrad("valueAndGradAux", fun(f), 0, true, args(a, b, c, d));
                  return new ValueAuxAndGrad<>(
                      r.value(), Tree.<X>unchecked(r.aux()), Tree.<A>unchecked(r.grad()));
                }));
  }

  /** The gradient with respect to the argument at a position from 0. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, D, G> Fn4<A, B, C, D, G> gradAt(
      Fn4<A, B, C, D, NamedArray> f, int argument) {
    position(argument, 4);
    return Same.function4(
        List.of("gradAt", f, argument),
        (a, b, c, d) ->
            (G)
                now(
                    "gradAt",
                    () ->
                        Grads.valueAndGrad("gradAt", fun(f), argument, false, args(a, b, c, d))
                            .grad()));
  }

  private static void position(int argument, int n) {
    if (argument < 0 || argument >= n) {
      throw Errors.error(
          "argument %d of a function with %d arguments; positions start at 0.", argument, n);
    }
  }

  /** A value and its tangent. */
  public record Jvp<R>(R value, R tangent) {}

  private static @Nullable Object jvp(
      Tracing.Fun f, @Nullable Object[] xs, @Nullable Object[] dxs) {
    return now("jvp", () -> Grads.jvp("jvp", f, xs, dxs));
  }

  /** The value at a point and the derivative along a tangent. Mirrors {@code jax.jvp}. */
  @SuppressWarnings("unchecked")
  public static <A, R> Jvp<R> jvp(Function<A, R> f, A a, A da) {
    return Tree.unchecked(jvp(fun(f), args(a), args(da)));
  }

  /** The value at a point and the derivative along a tangent. Mirrors {@code jax.jvp}. */
  @SuppressWarnings("unchecked")
  public static <A, B, R> Jvp<R> jvp(BiFunction<A, B, R> f, A a, B b, A da, B db) {
    return Tree.unchecked(jvp(fun(f), args(a, b), args(da, db)));
  }

  /** The value at a point and the derivative along a tangent. Mirrors {@code jax.jvp}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, R> Jvp<R> jvp(Fn3<A, B, C, R> f, A a, B b, C c, A da, B db, C dc) {
    return Tree.unchecked(jvp(fun(f), args(a, b, c), args(da, db, dc)));
  }

  /** The value at a point and the derivative along a tangent. Mirrors {@code jax.jvp}. */
  @SuppressWarnings("unchecked")
  public static <A, B, C, D, R> Jvp<R> jvp(
      Fn4<A, B, C, D, R> f, A a, B b, C c, D d, A da, B db, C dc, D dd) {
    return Tree.unchecked(jvp(fun(f), args(a, b, c, d), args(da, db, dc, dd)));
  }

  /** The value of a function at a point, and its derivative there as a function of the tangent. */
  public record Linearized<A, R>(R value, Function<A, R> tangent) {}

  /**
   * The value at a point and the derivative there. Mirrors {@code jax.linearize}. The function runs
   * again for each tangent, so it must not write references from outside.
   */
  public static <A, R> Linearized<A, R> linearize(Function<A, R> f, A a) {
    R value = now("linearize", () -> f.apply(a));
    return new Linearized<>(value, da -> jvp(f, a, da).tangent());
  }

  /** A function at a point and its transposed derivative there. */
  public interface Vjp<A, R> {
    /** The value. */
    R value();

    /** The gradients for a cotangent of the value, as a tree like the argument. */
    @CanIgnoreReturnValue
    A apply(R ct);

    /**
     * The same with gradients added into references: a tree like the argument that holds a
     * reference or view for each leaf, or {@link #DONT_WANT}, or for an array {@link #GRAD_VALUE}.
     * A whole reference takes gradients on the way, a view takes them when they are finished. The
     * gradient reference of an argument that is a view has the axes of the view, or those of what
     * it is a view of.
     */
    Vjp<A, R> withRefs(Object gradTree);
  }

  /** In {@link Vjp#withRefs}: this gradient is not wanted. */
  public static final NamedRef DONT_WANT =
      NamedRef.owning(ArrayType.scalar(DType.FLOAT32), Store.zeros(DType.FLOAT32, 1).retain());

  /** In {@link Vjp#withRefs}: this gradient of an array comes back as a value. */
  public static final NamedRef GRAD_VALUE =
      NamedRef.owning(ArrayType.scalar(DType.FLOAT32), Store.zeros(DType.FLOAT32, 1).retain());

  /** The value at a point and the transposed derivative there. Mirrors {@code jax.vjp}. */
  public static <A, R> Vjp<A, R> vjp(Function<A, R> f, A a) {
    return new Grads.Pullback<>("vjp", fun(f), args(a), true);
  }

  /** The same for several arguments: gradients come as an array with one tree for each. */
  public static <A, B, R> Vjp<Object[], R> vjp(BiFunction<A, B, R> f, A a, B b) {
    return new Grads.Pullback<>("vjp", fun(f), args(a, b), false);
  }

  /** The same for three arguments. */
  public static <A, B, C, R> Vjp<Object[], R> vjp(Fn3<A, B, C, R> f, A a, B b, C c) {
    return new Grads.Pullback<>("vjp", fun(f), args(a, b, c), false);
  }

  /** The same for four arguments. */
  public static <A, B, C, D, R> Vjp<Object[], R> vjp(Fn4<A, B, C, D, R> f, A a, B b, C c, D d) {
    return new Grads.Pullback<>("vjp", fun(f), args(a, b, c, d), false);
  }

  /**
   * The derivative of each element of the result by each of the argument: the result's axes, then
   * the argument's. An axis of the argument's whose name is taken gets primes until it is free:
   * {@code X, X'}, and of a Jacobian's Jacobian {@code X, X', X''}. Mirrors {@code jax.jacobian}.
   */
  public static Function<NamedArray, NamedArray> jacobian(Function<NamedArray, NamedArray> f) {
    return Same.function1(
        List.of("jacobian", f), x -> now("jacobian", () -> Jacobians.reverse("jacobian", f, x)));
  }

  /** The same by forward mode, which is better where there are more results than arguments. */
  public static Function<NamedArray, NamedArray> jacobianForward(
      Function<NamedArray, NamedArray> f) {
    return Same.function1(
        List.of("jacobianForward", f),
        x -> now("jacobianForward", () -> Jacobians.forward("jacobianForward", f, x)));
  }

  /**
   * The second derivatives of a function with a scalar result; axes X, X'. Mirrors {@code
   * jax.hessian}.
   */
  public static Function<NamedArray, NamedArray> hessian(Function<NamedArray, NamedArray> f) {
    return Same.function1(
        List.of("hessian", f), x -> now("hessian", () -> Jacobians.hessian(f, x)));
  }

  /** The same value, which carries no derivative. */
  public static NamedArray stopGradient(NamedArray x) {
    return x.isConcrete() && Trace.current() == null ? x : Ops.emit(new Op.StopGradient(), x);
  }

  /** The tree with {@link #stopGradient(NamedArray)} applied to its arrays. */
  public static <T> T stopGradient(T tree) {
    return Tree.map((NamedArray x) -> stopGradient(x), tree);
  }

  // ---------------------------------------------------------------- custom derivatives

  /** What a forward rule gives: the result, and what the backward rule needs. */
  public record Residuals<R, S>(R out, S saved) {}

  /** The result of a forward rule. */
  public static <R, S> Residuals<R, S> residuals(R out, S saved) {
    return new Residuals<>(out, saved);
  }

  /** Gradients of several arguments, in order, as a backward rule gives them; null means none. */
  public record Gradients(List<@Nullable Object> parts) {}

  /** Gradients of several arguments. */
  public static Gradients gradients(@Nullable Object... parts) {
    var all = new ArrayList<@Nullable Object>();
    for (Object part : parts) {
      all.add(part);
    }
    return new Gradients(java.util.Collections.unmodifiableList(all));
  }

  /**
   * A function with a reverse rule of its own: {@code forward} gives the result and what to save,
   * {@code backward} takes what was saved and the cotangent, and gives the gradient. References may
   * be saved if they are arguments. The gradient of one that is only read may be given as a new
   * reference that holds it. The rules may call the function. Mirrors {@code jax.custom_vjp}.
   */
  @SuppressWarnings("unchecked")
  public static <A, R, S> Function<A, R> customVjp(
      Function<A, R> f, Function<A, Residuals<R, S>> forward, BiFunction<S, R, A> backward) {
    return Same.function1(
        List.of("customVjp", f, forward, backward),
        a ->
            now(
                "customVjp",
                () ->
                    Custom.vjp(
                        List.of(f, forward, backward),
                        fun(f),
                        fun(forward),
                        fun(backward),
                        args(a))));
  }

  /** The same for 2 arguments; the backward rule gives {@link #gradients}. */
  public static <A, B, R, S> BiFunction<A, B, R> customVjp(
      BiFunction<A, B, R> f,
      BiFunction<A, B, Residuals<R, S>> forward,
      BiFunction<S, R, Gradients> backward) {
    return Same.function2(
        List.of("customVjp", f, forward, backward),
        (a, b) ->
            now(
                "customVjp",
                () ->
                    Custom.vjp(
                        List.of(f, forward, backward),
                        fun(f),
                        fun(forward),
                        fun(backward),
                        args(a, b))));
  }

  /** The same for 3 arguments; the backward rule gives {@link #gradients}. */
  public static <A, B, C, R, S> Fn3<A, B, C, R> customVjp(
      Fn3<A, B, C, R> f,
      Fn3<A, B, C, Residuals<R, S>> forward,
      BiFunction<S, R, Gradients> backward) {
    return Same.function3(
        List.of("customVjp", f, forward, backward),
        (a, b, c) ->
            now(
                "customVjp",
                () ->
                    Custom.vjp(
                        List.of(f, forward, backward),
                        fun(f),
                        fun(forward),
                        fun(backward),
                        args(a, b, c))));
  }

  /** The same for 4 arguments; the backward rule gives {@link #gradients}. */
  public static <A, B, C, D, R, S> Fn4<A, B, C, D, R> customVjp(
      Fn4<A, B, C, D, R> f,
      Fn4<A, B, C, D, Residuals<R, S>> forward,
      BiFunction<S, R, Gradients> backward) {
    return Same.function4(
        List.of("customVjp", f, forward, backward),
        (a, b, c, d) ->
            now(
                "customVjp",
                () ->
                    Custom.vjp(
                        List.of(f, forward, backward),
                        fun(f),
                        fun(forward),
                        fun(backward),
                        args(a, b, c, d))));
  }

  /**
   * A function with a forward rule of its own, which takes a point and a tangent and gives {@code
   * new Jvp<>(value, tangent)}; it must be linear in the tangent, and serves reverse mode too. The
   * rule may call the function. Mirrors {@code jax.custom_jvp}.
   */
  public static <A, R> Function<A, R> customJvp(Function<A, R> f, BiFunction<A, A, Jvp<R>> rule) {
    return Same.function1(
        List.of("customJvp", f, rule),
        a -> now("customJvp", () -> Custom.jvp(List.of(f, rule), fun(f), fun(rule), args(a))));
  }

  /** The same for two arguments; the rule takes both points, then both tangents. */
  public static <A, B, R> BiFunction<A, B, R> customJvp(
      BiFunction<A, B, R> f, Fn4<A, B, A, B, Jvp<R>> rule) {
    return Same.function2(
        List.of("customJvp", f, rule),
        (a, b) ->
            now("customJvp", () -> Custom.jvp(List.of(f, rule), fun(f), fun(rule), args(a, b))));
  }

  /**
   * The function, whose inside a backward pass computes again instead of saving it. References from
   * outside are written once, in the forward pass. Mirrors {@code jax.checkpoint}.
   */
  public static <A, R> Function<A, R> checkpoint(Function<A, R> f) {
    return Same.function1(
        List.of("checkpoint", f), a -> now("checkpoint", () -> Custom.checkpoint(fun(f), args(a))));
  }

  /**
   * The function, whose inside a backward pass computes again instead of saving it. Mirrors {@code
   * jax.checkpoint}.
   */
  public static <A, B, R> BiFunction<A, B, R> checkpoint(BiFunction<A, B, R> f) {
    return Same.function2(
        List.of("checkpoint", f),
        (a, b) -> now("checkpoint", () -> Custom.checkpoint(fun(f), args(a, b))));
  }

  /**
   * The function, whose inside a backward pass computes again instead of saving it. Mirrors {@code
   * jax.checkpoint}.
   */
  public static <A, B, C, R> Fn3<A, B, C, R> checkpoint(Fn3<A, B, C, R> f) {
    return Same.function3(
        List.of("checkpoint", f),
        (a, b, c) -> now("checkpoint", () -> Custom.checkpoint(fun(f), args(a, b, c))));
  }

  /**
   * The function, whose inside a backward pass computes again instead of saving it. Mirrors {@code
   * jax.checkpoint}.
   */
  public static <A, B, C, D, R> Fn4<A, B, C, D, R> checkpoint(Fn4<A, B, C, D, R> f) {
    return Same.function4(
        List.of("checkpoint", f),
        (a, b, c, d) -> now("checkpoint", () -> Custom.checkpoint(fun(f), args(a, b, c, d))));
  }

  // ---------------------------------------------------------------- vmap

  /** Marks an argument of a vmapped function as shared although it has the mapped axis. */
  public static <T> T unmapped(T x) {
    Tree.Flat flat = Tree.flatten(x);
    var out = new ArrayList<Tensor>();
    for (Tensor t : flat.leaves()) {
      out.add(
          switch (t) {
            case NamedArray a -> a.asUnmapped();
            case NamedRef r -> r.asUnmapped();
          });
    }
    return Tree.rebuild(flat.structure(), out);
  }

  /**
   * The function at every element of an axis at once. Arguments that have the axis are mapped,
   * others are shared; results have the axis first. It is an error if no argument has it, unless
   * the function asks for its lane with {@link #axisIndex}. Mirrors {@code haliax.vmap}.
   */
  public static <A, R> Function<A, R> vmap(Function<A, R> f, Axis axis) {
    return Same.function1(
        List.of("vmap", f, axis),
        a -> now("vmap", () -> Mapping.vmap("vmap", fun(f), axis, args(a))));
  }

  /** The procedure at every element of an axis at once. */
  public static <A> Proc1<A> vmapProc(Proc1<A> f, Axis axis) {
    return Same.procedure1(
        List.of("vmapProc", f, axis),
        a -> {
          var _ = now("vmap", () -> new Box(Mapping.vmap("vmap", proc(f), axis, args(a))));
        });
  }

  /**
   * The function at every element of an axis at once. Arguments that have the axis are mapped,
   * others are shared; results have the axis first. Mirrors {@code haliax.vmap}.
   */
  public static <A, B, R> BiFunction<A, B, R> vmap(BiFunction<A, B, R> f, Axis axis) {
    return Same.function2(
        List.of("vmap", f, axis),
        (a, b) -> now("vmap", () -> Mapping.vmap("vmap", fun(f), axis, args(a, b))));
  }

  /** The procedure at every element of an axis at once. */
  public static <A, B> Proc2<A, B> vmapProc(Proc2<A, B> f, Axis axis) {
    return Same.procedure2(
        List.of("vmapProc", f, axis),
        (a, b) -> {
          var _ = now("vmap", () -> new Box(Mapping.vmap("vmap", proc(f), axis, args(a, b))));
        });
  }

  /**
   * The function at every element of an axis at once. Arguments that have the axis are mapped,
   * others are shared; results have the axis first. Mirrors {@code haliax.vmap}.
   */
  public static <A, B, C, R> Fn3<A, B, C, R> vmap(Fn3<A, B, C, R> f, Axis axis) {
    return Same.function3(
        List.of("vmap", f, axis),
        (a, b, c) -> now("vmap", () -> Mapping.vmap("vmap", fun(f), axis, args(a, b, c))));
  }

  /** The procedure at every element of an axis at once. */
  public static <A, B, C> Proc3<A, B, C> vmapProc(Proc3<A, B, C> f, Axis axis) {
    return Same.procedure3(
        List.of("vmapProc", f, axis),
        (a, b, c) -> {
          var _ = now("vmap", () -> new Box(Mapping.vmap("vmap", proc(f), axis, args(a, b, c))));
        });
  }

  /**
   * The function at every element of an axis at once. Arguments that have the axis are mapped,
   * others are shared; results have the axis first. Mirrors {@code haliax.vmap}.
   */
  public static <A, B, C, D, R> Fn4<A, B, C, D, R> vmap(Fn4<A, B, C, D, R> f, Axis axis) {
    return Same.function4(
        List.of("vmap", f, axis),
        (a, b, c, d) -> now("vmap", () -> Mapping.vmap("vmap", fun(f), axis, args(a, b, c, d))));
  }

  /** The procedure at every element of an axis at once. */
  public static <A, B, C, D> Proc4<A, B, C, D> vmapProc(Proc4<A, B, C, D> f, Axis axis) {
    return Same.procedure4(
        List.of("vmapProc", f, axis),
        (a, b, c, d) -> {
          var _ = now("vmap", () -> new Box(Mapping.vmap("vmap", proc(f), axis, args(a, b, c, d))));
        });
  }

  // ---------------------------------------------------------------- across the lanes of a vmap

  /**
   * Which lane of the vmap over this axis runs: int32, from 0. Only in a function that is mapped
   * over the axis. Mirrors {@code jax.lax.axis_index}.
   */
  public static NamedArray axisIndex(AxisSelector axis) {
    return Mapping.index(axis);
  }

  /** The same by the axis's name. */
  public static NamedArray axisIndex(String axis) {
    return axisIndex(new AxisName(axis));
  }

  /**
   * The sum of what the lanes of the vmap over this axis have; the same in each lane. Booleans
   * count as int32. The gradient of a lane's value is that of the sum of all lanes' results. Only
   * in a function that is mapped over the axis. Mirrors {@code jax.lax.psum}.
   */
  public static NamedArray psum(NamedArray x, AxisSelector axis) {
    return Mapping.reduce("psum", Fn.Reduce.SUM, x, axis);
  }

  /** The same by the axis's name. */
  public static NamedArray psum(NamedArray x, String axis) {
    return psum(x, new AxisName(axis));
  }

  /** The tree with {@link #psum(NamedArray, AxisSelector)} applied to its arrays. */
  public static <T> T psum(T tree, AxisSelector axis) {
    return Tree.map((NamedArray x) -> psum(x, axis), tree);
  }

  /** The mean of the lanes' values, as {@link #psum}. Mirrors {@code jax.lax.pmean}. */
  public static NamedArray pmean(NamedArray x, AxisSelector axis) {
    return Mapping.mean(x, axis);
  }

  /** The same by the axis's name. */
  public static NamedArray pmean(NamedArray x, String axis) {
    return pmean(x, new AxisName(axis));
  }

  /** The tree with {@link #pmean(NamedArray, AxisSelector)} applied to its arrays. */
  public static <T> T pmean(T tree, AxisSelector axis) {
    return Tree.map((NamedArray x) -> pmean(x, axis), tree);
  }

  /**
   * The largest of the lanes' values, as {@link #psum}. Lanes that tie share the gradient. Mirrors
   * {@code jax.lax.pmax}, which has no derivative.
   */
  public static NamedArray pmax(NamedArray x, AxisSelector axis) {
    return Mapping.reduce("pmax", Fn.Reduce.MAX, x, axis);
  }

  /** The same by the axis's name. */
  public static NamedArray pmax(NamedArray x, String axis) {
    return pmax(x, new AxisName(axis));
  }

  /** The smallest of the lanes' values, as {@link #pmax}. Mirrors {@code jax.lax.pmin}. */
  public static NamedArray pmin(NamedArray x, AxisSelector axis) {
    return Mapping.reduce("pmin", Fn.Reduce.MIN, x, axis);
  }

  /** The same by the axis's name. */
  public static NamedArray pmin(NamedArray x, String axis) {
    return pmin(x, new AxisName(axis));
  }

  /**
   * What all lanes have, along a new first axis {@code to}; the same in each lane. Mirrors {@code
   * jax.lax.all_gather}.
   */
  public static NamedArray allGather(NamedArray x, AxisSelector axis, String to) {
    return Mapping.gather(x, axis, to);
  }

  /** The same by the axis's name. */
  public static NamedArray allGather(NamedArray x, String axis, String to) {
    return allGather(x, new AxisName(axis), to);
  }

  // ---------------------------------------------------------------- loops and branches

  /**
   * What the body of a scan gives, and what a scan gives: the carry, and results stacked along the
   * axis.
   */
  public record Step<C, Y>(C carry, Y y) {}

  /** The next carry and this step's result. */
  public static <C, Y> Step<C, Y> step(C carry, Y y) {
    return new Step<>(carry, y);
  }

  /**
   * Walks along an axis: the body gets the carry and this step's slice of xs (a view, where xs
   * holds a reference), and gives the next carry and a result, which are stacked with the axis
   * first. Mirrors {@code haliax.scan}.
   */
  @CanIgnoreReturnValue
  public static <C, X, Y> Step<C, Y> scan(Axis axis, C init, X xs, BiFunction<C, X, Step<C, Y>> f) {
    return Loops.scan(Loops.Options.of(axis), init, xs, f);
  }

  /** A scan without results: the last carry. Mirrors {@code haliax.fold}. */
  @CanIgnoreReturnValue
  public static <C, X> C fold(Axis axis, C init, X xs, BiFunction<C, X, C> f) {
    return Loops.scan(
            Loops.Options.of(axis),
            init,
            xs,
            (C c, X x) -> new Step<C, List<Object>>(f.apply(c, x), List.of()))
        .carry();
  }

  /** A scan without a carry: the results, stacked. Mirrors {@code haliax.map}. */
  @CanIgnoreReturnValue
  public static <X, Y> Y map(Axis axis, X xs, Function<X, Y> f) {
    return Loops.scan(
            Loops.Options.of(axis),
            List.of(),
            xs,
            (List<Object> c, X x) -> new Step<>(c, f.apply(x)))
        .y();
  }

  /** carry = f(i, carry) for i from lo to hi, exclusive. Mirrors {@code jax.lax.fori_loop}. */
  @CanIgnoreReturnValue
  public static <C> C foriLoop(int lo, int hi, C init, BiFunction<NamedArray, C, C> f) {
    return Loops.foriLoop(lo, hi, init, f);
  }

  /**
   * The same with bounds that are values, of one integer dtype after promotion; {@code i} has it.
   */
  @CanIgnoreReturnValue
  public static <C> C foriLoop(
      NamedArray lo, NamedArray hi, C init, BiFunction<NamedArray, C, C> f) {
    return Loops.foriLoop(lo, hi, init, f);
  }

  /** The same with an upper bound that is a value; {@code i} has its dtype. */
  @CanIgnoreReturnValue
  public static <C> C foriLoop(int lo, NamedArray hi, C init, BiFunction<NamedArray, C, C> f) {
    return Loops.foriLoop(lo, hi, init, f);
  }

  /** The body for i from lo to hi, exclusive; it works on references. */
  public static void forLoop(int lo, int hi, Proc1<NamedArray> f) {
    var _ =
        Loops.foriLoop(
            lo,
            hi,
            List.of(),
            (i, c) -> {
              f.run(i);
              return c;
            });
  }

  /**
   * The same with bounds that are values, of one integer dtype after promotion; {@code i} has it.
   */
  public static void forLoop(NamedArray lo, NamedArray hi, Proc1<NamedArray> f) {
    var _ =
        Loops.foriLoop(
            lo,
            hi,
            List.of(),
            (i, c) -> {
              f.run(i);
              return c;
            });
  }

  /** The same with an upper bound that is a value; {@code i} has its dtype. */
  public static void forLoop(int lo, NamedArray hi, Proc1<NamedArray> f) {
    var _ =
        Loops.foriLoop(
            lo,
            hi,
            List.of(),
            (i, c) -> {
              f.run(i);
              return c;
            });
  }

  /**
   * carry = body(carry) while the condition holds. Reverse mode works too: what it needs goes to a
   * growing stack.
   */
  @CanIgnoreReturnValue
  public static <C> C whileLoop(C init, Function<C, NamedArray> condition, Function<C, C> body) {
    return Loops.whileLoop("whileLoop", init, condition, body);
  }

  /** The result of one of two branches; both are traced, one runs. Mirrors {@code jax.lax.cond}. */
  @CanIgnoreReturnValue
  public static <R> R cond(NamedArray p, Supplier<R> yes, Supplier<R> no) {
    return Loops.cond("cond", p, yes, no);
  }

  /** One of two branches that work on references. */
  public static void condProc(NamedArray p, Runnable yes, Runnable no) {
    var _ =
        Loops.<Object>cond(
            "condProc",
            p,
            () -> {
              yes.run();
              return List.of();
            },
            () -> {
              no.run();
              return List.of();
            });
  }

  // ---------------------------------------------------------------- looking inside

  /** Prints when the program runs; each {} stands for one value. */
  public static void debugPrint(String format, NamedArray... xs) {
    Callbacks.print(format, xs);
  }

  /**
   * Calls Java with concrete values when the program runs, in program order; once per lane under
   * vmap.
   */
  public static void debugCallback(Consumer<List<NamedArray>> f, NamedArray... xs) {
    Callbacks.call(f, xs);
  }
}
