package dev.axial.interpreter;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.ir.Op;
import dev.axial.numerics.Denormals;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Elements of a row-major array that lie at known places: from a start, along axes with strides.
 * Reading and writing them needs no plan and no indices, so an access of one element is one move.
 *
 * <p>Axes that continue each other are one. The innermost one is a run. The store whose memory is
 * read is kept reachable meanwhile, so that the pool does not give it to somebody else; that of a
 * reference is, by the storage whose lock the caller holds.
 */
public final class Block {
  /** A fill writes so many elements one by one, and copies them from there on. */
  private static final int PIECE = 64;

  private final DType dtype;
  private final long start;
  private final int size;
  private final int[] sizes;
  private final long[] strides;

  private Block(DType dtype, long start, int size, int[] sizes, long[] strides) {
    this.dtype = dtype;
    this.start = start;
    this.size = size;
    this.sizes = sizes;
    this.strides = strides;
  }

  /** Collects the axes, the innermost first. */
  public static final class Maker {
    private static final int[] NO_SIZES = {};
    private static final long[] NO_STRIDES = {};

    private final DType dtype;
    private final int[] sizes;
    private final long[] strides;
    private long start;
    private long size = 1;
    private int rank;

    /** For elements of a dtype, along so many axes at most. */
    public Maker(DType dtype, int axes) {
      this.dtype = dtype;
      sizes = axes == 0 ? NO_SIZES : new int[axes];
      strides = axes == 0 ? NO_STRIDES : new long[axes];
    }

    /** Moves the start by some elements. */
    public void start(long by) {
      start += by;
    }

    /** The next axis outwards. */
    public void axis(int n, long stride) {
      size *= n;
      if (n == 1) {
        return;
      }
      int in = sizes.length - rank;
      if (rank > 0 && stride == sizes[in] * strides[in]) {
        sizes[in] *= n;
        return;
      }
      rank++;
      sizes[in - 1] = n;
      strides[in - 1] = stride;
    }

    /** What was collected. */
    public Block make() {
      int skip = sizes.length - rank;
      return new Block(
          dtype,
          start,
          Store.checkLength(size),
          skip == 0 ? sizes : Arrays.copyOfRange(sizes, skip, sizes.length),
          skip == 0 ? strides : Arrays.copyOfRange(strides, skip, strides.length));
    }
  }

  /** What is done with a run: n elements from one place on, beside those of a row. */
  private interface Run {
    void run(long at, long step, int other, int n);
  }

  private void runs(Run run) {
    if (size == 0) {
      return;
    }
    int inner = sizes.length - 1;
    if (inner < 0) {
      run.run(start, 1, 0, 1);
      return;
    }
    int n = sizes[inner];
    int[] at = new int[inner];
    long base = start;
    for (int done = 0; done < size; done += n) {
      run.run(base, strides[inner], done, n);
      for (int d = inner - 1; d >= 0; d--) {
        base += strides[d];
        if (++at[d] < sizes[d]) {
          break;
        }
        base -= strides[d] * sizes[d];
        at[d] = 0;
      }
    }
  }

  /** The number of elements. */
  public int size() {
    return size;
  }

  /** Says which elements of the whole array a write may touch. */
  public void tell(Storage.Guard guard) {
    long first = start;
    long last = start;
    for (int d = 0; d < sizes.length; d++) {
      long reach = strides[d] * (sizes[d] - 1);
      first += Math.min(reach, 0);
      last += Math.max(reach, 0);
    }
    if (size > 0) {
      guard.writes(first, last + 1);
    }
  }

  // ---------------------------------------------------------------- reading

  /** A copy of the elements, in order. */
  public Store read(Store from) {
    try {
      return size == 1 ? element(from.segment()) : row(from.segment());
    } finally {
      Reference.reachabilityFence(from);
    }
  }

  private Store row(MemorySegment src) {
    Store out = Store.uninitialized(dtype, size);
    MemorySegment dst = out.segment();
    Object array = out.heap();
    runs((at, step, o, n) -> {
      if (step == 1 || array == null) {
        move(src, at, step, dst, o, 1, n);
      } else {
        gather(src, at, step, array, o, n);
      }
    });
    return out;
  }

  /** The same into a Java array, which is quicker to index than a segment of one. */
  private static void gather(MemorySegment src, long at, long step, Object array, int o, int n) {
    switch (array) {
      case short[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.getAtIndex(JAVA_SHORT, at + k * step);
        }
      }
      case float[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.getAtIndex(JAVA_FLOAT, at + k * step);
        }
      }
      case double[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.getAtIndex(JAVA_DOUBLE, at + k * step);
        }
      }
      case int[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.getAtIndex(JAVA_INT, at + k * step);
        }
      }
      case long[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.getAtIndex(JAVA_LONG, at + k * step);
        }
      }
      case byte[] a -> {
        for (int k = 0; k < n; k++) {
          a[o + k] = src.get(JAVA_BYTE, at + k * step);
        }
      }
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + array.getClass());
    }
  }

  private Store element(MemorySegment s) {
    Object array =
        switch (dtype) {
          case BFLOAT16, FLOAT16 -> new short[] {s.getAtIndex(JAVA_SHORT, start)};
          case FLOAT32 -> new float[] {s.getAtIndex(JAVA_FLOAT, start)};
          case FLOAT64 -> new double[] {s.getAtIndex(JAVA_DOUBLE, start)};
          case INT32, UINT32 -> new int[] {s.getAtIndex(JAVA_INT, start)};
          case INT64, KEY -> new long[] {s.getAtIndex(JAVA_LONG, start)};
          case BOOL -> new byte[] {s.get(JAVA_BYTE, start)};
        };
    return Store.of(dtype, array);
  }

  /** Copies the bits of n elements. */
  private void move(
      MemorySegment src, long at, long step, MemorySegment dst, long to, long by, int n) {
    int bytes = dtype.bytes();
    if (step == 1 && by == 1) {
      MemorySegment.copy(src, at * bytes, dst, to * bytes, (long) n * bytes);
      return;
    }
    switch (bytes) {
      case 2 -> {
        for (int k = 0; k < n; k++) {
          dst.setAtIndex(JAVA_SHORT, to + k * by, src.getAtIndex(JAVA_SHORT, at + k * step));
        }
      }
      case 4 -> {
        for (int k = 0; k < n; k++) {
          dst.setAtIndex(JAVA_INT, to + k * by, src.getAtIndex(JAVA_INT, at + k * step));
        }
      }
      case 8 -> {
        for (int k = 0; k < n; k++) {
          dst.setAtIndex(JAVA_LONG, to + k * by, src.getAtIndex(JAVA_LONG, at + k * step));
        }
      }
      default -> { // not over Op: booleans
        for (int k = 0; k < n; k++) {
          dst.set(JAVA_BYTE, to + k * by, src.get(JAVA_BYTE, at + k * step));
        }
      }
    }
  }

  // ---------------------------------------------------------------- writing

  /** Overwrites the elements by as many values, in order. */
  public void write(Store to, Store values) {
    MemorySegment src = values.segment();
    MemorySegment dst = to.segment();
    try {
      if (size == 1) {
        put(dst, start, get(src, 0));
      } else {
        runs((at, step, o, n) -> move(src, o, 1, dst, at, step, n));
      }
    } finally {
      Reference.reachabilityFence(values);
    }
  }

  /** Overwrites each element by one value. */
  public void fill(Store to, Store value) {
    fill(to, get(value.segment(), 0));
  }

  /** Overwrites each element by a constant of its dtype. */
  public void fill(Store to, Op.Const value) {
    fill(to, bits(value));
  }

  private void fill(Store to, long bits) {
    MemorySegment dst = to.segment();
    if (size == 1) {
      put(dst, start, bits);
      return;
    }
    runs((at, step, _, n) -> {
      int by = step == 1 ? Math.min(n, PIECE) : n;
      for (int k = 0; k < by; k++) {
        put(dst, at + k * step, bits);
      }
      for (int done = by; done < n; done += by) {
        by = Math.min(done, n - done);
        move(dst, at, 1, dst, at + done, 1, by);
      }
    });
  }

  private static long bits(Op.Const c) {
    return switch (c.dtype()) {
      case BFLOAT16, FLOAT16 -> Half.nearest(c.dtype(), c.doubleValue());
      case FLOAT32 -> Float.floatToRawIntBits((float) c.doubleValue());
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> c.bits();
    };
  }

  private long get(MemorySegment src, long at) {
    return switch (dtype.bytes()) {
      case 2 -> src.getAtIndex(JAVA_SHORT, at);
      case 4 -> src.getAtIndex(JAVA_INT, at);
      case 8 -> src.getAtIndex(JAVA_LONG, at);
      default -> src.get(JAVA_BYTE, at); // not over Op: booleans
    };
  }

  private void put(MemorySegment dst, long at, long bits) {
    switch (dtype.bytes()) {
      case 2 -> dst.setAtIndex(JAVA_SHORT, at, (short) bits);
      case 4 -> dst.setAtIndex(JAVA_INT, at, (int) bits);
      case 8 -> dst.setAtIndex(JAVA_LONG, at, bits);
      default -> dst.set(JAVA_BYTE, at, (byte) bits); // not over Op: booleans
    }
  }

  // ---------------------------------------------------------------- combining

  /** Combines each element with one value. */
  public void combineEach(Fn.Combine fn, Store to, Store value) {
    combineEach(fn, to, get(value.segment(), 0));
  }

  /** Combines each element with a constant of their dtype. */
  public void combineEach(Fn.Combine fn, Store to, Op.Const value) {
    combineEach(fn, to, bits(value));
  }

  private void combineEach(Fn.Combine fn, Store to, long bits) {
    MemorySegment dst = to.segment();
    if (size == 1) {
      put(dst, start, combined(fn, get(dst, start), bits));
      return;
    }
    runs((at, step, _, n) -> {
      for (int k = 0; k < n; k++) {
        put(dst, at + k * step, combined(fn, get(dst, at + k * step), bits));
      }
    });
  }

  private long combined(Fn.Combine fn, long a, long b) {
    if (fn == Fn.Combine.ADD) {
      return sum(a, b);
    }
    Fn.Binary f = fn.of(dtype);
    return switch (dtype) {
      case BFLOAT16, FLOAT16 -> Scalars.half(f, dtype, (short) a, (short) b);
      case FLOAT32 ->
          Float.floatToRawIntBits(
              Scalars.real(f, Float.intBitsToFloat((int) a), Float.intBitsToFloat((int) b)));
      case FLOAT64 ->
          Double.doubleToRawLongBits(
              Scalars.real(f, Double.longBitsToDouble(a), Double.longBitsToDouble(b)));
      case INT32, UINT32, BOOL ->
          Scalars.integer(f, dtype == DType.UINT32).applyAsInt((int) a, (int) b);
      case INT64, KEY -> Scalars.integer(f).applyAsLong(a, b);
    };
  }

  private long sum(long a, long b) {
    return switch (dtype) {
      case BFLOAT16, FLOAT16 -> Scalars.half(Fn.Binary.ADD, dtype, (short) a, (short) b);
      case FLOAT32 ->
          Float.floatToRawIntBits(
              Denormals.sum(Float.intBitsToFloat((int) a), Float.intBitsToFloat((int) b)));
      case FLOAT64 ->
          Double.doubleToRawLongBits(
              Denormals.sum(Double.longBitsToDouble(a), Double.longBitsToDouble(b)));
      case INT32, UINT32, INT64, KEY -> a + b;
      case BOOL -> a | b;
    };
  }

  /** Combines the elements with as many values, in order. */
  public void combine(Fn.Combine fn, Store to, Store values) {
    if (size == 1) {
      combineEach(fn, to, values);
      return;
    }
    MemorySegment src = values.segment();
    MemorySegment dst = to.segment();
    try {
      if (fn == Fn.Combine.ADD) {
        addRuns(src, dst);
      } else {
        runs((at, step, o, n) -> {
          for (int k = 0; k < n; k++) {
            put(dst, at + k * step, combined(fn, get(dst, at + k * step), get(src, o + k)));
          }
        });
      }
    } finally {
      Reference.reachabilityFence(values);
    }
  }

  private void addRuns(MemorySegment src, MemorySegment dst) {
    runs((at, step, o, n) -> {
      switch (dtype) {
        case BFLOAT16, FLOAT16 -> {
          for (int k = 0; k < n; k++) {
            short there = dst.getAtIndex(JAVA_SHORT, at + k * step);
            short sum =
                Scalars.half(Fn.Binary.ADD, dtype, there, src.getAtIndex(JAVA_SHORT, o + k));
            dst.setAtIndex(JAVA_SHORT, at + k * step, sum);
          }
        }
        case FLOAT32 -> {
          for (int k = 0; k < n; k++) {
            float sum =
                Denormals.sum(
                    dst.getAtIndex(JAVA_FLOAT, at + k * step), src.getAtIndex(JAVA_FLOAT, o + k));
            dst.setAtIndex(JAVA_FLOAT, at + k * step, sum);
          }
        }
        case FLOAT64 -> {
          for (int k = 0; k < n; k++) {
            double sum =
                Denormals.sum(
                    dst.getAtIndex(JAVA_DOUBLE, at + k * step), src.getAtIndex(JAVA_DOUBLE, o + k));
            dst.setAtIndex(JAVA_DOUBLE, at + k * step, sum);
          }
        }
        case INT32, UINT32 -> {
          for (int k = 0; k < n; k++) {
            int sum = dst.getAtIndex(JAVA_INT, at + k * step) + src.getAtIndex(JAVA_INT, o + k);
            dst.setAtIndex(JAVA_INT, at + k * step, sum);
          }
        }
        case INT64, KEY -> {
          for (int k = 0; k < n; k++) {
            long sum = dst.getAtIndex(JAVA_LONG, at + k * step) + src.getAtIndex(JAVA_LONG, o + k);
            dst.setAtIndex(JAVA_LONG, at + k * step, sum);
          }
        }
        case BOOL -> { // or
          for (int k = 0; k < n; k++) {
            int any = dst.get(JAVA_BYTE, at + k * step) | src.get(JAVA_BYTE, o + k);
            dst.set(JAVA_BYTE, at + k * step, (byte) any);
          }
        }
      }
    });
  }
}
