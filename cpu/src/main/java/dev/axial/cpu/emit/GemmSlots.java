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
  static final int M_STEP = 32;

  static final int N_STEP = 33;

  /** Tasks along the columns, and all tasks. */
  static final int N_TASKS = 34;

  static final int TASKS = 35;

  /** The columns and the k's that are packed now. */
  static final int N_FROM = 36;

  static final int N_TO = 37;
  static final int K_FROM = 38;
  static final int K_TO = 39;

  /** The k's of one run of a kernel; the bytes of a packed panel of B. */
  static final int K_STEP = 40;

  static final int PANEL = 41;

  /** Where packed B lies; whether A and B are read where they are. */
  static final int PACKED_B = 42;

  static final int DIRECT_A = 43;
  static final int DIRECT_B = 44;

  /** The bytes of a thread's own area for B. */
  static final int B_BYTES = 45;

  /** Matrix times vector: the matrix, its strides, the vector, its stride, and the result's. */
  static final int V_MATRIX = 46;

  static final int V_ROW = 47;
  static final int V_K = 48;
  static final int V_X = 49;
  static final int V_X_STEP = 50;
  static final int V_OUT_STEP = 51;
  static final int V_ROWS = 52;

  /** Parts of k whose sums are added up at the end, and the k's of one. */
  static final int V_PARTS = 53;

  static final int V_DEPTH = 54;

  /** Whether the tasks go on with what follows the rows. */
  static final int THEN_NOW = 55;

  /** Whether parts of k are added up with what they lose, and the first k of the part. */
  static final int APART = 56;

  static final int K_BASE = 57;

  /** Then C is the room of a part: where the totals are, the rows of C, and its flags. */
  static final int TOTALS = 58;

  static final int TOTALS_ROW = 59;
  static final int TOTALS_FLAGS = 60;

  /**
   * What the totals have lost; whether nothing has been added yet, and whether this is the last.
   */
  static final int LOST = 61;

  static final int FIRST = 62;
  static final int LAST = 63;

  /** The number of the next task, in a cache line of its own. */
  static final int NEXT = 64;

  static final int SIZE = 72;

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
