package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.golden.Golden.Case;
import dev.axial.numerics.Denormals;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The derivatives of order 1 to 3 of every function of real numbers, in forward and reverse mode
 * and mixtures of them, at ordinary points, zeros, ties, edges of the dtypes, infinities and NaN,
 * against those of mpmath rounded once. Where none is defined the golden file names the convention.
 */
class DerivativesTest {
  private static final List<Case> CASES = Golden.read("derivatives.txt");

  static Stream<Case> cases() {
    return CASES.stream();
  }

  // ---------------------------------------------------------------- the functions

  private static final Map<String, UnaryOperator<NamedArray>> UNARY = new HashMap<>();
  private static final Map<String, BinaryOperator<NamedArray>> BINARY = new HashMap<>();
  private static final Map<String, Function<NamedArray, NamedArray>> VECTOR = new HashMap<>();
  private static final Axis N = axis("n", 0);

  static {
    UNARY.put("sin", Axial::sin);
    UNARY.put("cos", Axial::cos);
    UNARY.put("tan", Axial::tan);
    UNARY.put("arcsin", Axial::arcsin);
    UNARY.put("arccos", Axial::arccos);
    UNARY.put("arctan", Axial::arctan);
    UNARY.put("sinh", Axial::sinh);
    UNARY.put("cosh", Axial::cosh);
    UNARY.put("tanh", Axial::tanh);
    UNARY.put("arcsinh", Axial::arcsinh);
    UNARY.put("arccosh", Axial::arccosh);
    UNARY.put("arctanh", Axial::arctanh);
    UNARY.put("exp", Axial::exp);
    UNARY.put("exp2", Axial::exp2);
    UNARY.put("expm1", Axial::expm1);
    UNARY.put("log", Axial::log);
    UNARY.put("log1p", Axial::log1p);
    UNARY.put("log2", Axial::log2);
    UNARY.put("log10", Axial::log10);
    UNARY.put("sqrt", Axial::sqrt);
    UNARY.put("rsqrt", Axial::rsqrt);
    UNARY.put("cbrt", Axial::cbrt);
    UNARY.put("square", Axial::square);
    UNARY.put("reciprocal", Axial::reciprocal);
    UNARY.put("erf", Axial::erf);
    UNARY.put("erfc", Axial::erfc);
    UNARY.put("erfinv", Axial::erfinv);
    UNARY.put("lgamma", Axial::lgamma);
    UNARY.put("digamma", Axial::digamma);
    UNARY.put("sigmoid", Axial::sigmoid);
    UNARY.put("silu", Axial::silu);
    UNARY.put("gelu", Axial::gelu);
    UNARY.put("geluExact", Axial::geluExact);
    UNARY.put("softplus", Axial::softplus);
    UNARY.put("logSigmoid", Axial::logSigmoid);
    UNARY.put("mish", Axial::mish);
    UNARY.put("squareplus", Axial::squareplus);
    UNARY.put("sinc", Axial::sinc);
    UNARY.put("unaryMinus", NamedArray::unaryMinus);
    for (double p : new double[] {0.5, 1.5, 2.5, -0.5}) {
      UNARY.put("pow(%s)".formatted(p), x -> x.pow(p));
    }
    for (int p : new int[] {0, 1, 2, 3, -2}) {
      UNARY.put("pow(%s)".formatted(p), x -> x.pow(p));
    }
    UNARY.put("pow-of(2)", x -> pow(2, x));
    UNARY.put("pow-of(0.5)", x -> pow(0.5, x));
    UNARY.put("div-of(3)", x -> Axial.div(3, x));
    UNARY.put("minus-of(3)", x -> Axial.minus(3, x));
    UNARY.put("plus(3)", x -> x.plus(3));
    UNARY.put("minus(3)", x -> x.minus(3));
    UNARY.put("times(3)", x -> x.times(3));
    UNARY.put("div(4)", x -> x.div(4));
    UNARY.put("abs", Axial::abs);
    UNARY.put("sign", Axial::sign);
    UNARY.put("floor", Axial::floor);
    UNARY.put("ceil", Axial::ceil);
    UNARY.put("round", Axial::round);
    UNARY.put("trunc", Axial::trunc);
    UNARY.put("relu", Axial::relu);
    UNARY.put("relu6", Axial::relu6);
    UNARY.put("leakyRelu", Axial::leakyRelu);
    UNARY.put("leakyRelu(0.25)", x -> leakyRelu(x, 0.25));
    UNARY.put("elu", Axial::elu);
    UNARY.put("celu", Axial::celu);
    UNARY.put("selu", Axial::selu);
    UNARY.put("hardTanh", Axial::hardTanh);
    UNARY.put("nanToNum", Axial::nanToNum);
    UNARY.put("clip(-1,2)", x -> clip(x, -1, 2));
    UNARY.put("maximum(1)", x -> maximum(x, 1));
    UNARY.put("minimum(1)", x -> minimum(x, 1));
    UNARY.put("rem(1.5)", x -> x.rem(1.5));
    UNARY.put("floorDiv(1.5)", x -> x.floorDiv(1.5));

    BINARY.put("plus", NamedArray::plus);
    BINARY.put("minus", NamedArray::minus);
    BINARY.put("times", NamedArray::times);
    BINARY.put("div", NamedArray::div);
    BINARY.put("pow", NamedArray::pow);
    BINARY.put("arctan2", Axial::arctan2);
    BINARY.put("hypot", Axial::hypot);
    BINARY.put("logaddexp", Axial::logaddexp);
    BINARY.put("logaddexp2", Axial::logaddexp2);
    BINARY.put("fmod", Axial::fmod);
    BINARY.put("rem", NamedArray::rem);
    BINARY.put("floorDiv", NamedArray::floorDiv);
    BINARY.put("fma", (x, y) -> fma(x, y, scalar(0.5, x.dtype())));
    BINARY.put("where", (x, y) -> where(x.gt(y), x, y));
    BINARY.put("maximum", Axial::maximum);
    BINARY.put("minimum", Axial::minimum);
    BINARY.put("fmax", Axial::fmax);
    BINARY.put("fmin", Axial::fmin);

    VECTOR.put("sum", x -> sum(x));
    VECTOR.put("mean", x -> mean(x));
    VECTOR.put("var", x -> var(x));
    VECTOR.put("var(1)", x -> var(x, 1));
    VECTOR.put("std", x -> std(x));
    VECTOR.put("prod", x -> prod(x));
    VECTOR.put("cumprod", x -> cumprod(x, N));
    VECTOR.put("cumsum", x -> cumsum(x, N));
    VECTOR.put("max", x -> max(x));
    VECTOR.put("min", x -> min(x));
    VECTOR.put("cummax", x -> cummax(x, N));
    VECTOR.put("cummin", x -> cummin(x, N));
    VECTOR.put("logsumexp", x -> logsumexp(x));
    VECTOR.put("softmax", x -> softmax(x, N));
    VECTOR.put("logSoftmax", x -> logSoftmax(x, N));
    VECTOR.put("sort", x -> sort(x, N));
    VECTOR.put("dot", x -> dot(x, x, N));
    VECTOR.put("norm", x -> sqrt(sum(square(x))));
  }

  // ---------------------------------------------------------------- what is allowed

  /**
   * Units in the last place for the orders 1, 2, 3, and the magnitude below which an error of the
   * second and third counts as if they were that large: they are sums of terms that cancel.
   */
  private record Bound(
      double first, double second, double third, double secondScale, double thirdScale) {
    double of(int order) {
      return order == 1 ? first : order == 2 ? second : third;
    }
  }

  private static final Bound USUAL = new Bound(4, 8, 16, 0, 0);

  private static final Map<String, Bound> BOUNDS =
      Map.ofEntries(
          Map.entry("tanh", new Bound(4, 8, 32, 0, 0)),
          Map.entry("arcsinh", new Bound(4, 8, 32, 0, 0)),
          Map.entry("silu", new Bound(16, 16, 16, 0, 1)),
          Map.entry("gelu", new Bound(8, 16, 16, 1, 1)),
          Map.entry("geluExact", new Bound(8, 16, 16, 0, 1)),
          Map.entry("mish", new Bound(16, 16, 16, 1, 1)),
          Map.entry("squareplus", new Bound(4, 8, 16, 0, 1)),
          Map.entry("pow", new Bound(4, 32, 64, 0, 0)),
          Map.entry("std", new Bound(4, 8, 32, 0, 0)),
          Map.entry("logaddexp", new Bound(16, 32, 64, 0, 0)), // by the rounded difference
          Map.entry("logaddexp2", new Bound(16, 32, 64, 0, 0)),
          Map.entry("erfinv", new Bound(128, 256, 512, 0, 0))); // its value is XLA's

  private static Bound bound(Case c) {
    return BOUNDS.getOrDefault(subject(c), USUAL);
  }

  private static String[] parts(Case c) {
    return c.name().replace("convention/", "").split("/", -1);
  }

  private static String subject(Case c) {
    return parts(c)[1];
  }

  // ---------------------------------------------------------------- the law

  @ParameterizedTest
  @MethodSource("cases")
  void agrees(Case c) {
    var wrong = new ArrayList<String>();
    switch (parts(c)[0]) {
      case "unary" -> unary(c, wrong);
      case "binary" -> binary(c, wrong);
      default -> vector(c, wrong);
    }
    assertThat(wrong).as(c.name()).isEmpty();
  }

  /** One derivative: forward, or reverse. */
  private static UnaryOperator<NamedArray> derived(char mode, UnaryOperator<NamedArray> f) {
    Function<NamedArray, NamedArray> g = f::apply;
    return mode == 'F'
        ? x -> jvp(g, x, onesLike(x)).tangent()
        : x -> grad((NamedArray v) -> sum(f.apply(v))).apply(x);
  }

  /**
   * The mixtures of forward and reverse mode. The engines compute the same bits, so the native one
   * compiles two for each case; {@code -Daxial.derivatives.all=true} takes all.
   */
  private static List<String> modes(int order) {
    boolean few = "native".equals(System.getProperty("axial.engine"));
    if (Boolean.getBoolean("axial.derivatives.all")) {
      return switch (order) {
        case 1 -> List.of("F", "R");
        case 2 -> List.of("FF", "FR", "RF", "RR");
        default -> List.of("FFF", "FFR", "FRF", "FRR", "RFF", "RFR", "RRF", "RRR");
      };
    }
    return switch (order) {
      case 1 -> few ? List.of("R") : List.of("F", "R");
      case 2 -> few ? List.of() : List.of("FR", "RF");
      default -> few ? List.of("RRF") : List.of("RRR", "FFR");
    };
  }

  private static final List<String> MODES =
      Stream.of(1, 2, 3).flatMap(k -> modes(k).stream()).toList();

  private static void unary(Case c, List<String> wrong) {
    UnaryOperator<NamedArray> f = UNARY.get(subject(c));
    NamedArray x = c.array("x");
    Function<NamedArray, List<NamedArray>> all =
        v -> {
          var out = new ArrayList<NamedArray>();
          for (String modes : MODES) {
            UnaryOperator<NamedArray> d = f;
            for (char m : modes.toCharArray()) {
              d = derived(m, d);
            }
            out.add(d.apply(v));
          }
          return out;
        };
    List<NamedArray> got = jit(all).apply(x);
    for (int k = 0; k < MODES.size(); k++) {
      int order = MODES.get(k).length();
      compare(c, "d" + order, MODES.get(k), order, got.get(k), scale(c, "d" + order), wrong);
    }
  }

  private static BinaryOperator<NamedArray> derived(
      char mode, char by, BinaryOperator<NamedArray> f) {
    return by == 'x'
        ? (x, y) -> derived(mode, v -> f.apply(v, y)).apply(x)
        : (x, y) -> derived(mode, v -> f.apply(x, v)).apply(y);
  }

  private static void binary(Case c, List<String> wrong) {
    BinaryOperator<NamedArray> f = BINARY.get(subject(c));
    var words = new ArrayList<String[]>();
    for (String by : c.out().keySet().stream().filter(k -> !k.startsWith("scale")).toList()) {
      for (String modes : modes(by.length())) {
        words.add(new String[] {by, modes});
      }
    }
    Function<List<NamedArray>, List<NamedArray>> all =
        xs -> {
          var out = new ArrayList<NamedArray>();
          for (String[] w : words) {
            BinaryOperator<NamedArray> d = f;
            for (int k = 0; k < w[0].length(); k++) {
              d = derived(w[1].charAt(k), w[0].charAt(k), d);
            }
            out.add(d.apply(xs.get(0), xs.get(1)));
          }
          return out;
        };
    List<NamedArray> got = jit(all).apply(List.of(c.array("x"), c.array("y")));
    for (int k = 0; k < words.size(); k++) {
      String by = words.get(k)[0];
      compare(c, by, words.get(k)[1], by.length(), got.get(k), scale(c, by), wrong);
    }
  }

  /** Along a line through the point, of the results with the weights 0.5, 1.5, and so on. */
  private static void vector(Case c, List<String> wrong) {
    NamedArray x = c.array("x").rename("d0", "n");
    NamedArray way = c.array("way").rename("d0", "n");
    UnaryOperator<NamedArray> f =
        t -> {
          NamedArray y = VECTOR.get(subject(c)).apply(x.plus(way.times(t)));
          NamedArray weights =
              y.rank() == 0
                  ? scalar(0.5, y.dtype())
                  : arange(y.axes().getFirst(), y.dtype()).plus(0.5);
          return sum(y.times(weights));
        };
    Function<NamedArray, List<NamedArray>> all =
        t -> {
          var out = new ArrayList<NamedArray>();
          for (String modes : MODES) {
            UnaryOperator<NamedArray> d = f;
            for (char m : modes.toCharArray()) {
              d = derived(m, d);
            }
            out.add(d.apply(t));
          }
          return out;
        };
    List<NamedArray> got = jit(all).apply(scalar(0, x.dtype()));
    double[] scale = c.out().get("scale").array().toDoubleArray();
    for (int k = 0; k < got.size(); k++) {
      int order = MODES.get(k).length();
      double[] at = {scale[order - 1]};
      compare(c, "d" + order, MODES.get(k), order, got.get(k), at, wrong);
    }
  }

  /** For each point what the next derivative makes of one unit of x, if the file says it. */
  private static double[] scale(Case c, String key) {
    if (!c.out().containsKey("scale." + key)) {
      return new double[c.in().get("x").words().size()];
    }
    double[] s = c.out().get("scale." + key).array().toDoubleArray();
    Bound b = bound(c);
    double least = key.equals("d2") ? b.secondScale : key.equals("d3") ? b.thirdScale : 0;
    return Arrays.stream(s).map(v -> Math.max(v, least)).toArray();
  }

  private static void compare(
      Case c,
      String key,
      String how,
      int order,
      NamedArray got,
      double[] scale,
      List<String> wrong) {
    DType t = got.dtype();
    double[] g = got.toDoubleArray();
    double[] w = c.out().get(key).array().toDoubleArray();
    double[] x = c.array("x").toDoubleArray();
    assertThat(c.out().get(key).type()).contains(t);
    double[] y = c.in().containsKey("y") ? c.array("y").toDoubleArray() : null;
    for (int k = 0; k < w.length; k++) {
      if (y != null && beyond(t, c, order, x[k], g[k], w[k])) {
        continue;
      }
      if (flushed(t, x[k]) || y != null && flushed(t, y[k]) || flushed(t, g[k] - w[k], UNDERFLOW)) {
        continue;
      }
      double off = units(t, g[k], w[k], scale[k]);
      if (!(off <= bound(c).of(order))) {
        String at = y == null ? "" + x[k] : x[k] + ", " + y[k];
        wrong.add(
            "%s by %s at %s: %s, expected %s, off by %.3g units"
                .formatted(key, how, at, g[k], w[k], off));
      }
    }
  }

  /**
   * Of two operands: where a third derivative is larger than all numbers, terms of both signs may
   * be; and the further derivatives of powers of denormal numbers have no digits.
   */
  private static boolean beyond(DType t, Case c, int order, double x, double got, double want) {
    double normal = t == DType.FLOAT64 ? 0x1p-1022 : t == DType.FLOAT16 ? 0x1p-14 : 0x1p-126;
    return (order == 3 && Double.isInfinite(want) && Double.isNaN(got))
        || (order > 1 && subject(c).equals("pow") && x != 0 && Math.abs(x) < normal);
  }

  /** Smallest normal numbers that may be missing where something on the way was denormal. */
  private static final double UNDERFLOW = 1024;

  /** Whether a number is a zero to arithmetic here; those of float16 are normal in float32. */
  private static boolean flushed(DType t, double x) {
    return flushed(t, x, 1);
  }

  private static boolean flushed(DType t, double x, double times) {
    double normal = t == DType.FLOAT64 ? 0x1p-1022 : 0x1p-126;
    return Denormals.MODE == Denormals.FLUSH && x != 0 && Math.abs(x) < times * normal;
  }

  /** The distance in units in the last place; infinity is next to the largest number. */
  private static double units(DType t, double got, double want, double scale) {
    if (Double.compare(got, want) == 0 || got == want) {
      return 0;
    }
    int digits = digits(t);
    int highest = t == DType.FLOAT64 ? 1023 : t == DType.FLOAT16 ? 15 : 127;
    double large = Math.max(Math.abs(want), scale);
    int e = Math.clamp(Math.getExponent(large), 1 - highest, highest);
    double unit = Math.scalb(1.0, -(digits - 1)); // of numbers scaled by 2^-e
    return Math.abs(scaled(got, e, highest) - scaled(want, e, highest)) / unit;
  }

  private static double scaled(double v, int e, int highest) {
    return Double.isInfinite(v)
        ? Math.copySign(Math.scalb(1.0, highest + 1 - e), v)
        : Math.scalb(v, -e);
  }

  private static int digits(DType t) {
    return switch (t) {
      case BFLOAT16 -> 8;
      case FLOAT16 -> 11;
      case FLOAT32 -> 24;
      case FLOAT64 -> 53;
      case INT32, INT64, UINT32, BOOL, KEY -> throw new AssertionError(t);
    };
  }

  // ---------------------------------------------------------------- nothing is left out

  /** Functions of arrays that are no functions of real numbers, by reason. */
  private static final Map<String, List<String>> ELSEWHERE =
      Map.of(
          "gives booleans or integers",
          List.of(
              "all",
              "any",
              "and",
              "or",
              "xor",
              "not",
              "eq",
              "ne",
              "lt",
              "le",
              "gt",
              "ge",
              "isfinite",
              "isinf",
              "isnan",
              "argmax",
              "argmin",
              "argsort",
              "searchsorted",
              "oneHot",
              "bitcast",
              "populationCount",
              "shiftLeft",
              "shiftRight",
              "shiftRightLogical",
              "axisIndex",
              "key"),
          "moves elements, which the laws of the catalogue hold",
          List.of(
              "broadcast",
              "concatenate",
              "flattenAxes",
              "flip",
              "get",
              "pad",
              "rearrange",
              "rename",
              "roll",
              "stack",
              "take",
              "takeAlong",
              "unflattenAxis",
              "value",
              "freeze",
              "swap",
              "astype",
              "stopGradient",
              "allGather"),
          "makes constants",
          List.of(
              "arange",
              "array",
              "full",
              "fullLike",
              "linspace",
              "ones",
              "onesLike",
              "scalar",
              "zeros",
              "zerosLike"),
          "is sum, mean, max or min, over lanes",
          List.of("psum", "pmean", "pmax", "pmin"));

  @Test
  void every_function_has_rows_in_every_dtype() {
    Set<String> rows =
        CASES.stream()
            .filter(c -> !c.name().startsWith("convention/"))
            .map(c ->
                subject(c).replaceAll("(-of)?\\(.*", "") + " " + c.name().replaceAll(".*/", ""))
            .collect(Collectors.toSet());
    var missing = new TreeSet<String>();
    Stream.concat(
            Arrays.stream(Axial.class.getMethods()), Arrays.stream(NamedArray.class.getMethods()))
        .filter(m -> m.getReturnType() == NamedArray.class)
        .map(Method::getName)
        .filter(n ->
            Stream.of(DType.values())
                .filter(DType::isFloating)
                .anyMatch(t -> !rows.contains(n + " " + t)))
        .forEach(missing::add);
    assertThat(missing)
        .containsExactlyInAnyOrderElementsOf(
            ELSEWHERE.values().stream().flatMap(List::stream).toList());
  }
}
