package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The loops over the elements of sums in registers, in the order of {@link SumOrder}: which vector
 * belongs to which slots is known where its code is written.
 */
final class SumLoops {
  /** A point whose last index is the given one. */
  interface At {
    Point of(Val index, @Nullable Val mask);
  }

  /** The points of the vectors of one row of slots. */
  interface Row {
    List<Point> of(Val number);
  }

  private static final Val SLOTS = Asm.i64(SumOrder.SLOTS);

  private final Asm a;
  private final Consumer<List<Point>> body;

  SumLoops(Asm a, Consumer<List<Point>> body) {
    this.a = a;
    this.body = body;
  }

  private Val whole(Val n, long of) {
    return n.constant() ? Asm.i64(n.value() & -of) : a.op("and", n, Asm.i64(-of));
  }

  // ---------------------------------------------------------------- lanes are slots

  /** One loop, from where a block begins. */
  void along(List<LaneSum> sums, int lanes, int together, Val lo, Val hi, At at) {
    Val n = a.sub(hi, lo);
    if (n.constant() && n.value() <= SumOrder.FEW) {
      var points = new ArrayList<Point>();
      for (int i = 0; i < n.value(); i += lanes) {
        Val first = a.add(lo, Asm.i64(i));
        points.add(at.of(first, i + lanes <= n.value() ? null : below(first, hi, lanes)));
      }
      body.accept(points);
      return;
    }
    if (n.constant() && n.value() <= SumOrder.BLOCK) {
      groups(lanes, lo, hi, at);
      sums.forEach(s -> s.finish(1));
      return;
    }
    long span = (long) together * SumOrder.BLOCK;
    Val single = a.add(lo, whole(n, span));
    if (together > 1) {
      a.loop(
          lo,
          single,
          span,
          b -> {
            a.loop(
                Asm.i64(0),
                Asm.i64(SumOrder.BLOCK),
                SumOrder.SLOTS,
                i -> {
                  var points = new ArrayList<Point>();
                  for (int t = 0; t < together; t++) {
                    Val first = a.add(a.add(b, i), Asm.i64((long) t * SumOrder.BLOCK));
                    points.addAll(group(lanes, first, null, null, at));
                  }
                  body.accept(points);
                });
            sums.forEach(s -> s.finish(together));
          });
    }
    a.loop(
        together > 1 ? single : lo,
        hi,
        SumOrder.BLOCK,
        b -> {
          if (n.constant() && n.value() % SumOrder.BLOCK == 0) {
            groups(lanes, b, a.add(b, Asm.i64(SumOrder.BLOCK)), at);
          } else {
            Val end = a.intrinsic("smin", a.add(b, Asm.i64(SumOrder.BLOCK)), hi);
            boolean even = n.constant() && n.value() % SumOrder.SLOTS == 0;
            Val whole = even ? end : a.add(b, whole(a.sub(end, b), SumOrder.SLOTS));
            full(lanes, b, whole, at);
            if (!even) {
              a.branch(a.cmp("icmp slt", whole, end), () -> rest(lanes, whole, end, at), null);
            }
          }
          sums.forEach(s -> s.finish(1));
        });
  }

  /** The slots of one block, or of a part of it, whose length is known. */
  private void groups(int lanes, Val lo, Val hi, At at) {
    Val n = a.sub(hi, lo);
    Val whole = a.add(lo, n.constant() ? whole(n, SumOrder.SLOTS) : n);
    full(lanes, lo, whole, at);
    if (n.constant() && n.value() % SumOrder.SLOTS != 0) {
      var points = new ArrayList<Point>();
      for (int k = 0; k < n.value() % SumOrder.SLOTS; k += lanes) {
        Val first = a.add(whole, Asm.i64(k));
        boolean all = k + lanes <= n.value() % SumOrder.SLOTS;
        points.add(at.of(first, all ? null : below(first, hi, lanes)));
      }
      body.accept(points);
    }
  }

  private void full(int lanes, Val lo, Val hi, At at) {
    a.loop(lo, hi, SumOrder.SLOTS, i -> body.accept(group(lanes, i, null, null, at)));
  }

  private void rest(int lanes, Val lo, Val hi, At at) {
    body.accept(group(lanes, lo, null, hi, at));
  }

  private List<Point> group(int lanes, Val first, @Nullable Val lo, @Nullable Val hi, At at) {
    var points = new ArrayList<Point>();
    for (int k = 0; k < SumOrder.SLOTS; k += lanes) {
      Val i = a.add(first, Asm.i64(k));
      Val mask = hi == null ? null : below(i, hi, lanes);
      if (lo != null && mask != null) {
        Val skipped = a.splat(a.sub(lo, i), lanes);
        mask = a.op("and", mask, a.cmp("icmp sge", a.steps(Ty.I64, lanes, 1), skipped));
      }
      points.add(at.of(i, mask));
    }
    return points;
  }

  private Val below(Val i, Val hi, int lanes) {
    return a.cmp("icmp slt", a.steps(Ty.I64, lanes, 1), a.splat(a.sub(hi, i), lanes));
  }

  /**
   * The innermost of several loops, whose first element has a number among all. Where a line begins
   * or ends within the slots, the others are masked.
   *
   * @param number what an index has to be added to, to get the number
   */
  void line(List<LaneSum> sums, int lanes, Val number, Val lo, Val hi, At at) {
    Val last = Asm.i64(SumOrder.BLOCK - 1);
    Val within = a.op("and", a.add(number, lo), Asm.i64(SumOrder.SLOTS - 1));
    Val next = a.variable(a.sub(lo, within));
    a.whileLoop(
        () -> a.cmp("icmp slt", a.get(next, Ty.I64), hi),
        () -> {
          Val i = a.get(next, Ty.I64);
          Val done = a.op("and", a.add(number, i), last);
          Val end = a.add(i, a.sub(Asm.i64(SumOrder.BLOCK), done));
          Val to = a.intrinsic("smin", end, hi);
          Val cut = a.op("or", a.cmp("icmp slt", i, lo), a.cmp("icmp slt", a.sub(to, i), SLOTS));
          a.branch(
              cut,
              () -> {
                body.accept(group(lanes, i, lo, to, at));
                a.put(next, a.add(i, SLOTS));
              },
              () -> {
                Val whole = a.add(i, whole(a.sub(to, i), SumOrder.SLOTS));
                full(lanes, i, whole, at);
                a.put(next, whole);
              });
          if (sums.getFirst().blocks()) {
            // A line may end within the last slots of a block.
            Val all =
                a.op("and", a.cmp("icmp eq", a.get(next, Ty.I64), end), a.cmp("icmp sle", end, hi));
            a.branch(all, () -> sums.forEach(s -> s.finish(1)), null);
          }
        });
  }

  // ---------------------------------------------------------------- each lane has a sum

  /** Slot by slot, some at a time, of elements that are numbered from where a block begins. */
  void across(List<SlotSum> sums, int together, Val from, Val to, Row row) {
    Val n = a.sub(to, from);
    if (n.constant() && n.value() <= SumOrder.BLOCK) {
      boolean even = n.value() % SumOrder.SLOTS == 0;
      block(sums, even ? together : 1, from, to, row);
      return;
    }
    Val whole = a.add(from, whole(n, SumOrder.BLOCK));
    a.loop(
        from,
        whole,
        SumOrder.BLOCK,
        b -> block(sums, together, b, a.add(b, Asm.i64(SumOrder.BLOCK)), row));
    a.loop(whole, to, SumOrder.BLOCK, b -> block(sums, 1, b, to, row));
  }

  private void block(List<SlotSum> sums, int together, Val from, Val to, Row row) {
    int left = SumOrder.SLOTS / together;
    int bits = Integer.numberOfTrailingZeros(left);
    a.loop(
        Asm.i64(0),
        Asm.i64(left),
        1,
        q -> {
          // 0, 8, 4, 12, …: neighbours in this order are added first.
          Val k = a.op("lshr", a.intrinsic("bitreverse", q), Asm.i64(64 - bits));
          sums.forEach(SlotSum::begin);
          a.loop(
              a.add(from, k),
              to,
              SumOrder.SLOTS,
              r -> {
                var points = new ArrayList<Point>();
                for (int t = 0; t < together; t++) {
                  points.addAll(row.of(a.add(r, Asm.i64((long) t * left))));
                }
                body.accept(points);
              });
          Val places = Sum.trailingOnes(a, q);
          sums.forEach(s -> s.keep(places, together));
        });
    sums.forEach(s -> s.finish(bits));
  }
}
