package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;

/**
 * Numbers of two bytes, which registers hold as words of 16 bits, to float32 and back. Bfloat16 is
 * the upper half of a float32. Float16 has instructions on most processors; on others LLVM would
 * call a library for each element, so the bits are put together here.
 */
final class Halves {
  private static final Ty F16 = new Ty("half", 1);
  private static final int INFINITY = 0x7f800000;

  private final Asm a;
  private final boolean instructions;

  /**
   * Conversions in a function.
   *
   * @param instructions whether the processor converts float16
   */
  Halves(Asm a, boolean instructions) {
    this.a = a;
    this.instructions = instructions;
  }

  /** The float32 number. */
  Val widen(DType t, Val x) {
    Ty f = x.ty().of(Ty.F32);
    if (t == DType.BFLOAT16) {
      return a.cast("bitcast", shift("shl", word(x), 16), f);
    }
    return instructions
        ? a.cast("fpext", a.cast("bitcast", x, x.ty().of(F16)), f)
        : widened(word(x), f);
  }

  /** The nearest number of two bytes, of two equally near ones that with an even last bit. */
  Val narrow(DType t, Val x) {
    Ty to = x.ty().of(Ty.I16);
    if (t == DType.FLOAT16 && instructions) {
      // Behind the fence the operation stays one of float32, which has vector instructions.
      Val fenced = a.intrinsic("arithmetic.fence", x);
      return a.cast("bitcast", a.cast("fptrunc", fenced, x.ty().of(F16)), to);
    }
    Val bits = a.cast("bitcast", x, x.ty().of(Ty.I32));
    Val word = t == DType.BFLOAT16 ? upperHalf(bits) : narrowed(bits);
    return a.cast("trunc", word, to);
  }

  private Val word(Val x) {
    return a.cast("zext", x, x.ty().of(Ty.I32));
  }

  private Val shift(String op, Val x, int by) {
    return a.op(op, x, constant(x, by));
  }

  private static Val constant(Val like, int x) {
    return Asm.integer(like.ty(), x);
  }

  private Val odd(Val x, int bit) {
    return a.op("and", shift("lshr", x, bit), constant(x, 1));
  }

  private Val magnitude(Val bits) {
    return a.op("and", bits, constant(bits, Integer.MAX_VALUE));
  }

  /**
   * Just under half a unit is added, or just half of one to an odd number, and the rest cut off.
   */
  private Val upperHalf(Val bits) {
    Val rounded = a.op("add", a.op("add", bits, constant(bits, 0x7fff)), odd(bits, 16));
    Val nan = a.cmp("icmp ugt", magnitude(bits), constant(bits, INFINITY));
    Val quiet = a.op("or", bits, constant(bits, 0x400000));
    return shift("lshr", a.select(nan, quiet, rounded), 16);
  }

  /** Exponent and fraction, moved, are a float32 that is too small by the bias, 112. */
  private Val widened(Val h, Ty f) {
    Val most = shift("shl", a.op("and", h, constant(h, 0x7fff)), 13);
    Val scaled = a.op("fmul", a.cast("bitcast", most, f), Asm.real(f, 0x1p112));
    Val infinite = a.cmp("icmp uge", most, constant(h, 0x7c00 << 13));
    Val bits =
        a.select(
            infinite, a.op("or", most, constant(h, INFINITY)), a.cast("bitcast", scaled, h.ty()));
    Val sign = shift("shl", a.op("and", h, constant(h, 0x8000)), 16);
    return a.cast("bitcast", a.op("or", bits, sign), f);
  }

  /**
   * Normal numbers are rounded as in {@link #upperHalf}. To a smaller one a number is added whose
   * last bit is worth as much as the smallest subnormal, so the sum is rounded there.
   */
  private Val narrowed(Val bits) {
    Val m = magnitude(bits);
    Ty f = m.ty().of(Ty.F32);
    Val bias = a.op("add", m, constant(m, 0xfff - (112 << 23)));
    Val normal = shift("lshr", a.op("add", bias, odd(m, 13)), 13);
    Val sum = a.op("fadd", a.cast("bitcast", m, f), Asm.real(f, 0.5));
    Val subnormal = a.op("sub", a.cast("bitcast", sum, m.ty()), constant(m, 0x3f000000));
    Val small = a.cmp("icmp ult", m, constant(m, 113 << 23));
    Val large = a.cmp("icmp uge", m, constant(m, 143 << 23));
    Val nan = a.cmp("icmp ugt", m, constant(m, INFINITY));
    Val beyond = a.select(nan, constant(m, 0x7e00), constant(m, 0x7c00));
    Val word = a.select(large, beyond, a.select(small, subnormal, normal));
    return a.op("or", word, shift("lshr", a.op("and", bits, constant(bits, 1 << 31)), 16));
  }
}
