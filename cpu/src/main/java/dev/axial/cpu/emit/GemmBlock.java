package dev.axial.cpu.emit;

import static dev.axial.cpu.emit.GemmSlots.min;
import static dev.axial.cpu.emit.GemmSlots.parts;
import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;

/** Emits the loops over one task: rows × columns of C, for the k's that B is packed for. */
final class GemmBlock {
  private final Tile tile;
  private final Asm f;
  private final GemmSlots env;
  private final Val scratch;
  private final Val corner;

  /**
   * The loops.
   *
   * @param scratch where A is packed
   * @param corner room for a tile, for targets without masks
   */
  GemmBlock(Tile tile, Asm f, GemmSlots env, Val scratch, Val corner) {
    this.tile = tile;
    this.f = f;
    this.env = env;
    this.scratch = scratch;
    this.corner = corner;
  }

  /** How a kernel finds an operand. */
  private record Operand(Val base, Val row, Val k) {}

  void emit(Val m0, Val m1, Val n0, Val n1) {
    Val end = env.get(GemmSlots.K_TO);
    GemmSlots.steps(
        f,
        env.get(GemmSlots.K_FROM),
        end,
        env.get(GemmSlots.K_STEP),
        true,
        k0 -> {
          Val k = min(f, env.get(GemmSlots.K_STEP), f.sub(end, k0));
          Val row = env.get(Gemm.A_ROW);
          Val step = env.get(Gemm.A_COL);
          Val a =
              f.at(
                  f.at(env.pointer(Gemm.A), "i8", f.op("mul", m0, row)),
                  "i8",
                  f.op("mul", k0, step));
          Val direct = f.cmp("icmp ne", env.get(GemmSlots.DIRECT_A), i64(0));
          f.branch(direct, () -> {}, () -> packA(a, row, step, f.sub(m1, m0), k));
          var source =
              new Operand(
                  f.select(direct, a, scratch),
                  f.select(direct, row, i64(tile.bytes())),
                  f.select(direct, step, i64((long) tile.rows() * tile.bytes())));
          // A packed panel is as long as k, a direct one goes on in the rows of A.
          Val packedPanel = f.times(k, (long) tile.rows() * tile.bytes());
          Val panel = f.select(direct, f.times(row, tile.rows()), packedPanel);
          panels(source, panel, m0, m1, n0, n1, k0, k);
        });
  }

  private void packA(Val a, Val row, Val step, Val rows, Val k) {
    f.loop(
        i64(0),
        rows,
        tile.rows(),
        i ->
            f.run(
                GemmPacking.symbol(tile, tile.rows()),
                false,
                f.at(a, "i8", f.op("mul", i, row)),
                row,
                step,
                min(f, i64(tile.rows()), f.sub(rows, i)),
                k,
                f.at(scratch, "i8", f.times(f.op("mul", i, k), tile.bytes()))));
  }

  private void panels(Operand a, Val aPanel, Val m0, Val m1, Val n0, Val n1, Val k0, Val k) {
    Val kIn = f.sub(k0, env.get(GemmSlots.K_FROM));
    Val direct = f.cmp("icmp ne", env.get(GemmSlots.DIRECT_B), i64(0));
    Val width = i64((long) tile.columns() * tile.bytes());
    Val bStep = f.select(direct, env.get(Gemm.B_ROW), width);
    Val add =
        f.select(
            f.cmp("icmp sgt", k0, env.get(GemmSlots.K_BASE)),
            i64(1),
            f.op("and", env.get(Gemm.FLAGS), i64(1)));
    f.loop(
        n0,
        n1,
        tile.columns(),
        n -> {
          Val there =
              f.at(
                  f.at(env.pointer(Gemm.B), "i8", f.op("mul", k0, env.get(Gemm.B_ROW))),
                  "i8",
                  f.times(n, tile.bytes()));
          Val index = f.op("sdiv", f.sub(n, env.get(GemmSlots.N_FROM)), i64(tile.columns()));
          Val packed =
              f.at(
                  f.at(
                      env.pointer(GemmSlots.PACKED_B),
                      "i8",
                      f.op("mul", index, env.get(GemmSlots.PANEL))),
                  "i8",
                  f.op("mul", kIn, width));
          Val b = f.select(direct, there, packed);
          Val lanes = min(f, i64(tile.columns()), f.sub(n1, n));
          Val cRow = env.get(Gemm.C_ROW);
          Val c =
              f.at(
                  f.at(env.pointer(Gemm.C), "i8", f.op("mul", m0, cRow)),
                  "i8",
                  f.times(n, tile.bytes()));
          tiles(
              a,
              aPanel,
              new Operand(b, bStep, bStep),
              new Operand(c, cRow, cRow),
              f.sub(m1, m0),
              lanes,
              k,
              add);
        });
  }

  private void tiles(
      Operand a, Val aPanel, Operand b, Operand c, Val rows, Val lanes, Val k, Val add) {
    Val vectors = parts(f, lanes, i64(tile.lanes()));
    Val table =
        f.at(
            new Val(Ty.PTR, tile.symbol("_kernels")),
            "ptr",
            f.times(f.sub(vectors, i64(1)), tile.rows()));
    Val pa = f.variable(a.base);
    Val pc = f.variable(c.base);
    f.loop(
        i64(0),
        rows,
        tile.rows(),
        i -> {
          Val r = min(f, i64(tile.rows()), f.sub(rows, i));
          Val kernel = f.load(Ty.PTR, f.at(table, "ptr", f.sub(r, i64(1))), 8);
          Val to = f.get(pc, Ty.PTR);
          Runnable whole = () -> call(kernel, f.get(pa, Ty.PTR), a, b, to, c.row, lanes, k, add);
          if (tile.masks()) {
            whole.run();
          } else {
            Val full = f.cmp("icmp eq", f.times(vectors, tile.lanes()), lanes);
            f.branch(
                full,
                whole,
                () -> corner(kernel, f.get(pa, Ty.PTR), a, b, to, c.row, r, lanes, k, add));
          }
          f.put(pa, f.at(f.get(pa, Ty.PTR), "i8", aPanel));
          f.put(pc, f.at(to, "i8", f.times(c.row, tile.rows())));
        });
  }

  private void call(
      Val kernel, Val a, Operand in, Operand b, Val c, Val cRow, Val lanes, Val k, Val add) {
    f.run(kernel.name(), false, a, b.base, c, k, b.k, cRow, lanes, add, in.row, in.k);
  }

  /** A tile whose last vector is not whole, without masks: by way of the stack. */
  private void corner(
      Val kernel,
      Val a,
      Operand in,
      Operand b,
      Val c,
      Val cRow,
      Val rows,
      Val lanes,
      Val k,
      Val add) {
    Val pitch = i64((long) tile.columns() * tile.bytes());
    call(kernel, a, in, b, corner, pitch, lanes, k, i64(0));
    Val adds = f.cmp("icmp ne", add, i64(0));
    f.loop(
        i64(0),
        rows,
        1,
        r -> {
          Val from = f.at(corner, "i8", f.op("mul", r, pitch));
          Val to = f.at(c, "i8", f.op("mul", r, cRow));
          f.loop(
              i64(0),
              lanes,
              1,
              l -> {
                Val at = f.times(l, tile.bytes());
                Val x = f.load(tile.element(), f.at(from, "i8", at), tile.bytes());
                Val p = f.at(to, "i8", at);
                f.branch(
                    adds,
                    () ->
                        f.store(
                            tile.sum(f, f.load(tile.element(), p, tile.bytes()), x),
                            p,
                            tile.bytes()),
                    () -> f.store(x, p, tile.bytes()));
              });
        });
  }
}
