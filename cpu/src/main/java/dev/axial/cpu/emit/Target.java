package dev.axial.cpu.emit;

/**
 * What generated code must know of the processor.
 *
 * @param vectorBytes the width of a vector register: 16, 32 or 64
 * @param vectorRegisters their number: 16 or 32
 * @param halves whether it converts between float16 and float32
 */
public record Target(int vectorBytes, int vectorRegisters, boolean halves) {
  /** Lanes of 32-bit elements. */
  int lanes() {
    return vectorBytes / 4;
  }

  /** Whether loads and stores under a mask are instructions of their own. */
  boolean masks() {
    return vectorBytes == 64;
  }
}
