package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.ArrayType;
import java.util.function.BiConsumer;

/**
 * Running sums along an axis. Sums of float32 are carried as float64, so that they do not lose what
 * a long row adds up to.
 */
final class Cumulation {
  private Cumulation() {}

  static void write(Emitter e, Step.Cumulate c) {
    Asm a = e.asm();
    ArrayType t = c.value().type();
    int axis = t.indexOf(c.op().axis());
    long n = t.dims().get(axis).size();
    long step = t.strides()[axis];
    long outer = n == 0 || step == 0 ? 0 : t.size() / Math.max(1, n * step);
    Val from = e.address(c.from());
    Val to = e.address(c.to());
    DType d = t.dtype();
    Ty ty = Types.memory(d);
    Ty wide = d == DType.FLOAT32 ? Ty.F64 : ty;
    BiConsumer<Val, Val> line =
        (start, _) -> {
          Val sum = a.variable(d.isFloating() ? Asm.real(wide, 0) : Asm.integer(wide, 0));
          a.loop(
              Asm.i64(0),
              Asm.i64(n),
              1,
              i -> {
                Val k = c.op().reverse() ? a.sub(Asm.i64(n - 1), i) : i;
                Val at = a.add(start, a.times(k, step));
                Val v = a.load(ty, a.at(from, ty.scalar(), at), d.bytes());
                Val x = d == DType.FLOAT32 ? a.cast("fpext", v, Ty.F64) : v;
                Val s = a.op(d.isFloating() ? "fadd" : "add", a.get(sum, wide), x);
                a.put(sum, s);
                Val out = d == DType.FLOAT32 ? a.cast("fptrunc", s, Ty.F32) : s;
                a.store(out, a.at(to, ty.scalar(), at), d.bytes());
              });
        };
    a.loop(
        Asm.i64(0),
        Asm.i64(outer),
        1,
        o ->
            a.loop(
                Asm.i64(0), Asm.i64(step), 1, i -> line.accept(a.add(a.times(o, n * step), i), i)));
  }
}
