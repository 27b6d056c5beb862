package dev.axial.random;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What samplers refuse: each message says what was given and what to do. */
final class Checks {
  private Checks() {}

  /** Refuses what is not one key. */
  static void one(String what, NamedArray key) {
    if (key.dtype() != DType.KEY) {
      throw error(
          "%s needs a random key as its first argument; got %s. Make one with key(seed).",
          what, type(key));
    }
    if (key.rank() > 0) {
      String axis = key.axes().getFirst().name();
      throw error(
          "%s takes one key, and this is an array of keys, %s. Draw from each with vmap: vmap(k -> Random.%s(k, …), %s).apply(keys).",
          what, type(key), what, axis);
    }
  }

  /** The common dtype of parameters, which must be floating. */
  static DType floating(String what, String role, NamedArray... parameters) {
    DType t = parameters[0].dtype();
    for (NamedArray p : parameters) {
      if (!p.dtype().isFloating()) {
        throw error(
            "%s: the %s should be floating-point; got %s. Cast with astype(FLOAT32).",
            what, role, type(p));
      }
      t = DType.promote(t, p.dtype());
    }
    return t;
  }

  /** The axes to draw: those given, then those that only the parameters have. */
  static List<Axis> drawn(String what, Axis[] given, NamedArray... parameters) {
    var out = new ArrayList<>(Arrays.asList(given));
    for (NamedArray p : parameters) {
      for (Axis a : p.axes()) {
        var same = out.stream().filter(o -> o.name().equals(a.name())).findFirst();
        if (same.isEmpty()) {
          out.add(a);
        } else if (same.get().size() != a.size()) {
          throw error(
              "%s: axis '%s' has size %d in the parameter %s, and %d in the axes to draw, %s.",
              what, a.name(), a.size(), type(p), same.get().size(), out);
        }
      }
    }
    return out;
  }

  static String type(NamedArray x) {
    return x.dtype() + x.axes().toString();
  }

  static AxialException error(String format, Object... args) {
    return new AxialException(format.formatted(args) + "\n  at " + Site.here());
  }

  static void fewer(String what, long n, Axis from) {
    if (n > from.size()) {
      throw error(
          "%s: %d different elements are asked for, and axis '%s' has %d.",
          what, n, from.name(), from.size());
    }
  }

  static void populated(String what, int n, AxisSelector axis) {
    if (n == 0) {
      throw error("%s: axis '%s' is empty; there is nothing to draw.", what, axis.name());
    }
  }

  /** How many elements the axes hold, which must not be more than the population. */
  static int count(String what, Axis from, Axis... to) {
    long n = 1;
    for (Axis a : to) {
      n *= a.size();
    }
    fewer(what, n, from);
    return (int) n;
  }

  static DType weights(String what, NamedArray x, AxisSelector axis, NamedArray p) {
    DType t = floating(what, "weights", p);
    if (!p.axes().equals(List.of(x.axis(axis.name())))) {
      throw error(
          "%s: the weights lie along the axis that is drawn from, %s; got %s.",
          what, x.axis(axis.name()), type(p));
    }
    return t;
  }
}
