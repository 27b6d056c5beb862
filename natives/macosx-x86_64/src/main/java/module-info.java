/** libLLVM for macosx-x86_64. Where it is on the path, the native engine is, too. */
@SuppressWarnings("module") // the platform ends with a digit
module dev.axial.cpu.macosx.x86_64 {
  requires dev.axial.cpu;
}
