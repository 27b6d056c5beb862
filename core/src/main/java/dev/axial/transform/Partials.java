package dev.axial.transform;

import dev.axial.DType;
import dev.axial.ir.Builder;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Partial derivatives of the element-wise functions: one table for forward and reverse mode.
 * Operands come as suppliers, because reverse mode saves what is asked for.
 */
final class Partials {
  private Partials() {}

  /** dy/dx, or null where it is zero. */
  static @Nullable Var of(Builder b, DType t, Fn.Unary f, Supplier<Var> x, Supplier<Var> y) {
    return switch (f) {
      case NEG -> b.num(t, -1);
      case ABS -> // 1 at zero, as in JAX
          b.select(b.compare(Fn.Compare.GE, x.get(), b.num(t, 0)), b.num(t, 1), b.num(t, -1));
      case EXP -> y.get();
      case EXPM1 -> b.add(y.get(), b.num(t, 1));
      case LOG -> b.div(b.num(t, 1), x.get());
      case LOG1P -> b.div(b.num(t, 1), b.add(x.get(), b.num(t, 1)));
      case SQRT -> b.div(b.num(t, 0.5), y.get());
      case CBRT -> b.div(b.num(t, 1.0 / 3), square(b, y.get()));
      case SIN -> b.un(Fn.Unary.COS, x.get());
      case COS -> b.un(Fn.Unary.NEG, b.un(Fn.Unary.SIN, x.get()));
      case TAN -> b.add(b.num(t, 1), square(b, y.get()));
      case ASIN -> inverseRoot(b, oneMinusSquare(b, x.get()));
      case ACOS -> b.un(Fn.Unary.NEG, inverseRoot(b, oneMinusSquare(b, x.get())));
      case ATAN -> b.div(b.num(t, 1), b.add(b.num(t, 1), square(b, x.get())));
      case SINH -> b.un(Fn.Unary.COSH, x.get());
      case COSH -> b.un(Fn.Unary.SINH, x.get());
      case TANH -> b.sub(b.num(t, 1), square(b, y.get()));
      case ASINH -> inverseRoot(b, b.add(square(b, x.get()), b.num(t, 1)));
      case ACOSH -> {
        Var v = x.get();
        yield inverseRoot(b, b.mul(b.sub(v, b.num(t, 1)), b.add(v, b.num(t, 1))));
      }
      case ATANH -> b.div(b.num(t, 1), oneMinusSquare(b, x.get()));
      case ERF ->
          b.mul(
              b.num(t, 2 / Math.sqrt(Math.PI)),
              b.un(Fn.Unary.EXP, b.un(Fn.Unary.NEG, square(b, x.get()))));
      case ERFC ->
          b.mul(
              b.num(t, -2 / Math.sqrt(Math.PI)),
              b.un(Fn.Unary.EXP, b.un(Fn.Unary.NEG, square(b, x.get()))));
      case ERFINV ->
          b.mul(b.num(t, Math.sqrt(Math.PI) / 2), b.un(Fn.Unary.EXP, square(b, y.get())));
      case LOGISTIC -> {
        Var v = y.get();
        yield b.mul(v, b.sub(b.num(t, 1), v));
      }
      case LGAMMA -> b.un(Fn.Unary.DIGAMMA, x.get());
      case DIGAMMA -> Trigamma.of(b, x.get());
      case SIGN, FLOOR, CEIL, ROUND, NOT, POPCOUNT -> null;
    };
  }

  /** dz/dx (arg 0) or dz/dy (arg 1) of z = f(x, y), or null where it is zero. */
  static @Nullable Var of(
      Builder b, DType t, Fn.Binary f, int arg, Supplier<Var> x, Supplier<Var> y, Supplier<Var> z) {
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
      case REM -> {
        if (arg == 0) {
          yield b.num(t, 1);
        }
        Var q = b.div(x.get(), y.get());
        Var toZero = b.mul(b.un(Fn.Unary.SIGN, q), b.un(Fn.Unary.FLOOR, b.un(Fn.Unary.ABS, q)));
        yield b.un(Fn.Unary.NEG, toZero);
      }
      case POW -> arg == 0 ? powBase(b, t, x.get(), y.get()) : powExponent(b, t, x.get(), z.get());
      case MAX ->
          ties(b, t, Fn.Compare.GT, arg == 0 ? x.get() : y.get(), arg == 0 ? y.get() : x.get());
      case MIN ->
          ties(b, t, Fn.Compare.LT, arg == 0 ? x.get() : y.get(), arg == 0 ? y.get() : x.get());
      case ATAN2 -> {
        Var r2 = b.add(square(b, x.get()), square(b, y.get()));
        yield arg == 0 ? b.div(y.get(), r2) : b.un(Fn.Unary.NEG, b.div(x.get(), r2));
      }
      case AND, OR, XOR, SHL, SHR, SAR -> null;
    };
  }

  /** y x^(y-1). A number as exponent is exact at x = 0; an array's is NaN at 0^0, as in JAX. */
  private static Var powBase(Builder b, DType t, Var x, Var y) {
    Op.Const number = y.constant();
    if (number == null) {
      return b.mul(y, b.bin(Fn.Binary.POW, x, b.sub(y, b.num(t, 1))));
    }
    double n = number.doubleValue();
    return n == 0 || n == 1
        ? b.num(t, n)
        : b.mul(y, n == 2 ? x : b.bin(Fn.Binary.POW, x, b.num(t, n - 1)));
  }

  /** x^y log x, with 0 at x = 0. */
  private static Var powExponent(Builder b, DType t, Var x, Var z) {
    Var zero = b.compare(Fn.Compare.EQ, x, b.num(t, 0));
    Var log = b.un(Fn.Unary.LOG, b.select(zero, b.num(t, 1), x));
    return b.select(zero, b.num(t, 0), b.mul(log, z));
  }

  /** 1 where this operand wins, one half where both are equal. */
  private static Var ties(Builder b, DType t, Fn.Compare wins, Var mine, Var other) {
    Var equal = b.compare(Fn.Compare.EQ, mine, other);
    Var half = b.select(equal, b.num(t, 0.5), b.num(t, 0));
    return b.select(b.compare(wins, mine, other), b.num(t, 1), half);
  }

  static Var square(Builder b, Var x) {
    return b.bin(Fn.Binary.MUL, x, x);
  }

  /** (1 - x)(1 + x), which keeps its digits near 1. */
  private static Var oneMinusSquare(Builder b, Var x) {
    Var one = b.num(x.array().dtype(), 1);
    return b.mul(b.sub(one, x), b.add(one, x));
  }

  private static Var inverseRoot(Builder b, Var x) {
    return b.div(b.num(x.array().dtype(), 1), b.un(Fn.Unary.SQRT, x));
  }
}
