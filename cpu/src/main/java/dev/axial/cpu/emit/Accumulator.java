package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.ir.Fn;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a reduction carries from element to element, in several slots of several lanes. */
abstract sealed class Accumulator permits Accumulator.Plain, Accumulator.Position, Sum {
  final Asm asm;
  final int lanes;

  Accumulator(Asm asm, int lanes) {
    this.asm = asm;
    this.lanes = lanes;
  }

  /** Takes one element for each lane that counts. */
  abstract void add(int slot, Val v, Idx index, @Nullable Val mask);

  /** The result of one slot, for each lane. */
  abstract Val slot(int k);

  /** The result over all slots and lanes. */
  abstract Val all();

  /** The element that changes nothing. */
  static Val identity(Fn.Reduce fn, DType t, Ty ty) {
    return switch (fn) {
      case SUM -> t.isFloating() ? Asm.real(ty, 0) : Asm.integer(ty, 0);
      case ANY -> Asm.integer(ty, 0);
      case ALL -> Asm.integer(ty, 1);
      case MAX, MIN -> {
        boolean max = fn == Fn.Reduce.MAX;
        yield switch (t) {
          case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 ->
              Asm.real(ty, max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
          case INT32 -> Asm.integer(ty, max ? Integer.MIN_VALUE : Integer.MAX_VALUE);
          case UINT32 -> Asm.integer(ty, max ? 0 : -1);
          case INT64, KEY -> Asm.integer(ty, max ? Long.MIN_VALUE : Long.MAX_VALUE);
          case BOOL -> Asm.integer(ty, max ? 0 : 1);
        };
      }
    };
  }

  /** The results of parts, combined in their order. */
  static Val ofParts(Asm a, Fn.Reduce fn, DType t, Ty ty, long parts, UnaryOperator<Val> part) {
    Val sum = a.variable(identity(fn, t, ty));
    a.loop(
        Asm.i64(0),
        Asm.i64(parts),
        1,
        k -> a.put(sum, combine(a, fn, t, a.get(sum, ty), part.apply(k))));
    return a.get(sum, ty);
  }

  static Val combine(Asm a, Fn.Reduce fn, DType t, Val x, Val y) {
    return switch (fn) {
      case SUM -> Elements.binary(a, Fn.Binary.ADD, t, x, y);
      case MAX -> Elements.binary(a, Fn.Binary.MAX, t, x, y);
      case MIN -> Elements.binary(a, Fn.Binary.MIN, t, x, y);
      case ANY -> a.op("or", x, y);
      case ALL -> a.op("and", x, y);
    };
  }

  /** Sums of integers, extremes, and their logical kin. */
  static final class Plain extends Accumulator {
    private final Fn.Reduce fn;
    private final DType t;
    private final Ty ty;
    private final List<Val> slots = new ArrayList<>();

    Plain(Asm asm, Fn.Reduce fn, DType t, int slots, int lanes) {
      super(asm, lanes);
      this.fn = fn;
      this.t = t;
      this.ty = Types.register(t).by(lanes);
      for (int k = 0; k < slots; k++) {
        this.slots.add(asm.variable(identity(fn, t, ty)));
      }
    }

    @Override
    void add(int slot, Val v, Idx index, @Nullable Val mask) {
      Val x = mask == null ? v : asm.select(mask, v, identity(fn, t, ty));
      Val sum = slots.get(slot);
      asm.put(sum, combine(asm, fn, t, asm.get(sum, ty), x));
    }

    @Override
    Val slot(int k) {
      Val v = asm.get(slots.get(k), ty);
      // One number may have been compared with none.
      return t.isFloating() ? Elements.flushed(asm, v) : v;
    }

    @Override
    Val all() {
      var left = new ArrayList<Val>();
      for (int k = 0; k < slots.size(); k++) {
        left.add(slot(k));
      }
      while (left.size() > 1) {
        int half = (left.size() + 1) / 2;
        for (int k = 0; k + half < left.size(); k++) {
          left.set(k, combine(asm, fn, t, left.get(k), left.get(k + half)));
        }
        left.subList(half, left.size()).clear();
      }
      Val v = left.getFirst();
      for (int n = lanes / 2; n >= 1; n /= 2) {
        int[] low = new int[n];
        int[] high = new int[n];
        for (int k = 0; k < n; k++) {
          low[k] = k;
          high[k] = n + k;
        }
        v =
            n == 1
                ? combine(asm, fn, t, asm.extract(v, 0), asm.extract(v, 1))
                : combine(asm, fn, t, asm.shuffle(v, v, low), asm.shuffle(v, v, high));
      }
      return v;
    }
  }

  /** The position of the first extreme; NaN counts as it. */
  static final class Position extends Accumulator {
    private final boolean max;
    private final DType t;
    private final Ty ty;
    private final Ty at;
    private final List<Val> best = new ArrayList<>();
    private final List<Val> where = new ArrayList<>();

    Position(Asm asm, boolean max, DType t, int slots, int lanes) {
      super(asm, lanes);
      this.max = max;
      this.t = t;
      this.ty = Types.register(t).by(lanes);
      this.at = Ty.I32.by(lanes);
      for (int k = 0; k < slots; k++) {
        best.add(asm.variable(Asm.zero(ty)));
        where.add(asm.variable(Asm.integer(at, -1)));
      }
    }

    /** Whether a comes before b as the extreme. */
    private Val beats(Val a, Val b) {
      Val more = Elements.compare(asm, max ? Fn.Compare.GT : Fn.Compare.LT, t, a, b);
      if (!t.isFloating()) {
        return more;
      }
      Val aNan = asm.cmp("fcmp uno", a, a);
      Val bNumber = asm.cmp("fcmp ord", b, b);
      return asm.op("and", bNumber, asm.op("or", aNan, more));
    }

    @Override
    void add(int slot, Val v, Idx index, @Nullable Val mask) {
      Val b = asm.get(best.get(slot), ty);
      Val w = asm.get(where.get(slot), at);
      Val none = asm.cmp("icmp slt", w, Asm.integer(at, 0));
      Val take = asm.op("or", none, beats(v, b));
      if (mask != null) {
        take = asm.op("and", take, mask);
      }
      Val i =
          index.isScalar()
              ? asm.splat(asm.cast("trunc", index.base(), Ty.I32), lanes)
              : asm.cast("trunc", index.vector(asm, lanes), at);
      asm.put(best.get(slot), asm.select(take, v, b));
      asm.put(where.get(slot), asm.select(take, i, w));
    }

    @Override
    Val slot(int k) {
      return asm.get(where.get(k), at);
    }

    @Override
    Val all() {
      Val bestOfAll = null;
      Val position = null;
      for (int k = 0; k < best.size(); k++) {
        Val b = asm.get(best.get(k), ty);
        Val w = asm.get(where.get(k), at);
        for (int lane = 0; lane < lanes; lane++) {
          Val x = asm.extract(b, lane);
          Val i = asm.extract(w, lane);
          if (bestOfAll == null || position == null) {
            bestOfAll = x;
            position = i;
            continue;
          }
          Val some = asm.cmp("icmp sge", i, Asm.i32(0));
          Val noneYet = asm.cmp("icmp slt", position, Asm.i32(0));
          Val better = beats(x, bestOfAll);
          Val worse = beats(bestOfAll, x);
          Val alike = asm.op("xor", asm.op("or", better, worse), Asm.i1(true));
          Val earlier = asm.op("and", alike, asm.cmp("icmp slt", i, position));
          Val take = asm.op("or", noneYet, asm.op("or", better, earlier));
          take = asm.op("and", take, some);
          bestOfAll = asm.select(take, x, bestOfAll);
          position = asm.select(take, i, position);
        }
      }
      return java.util.Objects.requireNonNull(position);
    }
  }
}
