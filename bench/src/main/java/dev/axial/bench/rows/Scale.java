package dev.axial.bench.rows;

/** How large the work of the rows is. */
public enum Scale {
  /** The sizes that the targets are about. */
  FULL,
  /** Sizes for a trial of a minute or two. */
  SMALL,
  /** Sizes for tests. */
  TINY;

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
