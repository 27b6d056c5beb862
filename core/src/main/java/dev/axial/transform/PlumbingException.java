package dev.axial.transform;

import dev.axial.AxialException;

/**
 * A value that carries a derivative reaches a reference that is not differentiated. The caller
 * knows the argument's name and says so.
 */
public final class PlumbingException extends AxialException {
  private static final long serialVersionUID = 1L;

  private final int input;
  private final String site;

  PlumbingException(int input, String site) {
    super(
        "a value that carries a derivative is written into a reference that is not differentiated (input %d)"
            .formatted(input));
    this.input = input;
    this.site = site;
  }

  /** Which program input the reference is. */
  public int input() {
    return input;
  }

  /** The source line of the write, or an empty string. */
  public String site() {
    return site;
  }
}
