package dev.axial.ir;

import dev.axial.AxialException;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * Checks a program: closed, singly assigned, typed by the rules; no reference leaves it, a loop
 * condition writes nothing, no reference comes into a body twice, and none is used after freeze.
 */
public final class Checker {
  private Checker() {}

  /** Returns the program, or throws and says where it is wrong. */
  public static Program check(Program p) {
    var seen = new HashSet<Var>();
    var frozen = new HashSet<Var>();
    for (Var v : p.inputs()) {
      require(seen.add(v), "input %s twice in%n%s", v, p);
    }
    for (Equation e : p.equations()) {
      for (Var v : e.in()) {
        require(seen.contains(v), "%s is used before it is defined, by %s in%n%s", v, e.op(), p);
        require(!frozen.contains(v), "%s is used after freeze, by %s in%n%s", v, e.op(), p);
      }
      List<Type> want;
      try {
        want = TypeRules.infer(e.op(), Program.types(e.in()));
      } catch (AxialException x) {
        throw new AxialException("ill-typed equation: %s, in%n%s".formatted(x.getMessage(), p), x);
      } catch (ArithmeticException | IndexOutOfBoundsException | NoSuchElementException x) {
        throw new AxialException( // only a text has too few operands, or a size of 2^63
            "ill-typed equation: %s of %s (%s), in%n%s"
                .formatted(e.op(), Program.types(e.in()), x.getMessage(), p),
            x);
      }
      require(
          want.equals(Program.types(e.out())),
          "%s gives %s, not %s, in%n%s",
          e.op(),
          want,
          Program.types(e.out()),
          p);
      if (e.op() instanceof Op.RefFreeze) {
        frozen.add(e.in().getFirst());
      }
      bodies(e);
      for (Var v : e.out()) {
        require(seen.add(v), "%s is assigned twice in%n%s", v, p);
      }
    }
    for (Var v : p.outputs()) {
      require(seen.contains(v) && v.isArray(), "output %s : %s in%n%s", v, v.type(), p);
    }
    return p;
  }

  private static void bodies(Equation e) {
    for (Program q : e.op().bodies()) {
      check(q);
      if (e.op() instanceof Op.While w && q == w.condition()) {
        require(Effects.written(q).isEmpty(), "a loop condition writes in%n%s", q);
      }
      for (Equation inner : q.equations()) {
        require(
            !(inner.op() instanceof Op.RefFreeze) || !q.inputs().contains(inner.in().getFirst()),
            "a body freezes a reference of its outside, in%n%s",
            q);
      }
    }
    if (!e.op().bodies().isEmpty()) {
      Set<Var> refs = new HashSet<>();
      for (Var v : e.in()) {
        require(v.isArray() || refs.add(v), "%s comes into a body twice", v);
      }
    }
  }

  private static void require(boolean ok, String format, Object... args) {
    if (!ok) {
      throw new AxialException("invalid program: " + format.formatted(args));
    }
  }
}
