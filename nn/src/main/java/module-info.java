/** Layers, losses and optimizers on named arrays, with their state in references. */
module dev.axial.nn {
  requires transitive dev.axial;

  exports dev.axial.nn;
  exports dev.axial.nn.optim;
}
