package dev.axial.numerics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Computes an expansion in plain Java: over arrays step by step, some hundred elements at a time;
 * for a few elements one after the other.
 */
public final class Evaluator {
  /** Below this many elements the arrays of a plan cost more than they bring. */
  private static final int FEW = 4;

  /**
   * Below this magnitude of an argument or a result, denormal numbers on the way may matter; above
   * it they are added to what swallows them.
   */
  private static final double TINY32 = 0x1p-90;

  private static final double TINY64 = 0x1p-900;

  private record Key(Expansion expansion, Denormals mode) {}

  private static final Map<Key, Evaluator> CACHE = new ConcurrentHashMap<>();

  private final Expansion full;

  /** The limit below which steps are flushed one by one; 0 if they are not. */
  private final double tiny;

  private final Plan plan;
  private final boolean guarded;
  private final Plan guard;
  private final Plan cheap;
  private final Scalar scalar;
  private final Scalar scalarGuard;
  private final Scalar scalarCheap;

  private Evaluator(Key key) {
    Expansion e = key.expansion;
    full = e;
    tiny = key.mode == Denormals.KEEP ? 0 : e.type() == Expansion.Type.F32 ? TINY32 : TINY64;
    plan = new Plan(e);
    guarded = e.cheap().isPresent();
    guard = e.cheap().map(c -> new Plan(c.guard())).orElse(plan);
    cheap = e.cheap().map(c -> new Plan(c.value())).orElse(plan);
    scalar = new Scalar(e);
    scalarGuard = e.cheap().map(c -> new Scalar(c.guard())).orElse(scalar);
    scalarCheap = e.cheap().map(c -> new Scalar(c.value())).orElse(scalar);
  }

  /** The same object for the same expansion; denormal numbers as this process has them. */
  public static Evaluator of(Expansion e) {
    return of(e, Denormals.MODE);
  }

  /** The same object for the same expansion and treatment of denormal numbers. */
  public static Evaluator of(Expansion e, Denormals mode) {
    return CACHE.computeIfAbsent(new Key(e, mode), Evaluator::new);
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
      int m = Math.min(lanes, n - k);
      run.piece(xo + k, yo + k, o + k, m);
      if (tiny > 0) {
        flush(x, xo + k, y, yo + k, d, o + k, m);
      }
    }
  }

  /** Once more, with what is denormal flushed, the elements that it may matter for. */
  private void flush(Object x, int xo, Object y, int yo, Object d, int o, int n) {
    if (Denormals.below(d, o, n, tiny)
        || Denormals.below(x, xo, n, tiny)
        || full.arity() == 2 && Denormals.below(y, yo, n, tiny)) {
      for (int k = 0; k < n; k++) {
        element(x, xo + k, y, yo + k, d, o + k);
      }
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
    return Float.intBitsToFloat((int) bits(Float.floatToRawIntBits(x), 0));
  }

  public float apply(float x, float y) {
    int a = Float.floatToRawIntBits(x);
    return Float.intBitsToFloat((int) bits(a, Float.floatToRawIntBits(y)));
  }

  public double apply(double x) {
    return Double.longBitsToDouble(bits(Double.doubleToRawLongBits(x), 0));
  }

  public double apply(double x, double y) {
    long a = Double.doubleToRawLongBits(x);
    return Double.longBitsToDouble(bits(a, Double.doubleToRawLongBits(y)));
  }

  private long bits(long x, long y) {
    boolean moderate = guarded && scalarGuard.run(x, y) != 0;
    long r = (moderate ? scalarCheap : scalar).run(x, y);
    boolean again = tiny > 0 && (small(r) || small(x) || full.arity() == 2 && small(y));
    return again ? scalar.flushed(x, y) : r;
  }

  private boolean small(long bits) {
    double m =
        Math.abs(
            full.type() == Expansion.Type.F32
                ? Float.intBitsToFloat((int) bits)
                : Double.longBitsToDouble(bits));
    return m > 0 && m <= tiny;
  }
}
