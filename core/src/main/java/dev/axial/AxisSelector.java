package dev.axial;

/** Names an existing axis: an {@link Axis} or an {@link AxisName}. Sizes are not compared. */
public sealed interface AxisSelector permits Axis, AxisName {
  /** The axis's name. */
  String name();
}
