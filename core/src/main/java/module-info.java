/** Arrays with named axes, in-place references and composable transformations. */
module dev.axial {
  requires static transitive org.jspecify;
  requires jdk.management;

  exports dev.axial;
  exports dev.axial.random;
}
