package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.numerics.Expansion.Kind;
import dev.axial.numerics.Expansion.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * An expansion as loops over registers. A register is taken up again after the last use of its
 * value, so that all of them stay in the nearest cache. A constant is a scalar of the loop where
 * there is such a loop, and otherwise an array filled once.
 */
final class Plan {
  /** The elements of a register. */
  static final int LANES = 512;

  private final List<Step> steps;
  private final int[] register;
  private final int[] lastUse;
  private final List<Loop> loops = new ArrayList<>();
  private final List<Expansion.Type> types = new ArrayList<>();
  private final List<Object> filled = new ArrayList<>();
  private final Map<Expansion.Type, Deque<Integer>> free = new EnumMap<>(Expansion.Type.class);
  private final int[] arguments;
  private final int result;

  Plan(Expansion e) {
    steps = e.steps();
    register = new int[steps.size()];
    Arrays.fill(register, -1);
    lastUse = new int[steps.size()];
    for (int k = 0; k < steps.size(); k++) {
      Step s = steps.get(k);
      for (int operand : new int[] {s.a(), s.b(), s.c()}) {
        if (operand >= 0) {
          lastUse[operand] = k;
        }
      }
    }
    lastUse[e.result()] = Integer.MAX_VALUE;
    arguments = new int[e.arity()];
    for (int k = 0; k < steps.size(); k++) {
      if (steps.get(k).kind() == Kind.ARG) {
        register[k] = take(steps.get(k).type());
        arguments[(int) steps.get(k).bits()] = register[k];
      }
    }
    for (int k = 0; k < steps.size(); k++) {
      Kind kind = steps.get(k).kind();
      if (kind != Kind.ARG && kind != Kind.CONST) {
        loops.add(loop(k, steps.get(k)));
      }
    }
    result = reg(e.result());
  }

  int argument(int k) {
    return arguments[k];
  }

  int result() {
    return result;
  }

  /** Registers for n lanes at most. */
  Object[] registers(int n) {
    var r = new Object[types.size()];
    for (int k = 0; k < r.length; k++) {
      r[k] = filled.get(k) == NONE ? array(types.get(k), n) : filled.get(k);
    }
    return r;
  }

  void run(Object[] registers, int n) {
    for (Loop loop : loops) {
      loop.run(registers, n);
    }
  }

  // ---------------------------------------------------------------- registers

  private static final Object NONE = new Object();

  private static Object array(Expansion.Type t, int n) {
    return switch (t) {
      case F32 -> new float[n];
      case F64 -> new double[n];
      case I32 -> new int[n];
      case I64 -> new long[n];
      case BOOL -> new boolean[n];
    };
  }

  private int take(Expansion.Type t) {
    Integer old = free.computeIfAbsent(t, _ -> new ArrayDeque<>()).pollFirst();
    if (old != null) {
      return old;
    }
    types.add(t);
    filled.add(NONE);
    return types.size() - 1;
  }

  /** The register of a step's value; of a constant an array full of it. */
  private int reg(int step) {
    if (register[step] < 0) {
      Step s = steps.get(step);
      Object a = array(s.type(), LANES);
      switch (a) {
        case float[] x -> Arrays.fill(x, Float.intBitsToFloat((int) s.bits()));
        case double[] x -> Arrays.fill(x, Double.longBitsToDouble(s.bits()));
        case int[] x -> Arrays.fill(x, (int) s.bits());
        case long[] x -> Arrays.fill(x, s.bits());
        default -> Arrays.fill((boolean[]) a, s.bits() != 0); // not over Op: an array of any type
      }
      types.add(s.type());
      filled.add(a);
      register[step] = types.size() - 1;
    }
    return register[step];
  }

  private boolean constant(int step) {
    return steps.get(step).kind() == Kind.CONST;
  }

  private float single(int step) {
    return Float.intBitsToFloat((int) steps.get(step).bits());
  }

  private double real(int step) {
    return Double.longBitsToDouble(steps.get(step).bits());
  }

  private long whole(int step) {
    return steps.get(step).bits();
  }

  private void release(int step, int at) {
    if (step >= 0 && lastUse[step] == at && !constant(step)) {
      var pool = free.computeIfAbsent(steps.get(step).type(), _ -> new ArrayDeque<>());
      if (!pool.contains(register[step])) {
        pool.addFirst(register[step]);
      }
    }
  }

  // ---------------------------------------------------------------- loops

  private Loop loop(int at, Step s) {
    // Operands first: a register may be read and written by the same loop.
    int a = s.a();
    int b = s.b();
    int c = s.c();
    Expansion.Type of = steps.get(a).type();
    release(a, at);
    release(b, at);
    release(c, at);
    int to = take(s.type());
    register[at] = to;
    return switch (of) {
      case F32 -> floats(s, a, b, c, to);
      case F64 -> doubles(s, a, b, c, to);
      case I32 -> ints(s, a, b, to);
      case I64 -> longs(s, a, b, to);
      case BOOL -> booleans(s, a, b, c, to);
    };
  }

  private Loop floats(Step s, int a, int b, int c, int to) {
    return switch (s.kind()) {
      case ADD ->
          constant(b)
              ? FloatLoops.addConstant(reg(a), single(b), to)
              : constant(a)
                  ? FloatLoops.addConstant(reg(b), single(a), to)
                  : FloatLoops.add(reg(a), reg(b), to);
      case SUB ->
          constant(b)
              ? FloatLoops.subConstant(reg(a), single(b), to)
              : FloatLoops.sub(reg(a), reg(b), to);
      case MUL ->
          constant(b)
              ? FloatLoops.mulConstant(reg(a), single(b), to)
              : constant(a)
                  ? FloatLoops.mulConstant(reg(b), single(a), to)
                  : FloatLoops.mul(reg(a), reg(b), to);
      case DIV ->
          constant(b)
              ? FloatLoops.divConstant(reg(a), single(b), to)
              : FloatLoops.div(reg(a), reg(b), to);
      case FMA -> {
        if (constant(b)) {
          yield constant(c)
              ? FloatLoops.fmaConstants(reg(a), single(b), single(c), to)
              : FloatLoops.fmaTimesConstant(reg(a), single(b), reg(c), to);
        }
        yield constant(c)
            ? FloatLoops.fmaPlusConstant(reg(a), reg(b), single(c), to)
            : FloatLoops.fma(reg(a), reg(b), reg(c), to);
      }
      case SQRT -> FloatLoops.sqrt(reg(a), to);
      case RINT -> FloatLoops.rint(reg(a), to);
      case ABS -> FloatLoops.abs(reg(a), to);
      case NEG -> FloatLoops.neg(reg(a), to);
      case COPYSIGN -> FloatLoops.copySign(reg(a), reg(b), to);
      case FEQ -> FloatLoops.eq(reg(a), reg(b), to);
      case FLT -> FloatLoops.lt(reg(a), reg(b), to);
      case FLE -> FloatLoops.le(reg(a), reg(b), to);
      case BITCAST -> FloatLoops.bits(reg(a), to);
      case CONVERT -> FloatLoops.toDouble(reg(a), to);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw undefined(s);
    };
  }

  private Loop doubles(Step s, int a, int b, int c, int to) {
    return switch (s.kind()) {
      case ADD ->
          constant(b)
              ? DoubleLoops.addConstant(reg(a), real(b), to)
              : constant(a)
                  ? DoubleLoops.addConstant(reg(b), real(a), to)
                  : DoubleLoops.add(reg(a), reg(b), to);
      case SUB ->
          constant(b)
              ? DoubleLoops.subConstant(reg(a), real(b), to)
              : DoubleLoops.sub(reg(a), reg(b), to);
      case MUL ->
          constant(b)
              ? DoubleLoops.mulConstant(reg(a), real(b), to)
              : constant(a)
                  ? DoubleLoops.mulConstant(reg(b), real(a), to)
                  : DoubleLoops.mul(reg(a), reg(b), to);
      case DIV ->
          constant(b)
              ? DoubleLoops.divConstant(reg(a), real(b), to)
              : DoubleLoops.div(reg(a), reg(b), to);
      case FMA -> {
        if (constant(b)) {
          yield constant(c)
              ? DoubleLoops.fmaConstants(reg(a), real(b), real(c), to)
              : DoubleLoops.fmaTimesConstant(reg(a), real(b), reg(c), to);
        }
        yield constant(c)
            ? DoubleLoops.fmaPlusConstant(reg(a), reg(b), real(c), to)
            : DoubleLoops.fma(reg(a), reg(b), reg(c), to);
      }
      case SQRT -> DoubleLoops.sqrt(reg(a), to);
      case RINT -> DoubleLoops.rint(reg(a), to);
      case ABS -> DoubleLoops.abs(reg(a), to);
      case NEG -> DoubleLoops.neg(reg(a), to);
      case COPYSIGN -> DoubleLoops.copySign(reg(a), reg(b), to);
      case FEQ -> DoubleLoops.eq(reg(a), reg(b), to);
      case FLT -> DoubleLoops.lt(reg(a), reg(b), to);
      case FLE -> DoubleLoops.le(reg(a), reg(b), to);
      case BITCAST -> DoubleLoops.bits(reg(a), to);
      case CONVERT -> DoubleLoops.toFloat(reg(a), to);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw undefined(s);
    };
  }

  private Loop ints(Step s, int a, int b, int to) {
    return switch (s.kind()) {
      case IADD ->
          constant(b)
              ? IntLoops.addConstant(reg(a), (int) whole(b), to)
              : IntLoops.add(reg(a), reg(b), to);
      case ISUB -> IntLoops.sub(reg(a), reg(b), to);
      case IMUL -> IntLoops.mul(reg(a), reg(b), to);
      case AND ->
          constant(b)
              ? IntLoops.andConstant(reg(a), (int) whole(b), to)
              : IntLoops.and(reg(a), reg(b), to);
      case OR -> IntLoops.or(reg(a), reg(b), to);
      case XOR -> IntLoops.xor(reg(a), reg(b), to);
      case SHL ->
          constant(b)
              ? IntLoops.shlConstant(reg(a), (int) whole(b), to)
              : IntLoops.shl(reg(a), reg(b), to);
      case LSHR ->
          constant(b)
              ? IntLoops.lshrConstant(reg(a), (int) whole(b), to)
              : IntLoops.lshr(reg(a), reg(b), to);
      case ASHR ->
          constant(b)
              ? IntLoops.ashrConstant(reg(a), (int) whole(b), to)
              : IntLoops.ashr(reg(a), reg(b), to);
      case IEQ -> IntLoops.eq(reg(a), reg(b), to);
      case ILT -> IntLoops.lt(reg(a), reg(b), to);
      case BITCAST -> IntLoops.bits(reg(a), to);
      case CONVERT ->
          switch (s.type()) {
            case F32 -> IntLoops.toFloat(reg(a), to);
            case F64 -> IntLoops.toDouble(reg(a), to);
            case I64 -> IntLoops.toLong(reg(a), to);
            case I32, BOOL -> throw undefined(s);
          };
      case ARG,
          CONST,
          ADD,
          SUB,
          MUL,
          DIV,
          FMA,
          SQRT,
          RINT,
          ABS,
          NEG,
          COPYSIGN,
          FEQ,
          FLT,
          FLE,
          SELECT ->
          throw undefined(s);
    };
  }

  private Loop longs(Step s, int a, int b, int to) {
    return switch (s.kind()) {
      case IADD ->
          constant(b)
              ? LongLoops.addConstant(reg(a), whole(b), to)
              : LongLoops.add(reg(a), reg(b), to);
      case ISUB -> LongLoops.sub(reg(a), reg(b), to);
      case IMUL -> LongLoops.mul(reg(a), reg(b), to);
      case AND ->
          constant(b)
              ? LongLoops.andConstant(reg(a), whole(b), to)
              : LongLoops.and(reg(a), reg(b), to);
      case OR -> LongLoops.or(reg(a), reg(b), to);
      case XOR -> LongLoops.xor(reg(a), reg(b), to);
      case SHL ->
          constant(b)
              ? LongLoops.shlConstant(reg(a), (int) whole(b), to)
              : LongLoops.shl(reg(a), reg(b), to);
      case LSHR ->
          constant(b)
              ? LongLoops.lshrConstant(reg(a), (int) whole(b), to)
              : LongLoops.lshr(reg(a), reg(b), to);
      case ASHR ->
          constant(b)
              ? LongLoops.ashrConstant(reg(a), (int) whole(b), to)
              : LongLoops.ashr(reg(a), reg(b), to);
      case IEQ -> LongLoops.eq(reg(a), reg(b), to);
      case ILT -> LongLoops.lt(reg(a), reg(b), to);
      case BITCAST -> LongLoops.bits(reg(a), to);
      case CONVERT ->
          switch (s.type()) {
            case F64 -> LongLoops.toDouble(reg(a), to);
            case I32 -> LongLoops.toInt(reg(a), to);
            case F32, I64, BOOL -> throw undefined(s);
          };
      case ARG,
          CONST,
          ADD,
          SUB,
          MUL,
          DIV,
          FMA,
          SQRT,
          RINT,
          ABS,
          NEG,
          COPYSIGN,
          FEQ,
          FLT,
          FLE,
          SELECT ->
          throw undefined(s);
    };
  }

  private Loop booleans(Step s, int a, int b, int c, int to) {
    return switch (s.kind()) {
      case AND -> BooleanLoops.and(reg(a), reg(b), to);
      case OR -> BooleanLoops.or(reg(a), reg(b), to);
      case XOR -> BooleanLoops.xor(reg(a), reg(b), to);
      case SELECT ->
          switch (s.type()) {
            case F32 -> FloatLoops.select(reg(a), reg(b), reg(c), to);
            case F64 -> DoubleLoops.select(reg(a), reg(b), reg(c), to);
            case I32 -> IntLoops.select(reg(a), reg(b), reg(c), to);
            case I64 -> LongLoops.select(reg(a), reg(b), reg(c), to);
            case BOOL -> BooleanLoops.select(reg(a), reg(b), reg(c), to);
          };
      case ARG,
          CONST,
          ADD,
          SUB,
          MUL,
          DIV,
          FMA,
          SQRT,
          RINT,
          ABS,
          NEG,
          COPYSIGN,
          IADD,
          ISUB,
          IMUL,
          SHL,
          LSHR,
          ASHR,
          FEQ,
          FLT,
          FLE,
          IEQ,
          ILT,
          BITCAST,
          CONVERT ->
          throw undefined(s);
    };
  }

  private static AxialException undefined(Step s) {
    return new AxialException("internal error: no such step: " + s);
  }
}
