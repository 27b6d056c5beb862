package dev.axial.nn;

import static dev.axial.Axial.mean;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.rsqrt;
import static dev.axial.Axial.stopGradient;
import static dev.axial.Axial.zeros;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.Tensor;
import java.util.List;

/**
 * Layer normalization: {@code (x - mean) / sqrt(variance + epsilon) * weight + bias} along one axis
 * (Ba, Kiros and Hinton: Layer normalization, 2016). Mirrors {@code haliax.nn.LayerNorm}.
 *
 * @param weight one factor for each element of the axis
 * @param bias one summand for each element of the axis
 * @param axis the axis along which mean and variance are taken
 * @param epsilon added to the variance, in the square of the input's unit
 */
public record LayerNorm(Tensor weight, Tensor bias, Axis axis, double epsilon) {
  /** Weight 1, bias 0, float32, epsilon 1e-5. */
  public static LayerNorm init(Axis axis) {
    return new LayerNorm(ones(axis), zeros(axis), axis, 1e-5);
  }

  /**
   * The normalized input, with its axes.
   *
   * @throws dev.axial.AxialException if the input lacks the axis or has it in another size
   */
  public NamedArray apply(NamedArray x) {
    Errors.requireAxes("LayerNorm", List.of(axis), x);
    // The mean is rounded: equal numbers would differ from it, and be blown up.
    NamedArray about = x.minus(stopGradient(mean(x, axis)));
    NamedArray off = mean(about, axis);
    NamedArray variance = mean(about.times(about), axis).minus(off.times(off));
    NamedArray unit = about.minus(off).times(rsqrt(variance.plus(epsilon)));
    return unit.times(weight.value()).plus(bias.value());
  }
}
