package dev.axial.nn;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.Site;
import java.util.List;

/** The messages of this package: what was given, what was expected, what to do, and where. */
final class Errors {
  private Errors() {}

  private static AxialException error(String format, Object... args) {
    return new AxialException(format.formatted(args) + "\n  at " + Site.here());
  }

  private static String type(NamedArray x) {
    return x.dtype() + x.axes().toString();
  }

  /** Checks that x has each of the axes a layer takes, in the layer's sizes. */
  static void requireAxes(String layer, List<Axis> axes, NamedArray x) {
    for (Axis a : axes) {
      if (!x.hasAxis(a.name())) {
        throw error(
            "%s: the input has no axis '%s'; it is %s. Rename the axis that is meant, or build the layer for another one.",
            layer, a.name(), type(x));
      }
      int given = x.axis(a.name()).size();
      if (given != a.size()) {
        throw error(
            "%s: axis '%s' has size %d in the input %s; the layer was made for size %d.",
            layer, a.name(), given, type(x), a.size());
      }
    }
  }

  /** Checks that x has none of the axes a layer makes. */
  static void requireFree(String layer, List<Axis> axes, NamedArray x) {
    for (Axis a : axes) {
      if (x.hasAxis(a.name())) {
        throw error(
            "%s: the input %s already has the axis '%s' that the layer makes; the two would be paired. Rename the input's.",
            layer, type(x), a.name());
      }
    }
  }

  /** Checks that no axis is both consumed and made. */
  static void requireDistinct(String layer, List<Axis> in, List<Axis> out) {
    for (Axis a : in) {
      for (Axis b : out) {
        if (a.name().equals(b.name())) {
          throw error(
              "%s: axis '%s' is among the inputs and the outputs, and one weight cannot have it twice. Give the output another name with alias(\"…\") and rename the result.",
              layer, a.name());
        }
      }
    }
  }

  static void requireInteger(String what, NamedArray index) {
    if (!index.dtype().isInteger()) {
      throw error(
          "%s: integer indices are expected; got %s. Cast them with astype(INT32).",
          what, type(index));
    }
  }

  /** Checks that targets can be picked out of the logits. */
  static void requireTargets(NamedArray logits, Axis vocab, NamedArray targets) {
    requireAxes("crossEntropy", List.of(vocab), logits);
    if (targets.hasAxis(vocab.name())) {
      throw error(
          "crossEntropy: the targets %s have the axis '%s' of the logits. They are class numbers without it; argmax(oneHot, %s) makes them of one-hot rows.",
          type(targets), vocab.name(), vocab.name());
    }
    requireInteger("crossEntropy", targets);
  }
}
