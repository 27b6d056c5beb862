package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.ir.Fn;
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

  /** Pieces of the rows: their number does not depend on the threads. */
  static final int PARTS = 16;

  /** The name of the axis over the parts in the places of their results; no user's is empty. */
  static final String PART = "";

  /** The most bytes of the results of one part. */
  private static final long NEAR = 1 << 16;

  private Columns() {}

  /** The loop over the rows. */
  static Schedule.Loop rows(Nest nest, Schedule s) {
    return Objects.requireNonNull(s.stages.get(nest.stages().getFirst())).reduced().getFirst();
  }

  /**
   * Whether the rows of a nest that suits are divided. A sum of float64 keeps the order of its
   * rows, which is that of every engine.
   */
  static boolean divides(Nest nest, Schedule s) {
    if (rows(nest, s).size < 4L * PARTS * ROWS) {
      return false;
    }
    long bytes = 0;
    for (Root r : nest.stages().getFirst().roots()) {
      Root.Reduce x = (Root.Reduce) r;
      DType t = x.value().type().dtype();
      if (t == DType.FLOAT64 && x.fn() == Fn.Reduce.SUM) {
        return false;
      }
      bytes += results(s) * t.bytes();
    }
    return bytes <= NEAR;
  }

  /** A place for the results of all parts, which begins at the start of its buffer. */
  static Mem place(Schedule s, DType t) {
    var strides = new HashMap<String, Long>();
    long step = 1;
    for (Schedule.Loop l : s.outer.reversed()) {
      strides.put(l.name(), step);
      step *= l.size;
    }
    strides.put(PART, step);
    var b = new Buffer(Buffer.Kind.POINTER, 0, t, step * PARTS, "results of parts");
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
