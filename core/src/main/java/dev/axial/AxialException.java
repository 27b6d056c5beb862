package dev.axial;

/**
 * What this library throws. The message says what was given, what was expected and what to do, and
 * ends with the line of the user's source that asked for it.
 */
public class AxialException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An exception with the given message. */
  public AxialException(String message) {
    super(message);
  }

  /** An exception with a cause, for instance one that a callback threw. */
  public AxialException(String message, Throwable cause) {
    super(message, cause);
  }
}
