package dev.axial.ir;

/** The type of a variable. */
public sealed interface Type permits ArrayType, RefType, StackType {
  /** The array type that this is, or is made of. */
  ArrayType array();

  /** Whether a variable of this type can carry a derivative. */
  default boolean differentiable() {
    return array().dtype().isFloating();
  }
}
