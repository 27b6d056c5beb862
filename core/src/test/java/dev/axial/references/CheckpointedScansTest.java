package dev.axial.references;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.cos;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.step;
import static dev.axial.Axial.stopGradient;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.Axial;
import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Scan;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scans whose steps, or blocks of steps, are computed again in reverse mode. */
class CheckpointedScansTest {
  private static final Axis TIME = axis("Time", 12);
  private static final Axis X = axis("X", 3);

  private static NamedArray inputs() {
    return cos(arange(TIME, DType.FLOAT64).times(0.7).plus(arange(X).times(0.3)));
  }

  /** What is carried depends on a scratch reference, and each step leaves something. */
  private static Axial.Step<NamedArray, NamedArray> run(Scan scan, NamedArray w, NamedArray xs) {
    return scan.run(
        zeros(DType.FLOAT64, X),
        xs,
        (c, x) -> {
          NamedRef scratch = newRef(c);
          scratch.at(X.at(0)).add(x.get(X.at(1)));
          NamedArray next = sin(scratch.get().times(w).plus(x));
          return step(next, next.times(x));
        });
  }

  private static NamedArray loss(Scan scan, NamedArray w, NamedArray xs) {
    var s = run(scan, w, xs);
    return sum(s.carry()).plus(sum(s.y().times(arange(TIME).plus(1))));
  }

  private static Scan scan(int checkpoints, boolean reverse, int unroll) {
    Scan s = Scan.over(TIME).unroll(unroll);
    s = reverse ? s.reverse() : s;
    return checkpoints == 0 ? s : checkpoints < 0 ? s.checkpoint() : s.checkpoint(checkpoints);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 2, 3, 4, 6, 12})
  void results_and_derivatives_are_those_of_the_plain_scan(int checkpoints) {
    NamedArray w = arange(X, DType.FLOAT64).times(0.2).plus(0.5);
    NamedArray xs = inputs();
    for (boolean reverse : new boolean[] {false, true}) {
      for (int unroll : new int[] {1, 2}) {
        Scan plain = scan(0, reverse, unroll);
        Scan saved = scan(checkpoints, reverse, unroll);
        same(run(saved, w, xs).y(), run(plain, w, xs).y());
        same(run(saved, w, xs).carry(), run(plain, w, xs).carry());
        Function<NamedArray, NamedArray> g = grad(v -> loss(saved, v, xs));
        Function<NamedArray, NamedArray> h = grad(v -> loss(plain, v, xs));
        same(jit(g).apply(w), h.apply(w));
        same(
            grad((NamedArray x) -> loss(saved, w, x)).apply(xs),
            grad((NamedArray x) -> loss(plain, w, x)).apply(xs));
        // A second derivative, and lanes.
        same(
            grad((NamedArray v) -> sum(sin(g.apply(v)))).apply(w),
            grad((NamedArray v) -> sum(sin(h.apply(v)))).apply(w));
        Axis lane = axis("Lane", 2);
        NamedArray ws = w.plus(arange(lane).times(0.1));
        same(vmap(g, lane).apply(ws), vmap(h, lane).apply(ws));
      }
    }
  }

  private static void same(NamedArray a, NamedArray b) {
    assertThat(a.axes()).isEqualTo(b.axes());
    assertThat(a.toDoubleArray())
        .containsExactly(b.toDoubleArray(), org.assertj.core.data.Offset.offset(1e-12));
  }

  /** A reference outside is written once, although the steps run again. */
  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void references_outside_are_written_once(int checkpoints) {
    NamedRef log = newRef(zeros(DType.FLOAT64, TIME, X));
    NamedRef count = newRef(scalar(0));
    Function<NamedArray, NamedArray> f =
        w ->
            sum(
                scan(checkpoints, false, 1)
                    .run(
                        w,
                        List.of(inputs(), log),
                        (c, x) -> {
                          NamedArray next = sin(c.plus(x.get(0).value()));
                          ((NamedRef) x.get(1)).add(stopGradient(next));
                          count.add(1);
                          return step(next, next);
                        })
                    .carry());
    NamedArray slope = jit(grad(f)).apply(zeros(DType.FLOAT64, X));
    assertThat(slope.toDoubleArray()).doesNotContain(0);
    assertThat(count.get().item()).isEqualTo(12);
    double[] expected = new double[3];
    double[] x = inputs().toDoubleArray();
    for (int t = 0; t < 12; t++) {
      for (int k = 0; k < 3; k++) {
        expected[k] = Math.sin(expected[k] + x[3 * t + k]);
      }
      assertThat(log.get(TIME.at(t)).toDoubleArray())
          .containsExactly(expected, org.assertj.core.data.Offset.offset(1e-12));
    }
  }

  @Test
  void blocks_are_of_one_size() {
    assertThatThrownBy(() -> Scan.over(TIME).checkpoint(5))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("the 12 steps over 'Time' do not divide into 5 blocks of one size");
    assertThatThrownBy(() -> Scan.over(TIME).checkpoint(0)).isInstanceOf(AxialException.class);
    assertThatThrownBy(
            () -> run(scan(3, false, 1), zeros(X), zeros(DType.FLOAT64, TIME.resize(24), X)))
        .hasMessageContaining("xs has the axis with size 24");
    Axis none = axis("Time", 0);
    assertThat(
            Scan.over(none)
                .checkpoint()
                .run(scalar(1.5), zeros(none), (c, x) -> step(c.plus(x), x))
                .carry()
                .item())
        .isEqualTo(1.5);
  }
}
