package dev.axial.nn;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.at;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.softmax;
import static dev.axial.Axial.where;

import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.NamedArray;
import dev.axial.random.Random;
import java.util.List;

/**
 * Attention with several heads in which a position sees itself and those before it (Vaswani et al.:
 * Attention is all you need, 2017): for each head {@code softmax(query · key / sqrt(headSize)) ·
 * value} along the positions.
 *
 * @param query from the model's axis to heads and their elements
 * @param key the same for what is looked up
 * @param value the same for what is found there
 * @param output from heads and their elements back to the model's axis
 * @param head the heads
 * @param headSize the elements of a head
 */
public record CausalSelfAttention(
    Linear query, Linear key, Linear value, Linear output, Axis head, Axis headSize) {
  /** New float32 parameters, with biases; see {@link Linear#init(NamedArray, List, List)}. */
  public static CausalSelfAttention init(NamedArray key, Axis embed, Axis head, Axis headSize) {
    List<NamedArray> keys = Random.split(key, 4);
    List<Axis> in = List.of(embed);
    List<Axis> heads = List.of(head, headSize);
    return new CausalSelfAttention(
        Linear.init(keys.get(0), in, heads),
        Linear.init(keys.get(1), in, heads),
        Linear.init(keys.get(2), in, heads),
        Linear.init(keys.get(3), heads, in),
        head,
        headSize);
  }

  /**
   * All positions at once.
   *
   * @param x the axis {@code position}, the model's, and any others
   * @param position the axis along which a position sees those before it
   * @return an array with the axes of the input, where the model's comes last
   * @throws dev.axial.AxialException if the input lacks one of the axes
   */
  public NamedArray apply(NamedArray x, AxisSelector position) {
    Axis queries = x.axis(position.name());
    Axis keys = queries.alias("Key" + queries.name());
    NamedArray k = key.apply(x).rename(queries.name(), keys.name());
    NamedArray v = value.apply(x).rename(queries.name(), keys.name());
    NamedArray seen = arange(queries).ge(arange(keys));
    return attend(scaledQuery(x), k, v, keys, seen);
  }

  /**
   * One position, given those before it: writes its key and value into the cache and reads the
   * others' from there. The result is that of {@link #apply} at this position.
   *
   * @param x one position: the model's axis and any others, without {@code position}
   * @param cache views with the axes {@code position}, {@code head}, {@code headSize} and those the
   *     input keeps
   * @param position the axis of the cache along which the positions lie
   * @param index the position, an integer scalar; at or beyond the cache's end nothing is written
   */
  public NamedArray decode(NamedArray x, KvCache cache, AxisSelector position, NamedArray index) {
    cache.keys().at(at(position.name(), index)).set(key.apply(x));
    cache.values().at(at(position.name(), index)).set(value.apply(x));
    NamedArray k = cache.keys().value();
    Axis positions = k.axis(position.name());
    NamedArray seen = arange(positions).le(index);
    return attend(scaledQuery(x), k, cache.values().value(), positions, seen);
  }

  private NamedArray scaledQuery(NamedArray x) {
    return query.apply(x).times(1 / Math.sqrt(headSize.size()));
  }

  private NamedArray attend(NamedArray q, NamedArray k, NamedArray v, Axis keys, NamedArray seen) {
    NamedArray scores = where(seen, dot(q, k, headSize), Double.NEGATIVE_INFINITY);
    return output.apply(dot(softmax(scores, keys), v, keys));
  }
}
