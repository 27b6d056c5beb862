package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.numerics.ProductOrder;

/**
 * The sizes of blocks, the same in the emitted code and in what it asks its caller to provide.
 *
 * @param tile the tile they are for
 */
record GemmPlan(Tile tile) {
  /** Multiplications from which on threads are woken up. */
  static final long FORKS = 64 * 64 * 64 * 8;

  /** The k's, and the panels, between which the packing of B goes back and forth. */
  static final int PACKED_TOGETHER = 64;

  static final int PANELS_TOGETHER = 8;

  /** The panels of B up to which A is not packed, and the tiles of A up to which B is not. */
  private static final int DIRECT_N = 4;

  private static final int DIRECT_M = 12;

  /** The bytes up to which every thread has a packed B of its own. */
  static final long OWN_B = 1 << 20;

  /** The most k's of one run of a kernel: a panel of B then fits the second-level cache with A. */
  int depth() {
    return ProductOrder.run(tile.dtype());
  }

  /** The most k's for which B is packed at once. */
  int superDepth() {
    return ProductOrder.packed(tile.dtype());
  }

  /** The most k's whose sums are added up without what they lose; whole runs of a packed B. */
  int farDepth() {
    return ProductOrder.far(tile.dtype());
  }

  /** Where the sums of a part of k lie, after what is packed of B. */
  long roomOfPart() {
    return bytesOfB();
  }

  /** The sums of a part and what the totals have lost, of the columns that are packed at once. */
  private long bytesOfTotals(long rows, long n) {
    long wide = bytesOfB() / ((long) (superDepth() - depth()) * tile.bytes()) + 2L * tile.columns();
    return 2 * rows * Math.min(roundUp(n, tile.lanes()), wide) * tile.bytes();
  }

  /** The most rows of packed A, which stays in the second-level cache. */
  int rows() {
    return 12 * tile.rows();
  }

  /** What a thread packs of A, and what the last store of it exceeds. */
  long bytesOfA() {
    return roundUp((long) rows() * depth() * tile.bytes(), 64) + 128;
  }

  /** The most that is packed of B. */
  long bytesOfB() {
    return 8 << 20;
  }

  /** The bytes of a matrix times a vector for each part of k, and the most parts. */
  static final long PART = 512 << 10;

  static final int MOST_PARTS = 8;

  /** The sums of the parts of a matrix times a vector, whose rows may be those of all batches. */
  private long bytesOfSums(long m, long n, long batch) {
    return Math.min(m, n) == 1 ? MOST_PARTS * Math.max(m * batch, n) * tile.bytes() : 0;
  }

  /** A scratch that is enough for a call. */
  long scratch(long m, long n, long k, long batch, int threads) {
    long deep = Math.max(1, Math.min(k, superDepth() + depth()));
    long panel = deep * tile.columns() * tile.bytes();
    long panels = (n + tile.columns() - 1) / tile.columns();
    long all = Math.max(panels * panel, bytesOfSums(m, n, batch));
    long shared = Math.max(panel, Math.min(all, bytesOfB()));
    long b = Math.max(shared, threads * Math.min(all, OWN_B));
    if (tile.dtype().isFloating() && k > farDepth() && Math.min(m, n) > 0) {
      b = Math.max(b, roomOfPart() + bytesOfTotals(m * batch, n));
    }
    return threads * bytesOfA() + roundUp(b, 64) + 64;
  }

  private static long roundUp(long n, long unit) {
    return (n + unit - 1) / unit * unit;
  }

  /** Whether A is used so few times that the kernels read it where it lies. */
  Val directA(Asm f, GemmSlots env) {
    return f.cmp("icmp sle", env.get(Gemm.N), i64((long) DIRECT_N * tile.columns()));
  }

  /** Whether B is used so few times, and has contiguous rows. */
  Val directB(Asm f, GemmSlots env) {
    Val unit = f.cmp("icmp eq", env.get(Gemm.B_COL), i64(tile.bytes()));
    Val few = f.cmp("icmp sle", env.get(Gemm.M), i64((long) DIRECT_M * tile.rows()));
    // Without masks, the last columns are packed with all the others.
    return tile.masks() ? f.op("and", unit, few) : Asm.i1(false);
  }
}
