package dev.axial.nn.optim;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.key;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.square;
import static dev.axial.Axial.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.Proc2;
import dev.axial.Tensor;
import dev.axial.Tree;
import dev.axial.nn.Linear;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdamTest {
  private static final Axis X = axis("X", 3);

  record Params(Tensor weight, Tensor scale, Tensor table) {}

  private static final double[] START = {1, -2, 0.5};
  private static final double SCALE = 3;

  private static Params start() {
    return new Params(array(START, X), scalar(SCALE), array(new int[] {7, 8, 9}, X));
  }

  /** The gradient of step t, the same for both ways. */
  private static double gradient(int t, int k) {
    return Math.sin(1.7 * t + k) * (k == 3 ? 1e-3 : 10);
  }

  private static Params gradients(int t) {
    return new Params(
        array(new double[] {gradient(t, 0), gradient(t, 1), gradient(t, 2)}, X),
        scalar(gradient(t, 3)),
        array(new int[] {7, 8, 9}, X));
  }

  /** Adam for one number after another, in double, word for word from the paper. */
  private static double[] byHand(int steps, double rate, double b1, double b2, double decay) {
    double[] p = {START[0], START[1], START[2], SCALE};
    var m = new double[4];
    var v = new double[4];
    for (int t = 1; t <= steps; t++) {
      for (int k = 0; k < 4; k++) {
        double g = gradient(t, k);
        m[k] = b1 * m[k] + (1 - b1) * g;
        v[k] = b2 * v[k] + (1 - b2) * g * g;
        double mean = m[k] / (1 - Math.pow(b1, t));
        double variance = v[k] / (1 - Math.pow(b2, t));
        p[k] -= rate * (mean / (Math.sqrt(variance) + 1e-8) + decay * p[k]);
      }
    }
    return p;
  }

  private static void assertParams(Params given, double[] expected) {
    assertThat(given.weight().value().toDoubleArray())
        .containsExactly(new double[] {expected[0], expected[1], expected[2]}, within(2e-6));
    assertThat(given.scale().value().item()).isCloseTo(expected[3], within(2e-6));
    assertThat(given.table().value().toIntArray()).containsExactly(7, 8, 9);
  }

  private static void assertBothForms(Adam adam, double[] expected, int steps) {
    var now = new Adam.Update<>(start(), adam.init(start()));
    Params refs = Tree.toRefs(start());
    Adam.State<Params> state = Tree.toRefs(adam.init(start()));
    var step = jitProc((Params p, Adam.State<Params> s, Params g) -> adam.updateInPlace(p, g, s));
    for (int t = 1; t <= steps; t++) {
      now = adam.update(now.params(), gradients(t), now.state());
      step.run(refs, state, gradients(t));
      assertThat(now.state().step().value().item()).isEqualTo(t);
      assertThat(state.step().value().item()).isEqualTo(t);
    }
    assertParams(now.params(), expected);
    assertParams(refs, expected);
  }

  @Test
  void isAdamOfThePaper() {
    assertBothForms(Adam.of(0.05), byHand(20, 0.05, 0.9, 0.999, 0), 20);
  }

  @Test
  void takesOtherBetasAndADecay() {
    assertBothForms(
        Adam.of(0.05).withBetas(0, 0.9).withDecay(0.1), byHand(20, 0.05, 0, 0.9, 0.1), 20);
  }

  @Test
  void firstStepMovesEachParameterByTheRate() {
    // By the bias correction the first step is rate * g / (|g| + epsilon), whatever g's size.
    Params after =
        Adam.of(0.25).update(start(), gradients(1), Adam.of(0.25).init(start())).params();
    double[] w = after.weight().value().toDoubleArray();
    for (int k = 0; k < 3; k++) {
      assertThat(w[k]).isCloseTo(START[k] - 0.25 * Math.signum(gradient(1, k)), within(1e-6));
    }
  }

  @Test
  void findsAMinimum() {
    Axis in = axis("In", 4);
    Linear model = Linear.init(key(1), in, X);
    NamedArray x = array(new float[] {1, 2, -1, 0.5f}, in);
    NamedArray goal = array(new float[] {3, -1, 2}, X);
    Adam adam = Adam.of(Schedule.warmupCosine(0.1, 10, 200, 0));
    Linear refs = Tree.toRefs(model);
    Adam.State<Linear> state = Tree.toRefs(adam.init(model));
    Proc2<Linear, Adam.State<Linear>> step =
        jitProc((Linear p, Adam.State<Linear> s) ->
            adam.updateInPlace(
                p,
                grad((Linear l) -> sum(square(l.apply(x).minus(goal)))).apply(Tree.values(p)),
                s));
    double before = sum(square(refs.apply(x).minus(goal))).item();
    for (int t = 0; t < 200; t++) {
      step.run(refs, state);
    }
    assertThat(before).isGreaterThan(1);
    assertThat(sum(square(refs.apply(x).minus(goal))).item()).isLessThan(1e-4);
  }

  @Test
  void keepsStateInTheFormOfTheParameters() {
    Adam.State<Params> state = Adam.of(1).init(start());
    assertThat(state.mean().weight().value().toDoubleArray()).containsOnly(0);
    assertThat(state.variance().weight().axes()).isEqualTo(List.of(X));
    assertThat(state.variance().scale().dtype()).isEqualTo(start().scale().dtype());
    assertThat(Tree.leaves(state)).hasSize(1 + 3 + 3);
  }

  // ---------------------------------------------------------------- schedules

  @Test
  void warmupCosineRisesAndFalls() {
    Schedule s = Schedule.warmupCosine(2, 4, 12, 0.5);
    double[] expected = {
      0.5, 1, 1.5, 2, 2, 0.5 + 0.75 * (1 + Math.cos(Math.PI / 8)),
    };
    for (int t = 0; t < expected.length; t++) {
      assertThat(s.at(scalar(t)).item()).as("step %d", t).isCloseTo(expected[t], within(1e-6));
    }
    assertThat(s.at(scalar(8)).item()).isCloseTo(1.25, within(1e-6));
    assertThat(s.at(scalar(12)).item()).isCloseTo(0.5, within(1e-6));
    assertThat(s.at(scalar(100)).item()).isCloseTo(0.5, within(1e-6));
    assertThat(Schedule.constant(0.3).at(scalar(9)).item()).isCloseTo(0.3, within(1e-7));
  }

  /** The running mean of squares moves by a thousandth, which bfloat16 cannot say. */
  @Test
  void remembersBfloat16ParametersInFloat32() {
    Adam adam = Adam.of(1e-2);
    NamedArray start = array(new float[] {1, -2, 0.5f}, DType.BFLOAT16, X);
    Adam.State<NamedArray> state = adam.init(start);
    assertThat(state.variance().dtype()).isEqualTo(DType.FLOAT32);
    NamedArray p = start;
    for (int k = 0; k < 200; k++) {
      NamedArray g = grad((NamedArray u) -> sum(square(u))).apply(p);
      Adam.Update<NamedArray> u = adam.update(p, g, state);
      p = u.params();
      state = u.state();
    }
    assertThat(p.dtype()).isEqualTo(DType.BFLOAT16);
    assertThat(sum(square(p)).item()).isLessThan(0.4);
  }
}
