package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Host;

/**
 * What generated code must know of the processor.
 *
 * @param vectorBytes the width of a vector register: 16, 32 or 64
 * @param vectorRegisters their number: 16 or 32
 * @param halves whether it converts between float16 and float32
 * @param mode what its arithmetic does with denormal numbers
 */
public record Target(int vectorBytes, int vectorRegisters, boolean halves, FloatMode mode) {
  /** For the widest vectors that code uses there. */
  public static Target of(Host host) {
    boolean halves = host.has("f16c") || host.has("neon");
    FloatMode mode = FloatMode.of(host);
    return switch (host.vectorBytes()) {
      case 64 -> new Target(64, 32, halves, mode);
      case 32 -> new Target(32, 16, halves, mode);
      default -> new Target(16, host.has("neon") ? 32 : 16, halves, mode); // not over Op: a width
    };
  }

  /** Lanes of 32-bit elements. */
  int lanes() {
    return vectorBytes / 4;
  }

  /** Whether loads and stores under a mask are instructions of their own. */
  boolean masks() {
    return vectorBytes == 64;
  }
}
