package dev.axial.cpu.emit;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.ir.Fn;
import dev.axial.numerics.Denormals;
import dev.axial.numerics.Expansion;
import java.util.List;

/**
 * Element-wise functions as instructions. Nothing traps: what hardware leaves open is defined.
 * Numbers of two bytes do not come here ({@link Halves}).
 */
final class Elements {
  private static final int[] ROTATIONS = {13, 15, 26, 6, 17, 29, 16, 24};

  private Elements() {}

  static Val unary(Asm a, Fn.Unary fn, DType t, Val x) {
    if (t.isFloating()) {
      return Expansion.has(fn)
          ? Numerics.emit(a, Expansion.of(fn, t), List.of(x))
          : switch (fn) {
            case NEG -> a.fneg(x);
            case ABS -> a.intrinsic("fabs", x);
            case FLOOR -> a.intrinsic("floor", x);
            case CEIL -> a.intrinsic("ceil", x);
            case ROUND -> a.intrinsic("roundeven", x);
            case SQRT -> a.intrinsic("sqrt", x);
            default -> // not over Op: the others have expansions or take no real numbers
                throw new AxialException("internal error: " + fn + " of a real number");
          };
    }
    Val zero = Asm.integer(x.ty(), 0);
    return switch (fn) {
      case NEG -> a.op("sub", zero, x);
      case ABS ->
          t == DType.UINT32 ? x : a.call(x.ty(), "@llvm.abs." + mangled(x), x, Asm.i1(false));
      case SIGN -> {
        Val one = Asm.integer(x.ty(), 1);
        Val minus = Asm.integer(x.ty(), t == DType.UINT32 ? 1 : -1);
        Val up = a.cmp(t == DType.UINT32 ? "icmp ugt" : "icmp sgt", x, zero);
        yield a.select(up, one, a.select(a.cmp("icmp eq", x, zero), zero, minus));
      }
      case NOT -> a.op("xor", x, Asm.integer(x.ty(), t == DType.BOOL ? 1 : -1));
      case POPCOUNT -> a.intrinsic("ctpop", x);
      default -> // not over Op: the others take real numbers alone
          throw new AxialException("internal error: " + fn + " of an integer");
    };
  }

  /** Whether it is a constant of either sign that LLVM may take for no operation at all. */
  private static boolean isReal(Val x, double magnitude) {
    return x.name().equals(Asm.real(x.ty(), magnitude).name())
        || x.name().equals(Asm.real(x.ty(), -magnitude).name())
        || magnitude == 0 && x.name().equals("zeroinitializer");
  }

  /**
   * A number as arithmetic reads it, where what follows may be no arithmetic: times a 1 of which
   * LLVM does not know it. (Its own canonicalize ends the compiler for vectors wider than the
   * processor's.)
   */
  static Val flushed(Asm a, Val x) {
    if (Denormals.MODE == Denormals.KEEP) {
      return x;
    }
    Val one = a.intrinsic("arithmetic.fence", Asm.real(x.ty().by(1), 1));
    return a.op("fmul", x, a.splat(one, x.ty().lanes()));
  }

  /**
   * A number of which LLVM does not know where else it is. One that is moved and was compared would
   * be taken by an instruction for the larger or the smaller, which flushes it; and the larger of a
   * number and itself, which flushes, would be moved.
   */
  static Val moved(Asm a, Val x) {
    boolean real = x.ty().scalar().equals("float") || x.ty().scalar().equals("double");
    return real && Denormals.MODE == Denormals.FLUSH ? a.intrinsic("arithmetic.fence", x) : x;
  }

  private static String mangled(Val x) {
    return (x.ty().lanes() == 1 ? "" : "v" + x.ty().lanes()) + x.ty().scalar();
  }

  static Val binary(Asm a, Fn.Binary fn, DType t, Val x, Val y) {
    if (t.isFloating()) {
      return switch (fn) {
        case ADD, SUB -> {
          String op = fn == Fn.Binary.ADD ? "fadd" : "fsub";
          yield a.op(op, isReal(y, 0) ? flushed(a, x) : x, isReal(x, 0) ? flushed(a, y) : y);
        }
        case MUL ->
            a.op("fmul", isReal(y, 1) ? flushed(a, x) : x, isReal(x, 1) ? flushed(a, y) : y);
        case DIV -> a.op("fdiv", isReal(y, 1) ? flushed(a, x) : x, y);
        case REM -> flushed(a, a.op("frem", flushed(a, x), flushed(a, y))); // a library's, of bits
        case MAX, MIN -> {
          double inf = Double.POSITIVE_INFINITY;
          String name = fn == Fn.Binary.MAX ? "maximum" : "minimum";
          Val u = isReal(y, inf) ? flushed(a, x) : moved(a, x); // of one number with itself, too
          yield a.intrinsic(name, u, isReal(x, inf) ? flushed(a, y) : y);
        }
        case POW, ATAN2 -> Numerics.emit(a, Expansion.of(fn, t), List.of(x, y));
        case AND, OR, XOR, SHL, SHR, SAR ->
            throw new AxialException("internal error: " + fn + " of real numbers");
      };
    }
    boolean unsigned = t == DType.UINT32 || t == DType.BOOL;
    int bits = t.bytes() * 8;
    return switch (fn) {
      case ADD -> a.op("add", x, y);
      case SUB -> a.op("sub", x, y);
      case MUL -> a.op("mul", x, y);
      case DIV -> divide(a, unsigned, x, y, true);
      case REM -> divide(a, unsigned, x, y, false);
      case POW -> power(a, unsigned, x, y);
      case MAX ->
          t == DType.BOOL ? a.op("or", x, y) : a.intrinsic(unsigned ? "umax" : "smax", x, y);
      case MIN ->
          t == DType.BOOL ? a.op("and", x, y) : a.intrinsic(unsigned ? "umin" : "smin", x, y);
      case AND -> a.op("and", x, y);
      case OR -> a.op("or", x, y);
      case XOR -> a.op("xor", x, y);
      case SHL -> shift(a, "shl", bits, x, y);
      case SHR -> shift(a, "lshr", bits, x, y);
      case SAR -> {
        Val most = Asm.integer(y.ty(), bits - 1);
        Val in = a.cmp("icmp ult", y, Asm.integer(y.ty(), bits));
        yield a.op("ashr", x, a.select(in, y, most));
      }
      case ATAN2 -> throw new AxialException("internal error: atan2 of integers");
    };
  }

  private static Val shift(Asm a, String op, int bits, Val x, Val y) {
    Val in = a.cmp("icmp ult", y, Asm.integer(y.ty(), bits));
    Val zero = Asm.integer(x.ty(), 0);
    return a.select(in, a.op(op, x, a.select(in, y, zero)), zero);
  }

  /** x/0 is -1 and x%0 is x; the smallest integer by -1 wraps. */
  private static Val divide(Asm a, boolean unsigned, Val x, Val y, boolean quotient) {
    Val zero = Asm.integer(y.ty(), 0);
    Val one = Asm.integer(y.ty(), 1);
    Val minus = Asm.integer(y.ty(), -1);
    Val none = a.cmp("icmp eq", y, zero);
    Val safe = a.select(none, one, y);
    if (unsigned) {
      return quotient
          ? a.select(none, minus, a.op("udiv", x, safe))
          : a.select(none, x, a.op("urem", x, safe));
    }
    Val negates = a.cmp("icmp eq", y, minus);
    Val d = a.select(negates, one, safe);
    if (quotient) {
      Val q = a.select(negates, a.op("sub", zero, x), a.op("sdiv", x, d));
      return a.select(none, minus, q);
    }
    return a.select(none, x, a.op("srem", x, d));
  }

  /** Repeated squaring in a loop over the exponent's bits. */
  private static Val power(Asm a, boolean unsigned, Val x, Val y) {
    Ty t = x.ty();
    Val zero = Asm.integer(t, 0);
    Val one = Asm.integer(t, 1);
    Val negative = unsigned ? Asm.integer(t.of(Ty.I1), 0) : a.cmp("icmp slt", y, zero);
    Val result = a.variable(one);
    Val base = a.variable(x);
    Val n = a.variable(a.select(negative, zero, y));
    a.whileLoop(
        () -> {
          Val some = a.cmp("icmp ne", a.get(n, t), zero);
          return t.lanes() == 1
              ? some
              : a.call(Ty.I1, "@llvm.vector.reduce.or.v%di1".formatted(t.lanes()), some);
        },
        () -> {
          Val odd = a.cmp("icmp ne", a.op("and", a.get(n, t), one), zero);
          Val r = a.get(result, t);
          Val b = a.get(base, t);
          a.put(result, a.select(odd, a.op("mul", r, b), r));
          a.put(base, a.op("mul", b, b));
          a.put(n, a.op("lshr", a.get(n, t), one));
        });
    Val odd = a.cmp("icmp ne", a.op("and", y, one), zero);
    Val minus = Asm.integer(t, -1);
    Val inverse =
        a.select(
            a.cmp("icmp eq", x, one),
            one,
            a.select(a.cmp("icmp eq", x, minus), a.select(odd, minus, one), zero));
    return a.select(negative, inverse, a.get(result, t));
  }

  static Val compare(Asm a, Fn.Compare fn, DType t, Val x, Val y) {
    if (t.isFloating()) {
      return a.cmp(
          switch (fn) {
            case LT -> "fcmp olt";
            case LE -> "fcmp ole";
            case GT -> "fcmp ogt";
            case GE -> "fcmp oge";
            case EQ -> "fcmp oeq";
            case NE -> "fcmp une";
          },
          x,
          y);
    }
    String sign = t == DType.UINT32 || t == DType.BOOL ? "u" : "s";
    return a.cmp(
        switch (fn) {
          case LT -> "icmp " + sign + "lt";
          case LE -> "icmp " + sign + "le";
          case GT -> "icmp " + sign + "gt";
          case GE -> "icmp " + sign + "ge";
          case EQ -> "icmp eq";
          case NE -> "icmp ne";
        },
        x,
        y);
  }

  static Val cast(Asm a, DType from, DType to, Val x) {
    Ty ty = x.ty().of(Types.register(to));
    if (from == to) {
      return x;
    }
    if (to == DType.BOOL) {
      return from.isFloating()
          ? a.cmp("fcmp une", x, Asm.real(x.ty(), 0))
          : a.cmp("icmp ne", x, Asm.integer(x.ty(), 0));
    }
    boolean unsigned = from == DType.UINT32 || from == DType.BOOL;
    if (from.isFloating()) {
      return switch (to) {
        case FLOAT32 -> a.cast("fptrunc", x, ty);
        case FLOAT64 -> a.cast("fpext", flushed(a, x), ty); // there and back is nothing to LLVM
        case UINT32 -> a.convertIntrinsic("fptoui.sat", ty, x);
        case INT32, INT64, KEY -> a.convertIntrinsic("fptosi.sat", ty, x);
        case BFLOAT16, FLOAT16, BOOL -> throw new AxialException("internal error: a cast to " + to);
      };
    }
    if (to.isFloating()) {
      return a.cast(unsigned ? "uitofp" : "sitofp", x, ty);
    }
    if (x.ty().equals(ty)) {
      return x;
    }
    boolean narrows = to.bytes() < from.bytes();
    return a.cast(narrows ? "trunc" : unsigned ? "zext" : "sext", x, ty);
  }

  /** An index, of 32 or 64 bits, as a number of a dtype. */
  static Val fromIndex(Asm a, Val i, DType t) {
    Ty ty = i.ty().of(Types.register(t));
    if (t == DType.BOOL) {
      return a.cmp("icmp ne", i, Asm.integer(i.ty(), 0));
    }
    if (t.isFloating()) {
      return a.cast("sitofp", i, ty);
    }
    if (i.ty().equals(ty)) {
      return i.ty().lanes() == 1 && i.constant() ? a.op("add", i, Asm.integer(ty, 0)) : i;
    }
    return a.cast(ty.scalar().equals("i64") ? "sext" : "trunc", i, ty);
  }

  /**
   * Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
   * 1, 2, 3; SC 2011).
   */
  static List<Val> threefry(Asm a, Val key, Val x0, Val x1) {
    Ty t = x0.ty();
    Val k0 = a.cast("trunc", a.op("lshr", key, Asm.integer(key.ty(), 32)), t);
    Val k1 = a.cast("trunc", key, t);
    Val k2 = a.op("xor", a.op("xor", k0, k1), Asm.integer(t, 0x1BD11BDA));
    List<Val> keys = List.of(k0, k1, k2);
    Val x = a.op("add", x0, k0);
    Val y = a.op("add", x1, k1);
    for (int round = 0; round < 5; round++) {
      for (int j = 0; j < 4; j++) {
        x = a.op("add", x, y);
        Val by = Asm.integer(t, ROTATIONS[(round & 1) * 4 + j]);
        y = a.op("xor", a.intrinsic("fshl", y, y, by), x);
      }
      x = a.op("add", x, keys.get((round + 1) % 3));
      Val inject = a.op("add", keys.get((round + 2) % 3), Asm.integer(t, round + 1));
      y = a.op("add", y, inject);
    }
    return List.of(x, y);
  }
}
