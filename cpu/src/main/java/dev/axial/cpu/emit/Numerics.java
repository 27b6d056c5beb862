package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.numerics.Expansion;
import java.util.ArrayList;
import java.util.List;

/** Expansions as instructions, one for each step. */
final class Numerics {
  private Numerics() {}

  static Val emit(Asm a, Expansion e, List<Val> args) {
    int lanes = 1;
    for (Val x : args) {
      lanes = Math.max(lanes, x.ty().lanes());
    }
    var in = new ArrayList<Val>();
    for (Val x : args) {
      in.add(a.splat(e.readsBits() ? Elements.flushed(a, x) : x, lanes));
    }
    var cheap = e.cheap();
    if (cheap.isEmpty()) {
      return straight(a, e, in, lanes);
    }
    Val ok = straight(a, cheap.get().guard(), in, lanes);
    Val all = lanes == 1 ? ok : a.call(Ty.I1, "@llvm.vector.reduce.and.v%di1".formatted(lanes), ok);
    Val[] out = new Val[1];
    int n = lanes;
    Val slot = a.alloca(type(e.type()).by(lanes).toString(), lanes == 1 ? 8 : 64);
    a.branch(
        all,
        () -> a.put(slot, straight(a, cheap.get().value(), in, n)),
        () -> a.put(slot, straight(a, e, in, n)));
    out[0] = a.get(slot, type(e.type()).by(lanes));
    return out[0];
  }

  private static Ty type(Expansion.Type t) {
    return switch (t) {
      case F32 -> Ty.F32;
      case F64 -> Ty.F64;
      case I32 -> Ty.I32;
      case I64 -> Ty.I64;
      case BOOL -> Ty.I1;
    };
  }

  private static Val straight(Asm a, Expansion e, List<Val> in, int lanes) {
    var v = new ArrayList<Val>();
    for (Expansion.Step s : e.steps()) {
      v.add(step(a, s, v, in, type(s.type()).by(lanes)));
    }
    return v.get(e.result());
  }

  private static Val step(Asm a, Expansion.Step s, List<Val> v, List<Val> in, Ty t) {
    return switch (s.kind()) {
      case ARG -> in.get((int) s.bits());
      case CONST ->
          switch (s.type()) {
            case F32 -> Asm.real(t, Float.intBitsToFloat((int) s.bits()));
            case F64 -> Asm.real(t, Double.longBitsToDouble(s.bits()));
            case I32, I64, BOOL -> Asm.integer(t, s.bits());
          };
      case ADD -> a.op("fadd", v.get(s.a()), v.get(s.b()));
      case SUB -> a.op("fsub", v.get(s.a()), v.get(s.b()));
      case MUL -> a.op("fmul", v.get(s.a()), v.get(s.b()));
      case DIV -> a.op("fdiv", v.get(s.a()), v.get(s.b()));
      case FMA -> a.intrinsic("fma", v.get(s.a()), v.get(s.b()), v.get(s.c()));
      case SQRT -> a.intrinsic("sqrt", v.get(s.a()));
      case RINT -> a.intrinsic("roundeven", v.get(s.a()));
      case ABS -> a.intrinsic("fabs", v.get(s.a()));
      case NEG -> a.fneg(v.get(s.a()));
      case COPYSIGN -> a.intrinsic("copysign", v.get(s.a()), v.get(s.b()));
      case IADD -> a.op("add", v.get(s.a()), v.get(s.b()));
      case ISUB -> a.op("sub", v.get(s.a()), v.get(s.b()));
      case IMUL -> a.op("mul", v.get(s.a()), v.get(s.b()));
      case AND -> a.op("and", v.get(s.a()), v.get(s.b()));
      case OR -> a.op("or", v.get(s.a()), v.get(s.b()));
      case XOR -> a.op("xor", v.get(s.a()), v.get(s.b()));
      case SHL -> a.op("shl", v.get(s.a()), v.get(s.b()));
      case LSHR -> a.op("lshr", v.get(s.a()), v.get(s.b()));
      case ASHR -> a.op("ashr", v.get(s.a()), v.get(s.b()));
      case FEQ -> a.cmp("fcmp oeq", v.get(s.a()), v.get(s.b()));
      case FLT -> a.cmp("fcmp olt", v.get(s.a()), v.get(s.b()));
      case FLE -> a.cmp("fcmp ole", v.get(s.a()), v.get(s.b()));
      case IEQ -> a.cmp("icmp eq", v.get(s.a()), v.get(s.b()));
      case ILT -> a.cmp("icmp slt", v.get(s.a()), v.get(s.b()));
      case SELECT -> a.select(v.get(s.a()), v.get(s.b()), v.get(s.c()));
      case BITCAST -> a.cast("bitcast", v.get(s.a()), t);
      case CONVERT -> convert(a, v.get(s.a()), t);
    };
  }

  private static Val convert(Asm a, Val x, Ty to) {
    String from = x.ty().scalar();
    String op =
        switch (from + " " + to.scalar()) {
          case "float double" -> "fpext";
          case "double float" -> "fptrunc";
          case "i32 i64" -> "sext";
          case "i64 i32" -> "trunc";
          default -> "sitofp"; // not over Op: an integer to a real number
        };
    return a.cast(op, x, to);
  }
}
