package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.golden.Golden.Case;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values, tangents and gradients of functions, their edges and ties included. */
class OpsGradGoldenTest {
  private static final Catalogue CATALOGUE =
      new Catalogue("ops_grad.txt")
          .without("cumulative/cumlogsumexp/.*", "not in Haliax")
          .without(
              "cumulative/cummax-ties#(tangent|grad.x)", "how JAX shares among ties is an accident")
          .without("shape/pad-interior#.*", "no padding between elements")
          .without(
              "ties/logaddexp#(tangent|grad.*)",
              "two equal infinities share the derivative here, NaN in JAX")
          .without(
              "along/standardize/d0#(tangent|grad.*)",
              "JAX's variance, E(x^2) - E(x)^2, has lost the digits")
          .without(
              "pow/zero-base#(tangent|grad.*)",
              "by x at x = 0 and y = 0 it is NaN in JAX, 0 here: DerivativesTest has all of them")
          .without("ties/hypot-origin#(tangent|grad.*)", "0 here, NaN in JAX");

  private static final Axis D0 = new Axis("d0", 0);
  private static final Axis D1 = new Axis("d1", 0);

  static Stream<Case> cases() {
    return CATALOGUE.cases();
  }

  @Test
  void countsWhatIsAsked() {
    assertThat(CATALOGUE.outputsAsked()).isEqualTo(1020);
    assertThat(CATALOGUE.outputsLeft()).isEqualTo(25);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agrees(Case c) {
    List<String> names =
        c.in().keySet().stream().filter(k -> c.in().containsKey("t." + k)).toList();
    List<NamedArray> xs = names.stream().map(c::array).toList();
    List<NamedArray> ts = names.stream().map(k -> c.array("t." + k)).toList();
    Function<List<NamedArray>, NamedArray> f = function(c);
    var answers = new HashMap<String, NamedArray>();
    answers.put("value", f.apply(xs));
    List<String> wanted = CATALOGUE.wanted(c);
    if (wanted.contains("tangent")) {
      Jvp<NamedArray> forward = jvp(f, xs, ts);
      answers.put("tangent", forward.tangent());
      Vjp<List<NamedArray>, NamedArray> reverse = vjp(f, xs);
      NamedArray ct = named(c.array("ct"), forward.value().axes());
      List<NamedArray> grads = reverse.apply(ct);
      for (int k = 0; k < names.size(); k++) {
        answers.put("grad." + names.get(k), grads.get(k));
      }
      for (NamedArray v : List.of(forward.value(), reverse.value())) {
        // Engines add up in different orders.
        assertThat(v.toDoubleArray())
            .usingComparatorWithPrecision(1e-13)
            .containsExactly(answers.get("value").toDoubleArray());
      }
    }
    CATALOGUE.check(c, answers);
  }

  /** The same array with other names, in order. */
  private static NamedArray named(NamedArray x, List<Axis> axes) {
    var names = new LinkedHashMap<String, String>();
    for (int k = 0; k < axes.size(); k++) {
      names.put(x.axes().get(k).name(), axes.get(k).name());
    }
    return x.rename(names);
  }

  private static NamedArray named(NamedArray x, String... names) {
    return named(
        x,
        IntStream.range(0, names.length)
            .mapToObj(k -> new Axis(names[k], x.axes().get(k).size()))
            .toList());
  }

  // ---------------------------------------------------------------- the functions

  private static Function<List<NamedArray>, NamedArray> function(Case c) {
    String f = c.part(1);
    return switch (c.part(0)) {
      case "unary", "unary-large", "at-zero", "at-infinity", "at-edge" -> one(unary(f));
      case "pow" -> power(c);
      case "binary" -> two(BINARY.get(f));
      case "binary-broadcast" ->
          xs -> {
            NamedArray[] a = positional(xs);
            return BINARY.get(f).apply(a[0], a[1]);
          };
      case "ties" -> ties(f);
      case "where" -> choose(f);
      case "reduce" -> one(reduction(f, c.part(2)));
      case "reduce-ties" ->
          one(
              f.equals("max-all")
                  ? x -> max(x)
                  : f.equals("max") ? x -> max(x, D1) : x -> min(x, D1));
      case "reduce-edge" -> one(edge(f));
      case "along" -> one(along(f, c.name().endsWith("d1") ? D1 : D0));
      case "norm" -> one(norm(f.replaceAll("-(at|one)-zero", "")));
      case "cumulative" -> one(running(f, c.name()));
      case "sort" -> one(sorting(f));
      case "shape" -> shape(f);
      case "gather" -> one(gather(c, f));
      case "scatter" -> scatter(c, f);
      case "window" -> window(f, c.name());
      case "dot" -> contraction(f);
      case "compose" -> compose(f);
      default -> throw new IllegalArgumentException(c.name());
    };
  }

  private static Function<List<NamedArray>, NamedArray> one(UnaryOperator<NamedArray> f) {
    return xs -> f.apply(xs.get(0));
  }

  private static Function<List<NamedArray>, NamedArray> two(BinaryOperator<NamedArray> f) {
    return xs -> f.apply(xs.get(0), xs.get(1));
  }

  private static UnaryOperator<NamedArray> unary(String f) {
    return switch (f) {
      case "relu6" -> x -> relu6(x);
      case "celu" -> x -> celu(x);
      case "selu" -> x -> selu(x);
      case "hard_tanh" -> x -> hardTanh(x);
      case "mish" -> x -> mish(x);
      case "squareplus" -> x -> squareplus(x);
      case "sinc" -> x -> sinc(x);
      case "neg" -> NamedArray::unaryMinus;
      case "log-negative" -> x -> log(x);
      case "sqrt-negative" -> x -> sqrt(x);
      case "floor-integer" -> x -> floor(x);
      default -> NumericsGoldenTest.FUNCTION.get(f);
    };
  }

  private static final Map<String, BinaryOperator<NamedArray>> BINARY =
      Map.ofEntries(
          Map.entry("add", NamedArray::plus),
          Map.entry("sub", NamedArray::minus),
          Map.entry("mul", NamedArray::times),
          Map.entry("div", NamedArray::div),
          Map.entry("remainder", NamedArray::rem),
          Map.entry("maximum", (x, y) -> maximum(x, y)),
          Map.entry("minimum", (x, y) -> minimum(x, y)),
          Map.entry("atan2", (x, y) -> arctan2(x, y)),
          Map.entry("hypot", (x, y) -> hypot(x, y)),
          Map.entry("logaddexp", (x, y) -> logaddexp(x, y)),
          Map.entry("fmod", (x, y) -> fmod(x, y)));

  private static Function<List<NamedArray>, NamedArray> power(Case c) {
    return switch (c.part(1)) {
      case "int" -> xs -> xs.get(0).pow(Integer.parseInt(c.part(2)));
      case "float" -> xs -> xs.get(0).pow(Double.parseDouble(c.part(2)));
      default ->
          xs -> {
            NamedArray[] a = positional(xs);
            return pow(a[0], a[1]);
          };
    };
  }

  /** Aligned from the right as NumPy does, axes of size 1 dropped. */
  private static NamedArray[] positional(List<NamedArray> xs) {
    int rank = xs.stream().mapToInt(NamedArray::rank).max().orElseThrow();
    return xs.stream()
        .map(x -> {
          NamedArray y =
              named(
                  x,
                  IntStream.range(rank - x.rank(), rank)
                      .mapToObj(k -> "d" + k)
                      .toArray(String[]::new));
          for (Axis a : y.axes()) {
            y = a.size() == 1 ? y.get(a.at(0)) : y;
          }
          return y;
        })
        .toArray(NamedArray[]::new);
  }

  private static Function<List<NamedArray>, NamedArray> ties(String f) {
    return switch (f) {
      case "maximum", "maximum-nan" -> two((x, y) -> maximum(x, y));
      case "minimum" -> two((x, y) -> minimum(x, y));
      case "maximum-number" -> one(x -> maximum(x, 0.0));
      case "clip" -> one(x -> clip(x, -1.0, 2.0));
      case "clip-arrays" -> xs -> clip(xs.get(0), xs.get(1), xs.get(2));
      case "atan2-origin" -> two((x, y) -> arctan2(x, y));
      case "hypot-origin" -> two((x, y) -> hypot(x, y));
      case "div-by-zero" -> two(NamedArray::div);
      case "logaddexp" -> two((x, y) -> logaddexp(x, y));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static NamedArray booleans(String axis, boolean... v) {
    return array(v, new Axis(axis, v.length));
  }

  private static Function<List<NamedArray>, NamedArray> choose(String f) {
    return switch (f) {
      case "both" -> two((x, y) -> where(booleans("d0", true, false, true, false), x, y));
      case "broadcast" ->
          two((x, y) ->
              where(booleans("d0", true, false, true), named(x, "d1"), y).rearrange("d0", "d1"));
      case "nan-on-the-untaken-side" -> one(x -> where(x.gt(0), log(x), 0.0));
      case "double-where" -> one(x -> where(x.gt(0), log(where(x.gt(0), x, 1.0)), 0.0));
      case "sqrt-at-zero" -> one(x -> where(x.gt(0), sqrt(x), 0.0));
      default -> throw new IllegalArgumentException(f);
    };
  }

  // ---------------------------------------------------------------- along axes

  private static UnaryOperator<NamedArray> reduction(String f, String axes) {
    Axis[] a = axes.equals("all") ? new Axis[] {} : new Axis[] {axes.equals("d0") ? D0 : D1};
    return switch (f) {
      case "sum" -> x -> sum(x, a);
      case "mean" -> x -> mean(x, a);
      case "prod" -> x -> prod(x, a);
      case "max" -> x -> max(x, a);
      case "min" -> x -> min(x, a);
      case "var" -> x -> var(x, a);
      case "std" -> x -> std(x, a);
      case "logsumexp" -> x -> logsumexp(x, a);
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static UnaryOperator<NamedArray> edge(String f) {
    return f.equals("var-ddof1")
        ? x -> var(x, 1)
        : reduction(f.substring(0, f.indexOf('-')), "all");
  }

  private static UnaryOperator<NamedArray> along(String f, Axis a) {
    return switch (f) {
      case "softmax", "softmax-masked", "softmax-large" -> x -> softmax(x, a);
      case "log_softmax", "log_softmax-masked" -> x -> logSoftmax(x, a);
      case "standardize" ->
          x -> {
            NamedArray m = mean(x, a);
            NamedArray var = mean(square(x), a).minus(square(m)); // as JAX has it here
            return x.minus(m).times(rsqrt(var.plus(1e-5)));
          };
      case "normalize" -> x -> x.div(sqrt(sum(square(x), a)));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static UnaryOperator<NamedArray> norm(String f) {
    return switch (f) {
      case "norm2" -> x -> sqrt(sum(square(x)));
      case "norm1" -> x -> sum(abs(x));
      case "norm-infinity" -> x -> maximum(max(abs(x)), 0); // JAX's starts from 0
      case "norm3" -> x -> sum(abs(x).pow(3)).pow(1.0 / 3);
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static UnaryOperator<NamedArray> running(String f, String name) {
    Axis a = name.endsWith("d0") ? D0 : D1;
    UnaryOperator<NamedArray> along =
        switch (f) {
          case "cumsum" -> x -> cumsum(x, a);
          case "cumprod" -> x -> cumprod(x, a);
          case "cummax" -> x -> cummax(x, a);
          case "cummin" -> x -> cummin(x, a);
          case "cumprod-zero" -> x -> cumprod(x, D0);
          case "cummax-ties" -> x -> cummax(x, D0);
          default -> throw new IllegalArgumentException(f);
        };
    return name.endsWith("reverse") ? x -> flip(along.apply(flip(x, a)), a) : along;
  }

  private static UnaryOperator<NamedArray> sorting(String f) {
    return switch (f) {
      case "d0", "ties" -> x -> sort(x, D0);
      case "d1" -> x -> sort(x, D1);
      case "descending" -> x -> topK(x, D0, 6).values();
      case "top-3-values" -> x -> topK(x, D0, 3).values();
      case "median" ->
          x -> {
            NamedArray five = sort(x.get(range("d0", 0, 5)), D0).get(at("d0", 2));
            NamedArray six = sort(x, D0);
            return five.plus(six.get(at("d0", 2)).plus(six.get(at("d0", 3))).times(0.5));
          };
      default -> throw new IllegalArgumentException(f);
    };
  }

  // ---------------------------------------------------------------- form and indices

  private static Function<List<NamedArray>, NamedArray> shape(String f) {
    return switch (f) {
      case "transpose" -> one(x -> x.rearrange("d1", "d0"));
      case "reshape" ->
          one(x ->
              unflattenAxis(
                  flattenAxes(x, "all", "d0", "d1"), "all", new Axis("r", 2), new Axis("c", 6)));
      case "broadcast" -> one(x -> broadcast(x, new Axis("front", 3)));
      case "concatenate" -> xs -> concatenate(D0, xs);
      case "concatenate-same-twice" -> one(x -> concatenate(D1, List.of(x, x)));
      case "stack" -> xs -> stack(new Axis("d1", 2), xs).rearrange("d0", "d1");
      case "pad" -> one(x -> pad(pad(x, D0, 1, 2, 0), D1, 0, 1, 0));
      case "pad-value" ->
          two((x, y) ->
              concatenate(
                  D0,
                  List.of(broadcast(y, new Axis("d0", 1)), x, broadcast(y, new Axis("d0", 2)))));
      case "pad-negative" -> one(x -> x.get(range("d0", 1, 3)));
      case "flip" -> one(x -> flip(x, D1));
      case "roll" -> one(x -> roll(x, 2, D0));
      case "tile" -> one(x -> tiled(tiled(x, "d0", 2), "d1", 3));
      case "repeat" -> one(x -> x.get(at("d0", 0, 0, 1, 1, 2, 2)));
      case "slice" -> one(x -> x.get(range("d0", 1, 3), range("d1", 0, 4, 2)));
      case "reverse-slice" -> one(x -> x.get(range("d0", 3, 0, -1)));
      case "triu" ->
          one(x -> where(arange(new Axis("d0", 3)).le(arange(new Axis("d1", 3))), x, 0.0));
      case "diagonal" -> one(OpsGradGoldenTest::diagonal);
      case "diag" ->
          one(x ->
              where(arange(new Axis("d0", 3)).eq(arange(new Axis("d1", 3))), x, 0.0)
                  .rearrange("d0", "d1"));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static NamedArray tiled(NamedArray x, String axis, int times) {
    var parts = new ArrayList<NamedArray>();
    for (int k = 0; k < times; k++) {
      parts.add(x);
    }
    return concatenate(axis, parts);
  }

  private static NamedArray diagonal(NamedArray x) {
    NamedArray i = arange(new Axis("i", x.axes().getFirst().size()));
    return x.get(at("d0", i), at("d1", i));
  }

  private static NamedArray index(Case c, String k) {
    return named(c.array(k), "token");
  }

  private static UnaryOperator<NamedArray> gather(Case c, String f) {
    return switch (f) {
      case "repeats", "out-of-bounds-clamps" -> x -> x.get(at("d0", index(c, "i")));
      case "paired" -> x -> x.get(at("d0", index(c, "i")), at("d1", index(c, "j")));
      case "second-axis" -> x -> x.get(at("d1", index(c, "j")));
      case "along-axis" -> x -> takeAlong(x, D1, c.array("i"));
      case "embedding" -> x -> sum(square(x.get(at("d0", index(c, "tokens")))));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static Function<List<NamedArray>, NamedArray> scatter(Case c, String f) {
    return switch (f) {
      case "add-repeats" -> two((x, y) -> x.at(at("d0", index(c, "i"))).add(named(y, "token")));
      case "set" -> two((x, y) -> x.at(at("d0", index(c, "i"))).set(named(y, "token", "d1")));
      case "set-repeats" -> two((x, y) -> x.at(at("d0", index(c, "i"))).set(named(y, "token")));
      case "multiply", "multiply-repeats", "multiply-zeros" ->
          two((x, y) -> x.at(at("d0", index(c, "i"))).times(named(y, "token")));
      case "max-repeats", "max-ties", "max-outside", "max-nan" ->
          two((x, y) -> x.at(at("d0", index(c, "i"))).max(named(y, "token")));
      case "min-repeats", "min-ties", "min-outside", "min-nan" ->
          two((x, y) -> x.at(at("d0", index(c, "i"))).min(named(y, "token")));
      case "max-rows" -> two((x, y) -> x.at(at("d0", index(c, "i"))).max(named(y, "token", "d1")));
      case "min-rows" -> two((x, y) -> x.at(at("d0", index(c, "i"))).min(named(y, "token", "d1")));
      case "segment-max" -> one(y -> segments(Double.NEGATIVE_INFINITY, c).max(named(y, "token")));
      case "segment-min" -> one(y -> segments(Double.POSITIVE_INFINITY, c).min(named(y, "token")));
      case "segment-product" -> one(y -> segments(1, c).times(named(y, "token")));
      case "paired-add" ->
          two((x, y) ->
              x.at(at("d0", index(c, "i")), at("d1", index(c, "j"))).add(named(y, "token")));
      case "segment-sum" ->
          one(y ->
              zeros(DType.FLOAT64, new Axis("d0", 3))
                  .at(at("d0", index(c, "i")))
                  .add(named(y, "token")));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static NamedArray.ArrayUpdate segments(double start, Case c) {
    return full(start, DType.FLOAT64, new Axis("d0", 3)).at(at("d0", index(c, "i")));
  }

  private static Function<List<NamedArray>, NamedArray> window(String f, String name) {
    if (f.equals("dynamic-slice-2d")) {
      return one(x -> x.get(ds("d0", scalar(1), 2), ds("d1", scalar(2), 2)));
    }
    int start = Integer.parseInt(name.substring(name.lastIndexOf('/') + 1));
    return f.equals("dynamic-slice")
        ? one(x -> x.get(ds("d0", scalar(start), 2)))
        : two((x, y) -> x.at(ds("d0", scalar(start), 2)).set(y));
  }

  // ---------------------------------------------------------------- products and compositions

  private static Function<List<NamedArray>, NamedArray> contraction(String f) {
    return switch (f) {
      case "vector" -> two((x, y) -> dot(x, y, D0));
      case "matrix-vector" -> two((x, y) -> dot(x, named(y, "d1"), D1));
      case "vector-matrix" -> two((x, y) -> dot(x, y, D0));
      case "matmul", "empty" -> two((x, y) -> dot(x, named(y, "d1", "c"), D1));
      case "batched" -> two((x, y) -> dot(x, named(y, "d0", "d2", "c"), "d2"));
      case "batched-broadcast" -> two((x, y) -> dot(x, named(y, "d2", "c"), "d2"));
      case "two-axes" -> two((x, y) -> dot(x, named(y, "d1", "d2", "l"), "d1", "d2"));
      case "transposed-result" ->
          two((x, y) -> dot(x, named(y, "d1", "k"), D1).rearrange("k", "d0"));
      case "outer" -> two((x, y) -> x.times(named(y, "d1")));
      case "square" -> one(x -> dot(x, named(x, "d1", "c"), D1));
      case "three" ->
          xs ->
              dot(dot(xs.get(0), named(xs.get(1), "d1", "k"), D1), named(xs.get(2), "k", "l"), "k");
      case "trace" ->
          two((x, y) -> sum(diagonal(dot(x, named(y, "d1", "c"), D1).rename("c", "d1"))));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static Function<List<NamedArray>, NamedArray> compose(String f) {
    return switch (f) {
      case "layer-norm" ->
          xs -> {
            NamedArray d = xs.get(0).minus(mean(xs.get(0), D1));
            NamedArray s = mean(square(d), D1);
            return d.div(sqrt(s.plus(1e-5)))
                .times(named(xs.get(1), "d1"))
                .plus(named(xs.get(2), "d1"));
          };
      case "cross-entropy" ->
          one(x -> {
            NamedArray labels = array(new int[] {2, 0, 3}, new Axis("d0", 3));
            return mean(logSoftmax(x, D1).get(at("d1", labels))).unaryMinus();
          });
      case "attention" ->
          xs -> {
            NamedArray k = named(xs.get(1), "key", "d1");
            NamedArray s = dot(xs.get(0), k, D1).div(Math.sqrt(2));
            NamedArray causal = arange(new Axis("d0", 3)).ge(arange(new Axis("key", 3)));
            return dot(softmax(where(causal, s, -1e9), "key"), named(xs.get(2), "key", "c"), "key");
          };
      case "mlp" ->
          xs -> {
            NamedArray h = tanh(dot(xs.get(0), named(xs.get(1), "d1", "h"), D1));
            return dot(h, named(xs.get(2), "h", "c"), "h");
          };
      case "stop-gradient" -> one(x -> x.times(Axial.stopGradient(sin(x))));
      case "straight-through" -> one(x -> x.plus(Axial.stopGradient(round(x).minus(x))));
      case "nan_to_num" -> one(x -> nanToNum(x));
      case "float32-in-between" ->
          one(x -> {
            NamedArray y = x.astype(DType.FLOAT32);
            return y.times(y).astype(DType.FLOAT64);
          });
      case "int-cast" -> one(x -> x.astype(DType.INT32).astype(DType.FLOAT64).times(x));
      default -> throw new IllegalArgumentException(f);
    };
  }
}
