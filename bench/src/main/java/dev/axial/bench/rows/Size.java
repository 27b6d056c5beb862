package dev.axial.bench.rows;

/**
 * One size of a row at each scale.
 *
 * @param name its name, the same in the peers' script
 */
public record Size(String name, int full, int small, int tiny) {
  /** A size that is the same at each scale. */
  static Size always(String name, int size) {
    return new Size(name, size, size, size);
  }

  static Size size(String name, int full, int small, int tiny) {
    return new Size(name, full, small, tiny);
  }

  int at(Scale scale) {
    return switch (scale) {
      case FULL -> full;
      case SMALL -> small;
      case TINY -> tiny;
    };
  }
}
