package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sums of which each lane has its own, in registers: the elements of a slot come one after another,
 * and of some slots at a time ({@link SumLoops}). Slots come in an order in which each can be added
 * to those before it as a binary counter does, which is on the stack.
 */
final class SlotSum extends Sum {
  /** The places of a binary counter of slots. */
  private static final int PLACES = Integer.numberOfTrailingZeros(SumOrder.SLOTS) + 1;

  private final Ty ty;

  /** The vectors of sums. */
  private final int vectors;

  private final List<Val> sums = new ArrayList<>();
  private final List<Val> rooms = new ArrayList<>();
  private final List<Counter> counters = new ArrayList<>();

  SlotSum(
      Asm asm, DType dtype, long count, @Nullable Val end, int vectors, int lanes, int together) {
    super(asm, dtype, count, end, lanes);
    ty = Ty.F64.by(lanes);
    this.vectors = vectors;
    for (int k = 0; k < vectors * together; k++) {
      sums.add(asm.variable(Asm.zero(ty)));
    }
    for (int k = 0; k < vectors; k++) {
      rooms.add(asm.alloca("[%d x %s]".formatted(PLACES, ty), 64));
      if (blocks()) {
        counters.add(new Counter(asm, ty, SumOrder.places(count)));
      }
    }
  }

  private Val at(int vector, Val k) {
    return asm.at(rooms.get(vector), ty.toString(), k);
  }

  private int align() {
    return Math.min(64, 8 * lanes);
  }

  /** Slots begin. */
  void begin() {
    sums.forEach(s -> asm.put(s, Asm.zero(ty)));
  }

  /** Adds to a slot of those that are summed at a time, for each vector. */
  @Override
  void add(int slot, Val v, Idx index, @Nullable Val mask) {
    Val sum = sums.get(slot);
    asm.put(sum, asm.op("fadd", asm.get(sum, ty), widened(asm, dtype, v)));
  }

  /**
   * Some slots are done, which are added; then what waits at so many places is added to them, and
   * they wait at the next one.
   */
  void keep(Val places, int together) {
    for (int u = 0; u < vectors; u++) {
      int vector = u;
      Val sum = asm.variable(slots(u, 0, together, together));
      asm.loop(
          Asm.i64(0),
          places,
          1,
          k -> {
            Val before = asm.load(ty, at(vector, k), align());
            asm.put(sum, asm.op("fadd", before, asm.get(sum, ty)));
          });
      asm.store(asm.get(sum, ty), at(u, places), align());
    }
  }

  /** The sum of n of the slots that are summed at a time, from the k-th on. */
  private Val slots(int vector, int k, int n, int together) {
    if (n == 1) {
      return asm.get(sums.get(k * vectors + vector), ty);
    }
    Val first = slots(vector, k, n / 2, together);
    return asm.op("fadd", first, slots(vector, k + together / n, n / 2, together));
  }

  /** A block is done, which waits at a place. */
  void finish(int place) {
    for (int u = 0; u < vectors && blocks(); u++) {
      counters.get(u).push(block(u, place), 0);
    }
    last = place;
  }

  private int last;

  private Val block(int vector, int place) {
    return asm.load(ty, at(vector, Asm.i64(place)), align());
  }

  @Override
  Val wide(int k) {
    return blocks() ? total(counters.get(k)) : block(k, last);
  }
}
