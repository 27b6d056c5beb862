package dev.axial.bench.rows;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.Axis;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallsTest {
  private static final Axis X = axis("X", 3);

  @Test
  void aWrongResultFails() {
    Calls scalar = Calls.of(() -> sum(ones(X)), got -> Check.close("the sum", 4, got.item(), 0));
    assertThatThrownBy(() -> scalar.measure(Timing.ONCE))
        .isInstanceOf(CheckFailed.class)
        .hasMessage("the sum is 3.0; expected 4.0");
    Calls array =
        Calls.of(() -> ones(X), got -> Check.close("the ones", new float[] {1, 1, 2}, got, 0.1));
    assertThatThrownBy(() -> array.measure(Timing.ONCE))
        .hasMessage("the ones: element 2 is 1.0; expected 2.0");
    Calls notANumber =
        Calls.of(
            () -> ones(X).times(Double.NaN),
            got -> Check.close("the ones", new float[] {1, 1, 1}, got, 0.1));
    assertThatThrownBy(() -> notANumber.measure(Timing.ONCE)).isInstanceOf(CheckFailed.class);
  }

  @Test
  void theTimeIsThatOfARound() {
    Calls slow = Calls.of(() -> sleep(20), () -> {}).per(10);
    assertThat(slow.measure(Timing.ONCE).min()).isBetween(1.9e-3, 0.1);
  }

  private static void sleep(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void samplesAreBounded() {
    var calls = new AtomicInteger();
    var timing = new Timing(0.01, 0.02, 3, 1);
    Samples s = timing.measure(calls::incrementAndGet, 1);
    assertThat(s.n()).isBetween(3, 400);
    assertThat(calls.get()).as("many for each sample").isGreaterThan(10 * s.n());
  }

  @Test
  void theMedianIsTheMiddle() {
    assertThat(Samples.of(new double[] {6, 2, 4}, 2)).isEqualTo(new Samples(1, 2, 3));
    assertThat(Samples.of(new double[] {8, 2, 4, 6}, 1)).isEqualTo(new Samples(2, 5, 4));
  }
}
