package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Node;
import dev.axial.ir.Dim;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A point of the loops: an index for each axis, the number of lanes, and which of them count.
 * Values that were computed are remembered; a point inside of a loop sees those of the points
 * around it.
 */
final class Point {
  final Map<String, Idx> index;
  final int lanes;

  /** Which lanes count; null if all do. */
  final @Nullable Val mask;

  private final @Nullable Point outer;
  private final Map<Key, Val> known = new HashMap<>();

  private record Key(Node node, List<Idx> index) {}

  private Point(Map<String, Idx> index, int lanes, @Nullable Val mask, @Nullable Point outer) {
    this.index = index;
    this.lanes = lanes;
    this.mask = mask;
    this.outer = outer;
  }

  /** Outside of all loops. */
  static Point start() {
    return new Point(Map.of(), 1, null, null);
  }

  /** Inside of a loop. */
  Point in(Map<String, Idx> more) {
    var all = new LinkedHashMap<>(index);
    all.putAll(more);
    return new Point(all, lanes, mask, this);
  }

  /** Inside of a loop over vectors. */
  Point in(Map<String, Idx> more, int n, @Nullable Val m) {
    var all = new LinkedHashMap<>(index);
    all.putAll(more);
    return new Point(all, n, m, this);
  }

  private static Key key(Node n, Map<String, Idx> at) {
    var list = new ArrayList<Idx>();
    for (Dim d : n.type().dims()) {
      Idx i = at.get(d.name());
      if (i == null) {
        throw new dev.axial.AxialException(
            "internal error: no index for axis %s of %s".formatted(d, n.type()));
      }
      list.add(i);
    }
    return new Key(n, list);
  }

  @Nullable Val known(Node n, Map<String, Idx> at) {
    Key k = key(n, at);
    for (Point p = this; p != null; p = p.outer) {
      Val v = p.known.get(k);
      if (v != null) {
        return v;
      }
    }
    return null;
  }

  void remember(Node n, Map<String, Idx> at, Val v) {
    known.put(key(n, at), v);
  }
}
