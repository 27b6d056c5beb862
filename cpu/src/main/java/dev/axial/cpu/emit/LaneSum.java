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
 * A sum of neighbours whose slots are lanes, in registers. Loops that feed it begin vectors where a
 * slot begins ({@link SumLoops}), so that which slots a vector is for is known where it is written.
 * An addition waits for the one before it in its slot, and blocks do not wait for each other: so
 * several blocks are summed side by side.
 */
final class LaneSum extends Sum {
  private final Ty ty;

  /** The vectors that the slots of a block take. */
  private final int pieces;

  private final List<Val> slots = new ArrayList<>();
  private final List<Val> elements = new ArrayList<>();
  private final @Nullable Counter counter;

  /** The blocks that are summed side by side. */
  private final int together;

  LaneSum(Asm asm, DType dtype, long count, @Nullable Val end, int lanes, int together) {
    super(asm, dtype, count, end, lanes);
    ty = Ty.F64.by(lanes);
    pieces = pieces(lanes);
    this.together = together;
    for (int k = 0; k < pieces * together && !few(); k++) {
      slots.add(asm.variable(Asm.zero(ty)));
    }
    counter = end == null && once() ? null : counter();
  }

  static int pieces(int lanes) {
    return Math.max(1, SumOrder.SLOTS / lanes);
  }

  private Counter counter() {
    return new Counter(asm, Ty.F64, SumOrder.places(count));
  }

  /** Whether all blocks are summed side by side, so that no sum waits for another. */
  private boolean once() {
    return !blocks() || count == (long) together * SumOrder.BLOCK;
  }

  @Override
  void add(int slot, Val v, Idx index, @Nullable Val mask) {
    if (few()) {
      elements.add(widened(asm, dtype, v));
      return;
    }
    Val sum = slots.get(slot);
    Val x = widened(asm, dtype, v);
    Val y = mask == null ? x : asm.select(mask, x, Asm.zero(ty));
    asm.put(sum, asm.op("fadd", asm.get(sum, ty), y));
  }

  /** So many blocks, a power of two, are done. */
  void finish(int blocks) {
    if (counter != null) {
      counter.push(sum(0, blocks), Integer.numberOfTrailingZeros(blocks));
      for (int k = 0; k < blocks * pieces; k++) {
        asm.put(slots.get(k), Asm.zero(ty));
      }
    }
  }

  private Val sum(int first, int blocks) {
    if (blocks == 1) {
      return block(first);
    }
    int half = blocks / 2;
    return asm.op("fadd", sum(first, half), sum(first + half, half));
  }

  /** Slots k and k + 8 are added, k and k + 4, and so on. */
  private Val block(int k) {
    var left = new ArrayList<Val>();
    for (int j = 0; j < pieces; j++) {
      left.add(asm.get(slots.get(k * pieces + j), ty));
    }
    while (left.size() > 1) {
      int half = left.size() / 2;
      for (int j = 0; j < half; j++) {
        left.set(j, asm.op("fadd", left.get(j), left.get(half + j)));
      }
      left.subList(half, left.size()).clear();
    }
    return halved(asm, left.getFirst());
  }

  @Override
  Val wide(int k) {
    if (few()) {
      Val sum = Asm.zero(Ty.F64);
      for (int j = 0; j < count; j++) {
        sum = asm.op("fadd", sum, asm.extract(elements.get(j / lanes), j % lanes));
      }
      return sum;
    }
    return counter == null ? sum(0, blocks() ? together : 1) : total(counter);
  }
}
