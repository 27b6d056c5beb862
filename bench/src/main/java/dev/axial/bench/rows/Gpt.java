package dev.axial.bench.rows;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;

/**
 * A transformer whose mathematics and parameters are those of the peers' script: layer norms first,
 * one matrix for queries, keys and values, gelu in its tanh form, a last matrix of its own.
 *
 * @param symbols a vector for each symbol
 * @param positions a vector for each position
 * @param blocks the layers
 * @param norm before the last matrix
 * @param head to the logits
 */
record Gpt(Tensor symbols, Tensor positions, List<Block> blocks, Norm norm, Tensor head) {
  private static final Axis PART = axis("Part", 3);
  private static final double DEVIATION = 0.02;
  private static final double MASKED = -1e30;

  /** The axes of a model. */
  record Axes(
      Axis vocab, Axis embed, Axis heads, Axis headSize, Axis hidden, Axis position, Axis layer) {
    static Axes of(Sizes s) {
      int d = s.get("d");
      return new Axes(
          axis("Vocab", s.get("vocab")),
          axis("Embed", d),
          axis("Head", s.get("heads")),
          axis("HeadSize", d / s.get("heads")),
          axis("Hidden", 4 * d),
          axis("Position", s.get("positions")),
          axis("Layer", s.get("layers")));
    }
  }

  /** Gain and bias of a layer norm. */
  record Norm(Tensor gain, Tensor bias) {
    static Norm init(Axis axis) {
      return new Norm(ones(axis), zeros(axis));
    }

    NamedArray apply(NamedArray x, Axis axis) {
      NamedArray centred = x.minus(mean(x, axis));
      NamedArray factor = rsqrt(mean(square(centred), axis).plus(1e-5));
      return centred.times(factor).times(gain.value()).plus(bias.value());
    }
  }

  /** One layer: attention, then a wider map. */
  record Block(
      Norm norm1,
      Tensor qkv,
      Tensor qkvBias,
      Tensor proj,
      Tensor projBias,
      Norm norm2,
      Tensor up,
      Tensor upBias,
      Tensor down,
      Tensor downBias) {
    static Block init(Axes a, long seed) {
      return new Block(
          Norm.init(a.embed),
          Data.normal(seed, DEVIATION, a.embed, PART, a.heads, a.headSize),
          zeros(PART, a.heads, a.headSize),
          Data.normal(seed + 1, DEVIATION, a.heads, a.headSize, a.embed),
          zeros(a.embed),
          Norm.init(a.embed),
          Data.normal(seed + 2, DEVIATION, a.embed, a.hidden),
          zeros(a.hidden),
          Data.normal(seed + 3, DEVIATION, a.hidden, a.embed),
          zeros(a.embed));
    }

    /** Queries, keys and values, along {@code Part}. */
    NamedArray project(NamedArray x, Axes a) {
      return dot(norm1.apply(x, a.embed), qkv.value(), a.embed).plus(qkvBias.value());
    }

    /** The rest of the layer, given what each position may look at. */
    NamedArray finish(
        NamedArray x, NamedArray q, NamedArray k, NamedArray v, NamedArray seen, Axes a) {
      String keys = k.hasAxis("Key") ? "Key" : a.position.name();
      NamedArray scores = dot(q, k, a.headSize).times(1 / Math.sqrt(a.headSize.size()));
      NamedArray weights = softmax(where(seen, scores, MASKED), keys);
      NamedArray mixed = dot(weights, v, keys);
      NamedArray y = x.plus(dot(mixed, proj.value(), a.heads, a.headSize)).plus(projBias.value());
      NamedArray wide =
          gelu(dot(norm2.apply(y, a.embed), up.value(), a.embed).plus(upBias.value()));
      return y.plus(dot(wide, down.value(), a.hidden)).plus(downBias.value());
    }
  }

  static Gpt init(Axes a) {
    var blocks = new ArrayList<Block>();
    for (int l = 0; l < a.layer.size(); l++) {
      blocks.add(Block.init(a, 100 + 10L * l));
    }
    return new Gpt(
        Data.normal(1, DEVIATION, a.vocab, a.embed),
        Data.normal(2, DEVIATION, a.position, a.embed),
        blocks,
        Norm.init(a.embed),
        Data.normal(3, DEVIATION, a.embed, a.vocab));
  }

  private NamedArray logits(NamedArray x, Axes a) {
    return dot(norm.apply(x, a.embed), head.value(), a.embed);
  }

  /** The mean loss of the targets. */
  NamedArray loss(NamedArray tokens, NamedArray targets, Axes a) {
    return mean(losses(tokens, targets, a));
  }

  /** The loss of each target, all positions at once. */
  NamedArray losses(NamedArray tokens, NamedArray targets, Axes a) {
    Axis keys = a.position.alias("Key");
    NamedArray seen = arange(a.position).ge(arange(keys));
    NamedArray x = symbols.value().get(a.vocab.at(tokens)).plus(positions.value());
    for (Block b : blocks) {
      NamedArray qkv = b.project(x, a);
      NamedArray others = qkv.rename(a.position.name(), keys.name());
      x = b.finish(x, qkv.get(PART.at(0)), others.get(PART.at(1)), others.get(PART.at(2)), seen, a);
    }
    NamedArray logs = logSoftmax(logits(x, a), a.vocab);
    return logs.get(a.vocab.at(targets)).unaryMinus();
  }

  /** The likeliest symbol after a token at an index; writes the layers' keys and values. */
  NamedArray decode(NamedArray token, NamedArray index, NamedRef keys, NamedRef values, Axes a) {
    return argmax(decodeLogits(token, index, keys, values, a), a.vocab);
  }

  /** The logits that decide it. */
  NamedArray decodeLogits(
      NamedArray token, NamedArray index, NamedRef keys, NamedRef values, Axes a) {
    NamedArray seen = arange(a.position).le(index);
    NamedArray x =
        symbols.value().get(a.vocab.at(token)).plus(positions.value().get(a.position.at(index)));
    for (int l = 0; l < blocks.size(); l++) {
      Block b = blocks.get(l);
      NamedArray qkv = b.project(x, a);
      keys.at(a.layer.at(l), a.position.at(index)).set(qkv.get(PART.at(1)));
      values.at(a.layer.at(l), a.position.at(index)).set(qkv.get(PART.at(2)));
      NamedArray k = keys.get(a.layer.at(l));
      NamedArray v = values.get(a.layer.at(l));
      x = b.finish(x, qkv.get(PART.at(0)), k, v, seen, a);
    }
    return logits(x, a);
  }
}
