package dev.axial.ir;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What an operation does beside giving results. Nothing else in the system knows that state is
 * special.
 */
public final class Effects {
  private Effects() {}

  /** The references and stacks among the operands that the equation writes. */
  public static Set<Var> written(Equation e) {
    return switch (e.op()) {
      case Op.RefSet _, Op.RefAdd _, Op.RefSwap _, Op.StackPush _, Op.StackPop _ ->
          Set.of(e.in().getFirst());
      case Op.CustomVjp c -> {
        var out = nested(e, List.of(c.primal()));
        c.writes().forEach(k -> out.add(e.in().get(k)));
        yield out;
      }
      case Op.Scan _, Op.While _, Op.Cond _, Op.Call _, Op.CustomJvp _ ->
          nested(e, e.op().bodies());
      case Op.Const _,
          Op.Iota _,
          Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.Reduce _,
          Op.Broadcast _,
          Op.Dot _,
          Op.Rename _,
          Op.Merge _,
          Op.Split _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Index _,
          Op.Scatter _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.LaneIndex _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.RefNew _,
          Op.RefGet _,
          Op.RefFreeze _,
          Op.StackNew _,
          Op.Callback _ ->
          Set.of();
    };
  }

  private static Set<Var> nested(Equation e, List<Program> bodies) {
    var out = new LinkedHashSet<Var>();
    for (Program q : bodies) {
      for (Var v : written(q)) {
        out.add(e.in().get(q.inputs().indexOf(v) - e.op().offset()));
      }
    }
    return out;
  }

  /** The input references and stacks that the program writes. */
  public static Set<Var> written(Program p) {
    var out = new LinkedHashSet<Var>();
    for (Equation e : p.equations()) {
      out.addAll(written(e));
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
