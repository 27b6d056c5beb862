package dev.axial;

import java.util.List;
import java.util.Map;

/**
 * An array or a reference. Fields of models are tensors, so that parameters can be either; {@link
 * #value} reads both.
 */
public sealed interface Tensor permits NamedArray, NamedRef {
  /** The array itself, or the contents of the reference now. */
  NamedArray value();

  /** The axes, in order. */
  List<Axis> axes();

  /** Name to size, in order. */
  Map<String, Integer> shape();

  /**
   * The axis with this name.
   *
   * @throws AxialException if there is none; the message names those that there are
   */
  Axis axis(String name);

  /** Whether there is an axis of this name. */
  boolean hasAxis(String name);

  /** The number of elements. */
  long size();

  /** The element type. */
  DType dtype();

  /** The number of axes. */
  int rank();
}
