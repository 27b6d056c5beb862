package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import java.util.function.Consumer;

/**
 * The working state of a contraction: an array of i64, which begins like the caller's arguments
 * (with strides in bytes) and goes on with how the work is cut. It lies on the caller's stack while
 * the threads work.
 */
final class GemmSlots {
  /** Rows and columns of a task. */
  static final int M_STEP = 24;

  static final int N_STEP = 25;

  /** Tasks along the columns, and all tasks. */
  static final int N_TASKS = 26;

  static final int TASKS = 27;

  /** The columns and the k's that are packed now. */
  static final int N_FROM = 28;

  static final int N_TO = 29;
  static final int K_FROM = 30;
  static final int K_TO = 31;

  /** The k's of one run of a kernel; the bytes of a packed panel of B. */
  static final int K_STEP = 32;

  static final int PANEL = 33;

  /** Where packed B lies; whether A and B are read where they are. */
  static final int PACKED_B = 34;

  static final int DIRECT_A = 35;
  static final int DIRECT_B = 36;

  /** The bytes of a thread's own area for B. */
  static final int B_BYTES = 37;

  /** Matrix times vector: the matrix, its strides, the vector, its stride, and the result's. */
  static final int V_MATRIX = 38;

  static final int V_ROW = 39;
  static final int V_K = 40;
  static final int V_X = 41;
  static final int V_X_STEP = 42;
  static final int V_OUT_STEP = 43;
  static final int V_ROWS = 44;

  /** Parts of k whose sums are added up at the end, and the k's of one. */
  static final int V_PARTS = 45;

  static final int V_DEPTH = 46;

  /** The number of the next task, in a cache line of its own. */
  static final int NEXT = 48;

  static final int SIZE = 56;

  private final Asm f;
  private final Val env;

  GemmSlots(Asm f, Val env) {
    this.f = f;
    this.env = env;
  }

  Val get(int slot) {
    return f.load(Ty.I64, at(slot), 8);
  }

  Val pointer(int slot) {
    return f.load(Ty.PTR, at(slot), 8);
  }

  void put(int slot, Val x) {
    f.store(x, at(slot), 8);
  }

  Val at(int slot) {
    return f.at(env, "i64", i64(slot));
  }

  /** The next task that nobody has begun. */
  Val next() {
    return f.atomicAdd(at(NEXT), i64(1));
  }

  /** Runs the body for tasks as long as there are any. */
  void tasks(Val count, Consumer<Val> each) {
    Val task = f.variable(i64(0));
    f.whileLoop(
        () -> {
          Val t = next();
          f.put(task, t);
          return f.cmp("icmp slt", t, count);
        },
        () -> each.accept(f.get(task, Ty.I64)));
  }

  /** for (x = lo; x < hi; x += step), once at least. */
  static void steps(Asm f, Val lo, Val hi, Val step, boolean once, Consumer<Val> each) {
    Val x = f.variable(lo);
    Val fresh = f.variable(Asm.i1(once));
    f.whileLoop(
        () -> f.op("or", f.get(fresh, Ty.I1), f.cmp("icmp slt", f.get(x, Ty.I64), hi)),
        () -> {
          Val now = f.get(x, Ty.I64);
          each.accept(now);
          f.put(x, f.add(now, step));
          f.put(fresh, Asm.i1(false));
        });
  }

  static Val min(Asm f, Val a, Val b) {
    return a.name().equals(b.name()) ? a : f.intrinsic("smin", a, b);
  }

  static Val max(Asm f, Val a, Val b) {
    return f.intrinsic("smax", a, b);
  }

  /** ⌈a / b⌉ for a ≥ 0, b > 0. */
  static Val parts(Asm f, Val a, Val b) {
    return f.op("sdiv", f.add(a, f.sub(b, i64(1))), b);
  }
}
