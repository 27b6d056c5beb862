package dev.axial.ir;

/**
 * How an access selects along one axis of the array or reference. Axes without a selector are taken
 * whole. Selectors with an operand take theirs in order.
 */
public sealed interface Sel {
  /** The axis selected. */
  String axis();

  /** Whether the axis disappears from the result. */
  default boolean consumes() {
    return this instanceof At;
  }

  /** Whether an index operand belongs to this selector. */
  default boolean dynamic() {
    return !(this instanceof Window);
  }

  /** Elements start, start+step, … of the axis; static, and in range by the type rule. */
  record Window(String axis, int start, int step, int size) implements Sel {}

  /**
   * A window of the given size; the operand is where it starts, wrapped once and clamped to fit.
   */
  record Ds(String axis, int size) implements Sel {}

  /**
   * An index or an array of indices, which is the operand. A negative index wraps once; one that is
   * still out of range is treated as the access's {@link Mode} or {@link Edge} says.
   */
  record At(String axis) implements Sel {}
}
