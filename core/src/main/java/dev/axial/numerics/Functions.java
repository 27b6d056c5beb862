package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.ir.Fn;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Which formula is which function's. */
final class Functions {
  private Functions() {}

  /** Functions with a formula of their own for float32; the others round that of float64. */
  static Expansion unary(Fn.Unary fn, boolean single) {
    Expansion.Type t = single ? Expansion.Type.F32 : Expansion.Type.F64;
    return switch (fn) {
      case SIGN -> Formula.of(t, x -> x.lt(0).pick(-1, x.gt(0).pick(1, x)));
      case EXP ->
          Formula.guarded(
              t, Exponentials::moderate, Exponentials::expModerate, x -> Exponentials.exp(x));
      case LOGISTIC ->
          Formula.guarded(
              t, Exponentials::moderate, Exponentials::logisticModerate, Exponentials::logistic);
      case TANH -> Formula.of(t, Exponentials::tanh);
      case LOG ->
          single
              ? Formula.guarded(t, Logarithms::normal32, Logarithms::logNormal32, Logarithms::log32)
              : Formula.of(t, Logarithms::log);
      case SIN ->
          single
              ? Formula.guarded(t, Angles32::moderate, Angles32::sinModerate, Angles32::sin)
              : angles(
                  t,
                  x -> Trigonometry.sin(x, Trigonometry.moderateAngle(x)),
                  x -> Trigonometry.sin(x, Trigonometry.angle(x)));
      case COS ->
          single
              ? Formula.guarded(t, Angles32::moderate, Angles32::cosModerate, Angles32::cos)
              : angles(
                  t,
                  x -> Trigonometry.cos(Trigonometry.moderateAngle(x)),
                  x -> Trigonometry.cos(Trigonometry.angle(x)));
      case TAN ->
          angles(
              t,
              x -> Trigonometry.tan(x, Trigonometry.moderateAngle(x)),
              x -> Trigonometry.tan(x, Trigonometry.angle(x)));
      case ERF -> Formula.of(t, single ? ErrorFunctions::erf32 : ErrorFunctions::erf64);
      case ERFINV -> Formula.of(t, single ? ErrorFunctions::erfinv32 : ErrorFunctions::erfinv64);
      case EXPM1 -> throughDouble(t, Exponentials::expm1);
      case SINH -> throughDouble(t, Exponentials::sinh);
      case COSH -> throughDouble(t, Exponentials::cosh);
      case LOG1P -> throughDouble(t, Logarithms::log1p);
      case ASINH -> throughDouble(t, Logarithms::asinh);
      case ACOSH -> throughDouble(t, Logarithms::acosh);
      case ATANH -> throughDouble(t, Logarithms::atanh);
      case CBRT -> throughDouble(t, Powers::cbrt);
      case ASIN -> throughDouble(t, ArcFunctions::asin);
      case ACOS -> throughDouble(t, ArcFunctions::acos);
      case ATAN -> throughDouble(t, ArcFunctions::atan);
      case ERFC -> throughDouble(t, ErrorFunctions::erfc64);
      case LGAMMA -> throughDouble(t, GammaFunctions::lgamma);
      case DIGAMMA -> throughDouble(t, GammaFunctions::digamma);
      case NEG, ABS, FLOOR, CEIL, ROUND, SQRT, NOT, POPCOUNT ->
          throw new AxialException("internal error: no expansion of " + fn);
    };
  }

  static Expansion binary(Fn.Binary fn, boolean single) {
    Expansion.Type t = single ? Expansion.Type.F32 : Expansion.Type.F64;
    return switch (fn) {
      case POW -> throughDouble(t, single ? Powers::pow32 : Powers::pow64);
      case ATAN2 -> throughDouble(t, ArcFunctions::atan2);
      case ADD, SUB, MUL, DIV, REM, MAX, MIN, AND, OR, XOR, SHL, SHR, SAR ->
          throw new AxialException("internal error: no expansion of " + fn);
    };
  }

  private static Expansion throughDouble(Expansion.Type t, UnaryOperator<Value> f) {
    return Formula.of(t, x -> f.apply(x.to(Expansion.Type.F64)).to(t));
  }

  private static Expansion throughDouble(Expansion.Type t, BinaryOperator<Value> f) {
    return Formula.of(
        t, (x, y) -> f.apply(x.to(Expansion.Type.F64), y.to(Expansion.Type.F64)).to(t));
  }

  private static Expansion angles(
      Expansion.Type t, UnaryOperator<Value> cheap, UnaryOperator<Value> full) {
    return Formula.guarded(
        t,
        x -> Trigonometry.moderate(x.to(Expansion.Type.F64)),
        x -> cheap.apply(x.to(Expansion.Type.F64)).to(t),
        x -> full.apply(x.to(Expansion.Type.F64)).to(t));
  }
}
