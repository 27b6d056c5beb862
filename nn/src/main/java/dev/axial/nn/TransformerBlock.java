package dev.axial.nn;

import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.NamedArray;
import dev.axial.random.Random;
import java.util.List;

/**
 * Attention and a wider map, each behind a normalization and beside a residual path: {@code x +
 * attention(norm(x))}, then {@code x + mlp(norm(x))} (the order of Xiong et al.: On layer
 * normalization in the transformer architecture, 2020).
 *
 * @param attentionNorm before the attention
 * @param attention mixes positions
 * @param mlpNorm before the wider map
 * @param mlp works on each position
 */
public record TransformerBlock(
    LayerNorm attentionNorm, CausalSelfAttention attention, LayerNorm mlpNorm, Mlp mlp) {
  /** New float32 parameters. */
  public static TransformerBlock init(
      NamedArray key, Axis embed, Axis head, Axis headSize, Axis hidden) {
    List<NamedArray> keys = Random.split(key, 2);
    return new TransformerBlock(
        LayerNorm.init(embed),
        CausalSelfAttention.init(keys.get(0), embed, head, headSize),
        LayerNorm.init(embed),
        Mlp.init(keys.get(1), embed, hidden));
  }

  /** All positions at once; see {@link CausalSelfAttention#apply}. */
  public NamedArray apply(NamedArray x, AxisSelector position) {
    return mixed(x.plus(attention.apply(attentionNorm.apply(x), position)));
  }

  /** One position, with a cache; see {@link CausalSelfAttention#decode}. */
  public NamedArray decode(NamedArray x, KvCache cache, AxisSelector position, NamedArray index) {
    return mixed(x.plus(attention.decode(attentionNorm.apply(x), cache, position, index)));
  }

  private NamedArray mixed(NamedArray x) {
    return x.plus(mlp.apply(mlpNorm.apply(x)));
  }
}
