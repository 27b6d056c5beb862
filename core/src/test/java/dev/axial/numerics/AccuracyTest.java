package dev.axial.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.ir.Fn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The errors that the table in {@link Expansion} states. float32 over a sample of all bit patterns,
 * all powers of two and the neighbourhoods of edges; float64 at the golden points.
 */
class AccuracyTest {
  /** Every so many bit patterns: odd, so that the last bits vary. */
  private static final int STRIDE = 4001;

  /**
   * The largest error in units of the last place, of float32 and of float64; where results come
   * near a zero that is no zero of the argument, the error in float64 of anything below 1 counts as
   * if the result were 1.
   */
  private record Bound(double single, double real, boolean absolute) {
    Bound(double single, double real) {
      this(single, real, false);
    }
  }

  private static final Map<String, Bound> BOUNDS =
      Map.ofEntries(
          Map.entry("EXP", new Bound(1, 1.5)),
          Map.entry("EXPM1", new Bound(0.51, 2)),
          Map.entry("LOG", new Bound(1, 1.5)),
          Map.entry("LOG1P", new Bound(0.51, 1.5)),
          Map.entry("CBRT", new Bound(0.51, 1.5)),
          Map.entry("SIN", new Bound(2, 1.5)),
          Map.entry("COS", new Bound(2, 1.5)),
          Map.entry("TAN", new Bound(0.51, 2.5)),
          Map.entry("ASIN", new Bound(0.51, 1.5)),
          Map.entry("ACOS", new Bound(0.51, 1.5)),
          Map.entry("ATAN", new Bound(0.51, 1.5)),
          Map.entry("SINH", new Bound(0.51, 2.5)),
          Map.entry("COSH", new Bound(0.51, 2)),
          Map.entry("TANH", new Bound(2, 2.5)),
          Map.entry("ASINH", new Bound(0.51, 2.5)),
          Map.entry("ACOSH", new Bound(0.51, 2.5)),
          Map.entry("ATANH", new Bound(0.51, 2.5)),
          Map.entry("ERF", new Bound(1.5, 1.5)),
          Map.entry("ERFC", new Bound(0.51, 3)),
          Map.entry("ERFINV", new Bound(1e4, 1e7)),
          Map.entry("LOGISTIC", new Bound(2, 2.5)),
          Map.entry("LGAMMA", new Bound(0.51, 4, true)),
          Map.entry("DIGAMMA", new Bound(0.6, 4, true)),
          Map.entry("SIGN", new Bound(0, 0)),
          Map.entry("POW", new Bound(0.51, 1.5)),
          Map.entry("ATAN2", new Bound(0.51, 1.5)));

  private static Bound bound(String name) {
    Bound b = BOUNDS.get(name);
    if (b == null) {
      throw new IllegalArgumentException("no bound for " + name);
    }
    return b;
  }

  static Stream<Fn.Unary> functions() {
    return Stream.of(Fn.Unary.values()).filter(Expansion::has);
  }

  // ---------------------------------------------------------------- float32

  @ParameterizedTest
  @MethodSource("functions")
  void float32OverAllMagnitudes(Fn.Unary fn) {
    Sweep.Worst w = Sweep.of(fn, STRIDE);
    assertThat(w.ulps()).as("%s at %a", fn, w.at()).isLessThanOrEqualTo(bound(fn.name()).single());
  }

  /** Numbers near which a formula changes, overflows, or has a zero or a pole. */
  private static final double[] EDGES = {
    0.25,
    1.0 / 3,
    0.3465736,
    0.5,
    0.5493,
    2.0 / 3,
    0.7071,
    1,
    4.0 / 3,
    1.4142,
    1.4616321,
    1.5,
    2,
    2.4142137,
    2.4570247,
    2.5,
    2.7476826,
    3,
    4,
    9.01,
    9.02,
    10,
    16.6,
    17.3,
    17.33,
    18,
    20,
    87,
    87.33,
    88,
    88.37,
    88.7228,
    89,
    89.416,
    103.28,
    103.97,
    104,
    0x1p16,
    0x1p28,
    0x1p30,
    4.0855e36,
    1.5707964,
    3.1415927,
    4.712389,
    6.2831855,
    11,
    22,
    33,
    355,
    710,
    52174,
    103708,
    9.18035e-41,
    1.17549435e-38,
    0x1p-24,
    0x1p-25,
    0x1p-12,
    3.8325,
    3.92,
    10.0546,
    9.1945,
    27.3
  };

  @ParameterizedTest
  @MethodSource("functions")
  void float32AroundPowersOfTwoAndEdges(Fn.Unary fn) {
    List<Integer> bits = new ArrayList<>();
    for (int exponent = 0; exponent < 255; exponent++) {
      bits.add(exponent << 23);
    }
    for (int k = 0; k < 23; k++) {
      bits.add(1 << k);
    }
    for (double e : EDGES) {
      bits.add(Float.floatToRawIntBits((float) e));
    }
    int beside = 40;
    float[] x = new float[bits.size() * 4 * beside];
    int n = 0;
    for (int b : bits) {
      for (int k = -beside; k < beside; k++) {
        x[n++] = Float.intBitsToFloat(Math.max(b + k, 0));
        x[n] = -x[n - 1];
        n++;
      }
    }
    float[] y = new float[n];
    Evaluator.of(Expansion.of(fn, DType.FLOAT32), Denormals.KEEP).apply(x, 0, y, 0, n);
    double[] wide = new double[n];
    double[] value = new double[n];
    for (int k = 0; k < n; k++) {
      wide[k] = x[k];
    }
    Reference.real(fn).apply(wide, value, n);
    for (int k = 0; k < n; k++) {
      assertThat(Reference.ulps(y[k], value[k]))
          .as("%s(%a) = %a, not %a", fn, x[k], y[k], value[k])
          .isLessThanOrEqualTo(bound(fn.name()).single());
    }
  }

  static Stream<Fn.Binary> pairs() {
    return Stream.of(Fn.Binary.POW, Fn.Binary.ATAN2);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void float32OfTwo(Fn.Binary fn) {
    DoubleBinaryOperator f = fn == Fn.Binary.POW ? StrictMath::pow : StrictMath::atan2;
    var r = new Random(7);
    int n = 400_000;
    float[] x = new float[n];
    float[] y = new float[n];
    for (int k = 0; k < n; k++) {
      boolean any = k % 2 == 0;
      x[k] = any ? Float.intBitsToFloat(r.nextInt()) : (float) Math.exp(r.nextGaussian() * 3);
      y[k] = any ? Float.intBitsToFloat(r.nextInt()) : (float) (r.nextGaussian() * 10);
    }
    float[] d = new float[n];
    Evaluator.of(Expansion.of(fn, DType.FLOAT32), Denormals.KEEP).apply(x, 0, y, 0, d, 0, n);
    for (int k = 0; k < n; k++) {
      if (fn == Fn.Binary.POW && (x[k] == 1 || Math.abs(x[k]) == 1 && Float.isInfinite(y[k]))) {
        continue; // Java's pow has NaN there
      }
      assertThat(Reference.ulps(d[k], f.applyAsDouble(x[k], y[k])))
          .as("%s(%a, %a) = %a", fn, x[k], y[k], d[k])
          .isLessThanOrEqualTo(bound(fn.name()).single());
    }
  }

  // ---------------------------------------------------------------- float64

  static Stream<Map.Entry<String, Reference.Points>> golden() {
    return Reference.golden().entrySet().stream();
  }

  @Test
  void everyFunctionHasGoldenValues() {
    assertThat(Reference.golden().keySet())
        .containsAll(functions().filter(f -> f != Fn.Unary.SIGN).map(Enum::name).toList())
        .containsAll(pairs().map(Enum::name).toList());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void float64AtGoldenPoints(Map.Entry<String, Reference.Points> of) {
    String name = of.getKey();
    Reference.Points p = of.getValue();
    int n = p.x().length;
    double[] d = new double[n];
    if (p.y().length == 0) {
      Evaluator.of(Expansion.of(Fn.Unary.valueOf(name), DType.FLOAT64), Denormals.KEEP)
          .apply(p.x(), 0, d, 0, n);
    } else {
      Evaluator.of(Expansion.of(Fn.Binary.valueOf(name), DType.FLOAT64), Denormals.KEEP)
          .apply(p.x(), 0, p.y(), 0, d, 0, n);
    }
    Bound b = bound(name);
    for (int k = 0; k < n; k++) {
      double value = p.value()[k];
      double error =
          b.absolute() && Math.abs(value) < 1
              ? Math.abs(d[k] - value) / Math.ulp(1.0)
              : Reference.ulps(d[k], value);
      assertThat(error)
          .as("%s(%s) = %s, not %s", name, p.x()[k], d[k], value)
          .isLessThanOrEqualTo(b.real());
    }
  }
}
