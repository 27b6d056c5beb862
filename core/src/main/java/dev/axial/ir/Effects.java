package dev.axial.ir;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * What an operation does beside giving results. Nothing else in the system knows that state is
 * special.
 */
public final class Effects {
  private Effects() {}

  /** The references and stacks among the operands that the equation writes. */
  public static Set<Var> written(Equation e) {
    return switch (e.op()) {
      case Op.RefSet _, Op.RefCombine _, Op.RefSwap _, Op.StackPush _, Op.StackPop _ ->
          Set.of(e.in().getFirst());
      case Op.CustomVjp c -> {
        var out = nested(e, List.of(c.primal()), Effects::written);
        c.writes().forEach(k -> out.add(e.in().get(k)));
        yield out;
      }
      case Op.Nesting _ -> nested(e, e.op().bodies(), Effects::written);
      case Op.Pure _, Op.RefNew _, Op.RefGet _, Op.RefFreeze _, Op.StackNew _, Op.Callback _ ->
          Set.of();
    };
  }

  /** The references and stacks among the operands whose contents the equation asks for. */
  public static Set<Var> read(Equation e) {
    return switch (e.op()) {
      case Op.RefGet _, Op.RefSwap _, Op.RefFreeze _, Op.StackPop _ -> Set.of(e.in().getFirst());
      case Op.Nesting _ -> nested(e, e.op().bodies(), Effects::read);
      case Op.Pure _,
          Op.RefNew _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.StackNew _,
          Op.StackPush _,
          Op.Callback _ ->
          Set.of();
    };
  }

  private static Set<Var> nested(
      Equation e, List<Program> bodies, Function<Equation, Set<Var>> effect) {
    var out = new LinkedHashSet<Var>();
    for (Program q : bodies) {
      for (Var v : ofInputs(q, effect)) {
        out.add(e.in().get(q.inputs().indexOf(v) - e.op().offset()));
      }
    }
    return out;
  }

  /** The input references and stacks that the program writes. */
  public static Set<Var> written(Program p) {
    return ofInputs(p, Effects::written);
  }

  private static Set<Var> ofInputs(Program p, Function<Equation, Set<Var>> effect) {
    var out = new LinkedHashSet<Var>();
    for (Equation e : p.equations()) {
      out.addAll(effect.apply(e));
    }
    out.retainAll(p.inputs());
    return out;
  }

  /** Whether the equation does something that no variable shows: it calls Java code. */
  public static boolean visible(Op op) {
    return op instanceof Op.Callback
        || op.bodies().stream()
            .anyMatch(p -> p.equations().stream().anyMatch(e -> visible(e.op())));
  }
}
