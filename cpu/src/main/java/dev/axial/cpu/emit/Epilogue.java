package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.Dim;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Loops that follow a product for each group of its rows, on the thread that made them and while
 * they are in its caches.
 *
 * @param function the loops for a range of the first of them, whose indices are units
 * @param env what it is called with
 * @param units the units of one batch
 * @param row the units of one row; 0 if the loops have to wait for the whole batch
 */
record Epilogue(Val function, Val env, long units, long row) {
  /** The loops as a function, or null if they do not go along the rows of the product. */
  static @Nullable Epilogue of(Emitter e, Step.Contract c, Nest nest) {
    Schedule s = Schedule.of(nest, e.target());
    boolean alike = s.divisible && s.tile == null && !Columns.suits(nest, s);
    if (!alike || s.work < Kernels.IN_PLACE || !followsRows(c, nest, s.outer.getFirst().dims)) {
      return null;
    }
    long all = 1;
    for (long n : c.shape().batch()) {
      all *= n;
    }
    long size = s.outer.getFirst().size;
    if (size % all != 0) {
      return null; // a unit stands for several batches
    }
    s.streamed = Set.of(); // what comes next reads it soon
    Kernels.Ranged r = new Kernels(e).ranged(nest, s);
    e.report().nest(nest, s, "after each group of rows of the product");
    long units = size / all;
    long m = c.shape().m();
    long row = units % m == 0 ? units / m : 0;
    return new Epilogue(new Val(Ty.PTR, r.function()), r.env(), units, row);
  }

  /**
   * Whether the first loop goes over the first axes of the product, and each of its steps reads
   * that part of the product only.
   */
  private static boolean followsRows(Step.Contract c, Nest nest, List<Dim> first) {
    List<Dim> axes = c.axes().stream().filter(d -> d.size() > 1).toList();
    List<Dim> loop = first.stream().filter(d -> d.size() > 1).toList();
    if (loop.size() > axes.size() || !axes.subList(0, loop.size()).equals(loop)) {
      return false;
    }
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        for (Cone.Ask a : nest.cone(r).asks()) {
          boolean product = a.mem().buffer().mayBe(c.to().buffer());
          if (product && !(a.mem().equals(c.to()) && a.identity(loop))) {
            return false;
          }
        }
      }
    }
    return true;
  }
}
