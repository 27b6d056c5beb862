package dev.axial.transform;

import dev.axial.AxialException;
import org.jspecify.annotations.Nullable;

/** Errors of transformations, with the user's line of the equation at hand. */
final class Rejected {
  private Rejected() {}

  static AxialException error(@Nullable String site, String format, Object... args) {
    return new AxialException(format.formatted(args) + (site == null ? "" : "\n  at " + site));
  }
}
