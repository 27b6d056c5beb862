/** The native engine. It exports nothing: to have it on the path is enough. */
module dev.axial.cpu {
  requires static transitive org.jspecify;
  requires dev.axial;

  provides dev.axial.engine.EngineProvider with
      dev.axial.cpu.CpuProvider;
}
