package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Host;

/**
 * What generated code must know of the processor.
 *
 * @param vectorBytes the width of a vector register: 16, 32 or 64
 * @param vectorRegisters their number: 16 or 32
 * @param halves whether it converts between float16 and float32
 */
public record Target(int vectorBytes, int vectorRegisters, boolean halves) {
  /** The widest vectors that a processor has. */
  public static Target of(Host host) {
    boolean halves = host.has("f16c") || host.has("neon");
    if (host.has("avx512f") && host.has("avx512vl") && host.has("avx512dq")) {
      return new Target(64, 32, halves);
    }
    return host.has("avx2")
        ? new Target(32, 16, halves)
        : new Target(16, host.has("neon") ? 32 : 16, halves);
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
