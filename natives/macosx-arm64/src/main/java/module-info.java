/** libLLVM for macosx-arm64. Where it is on the path, the native engine is, too. */
@SuppressWarnings("module") // the platform ends with a digit
module dev.axial.cpu.macosx.arm64 {
  requires dev.axial.cpu;
}
