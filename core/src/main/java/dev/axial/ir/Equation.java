package dev.axial.ir;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step of a program: {@code out = op(in)}.
 *
 * @param site the line of the user's source that asked for it, or null
 */
public record Equation(Op op, List<Var> in, List<Var> out, @Nullable String site) {
  /** The first result. */
  public Var result() {
    return out.getFirst();
  }

  /** The operation with its attributes as the listing shows it, programs in it left out. */
  public String words() {
    return Printer.words(op);
  }

  /**
   * The programs in the operation by what they are to it, in the listing's order.
   *
   * @param rules whether those of derivative rules are asked for too, if they were made
   */
  public Map<String, Program> nested(boolean rules) {
    return Printer.nested(op, rules);
  }
}
