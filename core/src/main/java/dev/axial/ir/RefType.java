package dev.axial.ir;

/** A mutable array. */
public record RefType(ArrayType of) implements Type {
  @Override
  public ArrayType array() {
    return of;
  }

  @Override
  public String toString() {
    return "ref " + of;
  }
}
