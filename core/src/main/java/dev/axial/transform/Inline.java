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
  private final boolean updates;

  private Inline(boolean updates) {
    this.updates = updates;
  }

  /** The copy; all variables are new. */
  public static Program flat(Program p) {
    return new Inline(true).program(p);
  }

  /** The copy with functional updates as they are. */
  public static Program calls(Program p) {
    return new Inline(false).program(p);
  }

  private Program program(Program p) {
    var b = new Builder();
    var env = new Env();
    env.put(p.inputs(), p.inputs().stream().map(v -> b.input(v.type())).toList());
    into(b, p, env);
    return b.close(env.get(p.outputs()), List.of());
  }

  /** Emits a program where its caller is. */
  private void into(Builder b, Program p, Env env) {
    for (Equation e : p.equations()) {
      b.site(e.site());
      env.put(e.out(), equation(b, e, env.get(e.in())));
    }
  }

  private List<Var> equation(Builder b, Equation e, List<Var> x) {
    return switch (e.op()) {
      case Op.Call c when !c.remat() -> {
        var env = new Env();
        env.put(c.body().inputs(), x);
        into(b, c.body(), env);
        yield env.get(c.body().outputs());
      }
      case Op.Call c -> b.emit(new Op.Call(program(c.body()), c.name(), true), x);
      case Op.Scan s ->
          b.emit(new Op.Scan(program(s.body()), s.length(), s.carry(), s.reverse()), x);
      case Op.While w ->
          b.emit(new Op.While(program(w.condition()), program(w.body()), w.carry()), x);
      case Op.Cond c -> b.emit(new Op.Cond(program(c.yes()), program(c.no())), x);
      case Op.Scatter s when updates -> {
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
