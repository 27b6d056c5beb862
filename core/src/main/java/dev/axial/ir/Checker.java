package dev.axial.ir;

import dev.axial.AxialException;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Checks a program: closed, singly assigned, typed by the rules; no reference leaves it, a loop
 * condition writes nothing, no reference comes into a body twice, and none is used after freeze.
 *
 * <p>Programs that were traced are right by construction, and are checked in tests. One that was
 * read from a text or a file is always checked, because engines believe what a program says: what
 * passes here touches no memory but its own.
 */
public final class Checker {
  /**
   * No value has more elements than this, be it one that is never stored: sums of such sizes in
   * bytes do not overflow.
   */
  private static final long MOST = 1L << 40;

  /** The rules that were met: one may call the function that it belongs to. */
  private final Set<Rule> rules = Collections.newSetFromMap(new IdentityHashMap<>());

  private Checker() {}

  /** Returns the program, or throws and says where it is wrong. */
  public static Program check(Program p) {
    new Checker().program(p);
    return p;
  }

  private void program(Program p) {
    var seen = new HashSet<Var>();
    var frozen = new HashSet<Var>();
    for (Var v : p.inputs()) {
      require(seen.add(v), "input %s twice in%n%s", v, p);
      sized(v);
    }
    for (Equation e : p.equations()) {
      for (Var v : e.in()) {
        require(seen.contains(v), "%s is used before it is defined, by %s in%n%s", v, e.op(), p);
        require(!frozen.contains(v), "%s is used after freeze, by %s in%n%s", v, e.op(), p);
      }
      List<Type> want;
      try {
        formed(e);
        want = TypeRules.infer(e.op(), Program.types(e.in()));
      } catch (AxialException | ArithmeticException x) {
        throw new AxialException("ill-typed equation: %s, in%n%s".formatted(x.getMessage(), p), x);
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
        sized(v);
      }
    }
    for (Var v : p.outputs()) {
      require(seen.contains(v) && v.isArray(), "output %s : %s in%n%s", v, v.type(), p);
    }
  }

  private void bodies(Equation e) {
    for (Program q : e.op().bodies()) {
      program(q);
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

  /** Sizes are numbers of elements that exist. */
  private static void sized(Var v) {
    long n = 1;
    for (Dim d : v.type().array().dims()) {
      require(d.size() >= 0, "%s : %s has an axis of negative size", v, v.type());
      n = d.size() == 0 ? 0 : n > MOST / d.size() ? MOST + 1 : n * d.size();
      if (n > MOST || n == 0) {
        break; // what is empty stays so, and what is too large too
      }
    }
    require(n <= MOST, "%s : %s has more than %,d elements", v, v.type(), MOST);
  }

  /** What the type of an operation does not show: how many operands it has, and its own parts. */
  private void formed(Equation e) {
    int n = operands(e.op());
    TypeRules.require(
        n < 0 || n == e.in().size(), "%s takes %d operands, got %s", e.op(), n, e.in());
    switch (e.op()) {
      case Op.Const c ->
          TypeRules.require(
              inRange(c), "the constant %d does not fit %s", c.bits(), c.dtype().shortName());
      case Op.Reduce r -> distinct(r.axes(), e.op());
      case Op.Dot d -> distinct(d.axes(), e.op());
      case Op.Rename r -> distinct(r.from(), e.op());
      case Op.Scan s -> carries(s.carry(), e);
      case Op.While w -> carries(w.carry(), e);
      case Op.Cond c -> TypeRules.require(!e.in().isEmpty(), "%s without a predicate", c);
      case Op.CustomVjp c -> {
        among(c.wrt(), e);
        among(c.writes(), e);
        rule(c.forward());
        rule(c.backward());
      }
      case Op.CustomJvp c -> {
        among(c.wrt(), e);
        rule(c.rule());
      }
      case Op.Pure _, Op.State _, Op.Call _, Op.Callback _ -> {}
    }
  }

  private static boolean inRange(Op.Const c) {
    long v = c.bits();
    return switch (c.dtype()) {
      case BOOL -> v == 0 || v == 1;
      case INT32 -> v == (int) v;
      case UINT32 -> v == (v & 0xffffffffL);
      case INT64, KEY -> true;
      case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 -> {
        double x = Double.longBitsToDouble(v);
        yield Double.isNaN(x) || Op.Const.of(c.dtype(), x).bits() == v;
      }
    };
  }

  private static void distinct(List<String> axes, Op op) {
    TypeRules.require(new HashSet<>(axes).size() == axes.size(), "an axis twice in %s", op);
  }

  private static void carries(int n, Equation e) {
    TypeRules.require(
        n >= 0 && n <= e.in().size(), "a loop carries %d of %d operands", n, e.in().size());
  }

  private static void among(List<Integer> positions, Equation e) {
    for (int k : positions) {
      TypeRules.require(
          k >= 0 && k < e.in().size(), "a rule is about operand %d of %d", k, e.in().size());
    }
  }

  /** A derivative rule that is there; what it takes is checked where a derivative uses it. */
  private void rule(Rule r) {
    Program known = r.known();
    if (known != null && rules.add(r)) {
      program(known);
    }
  }

  /** How many operands an operation has; -1 where its type rule says it. */
  private static int operands(Op op) {
    return switch (op) {
      case Op.Const _, Op.Iota _, Op.LaneIndex _, Op.StackNew _ -> 0;
      case Op.Unary _,
          Op.Cast _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.Reduce _,
          Op.Broadcast _,
          Op.Rename _,
          Op.Merge _,
          Op.Split _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.KeyData _,
          Op.RefNew _,
          Op.RefFreeze _ ->
          1;
      case Op.Binary _, Op.Compare _, Op.Dot _, Op.KeyWrap _ -> 2;
      case Op.Fma _, Op.Select _, Op.Threefry _ -> 3;
      case Op.Index i -> 1 + i.access().operands();
      case Op.Scatter s -> 2 + s.access().operands();
      case Op.RefGet g -> 1 + g.access().operands();
      case Op.RefSet s -> 2 + s.access().operands();
      case Op.RefCombine a -> 2 + a.access().operands();
      case Op.RefSwap s -> 2 + s.access().operands();
      case Op.StackPush p -> p.masked() ? 3 : 2;
      case Op.StackPop p -> p.masked() ? 2 : 1;
      case Op.Concat _, Op.Nesting _, Op.Callback _ -> -1;
    };
  }

  private static void require(boolean ok, String format, Object... args) {
    if (!ok) {
      throw new AxialException("invalid program: " + format.formatted(args));
    }
  }
}
