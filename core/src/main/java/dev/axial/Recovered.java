package dev.axial;

import java.util.List;

/**
 * What {@link NamedRef#recover} found in a file.
 *
 * @param torn whether a block of commit was being written when its process or the machine ended and
 *     its journal is gone: each page is of before the block or of after it
 * @param unknown whether the checksums were older than the elements, so that damage cannot be seen
 * @param damaged the elements whose pages differed from their checksums, in order
 */
public record Recovered(boolean torn, boolean unknown, List<Elements> damaged) {
  /** Keeps a copy of the list. */
  public Recovered {
    damaged = List.copyOf(damaged);
  }

  /** Whether nothing was wrong with the file. */
  public boolean isWhole() {
    return !torn && !unknown && damaged.isEmpty();
  }

  /**
   * Elements that follow each other, counted row-major over all axes from 0.
   *
   * @param first the first one
   * @param last the last one
   */
  public record Elements(long first, long last) {}
}
