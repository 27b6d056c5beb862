package dev.axial.cpu.random;

import dev.axial.ir.Access;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.Var;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts what random programs reach: operations, selectors and the ranks of their indices, modes,
 * directions of loops, dtypes of references, transformations, and products with loops after them.
 * Arguments: first seed, count, {@code programs} or {@code functions}. Prints in how many programs
 * each thing occurs, and how often in all.
 */
final class Survey {
  private final Map<String, int[]> counts = new TreeMap<>();
  private Set<String> here = new HashSet<>();
  private int programs;
  private long equations;

  /** What occurs in the programs of some seeds: in how many programs, and how often. */
  Map<String, int[]> counts() {
    return counts;
  }

  public static void main(String[] args) {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    boolean functions = args[2].equals("functions");
    var s = new Survey();
    for (long seed = first; seed < first + count; seed++) {
      if (functions) {
        var t = TracedPrograms.of(seed, false);
        s.add(t.program(t.function()), t.letters());
      } else {
        s.add(RandomPrograms.of(seed).program(), "");
      }
    }
    s.print();
  }

  void print() {
    System.out.printf("%d programs, %d equations%n", programs, equations);
    counts.forEach((k, n) -> System.out.printf("%-44s %7d %9d%n", k, n[0], n[1]));
  }

  /** Counts a program that these transformations made. */
  void add(Program p, String letters) {
    programs++;
    here = new HashSet<>();
    letters.chars().forEach(c -> found("transformed " + (char) c));
    if (letters.length() > 1) {
      found("transformations nested " + letters.length());
    }
    walk(p, 0);
  }

  private void found(String what) {
    int[] n = counts.computeIfAbsent(what, k -> new int[2]);
    n[0] += here.add(what) ? 1 : 0;
    n[1]++;
  }

  private void walk(Program p, int depth) {
    equations += p.equations().size();
    for (Equation e : p.equations()) {
      found("op " + e.op().getClass().getSimpleName());
      details(p, e, depth);
      e.op().bodies().forEach(q -> walk(q, depth + 1));
    }
  }

  private void details(Program p, Equation e, int depth) {
    switch (e.op()) {
      case Op.Index i -> access("index", i.access(), i.mode(), e, 1);
      case Op.Scatter s -> combined("scatter", s.fn(), s.access(), s.mode(), e, 2);
      case Op.RefGet g -> access("get", g.access(), g.mode(), e, 1);
      case Op.RefSet s -> access("set", s.access(), s.reverse() ? "reverse" : "forward", e, 2);
      case Op.RefCombine c -> combined("", c.fn(), c.access(), c.mode(), e, 2);
      case Op.RefSwap s ->
          access("swap", s.access(), s.edge() + (s.reverse() ? " reverse" : " forward"), e, 2);
      case Op.RefNew _ -> found("reference of " + e.in().getFirst().array().dtype());
      case Op.Scan s -> found("scan " + (s.reverse() ? "reversed" : "forward") + at(depth));
      case Op.While _ -> found("while" + at(depth));
      case Op.Cond _ -> found("cond" + at(depth));
      case Op.Call c -> found(c.remat() ? "checkpoint" : "call");
      case Op.Dot _ -> product(p, e);
      default -> {} // not over Op: nothing beyond its name
    }
  }

  /** A write: an addition, another function, or for a copy of an array none. */
  private void combined(
      String op, Fn.@Nullable Combine fn, Access a, Object mode, Equation e, int from) {
    String how = fn == null ? "" : fn == Fn.Combine.ADD ? " add" : " combine";
    if (fn != null) {
      found("combined by " + fn);
    }
    access((op + how).strip(), a, mode, e, from);
  }

  private static String at(int depth) {
    return ", depth " + depth;
  }

  private void access(String what, Access a, Object mode, Equation e, int from) {
    found(what + " " + mode);
    int k = from;
    int arrays = 0;
    for (Sel s : a.sels()) {
      String kind =
          switch (s) {
            case Sel.Window w -> w.step() < 0 ? "range backwards" : "range";
            case Sel.Ds _ -> "ds";
            case Sel.At _ -> "at rank " + e.in().get(k).array().rank();
          };
      arrays += s instanceof Sel.At && e.in().get(k).array().rank() > 0 ? 1 : 0;
      k += s.dynamic() ? 1 : 0;
      found(what + ", " + kind);
    }
    if (arrays > 1) {
      found(what + ", several index arrays");
    }
    if (a.masked()) {
      found(what + ", mask");
    }
  }

  /** A product of some size, and whether element-wise work follows it. */
  private void product(Program p, Equation e) {
    Var v = e.result();
    if (v.array().size() < 1024) {
      return;
    }
    boolean follows =
        p.equations().stream()
            .anyMatch(o ->
                o.in().contains(v)
                    && (o.op() instanceof Op.Binary
                        || o.op() instanceof Op.Unary
                        || o.op() instanceof Op.Reduce));
    found("dot of 1024 elements or more" + (follows ? ", followed" : ""));
  }
}
