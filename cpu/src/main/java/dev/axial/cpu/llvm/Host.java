package dev.axial.cpu.llvm;

/**
 * What compiled code depends on besides its text, in LLVM's words.
 *
 * @param version of LLVM, such as {@code 20.1.7}
 * @param triple the platform
 * @param cpu the processor's name
 * @param features what it has, such as {@code +avx2,-sse4a}
 */
public record Host(String version, String triple, String cpu, String features) {
  /** Whether the processor has a feature. */
  public boolean has(String feature) {
    return ("," + features + ",").contains(",+" + feature + ",");
  }
}
