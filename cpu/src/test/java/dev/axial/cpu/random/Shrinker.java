package dev.axial.cpu.random;

import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Checker;
import dev.axial.ir.Dim;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import dev.axial.transform.DeadCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Makes a program that differs smaller: outputs and equations go, values become inputs, loops run
 * less often, bodies lose what they do, as long as the engines still differ.
 */
final class Shrinker {
  private final boolean gross;
  private final boolean thrown;
  private final long deadline;
  private Trial best;

  private Shrinker(Trial t, Trial.Difference d, long millis) {
    best = t;
    gross = d.gross();
    thrown = d.what().startsWith("throws");
    deadline = System.currentTimeMillis() + millis;
  }

  /** Told of each program before it is run, so that one that ends the process is known. */
  static java.util.function.Consumer<Trial> before = t -> {};

  static Trial shrink(Trial t, Trial.Difference d, long millis) {
    var s = new Shrinker(t, d, millis);
    boolean smaller = true;
    while (smaller && !s.late()) {
      smaller = s.outputs();
      smaller |= s.clean();
      smaller |= s.equations();
      smaller |= s.inputs();
      smaller |= s.sizes();
    }
    return s.best;
  }

  private boolean late() {
    return System.currentTimeMillis() > deadline;
  }

  private boolean attempt(Trial t) {
    if (late()) {
      return false;
    }
    try {
      Checker.check(t.program());
      before.accept(t);
      Trial.Difference d = t.run();
      if (d == null || gross && !d.gross() || d.what().startsWith("throws") != thrown) {
        return false;
      }
    } catch (RuntimeException x) { // the interpreter does not take it either
      return false;
    }
    best = t;
    return true;
  }

  private Trial with(Program p) {
    return new Trial(p, best.inputs(), best.tolerances());
  }

  private boolean outputs() {
    boolean any = false;
    for (int k = best.program().outputs().size() - 1; k >= 0; k--) {
      var outs = new ArrayList<>(best.program().outputs());
      var tolerances = new ArrayList<>(best.tolerances());
      outs.remove(k);
      tolerances.remove(k);
      Program p = best.program();
      any |=
          attempt(
              new Trial(new Program(p.inputs(), p.equations(), outs), best.inputs(), tolerances));
    }
    return any;
  }

  private boolean clean() {
    Program p = DeadCode.remove(best.program());
    return p.count() < best.program().count() && attempt(with(p));
  }

  private boolean inputs() {
    boolean any = false;
    for (int k = best.program().inputs().size() - 1; k >= 0; k--) {
      Program p = best.program();
      var ins = new ArrayList<>(p.inputs());
      Var v = ins.remove(k);
      if (p.equations().stream().anyMatch(e -> e.in().contains(v)) || p.outputs().contains(v)) {
        continue;
      }
      var values = new ArrayList<>(best.inputs());
      values.remove(k);
      any |=
          attempt(
              new Trial(new Program(ins, p.equations(), p.outputs()), values, best.tolerances()));
    }
    return any;
  }

  private boolean equations() {
    boolean any = false;
    for (int k = best.program().equations().size() - 1; k >= 0; k--) {
      if (k >= best.program().equations().size()) {
        continue;
      }
      any |= drop(k);
    }
    return any;
  }

  private boolean sizes() {
    boolean any = false;
    for (Dim d : Resizer.dims(best.program())) {
      for (int n : new int[] {1, 2, 3, d.size() / 2, d.size() - 1}) {
        if (n < d.size() && n > 0 && resized(d, n)) {
          any = true;
          break;
        }
      }
    }
    return any;
  }

  private boolean resized(Dim d, int n) {
    try {
      Program p = new Resizer(d, n).program(best.program());
      var values = new ArrayList<Object>();
      for (int k = 0; k < p.inputs().size(); k++) {
        ArrayType t = p.inputs().get(k).type().array();
        Object old = best.inputs().get(k);
        Object a = Store.newArray(t.dtype(), t.size());
        System.arraycopy(old, 0, a, 0, Math.min(Store.length(a), Store.length(old)));
        values.add(a);
      }
      return attempt(new Trial(p, values, best.tolerances()));
    } catch (RuntimeException x) { // the operations do not allow it
      return false;
    }
  }

  private static List<Equation> replaced(Program p, int k, List<Equation> by) {
    var out = new ArrayList<>(p.equations());
    out.remove(k);
    out.addAll(k, by);
    return out;
  }

  /** One equation of the top: gone, an input instead, or smaller. */
  private boolean drop(int k) {
    Program p = best.program();
    Equation e = p.equations().get(k);
    boolean any = false;
    if (e.op() instanceof Op.Const) {
      return false;
    }
    if (e.out().isEmpty() || e.out().stream().noneMatch(v -> used(p, v))) {
      if (attempt(with(new Program(p.inputs(), replaced(p, k, List.of()), p.outputs())))) {
        return true;
      }
    } else if (!e.out().stream().anyMatch(v -> v.type() instanceof dev.axial.ir.StackType)) {
      var ins = new ArrayList<>(p.inputs());
      ins.addAll(e.out());
      var values = new ArrayList<>(best.inputs());
      var random = new SplittableRandom(k);
      for (Var v : e.out()) {
        ArrayType t = v.type().array();
        values.add(Data.array(t.dtype(), true, (int) t.size(), random));
      }
      if (attempt(
          new Trial(
              new Program(ins, replaced(p, k, List.of()), p.outputs()),
              values,
              best.tolerances()))) {
        return true;
      }
    }
    for (Equation s : smaller(e)) {
      if (attempt(with(new Program(p.inputs(), replaced(p, k, List.of(s)), p.outputs())))) {
        return true;
      }
    }
    for (int j = e.op().bodies().isEmpty() ? -1 : e.in().size() - 1; j >= 0; j--) {
      Equation now = best.program().equations().get(k);
      Equation s = j >= now.in().size() ? null : without(best.program(), now, j);
      if (s != null
          && attempt(
              with(
                  new Program(p.inputs(), replaced(best.program(), k, List.of(s)), p.outputs())))) {
        any = true;
      }
    }
    if (any) {
      return true;
    }
    for (List<Equation> s : opened(e)) {
      if (attempt(with(new Program(p.inputs(), replaced(p, k, s), p.outputs())))) {
        return true;
      }
    }
    return false;
  }

  /** An operation with bodies without one operand that they do not use. */
  private static @Nullable Equation without(Program p, Equation e, int j) {
    int at = j + e.op().offset();
    boolean carry = j < e.op().carries();
    if (j == 0 && e.op() instanceof Op.While) {
      return null;
    }
    if (at < 0 || carry && used(p, e.out().get(j))) {
      return null;
    }
    var in = new ArrayList<>(e.in());
    in.remove(j);
    var out = new ArrayList<>(e.out());
    if (carry) {
      out.remove(j);
    }
    Op op =
        switch (e.op()) {
          case Op.Scan s -> {
            Program b = without(s.body(), at, carry ? j : -1);
            yield b == null
                ? null
                : new Op.Scan(b, s.length(), s.carry() - (carry ? 1 : 0), s.reverse());
          }
          case Op.While w -> {
            Program c = without(w.condition(), at, -1);
            Program b = without(w.body(), at, carry ? j : -1);
            yield b == null || c == null ? null : new Op.While(c, b, w.carry() - (carry ? 1 : 0));
          }
          case Op.Cond c -> {
            Program y = without(c.yes(), at, -1);
            Program n = without(c.no(), at, -1);
            yield y == null || n == null ? null : new Op.Cond(y, n);
          }
          case Op.Call c -> {
            Program b = without(c.body(), at, -1);
            yield b == null ? null : new Op.Call(b, c.name(), c.remat());
          }
          default -> null; // not over Op: the others are opened
        };
    return op == null ? null : new Equation(op, in, out, null);
  }

  private static @Nullable Program without(Program p, int at, int output) {
    Var v = p.inputs().get(at);
    var outs = new ArrayList<>(p.outputs());
    if (output >= 0) {
      outs.remove(output);
    }
    if (outs.contains(v) || p.equations().stream().anyMatch(e -> e.in().contains(v))) {
      return null;
    }
    var ins = new ArrayList<>(p.inputs());
    ins.remove(at);
    return new Program(ins, p.equations(), outs);
  }

  private static boolean used(Program p, Var v) {
    return p.outputs().contains(v) || p.equations().stream().anyMatch(e -> e.in().contains(v));
  }

  /** Bodies in place of a branch or a call. */
  private static List<List<Equation>> opened(Equation e) {
    var out = new ArrayList<List<Equation>>();
    for (Program q : e.op().bodies()) {
      if (e.op() instanceof Op.Cond
          || e.op() instanceof Op.Call
          || e.op() instanceof Op.CustomJvp
          || e.op() instanceof Op.CustomVjp) {
        Map<Var, Var> map = new HashMap<>();
        for (int k = 0; k < q.inputs().size(); k++) {
          map.put(q.inputs().get(k), e.in().get(k - e.op().offset()));
        }
        var list = new ArrayList<Equation>();
        for (Equation i : q.equations()) {
          list.add(renamed(i, map));
        }
        boolean fits = true;
        for (int k = 0; k < q.outputs().size(); k++) {
          Var o = q.outputs().get(k);
          Var mine = map.getOrDefault(o, o);
          list.add(
              new Equation(new Op.StopGradient(), List.of(mine), List.of(e.out().get(k)), null));
          fits &= mine.isArray();
        }
        if (fits) {
          out.add(list);
        }
      }
    }
    return out;
  }

  private static Equation renamed(Equation e, Map<Var, Var> map) {
    return new Equation(
        e.op(), e.in().stream().map(v -> map.getOrDefault(v, v)).toList(), e.out(), e.site());
  }

  private static Program substituted(Program p, Map<Var, Var> map) {
    var list = p.equations().stream().map(e -> renamed(e, map)).toList();
    return new Program(
        p.inputs(), list, p.outputs().stream().map(v -> map.getOrDefault(v, v)).toList());
  }

  /** The same equation with less in its bodies. */
  private static List<Equation> smaller(Equation e) {
    var out = new ArrayList<Equation>();
    switch (e.op()) {
      case Op.Scan s -> {
        if (s.length() > 1) {
          out.add(with(e, new Op.Scan(s.body(), 1, s.carry(), s.reverse())));
          out.add(with(e, new Op.Scan(s.body(), 2, s.carry(), s.reverse())));
        }
        bodies(s.body())
            .forEach(b -> out.add(with(e, new Op.Scan(b, s.length(), s.carry(), s.reverse()))));
      }
      case Op.While w ->
          bodies(w.body()).stream()
              .filter(Shrinker::counts)
              .forEach(b -> out.add(with(e, new Op.While(w.condition(), b, w.carry()))));
      case Op.Cond c -> {
        bodies(c.yes()).forEach(b -> out.add(with(e, new Op.Cond(b, c.no()))));
        bodies(c.no()).forEach(b -> out.add(with(e, new Op.Cond(c.yes(), b))));
      }
      case Op.Call c -> bodies(c.body()).forEach(b -> out.add(with(e, new Op.Call(b, "f", false))));
      default -> {} // not over Op: nothing inside
    }
    return out;
  }

  /** Whether a body still adds one to its counter, so that its loop ends. */
  private static boolean counts(Program body) {
    return body.equations().stream()
        .anyMatch(e ->
            e.op() instanceof Op.Binary(Fn.Binary f)
                && f == Fn.Binary.ADD
                && e.result() == body.outputs().getFirst()
                && e.in().getFirst() == body.inputs().getFirst()
                && isConstant(body, e.in().getLast()));
  }

  private static Equation with(Equation e, Op op) {
    return new Equation(op, e.in(), e.out(), e.site());
  }

  /** A body with one equation less; what it gave is another value of its type, or zeros. */
  private static List<Program> bodies(Program p) {
    var out = new ArrayList<Program>();
    // an output that is an input of its type instead
    for (int k = 0; k < p.outputs().size(); k++) {
      for (Var i : p.inputs()) {
        if (i.isArray() && i.type().equals(p.outputs().get(k).type()) && p.outputs().get(k) != i) {
          var outs = new ArrayList<>(p.outputs());
          if (p.inputs().contains(outs.get(k))) {
            continue;
          }
          outs.set(k, i);
          out.add(new Program(p.inputs(), p.equations(), outs));
          break;
        }
      }
    }
    for (int k = p.equations().size() - 1; k >= 0; k--) {
      Equation e = p.equations().get(k);
      if (e.op() instanceof Op.Const && used(p, e.result())) {
        continue;
      }
      Map<Var, Var> map = new HashMap<>();
      var by = new ArrayList<Equation>();
      boolean ok = true;
      for (Var v : e.out()) {
        if (!used(p, v)) {
          continue;
        }
        Var other = earlier(p, k, v.type());
        if (other != null) {
          map.put(v, other);
        } else if (v.isArray()
            && !(e.op() instanceof Op.Broadcast && isConstant(p, e.in().getFirst()))) {
          Var c = new Var(ArrayType.scalar(v.array().dtype()), p);
          by.add(new Equation(one(v.array().dtype()), List.of(), List.of(c), null));
          by.add(new Equation(new Op.Broadcast(v.array().dims()), List.of(c), List.of(v), null));
        } else {
          ok = false;
        }
      }
      if (ok) {
        out.add(substituted(new Program(p.inputs(), replaced(p, k, by), p.outputs()), map));
      }
      for (Equation s : smaller(e)) {
        out.add(new Program(p.inputs(), replaced(p, k, List.of(s)), p.outputs()));
      }
      for (int j = e.op().bodies().isEmpty() ? -1 : e.in().size() - 1; j >= 0; j--) {
        Equation s = without(p, e, j);
        if (s != null) {
          out.add(new Program(p.inputs(), replaced(p, k, List.of(s)), p.outputs()));
        }
      }
      for (List<Equation> s : opened(e)) {
        out.add(new Program(p.inputs(), replaced(p, k, s), p.outputs()));
      }
    }
    return out;
  }

  private static boolean isConstant(Program p, Var v) {
    return p.equations().stream().anyMatch(e -> e.op() instanceof Op.Const && e.out().contains(v));
  }

  private static Op.Const one(DType t) {
    return Op.Const.of(t, 1L);
  }

  private static @Nullable Var earlier(Program p, int k, Type t) {
    for (Var v : p.inputs()) {
      if (v.type().equals(t)) {
        return v;
      }
    }
    for (int j = 0; j < k; j++) {
      for (Var v : p.equations().get(j).out()) {
        if (v.type().equals(t) && v.isArray()) {
          return v;
        }
      }
    }
    return null;
  }
}
