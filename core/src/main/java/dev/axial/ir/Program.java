package dev.axial.ir;

import dev.axial.AxialException;
import java.util.List;

/** A closed listing of equations. Outputs are arrays; references are written, never returned. */
public record Program(List<Var> inputs, List<Equation> equations, List<Var> outputs) {
  private static final int DEEPEST = 100;

  /** Copies the lists. */
  public Program {
    inputs = List.copyOf(inputs);
    equations = List.copyOf(equations);
    outputs = List.copyOf(outputs);
  }

  /** The types of variables. */
  public static List<Type> types(List<Var> vars) {
    return vars.stream().map(Var::type).toList();
  }

  /** The number of equations, those of bodies included. */
  public int count() {
    int n = 0;
    for (Equation e : equations) {
      n++;
      for (Program q : e.op().bodies()) {
        n += q.count();
      }
    }
    return n;
  }

  /** How deep bodies nest in it; 0 without any. */
  public int depth() {
    int most = 0;
    for (Equation e : equations) {
      for (Program q : e.op().bodies()) {
        most = Math.max(most, 1 + q.depth());
      }
    }
    return most;
  }

  /** An error if bodies nest deeper than passes, each of which calls itself for a body, go. */
  static void checkDepth(int depth) {
    if (depth > DEEPEST) {
      throw new AxialException(
          "loops, branches and calls nest more than %d deep; a program holds no more. Let one loop do what many nested ones do."
              .formatted(DEEPEST));
    }
  }

  /** The listing; {@link #parse} reads it back. */
  @Override
  public String toString() {
    return Printer.print(this);
  }

  /** Reads what {@link #toString} printed. Host functions cannot be read back. */
  public static Program parse(String text) {
    return new Parser(text).program();
  }
}
