package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.golden.Golden.Case;
import dev.axial.random.Random;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of two bytes: where they are rounded, and to what. */
class HalfGoldenTest {
  private static final Catalogue CATALOGUE = new Catalogue("half.txt");

  private static final Axis FLIPPED = new Axis("d0", 24);
  private static final Axis DRAWN = new Axis("d0", 200);

  static Stream<Case> cases() {
    return CATALOGUE.cases();
  }

  @Test
  void countsWhatIsAsked() {
    assertThat(CATALOGUE.outputsAsked()).isEqualTo(312);
    assertThat(CATALOGUE.outputsLeft()).isZero();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agrees(Case c) {
    CATALOGUE.check(c, answers(c));
  }

  private static Map<String, NamedArray> answers(Case c) {
    return switch (c.part(0)) {
      case "convert" -> Map.of("result", converted(c.array("x"), dtype(c, 2)));
      case "promote" ->
          Map.of(
              "result", NumericsGoldenTest.BINARY.get(c.part(1)).apply(c.array("x"), c.array("y")));
      case "number" -> {
        NamedArray x = c.array("x");
        yield Map.of(
            "times", x.times(3), "plus", x.plus(0.1), "minus", minus(1, x), "div", x.div(3));
      }
      case "binary" ->
          all(c, f -> NumericsGoldenTest.BINARY.get(f).apply(c.array("x"), c.array("y")));
      case "unary", "function", "function-positive" -> all(c, f -> unary(c, f));
      case "chain" -> {
        NamedArray x = c.array("x");
        NamedArray y = c.array("y");
        yield Map.of("result", x.times(y).plus(x).minus(y.times(y)));
      }
      case "reduce", "count", "overflow", "sort" -> all(c, f -> over(c.array("x"), f));
      case "dot" ->
          Map.of(
              "result", dot(c.array("x").rename("d1", "k"), c.array("y").rename("d0", "k"), "k"));
      case "scatter-add" ->
          Map.of(
              "result",
              c.array("x")
                  .at(at("d0", c.array("i").rename("d0", "n")))
                  .add(c.array("v").rename("d0", "n")));
      case "ref" -> reference(c);
      case "grad" -> {
        NamedArray x = c.array("x");
        yield Map.of(
            "square", grad((NamedArray u) -> sum(u.times(u))).apply(x),
            "product", grad((NamedArray u) -> sum(flip(u, FLIPPED).times(u).times(u))).apply(x));
      }
      case "grad-through" -> {
        DType t = dtype(c, 1);
        yield Map.of(
            "result",
            grad((NamedArray u) -> sum(u.astype(t).astype(DType.FLOAT32).times(3)))
                .apply(c.array("x")));
      }
      case "random", "random-logarithms", "random-truncated" -> all(c, f -> drawn(dtype(c, 1), f));
      default -> throw new IllegalArgumentException(c.name());
    };
  }

  /** JAX rounds twice, by way of float32; {@code RoundedOnceTest} has our rule. */
  private static NamedArray converted(NamedArray x, DType t) {
    boolean twice = t.isHalf() && !x.dtype().isHalf();
    return (twice ? x.astype(DType.FLOAT32) : x).astype(t);
  }

  private static DType dtype(Case c, int part) {
    return DType.valueOf(c.part(part).toUpperCase(Locale.ROOT));
  }

  private static Map<String, NamedArray> all(Case c, Function<String, NamedArray> f) {
    var out = new HashMap<String, NamedArray>();
    c.out().keySet().forEach(k -> out.put(k, f.apply(k)));
    return out;
  }

  private static NamedArray unary(Case c, String f) {
    return NumericsGoldenTest.FUNCTION.get(f).apply(c.array("x"));
  }

  private static NamedArray over(NamedArray x, String f) {
    return switch (f) {
      case "sum" -> sum(x);
      case "sum0" -> sum(x, "d0");
      case "sum1" -> sum(x, "d1");
      case "mean" -> mean(x);
      case "mean1" -> mean(x, "d1");
      case "var1" -> var(x, "d1");
      case "max1" -> max(x, "d1");
      case "min1" -> min(x, "d1");
      case "argmax1" -> argmax(x, x.axis("d1"));
      case "argmin1" -> argmin(x, x.axis("d1"));
      case "sort" -> sort(x, x.axis("d0"));
      case "argsort" -> argsort(x, x.axis("d0"));
      case "cumsum" -> cumsum(x, x.axis("d0"));
      default -> throw new IllegalArgumentException(f);
    };
  }

  private static Map<String, NamedArray> reference(Case c) {
    NamedArray v = c.array("v");
    NamedRef r = newRef(c.array("x"));
    for (int k = 0; k < v.size(); k++) {
      r.at(at("d0", k % 6)).add(v.get(at("d0", k)));
    }
    NamedArray old = r.at(at("d0", 2)).swap(scalar(7, v.dtype()));
    r.at(at("d0", 3)).set(v.get(at("d0", 0)));
    return Map.of("value", r.value(), "old", old);
  }

  private static NamedArray drawn(DType t, String f) {
    NamedArray key = Random.key(42);
    return switch (f) {
      case "uniform" -> Random.uniform(key, t, DRAWN);
      case "uniform-bounds" -> Random.uniform(key, 0.1, 0.7, t, DRAWN);
      case "normal" -> Random.normal(key, t, DRAWN);
      case "bernoulli" -> Random.bernoulli(key, scalar(0.3, t), DRAWN);
      case "exponential" -> Random.exponential(key, t, DRAWN);
      case "gumbel" -> Random.gumbel(key, t, DRAWN);
      case "result" -> Random.truncatedNormal(key, -1, 0.5, t, DRAWN);
      default -> throw new IllegalArgumentException(f);
    };
  }
}
