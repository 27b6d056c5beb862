package dev.axial;

import dev.axial.interpreter.Fill;
import dev.axial.ir.ArrayType;
import java.math.BigInteger;
import java.util.List;

/** Numbers at equal distances, which have to be numbers of their dtype. */
final class Spaced {
  /** Longer arrays are written at once instead of by several operations; the bits are the same. */
  private static final int LARGE = 1 << 14;

  private Spaced() {}

  static NamedArray arange(Axis axis, Number start, Number step) {
    if (!Ops.isIntegral(start) || !Ops.isIntegral(step)) {
      check("arange", axis, start.doubleValue(), step.doubleValue(), DType.FLOAT32);
      return Axial.arange(axis, DType.FLOAT32).times(step).plus(start);
    }
    check(axis, start.longValue(), step.longValue(), DType.INT32);
    // What wraps on the way is in range at its end.
    return Axial.arange(axis, DType.INT32)
        .times(Ops.constant(DType.INT32, step.longValue()))
        .plus(Ops.constant(DType.INT32, start.longValue()));
  }

  /** Refuses start, start + step, … if the ends are no numbers of the dtype. */
  static void check(Axis axis, long start, long step, DType t) {
    if (axis.size() == 0 || start == 0 && step == 1 && t.bytes() >= 4) { // no axis is longer
      return;
    }
    BigInteger first = BigInteger.valueOf(start);
    BigInteger last =
        first.add(BigInteger.valueOf(step).multiply(BigInteger.valueOf(axis.size() - 1L)));
    for (BigInteger v : new BigInteger[] {first, last}) {
      if (!holds(t, v)) {
        throw Errors.pastTheEnd("arange", axis, v, t);
      }
    }
  }

  private static boolean holds(DType t, BigInteger v) {
    return switch (t) {
      case BOOL -> v.signum() >= 0 && v.bitLength() <= 1;
      case INT32 -> v.bitLength() < 32;
      case UINT32 -> v.signum() >= 0 && v.bitLength() <= 32;
      case INT64 -> v.bitLength() < 64;
      case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 -> holds(t, v.doubleValue());
      case KEY -> true; // refused as a dtype
    };
  }

  /** Numbers that were infinite before are none that are past the end. */
  private static boolean holds(DType t, double v) {
    return !Double.isFinite(v)
        || switch (t) {
          case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 ->
              Double.isFinite(dev.axial.ir.Op.Const.of(t, v).doubleValue());
          case BOOL, INT32, INT64, UINT32, KEY ->
              holds(t, new java.math.BigDecimal(Math.floor(v)).toBigInteger());
        };
  }

  private static void check(String what, Axis axis, double start, double step, DType t) {
    if (axis.size() > 0) {
      for (double v : new double[] {start, start + step * (axis.size() - 1)}) {
        if (!holds(t, v)) {
          throw Errors.pastTheEnd(what, axis, v, t);
        }
      }
    }
  }

  static NamedArray linspace(Axis axis, double start, double stop, DType t) {
    int n = axis.size();
    check("linspace", axis, start, n > 1 ? (stop - start) / (n - 1) : 0, t);
    if (t.isHalf()) {
      return linspace(axis, start, stop, DType.FLOAT32).astype(t);
    }
    if (!t.isFloating()) {
      NamedArray i = Axial.arange(axis, DType.FLOAT64);
      double apart = n > 1 ? stop - start : 0;
      return Axial.floor(i.times(apart).div(Math.max(1, n - 1)).plus(start)).astype(t);
    }
    if (n > LARGE && Trace.current() == null) {
      return NamedArray.concrete(
          new ArrayType(t, List.of(axis.dim())), Fill.spaced(t, n, start, stop));
    }
    NamedArray i = Axial.arange(axis, t);
    if (n <= 1) {
      return i.times(0).plus(start);
    }
    NamedArray f = i.div(n - 1);
    return f.times(stop).plus(f.times(-1).plus(1).times(start));
  }
}
