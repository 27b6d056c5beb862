package dev.axial;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Whether two views of one storage can touch the same element. */
final class Overlap {
  private Overlap() {}

  /**
   * True if along some axis of the base they touch different places. What is traced may be
   * anywhere.
   */
  static boolean disjoint(View a, View b) {
    for (int k = 0; k < a.places().size(); k++) {
      int[] x = touched(a.places().get(k), a.base().dims().get(k).size());
      int[] y = touched(b.places().get(k), b.base().dims().get(k).size());
      if (x == null || y == null) {
        continue;
      }
      Arrays.sort(y);
      if (Arrays.stream(x).noneMatch(i -> Arrays.binarySearch(y, i) >= 0)) {
        return true;
      }
    }
    return false;
  }

  /** Where an index out of range reads. */
  private static int nearest(long index, int n) {
    return Math.clamp(View.wrapped(index, n), 0, Math.max(0, n - 1));
  }

  private static int @Nullable [] touched(View.Place p, int n) {
    return switch (p) {
      case View.Range r ->
          IntStream.range(0, r.size()).map(i -> r.start() + i * r.step()).toArray();
      case View.Fixed f -> new int[] {f.index()};
      case View.Moving m -> {
        if (!m.start().isConcrete()) {
          yield null;
        }
        int from = Plain.from(m);
        yield IntStream.range(0, m.size()).map(i -> from + i * m.step()).toArray();
      }
      case View.Index i ->
          i.index().isConcrete()
              ? Arrays.stream(i.index().toLongArray()).mapToInt(v -> nearest(v, n)).toArray()
              : null;
    };
  }
}
