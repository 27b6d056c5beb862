package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import org.jspecify.annotations.Nullable;

/**
 * An index along an axis, for all lanes: a base, plus a step from lane to lane, or one for each
 * lane.
 *
 * @param each a vector of 64-bit indices; then base and step are 0
 */
record Idx(Val base, long step, @Nullable Val each) {
  static Idx of(Val base) {
    return new Idx(base, 0, null);
  }

  static Idx of(long x) {
    return of(Asm.i64(x));
  }

  /** A value of 64-bit integers, of one lane or of many. */
  static Idx each(Val v) {
    return v.ty().lanes() == 1 ? of(v) : new Idx(Asm.i64(0), 0, v);
  }

  boolean isScalar() {
    return step == 0 && each == null;
  }

  Idx plus(Asm a, long k) {
    return each != null
        ? each(a.op("add", each, Asm.integer(each.ty(), k)))
        : new Idx(a.add(base, Asm.i64(k)), step, null);
  }

  Idx times(Asm a, long k) {
    return each != null
        ? each(a.op("mul", each, Asm.integer(each.ty(), k)))
        : new Idx(a.times(base, k), step * k, null);
  }

  Idx plus(Asm a, Idx o, int lanes) {
    if (each == null && o.each == null) {
      return new Idx(a.add(base, o.base), step + o.step, null);
    }
    return each(a.op("add", vector(a, lanes), o.vector(a, lanes)));
  }

  /** The index of each lane. */
  Val vector(Asm a, int lanes) {
    if (each != null) {
      return each;
    }
    Val b = a.splat(base, lanes);
    return step == 0 ? b : a.op("add", b, a.steps(Ty.I64, lanes, step));
  }
}
