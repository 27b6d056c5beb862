package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Emits operations: into the trace of this thread, or to the engine at once. Promotes dtypes. */
final class Ops {
  private Ops() {}

  /** One result. */
  static NamedArray emit(Op op, NamedArray... in) {
    return emitAll(op, Arrays.asList(in)).getFirst();
  }

  static NamedArray emit(Op op, List<NamedArray> in) {
    return emitAll(op, in).getFirst();
  }

  static List<NamedArray> emitAll(Op op, List<NamedArray> in) {
    Trace t = Trace.current();
    if (t == null) {
      return Eager.run(op, in);
    }
    var vars = new ArrayList<Var>();
    for (NamedArray x : in) {
      vars.add(x.in(t));
    }
    t.builder().site(Site.here());
    return t.builder().emit(op, vars).stream().map(NamedArray::traced).toList();
  }

  // ---------------------------------------------------------------- numbers

  /** A scalar constant of a dtype. */
  static NamedArray constant(DType t, double v) {
    return constant(Op.Const.of(t, v));
  }

  static NamedArray constant(DType t, long v) {
    return constant(Op.Const.of(t, v));
  }

  static NamedArray constant(Op.Const c) {
    Trace trace = Trace.current();
    if (trace != null) {
      return NamedArray.traced(trace.builder().constant(c));
    }
    Object a =
        switch (c.dtype()) {
          case BFLOAT16, FLOAT16 -> new short[] {Half.nearest(c.dtype(), c.doubleValue())};
          case FLOAT32 -> new float[] {(float) c.doubleValue()};
          case FLOAT64 -> new double[] {c.doubleValue()};
          case INT32, UINT32 -> new int[] {(int) c.bits()};
          case INT64, KEY -> new long[] {c.bits()};
          case BOOL -> new byte[] {(byte) c.bits()};
        };
    return NamedArray.concrete(ArrayType.scalar(c.dtype()), Store.of(c.dtype(), a));
  }

  static boolean isIntegral(Number v) {
    return v instanceof Integer || v instanceof Long || v instanceof Short || v instanceof Byte;
  }

  /** A Java number beside an array of the given dtype: it adapts, unless its kind is higher. */
  static NamedArray number(Number v, DType beside) {
    return constant(numberConstant(v, beside));
  }

  static Op.Const numberConstant(Number v, DType beside) {
    if (isIntegral(v)) {
      long n = v.longValue();
      if (beside == DType.BOOL) {
        return Op.Const.of(DType.INT32, n);
      }
      if (beside == DType.INT32 && n != (int) n
          || beside == DType.UINT32 && n != (n & 0xffffffffL)) {
        throw Errors.error("the number %d does not fit dtype %s.", n, beside);
      }
      return Op.Const.of(beside, n);
    }
    return Op.Const.of(floating(beside), v.doubleValue());
  }

  // ---------------------------------------------------------------- element-wise

  static NamedArray cast(NamedArray x, DType t) {
    return x.dtype() == t ? x : emit(new Op.Cast(t), x);
  }

  static DType promoted(String what, NamedArray a, NamedArray b) {
    if (a.dtype() == DType.KEY || b.dtype() == DType.KEY) {
      throw Errors.error(
          "%s of a random key (%s and %s): a key takes part in no arithmetic; draw numbers from it with Random.",
          what, a.dtype(), b.dtype());
    }
    return DType.promote(a.dtype(), b.dtype());
  }

  static void aligned(String what, NamedArray a, NamedArray b) {
    for (Dim d : a.type().dims()) {
      int k = b.type().indexOf(d.name());
      if (k >= 0 && b.type().dims().get(k).size() != d.size()) {
        throw Errors.sizesDiffer(what, d.name(), a.type(), b.type());
      }
    }
  }

  static String label(Enum<?> f) {
    return f.name().toLowerCase(java.util.Locale.ROOT);
  }

  static NamedArray binary(Fn.Binary f, NamedArray a, NamedArray b) {
    aligned(label(f), a, b);
    DType t = promoted(label(f), a, b);
    if (t == DType.BOOL && arithmetic(f)) {
      if (f == Fn.Binary.ADD) {
        return emit(new Op.Binary(Fn.Binary.OR), a, b);
      }
      if (f == Fn.Binary.MUL) {
        return emit(new Op.Binary(Fn.Binary.AND), a, b);
      }
      if (f == Fn.Binary.POW) {
        return binary(f, cast(a, DType.INT32), cast(b, DType.INT32));
      }
      throw Errors.error(
          "%s of two boolean arrays; cast them first, or use xor, and, or.", label(f));
    }
    if (t.isFloating()) {
      bitwise(f, a, b);
    }
    return emit(new Op.Binary(f), cast(a, t), cast(b, t));
  }

  static NamedArray fma(NamedArray a, NamedArray b, NamedArray c) {
    aligned("fma", a, b);
    aligned("fma", a, c);
    aligned("fma", b, c);
    DType t = floating(DType.promote(promoted("fma", a, b), promoted("fma", a, c)));
    return emit(new Op.Fma(), cast(a, t), cast(b, t), cast(c, t));
  }

  static NamedArray bitcast(NamedArray x, DType t) {
    if (x.dtype() == DType.KEY || t == DType.KEY || x.dtype().bytes() != t.bytes()) {
      throw Errors.error(
          "bitcast of %s to %s: both have the same width, and neither is a key.", x.dtype(), t);
    }
    return x.dtype() == t ? x : emit(new Op.Bitcast(t), x);
  }

  /** Refuses the functions of bits. */
  private static void bitwise(Fn.Binary f, NamedArray a, NamedArray b) {
    switch (f) {
      case AND, OR, XOR ->
          throw Errors.error(
              "%s of %s and %s: logical operations take booleans or integers; compare first.",
              label(f), a.dtype(), b.dtype());
      case SHL, SHR, SAR ->
          throw Errors.error(
              "a shift of %s by %s: shifts take integers; bitcast gives the bits of a number.",
              a.dtype(), b.dtype());
      case ADD, SUB, MUL, DIV, REM, POW, MAX, MIN, ATAN2 -> {}
    }
  }

  private static boolean arithmetic(Fn.Binary f) {
    return switch (f) {
      case ADD, SUB, MUL, DIV, REM, POW, ATAN2, SHL, SHR, SAR -> true;
      case MAX, MIN, AND, OR, XOR -> false;
    };
  }

  static NamedArray binary(Fn.Binary f, NamedArray a, Number b) {
    if (f == Fn.Binary.POW && !a.dtype().isFloating() && isIntegral(b) && b.longValue() < 0) {
      throw Errors.error(
          "pow of %s and %d: an integer to a negative power is no integer. Cast it to a floating dtype first, or give the power as a double.",
          a.dtype(), b.longValue());
    }
    return binary(f, a, number(b, a.dtype()));
  }

  static NamedArray binary(Fn.Binary f, Number a, NamedArray b) {
    return binary(f, number(a, b.dtype()), b);
  }

  static NamedArray trueDivide(NamedArray a, NamedArray b) {
    aligned("div", a, b);
    DType f = real("div", a, b);
    return emit(new Op.Binary(Fn.Binary.DIV), cast(a, f), cast(b, f));
  }

  /** The floating type that a function of this type computes in. */
  static DType floating(DType t) {
    return t.isFloating() ? t : t == DType.INT64 ? DType.FLOAT64 : DType.FLOAT32;
  }

  /**
   * An operand of a function of real numbers: integers and booleans are converted before anything
   * is computed, because they would wrap.
   */
  static NamedArray real(String what, NamedArray x) {
    return cast(x, real(what, x, x));
  }

  /** The floating type that a function of two real numbers converts both to. */
  static DType real(String what, NamedArray a, NamedArray b) {
    return floating(promoted(what, a, b));
  }

  /** The sign is that of the divisor; of an integer by zero it is zero, as in JAX. */
  static NamedArray remainder(NamedArray x, NamedArray y) {
    DType t = integral("rem", x, y);
    NamedArray b = cast(y, t);
    return remainder(cast(x, t), t.isFloating() ? b : Axial.where(b.eq(0), 1, b), t);
  }

  /** The same for a number, which is known to be zero or not. */
  static NamedArray remainder(NamedArray x, Number y) {
    NamedArray b = number(y, x.dtype());
    DType t = integral("rem", x, b);
    boolean zero = t.isInteger() && y.longValue() == 0;
    return remainder(cast(x, t), zero ? constant(t, 1L) : cast(b, t), t);
  }

  private static NamedArray remainder(NamedArray a, NamedArray b, DType t) {
    NamedArray r = binary(Fn.Binary.REM, a, b);
    if (t == DType.UINT32) {
      return r;
    }
    NamedArray wrong = r.ne(0).and(r.lt(0).ne(b.lt(0)));
    return Axial.where(wrong, r.plus(b), r);
  }

  /** The quotient rounded down. Of an integer by zero it is what JAX makes of -1. */
  static NamedArray floorDivide(NamedArray x, NamedArray y) {
    DType t = integral("floorDiv", x, y);
    NamedArray a = cast(x, t);
    NamedArray b = cast(y, t);
    NamedArray r = binary(Fn.Binary.REM, a, b);
    if (t.isFloating()) { // from the remainder, so that a is b q + r
      NamedArray q = a.minus(r).div(b);
      NamedArray down = r.ne(0).and(r.lt(0).ne(b.lt(0)));
      NamedArray rounded = unary(Fn.Unary.ROUND, Axial.where(down, q.minus(1), q));
      return Axial.where(b.eq(0), a.div(b), rounded);
    }
    NamedArray q = binary(Fn.Binary.DIV, a, b);
    if (t == DType.UINT32) {
      return q;
    }
    NamedArray down = r.ne(0).and(unary(Fn.Unary.SIGN, a).ne(unary(Fn.Unary.SIGN, b)));
    return Axial.where(down, q.minus(1), q);
  }

  /** The common dtype, in which booleans count. */
  private static DType integral(String what, NamedArray a, NamedArray b) {
    aligned(what, a, b);
    DType t = promoted(what, a, b);
    return t == DType.BOOL ? DType.INT32 : t;
  }

  static NamedArray compare(Fn.Compare f, NamedArray a, NamedArray b) {
    aligned(label(f), a, b);
    if (a.dtype() == DType.KEY && b.dtype() == DType.KEY) {
      return emit(new Op.Compare(f), a, b);
    }
    DType t = promoted(label(f), a, b);
    return emit(new Op.Compare(f), cast(a, t), cast(b, t));
  }

  static NamedArray unary(Fn.Unary f, NamedArray x) {
    if (x.dtype() == DType.KEY) {
      throw Errors.error("%s of a random key: draw numbers from it with Random.", label(f));
    }
    boolean any =
        switch (f) {
          case NEG, ABS, SIGN -> x.dtype() != DType.BOOL;
          case NOT -> x.dtype() == DType.BOOL || x.dtype().isInteger();
          case POPCOUNT -> x.dtype().isInteger();
          case FLOOR, CEIL, ROUND -> {
            if (!x.dtype().isFloating()) {
              yield false;
            }
            yield true;
          }
          default -> x.dtype().isFloating(); // not over Op: the functions of real numbers
        };
    if (any) {
      return emit(new Op.Unary(f), x);
    }
    return switch (f) {
      case FLOOR, CEIL, ROUND -> x; // of an integer
      case NOT ->
          throw Errors.error("not of %s: it takes booleans or integers; compare first.", x.dtype());
      case POPCOUNT -> throw Errors.error("popcount of %s: it takes integers.", x.dtype());
      case NEG -> throw Errors.error("the negative of a boolean array: use not().");
      case SIGN -> throw Errors.error("the sign of a boolean array: cast it to a number first.");
      default -> emit(new Op.Unary(f), cast(x, floating(x.dtype()))); // not over Op: as above
    };
  }

  static NamedArray broadcast(NamedArray x, List<Dim> dims) {
    return x.type().dims().equals(dims) ? x : emit(new Op.Broadcast(dims), x);
  }

  static List<String> names(AxisSelector... axes) {
    return Arrays.stream(axes).map(AxisSelector::name).toList();
  }

  /** The axes to reduce: those given, which must be there; all if none is given. */
  static List<String> reduced(NamedArray x, List<String> names) {
    if (names.isEmpty()) {
      return x.type().names();
    }
    for (String n : names) {
      if (!x.type().has(n)) {
        throw Errors.noAxis(n, x.type().dims());
      }
    }
    if (names.stream().distinct().count() != names.size()) {
      throw Errors.error("an axis is named twice: %s. Name each axis once.", names);
    }
    return names;
  }

  static NamedArray reduce(Fn.Reduce f, NamedArray x, List<String> names) {
    List<String> axes = reduced(x, names);
    return axes.isEmpty() && f != Fn.Reduce.ANY && f != Fn.Reduce.ALL
        ? x
        : emit(new Op.Reduce(f, axes), x);
  }
}
