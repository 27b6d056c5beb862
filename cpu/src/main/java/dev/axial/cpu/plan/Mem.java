package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Elements in a buffer: the address of one is the offset plus its index times the stride along each
 * axis, plus what the shifts say. An axis without a stride does not move the address.
 */
public record Mem(Buffer buffer, long offset, Map<String, Long> strides, List<Shift> shifts) {
  /**
   * An index that is known when the program runs. It wraps once and is clamped to [0, axis -
   * window].
   */
  public record Shift(Node index, int axis, int window, long stride) {}

  /** The elements of a type, row by row. */
  public static Mem rows(Buffer buffer, ArrayType t) {
    var strides = new LinkedHashMap<String, Long>();
    long[] s = t.strides();
    for (int k = 0; k < s.length; k++) {
      strides.put(t.dims().get(k).name(), s[k]);
    }
    return new Mem(buffer, 0, strides, List.of());
  }

  /** The stride along an axis; 0 if the address does not depend on it. */
  public long stride(String axis) {
    return strides.getOrDefault(axis, 0L);
  }

  /** Whether these are the elements of the type, row by row, from the start of the buffer. */
  public boolean isRows(ArrayType t) {
    if (offset != 0 || !shifts.isEmpty()) {
      return false;
    }
    long[] s = t.strides();
    for (int k = 0; k < s.length; k++) {
      Dim d = t.dims().get(k);
      if (d.size() > 1 && stride(d.name()) != s[k]) {
        return false;
      }
    }
    return true;
  }

  /** The same with other strides and offset. */
  Mem with(long newOffset, Map<String, Long> newStrides) {
    return new Mem(buffer, newOffset, newStrides, shifts);
  }
}
