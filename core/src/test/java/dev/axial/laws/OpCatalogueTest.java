package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.OpCase.Without.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The laws of every function of the library, at every dtype that it takes and at shapes of rank 0
 * to 3, odd, of size 1 and empty.
 */
@Execution(ExecutionMode.CONCURRENT)
class OpCatalogueTest {
  private static final Axis LANE = axis("lane", 3);

  static final List<OpCase> ALL =
      Stream.of(
              ElementwiseCases.all(),
              AxisCases.all(),
              IndexingCases.all(),
              ReferenceCases.all().stream().map(RefCase::op).toList())
          .flatMap(List::stream)
          .toList();

  static Stream<OpCase> all() {
    return ALL.stream();
  }

  private static final Set<OpCase> DIFFERENTIABLE =
      ALL.stream()
          .filter(OpCase::differentiable)
          .collect(Collectors.toCollection(LinkedHashSet::new));

  static Stream<OpCase> differentiable() {
    return DIFFERENTIABLE.stream();
  }

  static Stream<OpCase> compared() {
    return differentiable().filter(c -> c.has(DIFFERENCES) && doubles(c));
  }

  static Stream<OpCase> twice() {
    return compared().filter(c -> c.has(SECOND));
  }

  /** Whether differences are precise: all floating operands and results are float64. */
  private static boolean doubles(OpCase c) {
    return coarsest(c) == eps(DType.FLOAT64);
  }

  /** The distance from 1 to the next number of the coarsest floating dtype of a case. */
  private static double coarsest(OpCase c) {
    Stream<DType> operands = c.samples().stream().map(Sample::dtype);
    Stream<DType> results = c.results().stream().map(NamedArray::dtype);
    return Stream.concat(operands, results)
        .filter(DType::isFloating)
        .mapToDouble(OpCatalogueTest::eps)
        .max()
        .orElse(eps(DType.FLOAT64));
  }

  static double eps(DType t) {
    return switch (t) {
      case BFLOAT16 -> 0x1p-7;
      case FLOAT16 -> 0x1p-10;
      case FLOAT32 -> 0x1p-23;
      case FLOAT64 -> 0x1p-52;
      case INT32, INT64, UINT32, BOOL, KEY -> throw new AssertionError(t);
    };
  }

  /** How far results may be apart in which roundings differ: of few digits, by some units. */
  private static double tolerance(OpCase c) {
    double eps = coarsest(c);
    return eps >= eps(DType.FLOAT16) ? 8 * eps : doubles(c) && c.has(DOUBLES) ? 1e-12 : 1e-5;
  }

  // ---------------------------------------------------------------- help

  /** A direction: random where a tree has floating arrays, the tree itself elsewhere. */
  private static List<NamedArray> direction(List<NamedArray> like, long seed) {
    var random = new SplittableRandom(seed);
    return like.stream()
        .map(x ->
            x.dtype().isFloating()
                ? Sample.of(x.dtype(), Sample.between(-1, 1), x.axes().toArray(Axis[]::new))
                    .draw(random)
                : x)
        .toList();
  }

  private static List<NamedArray> moved(List<NamedArray> x, List<NamedArray> v, double by) {
    return IntStream.range(0, x.size())
        .mapToObj(k -> x.get(k).dtype().isFloating() ? x.get(k).plus(v.get(k).times(by)) : x.get(k))
        .toList();
  }

  private static double[] numbers(List<NamedArray> xs) {
    return xs.stream()
        .filter(x -> x.dtype().isFloating())
        .flatMapToDouble(x -> java.util.Arrays.stream(x.toDoubleArray()))
        .toArray();
  }

  private static double inner(List<NamedArray> x, List<NamedArray> y) {
    double[] a = numbers(x);
    double[] b = numbers(y);
    assertThat(a).hasSameSizeAs(b);
    return IntStream.range(0, a.length).mapToDouble(k -> a[k] * b[k]).sum();
  }

  private static double size(List<NamedArray> x, List<NamedArray> y) {
    double[] a = numbers(x);
    double[] b = numbers(y);
    return 1 + IntStream.range(0, a.length).mapToDouble(k -> Math.abs(a[k] * b[k])).sum();
  }

  /** The derivative of f along v by differences with five points. */
  private static double[] differences(
      Function<List<NamedArray>, List<NamedArray>> f, List<NamedArray> x, List<NamedArray> v) {
    double h = 1e-3;
    double[] steps = {-2, -1, 1, 2};
    double[] weights = {1, -8, 8, -1};
    double[] out = null;
    for (int q = 0; q < 4; q++) {
      double[] y = numbers(f.apply(moved(x, v, h * steps[q])));
      out = out == null ? new double[y.length] : out;
      for (int k = 0; k < y.length; k++) {
        out[k] += weights[q] * y[k] / (12 * h);
      }
    }
    return java.util.Objects.requireNonNull(out);
  }

  static void close(String law, double[] got, double[] want, double tolerance) {
    assertThat(got).as(law).hasSameSizeAs(want);
    for (int k = 0; k < got.length; k++) {
      assertThat(Math.abs(got[k] - want[k]) / (1 + Math.abs(want[k])))
          .as("%s, element %d: %s, expected %s", law, k, got[k], want[k])
          .isLessThan(tolerance);
    }
  }

  /**
   * The same axes in the same order, and the same numbers: integers to the bit, real ones up to the
   * order in which engines add up.
   */
  static void same(String law, List<NamedArray> got, List<NamedArray> want) {
    assertThat(got.stream().map(x -> x.dtype() + "" + x.axes()))
        .as(law)
        .containsExactlyElementsOf(want.stream().map(x -> x.dtype() + "" + x.axes()).toList());
    for (int k = 0; k < got.size(); k++) {
      if (got.get(k).dtype().isFloating()) {
        DType t = got.get(k).dtype();
        double units = t.isHalf() ? 1 : 64; // of two bytes only sums differ, before their rounding
        near(law, got.get(k).toDoubleArray(), want.get(k).toDoubleArray(), units * eps(t));
      } else {
        assertThat(got.get(k).toLongArray()).as(law).isEqualTo(want.get(k).toLongArray());
      }
    }
  }

  private static void near(String law, double[] got, double[] want, double tolerance) {
    assertThat(got).as(law).hasSameSizeAs(want);
    for (int k = 0; k < got.length; k++) {
      boolean ok =
          Double.compare(got[k], want[k]) == 0
              || Math.abs(got[k] - want[k]) <= tolerance * Math.max(1, Math.abs(want[k]));
      assertThat(ok).as("%s, element %d: %s, expected %s", law, k, got[k], want[k]).isTrue();
    }
  }

  /** A scalar that weighs every floating result. */
  private static Function<List<NamedArray>, NamedArray> weighed(OpCase c) {
    return x -> {
      List<NamedArray> y = c.function().apply(x);
      NamedArray sum = scalar(0.0, DType.FLOAT64);
      var random = new SplittableRandom(5);
      for (NamedArray r : y) {
        if (r.dtype().isFloating()) {
          NamedArray w = Sample.real(0.3, 1.2, r.axes().toArray(Axis[]::new)).draw(random);
          sum = sum.plus(sum(r.times(w)));
        }
      }
      return sum;
    };
  }

  // ---------------------------------------------------------------- the laws

  @ParameterizedTest
  @MethodSource("compared")
  void jvp_is_differences(OpCase c) {
    List<NamedArray> x = c.draw(0);
    List<NamedArray> v = direction(x, 1);
    Jvp<List<NamedArray>> j = jvp(c.function(), x, v);
    same("the value", j.value(), c.function().apply(x));
    close("jvp", numbers(j.tangent()), differences(c.function(), x, v), 1e-8);
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void vjp_is_the_transpose_of_jvp(OpCase c) {
    List<NamedArray> x = c.draw(0);
    List<NamedArray> v = direction(x, 1);
    List<NamedArray> jv = jvp(c.function(), x, v).tangent();
    List<NamedArray> w = direction(jv, 2);
    Vjp<List<NamedArray>, List<NamedArray>> pull = vjp(c.function(), x);
    List<NamedArray> jtw = pull.apply(w);
    same("the value", pull.value(), c.function().apply(x));
    assertThat(Math.abs(inner(jv, w) - inner(v, jtw)) / size(jv, w))
        .as("<Jv,w> = %s, <v,J'w> = %s", inner(jv, w), inner(v, jtw))
        .isLessThan(tolerance(c));
    for (int k = 0; k < x.size(); k++) {
      assertThat(jtw.get(k).dtype()).isEqualTo(x.get(k).dtype());
      assertThat(jtw.get(k).axes()).isEqualTo(x.get(k).axes());
    }
  }

  @ParameterizedTest
  @MethodSource("twice")
  void the_derivative_of_the_gradient_is_differences_of_it(OpCase c) {
    List<NamedArray> x = c.draw(0);
    List<NamedArray> v = direction(x, 1);
    Function<List<NamedArray>, NamedArray> f = weighed(c);
    double[] want = differences(jit(grad(f)), x, v);
    close("jvp of grad", numbers(jvp(grad(f), x, v).tangent()), want, 1e-6);
    Function<List<NamedArray>, NamedArray> along =
        y -> {
          List<NamedArray> g = grad(f).apply(y);
          NamedArray sum = scalar(0.0, DType.FLOAT64);
          for (int k = 0; k < g.size(); k++) {
            if (g.get(k).dtype().isFloating()) {
              sum = sum.plus(sum(g.get(k).times(v.get(k))));
            }
          }
          return sum;
        };
    close("grad of grad", numbers(grad(along).apply(x)), want, 1e-6);
  }

  @ParameterizedTest
  @MethodSource("all")
  void vmap_is_a_loop(OpCase c) {
    var lanes = new ArrayList<List<NamedArray>>();
    for (int l = 0; l < LANE.size(); l++) {
      lanes.add(c.draw(l));
    }
    int n = c.samples().size();
    for (int only = -1; only < (n == 1 ? 0 : n); only++) {
      var args = new ArrayList<NamedArray>();
      var loop = new ArrayList<List<NamedArray>>();
      for (int k = 0; k < n; k++) {
        int at = k;
        args.add(
            only < 0 || only == k
                ? stack(LANE, lanes.stream().map(l -> l.get(at)).toList())
                : lanes.get(0).get(k));
      }
      for (int l = 0; l < LANE.size(); l++) {
        var own = new ArrayList<>(lanes.get(0));
        for (int k = 0; k < n; k++) {
          if (only < 0 || only == k) {
            own.set(k, lanes.get(l).get(k));
          }
        }
        loop.add(c.function().apply(own));
      }
      String law = only < 0 ? "all operands mapped" : "operand " + only + " mapped";
      List<NamedArray> want = stacked(loop);
      equal(c, law, vmap(c.function(), LANE).apply(args), want);
      var last = args.stream().map(x -> x.hasAxis("lane") ? lastAxis(x, LANE) : x).toList();
      equal(c, law + ", compiled", jit(vmap(c.function(), LANE)).apply(last), want);
    }
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void vmap_of_the_gradient_is_a_loop(OpCase c) {
    Function<List<NamedArray>, List<NamedArray>> g = grad(weighed(c));
    var lanes = new ArrayList<List<NamedArray>>();
    var loop = new ArrayList<List<NamedArray>>();
    for (int l = 0; l < LANE.size(); l++) {
      lanes.add(c.draw(l));
      loop.add(jit(g).apply(lanes.get(l)));
    }
    List<NamedArray> args = stacked(lanes);
    double tolerance = tolerance(c);
    double[] want = numbers(stacked(loop));
    close("vmap of grad", numbers(vmap(g, LANE).apply(args)), want, tolerance);
    Function<List<NamedArray>, NamedArray> sum = x -> sum(vmap(weighed(c), LANE).apply(x));
    close("grad of vmap", numbers(grad(sum).apply(args)), want, tolerance);
  }

  private static void equal(OpCase c, String law, List<NamedArray> got, List<NamedArray> want) {
    if (c.has(VMAP_BITS)) {
      same(law, got, want);
    } else {
      double eps = coarsest(c);
      close(law, numbers(got), numbers(want), eps > 1e-5 ? 2 * eps : 4e-6);
    }
  }

  private static NamedArray lastAxis(NamedArray x, Axis axis) {
    var order = new ArrayList<Axis>(x.axes());
    order.remove(axis);
    order.add(axis);
    return rearrange(x, order.toArray(Axis[]::new));
  }

  private static List<NamedArray> stacked(List<List<NamedArray>> lanes) {
    return IntStream.range(0, lanes.getFirst().size())
        .mapToObj(k -> stack(LANE, lanes.stream().map(l -> l.get(k)).toList()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("all")
  void compiled_is_eager(OpCase c) {
    for (long seed = 0; seed < 2; seed++) {
      List<NamedArray> x = c.draw(seed);
      same("jit", jit(c.function()).apply(x), c.function().apply(x));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void what_is_printed_is_read_back(OpCase c) {
    List<NamedArray> x = c.draw(0);
    readBack(program(c.function(), x));
    if (DIFFERENTIABLE.contains(c)) {
      readBack(program(grad(weighed(c)), x));
    }
  }

  private static void readBack(Program p) {
    String text = Traced.listing(p);
    assertThat(Program.parse(text).toString()).isEqualTo(text);
  }

  /** Every program is checked as it is made; here also before dead code is removed, and after. */
  @ParameterizedTest
  @MethodSource("all")
  void programs_are_well_formed(OpCase c) {
    List<NamedArray> x = c.draw(0);
    Traced t = Traced.of(() -> c.function().apply(x));
    List<NamedArray> want = c.function().apply(x);
    same("as traced", t.run(), want);
    same("without dead code", t.pruned().run(), want);
    if (DIFFERENTIABLE.contains(c)) {
      Traced g = t.gradient();
      same("the gradient without dead code", g.pruned().run(), g.run());
    }
  }
}
