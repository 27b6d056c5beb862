package dev.axial.numerics;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.cumsum;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.full;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.logsumexp;
import static dev.axial.Axial.map;
import static dev.axial.Axial.mean;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.prod;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.softmax;
import static dev.axial.Axial.square;
import static dev.axial.Axial.std;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.var;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What sums lose, and in which order they are taken: each engine gives the bits that {@link
 * SumOrder} says, which are computed here from its words.
 */
class SumsTest {
  /** Shapes with reduced axes at every position; a capital letter is an axis that is summed. */
  private static final String[] SHAPES = {
    "A1",
    "A3",
    "A8",
    "A9",
    "A15",
    "A16",
    "A17",
    "A100",
    "A511",
    "A512",
    "A513",
    "A1000",
    "A1024",
    "A5000",
    "A70001",
    "A300000",
    "a4 B3",
    "a5 B8",
    "a33 B9",
    "a7 B64",
    "a40 B513",
    "a3 B2000",
    "a600 B600",
    "A3 b5",
    "A8 b40",
    "A9 b40",
    "A100 b3",
    "A513 b7",
    "A2000 b64",
    "A5000 b3",
    "A700 b1100",
    "A40 b2000",
    "A3000 b1030",
    "A9000 b1024",
    "A2 B3 c4",
    "A7 b3 C9",
    "A20 b3 C100",
    "A33 b5 C32",
    "a3 B17 C31",
    "A3 B5 C7",
    "A10 b20 C30 d4",
    "a2 B30 c3 D40",
    "A1 B20 c3",
    "A1536",
    "A2048",
    "A2064",
    "A1000 b4",
    "A600 b2",
    "A1500 b17",
    "A1030 b130",
    "a2 B600 c7",
    "a3 B16 C96",
    "A6 b3 C100",
    "A7 b3 C70",
    "A21 b2 C80",
    "A5 b2 C600",
    "A40 B40 c20",
    "A3 b2 C3 d2 E100",
  };

  private record Shape(List<Axis> axes, AxisSelector[] summed) {
    static Shape of(String s) {
      var axes = new ArrayList<Axis>();
      var summed = new ArrayList<AxisSelector>();
      for (String w : s.split(" ")) {
        Axis a = axis(w.substring(0, 1).toLowerCase(), Integer.parseInt(w.substring(1)));
        axes.add(a);
        if (Character.isUpperCase(w.charAt(0))) {
          summed.add(a);
        }
      }
      return new Shape(axes, summed.toArray(new AxisSelector[0]));
    }

    boolean sums(Axis a) {
      return Arrays.asList(summed).contains(a);
    }

    /** The elements of each result, in the order of the axes. */
    double[][] lines(double[] x) {
      int results = 1;
      int each = 1;
      for (Axis a : axes) {
        if (sums(a)) {
          each *= a.size();
        } else {
          results *= a.size();
        }
      }
      var lines = new double[results][each];
      for (int k = 0; k < x.length; k++) {
        int rest = k;
        int result = 0;
        int place = 0;
        int steps = 1;
        int places = 1;
        for (Axis a : axes.reversed()) {
          int i = rest % a.size();
          rest /= a.size();
          if (sums(a)) {
            place += i * places;
            places *= a.size();
          } else {
            result += i * steps;
            steps *= a.size();
          }
        }
        lines[result][place] = x[k];
      }
      return lines;
    }
  }

  /** The words of SumOrder. */
  private static double inOrder(double[] x) {
    if (x.length <= 8) {
      double s = 0;
      for (double v : x) {
        s += v;
      }
      return s;
    }
    return blocks(x, 0, (x.length + 511) / 512);
  }

  private static double blocks(double[] x, int first, int n) {
    if (n == 1) {
      return block(x, first * 512, Math.min(x.length, first * 512 + 512));
    }
    int half = Integer.highestOneBit(n - 1);
    return blocks(x, first, half) + blocks(x, first + half, n - half);
  }

  private static double block(double[] x, int from, int to) {
    var slots = new double[16];
    for (int k = from; k < to; k++) {
      slots[(k - from) % 16] += x[k];
    }
    for (int half = 8; half >= 1; half /= 2) {
      for (int k = 0; k < half; k++) {
        slots[k] += slots[k + half];
      }
    }
    return slots[0];
  }

  private static double[] numbers(Shape s, DType t) {
    long n = 1;
    for (Axis a : s.axes) {
      n *= a.size();
    }
    var r = new Random(n);
    return r.doubles(n).map(x -> rounded(t, (x - 0.3) * Math.scalb(1.0, r.nextInt(9)))).toArray();
  }

  private static double rounded(DType t, double x) {
    return t == DType.FLOAT64 ? x : (float) x;
  }

  private static double[] expected(Shape s, DType t, double[] x) {
    return Arrays.stream(s.lines(x)).mapToDouble(l -> rounded(t, inOrder(l))).toArray();
  }

  private static NamedArray given(Shape s, DType t, double[] x) {
    return array(x, s.axes.toArray(new Axis[0])).astype(t);
  }

  private static void same(String what, NamedArray got, double[] expected) {
    double[] y = got.toDoubleArray();
    assertThat(y).as(what).hasSameSizeAs(expected);
    for (int k = 0; k < y.length; k++) {
      if (Double.compare(y[k], expected[k]) != 0) {
        assertThat(y[k]).as("%s, element %d", what, k).isEqualTo(expected[k]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void the_order_is_the_same_everywhere(DType t) {
    for (String text : SHAPES) {
      Shape s = Shape.of(text);
      double[] x = numbers(s, t);
      NamedArray a = given(s, t, x);
      double[] sums = expected(s, t, x);
      Function<NamedArray, NamedArray> f = v -> sum(v, s.summed);
      same(text, f.apply(a), sums);
      same("jit " + text, jit(f).apply(a), sums);
    }
  }

  /** Operands that are computed where they are summed, and lie in memory in other ways. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void the_order_is_the_same_in_fused_loops(DType t) {
    for (String text : SHAPES) {
      Shape s = Shape.of(text);
      double[] x = numbers(s, t);
      NamedArray a = given(s, t, x);
      Axis last = s.axes.getLast();
      NamedArray row = arange(last).astype(t);
      var scaled = new double[x.length];
      var shifted = new double[x.length];
      for (int k = 0; k < x.length; k++) {
        scaled[k] = rounded(t, x[k] * (k % last.size()));
        shifted[k] = rounded(t, x[k] + 1);
      }
      same(
          "times a row, " + text,
          jit((NamedArray v) -> sum(v.times(row), s.summed)).apply(a),
          expected(s, t, scaled));
      Function<NamedArray, List<NamedArray>> several =
          v -> {
            NamedArray y = v.plus(1);
            return List.of(sum(v, s.summed), y, sum(y, s.summed), dev.axial.Axial.max(y, s.summed));
          };
      List<NamedArray> got = jit(several).apply(a);
      same("several, " + text, got.get(0), expected(s, t, x));
      same("of what is stored, " + text, got.get(2), expected(s, t, shifted));
    }
  }

  @Test
  void the_order_is_the_same_under_vmap_and_in_loops() {
    Axis lane = axis("lane", 20);
    Axis n = axis("n", 1000);
    Shape s = Shape.of("l20 N1000");
    double[] x = numbers(s, DType.FLOAT32);
    NamedArray a = array(x, lane, n).astype(DType.FLOAT32);
    double[] sums = expected(s, DType.FLOAT32, x);
    Function<NamedArray, NamedArray> f = v -> sum(v);
    same("vmap", vmap(f, lane).apply(a), sums);
    same("map", jit((NamedArray v) -> map(lane, v, f)).apply(a), sums);
  }

  /** Sums may take their elements in any order; positions may not. */
  @Test
  void the_first_extreme_is_found_beside_a_sum() {
    for (String text : List.of("A600 b20", "A100 b3", "a5 B2000", "a40 B70")) {
      Shape s = Shape.of(text);
      Axis over = s.axes.stream().filter(s::sums).findFirst().orElseThrow();
      double[] x = new double[s.axes.get(0).size() * s.axes.get(1).size()];
      Arrays.fill(x, 1.5);
      NamedArray a = given(s, DType.FLOAT32, x);
      Function<NamedArray, List<NamedArray>> f =
          v -> {
            NamedArray y = v.times(2).minus(1);
            return List.of(sum(y, over), dev.axial.Axial.argmax(y, over));
          };
      List<NamedArray> got = jit(f).apply(a);
      assertThat(got.get(0).toDoubleArray()).as(text).containsOnly(2 * over.size());
      assertThat(got.get(1).toDoubleArray()).as(text).containsOnly(0);
    }
  }

  @Test
  void zeros_are_positive_and_infinities_stay() {
    for (int n : new int[] {1, 5, 20, 600}) {
      Axis a = axis("a", n);
      assertThat(1 / sum(full(-0.0, a)).item()).isEqualTo(Double.POSITIVE_INFINITY);
      assertThat(sum(full(Double.POSITIVE_INFINITY, a)).item()).isInfinite();
      assertThat(
              cumsum(full(Double.POSITIVE_INFINITY, a).astype(DType.FLOAT64), a)
                  .get(a.at(n - 1))
                  .item())
          .isEqualTo(Double.POSITIVE_INFINITY);
    }
  }

  // ---------------------------------------------------------------- errors

  private static double off(NamedArray got, double expected) {
    double worst = 0;
    for (double y : got.toDoubleArray()) {
      worst = Math.max(worst, Math.abs(y / expected - 1));
    }
    return worst;
  }

  private static final double EPS = Math.scalb(1.0, -24);

  private static void near(
      String what, UnaryOperator<NamedArray> f, NamedArray x, double expected, double bound) {
    assertThat(off(f.apply(x), expected)).as(what).isLessThanOrEqualTo(bound);
    assertThat(off(jit(f::apply).apply(x), expected)).as("jit " + what).isLessThanOrEqualTo(bound);
  }

  /** Equal numbers, whose errors all have one sign. */
  @ParameterizedTest
  @ValueSource(ints = {1000, 20_000, 1_000_003})
  void a_long_axis_loses_nothing(int n) {
    double x = 0.1f;
    Axis f = axis("f", n);
    Axis three = axis("three", 3);
    Axis wide = axis("wide", Math.min(1100, 1_200_000 / n));
    near("all", v -> sum(v), full(0.1, f), n * x, EPS);
    near("first of 3", v -> sum(v, f), full(0.1, f, three), n * x, EPS);
    near("last of 3", v -> sum(v, f), full(0.1, three, f), n * x, EPS);
    near("first of many", v -> sum(v, f), full(0.1, f, wide), n * x, EPS);
    near("mean", v -> mean(v, f), full(0.1, f, three), x, 2 * EPS);
    near("squares", v -> sum(square(v)), full(0.1, f), n * (double) (0.1f * 0.1f), EPS);
    near("dot", v -> dot(v, ones(f), f), full(0.1, f), n * x, EPS);
    near("matrix by vector", v -> dot(v, ones(f), f), full(0.1, three, f), n * x, 16 * EPS);
    near("vector by matrix", v -> dot(v, ones(f), f), full(0.1, f, three), n * x, 128 * EPS);
    near("matrices", v -> dot(v, ones(f, axis("c", 5)), f), full(0.1, three, f), n * x, 256 * EPS);
    near("running", v -> cumsum(v, f).get(f.at(n - 1)), full(0.1, f), n * x, EPS);
    near("running columns", v -> cumsum(v, f).get(f.at(n - 1)), full(0.1, f, three), n * x, EPS);
    near("softmax", v -> softmax(v, f), full(0.1, f), 1.0 / n, 3 * EPS);
    near("logsumexp", v -> logsumexp(v, f), full(0.0, f), Math.log(n), 4 * EPS);
    near(
        "norm", v -> dev.axial.Axial.sqrt(sum(square(v))), full(0.1, f), Math.sqrt(n) * x, 4 * EPS);
    Function<NamedArray, NamedArray> gradient = v -> sum(v.times(full(0.1, f)));
    near("gradient of a broadcast", v -> grad(gradient).apply(v), ones(three), n * x, EPS);
    near("gradient of a scalar", v -> grad(gradient).apply(v), scalar(1.0), n * x, EPS);
  }

  @Test
  void sums_of_float64_lose_what_their_blocks_do() {
    double eps = Math.scalb(1.0, -53);
    Axis n = axis("n", 1_000_000);
    Axis c = axis("c", 3);
    double exact = 1_000_000 * 0.1; // rounded once
    NamedArray x = full(0.1, n).astype(DType.FLOAT32).astype(DType.FLOAT64).times(0).plus(0.1);
    near("all", v -> sum(v), x, exact, 30 * eps);
    near("running", v -> cumsum(v, n).get(n.at(999_999)), x, exact, 2 * eps);
    near("columns", v -> sum(v, n), x.times(ones(c)), exact, 30 * eps);
    near(
        "matrix",
        v -> dot(v, ones(n).astype(DType.FLOAT64), n),
        x.times(ones(c)),
        exact,
        300 * eps);
    near(
        "matrices",
        v -> dot(v, ones(n, axis("d", 4)).astype(DType.FLOAT64), n),
        x.times(ones(c)),
        exact,
        300 * eps);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void numbers_of_two_bytes_are_rounded_once(DType t) {
    double eps = t == DType.FLOAT16 ? Math.scalb(1.0, -11) : Math.scalb(1.0, -8);
    Axis n = axis("n", 50_000);
    Axis c = axis("c", 3);
    NamedArray x = full(0.1, n, c).astype(t);
    double one = x.get(n.at(0), c.at(0)).item();
    near("sum", v -> sum(v, n), x, 50_000 * one, eps);
    near("mean", v -> mean(v, n), x, one, eps);
    near("running", v -> cumsum(v, n).get(n.at(49_999)), x, 50_000 * one, eps);
    near("product", v -> prod(v, n), full(1.001, n).astype(t).times(0).plus(1), 1, eps);
    NamedArray y = full(1 + 4 * eps, axis("m", 100)).astype(t);
    near("powers", v -> prod(v), y, Math.pow(1 + 4 * eps, 100), 2 * eps);
  }

  @Test
  void equal_numbers_have_no_variance() {
    for (int n : new int[] {3, 100, 12_345, 1_000_003}) {
      for (double x : new double[] {10000.1, 0.1, 12345.678, -77.7, 3e7}) {
        Axis a = axis("a", n);
        Axis c = axis("c", 2);
        UnaryOperator<NamedArray> v = y -> var(y, a);
        for (NamedArray y : List.of(full(x, a), full(x, a, c), full(x, c, a))) {
          assertThat(v.apply(y).toDoubleArray()).as("%s of %s", n, x).containsOnly(0);
          assertThat(jit(v::apply).apply(y).toDoubleArray()).as("%s of %s", n, x).containsOnly(0);
          assertThat(std(y, a).toDoubleArray()).containsOnly(0);
        }
      }
    }
  }

  @Test
  void variances_are_exact_beside_a_large_mean() {
    Axis n = axis("n", 1_000_000);
    // 0, 1, 2, 3, 0, …, about 20000
    NamedArray x = arange(n).rem(4).astype(DType.FLOAT32).plus(20000);
    near("variance", v -> var(v, n), x, 1.25, 4 * EPS);
    NamedArray g = grad((NamedArray v) -> var(v, n)).apply(x).times(1e6);
    double[] first = g.toDoubleArray();
    for (int k = 0; k < 4; k++) {
      assertThat(first[k]).isCloseTo(2 * (k - 1.5), within(1e-5));
    }
  }

  @Test
  void the_mean_of_wide_integers_is_taken_in_float64() {
    Axis n = axis("n", 30_000);
    NamedArray x = arange(n).astype(DType.INT64).times(1_000_000_007L);
    NamedArray m = mean(x);
    assertThat(m.dtype()).isEqualTo(DType.FLOAT64);
    double[] all = x.toDoubleArray();
    assertThat(m.item()).isEqualTo(inOrder(all) / 30_000);
    assertThat(jit((NamedArray v) -> mean(v)).apply(x).item()).isEqualTo(m.item());
  }

  @Test
  void what_is_added_to_one_place_is_rounded_once() {
    Axis bins = axis("bins", 10);
    Axis n = axis("n", 2_000_000);
    NamedArray at = arange(n).rem(2);
    double expected = 1_000_000 * (double) 0.1f;
    NamedArray x = full(0.1, n);
    NamedRef ref = newRef(zeros(bins));
    ref.at(bins.at(at)).add(x);
    assertThat(off(ref.get().get(bins.at(0, 1)), expected)).isLessThan(3 * EPS);
    jitProc((NamedArray v, NamedRef r) -> r.at(bins.at(at)).add(v)).run(x, ref);
    assertThat(off(ref.get().get(bins.at(0, 1)), 2 * expected)).isLessThan(3 * EPS);
    NamedArray got = zeros(bins).at(bins.at(at)).add(x);
    assertThat(off(got.get(bins.at(0, 1)), expected)).isLessThan(3 * EPS);
    NamedArray compiled = jit((NamedArray v) -> zeros(bins).at(bins.at(at)).add(v)).apply(x);
    assertThat(compiled.toDoubleArray()).isEqualTo(got.toDoubleArray());
  }
}
