package dev.axial.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A value that is equal for programs that are the same up to their variables' identity and their
 * source lines: what compiled code is shared by.
 */
public record CanonicalKey(List<Object> form) {
  /** The key of a program. */
  public static CanonicalKey of(Program p) {
    return new CanonicalKey(form(p, new HashMap<>()));
  }

  private static List<Object> form(Program p, Map<Var, Integer> numbers) {
    var out = new ArrayList<Object>();
    for (Var v : p.inputs()) {
      numbers.put(v, numbers.size());
      out.add(v.type());
    }
    for (Equation e : p.equations()) {
      op(e.op(), out, numbers);
      out.add(e.in().stream().map(numbers::get).toList());
      for (Var v : e.out()) {
        numbers.put(v, numbers.size());
        out.add(v.type());
      }
    }
    out.add(p.outputs().stream().map(numbers::get).toList());
    return out;
  }

  /**
   * An operation without a body is its own key; one with bodies is its numbers and their forms.
   * Rules of derivatives are not run, and not part of it.
   */
  private static void op(Op op, List<Object> out, Map<Var, Integer> numbers) {
    switch (op) {
      case Op.Scan s -> {
        out.add(List.of("scan", s.length(), s.carry(), s.reverse()));
        out.add(form(s.body(), numbers));
      }
      case Op.While w -> {
        out.add(List.of("while", w.carry()));
        out.add(form(w.condition(), numbers));
        out.add(form(w.body(), numbers));
      }
      case Op.Cond c -> {
        out.add("cond");
        out.add(form(c.yes(), numbers));
        out.add(form(c.no(), numbers));
      }
      case Op.Call c -> {
        out.add(List.of("call", c.name(), c.remat()));
        out.add(form(c.body(), numbers));
      }
      case Op.CustomVjp c -> {
        out.add("custom_vjp");
        out.add(form(c.primal(), numbers));
      }
      case Op.CustomJvp c -> {
        out.add("custom_jvp");
        out.add(form(c.primal(), numbers));
      }
      case Op.Pure _, Op.State _, Op.Callback _ -> out.add(op);
    }
  }
}
