package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;

/**
 * Sums of parts of a long k, with what they lose: the error of a product then grows with the k's of
 * a part, which are so many at most, and not with all of them.
 */
record GemmTotals(Tile tile) {
  /** The sum of a and b, and what it has lost by rounding, exactly (Knuth). */
  record Sum(Val sum, Val lost) {}

  Sum sum(Asm f, Val a, Val b) {
    Val s = f.op("fadd", a, b);
    Val t = f.op("fsub", s, a);
    Val lostOfA = f.op("fsub", a, f.op("fsub", s, t));
    return new Sum(s, f.op("fadd", lostOfA, f.op("fsub", b, t)));
  }

  /** A sum with what it has lost, which is no number where the sum is infinite. */
  Val settled(Asm f, Val sum, Val lost) {
    Val all = f.op("fadd", sum, lost);
    return f.select(f.cmp("fcmp uno", all, all), sum, all);
  }

  private interface Each {
    void at(Val offset, Ty ty);
  }

  private void each(Asm f, Val count, Each body) {
    Val whole = f.op("and", count, i64(-tile.lanes()));
    f.loop(i64(0), whole, tile.lanes(), i -> body.at(f.times(i, tile.bytes()), tile.vector()));
    f.loop(whole, count, 1, i -> body.at(f.times(i, tile.bytes()), tile.element()));
  }

  /** Nothing yet. */
  void clear(Asm f, Val room, Val count) {
    each(f, count, (at, ty) -> f.store(Asm.zero(ty), f.at(room, "i8", at), tile.bytes()));
  }

  /** Adds a part to the totals. */
  void add(Asm f, Val totals, Val lost, Val part, Val count) {
    each(
        f,
        count,
        (at, ty) -> {
          Val to = f.at(totals, "i8", at);
          Val e = f.at(lost, "i8", at);
          Sum s =
              sum(f, f.load(ty, to, tile.bytes()), f.load(ty, f.at(part, "i8", at), tile.bytes()));
          f.store(s.sum, to, tile.bytes());
          f.store(f.op("fadd", f.load(ty, e, tile.bytes()), s.lost), e, tile.bytes());
        });
  }

  /** The totals with what they have lost. */
  void settle(Asm f, Val totals, Val lost, Val count) {
    each(
        f,
        count,
        (at, ty) -> {
          Val to = f.at(totals, "i8", at);
          Val e = f.load(ty, f.at(lost, "i8", at), tile.bytes());
          f.store(settled(f, f.load(ty, to, tile.bytes()), e), to, tile.bytes());
        });
  }
}
