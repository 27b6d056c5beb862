package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.numerics.SumOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;

/**
 * Whether a nest reduces the columns of something too wide to walk down column by column. If the
 * results of all columns together stay in a near cache, threads take rows rather than columns, so
 * that each reads memory in its order; every part has results of its own, which are combined in the
 * order of the parts.
 */
final class Columns {
  /** Rows that are added at a time. */
  static final int ROWS = 8;

  /** Elements between two rows, from which on each row is on another page. */
  private static final long WIDE = 1024;

  /** The most pieces of the rows, and the fewest: their number does not depend on the threads. */
  private static final int PARTS = 16;

  private static final int FEWEST = 4;

  /** The name of the axis over the parts in the places of their results; no user's is empty. */
  static final String PART = "";

  /** The most bytes of the results of one part. */
  private static final long NEAR = 1 << 16;

  private Columns() {}

  /** The loop over the rows. */
  static Schedule.Loop rows(Nest nest, Schedule s) {
    return Objects.requireNonNull(s.stages.get(nest.stages().getFirst())).reduced().getFirst();
  }

  /** Whether the rows of a nest that suits are divided. */
  static boolean divides(Nest nest, Schedule s) {
    if (parts(nest, s) < FEWEST) {
      return false;
    }
    long bytes = 0;
    for (Root r : nest.stages().getFirst().roots()) {
      bytes += results(s) * carried((Root.Reduce) r).bytes();
    }
    return bytes <= NEAR;
  }

  /** The dtype of the results of parts. */
  static DType carried(Root.Reduce r) {
    return r.sumsReals() ? DType.FLOAT64 : r.value().type().dtype();
  }

  /** The rows of all parts but the last one. */
  static long rowsOfPart(Nest nest, Schedule s) {
    return SumOrder.part(rows(nest, s).size, PARTS);
  }

  static long parts(Nest nest, Schedule s) {
    long each = rowsOfPart(nest, s);
    return (rows(nest, s).size + each - 1) / each;
  }

  /** A place for the results of all parts, which begins at the start of its buffer. */
  static Mem place(Nest nest, Schedule s, DType t) {
    var strides = new HashMap<String, Long>();
    long step = 1;
    for (Schedule.Loop l : s.outer.reversed()) {
      strides.put(l.name(), step);
      step *= l.size;
    }
    strides.put(PART, step);
    var b = new Buffer(Buffer.Kind.POINTER, 0, t, step * parts(nest, s), "results of parts");
    return new Mem(b, 0, strides, List.of());
  }

  private static long results(Schedule s) {
    long n = 1;
    for (Schedule.Loop l : s.outer) {
      n *= l.size;
    }
    return n;
  }

  static boolean suits(Nest nest, Schedule s) {
    if (nest.stages().size() != 1 || s.outer.isEmpty() || !s.outer.getLast().vector) {
      return false;
    }
    Stage st = nest.stages().getFirst();
    Schedule.StageLoops l = Objects.requireNonNull(s.stages.get(st));
    if (!l.kept().isEmpty() || l.reduced().size() != 1 || l.reduced().getFirst().size < 4 * ROWS) {
      return false;
    }
    boolean wide = false;
    for (Root r : st.roots()) {
      if (!(r instanceof Root.Reduce x)
          || !nest.stored(r)
          || x.to().stride(s.outer.getLast().name()) != 1) {
        return false;
      }
      for (Cone.Ask a : nest.cone(r).asks()) {
        Long step = a.stride(l.reduced().getFirst().name());
        wide |= step == null || Math.abs(step) >= WIDE;
      }
    }
    return wide;
  }
}
