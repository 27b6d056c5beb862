package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.numerics.SumOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the sums of a stage are taken.
 *
 * @param together how many blocks, or slots, are summed side by side
 * @param points the vectors that are added at a time where lanes are slots, for all blocks
 */
record SumPlan(Way way, int together, int points) {
  enum Way {
    /** There are none whose order counts. */
    ANY,
    /** Each lane is a sum, whose elements come in their order: few, or beside what needs that. */
    IN_ORDER,
    /** Each lane is a sum, whose elements come slot by slot. */
    SLOTS,
    /** Lanes are slots. */
    LANES,
    /** Lanes are neighbours, and elements are put in a row until they are a block. */
    STAGED
  }

  /** The vectors of float64 that are added to at a time, so that no addition waits. */
  private static final int CHAINS = 8;

  /** The blocks of neighbours that are summed side by side: float32 of two lie in a page. */
  private static final int TOGETHER = 2;

  /** Lines that are shorter are put in a row. */
  private static final long LINE = 4 * SumOrder.SLOTS;

  static SumPlan of(
      Stage s,
      Schedule.StageLoops l,
      Schedule schedule,
      boolean along,
      int lanes,
      int vectors,
      NestEmitter.@Nullable Window window) {
    long count = -1;
    boolean ordered = false;
    for (Root r : s.roots()) {
      switch (r) {
        case Root.Reduce x -> count = x.sumsReals() ? x.count() : count;
        case Root.Store _ -> {}
        case Root.ArgReduce _, Root.Write _ -> ordered = true;
      }
    }
    if (count < 0) {
      return new SumPlan(Way.ANY, 1, 1);
    }
    if (!along) {
      boolean slots = count > SumOrder.FEW && !ordered;
      int n = Math.min(CHAINS / 2 / vectors, schedule.copies / vectors);
      return new SumPlan(slots ? Way.SLOTS : Way.IN_ORDER, slots ? power(n, CHAINS / 2) : 1, 1);
    }
    int pieces = LaneSum.pieces(lanes);
    List<Schedule.Loop> reduced = l.reduced();
    boolean line = reduced.size() == 1 || reduced.getLast().size >= LINE;
    if (!line || schedule.copies < pieces || !reduced.getLast().vector) {
      return new SumPlan(Way.STAGED, 1, 1);
    }
    long blocks = (window == null ? count : window.each()) / SumOrder.BLOCK;
    int n = (int) Math.min(blocks, Math.min(TOGETHER, schedule.copies / pieces));
    int together =
        ordered || reduced.size() > 1 || count <= SumOrder.BLOCK ? 1 : power(n, TOGETHER);
    return new SumPlan(Way.LANES, together, together * pieces);
  }

  /** The largest power of two up to both. */
  private static int power(int n, int most) {
    return Integer.highestOneBit(Math.clamp(n, 1, most));
  }

  Sum sum(Asm a, Root.Reduce x, @Nullable Val end, int slots, int lanes) {
    var t = x.value().type().dtype();
    return switch (way) {
      case ANY -> throw new dev.axial.AxialException("internal error: a sum");
      case IN_ORDER -> new Sum.InOrder(a, t, x.count(), end, slots, lanes);
      case SLOTS -> new SlotSum(a, t, x.count(), end, slots, lanes, together);
      case LANES -> new LaneSum(a, t, x.count(), end, lanes, together);
      case STAGED -> new Sum.Staged(a, t, x.count(), end, lanes);
    };
  }
}
