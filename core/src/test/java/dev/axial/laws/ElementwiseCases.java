package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.OpCase.Without.*;
import static dev.axial.laws.Sample.*;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Functions of each element on its own, at every dtype that they take. */
final class ElementwiseCases {
  static final Axis A = axis("a", 3);
  static final Axis B = axis("b", 7);
  static final Axis ONE = axis("c", 1);
  static final Axis NONE = axis("e", 0);

  /** Rank 0 to 3, odd sizes, size 1 and an empty axis. */
  static final List<Axis[]> SHAPES =
      List.of(
          new Axis[] {},
          new Axis[] {B},
          new Axis[] {A, NONE},
          new Axis[] {B, A},
          new Axis[] {ONE, A, axis("d", 5)});

  private final List<OpCase> cases = new ArrayList<>();

  private ElementwiseCases() {}

  static List<OpCase> all() {
    var c = new ElementwiseCases();
    c.smooth();
    c.withKinks();
    c.ofNumbersAndArrays();
    c.ofTwo();
    c.comparisons();
    c.ofThree();
    c.ofIntegers();
    c.conversions();
    return c.cases;
  }

  // ---------------------------------------------------------------- one operand

  private void unary(String name, double low, double high, Function<NamedArray, NamedArray> f) {
    for (Axis[] shape : SHAPES) {
      cases.add(OpCase.one(name, f, real(low, high, shape)));
    }
    cases.add(OpCase.one(name, f, single(low, high, B, A)));
    HALVES.forEach(t -> cases.add(OpCase.one(name, f, half(t, low, high, B, A))));
  }

  private void smooth() {
    unary("sin", -3, 3, Axial::sin);
    unary("cos", -3, 3, Axial::cos);
    unary("tan", -1.4, 1.4, Axial::tan);
    unary("arcsin", -0.9, 0.9, Axial::arcsin);
    unary("arccos", -0.9, 0.9, Axial::arccos);
    unary("arctan", -3, 3, Axial::arctan);
    unary("sinh", -2, 2, Axial::sinh);
    unary("cosh", -2, 2, Axial::cosh);
    unary("tanh", -2, 2, Axial::tanh);
    unary("arcsinh", -3, 3, Axial::arcsinh);
    unary("arccosh", 1.2, 4, Axial::arccosh);
    unary("arctanh", -0.9, 0.9, Axial::arctanh);
    unary("exp", -2, 2, Axial::exp);
    unary("exp2", -2, 2, Axial::exp2);
    unary("expm1", -1, 1, Axial::expm1);
    unary("log", 0.2, 4, Axial::log);
    unary("log1p", -0.6, 2, Axial::log1p);
    unary("log2", 0.2, 4, Axial::log2);
    unary("log10", 0.2, 4, Axial::log10);
    unary("sqrt", 0.2, 4, Axial::sqrt);
    unary("rsqrt", 0.2, 4, Axial::rsqrt);
    unary("cbrt", 0.2, 4, Axial::cbrt);
    unary("square", -2, 2, Axial::square);
    unary("reciprocal", 0.3, 3, Axial::reciprocal);
    unary("erf", -2, 2, Axial::erf);
    unary("erfc", -2, 2, Axial::erfc);
    unary("erfinv", -0.9, 0.9, Axial::erfinv);
    unary("sigmoid", -3, 3, Axial::sigmoid);
    unary("logSigmoid", -3, 3, Axial::logSigmoid);
    unary("silu", -3, 3, Axial::silu);
    unary("mish", -3, 3, Axial::mish);
    unary("gelu", -3, 3, Axial::gelu);
    unary("geluExact", -3, 3, Axial::geluExact);
    unary("softplus", -3, 3, Axial::softplus);
    unary("squareplus", -3, 3, Axial::squareplus);
    unary("sinc", -2, 2, Axial::sinc);
    unary("unaryMinus", -2, 2, NamedArray::unaryMinus);
    for (Axis[] shape : SHAPES) {
      cases.add(OpCase.one("lgamma", Axial::lgamma, real(0.3, 4, shape)));
      cases.add(OpCase.one("digamma", Axial::digamma, real(0.3, 4, shape)));
    }
    for (DType t : HALVES) {
      Sample x = half(t, 0.3, 4, B, A);
      cases.add(OpCase.one("lgamma", Axial::lgamma, x));
      cases.add(OpCase.one("digamma", Axial::digamma, x));
    }
  }

  private void kinked(String name, Function<NamedArray, NamedArray> f) {
    for (Axis[] shape : SHAPES) {
      cases.add(OpCase.one(name, f, of(DType.FLOAT64, betweenHalves(), shape)));
    }
    cases.add(OpCase.one(name, f, of(DType.FLOAT32, betweenHalves(), B, A)));
    HALVES.forEach(t -> cases.add(OpCase.one(name, f, of(t, betweenHalves(), B, A))));
  }

  private void withKinks() {
    kinked("abs", Axial::abs);
    kinked("sign", Axial::sign);
    kinked("floor", Axial::floor);
    kinked("ceil", Axial::ceil);
    kinked("round", Axial::round);
    kinked("trunc", Axial::trunc);
    kinked("relu", Axial::relu);
    kinked("relu6", x -> relu6(x.times(3)));
    kinked("leakyRelu", Axial::leakyRelu);
    kinked("leakyRelu slope", x -> leakyRelu(x, 0.3));
    kinked("elu", Axial::elu);
    kinked("celu", Axial::celu);
    kinked("selu", Axial::selu);
    kinked("hardTanh", Axial::hardTanh);
    kinked("clip", x -> clip(x, -1.5, 2));
    kinked("isfinite", x -> isfinite(x.div(x.gt(1).astype(x.dtype()))));
    kinked("isnan", x -> isnan(log(x)));
    kinked("isinf", x -> isinf(x.div(x.gt(1).astype(x.dtype()))));
    kinked("nanToNum", Axial::nanToNum);
    kinked("stopGradient", Axial::stopGradient);
    // What stops the gradient is a constant to every derivative, and not to differences.
    cases.replaceAll(c -> c.subject().equals("stopGradient") ? c.without(DIFFERENCES) : c);
  }

  // ---------------------------------------------------------------- an array and a number

  private void ofNumbersAndArrays() {
    kinked("plus number", x -> x.plus(0.7));
    kinked("minus number", x -> x.minus(2));
    kinked("minus from a number", x -> minus(2, x));
    kinked("times number", x -> x.times(-1.3));
    kinked("div number", x -> x.div(3));
    kinked("rem number", x -> x.rem(1.5));
    kinked("floorDiv number", x -> x.floorDiv(1.5));
    kinked("maximum number", x -> maximum(x, 1));
    kinked("minimum number", x -> minimum(x, 1));
    kinked("pow number", x -> x.pow(3));
    kinked("pow zero", x -> x.pow(0));
    kinked("lt number", x -> x.lt(1));
    kinked("le number", x -> x.le(1));
    kinked("gt number", x -> x.gt(1));
    kinked("ge number", x -> x.ge(1));
    kinked("eq number", x -> x.eq(1));
    kinked("ne number", x -> x.ne(1));
    kinked("where numbers", x -> where(x.gt(0), x.times(2), 1));
    kinked("where number-first", x -> where(x.gt(0), 1, x.times(x)));
    kinked("where two-numbers", x -> where(x.gt(0), 1.5, 2).times(x));
    unary("div of a number", 0.3, 3, x -> div(3, x));
    unary("pow minus-two", 0.3, 3, x -> pow(x, -2));
    unary("pow real-number", 0.3, 3, x -> x.pow(-1.7));
    unary("pow of a number", -2, 2, x -> pow(1.3, x));
  }

  // ---------------------------------------------------------------- two operands

  /** The axes of two operands: alike, in another order, one within the other, apart. */
  private static final List<Axis[][]> PAIRS =
      List.of(
          new Axis[][] {{}, {}},
          new Axis[][] {{B}, {B}},
          new Axis[][] {{A, B}, {B, A}},
          new Axis[][] {{A, B}, {B}},
          new Axis[][] {{}, {B, A}},
          new Axis[][] {{A}, {B}},
          new Axis[][] {{A, NONE}, {A}},
          new Axis[][] {{B, ONE, A}, {A, ONE}});

  private void binary(
      String name, double low, double high, BiFunction<NamedArray, NamedArray, NamedArray> f) {
    for (Axis[][] p : PAIRS) {
      cases.add(OpCase.two(name, f, real(low, high, p[0]), real(low + 0.05, high, p[1])));
    }
    cases.add(OpCase.two(name, f, single(low, high, A, B), single(low + 0.05, high, B, A)));
    cases.add(OpCase.two(name, f, single(low, high, A, B), real(low + 0.05, high, B)));
    cases.add(OpCase.two(name, f, index(1, 5, A), real(low + 0.05, high, B)));
    for (DType t : HALVES) {
      Sample x = half(t, low, high, A, B);
      cases.add(OpCase.two(name, f, x, half(t, low + 0.05, high, B, A)));
      cases.add(OpCase.two(name, f, x, single(low + 0.05, high, B)));
      cases.add(OpCase.two(name, f, index(1, 5, A), half(t, low + 0.05, high, B)));
    }
    Sample other = half(DType.FLOAT16, low + 0.05, high, B);
    cases.add(OpCase.two(name, f, half(DType.BFLOAT16, low, high, A, B), other));
  }

  /** Of two operands that are never close. */
  private void larger(String name, BiFunction<NamedArray, NamedArray, NamedArray> f) {
    for (Axis[][] p : PAIRS) {
      Sample x = of(DType.FLOAT64, integers(-3, 4), p[0]);
      cases.add(OpCase.two(name, f, x, of(DType.FLOAT64, betweenHalves(), p[1])));
    }
    Sample y = of(DType.FLOAT32, betweenHalves(), B, A);
    cases.add(OpCase.two(name, f, of(DType.FLOAT32, integers(-3, 4), A, B), y));
    cases.add(OpCase.two(name, f, index(-3, 4, A), y));
    for (DType t : HALVES) {
      Sample x = of(t, integers(-3, 4), A, B);
      cases.add(OpCase.two(name, f, x, of(t, betweenHalves(), B)));
    }
  }

  private void ofTwo() {
    binary("plus", -2, 2, NamedArray::plus);
    binary("minus", -2, 2, NamedArray::minus);
    binary("times", -2, 2, NamedArray::times);
    binary("div", 0.3, 3, NamedArray::div);
    binary("rem", 1, 2, NamedArray::rem);
    binary("floorDiv", 1, 2, NamedArray::floorDiv);
    binary("fmod", 1, 2, Axial::fmod);
    binary("pow", 0.3, 3, NamedArray::pow);
    larger("maximum", Axial::maximum);
    larger("minimum", Axial::minimum);
    larger("fmax", Axial::fmax);
    larger("fmin", Axial::fmin);
    binary("arctan2", 0.3, 2, Axial::arctan2);
    binary("logaddexp", -2, 2, Axial::logaddexp);
    binary("logaddexp2", -2, 2, Axial::logaddexp2);
    binary("hypot", 0.3, 2, Axial::hypot);
  }

  private void comparisons() {
    DType[] types = {
      DType.FLOAT64, DType.BFLOAT16, DType.FLOAT16, DType.INT32, DType.UINT32, DType.INT64
    };
    for (DType t : types) {
      Sample x = of(t, integers(0, 4), A, B);
      Sample y = of(t, integers(0, 4), B);
      cases.add(OpCase.two("lt", NamedArray::lt, x, y));
      cases.add(OpCase.two("le", NamedArray::le, x, y));
      cases.add(OpCase.two("gt", NamedArray::gt, x, y));
      cases.add(OpCase.two("ge", NamedArray::ge, x, y));
      cases.add(OpCase.two("eq", NamedArray::eq, x, y));
      cases.add(OpCase.two("ne", NamedArray::ne, x, y));
    }
  }

  private void ofThree() {
    List<Axis[][]> shapes =
        List.of(
            new Axis[][] {{}, {}, {}},
            new Axis[][] {{A, B}, {B, A}, {A, B}},
            new Axis[][] {{B}, {A}, {}},
            new Axis[][] {{NONE}, {A, NONE}, {A}});
    for (Axis[][] s : shapes) {
      cases.add(
          OpCase.three("where", Axial::where, bool(s[0]), real(-2, 2, s[1]), real(-1, 1, s[2])));
      cases.add(
          OpCase.three("fma", Axial::fma, real(-2, 2, s[0]), real(-1, 1, s[1]), real(-1, 2, s[2])));
      cases.add(
          OpCase.three(
              "clip arrays",
              Axial::clip,
              real(-2, 2, s[0]),
              real(-1, -0.7, s[1]),
              real(1, 2, s[2])));
    }
    for (DType t : HALVES) {
      Sample x = half(t, -2, 2, A);
      cases.add(OpCase.three("where", Axial::where, bool(B), x, half(t, -1, 1, B)));
      cases.add(OpCase.three("fma", Axial::fma, x, half(t, -1, 1, B), half(t, 0, 1, A)));
      cases.add(OpCase.three("clip arrays", Axial::clip, x, half(t, -1, -0.7, B), half(t, 1, 2)));
    }
    cases.add(OpCase.three("where mixed", Axial::where, bool(B), single(-2, 2, A), index(0, 9, B)));
    cases.add(OpCase.three("fma", Axial::fma, single(-2, 2, A), single(-1, 1, B), single(0, 1, A)));
  }

  // ---------------------------------------------------------------- integers and booleans

  private void integer(String name, Function<NamedArray, NamedArray> f, DType... types) {
    for (DType t : types) {
      int low = t == DType.UINT32 || t == DType.BOOL ? 0 : -9;
      cases.add(OpCase.one(name, f, of(t, integers(low, t == DType.BOOL ? 2 : 10), B, A)));
    }
  }

  private void ofIntegers() {
    DType[] integers = {DType.INT32, DType.INT64, DType.UINT32};
    DType[] all = {DType.INT32, DType.INT64, DType.UINT32, DType.BOOL};
    integer("abs", Axial::abs, all);
    integer("sign", Axial::sign, integers);
    integer("unaryMinus", NamedArray::unaryMinus, integers);
    integer("not", NamedArray::not, all);
    integer("populationCount", Axial::populationCount, integers);
    integer("floor", Axial::floor, integers);
    integer("square", Axial::square, all);
    integer("sin of integers", Axial::sin, all);
    integer("mean of integers", x -> mean(x), all);
    integer("shiftLeft number", x -> shiftLeft(x, 3), integers);
    integer("shiftRight number", x -> shiftRight(x, 1), integers);
    integer("shiftRightLogical number", x -> shiftRightLogical(x, 1), integers);
    for (DType t : integers) {
      Sample x = of(t, integers(t == DType.UINT32 ? 0 : -9, 10), A, B);
      Sample y = of(t, integers(1, 6), B);
      List.of(
              OpCase.two("plus", NamedArray::plus, x, y),
              OpCase.two("minus", NamedArray::minus, x, y),
              OpCase.two("times", NamedArray::times, x, y),
              OpCase.two("div", NamedArray::div, x, y),
              OpCase.two("rem", NamedArray::rem, x, y),
              OpCase.two("floorDiv", NamedArray::floorDiv, x, y),
              OpCase.two("fmod", Axial::fmod, x, y),
              OpCase.two("pow", NamedArray::pow, x, y),
              OpCase.two("maximum", Axial::maximum, x, y),
              OpCase.two("minimum", Axial::minimum, x, y),
              OpCase.two("and", NamedArray::and, x, y),
              OpCase.two("or", NamedArray::or, x, y),
              OpCase.two("xor", NamedArray::xor, x, y),
              OpCase.two("shiftLeft", Axial::shiftLeft, x, y),
              OpCase.two("shiftRight", Axial::shiftRight, x, y),
              OpCase.two("shiftRightLogical", Axial::shiftRightLogical, x, y))
          .forEach(cases::add);
    }
    cases.add(OpCase.two("and", NamedArray::and, bool(A, B), bool(B)));
    cases.add(OpCase.two("or", NamedArray::or, bool(A, B), bool(B)));
    cases.add(OpCase.two("xor", NamedArray::xor, bool(A, B), bool(B)));
    cases.add(OpCase.two("plus", NamedArray::plus, bool(A, B), bool(B)));
    cases.add(OpCase.two("times", NamedArray::times, bool(A), index(0, 9, B)));
  }

  // ---------------------------------------------------------------- conversions

  private void conversions() {
    DType[] types = {
      DType.BFLOAT16,
      DType.FLOAT16,
      DType.FLOAT32,
      DType.FLOAT64,
      DType.INT32,
      DType.INT64,
      DType.UINT32,
      DType.BOOL
    };
    for (DType from : types) {
      for (DType to : types) {
        Sample x = of(from, from.isFloating() ? between(-3, 3) : integers(0, 2), B, A);
        OpCase c = OpCase.one("astype " + to.shortName(), v -> v.astype(to), x);
        cases.add(from.isFloating() && !to.isFloating() ? c.without(DERIVATIVE) : c);
      }
    }
    cases.add(
        OpCase.one(
                "astype there-and-back",
                x -> x.astype(DType.FLOAT32).astype(DType.FLOAT64).times(x),
                real(-3, 3, B))
            .without(DIFFERENCES, DOUBLES)); // the narrow number moves in steps
    cases.add(OpCase.one("bitcast", x -> bitcast(x, DType.INT32), single(-3, 3, B)));
    cases.add(OpCase.one("bitcast", x -> bitcast(x, DType.INT64), real(-3, 3, B)));
    cases.add(OpCase.one("bitcast", x -> bitcast(x, DType.FLOAT32), index(1, 1 << 30, B)));
    Sample half = half(DType.FLOAT16, -3, 3, B);
    cases.add(OpCase.one("bitcast", x -> bitcast(x, DType.BFLOAT16), half));
    cases.replaceAll(c -> c.subject().equals("bitcast") ? c.without(DERIVATIVE) : c);
  }
}
