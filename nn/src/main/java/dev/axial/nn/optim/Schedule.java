package dev.axial.nn.optim;

import static dev.axial.Axial.cos;
import static dev.axial.Axial.minimum;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.where;

import dev.axial.DType;
import dev.axial.NamedArray;

/** A learning rate that depends on how many steps were taken. */
@FunctionalInterface
public interface Schedule {
  /** The rate for a step, a float32 scalar; steps are an integer scalar that starts at 0. */
  NamedArray at(NamedArray step);

  /** The same rate always. */
  static Schedule constant(double rate) {
    return _ -> scalar(rate);
  }

  /**
   * A rate that rises in a straight line to {@code peak} over the first {@code warmup} steps, then
   * falls along half a cosine to {@code last} at step {@code total}, and stays there (Loshchilov
   * and Hutter: SGDR, 2017).
   */
  static Schedule warmupCosine(double peak, int warmup, int total, double last) {
    return step -> {
      NamedArray t = step.astype(DType.FLOAT32);
      NamedArray rising = t.plus(1).times(peak / Math.max(1, warmup));
      NamedArray part = minimum(t.minus(warmup).div(Math.max(1, total - warmup)), 1);
      NamedArray falling = cos(part.times(Math.PI)).plus(1).times((peak - last) / 2).plus(last);
      return where(step.lt(warmup), rising, falling);
    };
  }
}
