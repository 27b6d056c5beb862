package dev.axial.examples.demo;

import static dev.axial.Axial.axis;

import dev.axial.Axis;

/**
 * The sizes of a run.
 *
 * @param steps how many training steps
 * @param seed where random numbers start
 * @param batch the names of one step
 * @param layer the blocks of the model
 * @param embed the width of the model
 * @param head the heads of attention
 * @param headSize the elements of a head
 * @param hidden the width inside a block
 * @param rate the highest learning rate
 * @param evaluations how often the model is validated, besides at the start
 * @param sample the names that are generated side by side
 */
record Config(
    int steps,
    long seed,
    Axis batch,
    Axis layer,
    Axis embed,
    Axis head,
    Axis headSize,
    Axis hidden,
    double rate,
    int evaluations,
    Axis sample) {
  /** What {@code ./axial demo} runs. */
  static Config standard() {
    return new Config(
        1200,
        1,
        axis("Batch", 64),
        axis("Layer", 2),
        axis("Embed", 64),
        axis("Head", 4),
        axis("HeadSize", 16),
        axis("Hidden", 256),
        3e-3,
        20,
        axis("Sample", 64));
  }

  Config withSteps(int newSteps) {
    int fewer = Math.min(evaluations, newSteps);
    return new Config(
        newSteps, seed, batch, layer, embed, head, headSize, hidden, rate, fewer, sample);
  }

  Config withSeed(long newSeed) {
    return new Config(
        steps, newSeed, batch, layer, embed, head, headSize, hidden, rate, evaluations, sample);
  }

  /** The step before which evaluation k takes place; the last one follows the last step. */
  int evaluationStep(int k) {
    return (int) ((long) steps * k / evaluations);
  }
}
