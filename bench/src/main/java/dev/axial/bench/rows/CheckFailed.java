package dev.axial.bench.rows;

/** A row computed something else than its reference. */
public final class CheckFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  CheckFailed(String message) {
    super(message);
  }
}
