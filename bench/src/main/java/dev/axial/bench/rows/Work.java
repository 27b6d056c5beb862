package dev.axial.bench.rows;

/** What a row does on our side. */
@FunctionalInterface
public interface Work {
  /**
   * Checks the results, then measures.
   *
   * @throws CheckFailed if a result is wrong
   */
  Samples measure(Timing timing);
}
