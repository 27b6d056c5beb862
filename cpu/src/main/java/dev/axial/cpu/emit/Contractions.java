package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Step;
import org.jspecify.annotations.Nullable;

/** Calls of the contraction library: one for each point of all batch axes but the last. */
final class Contractions {
  private Contractions() {}

  /** Writes the calls; {@code then} follows the rows, null if nothing does. */
  static void write(Emitter e, Step.Contract c, DType t, Val room, @Nullable Epilogue then) {
    Step.Matrices s = c.shape();
    Asm a = e.asm();
    Val args = a.alloca("[%d x i64]".formatted(Gemm.SLOTS), 8);
    int last = s.batch().size() - 1;
    put(a, args, Gemm.M, s.m());
    put(a, args, Gemm.N, s.n());
    put(a, args, Gemm.K, s.k());
    put(a, args, Gemm.A_ROW, s.aRow());
    put(a, args, Gemm.A_COL, s.aCol());
    put(a, args, Gemm.B_ROW, s.bRow());
    put(a, args, Gemm.B_COL, s.bCol());
    put(a, args, Gemm.C_ROW, s.cRow());
    put(a, args, Gemm.C_COL, 1);
    put(a, args, Gemm.BATCH, last < 0 ? 1 : s.batch().get(last));
    put(a, args, Gemm.A_BATCH, last < 0 ? 0 : s.aBatch().get(last));
    put(a, args, Gemm.B_BATCH, last < 0 ? 0 : s.bBatch().get(last));
    put(a, args, Gemm.C_BATCH, last < 0 ? 0 : s.cBatch().get(last));
    put(a, args, Gemm.FLAGS, c.adds() ? 1 : 0);
    store(a, args, Gemm.SCRATCH, room);
    store(a, args, Gemm.FORK, e.slot(Table.FORK, Ty.I64));
    store(a, args, Gemm.CONTEXT, e.slot(Table.CONTEXT, Ty.I64));
    store(a, args, Gemm.THREADS, e.slot(Table.THREADS, Ty.I64));
    Eval eval = new Eval(e);
    Step.Pair first = c.pairs().getFirst();
    Val[] at = {eval.start(first.a()), eval.start(first.b()), eval.start(c.to())};
    int more = c.pairs().size() - 1;
    put(a, args, Gemm.MORE, more);
    if (more > 0) {
      Val table = a.alloca("[%d x i64]".formatted(2 * more), 8);
      for (int k = 0; k < more; k++) {
        Step.Pair p = c.pairs().get(k + 1);
        store(a, table, 2 * k, a.sub(address(a, eval.start(p.a())), address(a, at[0])));
        store(a, table, 2 * k + 1, a.sub(address(a, eval.start(p.b())), address(a, at[1])));
      }
      store(a, args, Gemm.MOVES, table);
    }
    put(a, args, Gemm.THEN_FROM, 0);
    put(a, args, Gemm.THEN_UNITS, then == null ? 0 : then.units());
    put(a, args, Gemm.THEN_ROW, then == null ? 0 : then.row());
    store(a, args, Gemm.THEN, then == null ? Asm.i64(0) : then.function());
    store(a, args, Gemm.THEN_ENV, then == null ? Asm.i64(0) : then.env());
    batches(e, s, t, at, Asm.i64(0), 0, args, then);
  }

  /**
   * A call for each point of the batch axes from the k-th on; {@code point} is that of those
   * before.
   */
  private static void batches(
      Emitter e,
      Step.Matrices s,
      DType t,
      Val[] at,
      Val point,
      int k,
      Val args,
      @Nullable Epilogue then) {
    Asm a = e.asm();
    String element = Types.memory(t).scalar();
    if (k >= s.batch().size() - 1) {
      for (int i = 0; i < at.length; i++) {
        store(a, args, Gemm.A + i, at[i]);
      }
      if (then != null && k > 0) {
        store(a, args, Gemm.THEN_FROM, a.times(point, s.lastBatch() * then.units()));
      }
      a.run(e.slot(Table.GEMM + Gemm.entry(t), Ty.PTR).name(), false, args);
      return;
    }
    a.loop(
        Asm.i64(0),
        Asm.i64(s.batch().get(k)),
        1,
        i -> {
          Val[] next = {
            a.at(at[0], element, a.times(i, s.aBatch().get(k))),
            a.at(at[1], element, a.times(i, s.bBatch().get(k))),
            a.at(at[2], element, a.times(i, s.cBatch().get(k)))
          };
          Val here = k == 0 ? i : a.add(a.times(point, s.batch().get(k)), i);
          batches(e, s, t, next, here, k + 1, args, then);
        });
  }

  private static Val address(Asm a, Val pointer) {
    return a.cast("ptrtoint", pointer, Ty.I64);
  }

  private static void put(Asm a, Val args, int slot, long x) {
    store(a, args, slot, Asm.i64(x));
  }

  private static void store(Asm a, Val args, int slot, Val x) {
    a.store(x, a.at(args, "i64", Asm.i64(slot)), 8);
  }
}
