package dev.axial.ir;

import dev.axial.AxialException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * Which elements an indexing operation touches: at most one selector for each axis, and whether a
 * boolean mask follows the index operands. Operands: one for each dynamic selector, then the mask.
 */
public record Access(List<Sel> sels, boolean masked) {
  /** The whole array. */
  public static final Access ALL = new Access(List.of(), false);

  /** Copies the list. */
  public Access {
    sels = List.copyOf(sels);
  }

  /** The number of operands. */
  public int operands() {
    int n = masked ? 1 : 0;
    for (Sel s : sels) {
      n += s.dynamic() ? 1 : 0;
    }
    return n;
  }

  public Access withMask() {
    return masked ? this : new Access(sels, true);
  }

  /**
   * The type of the selection. Axes of index operands are aligned by name with each other and with
   * the axes that stay; new ones stand where the first consumed axis stood.
   */
  public ArrayType result(ArrayType of, List<Type> operands) {
    if (operands.size() != operands()) {
      throw new AxialException("%d operands for the access %s".formatted(operands.size(), this));
    }
    var bySel = new HashMap<String, Sel>();
    for (Sel s : sels) {
      Dim d = of.dim(s.axis());
      if (bySel.put(s.axis(), s) != null) {
        throw new AxialException("axis '%s' is selected twice".formatted(s.axis()));
      }
      if (s instanceof Sel.Window w && w.size() > 0) {
        long last = w.start() + (long) w.step() * (w.size() - 1);
        if (w.start() < 0 || w.start() >= d.size() || last < 0 || last >= d.size()) {
          throw new AxialException("window %s leaves axis %s".formatted(w, d));
        }
      }
      if (s instanceof Sel.Window w && w.size() < 0) {
        throw new AxialException("a window of %d along axis %s".formatted(w.size(), d));
      }
      if (s instanceof Sel.Ds w && (w.size() < 0 || w.size() > d.size())) {
        throw new AxialException("a window of %d does not fit axis %s".formatted(w.size(), d));
      }
    }
    var rest = new ArrayList<Dim>();
    int at = -1;
    for (Dim d : of.dims()) {
      switch (bySel.get(d.name())) {
        case null -> rest.add(d);
        case Sel.Window w -> rest.add(new Dim(d.name(), w.size()));
        case Sel.Ds w -> rest.add(new Dim(d.name(), w.size()));
        case Sel.At _ -> at = at < 0 ? rest.size() : at;
      }
    }
    ArrayType stays = of.with(rest);
    ArrayType fresh = of.with(List.of());
    int k = 0;
    for (Sel s : sels) {
      if (!s.dynamic()) {
        continue;
      }
      ArrayType index = TypeRules.arr(operands, k++);
      if (!index.dtype().isInteger()) {
        throw new AxialException(
            "an index has dtype %s; integers are expected".formatted(index.dtype()));
      }
      fresh = fresh.union(newDims(of, stays, index));
    }
    if (masked) {
      fresh = fresh.union(newDims(of, stays, TypeRules.arr(operands, k)));
    }
    if (fresh.isScalar()) {
      return stays;
    }
    rest.addAll(Math.max(at, 0), fresh.dims());
    return of.with(rest);
  }

  private static ArrayType newDims(ArrayType of, ArrayType stays, ArrayType index) {
    var out = new ArrayList<Dim>();
    for (Dim d : index.dims()) {
      if (!stays.has(d.name())) {
        out.add(d);
      } else if (stays.dim(d.name()).size() != d.size()) {
        throw new AxialException(
            "index axis %s is aligned with axis %s, and their sizes differ"
                .formatted(d, stays.dim(d.name())));
      }
    }
    return of.with(out);
  }
}
