package dev.axial.nn;

import static dev.axial.Axial.dot;
import static dev.axial.Axial.zeros;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linear map from some axes to others: {@code y[…, out] = sum over in of x[…, in] weight[in, out]
 * + bias[out]}. All other axes of the input are kept. Mirrors {@code haliax.nn.Linear}.
 *
 * @param weight the axes {@code in}, then {@code out}
 * @param bias the axes {@code out}, or null for none
 * @param in the axes that are summed away
 * @param out the axes that come in their place, behind those the input keeps
 */
public record Linear(Tensor weight, @Nullable Tensor bias, List<Axis> in, List<Axis> out) {
  /** Copies the lists. */
  public Linear {
    in = List.copyOf(in);
    out = List.copyOf(out);
  }

  /** A float32 map with a bias between single axes; see {@link #init(NamedArray, List, List)}. */
  public static Linear init(NamedArray key, Axis in, Axis out) {
    return init(key, List.of(in), List.of(out));
  }

  /**
   * A float32 map with a bias. Weights are normal with standard deviation 1 / sqrt(size of in), cut
   * off at three times that, so that the output of an input with unit variance has unit variance
   * (LeCun et al.: Efficient BackProp, 1998); the bias is zero.
   *
   * @throws dev.axial.AxialException if a name is in both lists
   */
  public static Linear init(NamedArray key, List<Axis> in, List<Axis> out) {
    return withoutBias(key, in, out).withBias(zeros(out.toArray(Axis[]::new)));
  }

  /** The same without a bias. */
  public static Linear withoutBias(NamedArray key, List<Axis> in, List<Axis> out) {
    Errors.requireDistinct("Linear", in, out);
    var axes = new ArrayList<Axis>(in);
    axes.addAll(out);
    double deviation = 1 / Math.sqrt(Math.max(1, Init.size(in)));
    NamedArray weight = Init.normal(key, deviation, axes.toArray(Axis[]::new));
    return new Linear(weight, null, in, out);
  }

  /** The same map with this bias. */
  public Linear withBias(@Nullable Tensor newBias) {
    return new Linear(weight, newBias, in, out);
  }

  /**
   * The map applied to an input with the axes {@code in} and any others.
   *
   * @throws dev.axial.AxialException if an axis of {@code in} is missing or has another size, or
   *     the input already has one of {@code out}
   */
  public NamedArray apply(NamedArray x) {
    Errors.requireAxes(name(), in, x);
    Errors.requireFree(name(), out, x);
    NamedArray y = dot(x, weight.value(), in.toArray(Axis[]::new));
    return bias == null ? y : y.plus(bias.value());
  }

  private String name() {
    return "Linear from " + in + " to " + out;
  }
}
