/** Arrays with named axes, in-place references and composable transformations. */
@SuppressWarnings("module") // the engine's module is compiled after this one
module dev.axial {
  requires static transitive org.jspecify;
  requires jdk.management;

  exports dev.axial;
  exports dev.axial.random;
  exports dev.axial.engine to
      dev.axial.cpu;
  exports dev.axial.ir to
      dev.axial.cpu;
  exports dev.axial.numerics to
      dev.axial.cpu;

  uses dev.axial.engine.EngineProvider;
}
