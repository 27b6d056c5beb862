package dev.axial.nn;

import static dev.axial.Axial.exp;
import static dev.axial.Axial.isfinite;
import static dev.axial.Axial.log;
import static dev.axial.Axial.max;
import static dev.axial.Axial.stopGradient;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.where;

import dev.axial.Axis;
import dev.axial.NamedArray;

/** What a model is trained to make small. */
public final class Losses {
  private Losses() {}

  /**
   * The negative logarithm, in nats, of the probability that the softmax of the logits gives to the
   * target: {@code logsumexp(logits) - logits[target]}. The largest logit is taken off first, so
   * that nothing overflows and large logits lose no digits.
   *
   * @param logits any axes, {@code vocab} among them
   * @param vocab the classes
   * @param targets integers below the size of {@code vocab}, with other axes of the logits;
   *     negative ones count from the end, others out of range count as the nearest class
   * @return one loss for each target: the axes of the logits without {@code vocab}
   * @throws dev.axial.AxialException if the targets are not integers or have the axis {@code vocab}
   */
  public static NamedArray crossEntropy(NamedArray logits, Axis vocab, NamedArray targets) {
    Errors.requireTargets(logits, vocab, targets);
    NamedArray real = real(logits);
    NamedArray top = stopGradient(max(real, vocab));
    NamedArray shifted = real.minus(where(isfinite(top), top, 0));
    return log(sum(exp(shifted), vocab)).minus(shifted.get(vocab.at(targets)));
  }

  /**
   * The mean of some losses, each with a weight: {@code sum(weights * losses) / sum(weights)}, a
   * scalar; 0 where all weights are 0.
   *
   * @param losses any axes
   * @param weights numbers or booleans with axes of the losses; missing ones are broadcast
   */
  public static NamedArray weightedMean(NamedArray losses, NamedArray weights) {
    NamedArray real = real(losses);
    NamedArray w = weights.astype(real.dtype()).broadcast(losses.axes().toArray(Axis[]::new));
    NamedArray total = sum(w);
    NamedArray none = total.eq(0);
    return sum(where(w.eq(0), 0, real.times(w))).div(where(none, 1, total));
  }

  /** Integers as floating-point numbers, before a difference of them could wrap. */
  private static NamedArray real(NamedArray x) {
    return x.dtype().isFloating() ? x : x.times(1.0);
  }
}
