package dev.axial.cpu.plan;

import dev.axial.AxialException;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;

/** How much computing one element costs, in additions. What is free is repeated without thought. */
final class Costs {
  private Costs() {}

  static int of(Node n) {
    Op op = n.op();
    if (op == null) {
      return 0;
    }
    return switch (op) {
      case Op.Const _, Op.Iota _, Op.StopGradient _, Op.Broadcast _, Op.Rename _, Op.Split _ -> 0;
      case Op.Unary u -> of(u.fn());
      case Op.Binary b -> of(b.fn());
      case Op.Cast c -> c.to().isHalf() ? 4 : 1;
      case Op.Compare _, Op.Fma _, Op.Select _, Op.Bitcast _ -> 1;
      case Op.KeyWrap _, Op.KeyData _ -> 1;
      case Op.Index _, Op.RefGet _ -> 1;
      case Op.Threefry _ -> 80;
      case Op.Reduce _,
          Op.Dot _,
          Op.Merge _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Scatter _,
          Op.RefNew _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.RefSwap _,
          Op.RefFreeze _,
          Op.StackNew _,
          Op.StackPush _,
          Op.StackPop _,
          Op.Scan _,
          Op.While _,
          Op.Cond _,
          Op.Callback _ ->
          1000;
      case Op.LaneIndex _, Op.LaneReduce _, Op.LaneGather _ ->
          throw new AxialException("internal error: outside of a vmap: " + op);
      case Op.Call _, Op.CustomVjp _, Op.CustomJvp _ ->
          throw new AxialException("internal error: a call is in its caller's place: " + op);
    };
  }

  private static int of(Fn.Unary fn) {
    return switch (fn) {
      case NEG, ABS, FLOOR, CEIL, ROUND, NOT, POPCOUNT -> 1;
      case SIGN -> 2;
      case SQRT -> 6;
      case EXP, LOG, TANH, LOGISTIC -> 16;
      case EXPM1,
          LOG1P,
          CBRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          ASINH,
          ACOSH,
          ATANH,
          ERF,
          ERFC,
          ERFINV,
          LGAMMA,
          DIGAMMA ->
          40;
    };
  }

  private static int of(Fn.Binary fn) {
    return switch (fn) {
      case ADD, SUB, MUL, MAX, MIN, AND, OR, XOR, SHL, SHR, SAR -> 1;
      case DIV -> 4;
      case REM, POW, ATAN2 -> 60;
    };
  }

  /** Whether the value is only another look at its operand. */
  static boolean free(Op op) {
    return op instanceof Op.Rename
        || op instanceof Op.Broadcast
        || op instanceof Op.Split
        || op instanceof Op.StopGradient
        || op instanceof Op.Iota;
  }

  /** Of a virtual value with all virtual values below it. */
  static int deep(Node n) {
    if (!n.isVirtual()) {
      return 0;
    }
    int c = of(n);
    for (Node o : n.in()) {
      c += deep(o);
      if (c > 200) {
        return c;
      }
    }
    return c;
  }
}
