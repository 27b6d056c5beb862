package dev.axial.ir;

/**
 * What a read or an add does at an index out of range: use the nearest place in range, or nothing
 * (a read then gives zero). Where the mask of an access is false counts as out of range; a mask
 * goes with DROP only.
 */
public enum Mode {
  CLAMP,
  DROP
}
