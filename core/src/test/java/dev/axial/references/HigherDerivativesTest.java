package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.*;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Derivatives up to the third of functions that use references in loops. Each is a polynomial of
 * one number, so all its derivatives are known.
 */
class HigherDerivativesTest {
  private static final Axis STEP = axis("step", 3);
  private static final Axis ROW = axis("row", 2);
  private static final Axis LANE = axis("lane", 4);

  private record Case(Function<NamedArray, NamedArray> f, double... coefficients) {
    double at(double x, int order) {
      double sum = 0;
      for (int k = order; k < coefficients.length; k++) {
        double c = coefficients[k];
        for (int j = 0; j < order; j++) {
          c *= k - j;
        }
        sum += c * Math.pow(x, k - order);
      }
      return sum;
    }
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put(
        "scan over two references", new Case(x -> products(x, Scan.over(STEP)), 0, 0, 1, 2, 6));
    CASES.put("reversed", new Case(x -> products(x, Scan.over(STEP).reverse()), 0, 0, 3, 6, 6));
    CASES.put("unrolled", new Case(x -> products(x, Scan.over(STEP).unroll(2)), 0, 0, 1, 2, 6));
    CASES.put(
        "unrolled and reversed",
        new Case(x -> products(x, Scan.over(STEP).reverse().unroll(3)), 0, 0, 3, 6, 6));
    CASES.put("nested scans", new Case(HigherDerivativesTest::nested, 0, 0, 0, 0, 0, 0, 0, 1));
    CASES.put("while", new Case(HigherDerivativesTest::whileWrites, 0, 0, 0, 0, 1));
    CASES.put("dynamic bounds", new Case(HigherDerivativesTest::dynamic, 0, 0, 0, 0, 0, 1));
    CASES.put(
        "while in a scan", new Case(HigherDerivativesTest::whileInScan, 0, 0, 0, 0, 0, 0, 0, 1));
    CASES.put("cond in a scan", new Case(HigherDerivativesTest::branches, 0, 0, 0, 4));
    CASES.put("checkpoint in a scan", new Case(HigherDerivativesTest::checkpointed, 0, 0, 0, 0, 1));
    CASES.put("lanes of a scan", new Case(HigherDerivativesTest::lanes, 0, 0, 0, 0, 36));
    CASES.put("lanes of a while", new Case(HigherDerivativesTest::laneWhile, 0, 1, 1, 1, 1));
    CASES.put("lanes together", new Case(HigherDerivativesTest::together, 0, 0, 0, 120));
  }

  static Stream<String> names() {
    return CASES.keySet().stream();
  }

  private static NamedArray number(double x) {
    return scalar(x, DType.FLOAT64);
  }

  /** x, 2x, 3x multiplied up to a carry, which is kept in another reference at each step. */
  private static NamedArray products(NamedArray x, Scan over) {
    NamedRef factors = newRef(x.times(arange(STEP, DType.FLOAT64).plus(1)));
    NamedRef kept = newRef(zeros(DType.FLOAT64, STEP));
    var _ =
        over.run(
            x,
            List.of(factors, kept),
            (c, views) -> {
              NamedArray next = c.times(views.get(0).get());
              views.get(1).set(next);
              return step(next, Map.of());
            });
    return sum(kept.get());
  }

  private static NamedArray nested(NamedArray x) {
    NamedRef r = newRef(x);
    forLoop(0, 2, _ -> forLoop(0, 3, _ -> r.set(r.get().times(x))));
    return r.freeze();
  }

  private static NamedArray whileWrites(NamedArray x) {
    NamedRef r = newRef(x);
    var _ =
        whileLoop(
            scalar(0),
            i -> i.lt(3),
            i -> {
              r.set(r.get().times(x));
              return i.plus(1);
            });
    return r.get();
  }

  private static NamedArray dynamic(NamedArray x) {
    NamedRef r = newRef(x);
    NamedArray end = where(x.gt(-100), 4, 2);
    forLoop(scalar(0), end, _ -> r.set(r.get().times(x)));
    return r.get();
  }

  private static NamedArray whileInScan(NamedArray x) {
    NamedRef r = newRef(x.broadcast(ROW));
    forLoop(
        0,
        2,
        k -> {
          var _ =
              whileLoop(
                  scalar(0),
                  i -> i.lt(3),
                  i -> {
                    r.at(ROW.at(k)).set(r.get(ROW.at(0)).times(x));
                    return i.plus(1);
                  });
          condProc(k.eq(1), () -> {}, () -> r.at(ROW.at(1)).set(1));
        });
    // Row 0 is x to the fourth; row 1 is that times x.
    return r.get(ROW.at(0)).times(r.get(ROW.at(1))).div(x).div(x);
  }

  private static NamedArray branches(NamedArray x) {
    NamedRef r = newRef(x);
    forLoop(
        0,
        4,
        k ->
            condProc(k.rem(2).eq(0), () -> r.set(r.get().times(x)), () -> r.set(r.get().times(2))));
    return r.get();
  }

  private static NamedArray checkpointed(NamedArray x) {
    NamedRef r = newRef(x);
    NamedRef calls = newRef(number(0));
    Function<NamedArray, NamedArray> step =
        checkpoint((NamedArray y) -> {
          calls.add(1);
          return r.get().times(y);
        });
    forLoop(0, 3, _ -> r.set(step.apply(x)));
    return r.get().times(stopGradient(calls.get())).div(3);
  }

  private static NamedArray lanes(NamedArray x) {
    NamedRef r = newRef(x.times(arange(LANE, DType.FLOAT64)));
    vmapProc((NamedRef q) -> forLoop(0, 3, _ -> q.set(q.get().times(x))), LANE).run(r);
    NamedArray y = r.get();
    return sum(y).times(6);
  }

  /** Lane k multiplies k times. */
  private static NamedArray laneWhile(NamedArray x) {
    NamedRef r = newRef(x.broadcast(LANE));
    vmapProc(
            (NamedRef q, NamedArray n) -> forLoop(scalar(0), n, _ -> q.set(q.get().times(x))), LANE)
        .run(r, arange(LANE));
    return sum(r.get());
  }

  /** Lanes that see one another: (x + 2x + 3x + 4x) times the index of each, squared in a loop. */
  private static NamedArray together(NamedArray x) {
    Function<NamedArray, NamedArray> f =
        vmap(
            (NamedArray v) ->
                foriLoop(0, 2, v, (_, c) -> c.times(x))
                    .times(axisIndex(LANE))
                    .plus(psum(v, LANE).times(x).times(x)),
            LANE);
    // The sum of k (k + 1) over the lanes is 20; four lanes have ten each.
    return sum(f.apply(x.times(arange(LANE, DType.FLOAT64).plus(1)))).times(2);
  }

  private static void near(NamedArray got, double want) {
    assertThat(got.item()).isCloseTo(want, within(1e-10 * Math.max(1, Math.abs(want))));
  }

  @ParameterizedTest
  @MethodSource("names")
  void all_orders_and_modes_are_exact(String name) {
    Case c = CASES.get(name);
    NamedArray x = number(1.25);
    Function<NamedArray, NamedArray> d = c.f;
    for (int order = 0; order <= 3; order++) {
      near(d.apply(x), c.at(1.25, order));
      near(jit(d).apply(x), c.at(1.25, order));
      near(jvp(d, x, number(2)).tangent(), 2 * c.at(1.25, order + 1));
      d = grad(d);
    }
  }
}
