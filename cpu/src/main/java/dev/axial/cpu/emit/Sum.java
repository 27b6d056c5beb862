package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sums of floating-point numbers, in float64 and in the order of {@link SumOrder}, whatever the
 * lanes are: each a sum of its own, or neighbours that are added into one.
 */
abstract sealed class Sum extends Accumulator permits LaneSum, SlotSum, Sum.InOrder, Sum.Staged {
  final DType dtype;

  /** How many elements are added into one result. */
  final long count;

  /** Where the range that is added ends, which began at a whole block; null if at the count. */
  final @Nullable Val end;

  Sum(Asm asm, DType dtype, long count, @Nullable Val end, int lanes) {
    super(asm, lanes);
    this.dtype = dtype;
    this.count = count;
    this.end = end;
  }

  /** The sum of one slot in float64. */
  abstract Val wide(int k);

  @Override
  Val slot(int k) {
    return narrow(asm, dtype, wide(k));
  }

  @Override
  Val all() {
    return slot(0);
  }

  /** A result: rounded once to its dtype. */
  static Val narrow(Asm a, DType t, Val v) {
    return t == DType.FLOAT64 ? v : a.cast("fptrunc", v, Types.register(t).by(v.ty().lanes()));
  }

  /** An element as it is added. */
  static Val widened(Asm a, DType t, Val v) {
    return t == DType.FLOAT64 ? v : a.cast("fpext", v, Ty.F64.by(v.ty().lanes()));
  }

  boolean few() {
    return count <= SumOrder.FEW;
  }

  boolean blocks() {
    return count > SumOrder.BLOCK;
  }

  /** Does something if the last block is not whole. */
  void ifRest(Runnable then) {
    if (end == null) {
      if (count % SumOrder.BLOCK != 0) {
        then.run();
      }
      return;
    }
    Val rest = asm.op("and", end, Asm.i64(SumOrder.BLOCK - 1));
    asm.branch(asm.cmp("icmp ne", rest, Asm.i64(0)), then, null);
  }

  /** The sum of the lanes: the second half is added to the first, until one is left. */
  static Val halved(Asm a, Val lanes) {
    Val v = lanes;
    for (int half = v.ty().lanes() / 2; half > 1; half /= 2) {
      int[] low = new int[half];
      int[] high = new int[half];
      for (int k = 0; k < half; k++) {
        low[k] = k;
        high[k] = half + k;
      }
      v = a.op("fadd", a.shuffle(v, v, low), a.shuffle(v, v, high));
    }
    return v.ty().lanes() == 1 ? v : a.op("fadd", a.extract(v, 0), a.extract(v, 1));
  }

  /** What a counter has got in all. */
  Val total(Counter counter) {
    return end == null
        ? counter.total((count + SumOrder.BLOCK - 1) / SumOrder.BLOCK)
        : counter.total();
  }

  /** The sum of parts, each of 2^q blocks but for the last one, in float64. */
  static Val ofParts(Asm a, Ty ty, long parts, UnaryOperator<Val> part) {
    var counter = new Counter(a, ty, SumOrder.places(parts * SumOrder.BLOCK));
    a.loop(Asm.i64(0), Asm.i64(parts), 1, k -> counter.push(part.apply(k), 0));
    return counter.total();
  }

  /** A binary counter of sums: at place q waits a sum of 2^q blocks, or nothing. */
  static final class Counter {
    private final Asm a;
    private final Ty ty;
    private final int places;
    private final Val room;
    private final Val count;

    Counter(Asm a, Ty ty, int places) {
      this.a = a;
      this.ty = ty;
      this.places = places;
      room = a.alloca("[%d x %s]".formatted(places, ty), 64);
      count = a.variable(Asm.i64(0));
    }

    private Val place(Val k) {
      return a.at(room, ty.toString(), k);
    }

    private int align() {
      return Math.min(64, 8 * ty.lanes());
    }

    /** A sum of 2^level blocks, after a multiple of as many. */
    void push(Val block, int level) {
      Val before = a.get(count, Ty.I64);
      Val full = trailingOnes(a, a.op("or", before, Asm.i64((1L << level) - 1)));
      Val sum = a.variable(block);
      a.loop(
          Asm.i64(level),
          full,
          1,
          k -> a.put(sum, a.op("fadd", a.get(sum, ty), a.load(ty, place(k), align()))));
      a.store(a.get(sum, ty), place(full), align());
      a.put(count, a.add(before, Asm.i64(1L << level)));
    }

    /** The sum of so many blocks, which are all that came. */
    Val total(long blocks) {
      Val sum = Asm.zero(ty);
      for (int k = 0; k < places; k++) {
        if ((blocks >> k & 1) != 0) {
          sum = a.op("fadd", sum, a.load(ty, place(Asm.i64(k)), align()));
        }
      }
      return sum;
    }

    Val total() {
      Val sum = a.variable(Asm.zero(ty));
      Val blocks = a.get(count, Ty.I64);
      a.loop(
          Asm.i64(0),
          Asm.i64(places),
          1,
          k ->
              a.branch(
                  occupied(a, blocks, k),
                  () -> a.put(sum, a.op("fadd", a.get(sum, ty), a.load(ty, place(k), align()))),
                  null));
      return a.get(sum, ty);
    }
  }

  static Val trailingOnes(Asm a, Val n) {
    return a.call(Ty.I64, "@llvm.cttz.i64", a.op("xor", n, Asm.i64(-1)), Asm.i1(false));
  }

  static Val occupied(Asm a, Val blocks, Val place) {
    Val bit = a.op("and", a.op("lshr", blocks, place), Asm.i64(1));
    return a.cmp("icmp ne", bit, Asm.i64(0));
  }

  /** Each lane of each slot is a sum of its own; elements come in order, with their number. */
  static final class InOrder extends Sum {
    /** The most lanes of all slots whose blocks are carried on the stack. */
    static final int LANES = 64;

    private final Ty ty;
    private final List<Val> sums = new ArrayList<>();
    private final List<Counter> counters = new ArrayList<>();

    InOrder(Asm asm, DType dtype, long count, @Nullable Val end, int slots, int lanes) {
      super(asm, dtype, count, end, lanes);
      ty = Ty.F64.by(lanes);
      for (int k = 0; k < slots; k++) {
        if (few()) {
          sums.add(asm.variable(Asm.zero(ty)));
        } else {
          Val room = asm.alloca("[%d x %s]".formatted(SumOrder.SLOTS, ty), 64);
          sums.add(room);
          clear(room);
        }
        if (blocks()) {
          counters.add(new Counter(asm, ty, SumOrder.places(count)));
        }
      }
    }

    private int align() {
      return Math.min(64, 8 * lanes);
    }

    private Val at(Val room, Val k) {
      return asm.at(room, ty.toString(), k);
    }

    private void clear(Val room) {
      asm.loop(
          Asm.i64(0),
          Asm.i64(SumOrder.SLOTS),
          1,
          k -> asm.store(Asm.zero(ty), at(room, k), align()));
    }

    @Override
    void add(int slot, Val v, Idx index, @Nullable Val mask) {
      Val x = widened(asm, dtype, v);
      Val sum = sums.get(slot);
      if (few()) {
        asm.put(sum, asm.op("fadd", asm.get(sum, ty), x));
        return;
      }
      Val r = index.base();
      Val place = at(sum, asm.op("and", r, Asm.i64(SumOrder.SLOTS - 1)));
      asm.store(asm.op("fadd", asm.load(ty, place, align()), x), place, align());
      if (blocks()) {
        Val last = Asm.i64(SumOrder.BLOCK - 1);
        asm.branch(asm.cmp("icmp eq", asm.op("and", r, last), last), () -> finishBlock(slot), null);
      }
    }

    private void finishBlock(int slot) {
      counters.get(slot).push(tree(slot), 0);
      clear(sums.get(slot));
    }

    private Val tree(int slot) {
      int there = (int) Math.min(count, SumOrder.SLOTS);
      Val sum = tree(sums.get(slot), 0, SumOrder.SLOTS, there);
      return sum == null ? Asm.zero(ty) : sum;
    }

    /** The sum of slots k, k + SLOTS / n, …; null if none of them is there. */
    private @Nullable Val tree(Val room, int k, int n, int there) {
      if (n == 1) {
        return k < there ? asm.load(ty, at(room, Asm.i64(k)), align()) : null;
      }
      int step = SumOrder.SLOTS / n;
      Val a = tree(room, k, n / 2, there);
      Val b = tree(room, k + step, n / 2, there);
      return a == null ? b : b == null ? a : asm.op("fadd", a, b);
    }

    @Override
    Val wide(int k) {
      if (few()) {
        return asm.get(sums.get(k), ty);
      }
      if (!blocks()) {
        return tree(k);
      }
      ifRest(() -> finishBlock(k));
      return total(counters.get(k));
    }
  }

  /**
   * All lanes are added into one sum. Elements are put in a row on the stack, wherever a loop
   * begins and ends; a whole block of them is added at once.
   */
  static final class Staged extends Sum {
    private static final Ty SUMS = Ty.F64.by(SumOrder.SLOTS);

    private final Ty ty;
    private final Val row;
    private final Val length;
    private final @Nullable Counter counter;

    Staged(Asm asm, DType dtype, long count, @Nullable Val end, int lanes) {
      super(asm, dtype, count, end, lanes);
      ty = Types.register(dtype);
      long most = Math.min(SumOrder.BLOCK, (count + SumOrder.SLOTS - 1) / SumOrder.SLOTS * 16);
      row = asm.alloca("[%d x %s]".formatted(most + 2 * SumOrder.SLOTS, ty), 64);
      length = asm.variable(Asm.i64(0));
      counter = blocks() ? new Counter(asm, Ty.F64, SumOrder.places(count)) : null;
    }

    private Val at(Val k) {
      return asm.at(row, ty.scalar(), k);
    }

    @Override
    void add(int slot, Val v, Idx index, @Nullable Val mask) {
      Val n = asm.get(length, Ty.I64);
      asm.store(v, at(n), dtype.bytes());
      Val next = asm.add(n, mask == null ? Asm.i64(lanes) : counted(mask));
      asm.put(length, next);
      if (counter != null) {
        asm.branch(
            asm.cmp("icmp sge", next, Asm.i64(SumOrder.BLOCK)), () -> finishBlock(counter), null);
      }
    }

    private Val counted(Val mask) {
      Val bits = asm.cast("bitcast", mask, new Ty("i" + lanes, 1));
      Val n = asm.intrinsic("ctpop", bits);
      return asm.cast("zext", n, Ty.I64);
    }

    private void finishBlock(Counter to) {
      to.push(block(Asm.i64(SumOrder.BLOCK)), 0);
      Ty v = ty.by(lanes);
      asm.store(asm.load(v, at(Asm.i64(SumOrder.BLOCK)), dtype.bytes()), row, dtype.bytes());
      asm.put(length, asm.sub(asm.get(length, Ty.I64), Asm.i64(SumOrder.BLOCK)));
    }

    /** The sum of so many elements, a multiple of the slots. */
    private Val block(Val n) {
      Val sums = asm.variable(Asm.zero(SUMS));
      int together = n.constant() && n.value() % 64 == 0 ? 64 : SumOrder.SLOTS;
      asm.loop(
          Asm.i64(0),
          n,
          together,
          k -> {
            for (int j = 0; j < together; j += SumOrder.SLOTS) {
              Val x = asm.load(ty.by(SumOrder.SLOTS), at(asm.add(k, Asm.i64(j))), dtype.bytes());
              asm.put(sums, asm.op("fadd", asm.get(sums, SUMS), widened(asm, dtype, x)));
            }
          });
      Val v = asm.get(sums, SUMS);
      return halved(asm, v);
    }

    /** The sum of what is in the row. */
    private Val rest() {
      Val n = asm.get(length, Ty.I64);
      asm.store(Asm.zero(ty.by(SumOrder.SLOTS)), at(n), dtype.bytes());
      Val whole = Asm.i64(-SumOrder.SLOTS);
      Val up =
          end == null
              ? Asm.i64((count % SumOrder.BLOCK + SumOrder.SLOTS - 1) & -SumOrder.SLOTS)
              : asm.op("and", asm.add(n, Asm.i64(SumOrder.SLOTS - 1)), whole);
      return block(up.constant() && up.value() == 0 ? Asm.i64(SumOrder.BLOCK) : up);
    }

    @Override
    Val wide(int k) {
      if (few()) {
        Val sum = Asm.zero(Ty.F64);
        for (int j = 0; j < count; j++) {
          Val x = asm.load(ty, at(Asm.i64(j)), dtype.bytes());
          sum = asm.op("fadd", sum, widened(asm, dtype, x));
        }
        return sum;
      }
      if (counter == null) {
        return rest();
      }
      ifRest(() -> counter.push(rest(), 0));
      return total(counter);
    }
  }
}
