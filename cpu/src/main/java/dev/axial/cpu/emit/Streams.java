package dev.axial.cpu.emit;

import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Which stores go past the caches. A store through them first reads the line that it overwrites;
 * for a fresh result larger than the caches, which nobody reads before it has left them, that is a
 * third of the traffic of a sum of two arrays.
 */
final class Streams {
  /** The bytes of a result from which on it is larger than the last cache. */
  static final long LARGE = 1 << 25;

  /** A line of the caches: what is written past them has to be all of it. */
  static final int LINE = 64;

  private Streams() {}

  static Set<Root> of(Nest nest, Schedule s) {
    var out = new HashSet<Root>();
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        if (r instanceof Root.Store x && nest.stored(r) && fresh(x.to()) && !asked(nest, x)) {
          var loops = new ArrayList<>(s.outer);
          loops.addAll(Objects.requireNonNull(s.stages.get(st)).kept());
          if (aligned(x.to(), loops, s)) {
            out.add(r);
          }
        }
      }
    }
    return out;
  }

  /** Whether this is a large result. */
  static boolean fresh(Mem to) {
    return to.buffer().kind() == Buffer.Kind.OUTPUT
        && to.buffer().bytes() >= LARGE
        && to.shifts().isEmpty();
  }

  private static boolean asked(Nest nest, Root.Store x) {
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        for (Cone.Ask a : nest.cone(r).asks()) {
          if (a.mem().buffer() == x.to().buffer()) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether every vector begins at a multiple of its size, and lines are filled one by one. */
  private static boolean aligned(Mem to, List<Schedule.Loop> loops, Schedule s) {
    long bytes = to.buffer().dtype().bytes();
    long vector = bytes * s.lanes;
    boolean whole = vector * (s.tile == null ? s.unroll : 1) >= LINE;
    boolean vectors = false;
    for (Schedule.Loop l : loops) {
      long step = to.stride(l.name());
      vectors |= l.vector && step == 1;
      if (l.vector ? step != 1 : step * bytes % vector != 0) {
        return false;
      }
    }
    return vectors && whole && to.offset() * bytes % vector == 0;
  }
}
