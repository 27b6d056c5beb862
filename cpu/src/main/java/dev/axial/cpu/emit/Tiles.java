package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stores whose operand lies across: along the loop over vectors it is far apart, along another loop
 * its elements are neighbours. A square of both loops is loaded in rows and turned in registers.
 */
final class Tiles {
  /** Squares side by side in a strip: neighbours in memory are written one soon after the other. */
  static final int STRIP = 8;

  private Tiles() {}

  /** The operands that lie across, all along the same loop, which is set as the schedule's tile. */
  static List<Node> across(Nest nest, Schedule s) {
    var out = new ArrayList<Node>();
    if (nest.stages().size() != 1
        || nest.stages().getFirst().roots().size() != 1
        || !nest.stages().getFirst().inner().isEmpty()
        || s.lanes < 4
        || s.outer.size() < 2) {
      return out;
    }
    Schedule.Loop v = s.outer.getLast();
    if (!v.vector || v.dims.size() != 1 || v.size < s.lanes) {
      return out;
    }
    Schedule.Loop rows = null;
    Set<Node> seen = new HashSet<>();
    for (Root r : nest.stages().getFirst().roots()) {
      if (!(r instanceof Root.Store)) {
        return List.of();
      }
      for (Cone.Ask a : nest.cone(r).asks()) {
        Node n = a.node();
        Long step = a.stride(v.name());
        if (n != null && (!seen.add(n) || madeHere(nest, n))) {
          return List.of();
        }
        if (step == null || step == 0 || step == 1) {
          continue;
        }
        Schedule.Loop across = n == null ? null : unit(a, s);
        if (across == null || rows != null && rows != across || across.size < s.lanes) {
          return List.of();
        }
        rows = across;
        out.add(n);
      }
    }
    s.tile = rows;
    if (rows != null) { // next to the loop over vectors
      s.outer.remove(rows);
      s.outer.add(s.outer.size() - 1, rows);
    }
    return out;
  }

  private static boolean madeHere(Nest nest, Node n) {
    return n.root() != null && nest.stages().getFirst().roots().contains(n.root());
  }

  private static Schedule.@Nullable Loop unit(Cone.Ask a, Schedule s) {
    for (Schedule.Loop l : s.outer) {
      Long step = a.stride(l.name());
      if (!l.vector && l.dims.size() == 1 && step != null && step == 1) {
        return l;
      }
    }
    return null;
  }

  /** Row k of the result is lane k of all rows. */
  static Val[] turned(Asm a, Val[] rows) {
    int n = rows.length;
    Val[] now = rows;
    for (int d = 1; d < n; d *= 2) {
      int[] first = new int[n];
      int[] second = new int[n];
      for (int l = 0; l < n; l++) {
        first[l] = (l & d) == 0 ? l : n + l - d;
        second[l] = (l & d) == 0 ? l + d : n + l;
      }
      Val[] next = new Val[n];
      for (int i = 0; i < n; i++) {
        if ((i & d) == 0) {
          next[i] = a.shuffle(now[i], now[i + d], first);
          next[i + d] = a.shuffle(now[i], now[i + d], second);
        }
      }
      now = next;
    }
    return now;
  }
}
