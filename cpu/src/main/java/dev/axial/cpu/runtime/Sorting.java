package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.ArrayType;
import java.lang.foreign.MemorySegment;

/**
 * Stable order along an axis: keys whose order as unsigned numbers is that of the elements, sorted
 * by digits of 11 bits. NaN comes last and zeros are equal.
 */
final class Sorting {
  private static final int DIGIT = 11;

  private Sorting() {}

  static void order(
      ArrayType t, String axis, boolean descending, MemorySegment from, MemorySegment to) {
    int at = t.indexOf(axis);
    int n = t.dims().get(at).size();
    int step = (int) t.strides()[at];
    if (n == 0 || t.size() == 0) {
      return;
    }
    int outer = (int) (t.size() / n / step);
    int bits = t.dtype() == DType.BOOL ? 1 : t.dtype().bytes() * 8;
    var keys = new long[n];
    var other = new long[n];
    var order = new int[n];
    var spare = new int[n];
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < step; i++) {
        int start = o * n * step + i;
        for (int k = 0; k < n; k++) {
          long v = key(t.dtype(), from, start + (long) k * step);
          keys[k] = descending ? ~v & mask(bits) : v;
          order[k] = k;
        }
        int[] sorted = sort(keys, other, order, spare, n, bits);
        for (int k = 0; k < n; k++) {
          to.setAtIndex(JAVA_INT, start + (long) k * step, sorted[k]);
        }
      }
    }
  }

  private static long mask(int bits) {
    return bits == 64 ? -1 : (1L << bits) - 1;
  }

  private static long key(DType t, MemorySegment from, long k) {
    return switch (t) {
      case BFLOAT16, FLOAT16 -> throw new AxialException("internal error: the order of " + t);
      case FLOAT32 -> {
        int b = from.getAtIndex(JAVA_INT, k);
        if ((b & 0x7fffffff) > 0x7f800000) {
          yield 0xffffffffL;
        }
        b = b << 1 == 0 ? 0 : b;
        yield (b < 0 ? ~b : b | 0x80000000) & 0xffffffffL;
      }
      case FLOAT64 -> {
        long b = from.getAtIndex(JAVA_LONG, k);
        if ((b & Long.MAX_VALUE) > 0x7ff0000000000000L) {
          yield -1L;
        }
        b = b << 1 == 0 ? 0 : b;
        yield b < 0 ? ~b : b | Long.MIN_VALUE;
      }
      case INT32 -> (from.getAtIndex(JAVA_INT, k) ^ 0x80000000) & 0xffffffffL;
      case UINT32 -> from.getAtIndex(JAVA_INT, k) & 0xffffffffL;
      case INT64, KEY -> from.getAtIndex(JAVA_LONG, k) ^ Long.MIN_VALUE;
      case BOOL -> from.get(JAVA_BYTE, k) & 1;
    };
  }

  /** Sorts keys and order together; gives the order, in one of the two arrays. */
  private static int[] sort(long[] keys, long[] other, int[] order, int[] spare, int n, int bits) {
    long[] a = keys;
    long[] b = other;
    int[] p = order;
    int[] q = spare;
    var counts = new int[1 << DIGIT];
    for (int shift = 0; shift < bits; shift += DIGIT) {
      java.util.Arrays.fill(counts, 0);
      for (int k = 0; k < n; k++) {
        counts[digit(a[k], shift)]++;
      }
      if (counts[digit(a[0], shift)] == n) {
        continue; // all alike in this digit
      }
      int sum = 0;
      for (int k = 0; k < counts.length; k++) {
        int c = counts[k];
        counts[k] = sum;
        sum += c;
      }
      for (int k = 0; k < n; k++) {
        int to = counts[digit(a[k], shift)]++;
        b[to] = a[k];
        q[to] = p[k];
      }
      long[] c = a;
      a = b;
      b = c;
      int[] d = p;
      p = q;
      q = d;
    }
    return p;
  }

  private static int digit(long key, int shift) {
    return (int) (key >>> shift) & ((1 << DIGIT) - 1);
  }
}
