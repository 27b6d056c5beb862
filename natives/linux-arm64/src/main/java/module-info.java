/** libLLVM for linux-arm64. Where it is on the path, the native engine is, too. */
@SuppressWarnings("module") // the platform ends with a digit
module dev.axial.cpu.linux.arm64 {
  requires dev.axial.cpu;
}
