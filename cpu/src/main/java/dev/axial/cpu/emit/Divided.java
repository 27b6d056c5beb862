package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;
import java.util.ArrayList;
import java.util.List;

/** A range whose parts are work for several threads, in a function of its own. */
final class Divided {
  private Divided() {}

  /** Writes the work of one part. */
  interface Body {
    /**
     * Writes from {@code lo} to {@code hi}.
     *
     * @param given what came from outside, in its order
     */
    void write(Asm a, List<Val> given, Val part, Val lo, Val hi);
  }

  /**
   * Writes the function and the call.
   *
   * @param given addresses and 64-bit integers
   * @param grain every part but the last has a multiple of this
   * @param perThread how many parts each thread gets; 0 if one thread does it all
   */
  static void write(Emitter e, List<Val> given, long size, long grain, int perThread, Body body) {
    String name = "@" + ObjectCache.NAME + "_d";
    Asm asm = e.part(name);
    Val env = new Val(Ty.PTR, "%env");
    Val part = new Val(Ty.I64, "%part");
    var inside = new ArrayList<Val>();
    for (Val v : given) {
      inside.add(asm.early(v.ty(), env, 1 + inside.size()));
    }
    long units = (size + grain - 1) / grain;
    Val count = asm.early(Ty.I64, env, 0);
    Val lo = Kernels.bound(asm, part, units, count, grain, size);
    Val hi = Kernels.bound(asm, asm.add(part, Asm.i64(1)), units, count, grain, size);
    body.write(asm, inside, part, lo, hi);
    asm.leave();
    call(e, e.function(asm, name), given, units, perThread);
  }

  private static void call(Emitter e, String function, List<Val> given, long units, int perThread) {
    Asm a = e.asm();
    Val env = a.alloca("[%d x i64]".formatted(1 + given.size()), 8);
    for (int k = 0; k < given.size(); k++) {
      a.store(given.get(k), a.at(env, "i64", Asm.i64(1 + k)), 8);
    }
    if (perThread > 0) {
      Kernels.fork(e, function, env, units, perThread);
    } else {
      a.store(Asm.i64(1), env, 8);
      a.run(function, false, env, Asm.i64(0));
    }
  }
}
