package dev.axial.numerics;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.digamma;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.lgamma;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.NamedArray;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The derivative of digamma beside numbers of mpmath's polygamma at 30 digits. */
class TrigammaTest {
  private static final Function<NamedArray, NamedArray> TRIGAMMA = grad(x -> digamma(x));

  private static double at(Function<NamedArray, NamedArray> f, double x) {
    return f.apply(scalar(x, DType.FLOAT64)).item();
  }

  @ParameterizedTest
  @CsvSource({
    "1e-05, 10000000001.644909",
    "0.03, 1112.6867360264796",
    "0.3, 12.245364546107732",
    "0.5, 4.934802200544679",
    "0.7, 2.834049156694611",
    "1.0, 1.6449340668482264",
    "1.5, 0.9348022005446793",
    "2.25, 0.5573291545071107",
    "4.0, 0.2838229557371153",
    "9.5, 0.11099728846909904",
    "50.0, 0.020201333226697125",
    "100000.0, 1.0000050000166667e-05",
    "1e+300, 1e-300",
    "-0.5, 8.934802200544679",
    "-2.3, 14.725912160961292",
    "-17.25, 19.68288565878102",
    "-1000.5, 9.868605400173442"
  })
  void is_polygamma_of_one(double x, double value) {
    assertThat(at(TRIGAMMA, x)).isCloseTo(value, Offset.offset(8 * Math.ulp(value)));
  }

  @Test
  void has_the_limits_of_its_poles_and_of_infinity() {
    assertThat(at(TRIGAMMA, 0)).isInfinite().isPositive();
    assertThat(at(TRIGAMMA, -3)).isInfinite().isPositive();
    assertThat(at(TRIGAMMA, Double.POSITIVE_INFINITY)).isZero();
    assertThat(at(TRIGAMMA, Double.NaN)).isNaN();
  }

  @Test
  void is_the_second_derivative_of_lgamma_and_has_one_itself() {
    NamedArray x = array(new double[] {0.3, 1, 4}, axis("x", 3));
    NamedArray second =
        grad((NamedArray v) -> sum(grad((NamedArray u) -> sum(lgamma(u))).apply(v))).apply(x);
    assertThat(second.toDoubleArray()[1]).isCloseTo(Math.PI * Math.PI / 6, Offset.offset(1e-15));
    double third = at(grad(TRIGAMMA), 1);
    assertThat(third).isCloseTo(-2 * 1.2020569031595942, Offset.offset(1e-14)); // -2 zeta(3)
  }
}
