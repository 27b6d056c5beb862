package dev.axial.nn;

import static dev.axial.Axial.emptyRef;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedRef;
import dev.axial.Selection;

/**
 * The keys and values of the positions that attention has seen, in references, so that a step
 * writes its own position and copies nothing. A slice of it is a view of the same storage: one
 * cache with a layer axis serves a whole model.
 *
 * @param keys axes of the batch (and of the layers, before a slice), the position, the heads and
 *     their elements, in any order
 * @param values the same axes
 */
public record KvCache(NamedRef keys, NamedRef values) {
  /** A cache of float32 zeros with these axes. */
  public static KvCache of(Axis... axes) {
    return new KvCache(emptyRef(DType.FLOAT32, axes), emptyRef(DType.FLOAT32, axes));
  }

  /** The same selection of both: {@code cache.slice(Layer.at(i))}. */
  public KvCache slice(Selection... selections) {
    return new KvCache(keys.slice(selections), values.slice(selections));
  }
}
