package dev.axial.interpreter;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Var;
import dev.axial.numerics.ProductOrder;

/**
 * Which programs are interpreted while they are compiled: those that the interpreter is done with
 * before long, and whose results do not depend on who computes them.
 */
public final class Meanwhile {
  private static final long NEVER = Long.MAX_VALUE;

  /** Elements that the interpreter makes in the time that one equation takes by itself. */
  private static final long EQUATION = 200;

  /** How many moves of an element a function of a number is worth. */
  private static final long FUNCTION = 8;

  /** How many multiplications of matrices a moved element is worth. */
  private static final long PRODUCTS = 4;

  private Meanwhile() {}

  /**
   * Whether a program costs no more than it takes to move so many elements, is finite, gives the
   * same bits on all engines, and passes nothing but arrays and references of the caller's.
   */
  public static boolean suits(Program p, long most) {
    for (Var v : p.outputs()) {
      if (!v.isArray()) {
        return false;
      }
    }
    long cost = 0;
    for (Var v : p.inputs()) {
      if (v.isArray()) { // it may have to be copied to the Java heap
        cost = sum(cost, v.array().size());
      } else if (!(v.type() instanceof RefType)) {
        return false;
      }
    }
    return sum(cost, cost(p)) <= most;
  }

  private static long cost(Program p) {
    long all = 0;
    for (Equation e : p.equations()) {
      all = sum(all, sum(EQUATION, cost(e)));
    }
    return all;
  }

  private static long cost(Equation e) {
    return switch (e.op()) {
      case Op.While _ -> NEVER; // nobody knows how long it runs
      case Op.Scan s -> times(s.length(), cost(s.body()));
      case Op.Cond c -> Math.max(cost(c.yes()), cost(c.no()));
      case Op.Call c -> cost(c.body());
      case Op.CustomVjp c -> cost(c.primal());
      case Op.CustomJvp c -> cost(c.primal());
      case Op.Dot d -> product(d, e.in().get(0).array(), e.in().get(1).array());
      case Op.Unary _, Op.Binary _, Op.Fma _, Op.ArgSort _, Op.Threefry _ ->
          times(FUNCTION, elements(e));
      default -> elements(e); // not over Op: the others take about as long for each element
    };
  }

  /** The elements of arrays that are read and made. */
  private static long elements(Equation e) {
    long n = 0;
    for (Var v : e.in()) {
      n = sum(n, v.isArray() ? v.array().size() : 0);
    }
    for (Var v : e.out()) {
      n = sum(n, v.isArray() ? v.array().size() : 0);
    }
    return n;
  }

  private static long product(Op.Dot d, ArrayType a, ArrayType b) {
    ArrayType union = a.union(b);
    long terms = 1;
    for (String axis : d.axes()) {
      terms *= union.dim(axis).size();
    }
    boolean same =
        !a.dtype().isFloating()
            || ProductOrder.form(d, a, b) != ProductOrder.Form.VECTOR
                && terms <= ProductOrder.far(a.dtype());
    return same ? sum(union.size() / PRODUCTS, a.size() + b.size()) : NEVER;
  }

  private static long sum(long a, long b) {
    return a > NEVER - b ? NEVER : a + b;
  }

  private static long times(long n, long a) {
    return a != 0 && n > NEVER / a ? NEVER : n * a;
  }
}
