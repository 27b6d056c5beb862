package dev.axial.transform;

import dev.axial.ir.Effects;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Removes what nobody needs. An equation lives if an output is needed, if it calls Java code, or if
 * it writes a reference that is needed: an input of the program, or one that a live equation reads.
 * A needed stack keeps all its pushes and pops, which move its height. Edges and reachability, as
 * in {@link Activity}, backwards from the outputs.
 */
public final class DeadCode {
  private final Map<Var, Set<Var>> need = new HashMap<>();
  private final Map<Equation, Var> markers = new IdentityHashMap<>();
  private final Set<Var> live = new HashSet<>();

  private DeadCode() {}

  /** The program without dead equations; inputs and outputs stay. */
  public static Program remove(Program p) {
    var d = new DeadCode();
    d.needs(p);
    d.live.addAll(p.outputs());
    for (Var v : p.inputs()) {
      if (!v.isArray()) {
        d.live.add(v);
      }
    }
    d.live.addAll(d.markers.values());
    var work = new ArrayDeque<>(d.live);
    while (!work.isEmpty()) {
      for (Var v : d.need.getOrDefault(work.pop(), Set.of())) {
        if (d.live.add(v)) {
          work.push(v);
        }
      }
    }
    return d.prune(p);
  }

  /** Custom derivatives are opaque: their rules see all operands. */
  private static List<Program> bodies(Op op) {
    return op instanceof Op.CustomVjp || op instanceof Op.CustomJvp ? List.of() : op.bodies();
  }

  private Set<Var> of(Var v) {
    return need.computeIfAbsent(v, _ -> new HashSet<>());
  }

  private void needs(Program p) {
    for (Equation e : p.equations()) {
      var bodies = bodies(e.op());
      Collection<Var> roots = new ArrayList<>(e.out());
      roots.addAll(Effects.written(e));
      if (Effects.visible(e.op())) {
        Var marker = new Var(dev.axial.ir.ArrayType.scalar(dev.axial.DType.BOOL), this);
        markers.put(e, marker);
        roots.add(marker);
      }
      for (Var r : roots) {
        if (bodies.isEmpty()) {
          of(r).addAll(e.in());
        }
        if (e.op() instanceof Op.Cond) {
          of(r).add(e.in().get(0));
        }
        if (e.op() instanceof Op.While w) {
          of(r).addAll(w.condition().outputs());
        }
      }
      nested(e, bodies, roots);
    }
  }

  private void nested(Equation e, List<Program> bodies, Collection<Var> roots) {
    int off = e.op().offset();
    int carry = e.op().carries();
    for (Program q : bodies) {
      needs(q);
      boolean condition = e.op() instanceof Op.While w && q == w.condition();
      List<Var> outs = e.op() instanceof Op.While w ? w.body().outputs() : q.outputs();
      for (int k = Math.max(0, off); k < q.inputs().size(); k++) {
        Var inner = q.inputs().get(k);
        Var outer = e.in().get(k - off);
        of(inner).add(outer);
        if (!inner.isArray()) {
          of(outer).add(inner);
        }
        if (off >= 0 && k - off < carry) { // a loop cannot drop a carry: keep it whole
          of(inner).add(outs.get(k - off));
        }
      }
      if (!condition) {
        for (int k = 0; k < e.out().size(); k++) {
          of(e.out().get(k)).add(q.outputs().get(k));
        }
      }
    }
    if (!bodies.isEmpty()) { // a live loop runs all its carries
      for (Var r : roots) {
        of(r).addAll(e.out());
      }
    }
    for (int k = 0; k < carry; k++) {
      of(e.out().get(k)).add(e.in().get(k));
    }
  }

  private boolean lives(Equation e) {
    return markers.containsKey(e)
        || e.out().stream().anyMatch(live::contains)
        || Effects.written(e).stream().anyMatch(live::contains);
  }

  private Program prune(Program p) {
    var out = new ArrayList<Equation>();
    for (Equation e : p.equations()) {
      if (!lives(e)) {
        continue;
      }
      var bodies = bodies(e.op());
      if (bodies.isEmpty()) {
        out.add(e);
        continue;
      }
      int off = e.op().offset();
      int carry = e.op().carries();
      var keep = new ArrayList<Integer>();
      for (int k = 0; k < e.in().size(); k++) {
        int at = k + off;
        boolean fixed = at < 0 || k < carry;
        if (fixed || bodies.stream().anyMatch(q -> live.contains(q.inputs().get(at)))) {
          keep.add(k);
        }
      }
      UnaryOperator<Program> cut =
          q -> {
            var ins = new ArrayList<>(q.inputs().subList(0, Math.max(0, off)));
            for (int k : keep) {
              if (k + off >= 0) {
                ins.add(q.inputs().get(k + off));
              }
            }
            Program r = prune(q);
            return new Program(ins, r.equations(), r.outputs());
          };
      Op op = rebuild(e.op(), cut);
      out.add(new Equation(op, keep.stream().map(e.in()::get).toList(), e.out(), e.site()));
    }
    return new Program(p.inputs(), out, p.outputs());
  }

  private static Op rebuild(Op op, UnaryOperator<Program> cut) {
    return switch (op) {
      case Op.Scan s -> new Op.Scan(cut.apply(s.body()), s.length(), s.carry(), s.reverse());
      case Op.While w -> new Op.While(cut.apply(w.condition()), cut.apply(w.body()), w.carry());
      case Op.Cond c -> new Op.Cond(cut.apply(c.yes()), cut.apply(c.no()));
      case Op.Call c -> new Op.Call(cut.apply(c.body()), c.name(), c.remat());
      default -> op; // not over Op: only these four have bodies that are rebuilt
    };
  }
}
