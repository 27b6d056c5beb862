package dev.axial.nn;

import static dev.axial.Axial.dot;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Tensor;
import java.util.List;

/**
 * A table with one vector for each of a number of symbols. Mirrors {@code haliax.nn.Embedding}.
 *
 * @param weight the table, with the axes {@code vocab} and {@code embed}
 * @param vocab the symbols
 * @param embed the elements of a vector
 */
public record Embedding(Tensor weight, Axis vocab, Axis embed) {
  /**
   * A float32 table of normal values of the given standard deviation, cut off at three times it.
   */
  public static Embedding init(NamedArray key, Axis vocab, Axis embed, double deviation) {
    return new Embedding(Init.normal(key, deviation, vocab, embed), vocab, embed);
  }

  /** A table whose {@link #unembed} of an input with unit variance has unit variance. */
  public static Embedding init(NamedArray key, Axis vocab, Axis embed) {
    return init(key, vocab, embed, 1 / Math.sqrt(Math.max(1, embed.size())));
  }

  /**
   * The vectors of some symbols. Only those rows of the table are read, also of one in a reference.
   *
   * @param symbols integers below the size of {@code vocab}, of any axes; negative ones count from
   *     the end, others out of range read the nearest row
   * @return the axes of {@code symbols}, then {@code embed}
   */
  public NamedArray apply(NamedArray symbols) {
    Errors.requireInteger("Embedding of " + vocab, symbols);
    Errors.requireFree("Embedding of " + vocab, List.of(embed), symbols);
    return switch (weight) {
      case NamedArray table -> table.get(vocab.at(symbols));
      case NamedRef table -> table.get(vocab.at(symbols));
    };
  }

  /**
   * The product of an input with each symbol's vector: logits, where the table serves at the end of
   * a model too (Press and Wolf: Using the output embedding to improve language models, 2017).
   *
   * @param x any axes, {@code embed} among them
   * @return the other axes, then {@code vocab}
   */
  public NamedArray unembed(NamedArray x) {
    Errors.requireAxes("Embedding.unembed", List.of(embed), x);
    Errors.requireFree("Embedding.unembed", List.of(vocab), x);
    return dot(x, weight.value(), embed);
  }
}
