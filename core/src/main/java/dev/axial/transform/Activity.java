package dev.axial.transform;

import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Which variables may carry a derivative: those reachable from the differentiated inputs. Loops
 * need no iteration: each equation contributes edges (a written value to its reference, a reference
 * to what is read, a carry back to itself, a captured reference both ways), and reachability is the
 * fixed point. Only floating-point variables are active.
 */
final class Activity {
  private Activity() {}

  /**
   * The active variables.
   *
   * @throws PlumbingException if a reference that is not in {@code from} is reached
   */
  static Set<Var> active(Program p, Collection<Var> from) {
    Set<Var> seen = reach(p, from);
    for (Var v : p.inputs()) {
      if (!v.isArray() && seen.contains(v) && !from.contains(v)) {
        throw new PlumbingException(p.inputs().indexOf(v), writeSite(p, v));
      }
    }
    return seen;
  }

  /** The variables reachable from the given ones. */
  static Set<Var> reach(Program p, Collection<Var> from) {
    Map<Var, List<Var>> edges = new HashMap<>();
    edges(
        p,
        (a, b) -> {
          if (b.type().differentiable()) {
            edges.computeIfAbsent(a, _ -> new ArrayList<>()).add(b);
          }
        });
    var seen = new HashSet<Var>();
    for (Var v : from) {
      if (v.type().differentiable()) {
        seen.add(v);
      }
    }
    var work = new ArrayDeque<>(seen);
    while (!work.isEmpty()) {
      for (Var v : edges.getOrDefault(work.pop(), List.of())) {
        if (seen.add(v)) {
          work.push(v);
        }
      }
    }
    return seen;
  }

  private static String writeSite(Program p, Var ref) {
    for (Equation e : p.equations()) {
      int at = e.in().indexOf(ref);
      if (at < 0) {
        continue;
      }
      switch (e.op()) {
        case Op.RefSet _, Op.RefCombine _, Op.RefSwap _ -> {
          String site = e.site();
          return site == null ? "" : site;
        }
        case Op.Scan _, Op.While _, Op.Cond _, Op.Call _ -> {
          for (Program q : e.op().bodies()) {
            String site = writeSite(q, q.inputs().get(at + e.op().offset()));
            if (!site.isEmpty()) {
              return site;
            }
          }
        }
        default -> {} // not over Op: the others write nothing
      }
    }
    return "";
  }

  private static void edges(Program p, BiConsumer<Var, Var> edge) {
    for (Equation e : p.equations()) {
      List<Var> in = e.in();
      switch (e.op()) {
        case Op.Unary u -> {
          if (u.fn().smooth()) {
            edge.accept(in.get(0), e.result());
          }
        }
        case Op.Binary b -> {
          if (b.fn().smooth()) {
            in.forEach(v -> edge.accept(v, e.result()));
          }
        }
        case Op.Select _ -> {
          edge.accept(in.get(1), e.result());
          edge.accept(in.get(2), e.result());
        }
        case Op.Cast _,
            Op.Reduce _,
            Op.LaneReduce _,
            Op.LaneGather _,
            Op.Broadcast _,
            Op.Rename _,
            Op.Merge _,
            Op.Split _,
            Op.CumSum _,
            Op.Index _,
            Op.RefGet _,
            Op.RefNew _,
            Op.RefFreeze _,
            Op.StackPop _ ->
            edge.accept(in.get(0), e.result());
        case Op.Fma _, Op.Dot _, Op.Concat _ -> in.forEach(v -> edge.accept(v, e.result()));
        case Op.Scatter _ -> {
          edge.accept(in.get(0), e.result());
          edge.accept(in.get(1), e.result());
        }
        case Op.RefSet _, Op.RefCombine _, Op.StackPush _ -> edge.accept(in.get(1), in.get(0));
        case Op.RefSwap _ -> {
          edge.accept(in.get(1), in.get(0));
          edge.accept(in.get(0), e.result());
        }
        case Op.Const _,
            Op.Iota _,
            Op.LaneIndex _,
            Op.Compare _,
            Op.Bitcast _,
            Op.StopGradient _,
            Op.ArgSort _,
            Op.ArgReduce _,
            Op.Threefry _,
            Op.KeyWrap _,
            Op.KeyData _,
            Op.StackNew _,
            Op.Callback _ -> {}
        case Op.CustomVjp c -> custom(e, c.wrt(), edge);
        case Op.CustomJvp c -> custom(e, c.wrt(), edge);
        case Op.Scan _, Op.While _, Op.Cond _, Op.Call _ -> nested(e, edge);
      }
    }
  }

  private static void custom(Equation e, List<Integer> wrt, BiConsumer<Var, Var> edge) {
    for (int k : wrt) {
      e.out().forEach(v -> edge.accept(e.in().get(k), v));
    }
  }

  private static void nested(Equation e, BiConsumer<Var, Var> edge) {
    int off = e.op().offset();
    int carry = e.op().carries();
    for (Program q : e.op().bodies()) {
      edges(q, edge);
      for (int k = Math.max(0, off); k < q.inputs().size(); k++) {
        Var inner = q.inputs().get(k);
        Var outer = e.in().get(k - off);
        edge.accept(outer, inner);
        if (!inner.isArray()) {
          edge.accept(inner, outer);
        }
      }
      if (e.op() instanceof Op.While w && q == w.condition()) {
        continue;
      }
      for (int k = 0; k < q.outputs().size(); k++) {
        edge.accept(q.outputs().get(k), e.out().get(k));
      }
      for (int k = 0; k < carry; k++) {
        edge.accept(q.outputs().get(k), q.inputs().get(k + off));
      }
    }
  }
}
