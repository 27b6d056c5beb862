package dev.axial.cpu.emit;

import dev.axial.AxialException;

/** How many threads wide loops are divided among. */
public final class Threads {
  /** The property {@code axial.threads}; the number of processors if it is not set. */
  public static final int COUNT = count();

  private Threads() {}

  private static int count() {
    String given = System.getProperty("axial.threads");
    if (given == null) {
      return Math.max(1, Runtime.getRuntime().availableProcessors());
    }
    try {
      int n = Integer.parseInt(given.strip());
      if (n >= 1 && n <= 1024) {
        return n;
      }
    } catch (NumberFormatException x) {
      // Said below.
    }
    throw new AxialException(
        "axial.threads is '%s'; a number of threads from 1 to 1024 is expected.".formatted(given));
  }
}
