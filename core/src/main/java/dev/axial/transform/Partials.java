package dev.axial.transform;

import dev.axial.DType;
import dev.axial.ir.Builder;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Partial derivatives of the element-wise functions: one table for forward and reverse mode.
 * Operands come as suppliers, because reverse mode saves what is asked for.
 *
 * <p>A partial is differentiated again for higher derivatives, so its formula has to have all
 * digits itself, its derivatives too, and everywhere:
 *
 * <ul>
 *   <li>no square that overflows or vanishes where the partial does not: beyond 1 the formula is
 *       one of 1/x, which is 0 at infinity with all its derivatives ({@link #nearOrFar});
 *   <li>1 - x² and x² + 1 by one fma, whose derivative is 2x alone;
 *   <li>what saturates comes from the operand, not from the rounded result ({@link Saturation});
 *   <li>where two formulas meet, each is the function's own on its side, so which one is taken at
 *       the border does not matter. Where one is not taken its operand is replaced, because zero
 *       times an infinite partial would be NaN in reverse mode.
 * </ul>
 */
final class Partials {
  /** Beyond it exp(-x²) is 0 in every dtype. */
  private static final double GAUSSIAN_END = 40;

  private Partials() {}

  /** dy/dx, or null where it is zero. */
  static @Nullable Var of(Builder b, DType t, Fn.Unary f, Supplier<Var> x, Supplier<Var> y) {
    if (t.isHalf() && severalSteps(f)) {
      Var wide = b.cast(x.get(), DType.FLOAT32);
      Var d = inFull(b, DType.FLOAT32, f, () -> wide, () -> b.un(f, wide));
      return d == null ? null : b.cast(d, t);
    }
    return inFull(b, t, f, x, y);
  }

  /** Whether the partial is more than one operation, each of which would round to two bytes. */
  private static boolean severalSteps(Fn.Unary f) {
    return switch (f) {
      case LOG1P, SQRT, CBRT, TAN, ASIN, ACOS, ATAN, TANH, ASINH, ACOSH, ATANH -> true;
      case ERF, ERFC, ERFINV, LOGISTIC, DIGAMMA -> true;
      case NEG, ABS, EXP, EXPM1, LOG, SIN, COS, SINH, COSH, LGAMMA -> false;
      case SIGN, FLOOR, CEIL, ROUND, NOT, POPCOUNT -> false;
    };
  }

  private static @Nullable Var inFull(
      Builder b, DType t, Fn.Unary f, Supplier<Var> x, Supplier<Var> y) {
    return switch (f) {
      case NEG -> b.num(t, -1);
      case ABS -> // 1 at zero, as in JAX
          b.select(b.compare(Fn.Compare.GE, x.get(), b.num(t, 0)), b.num(t, 1), b.num(t, -1));
      case EXP -> y.get();
      case EXPM1 -> b.un(Fn.Unary.EXP, x.get());
      case LOG -> b.div(b.num(t, 1), x.get());
      case LOG1P -> b.div(b.num(t, 1), b.add(x.get(), b.num(t, 1)));
      case SQRT -> b.div(b.num(t, 0.5), y.get());
      case CBRT -> b.div(b.div(b.num(t, 1.0 / 3), y.get()), y.get());
      case SIN -> b.un(Fn.Unary.COS, x.get());
      case COS -> b.un(Fn.Unary.NEG, b.un(Fn.Unary.SIN, x.get()));
      case TAN -> b.add(b.num(t, 1), square(b, y.get()));
      case ASIN -> inverseRoot(b, oneMinusSquare(b, x.get()));
      case ACOS -> b.un(Fn.Unary.NEG, inverseRoot(b, oneMinusSquare(b, x.get())));
      case ATAN -> // 1 / (1 + x²), and r² / (1 + r²) of r = 1/x
          nearOrFar(
              b,
              x.get(),
              v -> b.div(b.num(t, 1), onePlusSquare(b, v)),
              r -> b.div(square(b, r), onePlusSquare(b, r)));
      case SINH -> b.un(Fn.Unary.COSH, x.get());
      case COSH -> b.un(Fn.Unary.SINH, x.get());
      case TANH -> Saturation.ofTanh(b, x.get());
      case ASINH -> // 1 / √(1 + x²), and |r| / √(1 + r²)
          nearOrFar(
              b,
              x.get(),
              v -> inverseRoot(b, onePlusSquare(b, v)),
              r -> b.mul(b.un(Fn.Unary.ABS, r), inverseRoot(b, onePlusSquare(b, r))));
      case ACOSH -> { // in two factors, whose derivatives have the same sign in each term
        Var v = x.get();
        Var one = b.num(t, 1);
        yield b.mul(inverseRoot(b, b.sub(v, one)), inverseRoot(b, b.add(v, one)));
      }
      case ATANH -> b.div(b.num(t, 1), oneMinusSquare(b, x.get()));
      case ERF -> b.mul(b.num(t, 2 / Math.sqrt(Math.PI)), gaussian(b, x.get()));
      case ERFC -> b.mul(b.num(t, -2 / Math.sqrt(Math.PI)), gaussian(b, x.get()));
      case ERFINV -> b.mul(b.num(t, Math.sqrt(Math.PI) / 2), inverseGaussian(b, y.get()));
      case LOGISTIC -> Saturation.ofLogistic(b, x.get());
      case LGAMMA -> b.un(Fn.Unary.DIGAMMA, x.get());
      case DIGAMMA -> Trigamma.of(b, x.get());
      case SIGN, FLOOR, CEIL, ROUND, NOT, POPCOUNT -> null;
    };
  }

  /** dz/dx (arg 0) or dz/dy (arg 1) of z = f(x, y), or null where it is zero. */
  static @Nullable Var of(
      Builder b, DType t, Fn.Binary f, int arg, Supplier<Var> x, Supplier<Var> y, Supplier<Var> z) {
    if (t.isHalf() && (f == Fn.Binary.POW || f == Fn.Binary.ATAN2 || f == Fn.Binary.REM)) {
      Var v = b.cast(x.get(), DType.FLOAT32);
      Var w = b.cast(y.get(), DType.FLOAT32);
      Var d = of(b, DType.FLOAT32, f, arg, () -> v, () -> w, () -> b.bin(f, v, w));
      return d == null ? null : b.cast(d, t);
    }
    return switch (f) {
      case ADD -> b.num(t, 1);
      case SUB -> b.num(t, arg == 0 ? 1 : -1);
      case MUL -> arg == 0 ? y.get() : x.get();
      case DIV -> {
        if (arg == 0) {
          yield b.div(b.num(t, 1), y.get());
        }
        yield b.un(Fn.Unary.NEG, b.div(z.get(), y.get()));
      }
      case REM -> { // minus the whole quotient: x / y itself may round up to the next one
        if (arg == 0) {
          yield b.num(t, 1);
        }
        Var whole = b.div(b.sub(x.get(), z.get()), y.get());
        yield b.un(Fn.Unary.NEG, b.un(Fn.Unary.ROUND, whole));
      }
      case POW -> arg == 0 ? powBase(b, t, x.get(), y.get()) : powExponent(b, t, x.get(), z.get());
      case MAX ->
          ties(b, t, Fn.Compare.GT, arg == 0 ? x.get() : y.get(), arg == 0 ? y.get() : x.get());
      case MIN ->
          ties(b, t, Fn.Compare.LT, arg == 0 ? x.get() : y.get(), arg == 0 ? y.get() : x.get());
      case ATAN2 ->
          arg == 0 ? angle(b, x.get(), y.get()) : b.un(Fn.Unary.NEG, angle(b, y.get(), x.get()));
      case AND, OR, XOR, SHL, SHR, SAR -> null;
    };
  }

  /**
   * y x^(y-1). Of exponents below one half y - 1 would be rounded, and they take it as (y / x) x^y;
   * at zero and at infinity as y / x, which has the same limits. Of y = 0 it is 0 at x = 0 too.
   */
  private static Var powBase(Builder b, DType t, Var x, Var y) {
    Op.Const number = y.constant();
    Var one = b.num(t, 1);
    if (number == null) {
      Var zero = b.num(t, 0);
      Var small = b.compare(Fn.Compare.LT, b.un(Fn.Unary.ABS, y), b.num(t, 0.5));
      Var nothing = b.bin(Fn.Binary.AND, zero(b, x), b.compare(Fn.Compare.EQ, y, zero));
      Var over = b.select(small, b.select(nothing, one, x), one);
      Var exponent = b.select(small, y, zero);
      Var root = b.bin(Fn.Binary.POW, b.select(small, inside(b, x), one), exponent);
      Var less = b.sub(b.select(small, one, y), one);
      Var usual = b.mul(y, b.bin(Fn.Binary.POW, b.select(small, one, x), less));
      return b.select(small, b.mul(b.div(exponent, over), root), usual);
    }
    double n = number.doubleValue();
    if (n == 0 || n == 1) {
      return b.num(t, n);
    }
    if (Math.abs(n) < 0.5) {
      return b.mul(b.div(y, x), b.bin(Fn.Binary.POW, inside(b, x), y));
    }
    return b.mul(y, n == 2 ? x : b.bin(Fn.Binary.POW, x, b.num(t, n - 1)));
  }

  private static Var zero(Builder b, Var x) {
    return b.compare(Fn.Compare.EQ, x, b.num(x.array().dtype(), 0));
  }

  /** x, or 1 where it is zero or infinite. */
  private static Var inside(Builder b, Var x) {
    DType t = x.array().dtype();
    Var end = b.num(t, Double.POSITIVE_INFINITY);
    Var infinite = b.compare(Fn.Compare.EQ, b.un(Fn.Unary.ABS, x), end);
    return b.select(b.bin(Fn.Binary.OR, zero(b, x), infinite), b.num(t, 1), x);
  }

  /** x^y log x, with 0 at x = 0. */
  private static Var powExponent(Builder b, DType t, Var x, Var z) {
    Var zero = zero(b, x);
    Var log = b.un(Fn.Unary.LOG, b.select(zero, b.num(t, 1), x));
    return b.select(zero, b.num(t, 0), b.mul(log, z));
  }

  /** 1 where this operand wins, one half where both are equal. */
  private static Var ties(Builder b, DType t, Fn.Compare wins, Var mine, Var other) {
    Var equal = b.compare(Fn.Compare.EQ, mine, other);
    Var half = b.select(equal, b.num(t, 0.5), b.num(t, 0));
    return b.select(b.compare(wins, mine, other), b.num(t, 1), half);
  }

  /**
   * y / (x² + y²), of the quotient of the smaller by the larger: 1 / (y (1 + q²)), q / (x (1 +
   * q²)).
   */
  private static Var angle(Builder b, Var x, Var y) {
    Var one = b.num(x.array().dtype(), 1);
    Var steep = b.compare(Fn.Compare.GT, b.un(Fn.Unary.ABS, x), b.un(Fn.Unary.ABS, y));
    Var large = b.select(steep, x, y);
    Var q = b.div(b.select(steep, y, x), large);
    return b.div(b.div(b.select(steep, q, one), onePlusSquare(b, q)), large);
  }

  /** One formula of x up to magnitude 1, another one of 1/x beyond it. */
  private static Var nearOrFar(Builder b, Var x, UnaryOperator<Var> near, UnaryOperator<Var> far) {
    Var one = b.num(x.array().dtype(), 1);
    Var beyond = b.compare(Fn.Compare.GT, b.un(Fn.Unary.ABS, x), one);
    Var inverse = b.div(one, b.select(beyond, x, one));
    return b.select(beyond, far.apply(inverse), near.apply(b.select(beyond, one, x)));
  }

  /**
   * exp(-x²). The square is taken in two parts, since what it loses by rounding would be as many
   * times an error of the exponential.
   */
  private static Var gaussian(Builder b, Var x) {
    DType t = x.array().dtype();
    Var end = b.num(t, GAUSSIAN_END);
    Var v = b.select(b.compare(Fn.Compare.GT, b.un(Fn.Unary.ABS, x), end), end, x);
    Var square = square(b, v);
    Var rest = rest(b, v, square);
    Var main = b.un(Fn.Unary.EXP, b.un(Fn.Unary.NEG, square));
    return b.mul(main, b.sub(b.num(t, 1), rest));
  }

  /** exp(y²) of a y that is infinite or not. */
  private static Var inverseGaussian(Builder b, Var y) {
    DType t = y.array().dtype();
    Var square = square(b, y);
    Var finite = b.compare(Fn.Compare.LT, square, b.num(t, GAUSSIAN_END * GAUSSIAN_END));
    Var v = b.select(finite, y, b.num(t, 0));
    Var rest = rest(b, v, square(b, v));
    return b.mul(b.un(Fn.Unary.EXP, square), b.add(b.num(t, 1), rest));
  }

  /** What a square lost by rounding; its derivative is that of the square, so nothing. */
  private static Var rest(Builder b, Var x, Var square) {
    Var lost = b.one(new Op.Fma(), x, x, b.un(Fn.Unary.NEG, square));
    return b.one(new Op.StopGradient(), lost);
  }

  static Var square(Builder b, Var x) {
    return b.bin(Fn.Binary.MUL, x, x);
  }

  /** 1 - x², rounded once, so that it keeps its digits near 1. */
  private static Var oneMinusSquare(Builder b, Var x) {
    return b.one(new Op.Fma(), b.un(Fn.Unary.NEG, x), x, b.num(x.array().dtype(), 1));
  }

  private static Var onePlusSquare(Builder b, Var x) {
    return b.one(new Op.Fma(), x, x, b.num(x.array().dtype(), 1));
  }

  private static Var inverseRoot(Builder b, Var x) {
    return b.div(b.num(x.array().dtype(), 1), b.un(Fn.Unary.SQRT, x));
  }
}
