package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.golden.Golden.Case;
import dev.axial.golden.Golden.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Promotion, integer arithmetic, casts, NaN and ties, and the values of functions. */
class NumericsGoldenTest {
  private static final Catalogue CATALOGUE =
      new Catalogue("numerics.txt")
          .withoutTwins(
              "promote/.*/(int32/uint32|uint32/int32)", ".x32", "int32 and uint32 give int64")
          .withoutTwins(".*", ".x64", "defaults are of 32 bits, as in JAX with x64 off")
          .without("promote/.*/python-bool/.*", "a Java boolean is not a number")
          .without(
              "promote/(and|arctan2)/.*/python-.*", "no numbers beside arrays in these functions")
          .without("promote/(floor_divide|remainder)/.*/left.*", "no numbers on the left of these")
          .without(
              "promote/.*/uint32/python-int-1/.*", "a number that does not fit is an error here")
          .without("promote/mul/(float../bool|bool/float..).*", "XLA gives 0 for -2 * 0, IEEE -0")
          .without("promote/weak-then-float32/int64.*", "a result is never weak, so float64 stays")
          .without(
              "promote/true_divide/(int32|int64|bool)/python-int.*/right.*",
              "XLA multiplies by the reciprocal of a constant")
          .without(
              "promote/pow/u?int.*/(u?int.*|python-int/left.*)#result",
              "JAX looks at six bits of the exponent only")
          .without("unary-dtype/sigmoid/(u?int..|bool).*", "JAX refuses what here is cast")
          .without("unary-dtype/(softmax|round)/bool.*", "JAX refuses what here is cast")
          .without("unary-dtype/softmax/uint32.*", "JAX subtracts without sign")
          .without(".*#u?int8", "Axial has no dtypes of 8 bits")
          .without(".*#lax.div", "no division that truncates")
          .without(".*#(clz|lax.round-away|signbit|nan(max|min|sum))", "not in Haliax")
          .without("shift/uint32/.*#lax.right_arithmetic", "shiftRight of uint32 brings in zeros")
          .without(
              "(cumlogsumexp|logsumexp-weights|rounding-decimals)/.*|.*#linspace-no-end",
              "not in Haliax")
          .without(
              "function-specials/.*#(silu|gelu-tanh|gelu-exact)",
              "zero times -infinity is NaN in JAX, the limit here: DerivativesTest has it");

  static Stream<Case> cases() {
    return CATALOGUE.cases();
  }

  @Test
  void countsWhatIsAsked() {
    assertThat(CATALOGUE.outputsAsked()).isEqualTo(1695);
    assertThat(CATALOGUE.outputsLeft()).isEqualTo(648);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agrees(Case c) {
    if (c.notes().containsKey("error")) {
      assertThatThrownBy(() -> answers(c)).isInstanceOf(AxialException.class);
    } else {
      CATALOGUE.check(c, answers(c));
    }
  }

  private static Map<String, NamedArray> answers(Case c) {
    return switch (kind(c)) {
      case "promote" -> Map.of("result", promoted(c));
      case "unary-dtype" -> Map.of("result", unary(c, c.part(1)));
      case "default-dtype" -> Map.of("result", made(c.part(1).replaceAll("\\.x..", "")));
      case "function" -> Map.of("result", FUNCTION.get(c.part(1)).apply(c.array("x")));
      case "int-pow-python", "float-pow-python" ->
          Map.of("result", c.array("x").pow(number(c.part(2).replaceAll("\\.x..", ""))));
      case "int-pow" -> Map.of("result", c.array("x").pow(c.array("y")));
      default -> table(c);
    };
  }

  private static Number number(String s) {
    return s.contains(".") ? (Number) Double.valueOf(s) : (Number) Integer.valueOf(s);
  }

  // ---------------------------------------------------------------- two operands

  private static final NamedArray HALF = array(new boolean[] {true, false}, new Axis("d0", 2));

  static final Map<String, BinaryOperator<NamedArray>> BINARY = new HashMap<>();

  static {
    BINARY.put("add", NamedArray::plus);
    BINARY.put("sub", NamedArray::minus);
    BINARY.put("mul", NamedArray::times);
    BINARY.put("div", NamedArray::div);
    BINARY.put("true_divide", NamedArray::div);
    BINARY.put("floor_divide", NamedArray::floorDiv);
    BINARY.put("remainder", NamedArray::rem);
    BINARY.put("lax.rem", (x, y) -> fmod(x, y));
    BINARY.put("fmod", (x, y) -> fmod(x, y));
    BINARY.put("pow", NamedArray::pow);
    BINARY.put("lt", NamedArray::lt);
    BINARY.put("le", NamedArray::le);
    BINARY.put("gt", NamedArray::gt);
    BINARY.put("ge", NamedArray::ge);
    BINARY.put("eq", NamedArray::eq);
    BINARY.put("ne", NamedArray::ne);
    BINARY.put("maximum", (x, y) -> maximum(x, y));
    BINARY.put("minimum", (x, y) -> minimum(x, y));
    BINARY.put("fmax", (x, y) -> fmax(x, y));
    BINARY.put("fmin", (x, y) -> fmin(x, y));
    BINARY.put("and", NamedArray::and);
    BINARY.put("or", NamedArray::or);
    BINARY.put("xor", NamedArray::xor);
    BINARY.put("logical_and", (x, y) -> x.ne(0).and(y.ne(0)));
    BINARY.put("arctan2", (x, y) -> arctan2(x, y));
    BINARY.put("where", (x, y) -> where(HALF, x, y));
    BINARY.put("hypot", (x, y) -> hypot(x, y));
    BINARY.put("logaddexp", (x, y) -> logaddexp(x, y));
    BINARY.put("logaddexp2", (x, y) -> logaddexp2(x, y));
    BINARY.put("left", (x, y) -> shiftLeft(x, y));
    BINARY.put("right", (x, y) -> shiftRight(x, y));
    BINARY.put("lax.right_arithmetic", (x, y) -> shiftRight(x, y));
    BINARY.put("lax.right_logical", (x, y) -> shiftRightLogical(x, y));
  }

  private static NamedArray promoted(Case c) {
    String op = c.part(1);
    if (op.equals("weak-then-float32")) {
      return c.array("x").times(1.5).plus(scalar(1.0));
    }
    if (!c.part(3).startsWith("python-")) {
      return BINARY.get(op).apply(c.array("x"), c.array("y"));
    }
    Number n =
        switch (c.part(3)) {
          case "python-int" -> 3;
          case "python-int-1" -> -1;
          case "python-float" -> 0.1;
          default -> throw new IllegalArgumentException(c.name());
        };
    return c.part(4).startsWith("right") ? right(op, c.array("x"), n) : left(op, n, c.array("y"));
  }

  private static NamedArray right(String op, NamedArray x, Number n) {
    return switch (op) {
      case "add" -> x.plus(n);
      case "sub" -> x.minus(n);
      case "mul" -> x.times(n);
      case "true_divide" -> x.div(n);
      case "floor_divide" -> x.floorDiv(n);
      case "remainder" -> x.rem(n);
      case "pow" -> x.pow(n);
      case "lt" -> x.lt(n);
      case "eq" -> x.eq(n);
      case "maximum" -> maximum(x, n);
      case "minimum" -> minimum(x, n);
      case "where" -> where(HALF, x, n);
      default -> throw new IllegalArgumentException(op);
    };
  }

  private static NamedArray left(String op, Number n, NamedArray y) {
    return switch (op) {
      case "sub" -> minus(n, y);
      case "true_divide" -> div(n, y);
      case "pow" -> pow(n, y);
      case "lt" -> y.gt(n);
      case "where" -> where(HALF, n, y);
      default -> right(op, y, n);
    };
  }

  // ---------------------------------------------------------------- one operand

  static final Map<String, UnaryOperator<NamedArray>> FUNCTION = new HashMap<>();

  private static final Axis D0 = new Axis("d0", 0);
  private static final Axis D1 = new Axis("d1", 0);

  static {
    var f = FUNCTION;
    f.put("exp", x -> exp(x));
    f.put("exp2", x -> exp2(x));
    f.put("expm1", x -> expm1(x));
    f.put("log", x -> log(x));
    f.put("log2", x -> log2(x));
    f.put("log10", x -> log10(x));
    f.put("log1p", x -> log1p(x));
    f.put("sqrt", x -> sqrt(x));
    f.put("rsqrt", x -> rsqrt(x));
    f.put("cbrt", x -> cbrt(x));
    f.put("sin", x -> sin(x));
    f.put("cos", x -> cos(x));
    f.put("tan", x -> tan(x));
    f.put("asin", x -> arcsin(x));
    f.put("acos", x -> arccos(x));
    f.put("atan", x -> arctan(x));
    f.put("sinh", x -> sinh(x));
    f.put("cosh", x -> cosh(x));
    f.put("tanh", x -> tanh(x));
    f.put("asinh", x -> arcsinh(x));
    f.put("acosh", x -> arccosh(x));
    f.put("atanh", x -> arctanh(x));
    f.put("erf", x -> erf(x));
    f.put("erfc", x -> erfc(x));
    f.put("erf_inv", x -> erfinv(x));
    f.put("sigmoid", x -> sigmoid(x));
    f.put("log_sigmoid", x -> logSigmoid(x));
    f.put("softplus", x -> softplus(x));
    f.put("silu", x -> silu(x));
    f.put("relu", x -> relu(x));
    f.put("leaky_relu", x -> leakyRelu(x));
    f.put("elu", x -> elu(x));
    f.put("gelu-tanh", x -> gelu(x));
    f.put("gelu-exact", x -> geluExact(x));
    f.put("lgamma", x -> lgamma(x));
    f.put("digamma", x -> digamma(x));
    f.put("reciprocal", x -> reciprocal(x));

    f.put("abs", x -> abs(x));
    f.put("negative", NamedArray::unaryMinus);
    f.put("sign", x -> sign(x));
    f.put("square", x -> square(x));
    f.put("floor", x -> floor(x));
    f.put("ceil", x -> ceil(x));
    f.put("round", x -> round(x));
    f.put("rint", x -> round(x));
    f.put("trunc", x -> trunc(x));
    f.put("isnan", x -> isnan(x));
    f.put("isinf", x -> isinf(x));
    f.put("isfinite", x -> isfinite(x));
    f.put("not", NamedArray::not);
    f.put("population_count", x -> populationCount(x));
    f.put("to-bool", x -> x.astype(DType.BOOL));
    f.put("nan_to_num", x -> nanToNum(x));
    for (DType t : DType.values()) {
      f.put(t.toString(), x -> x.astype(t));
    }
    f.put("invert", NamedArray::not);
    f.put("logical_not", x -> x.dtype() == DType.BOOL ? x.not() : x.eq(0));
    f.put("sqrt-of-abs", x -> sqrt(abs(x)));
    f.put("times-half", x -> x.times(0.5));
    f.put("eq0", x -> x.eq(0));
    f.put("gt0", x -> x.gt(0));
    f.put("maximum0", x -> maximum(x, 0));
  }

  private static NamedArray unary(Case c, String f) {
    NamedArray x = c.array("x");
    NamedArray y = f.equals("sqrt") ? sqrt(abs(x)) : along(x, f, D0);
    return c.out().isEmpty() ? y : position(c.result(), f, y);
  }

  private static NamedArray made(String what) {
    return switch (what) {
      case "asarray-int" -> scalar(1);
      case "asarray-float" -> scalar(1.5);
      case "asarray-bool" -> scalar(true);
      case "arange" -> arange(new Axis("d0", 3));
      case "arange-float" -> arange(new Axis("d0", 4), 0.0, 0.25);
      case "zeros" -> zeros(new Axis("d0", 2));
      case "full-int" -> full(1, new Axis("d0", 2));
      case "full-float" -> full(1.5, new Axis("d0", 2));
      case "linspace" -> linspace(new Axis("d0", 5), 0, 1);
      default -> throw new IllegalArgumentException(what);
    };
  }

  // ---------------------------------------------------------------- tables of several outputs

  private static Map<String, NamedArray> table(Case c) {
    var out = new LinkedHashMap<String, NamedArray>();
    for (String k : CATALOGUE.wanted(c)) {
      out.put(k, position(c.out().get(k), k, one(c, k)));
    }
    return out;
  }

  /** Positions are int32 here, int64 in JAX with x64 on. */
  private static NamedArray position(Value want, String k, NamedArray got) {
    return k.startsWith("arg") && want.dtype().equals("int64") && got.dtype() == DType.INT32
        ? got.astype(DType.INT64)
        : got;
  }

  private static NamedArray one(Case c, String k) {
    return switch (kind(c)) {
      case "int-division-by-zero" -> BINARY.get(k).apply(c.array("x"), zerosLike(c.array("x")));
      case "int-extremes", "int-wrap", "subnormal" -> wrapping(c.array("x"), k);
      case "clip" -> clipped(c.array("x"), k);
      case "reduce-nan" ->
          k.endsWith("-axis0")
              ? along(c.array("x"), k.replace("-axis0", ""), D0)
              : along(c.array("x"), k, D1);
      case "sort", "argmax-ties" -> sorted(c.array("x"), k);
      case "sort-axis" -> along(c.array("x"), k.substring(0, k.indexOf('-')), axis(k));
      case "cumulative", "int-cumulative" -> running(c.array("x"), k);
      case "softmax" -> soft(c.array("x"), k);
      case "moments", "int-moments" -> moment(c.array("x"), k);
      case "dot", "int-dot" -> product(c.array("x"), c.array("y"), k);
      case "empty" -> empty(c.out().get("sum").type().orElseThrow(), k);
      case "sequences" -> sequence(c.out().get("linspace").type().orElseThrow(), k);
      case "any-all" -> truth(c.array("x"), k);
      default -> c.in().containsKey("y") ? two(c, k) : along(c.array("x"), k, D0);
    };
  }

  private static String kind(Case c) {
    return c.part(0).replaceAll("\\.x..", "");
  }

  private static NamedArray two(Case c, String k) {
    return BINARY.containsKey(k)
        ? BINARY.get(k).apply(c.array("x"), c.array("y"))
        : along(c.array("x"), k, D0);
  }

  private static Axis axis(String k) {
    return k.endsWith("0") ? D0 : D1;
  }

  private static NamedArray along(NamedArray x, String k, Axis a) {
    return switch (k) {
      case "max" -> max(x, a);
      case "min" -> min(x, a);
      case "sum" -> sum(x, a);
      case "prod" -> prod(x, a);
      case "mean" -> mean(x, a);
      case "any" -> any(x, a);
      case "all" -> all(x, a);
      case "var" -> var(x, a);
      case "std" -> std(x, a);
      case "argmax" -> argmax(x, a);
      case "argmin" -> argmin(x, a);
      case "sort" -> sort(x, a);
      case "argsort" -> argsort(x, a);
      case "cumsum" -> cumsum(x, a);
      case "cumprod" -> cumprod(x, a);
      case "cummax" -> cummax(x, a);
      case "cummin" -> cummin(x, a);
      case "softmax" -> softmax(x, a);
      case "dot" -> dot(x, x, a);
      default -> {
        if (!FUNCTION.containsKey(k)) {
          throw new IllegalArgumentException(k);
        }
        yield FUNCTION.get(k).apply(x);
      }
    };
  }

  private static NamedArray wrapping(NamedArray x, String k) {
    return switch (k) {
      case "plus0" -> x.plus(0);
      case "plus1" -> x.plus(1);
      case "plus-self" -> x.plus(x);
      case "minus1" -> x.minus(1);
      case "minus5" -> x.minus(5);
      case "times" -> x.times(-1);
      case "times1" -> x.times(1);
      case "times2" -> x.times(2);
      case "times3" -> x.times(3);
      default -> along(x, k.replace("-same-dtype", ""), D0);
    };
  }

  private static NamedArray clipped(NamedArray x, String k) {
    return switch (k) {
      case "clip" -> clip(x, -1.0, 2.0);
      case "clip-crossed" -> clip(x, 2.0, -1.0);
      case "clip-low" -> maximum(x, 0);
      default -> FUNCTION.get(k).apply(x);
    };
  }

  private static NamedArray sorted(NamedArray x, String k) {
    return switch (k) {
      case "sort-descending" -> topK(x, D0, (int) x.size()).values();
      case "argsort-descending" -> topK(x, D0, (int) x.size()).indices();
      case "top_k-values" -> topK(x, D0, 5).values();
      case "top_k-indices" -> topK(x, D0, 5).indices();
      case "top_k" -> topK(x, D0, 4).indices();
      case "argmin" -> argmin(array(new int[] {5, 1, 9, 1}, new Axis("d0", 4)), D0);
      default -> along(x, k, D0);
    };
  }

  private static NamedArray running(NamedArray x, String k) {
    if (k.equals("cummax")) { // of integers, and reversed
      return flip(cummax(flip(x, D1), D1), D1);
    }
    if (k.equals("cumsum-reverse")) {
      return flip(cumsum(flip(x, D0), D0), D0);
    }
    String f = k.replaceAll("-.*", "");
    Axis a = k.contains("axis0") ? D0 : D1;
    return k.endsWith("-reverse") ? flip(along(flip(x, a), f, a), a) : along(x, f, a);
  }

  private static NamedArray soft(NamedArray x, String k) {
    return switch (k) {
      case "softmax" -> softmax(x, D1);
      case "log_softmax" -> logSoftmax(x, D1);
      case "logsumexp" -> logsumexp(x, D1);
      default -> softmax(x.get(range("d0", 0, 3)), D0);
    };
  }

  private static NamedArray moment(NamedArray x, String k) {
    boolean integers = x.dtype().isInteger();
    return switch (k) {
      case "var-ddof1" -> var(x, 1, D1);
      case "std-ddof1" -> std(x, 1, D1);
      case "var-all-axes-of-rows0-2" -> var(x.get(range("d0", 0, 3)));
      case "mean-axis0" -> mean(x, D0);
      case "mean" -> integers ? mean(x) : mean(x, D1);
      case "var" -> integers ? var(x) : var(x, D1);
      case "std" -> std(x, integers ? D0 : D1);
      default -> along(x, k, D1);
    };
  }

  private static NamedArray product(NamedArray x, NamedArray y, String k) {
    NamedArray w = y.rename(Map.of("d0", "d1", "d1", "d2"));
    NamedArray row = x.get(at("d0", 0));
    return switch (k) {
      case "vector" -> dot(row, w.get(at("d2", 0)), D1);
      case "matrix-vector" -> dot(x, w.get(at("d2", 1)), D1);
      case "outer" -> row.times(w.get(at("d1", 0)));
      default -> dot(x, w, D1);
    };
  }

  private static NamedArray empty(DType t, String k) {
    Axis none = new Axis("d0", 0);
    return switch (k) {
      case "any", "all" -> along(zeros(DType.BOOL, none), k, D0);
      case "logsumexp" -> logsumexp(zeros(t, none));
      case "matmul" ->
          dot(zeros(t, new Axis("r", 2), none), zeros(t, none, new Axis("c", 3)), none);
      default -> along(zeros(t, none), k, D0);
    };
  }

  private static NamedArray sequence(DType t, String k) {
    return switch (k) {
      case "linspace" -> linspace(new Axis("d0", 7), -1, 2, t);
      case "linspace-1" -> linspace(new Axis("d0", 1), 3, 9, t);
      case "arange" -> arange(new Axis("d0", 10), t).times(0.1);
      case "arange-int" -> arange(new Axis("d0", 3), 2, 3).astype(t);
      case "arange-down" -> arange(new Axis("d0", 3), 5, -2).astype(t);
      default -> throw new IllegalArgumentException(k);
    };
  }

  private static NamedArray truth(NamedArray x, String k) {
    NamedArray n = array(new int[] {5, 3, 9, 9, 1, 3}, new Axis("d0", 6));
    return switch (k) {
      case "any-all-axes" -> any(x);
      case "all-all-axes" -> all(x);
      case "any-int" -> any(n);
      case "all-int" -> all(n);
      case "count_nonzero" -> sum(x.ne(0), D1);
      default -> along(x, k, D1);
    };
  }
}
