package dev.axial.ir;

import java.util.List;
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
}
