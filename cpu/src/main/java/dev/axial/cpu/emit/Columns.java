package dev.axial.cpu.emit;

import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import java.util.Objects;

/** Whether a nest reduces the columns of something too wide to walk down column by column. */
final class Columns {
  /** Rows that are added at a time. */
  static final int ROWS = 8;

  /** Elements between two rows, from which on each row is on another page. */
  private static final long WIDE = 1024;

  private Columns() {}

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
