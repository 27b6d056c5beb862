package dev.axial.transform;

import dev.axial.ir.Builder;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.List;

/**
 * Copies a program with calls inlined, at any depth, and functional updates written as accesses to
 * a fresh reference. Reverse mode starts from this form: it names adjoints by the variables of the
 * source, so each must occur once.
 */
public final class Inline {
  private Inline() {}

  /** The copy; all variables are new. */
  public static Program flat(Program p) {
    var b = new Builder();
    var env = new Env();
    env.put(p.inputs(), p.inputs().stream().map(v -> b.input(v.type())).toList());
    for (Equation e : p.equations()) {
      b.site(e.site());
      env.put(e.out(), equation(b, e, env.get(e.in())));
    }
    return b.close(env.get(p.outputs()), List.of());
  }

  private static List<Var> equation(Builder b, Equation e, List<Var> x) {
    return switch (e.op()) {
      case Op.Call c when !c.remat() -> b.inline(flat(c.body()), x);
      case Op.Call c -> b.emit(new Op.Call(flat(c.body()), c.name(), true), x);
      case Op.Scan s -> b.emit(new Op.Scan(flat(s.body()), s.length(), s.carry(), s.reverse()), x);
      case Op.While w -> b.emit(new Op.While(flat(w.condition()), flat(w.body()), w.carry()), x);
      case Op.Cond c -> b.emit(new Op.Cond(flat(c.yes()), flat(c.no())), x);
      case Op.Scatter s -> {
        Var ref = b.one(new Op.RefNew(), x.get(0));
        var in = Builder.cat(List.of(ref), x.subList(1, x.size()));
        Fn.Combine fn = s.fn();
        b.emit(
            fn == null
                ? new Op.RefSet(s.access(), false)
                : new Op.RefCombine(fn, s.access(), s.mode()),
            in);
        yield b.emit(new Op.RefFreeze(), List.of(ref));
      }
      case Op.Pure _, Op.State _, Op.CustomVjp _, Op.CustomJvp _, Op.Callback _ ->
          b.emit(e.op(), x);
    };
  }
}
