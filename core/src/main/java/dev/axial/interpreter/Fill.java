package dev.axial.interpreter;

import dev.axial.DType;
import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One number everywhere, or 0, 1, 2, …: large arrays of these are written straight into native
 * memory, piece by piece. Nothing of their size is on the Java heap, or stays with the code.
 */
public final class Fill implements Executable {
  /** Elements of a piece. */
  private static final int PIECE = 1 << 12;

  private final ArrayType type;
  private final boolean counts;

  private Fill(ArrayType type, boolean counts) {
    this.type = type;
    this.counts = counts;
  }

  /** The code of a program that makes such an array and nothing else; null for any other. */
  public static @Nullable Fill of(Program p) {
    if (p.equations().size() != 1 || p.outputs().size() != 1) {
      return null;
    }
    Equation e = p.equations().getFirst();
    ArrayType t = p.outputs().getFirst().array();
    boolean counts = e.op() instanceof Op.Iota;
    boolean fills = e.op() instanceof Op.Broadcast && e.in().getFirst().array().isScalar();
    boolean large = t.size() * t.dtype().bytes() >= Store.NATIVE_FROM;
    return large && (counts || fills) && p.outputs().equals(e.out()) ? new Fill(t, counts) : null;
  }

  @Override
  public List<Object> call(List<Object> inputs) {
    Store out = Store.uninitialized(type.dtype(), type.size());
    try {
      if (counts) {
        count(out);
      } else {
        repeat((Store) inputs.getFirst(), out);
      }
      return List.of(out);
    } finally {
      Reference.reachabilityFence(out);
    }
  }

  private static void count(Store out) {
    DType t = out.dtype();
    pieces(
        out,
        (from, n) -> {
          var numbers = new int[n];
          for (int k = 0; k < n; k++) {
            numbers[k] = (int) from + k;
          }
          return t.isHalf()
              ? Elementwise.cast(
                  DType.FLOAT32, t, Elementwise.cast(DType.INT32, DType.FLOAT32, numbers))
              : Elementwise.cast(DType.INT32, t, numbers);
        });
  }

  /** What makes the elements of a piece from its first one on. */
  private interface Piece {
    Object of(long from, int n);
  }

  private static void pieces(Store out, Piece piece) {
    int bytes = out.dtype().bytes();
    for (long from = 0; from < out.size(); from += PIECE) {
      int n = (int) Math.min(PIECE, out.size() - from);
      MemorySegment.copy(
          Store.heapSegment(piece.of(from, n)), 0, out.segment(), from * bytes, (long) n * bytes);
    }
  }

  /**
   * Numbers at equal distances, of float32 or float64: with f = k / (n - 1) for k in 0, 1, …, it is
   * f stop + (1 - f) start, each step rounded to the dtype.
   */
  public static Store spaced(DType t, int n, double start, double stop) {
    Store out = Store.uninitialized(t, n);
    try {
      pieces(
          out,
          t == DType.FLOAT32
              ? (from, m) -> floats((int) from, m, n - 1, (float) start, (float) stop)
              : (from, m) -> doubles((int) from, m, n - 1, start, stop));
      return out;
    } finally {
      Reference.reachabilityFence(out);
    }
  }

  private static float[] floats(int from, int n, float last, float start, float stop) {
    var out = new float[n];
    for (int k = 0; k < n; k++) {
      float f = (float) (from + k) / last;
      out[k] = f * stop + (-f + 1) * start;
    }
    return out;
  }

  private static double[] doubles(int from, int n, double last, double start, double stop) {
    var out = new double[n];
    for (int k = 0; k < n; k++) {
      double f = (from + k) / last;
      out[k] = f * stop + (-f + 1) * start;
    }
    return out;
  }

  private static void repeat(Store one, Store out) {
    boolean counted = one.use();
    try {
      MemorySegment to = out.segment();
      long bytes = out.size() * out.dtype().bytes();
      MemorySegment.copy(one.segment(), 0, to, 0, out.dtype().bytes());
      long done = out.dtype().bytes();
      while (done < bytes) { // twice as much each time, of what is in the nearest cache
        long n = Math.min(Math.min(done, (long) PIECE * out.dtype().bytes()), bytes - done);
        MemorySegment.copy(to, 0, to, done, n);
        done += n;
      }
    } finally {
      one.done(counted);
    }
  }
}
