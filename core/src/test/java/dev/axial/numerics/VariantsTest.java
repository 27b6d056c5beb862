package dev.axial.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.ir.Fn;
import dev.axial.numerics.Expansion.Kind;
import dev.axial.numerics.Expansion.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever way an expansion is computed, the bits are the same. */
class VariantsTest {
  private static final int POINTS = 60_000;

  record Named(String name, DType dtype, Expansion expansion) {
    @Override
    public String toString() {
      return name + " " + dtype;
    }
  }

  static Stream<Named> expansions() {
    List<Named> out = new ArrayList<>();
    for (DType t : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (Fn.Unary fn : Fn.Unary.values()) {
        if (Expansion.has(fn)) {
          out.add(new Named(fn.name(), t, Expansion.of(fn, t)));
        }
      }
      for (Fn.Binary fn : Fn.Binary.values()) {
        if (Expansion.has(fn)) {
          out.add(new Named(fn.name(), t, Expansion.of(fn, t)));
        }
      }
    }
    return out.stream();
  }

  static Stream<Named> guarded() {
    return expansions().filter(e -> e.expansion().cheap().isPresent());
  }

  /** Any bits, and magnitudes that are common; float or double arrays. */
  private static Object points(DType t, long seed) {
    var r = new Random(seed);
    float[] x = new float[POINTS];
    double[] w = new double[POINTS];
    for (int k = 0; k < POINTS; k++) {
      double common = r.nextGaussian() * Math.exp(r.nextGaussian() * 2);
      x[k] = k % 3 == 0 ? Float.intBitsToFloat(r.nextInt()) : (float) common;
      w[k] = k % 3 == 0 ? Double.longBitsToDouble(r.nextLong()) : common;
    }
    return t == DType.FLOAT32 ? x : w;
  }

  private static long[] bits(Object d) {
    var out = new long[POINTS];
    for (int k = 0; k < POINTS; k++) { // all NaN are one
      out[k] =
          d instanceof float[] x
              ? Float.floatToIntBits(x[k])
              : Double.doubleToLongBits(((double[]) d)[k]);
    }
    return out;
  }

  private static Object array(DType t) {
    return t == DType.FLOAT32 ? new float[POINTS] : new double[POINTS];
  }

  @ParameterizedTest
  @MethodSource("expansions")
  void loopsAndSingleElementsAgree(Named e) {
    Object x = points(e.dtype(), 1);
    Object y = points(e.dtype(), 2);
    Evaluator f = Evaluator.of(e.expansion(), Denormals.KEEP);
    Object all = array(e.dtype());
    f.apply(x, 0, y, 0, all, 0, POINTS);
    Object each = array(e.dtype());
    for (int k = 0; k < POINTS; k++) {
      f.apply(x, k, y, k, each, k, 1);
    }
    assertThat(bits(each)).isEqualTo(bits(all));
  }

  /** Lanes that satisfy the guard, computed by the full expansion alone. */
  @ParameterizedTest
  @MethodSource("guarded")
  void cheapGivesTheBitsOfTheFull(Named e) {
    Expansion.Cheap cheap = e.expansion().cheap().orElseThrow();
    var guard = new Scalar(cheap.guard());
    var value = new Scalar(cheap.value());
    var full = new Scalar(e.expansion());
    Object x = points(e.dtype(), 3);
    int held = 0;
    for (int k = 0; k < POINTS; k++) {
      long in =
          x instanceof float[] a
              ? Float.floatToRawIntBits(a[k])
              : Double.doubleToRawLongBits(((double[]) x)[k]);
      if (guard.run(in, 0) != 0) {
        held++;
        assertThat(value.run(in, 0)).as("at bits %x", in).isEqualTo(full.run(in, 0));
      }
    }
    assertThat(held).isGreaterThan(POINTS / 4);
  }

  @ParameterizedTest
  @MethodSource("expansions")
  void everyStepIsTyped(Named e) {
    List<Step> steps = e.expansion().steps();
    check(steps);
    e.expansion()
        .cheap()
        .ifPresent(c -> {
          check(c.guard().steps());
          check(c.value().steps());
          assertThat(c.guard().type()).isEqualTo(Expansion.Type.BOOL);
          assertThat(c.value().type()).isEqualTo(e.expansion().type());
          assertThat(c.value().steps().size()).isLessThan(steps.size());
        });
  }

  private static void check(List<Step> steps) {
    var used = new boolean[steps.size()];
    for (int k = 0; k < steps.size(); k++) {
      Step s = steps.get(k);
      boolean leaf = s.kind() == Kind.ARG || s.kind() == Kind.CONST;
      assertThat(s.a() < 0).as("%s", s).isEqualTo(leaf);
      for (int operand : new int[] {s.a(), s.b(), s.c()}) {
        assertThat(operand).isLessThan(k);
        if (operand >= 0) {
          used[operand] = true;
        }
      }
      if (s.kind() == Kind.FMA || s.kind() == Kind.ADD || s.kind() == Kind.IMUL) {
        for (int operand : new int[] {s.a(), s.b(), s.c()}) {
          assertThat(operand < 0 || steps.get(operand).type() == s.type()).as("%s", s).isTrue();
        }
      }
      if (s.kind() == Kind.SELECT) {
        assertThat(steps.get(s.a()).type()).isEqualTo(Expansion.Type.BOOL);
        assertThat(steps.get(s.b()).type()).isEqualTo(s.type());
        assertThat(steps.get(s.c()).type()).isEqualTo(s.type());
      }
    }
    for (int k = 0; k < steps.size() - 1; k++) {
      assertThat(used[k] || steps.get(k).kind() == Kind.ARG).as("step %d", k).isTrue();
    }
  }
}
