package dev.axial.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.ir.Fn;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions have their digits though denormal numbers on the way are zeros. */
class DenormalsTest {
  private static final int N = 200_000;

  static List<Fn.Unary> functions() {
    return Arrays.stream(Fn.Unary.values()).filter(Expansion::has).toList();
  }

  /** Arguments of all magnitudes, most of them small. */
  private static double argument(SplittableRandom r, int least) {
    double x =
        Math.scalb(
            1 + r.nextDouble(), r.nextInt(3) == 0 ? r.nextInt(least, 12) : least + r.nextInt(130));
    return r.nextBoolean() ? x : -x;
  }

  @ParameterizedTest
  @MethodSource("functions")
  void float32(Fn.Unary fn) {
    Expansion e = Expansion.of(fn, DType.FLOAT32);
    var r = new SplittableRandom(7);
    for (int k = 0; k < N; k++) {
      float x = (float) argument(r, -126);
      float kept = Evaluator.of(e, Denormals.KEEP).apply(x);
      float flushed = Evaluator.of(e, Denormals.FLUSH).apply(x);
      float expected = Math.abs(kept) < Float.MIN_NORMAL ? Math.copySign(0, kept) : kept;
      same(fn, x, flushed, expected);
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void float64(Fn.Unary fn) {
    Expansion e = Expansion.of(fn, DType.FLOAT64);
    var r = new SplittableRandom(7);
    for (int k = 0; k < N; k++) {
      double x = argument(r, -1022);
      double kept = Evaluator.of(e, Denormals.KEEP).apply(x);
      double flushed = Evaluator.of(e, Denormals.FLUSH).apply(x);
      double expected = Math.abs(kept) < Double.MIN_NORMAL ? Math.copySign(0, kept) : kept;
      same(fn, x, flushed, expected);
    }
  }

  private static void same(Fn.Unary fn, double x, double got, double expected) {
    assertThat(Double.compare(got, expected))
        .as(() -> "%s of %s: %s, expected %s".formatted(fn, Double.toHexString(x), got, expected))
        .isZero();
  }
}
