/** A program of modules: it requires the library, and finds the engine by being beside it. */
module app {
  requires dev.axial;
}
