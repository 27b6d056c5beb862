/** Layers, losses and optimizers on named arrays, with their state in references. */
module dev.axial.nn {
  requires transitive dev.axial;
}
