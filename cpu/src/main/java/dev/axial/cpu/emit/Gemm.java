package dev.axial.cpu.emit;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.llvm.ObjectCache;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.TreeSet;

/**
 * The module of contractions, C (+)= A·B for a batch of matrices with any strides.
 *
 * <p>Its functions have the C signature {@code void (int64_t *arguments)}; the constants number the
 * arguments. What {@link #FORK} points to is {@code void fork(void *context, void (*function)(void
 * *env, int64_t part), void *env, int64_t parts)}: it calls the function for all parts, on
 * whichever threads, and returns when they are done.
 */
public final class Gemm {
  private Gemm() {}

  /** Pointers to the elements. */
  public static final int A = 0;

  public static final int B = 1;
  public static final int C = 2;

  /** Rows of A and C, columns of B and C, columns of A and rows of B. */
  public static final int M = 3;

  public static final int N = 4;
  public static final int K = 5;

  /** Strides in elements, zero or more; C has contiguous rows, so that the last of them is 1. */
  public static final int A_ROW = 6;

  public static final int A_COL = 7;
  public static final int B_ROW = 8;
  public static final int B_COL = 9;
  public static final int C_ROW = 10;
  public static final int C_COL = 11;

  /** The number of batches and the strides between them. */
  public static final int BATCH = 12;

  public static final int A_BATCH = 13;
  public static final int B_BATCH = 14;
  public static final int C_BATCH = 15;

  /** Bit 0: add to C. */
  public static final int FLAGS = 16;

  /** Room of {@link #scratchBytes}, aligned to 64. */
  public static final int SCRATCH = 17;

  /** Multiplications from which on it may ask for threads. */
  public static final long DIVIDED = GemmPlan.FORKS / 8;

  /** More bytes than the library needs of the stack. */
  public static final long STACK = 1 << 14;

  /** The callback, or null, its context, and the number of threads. */
  public static final int FORK = 18;

  public static final int CONTEXT = 19;
  public static final int THREADS = 20;

  /**
   * The number of further products of the same shape, each added to C in turn, and a table of
   * where: the bytes from A, and from B, to the operands of each.
   */
  public static final int MORE = 21;

  public static final int MOVES = 22;

  /**
   * What follows for each group of rows, or null: {@code void then(void *env, int64_t from, int64_t
   * to)}. It is called once for each unit of a range, on whichever threads, when the rows that the
   * unit stands for are done.
   */
  public static final int THEN = 23;

  /** What it is called with; the first unit of this call, and the units of one batch. */
  public static final int THEN_ENV = 24;

  public static final int THEN_FROM = 25;
  public static final int THEN_UNITS = 26;

  /** The units of one row; 0 if a unit stands for several. */
  public static final int THEN_ROW = 27;

  /** The number of arguments. */
  public static final int SLOTS = 28;

  private static final List<DType> DTYPES =
      List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64);

  /** The functions, in the order of float32, float64, int32, int64. */
  public static final List<String> ENTRIES =
      DTYPES.stream().map(d -> ObjectCache.NAME + "_gemm_" + d.shortName()).toList();

  /** Which of the functions multiplies elements of a dtype. */
  public static int entry(DType t) {
    return switch (t) {
      case FLOAT32 -> 0;
      case FLOAT64 -> 1;
      case INT32, UINT32 -> 2;
      case INT64 -> 3;
      case BFLOAT16, FLOAT16, BOOL, KEY ->
          throw new AxialException("internal error: a product of " + t);
    };
  }

  /** All that the text needs: the order of instructions is the code generator's. */
  public static final String PASSES = "function(sroa,early-cse,simplifycfg)";

  /** The text of the module. */
  public static String module(Target target) {
    var declarations = new TreeSet<String>();
    var text = new StringBuilder();
    for (DType d : DTYPES) {
      Tile tile = Tile.of(target, d);
      text.append(new GemmKernels(tile, declarations).text());
      for (int width : new TreeSet<>(List.of(tile.rows(), tile.columns()))) {
        text.append(new GemmPacking(tile, width, declarations).text());
      }
      text.append(new GemmVector(tile, declarations).text());
      text.append(new GemmDriver(tile, declarations).text());
    }
    return String.join("\n", declarations) + "\n" + text;
  }

  /** How much scratch a call needs at most. */
  public static long scratchBytes(
      Target target, long m, long n, long k, long batch, DType dtype, int threads) {
    return new GemmPlan(Tile.of(target, dtype)).scratch(m, n, k, batch, threads);
  }

  /** Arguments, filled in by what they mean. */
  public record Call(MemorySegment arguments) {
    /** The bytes of the arguments. */
    public static final long BYTES = 8L * SLOTS;

    public Call operands(MemorySegment a, MemorySegment b, MemorySegment c) {
      return set(A, a.address()).set(B, b.address()).set(C, c.address());
    }

    public Call sizes(long m, long n, long k) {
      return set(M, m).set(N, n).set(K, k).set(MORE, 0).set(THEN, 0).batch(1, 0, 0, 0);
    }

    /** Strides in elements. */
    public Call strides(long aRow, long aCol, long bRow, long bCol, long cRow) {
      set(A_ROW, aRow).set(A_COL, aCol).set(B_ROW, bRow).set(B_COL, bCol);
      return set(C_ROW, cRow).set(C_COL, 1);
    }

    /** The number of batches and the strides between them. */
    public Call batch(long count, long a, long b, long c) {
      return set(BATCH, count).set(A_BATCH, a).set(B_BATCH, b).set(C_BATCH, c);
    }

    /** Whether the product is added to C. */
    public Call accumulate(boolean add) {
      return set(FLAGS, add ? 1 : 0);
    }

    public Call scratch(MemorySegment room) {
      return set(SCRATCH, room.address());
    }

    /** The callback with its context; null for one thread. */
    public Call threads(MemorySegment fork, MemorySegment context, int threads) {
      return set(FORK, fork.address()).set(CONTEXT, context.address()).set(THREADS, threads);
    }

    private Call set(int slot, long x) {
      arguments.setAtIndex(ValueLayout.JAVA_LONG, slot, x);
      return this;
    }
  }
}
