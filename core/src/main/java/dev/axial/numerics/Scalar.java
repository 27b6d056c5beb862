package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.numerics.Expansion.Kind;
import dev.axial.numerics.Expansion.Step;

/**
 * An expansion for one element: the bits of each value in an array, those of 32 bits extended by
 * their sign. Written apart from the loops, so that each can judge the other.
 */
final class Scalar {
  private final Kind[] kinds;
  private final Expansion.Type[] types;

  /** The types of the first operands: they say which arithmetic it is. */
  private final Expansion.Type[] of;

  private final int[] to;
  private final int[] a;
  private final int[] b;
  private final int[] c;

  /** The constants in their places. */
  private final long[] values;

  private final int[] arguments = new int[2];

  /** Whether the arguments are of float64. */
  private final boolean wide;

  Scalar(Expansion e) {
    wide = e.steps().stream().anyMatch(s -> s.kind() == Kind.ARG && s.type() == Expansion.Type.F64);
    values = new long[e.steps().size()];
    int n = (int) e.steps().stream().filter(Scalar::computes).count();
    kinds = new Kind[n];
    types = new Expansion.Type[n];
    of = new Expansion.Type[n];
    to = new int[n];
    a = new int[n];
    b = new int[n];
    c = new int[n];
    int at = 0;
    for (int k = 0; k < values.length; k++) {
      Step s = e.steps().get(k);
      if (s.kind() == Kind.CONST) {
        values[k] = s.bits();
      } else if (s.kind() == Kind.ARG) {
        arguments[(int) s.bits()] = k;
      } else {
        kinds[at] = s.kind();
        types[at] = s.type();
        of[at] = e.steps().get(s.a()).type();
        to[at] = k;
        a[at] = s.a();
        // An operand that is none is any: nobody looks at it.
        b[at] = Math.max(s.b(), 0);
        c[at] = Math.max(s.c(), 0);
        at++;
      }
    }
  }

  private static boolean computes(Step s) {
    return s.kind() != Kind.CONST && s.kind() != Kind.ARG;
  }

  /** The bits of the result, for arguments with these bits; a second that is none is ignored. */
  long run(long x, long y) {
    return run(x, y, false);
  }

  /** The same, where denormal arguments and the denormal results of steps are zeros. */
  long flushed(long x, long y) {
    return run(x, y, true);
  }

  private long argument(long x) {
    return wide
        ? Double.doubleToRawLongBits(Denormals.read(Double.longBitsToDouble(x)))
        : Float.floatToRawIntBits(Denormals.read(Float.intBitsToFloat((int) x)));
  }

  private long run(long x, long y, boolean flushes) {
    long[] v = values.clone();
    v[arguments[1]] = flushes ? argument(y) : y;
    v[arguments[0]] = flushes ? argument(x) : x;
    for (int k = 0; k < kinds.length; k++) {
      long p = v[a[k]];
      long q = v[b[k]];
      Kind kind = kinds[k];
      if (kind == Kind.SELECT) {
        v[to[k]] = p != 0 ? q : v[c[k]];
      } else {
        v[to[k]] =
            switch (of[k]) {
              case F32 ->
                  flushes ? singleFlushed(kind, p, q, v[c[k]]) : single(kind, p, q, v[c[k]]);
              case F64 -> flushes ? realFlushed(kind, p, q, v[c[k]]) : real(kind, p, q, v[c[k]]);
              case I32, I64, BOOL -> whole(kind, types[k], p, q);
            };
      }
    }
    return v[v.length - 1];
  }

  private static long truth(boolean b) {
    return b ? 1 : 0;
  }

  private static long singleFlushed(Kind kind, long p, long q, long r) {
    float a = Float.intBitsToFloat((int) p);
    float b = Float.intBitsToFloat((int) q);
    return switch (kind) {
      case ADD -> Float.floatToRawIntBits(Denormals.add(a, b));
      case SUB -> Float.floatToRawIntBits(Denormals.add(a, -b));
      case MUL -> Float.floatToRawIntBits(Denormals.multiply(a, b));
      case DIV -> Float.floatToRawIntBits(Denormals.divide(a, b));
      case FMA -> Float.floatToRawIntBits(Denormals.fma(a, b, Float.intBitsToFloat((int) r)));
      case SQRT, RINT, FEQ, FLT, FLE, CONVERT -> {
        long x = Float.floatToRawIntBits(Denormals.read(a));
        yield single(kind, x, Float.floatToRawIntBits(Denormals.read(b)), r);
      }
      case ABS, NEG, COPYSIGN, BITCAST -> single(kind, p, q, r);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw new AxialException("internal error: no such step: " + kind);
    };
  }

  private static long realFlushed(Kind kind, long p, long q, long r) {
    double a = Double.longBitsToDouble(p);
    double b = Double.longBitsToDouble(q);
    return switch (kind) {
      case ADD -> Double.doubleToRawLongBits(Denormals.add(a, b));
      case SUB -> Double.doubleToRawLongBits(Denormals.add(a, -b));
      case MUL -> Double.doubleToRawLongBits(Denormals.multiply(a, b));
      case DIV -> Double.doubleToRawLongBits(Denormals.divide(a, b));
      case FMA -> Double.doubleToRawLongBits(Denormals.fma(a, b, Double.longBitsToDouble(r)));
      case CONVERT -> Float.floatToRawIntBits(Denormals.narrow(a));
      case SQRT, RINT, FEQ, FLT, FLE -> {
        long x = Double.doubleToRawLongBits(Denormals.read(a));
        yield real(kind, x, Double.doubleToRawLongBits(Denormals.read(b)), r);
      }
      case ABS, NEG, COPYSIGN, BITCAST -> real(kind, p, q, r);
      case ARG, CONST, IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, IEQ, ILT, SELECT ->
          throw new AxialException("internal error: no such step: " + kind);
    };
  }

  private static long single(Kind kind, long p, long q, long r) {
    float a = Float.intBitsToFloat((int) p);
    float b = Float.intBitsToFloat((int) q);
    return switch (kind) {
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
          throw new AxialException("internal error: no such step: " + kind);
    };
  }

  private static long real(Kind kind, long p, long q, long r) {
    double a = Double.longBitsToDouble(p);
    double b = Double.longBitsToDouble(q);
    return switch (kind) {
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
          throw new AxialException("internal error: no such step: " + kind);
    };
  }

  /** Of integers with their sign in all 64 bits, and of booleans. */
  private static long whole(Kind kind, Expansion.Type type, long a, long b) {
    boolean wide = type == Expansion.Type.I64;
    long v =
        switch (kind) {
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
              switch (type) {
                case F32 -> Float.floatToRawIntBits((float) a);
                case F64 -> Double.doubleToRawLongBits((double) a);
                case I32, I64 -> a;
                case BOOL -> throw new AxialException("internal error: no such step: " + kind);
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
              throw new AxialException("internal error: no such step: " + kind);
        };
    return type == Expansion.Type.I32 || type == Expansion.Type.F32 ? (int) v : v;
  }
}
