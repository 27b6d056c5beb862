package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;

/**
 * The part of the result that stays in registers: rows × vectors accumulators of an element type.
 *
 * @param lanes the elements of a vector
 * @param rows the most rows of a tile
 * @param vectors the most vectors in a row of it
 */
record Tile(Target target, DType dtype, int lanes, int rows, int vectors) {
  /** The tile for a target: all registers but those for a row of B and for two elements of A. */
  static Tile of(Target target, DType dtype) {
    int lanes = target.vectorBytes() / dtype.bytes();
    int registers = target.vectorRegisters();
    int vectors = registers == 32 && target.vectorBytes() < 64 ? 4 : 2;
    // Of 32 registers, fourteen rows of two would fit too; twelve are faster where A is not packed.
    int rows = registers == 32 ? 24 / vectors : 6;
    return new Tile(target, dtype, lanes, dtype.isFloating() ? rows : 4, vectors);
  }

  Ty element() {
    return switch (dtype) {
      case FLOAT32 -> Ty.F32;
      case FLOAT64 -> Ty.F64;
      case INT32, UINT32 -> Ty.I32;
      case INT64 -> Ty.I64;
      case BFLOAT16, FLOAT16, BOOL, KEY ->
          throw new IllegalArgumentException(dtype + " has no products");
    };
  }

  Ty vector() {
    return element().by(lanes);
  }

  /** The bytes of an element, also its alignment. */
  int bytes() {
    return dtype.bytes();
  }

  /** The columns of a full tile. */
  int columns() {
    return vectors * lanes;
  }

  FloatMode mode() {
    return target.mode();
  }

  boolean masks() {
    return target.masks();
  }

  /** The symbol of one of the functions for this type. */
  String symbol(String what) {
    return "@%s_gemm_%s%s".formatted(ObjectCache.NAME, dtype.shortName(), what);
  }

  /** a·b + c, rounded once. */
  Val fma(Asm f, Val a, Val b, Val c) {
    return dtype.isFloating() ? f.intrinsic("fma", a, b, c) : sum(f, f.op("mul", a, b), c);
  }

  Val sum(Asm f, Val a, Val b) {
    return f.op(dtype.isFloating() ? "fadd" : "add", a, b);
  }

  /** The mask of the first n lanes. */
  Val first(Asm f, Val n) {
    return f.cmp("icmp slt", f.steps(Ty.I32, lanes, 1), f.splat(f.cast("trunc", n, Ty.I32), lanes));
  }

  Val loadSplat(Asm f, Val p) {
    return f.splat(f.load(element(), p, bytes()), lanes);
  }
}
