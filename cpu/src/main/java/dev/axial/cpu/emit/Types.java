package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm.Ty;

/** How elements look in registers and in memory. */
final class Types {
  private Types() {}

  /** In a register. */
  static Ty register(DType t) {
    return switch (t) {
      case BFLOAT16, FLOAT16 -> Ty.I16; // computed with in float32
      case FLOAT32 -> Ty.F32;
      case FLOAT64 -> Ty.F64;
      case INT32, UINT32 -> Ty.I32;
      case INT64, KEY -> Ty.I64;
      case BOOL -> Ty.I1;
    };
  }

  /** In memory: booleans are bytes. */
  static Ty memory(DType t) {
    return t == DType.BOOL ? Ty.I8 : register(t);
  }
}
