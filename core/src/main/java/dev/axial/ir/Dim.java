package dev.axial.ir;

/** One named axis of a value's type. */
public record Dim(String name, int size) {
  @Override
  public String toString() {
    return Printer.name(name) + ":" + size;
  }
}
