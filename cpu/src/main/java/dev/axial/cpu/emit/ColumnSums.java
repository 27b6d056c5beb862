package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Root;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Sums of the columns of something too wide to walk down column by column, in the order of {@link
 * SumOrder}. Some columns are taken at a time. Of a block of rows one slot after another is added
 * up, in an order in which each can be added to those before it as a binary counter does; so a row
 * is read once, along memory, and what is carried is a row for each place of the counter.
 */
final class ColumnSums {
  /** Columns that are taken at a time; what is carried of them stays in the second cache. */
  private static final long STRIP = 1024;

  /** Rows of a slot that are added at a time. */
  private static final int TOGETHER = 8;

  /** Slots have places of the counter before blocks do. */
  private static final int SLOT_PLACES = Integer.numberOfTrailingZeros(SumOrder.SLOTS);

  /** Calls for vectors of columns in a range. */
  interface Each {
    void over(Val lo, Val hi, BiConsumer<Point, Val> each);
  }

  /** One element of a root at a row. */
  interface Element {
    Val of(Root.Reduce root, Val row, Point column);
  }

  private final Asm a;
  private final List<Root.Reduce> roots;
  private final Element element;
  private final Each columns;
  private final int places;
  private final long pitch;
  private final List<Val> sums = new ArrayList<>();
  private final List<Val> counters = new ArrayList<>();
  private final Val count;

  /**
   * @param rows the number of rows
   * @param width the most columns of a range
   */
  ColumnSums(Asm a, List<Root.Reduce> roots, long rows, long width, Element element, Each columns) {
    this.a = a;
    this.roots = roots;
    this.element = element;
    this.columns = columns;
    places = SLOT_PLACES + SumOrder.places(rows);
    pitch = Math.min(STRIP, (width + 15) & -16) + 16;
    for (int k = 0; k < roots.size(); k++) {
      sums.add(a.alloca("[%d x double]".formatted(pitch), 64));
      counters.add(a.alloca("[%d x double]".formatted(pitch * places), 64));
    }
    count = a.variable(Asm.i64(0));
  }

  /** Adds up the rows of a range, which begins at a whole block, and gives the results. */
  void write(Val from, Val to, Val lo, Val hi, Results each) {
    a.loop(
        lo,
        hi,
        STRIP,
        first -> {
          Val end = a.intrinsic("smin", a.add(first, Asm.i64(STRIP)), hi);
          strip(from, to, first, end);
          columns.over(
              first,
              end,
              (p, c) -> {
                for (int k = 0; k < roots.size(); k++) {
                  each.put(roots.get(k), p, total(k, a.sub(c, first), p.lanes));
                }
              });
        });
  }

  /** Takes results in float64. */
  interface Results {
    void put(Root.Reduce root, Point column, Val sum);
  }

  private void strip(Val from, Val to, Val lo, Val hi) {
    a.put(count, Asm.i64(0));
    a.loop(
        from,
        to,
        SumOrder.BLOCK,
        b -> {
          Val end = a.intrinsic("smin", a.add(b, Asm.i64(SumOrder.BLOCK)), to);
          a.loop(
              Asm.i64(0),
              Asm.i64(SumOrder.SLOTS),
              1,
              q -> {
                // 0, 8, 4, 12, …: neighbours in this order are added first.
                Val slot = a.op("lshr", a.intrinsic("bitreverse", q), Asm.i64(64 - SLOT_PLACES));
                slot(a.op("add", b, slot), end, lo, hi);
                push(lo, hi);
              });
        });
  }

  private void slot(Val from, Val to, Val lo, Val hi) {
    columns.over(
        lo,
        hi,
        (p, c) -> {
          for (Val s : sums) {
            put(Asm.zero(Ty.F64.by(p.lanes)), s, a.sub(c, lo));
          }
        });
    long together = (long) TOGETHER * SumOrder.SLOTS;
    Val whole = a.sub(to, Asm.i64(together - SumOrder.SLOTS));
    Val next = a.variable(from);
    a.whileLoop(
        () -> a.cmp("icmp slt", a.get(next, Ty.I64), whole),
        () -> {
          rows(a.get(next, Ty.I64), TOGETHER, lo, hi);
          a.put(next, a.add(a.get(next, Ty.I64), Asm.i64(together)));
        });
    a.loop(a.get(next, Ty.I64), to, SumOrder.SLOTS, r -> rows(r, 1, lo, hi));
  }

  private void rows(Val first, int n, Val lo, Val hi) {
    columns.over(
        lo,
        hi,
        (p, c) -> {
          for (int k = 0; k < roots.size(); k++) {
            Val at = a.sub(c, lo);
            Val sum = get(sums.get(k), at, p.lanes);
            DType t = roots.get(k).value().type().dtype();
            for (int j = 0; j < n; j++) {
              Val r = a.add(first, Asm.i64((long) j * SumOrder.SLOTS));
              Val x = a.splat(element.of(roots.get(k), r, p), p.lanes);
              sum = a.op("fadd", sum, Sum.widened(a, t, x));
            }
            put(sum, sums.get(k), at);
          }
        });
  }

  /** Puts the sums of a slot into the counter. */
  private void push(Val lo, Val hi) {
    Val before = a.get(count, Ty.I64);
    Val full = Sum.trailingOnes(a, before);
    columns.over(
        lo,
        hi,
        (p, c) -> {
          Val at = a.sub(c, lo);
          for (int k = 0; k < roots.size(); k++) {
            Val counter = counters.get(k);
            Val sum = a.variable(get(sums.get(k), at, p.lanes));
            a.loop(Asm.i64(0), full, 1, q -> plus(sum, counter, q, at, p.lanes));
            put(a.get(sum, Ty.F64.by(p.lanes)), place(counter, full), at);
          }
        });
    a.put(count, a.add(before, Asm.i64(1)));
  }

  private Val total(int k, Val at, int lanes) {
    Ty ty = Ty.F64.by(lanes);
    Val sum = a.variable(Asm.zero(ty));
    Val done = a.get(count, Ty.I64);
    a.loop(
        Asm.i64(0),
        Asm.i64(places),
        1,
        q ->
            a.branch(
                Sum.occupied(a, done, q), () -> plus(sum, counters.get(k), q, at, lanes), null));
    return a.get(sum, ty);
  }

  private void plus(Val sum, Val counter, Val q, Val at, int lanes) {
    Ty ty = Ty.F64.by(lanes);
    a.put(sum, a.op("fadd", a.get(sum, ty), get(place(counter, q), at, lanes)));
  }

  private Val place(Val counter, Val q) {
    return a.at(counter, "double", a.times(q, pitch));
  }

  private Val get(Val room, Val at, int lanes) {
    return a.load(Ty.F64.by(lanes), a.at(room, "double", at), 8);
  }

  private void put(Val v, Val room, Val at) {
    a.store(v, a.at(room, "double", at), 8);
  }
}
