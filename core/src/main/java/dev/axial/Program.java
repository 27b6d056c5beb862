package dev.axial;

/**
 * A traced program, for reading: it prints as a typed listing, and {@link #parse} reads it back.
 */
public final class Program {
  private final dev.axial.ir.Program ir;

  Program(dev.axial.ir.Program ir) {
    this.ir = ir;
  }

  dev.axial.ir.Program ir() {
    return ir;
  }

  /** Reads and checks what {@link #toString} printed. */
  public static Program parse(String text) {
    return new Program(dev.axial.ir.Program.parse(text));
  }

  /** The number of equations, those of loop bodies and branches included. */
  public int size() {
    return ir.count();
  }

  /** The listing as a page of HTML, as {@link Lowered#toHtml} without an engine. */
  public String toHtml() {
    return Html.program(ir);
  }

  /** The listing. */
  @Override
  public String toString() {
    return ir.toString();
  }
}
