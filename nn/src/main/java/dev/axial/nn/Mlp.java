package dev.axial.nn;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.random.Random;
import java.util.List;

/**
 * A linear map to a wider axis, an activation, and a linear map back.
 *
 * @param up from the model's axis to the hidden one
 * @param down from the hidden axis back
 * @param activation what is between them
 */
public record Mlp(Linear up, Linear down, Activation activation) {
  /** A block from {@code embed} over {@code hidden} back to {@code embed}, with {@code GELU}. */
  public static Mlp init(NamedArray key, Axis embed, Axis hidden) {
    List<NamedArray> keys = Random.split(key, 2);
    return new Mlp(
        Linear.init(keys.get(0), embed, hidden),
        Linear.init(keys.get(1), hidden, embed),
        Activation.GELU);
  }

  /** An array with the axes of the input, where {@code embed} comes last. */
  public NamedArray apply(NamedArray x) {
    return down.apply(activation.apply(up.apply(x)));
  }
}
