package dev.axial;

import dev.axial.ir.Dim;
import java.util.List;

/**
 * A named axis with a size. The methods make selections along it; they go by the name, so an axis
 * serves also where the array's axis of that name has another size. Mirrors Haliax's {@code Axis}.
 *
 * @param name the name, not empty
 * @param size the number of elements, at least 0
 */
public record Axis(String name, int size) implements AxisSelector {
  /** Checks the name and the size. */
  public Axis {
    if (name.isBlank()) {
      throw Errors.error(
          "an axis needs a name; got '%s'. Write for instance axis(\"Batch\", 4).", name);
    }
    if (size < 0) {
      throw Errors.error("axis '%s' has size %d; a size is at least 0.", name, size);
    }
  }

  /** An axis. */
  public static Axis of(String name, int size) {
    return new Axis(name, size);
  }

  /** The same name with another size. */
  public Axis resize(int newSize) {
    return new Axis(name, newSize);
  }

  /** The same size under another name. */
  public Axis alias(String other) {
    return new Axis(other, size);
  }

  /** One index; the axis disappears. Negative counts from the end. */
  public Selection at(int index) {
    return new Selections.One(name, index);
  }

  /** Several indices; the axis gets as many elements. */
  public Selection at(int first, int second, int... more) {
    return Selections.many(name, first, second, more);
  }

  /** An integer array of indices; the axis gives place to the index array's axes. */
  public Selection at(NamedArray index) {
    return new Selections.Many(name, index);
  }

  /** Elements start to stop, exclusive. */
  public Selection range(int start, int stop) {
    return new Selections.Span(name, start, stop, 1);
  }

  /** Every step-th element from start to stop, exclusive; the step may be negative. */
  public Selection range(int start, int stop, int step) {
    return new Selections.Span(name, start, stop, step);
  }

  /** Elements from start on. */
  public Selection from(int start) {
    return new Selections.Span(name, start, null, 1);
  }

  /** Elements before stop. */
  public Selection to(int stop) {
    return new Selections.Span(name, null, stop, 1);
  }

  /** All elements. */
  public Selection all() {
    return new Selections.Span(name, null, null, 1);
  }

  /** A window of a fixed size. */
  public Selection ds(int start, int windowSize) {
    return new Selections.Window(name, start, null, windowSize);
  }

  /** A window of a fixed size whose start is a value; it is clamped so that the window fits. */
  public Selection ds(NamedArray start, int windowSize) {
    return new Selections.Window(name, 0, start, windowSize);
  }

  /**
   * The first {@code count} elements where the mask, a boolean array along this axis, is true.
   * Missing ones read as zero and write nothing.
   */
  public Selection where(NamedArray mask, int count) {
    return new Selections.Mask(name, mask, count);
  }

  @Override
  public String toString() {
    return name + "=" + size;
  }

  Dim dim() {
    return new Dim(name, size);
  }

  static List<Dim> dims(Axis... axes) {
    return java.util.Arrays.stream(axes).map(Axis::dim).toList();
  }

  static List<Axis> axes(List<Dim> dims) {
    return dims.stream().map(d -> new Axis(d.name(), d.size())).toList();
  }
}
