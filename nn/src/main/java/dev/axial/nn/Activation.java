package dev.axial.nn;

import dev.axial.Axial;
import dev.axial.NamedArray;

/** Functions between two linear maps, as static parts of a layer. */
public enum Activation {
  /** max(x, 0). */
  RELU,
  /** The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel, 2016). */
  GELU,
  /** x sigmoid(x). */
  SILU,
  /** The hyperbolic tangent. */
  TANH;

  /** The function of each element. */
  public NamedArray apply(NamedArray x) {
    return switch (this) {
      case RELU -> Axial.relu(x);
      case GELU -> Axial.gelu(x);
      case SILU -> Axial.silu(x);
      case TANH -> Axial.tanh(x);
    };
  }
}
