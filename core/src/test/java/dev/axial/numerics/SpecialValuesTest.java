package dev.axial.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.ir.Fn;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What C's Annex F and IEEE 754 say at zeros, infinities, poles and NaN; exactly, signs included.
 */
class SpecialValuesTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  record Value(Fn.Unary fn, double x, double value) {}

  record Pair(Fn.Binary fn, double x, double y, double value) {}

  private static Stream<Value> of(Fn.Unary fn, double... argumentsAndValues) {
    Stream.Builder<Value> out = Stream.builder();
    out.add(new Value(fn, NAN, NAN));
    for (int k = 0; k < argumentsAndValues.length; k += 2) {
      out.add(new Value(fn, argumentsAndValues[k], argumentsAndValues[k + 1]));
    }
    return out.build();
  }

  static Stream<Value> values() {
    double pi = Math.PI;
    return Stream.of(
            of(Fn.Unary.SIGN, 0, 0, -0.0, -0.0, 3, 1, -3, -1, INF, 1, -INF, -1),
            of(Fn.Unary.EXP, 0, 1, -0.0, 1, INF, INF, -INF, 0, 1e5, INF, -1e5, 0),
            of(Fn.Unary.EXPM1, 0, 0, -0.0, -0.0, INF, INF, -INF, -1, -1e5, -1, 1e5, INF),
            of(Fn.Unary.LOG, 1, 0, 0, -INF, -0.0, -INF, INF, INF, -1, NAN, -INF, NAN, -1e-40, NAN),
            of(Fn.Unary.LOG1P, 0, 0, -0.0, -0.0, -1, -INF, INF, INF, -1.5, NAN, -INF, NAN),
            of(Fn.Unary.CBRT, 0, 0, -0.0, -0.0, 27, 3, -8, -2, INF, INF, -INF, -INF),
            of(Fn.Unary.SIN, 0, 0, -0.0, -0.0, INF, NAN, -INF, NAN, 1e-40, 1e-40),
            of(Fn.Unary.COS, 0, 1, -0.0, 1, INF, NAN, -INF, NAN, 1e-40, 1),
            of(Fn.Unary.TAN, 0, 0, -0.0, -0.0, INF, NAN, -INF, NAN, 1e-40, 1e-40),
            of(Fn.Unary.ASIN, 0, 0, -0.0, -0.0, 1, pi / 2, -1, -pi / 2, 1.5, NAN, -INF, NAN),
            of(Fn.Unary.ACOS, 1, 0, 0, pi / 2, -1, pi, 1.5, NAN, -1.5, NAN, INF, NAN),
            of(Fn.Unary.ATAN, 0, 0, -0.0, -0.0, INF, pi / 2, -INF, -pi / 2, 1, pi / 4, -1, -pi / 4),
            of(Fn.Unary.SINH, 0, 0, -0.0, -0.0, INF, INF, -INF, -INF, 1e5, INF, -1e5, -INF),
            of(Fn.Unary.COSH, 0, 1, -0.0, 1, INF, INF, -INF, INF, 1e5, INF),
            of(Fn.Unary.TANH, 0, 0, -0.0, -0.0, INF, 1, -INF, -1, 1e-40, 1e-40, 30, 1),
            of(Fn.Unary.ASINH, 0, 0, -0.0, -0.0, INF, INF, -INF, -INF, 1e-40, 1e-40),
            of(Fn.Unary.ACOSH, 1, 0, INF, INF, 0.5, NAN, -1, NAN, -INF, NAN, 0, NAN),
            of(Fn.Unary.ATANH, 0, 0, -0.0, -0.0, 1, INF, -1, -INF, 1.5, NAN, -INF, NAN),
            of(Fn.Unary.ERF, 0, 0, -0.0, -0.0, INF, 1, -INF, -1, 7, 1, -7, -1),
            of(Fn.Unary.ERFC, 0, 1, -0.0, 1, INF, 0, -INF, 2, 40, 0, -7, 2),
            of(Fn.Unary.ERFINV, 0, 0, -0.0, -0.0, 1, INF, -1, -INF, 1.5, NAN, -INF, NAN),
            of(Fn.Unary.LOGISTIC, 0, 0.5, -0.0, 0.5, INF, 1, -INF, 0, 1e5, 1, -1e5, 0),
            of(Fn.Unary.LGAMMA, 1, 0, 2, 0, 0, INF, -0.0, INF, -3, INF, INF, INF, -INF, INF),
            of(Fn.Unary.DIGAMMA, 0, -INF, -0.0, INF, -3, NAN, INF, INF, -INF, NAN))
        .flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("values")
  void ofOne(Value v) {
    double x = Evaluator.of(Expansion.of(v.fn(), DType.FLOAT64), Denormals.KEEP).apply(v.x());
    same(x, v.value());
    float y =
        Evaluator.of(Expansion.of(v.fn(), DType.FLOAT32), Denormals.KEEP).apply((float) v.x());
    same(y, (float) v.value());
  }

  /** Equal as objects: NaN to NaN, and zeros by their signs. */
  private static void same(Object got, Object value) {
    assertThat(got).isEqualTo(value);
  }

  static Stream<Pair> pairs() {
    Fn.Binary pow = Fn.Binary.POW;
    Fn.Binary atan2 = Fn.Binary.ATAN2;
    double pi = Math.PI;
    return Stream.of(
        new Pair(pow, NAN, 0, 1),
        new Pair(pow, 1, NAN, 1),
        new Pair(pow, NAN, 1, NAN),
        new Pair(pow, 2, NAN, NAN),
        new Pair(pow, 0, NAN, NAN),
        new Pair(pow, INF, NAN, NAN),
        new Pair(pow, -0.0, NAN, NAN),
        new Pair(pow, 0, 0, 1),
        new Pair(pow, INF, 0, 1),
        new Pair(pow, 0, 2, 0),
        new Pair(pow, -0.0, 3, -0.0),
        new Pair(pow, -0.0, 2, 0),
        new Pair(pow, -0.0, 0.5, 0),
        new Pair(pow, 0, -1, INF),
        new Pair(pow, -0.0, -3, -INF),
        new Pair(pow, -0.0, -2, INF),
        new Pair(pow, -1, INF, 1),
        new Pair(pow, -1, -INF, 1),
        new Pair(pow, 0.5, INF, 0),
        new Pair(pow, 0.5, -INF, INF),
        new Pair(pow, -2, INF, INF),
        new Pair(pow, 2, -INF, 0),
        new Pair(pow, INF, 0.5, INF),
        new Pair(pow, INF, -1, 0),
        new Pair(pow, -INF, 3, -INF),
        new Pair(pow, -INF, 2, INF),
        new Pair(pow, -INF, 0.5, INF),
        new Pair(pow, -INF, -3, -0.0),
        new Pair(pow, -2, 0.5, NAN),
        new Pair(pow, -2, 3, -8),
        new Pair(pow, -2, -2, 0.25),
        new Pair(pow, 2, 10, 1024),
        new Pair(pow, 10, 2, 100),
        new Pair(pow, 9, 0.5, 3),
        new Pair(pow, 2, 1e9, INF),
        new Pair(pow, 2, -1e9, 0),
        new Pair(atan2, 0, 0, 0),
        new Pair(atan2, -0.0, 0, -0.0),
        new Pair(atan2, 0, -0.0, pi),
        new Pair(atan2, -0.0, -0.0, -pi),
        new Pair(atan2, 0, 1, 0),
        new Pair(atan2, -0.0, 1, -0.0),
        new Pair(atan2, 0, -1, pi),
        new Pair(atan2, -0.0, -1, -pi),
        new Pair(atan2, 1, 0, pi / 2),
        new Pair(atan2, -1, -0.0, -pi / 2),
        new Pair(atan2, INF, INF, pi / 4),
        new Pair(atan2, INF, -INF, 3 * pi / 4),
        new Pair(atan2, -INF, INF, -pi / 4),
        new Pair(atan2, -INF, -INF, -3 * pi / 4),
        new Pair(atan2, 1, INF, 0),
        new Pair(atan2, -1, INF, -0.0),
        new Pair(atan2, 1, -INF, pi),
        new Pair(atan2, INF, 1, pi / 2),
        new Pair(atan2, -INF, -1, -pi / 2),
        new Pair(atan2, NAN, 1, NAN),
        new Pair(atan2, 1, NAN, NAN));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void ofTwo(Pair p) {
    double d =
        Evaluator.of(Expansion.of(p.fn(), DType.FLOAT64), Denormals.KEEP).apply(p.x(), p.y());
    same(d, p.value());
    float f =
        Evaluator.of(Expansion.of(p.fn(), DType.FLOAT32), Denormals.KEEP)
            .apply((float) p.x(), (float) p.y());
    same(f, (float) p.value());
  }
}
