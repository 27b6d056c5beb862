package dev.axial.ir;

import java.util.List;

/** A closed listing of equations. Outputs are arrays; references are written, never returned. */
public record Program(List<Var> inputs, List<Equation> equations, List<Var> outputs) {
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
