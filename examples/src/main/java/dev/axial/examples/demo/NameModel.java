package dev.axial.examples.demo;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.at;

import dev.axial.Axis;
import dev.axial.AxisName;
import dev.axial.NamedArray;
import dev.axial.Tree;
import dev.axial.nn.Embedding;
import dev.axial.nn.KvCache;
import dev.axial.nn.LayerNorm;
import dev.axial.nn.Losses;
import dev.axial.nn.TransformerBlock;
import dev.axial.random.Random;
import java.util.ArrayList;
import java.util.List;

/**
 * A transformer over the symbols of a name.
 *
 * @param symbols a vector for each symbol, also the last layer
 * @param positions a vector for each position
 * @param blocks attention and wider maps
 * @param norm before the last layer
 */
record NameModel(
    Embedding symbols, Embedding positions, List<TransformerBlock> blocks, LayerNorm norm) {
  /** Of the first embeddings: small, so that the first guess is nearly even. */
  private static final double DEVIATION = 0.05;

  static NameModel init(NamedArray key, Config config, Axis position) {
    List<NamedArray> keys = Random.split(key, 2 + config.layer().size());
    var blocks = new ArrayList<TransformerBlock>();
    for (int l = 0; l < config.layer().size(); l++) {
      blocks.add(
          TransformerBlock.init(
              keys.get(2 + l), config.embed(), config.head(), config.headSize(), config.hidden()));
    }
    return new NameModel(
        Embedding.init(keys.get(0), Names.VOCAB, config.embed(), DEVIATION),
        Embedding.init(keys.get(1), position, config.embed(), DEVIATION),
        blocks,
        LayerNorm.init(config.embed()));
  }

  /** What may follow each position, given the symbols up to it: adds the axis {@code Vocab}. */
  NamedArray logits(NamedArray tokens) {
    Axis position = tokens.axis("Position");
    NamedArray x = symbols.apply(tokens).plus(positions.apply(arange(position)));
    for (TransformerBlock block : blocks) {
      x = block.apply(x, position);
    }
    return symbols.unembed(norm.apply(x));
  }

  /** The same for one position, given a cache that has seen those before it. */
  NamedArray decode(NamedArray token, KvCache cache, NamedArray index) {
    NamedArray x = symbols.apply(token).plus(positions.apply(index));
    for (int l = 0; l < blocks.size(); l++) {
      KvCache own = cache.slice(at("Layer", l));
      x = blocks.get(l).decode(x, own, new AxisName("Position"), index);
    }
    return symbols.unembed(norm.apply(x));
  }

  /** The mean loss, in nats, of each symbol after the start, up to the first end. */
  NamedArray loss(NamedArray rows) {
    Axis row = rows.axis("Position");
    NamedArray inputs = rows.get(row.to(-1));
    NamedArray targets = rows.get(row.from(1));
    NamedArray losses = Losses.crossEntropy(logits(inputs), Names.VOCAB, targets);
    return Losses.weightedMean(losses, inputs.ne(Names.END));
  }

  /** How many numbers there are to learn. */
  long parameters() {
    return Tree.leaves(this).stream().mapToLong(t -> t.value().size()).sum();
  }
}
