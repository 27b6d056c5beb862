package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;

/** Scalars as words of 64 bits, in which they go from one function to another. */
final class Words {
  private Words() {}

  /** Writes an instruction. */
  interface Define {
    Val of(Ty ty, String instruction);
  }

  static Val widened(Asm a, Val v) {
    return switch (v.ty().scalar()) {
      case "i64" -> v;
      case "double" -> a.cast("bitcast", v, Ty.I64);
      case "float" -> a.cast("zext", a.cast("bitcast", v, Ty.I32), Ty.I64);
      default -> a.cast("zext", v, Ty.I64); // not over Op
    };
  }

  static Val narrowed(Val w, Ty ty, Define d) {
    return switch (ty.scalar()) {
      case "i64" -> w;
      case "double" -> d.of(ty, "bitcast %s to double".formatted(w));
      case "float" -> {
        Val i = d.of(Ty.I32, "trunc %s to i32".formatted(w));
        yield d.of(ty, "bitcast %s to float".formatted(i));
      }
      default -> d.of(ty, "trunc %s to %s".formatted(w, ty)); // not over Op
    };
  }
}
