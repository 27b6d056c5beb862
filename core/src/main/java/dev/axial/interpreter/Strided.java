package dev.axial.interpreter;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.List;

/**
 * A nest of loops over named axes, with a stride for each of several operands. Adjacent axes whose
 * strides agree are merged, so that most nests become one or two loops.
 */
final class Strided {
  /** The sizes of the loops, outermost first; the last is the inner loop. Never empty. */
  final int[] sizes;

  /** For each operand its step in each loop. */
  final int[][] strides;

  /** The product of the sizes. */
  final int total;

  interface Inner {
    /** Runs the inner loop: n elements; off holds where each operand starts. */
    void run(int[] off, int n);
  }

  private Strided(int[] sizes, int[][] strides) {
    this.sizes = sizes;
    this.strides = strides;
    int n = 1;
    for (int s : sizes) {
      n *= s;
    }
    total = n;
  }

  /** Loops over the axes of {@code over}; an operand without an axis stays where it is along it. */
  static Strided of(ArrayType over, ArrayType... operands) {
    return of(over.dims(), stridesOf(over.dims(), operands));
  }

  static int[][] stridesOf(List<Dim> over, ArrayType... operands) {
    var out = new int[operands.length][];
    for (int k = 0; k < operands.length; k++) {
      long[] own = operands[k].strides();
      out[k] = new int[over.size()];
      for (int d = 0; d < over.size(); d++) {
        int at = operands[k].indexOf(over.get(d).name());
        out[k][d] = at < 0 ? 0 : (int) own[at];
      }
    }
    return out;
  }

  static Strided of(List<Dim> over, int[][] strides) {
    Store.checkLength(ArrayType.elements(over));
    var sizes = new ArrayList<Integer>();
    var steps = new ArrayList<int[]>();
    for (int d = 0; d < over.size(); d++) {
      int n = over.get(d).size();
      if (n == 1) {
        continue;
      }
      int[] step = new int[strides.length];
      for (int k = 0; k < step.length; k++) {
        step[k] = strides[k][d];
      }
      boolean merges = !sizes.isEmpty();
      for (int k = 0; k < step.length && merges; k++) {
        merges = steps.getLast()[k] == step[k] * n;
      }
      if (merges) {
        sizes.set(sizes.size() - 1, sizes.getLast() * n);
        steps.set(steps.size() - 1, step);
      } else {
        sizes.add(n);
        steps.add(step);
      }
    }
    if (sizes.isEmpty()) {
      sizes.add(1);
      steps.add(new int[strides.length]);
    }
    var byOperand = new int[strides.length][sizes.size()];
    for (int d = 0; d < sizes.size(); d++) {
      for (int k = 0; k < strides.length; k++) {
        byOperand[k][d] = steps.get(d)[k];
      }
    }
    return new Strided(sizes.stream().mapToInt(Integer::intValue).toArray(), byOperand);
  }

  /** The step of an operand in the inner loop. */
  int inner(int operand) {
    return strides[operand][sizes.length - 1];
  }

  /** Runs the nest from the given offsets. */
  void run(int[] start, Inner body) {
    if (total == 0) {
      return;
    }
    int[] off = start.clone();
    int last = sizes.length - 1;
    int n = sizes[last];
    if (last == 0) {
      body.run(off, n);
      return;
    }
    int[] at = new int[last];
    while (true) {
      body.run(off, n);
      int d = last - 1;
      while (d >= 0) {
        for (int k = 0; k < off.length; k++) {
          off[k] += strides[k][d];
        }
        if (++at[d] < sizes[d]) {
          break;
        }
        for (int k = 0; k < off.length; k++) {
          off[k] -= strides[k][d] * sizes[d];
        }
        at[d] = 0;
        d--;
      }
      if (d < 0) {
        return;
      }
    }
  }

  void run(Inner body) {
    run(new int[strides.length], body);
  }
}
