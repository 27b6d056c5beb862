package dev.axial.cpu.emit;

/**
 * What code is written for.
 *
 * @param vectorBytes the width of a vector register
 * @param vectorRegisters how many there are
 */
public record Host(int vectorBytes, int vectorRegisters) {
  /** Lanes of 32-bit elements. */
  int lanes() {
    return vectorBytes / 4;
  }
}
