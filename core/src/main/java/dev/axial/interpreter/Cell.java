package dev.axial.interpreter;

import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.Fn;
import dev.axial.numerics.Denormals;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The contents of a reference, or of an array that is read where it lies. */
final class Cell {
  final DType dtype;
  final long length;
  private final @Nullable Object array;
  private final MemorySegment segment;

  private Cell(DType dtype, long length, @Nullable Object array, MemorySegment segment) {
    this.dtype = dtype;
    this.length = length;
    this.array = array;
    this.segment = segment;
  }

  static Cell of(DType t, Object array) {
    return new Cell(t, Store.length(array), array, Store.heapSegment(array));
  }

  static Cell of(Store s) {
    return new Cell(s.dtype(), s.size(), s.heap(), s.segment());
  }

  /** All elements as a Java array, which the caller must not write. */
  Object toArray(boolean mayShare) {
    if (array != null) {
      return mayShare ? array : Store.cloneArray(array);
    }
    Object out = Store.newArray(dtype, length);
    MemorySegment.copy(segment, 0, Store.heapSegment(out), 0, length * dtype.bytes());
    return out;
  }

  /** dst[o…] = this[at + k step]. */
  void read(long at, int step, Object dst, int o, int n) {
    if (array != null) {
      if (step == 1) {
        System.arraycopy(array, (int) at, dst, o, n);
      } else {
        Elementwise.strided(array, (int) at, step, dst, o, 1, n);
      }
    } else if (step == 1) {
      copyFrom(at, dst, o, n);
    } else {
      for (int k = 0; k < n; k++) {
        copyFrom(at + (long) k * step, dst, o + k, 1);
      }
    }
  }

  /** this[at + k step] = src[o + k from]. */
  void write(long at, int step, Object src, int o, int from, int n) {
    if (array != null) {
      if (step == 1 && from == 1) {
        System.arraycopy(src, o, array, (int) at, n);
      } else {
        Elementwise.strided(src, o, from, array, (int) at, step, n);
      }
    } else if (step == 1 && from == 1) {
      copyTo(at, src, o, n);
    } else {
      for (int k = 0; k < n; k++) {
        copyTo(at + (long) k * step, src, o + k * from, 1);
      }
    }
  }

  /** this[at + k step] = fn(this[at + k step], src[o + k from]). */
  void combine(Fn.Combine fn, long at, int step, Object src, int o, int from, int n) {
    if (array != null) {
      combineArray(fn, array, (int) at, step, src, o, from, n);
      return;
    }
    Object dst = Store.newArray(dtype, n);
    read(at, step, dst, 0, n);
    combineArray(fn, dst, 0, 1, src, o, from, n);
    write(at, step, dst, 0, 1, n);
  }

  private void combineArray(
      Fn.Combine fn, Object dst, int at, int step, Object src, int o, int from, int n) {
    if (fn == Fn.Combine.ADD) {
      addArray(dst, at, step, src, o, from, n);
      return;
    }
    Fn.Binary f = fn.of(dtype);
    switch (dst) {
      case short[] d -> {
        short[] s = (short[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] = Scalars.half(f, dtype, d[at + k * step], s[o + k * from]);
        }
      }
      case float[] d -> {
        float[] s = (float[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] = Scalars.real(f, d[at + k * step], s[o + k * from]);
        }
      }
      case double[] d -> {
        double[] s = (double[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] = Scalars.real(f, d[at + k * step], s[o + k * from]);
        }
      }
      case int[] d -> {
        int[] s = (int[]) src;
        var g = Scalars.integer(f, dtype == DType.UINT32);
        for (int k = 0; k < n; k++) {
          d[at + k * step] = g.applyAsInt(d[at + k * step], s[o + k * from]);
        }
      }
      case long[] d -> {
        long[] s = (long[]) src;
        var g = Scalars.integer(f);
        for (int k = 0; k < n; k++) {
          d[at + k * step] = g.applyAsLong(d[at + k * step], s[o + k * from]);
        }
      }
      case byte[] d -> { // booleans
        byte[] s = (byte[]) src;
        var g = Scalars.integer(f, false);
        for (int k = 0; k < n; k++) {
          d[at + k * step] = (byte) g.applyAsInt(d[at + k * step], s[o + k * from]);
        }
      }
      default -> // not over Op: an array of any type
          throw new dev.axial.AxialException("internal error: " + dst.getClass());
    }
  }

  private void addArray(Object dst, int at, int step, Object src, int o, int from, int n) {
    switch (dst) {
      case short[] d -> {
        short[] s = (short[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] = Scalars.half(Fn.Binary.ADD, dtype, d[at + k * step], s[o + k * from]);
        }
      }
      case float[] d -> {
        float[] s = (float[]) src;
        if (step == 1 && from == 1) {
          for (int k = 0; k < n; k++) {
            d[at + k] = Denormals.sum(d[at + k], s[o + k]);
          }
        } else {
          for (int k = 0; k < n; k++) {
            d[at + k * step] = Denormals.sum(d[at + k * step], s[o + k * from]);
          }
        }
      }
      case double[] d -> {
        double[] s = (double[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] = Denormals.sum(d[at + k * step], s[o + k * from]);
        }
      }
      case int[] d -> {
        int[] s = (int[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] += s[o + k * from];
        }
      }
      case long[] d -> {
        long[] s = (long[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] += s[o + k * from];
        }
      }
      case byte[] d -> { // booleans: or
        byte[] s = (byte[]) src;
        for (int k = 0; k < n; k++) {
          d[at + k * step] |= s[o + k * from];
        }
      }
      default -> // not over Op: an array of any type
          throw new dev.axial.AxialException("internal error: " + dst.getClass());
    }
  }

  private void copyFrom(long at, Object dst, int o, int n) {
    switch (dst) {
      case short[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_SHORT, at * 2L, d, o, n);
      case float[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, at * 4L, d, o, n);
      case double[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_DOUBLE, at * 8L, d, o, n);
      case int[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_INT, at * 4L, d, o, n);
      case long[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_LONG, at * 8L, d, o, n);
      case byte[] d -> MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, at, d, o, n);
      default -> // not over Op: an array of any type
          throw new dev.axial.AxialException("internal error: " + dst.getClass());
    }
  }

  private void copyTo(long at, Object src, int o, int n) {
    switch (src) {
      case short[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_SHORT, at * 2L, n);
      case float[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_FLOAT, at * 4L, n);
      case double[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_DOUBLE, at * 8L, n);
      case int[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_INT, at * 4L, n);
      case long[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_LONG, at * 8L, n);
      case byte[] s -> MemorySegment.copy(s, o, segment, ValueLayout.JAVA_BYTE, at, n);
      default -> // not over Op: an array of any type
          throw new dev.axial.AxialException("internal error: " + src.getClass());
    }
  }
}
