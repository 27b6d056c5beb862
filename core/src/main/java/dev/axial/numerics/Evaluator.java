package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.numerics.Expansion.Step;
import dev.axial.numerics.Expansion.Type;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Computes an expansion in plain Java: over arrays step by step, some hundred elements at a time;
 * for a few elements one after the other.
 */
public final class Evaluator {
  /** Below this many elements the arrays of a plan cost more than they bring. */
  private static final int FEW = 8;

  private static final Map<Expansion, Evaluator> CACHE = new ConcurrentHashMap<>();

  private final Expansion full;
  private final Plan plan;
  private final boolean guarded;
  private final Plan guard;
  private final Plan cheap;

  private Evaluator(Expansion e) {
    full = e;
    plan = new Plan(e);
    guarded = e.cheap().isPresent();
    guard = e.cheap().map(c -> new Plan(c.guard())).orElse(plan);
    cheap = e.cheap().map(c -> new Plan(c.value())).orElse(plan);
  }

  /** The same object for the same expansion. */
  public static Evaluator of(Expansion e) {
    return CACHE.computeIfAbsent(e, Evaluator::new);
  }

  /** d[o + k] = f(x[xo + k]) for k below n; float or double arrays, as the expansion has it. */
  public void apply(Object x, int xo, Object d, int o, int n) {
    apply(x, xo, x, xo, d, o, n);
  }

  /** d[o + k] = f(x[xo + k], y[yo + k]) for k below n. */
  public void apply(Object x, int xo, Object y, int yo, Object d, int o, int n) {
    if (n < FEW) {
      for (int k = 0; k < n; k++) {
        element(x, xo + k, y, yo + k, d, o + k);
      }
      return;
    }
    int lanes = Math.min(n, Plan.LANES);
    var run = new Run(x, y, d, lanes);
    for (int k = 0; k < n; k += lanes) {
      run.piece(xo + k, yo + k, o + k, Math.min(lanes, n - k));
    }
  }

  private void element(Object x, int xo, Object y, int yo, Object d, int o) {
    if (d instanceof float[] r) {
      float p = ((float[]) x)[xo];
      r[o] = full.arity() == 1 ? apply(p) : apply(p, ((float[]) y)[yo]);
    } else {
      double p = ((double[]) x)[xo];
      ((double[]) d)[o] = full.arity() == 1 ? apply(p) : apply(p, ((double[]) y)[yo]);
    }
  }

  /** The registers of one call. Those of the full plan are made when they are needed. */
  private final class Run {
    private final Object x;
    private final Object y;
    private final Object d;
    private final int lanes;
    private final Object[] ofGuard;
    private final Object[] ofCheap;
    private Object[] ofFull = {};

    Run(Object x, Object y, Object d, int lanes) {
      this.x = x;
      this.y = y;
      this.d = d;
      this.lanes = lanes;
      ofGuard = guarded ? guard.registers(lanes) : ofFull;
      ofCheap = guarded ? cheap.registers(lanes) : ofFull;
    }

    void piece(int xo, int yo, int o, int n) {
      if (guarded) {
        load(guard, ofGuard, xo, yo, n);
        guard.run(ofGuard, n);
        if (BooleanLoops.all((boolean[]) ofGuard[guard.result()], n)) {
          run(cheap, ofCheap, xo, yo, o, n);
          return;
        }
      }
      if (ofFull.length == 0) {
        ofFull = plan.registers(lanes);
      }
      run(plan, ofFull, xo, yo, o, n);
    }

    private void load(Plan p, Object[] registers, int xo, int yo, int n) {
      System.arraycopy(x, xo, registers[p.argument(0)], 0, n);
      if (full.arity() == 2) {
        System.arraycopy(y, yo, registers[p.argument(1)], 0, n);
      }
    }

    private void run(Plan p, Object[] registers, int xo, int yo, int o, int n) {
      load(p, registers, xo, yo, n);
      p.run(registers, n);
      System.arraycopy(registers[p.result()], 0, d, o, n);
    }
  }

  // ---------------------------------------------------------------- one element

  public float apply(float x) {
    return Float.intBitsToFloat((int) bits(full, Float.floatToRawIntBits(x), 0));
  }

  public float apply(float x, float y) {
    int a = Float.floatToRawIntBits(x);
    return Float.intBitsToFloat((int) bits(full, a, Float.floatToRawIntBits(y)));
  }

  public double apply(double x) {
    return Double.longBitsToDouble(bits(full, Double.doubleToRawLongBits(x), 0));
  }

  public double apply(double x, double y) {
    long a = Double.doubleToRawLongBits(x);
    return Double.longBitsToDouble(bits(full, a, Double.doubleToRawLongBits(y)));
  }

  /** The bits of the result, for arguments with these bits. */
  private static long bits(Expansion e, long x, long y) {
    var v = new long[e.steps().size()];
    for (int k = 0; k < v.length; k++) {
      Step s = e.steps().get(k);
      v[k] =
          switch (s.kind()) {
            case ARG -> s.bits() == 0 ? x : y;
            case CONST -> s.bits();
            case SELECT -> v[s.a()] != 0 ? v[s.b()] : v[s.c()];
            default -> // not over Op: what does not depend on the type of the operands is above
                switch (e.steps().get(s.a()).type()) {
                  case F32 -> single(s, v[s.a()], at(v, s.b()), at(v, s.c()));
                  case F64 -> real(s, v[s.a()], at(v, s.b()), at(v, s.c()));
                  case I32 -> whole(s, (int) v[s.a()], (int) at(v, s.b()));
                  case I64, BOOL -> whole(s, v[s.a()], at(v, s.b()));
                };
          };
    }
    return v[v.length - 1];
  }

  private static long at(long[] v, int step) {
    return step < 0 ? 0 : v[step];
  }

  private static long truth(boolean b) {
    return b ? 1 : 0;
  }

  private static long single(Step s, long p, long q, long r) {
    float a = Float.intBitsToFloat((int) p);
    float b = Float.intBitsToFloat((int) q);
    return switch (s.kind()) {
      case ADD -> Float.floatToRawIntBits(a + b);
      case SUB -> Float.floatToRawIntBits(a - b);
      case MUL -> Float.floatToRawIntBits(a * b);
      case DIV -> Float.floatToRawIntBits(a / b);
      case FMA -> Float.floatToRawIntBits(Math.fma(a, b, Float.intBitsToFloat((int) r)));
      case SQRT -> Float.floatToRawIntBits((float) Math.sqrt(a));
      case RINT -> Float.floatToRawIntBits((float) Math.rint(a));
      case ABS -> p & Integer.MAX_VALUE;
      case NEG -> p ^ Integer.MIN_VALUE;
      case COPYSIGN -> p & Integer.MAX_VALUE | q & Integer.MIN_VALUE;
      case FEQ -> truth(a == b);
      case FLT -> truth(a < b);
      case FLE -> truth(a <= b);
      case BITCAST -> (int) p;
      case CONVERT -> Double.doubleToRawLongBits(a);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw new AxialException("internal error: no such step: " + s);
    };
  }

  private static long real(Step s, long p, long q, long r) {
    double a = Double.longBitsToDouble(p);
    double b = Double.longBitsToDouble(q);
    return switch (s.kind()) {
      case ADD -> Double.doubleToRawLongBits(a + b);
      case SUB -> Double.doubleToRawLongBits(a - b);
      case MUL -> Double.doubleToRawLongBits(a * b);
      case DIV -> Double.doubleToRawLongBits(a / b);
      case FMA -> Double.doubleToRawLongBits(Math.fma(a, b, Double.longBitsToDouble(r)));
      case SQRT -> Double.doubleToRawLongBits(Math.sqrt(a));
      case RINT -> Double.doubleToRawLongBits(Math.rint(a));
      case ABS -> p & Long.MAX_VALUE;
      case NEG -> p ^ Long.MIN_VALUE;
      case COPYSIGN -> p & Long.MAX_VALUE | q & Long.MIN_VALUE;
      case FEQ -> truth(a == b);
      case FLT -> truth(a < b);
      case FLE -> truth(a <= b);
      case BITCAST -> p;
      case CONVERT -> Float.floatToRawIntBits((float) a);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw new AxialException("internal error: no such step: " + s);
    };
  }

  /** Of integers with their sign in all 64 bits, and of booleans. */
  private static long whole(Step s, long a, long b) {
    boolean wide = s.type() == Type.I64;
    long v =
        switch (s.kind()) {
          case IADD -> a + b;
          case ISUB -> a - b;
          case IMUL -> a * b;
          case AND -> a & b;
          case OR -> a | b;
          case XOR -> a ^ b;
          case SHL -> a << b;
          case LSHR -> wide ? a >>> b : (int) a >>> b;
          case ASHR -> a >> b;
          case IEQ -> truth(a == b);
          case ILT -> truth(a < b);
          case BITCAST -> a;
          case CONVERT ->
              switch (s.type()) {
                case F32 -> Float.floatToRawIntBits((float) a);
                case F64 -> Double.doubleToRawLongBits((double) a);
                case I32, I64 -> a;
                case BOOL -> throw new AxialException("internal error: no such step: " + s);
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
              throw new AxialException("internal error: no such step: " + s);
        };
    return s.type() == Type.I32 || s.type() == Type.F32 ? (int) v : v;
  }
}
