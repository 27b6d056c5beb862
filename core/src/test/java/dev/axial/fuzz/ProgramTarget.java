package dev.axial.fuzz;

import dev.axial.AxialException;
import dev.axial.Program;
import java.nio.charset.StandardCharsets;

/**
 * The text of a program: it is read, and its listing reads back as the same; or an error of ours.
 */
public final class ProgramTarget {
  private ProgramTarget() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    Program p;
    try {
      p = Program.parse(text);
    } catch (AxialException _) {
      return;
    }
    String listing = p.toString();
    String again = Program.parse(listing).toString();
    if (!again.equals(listing)) {
      throw new IllegalStateException("not a round trip:\n" + listing + "\n" + again);
    }
  }
}
