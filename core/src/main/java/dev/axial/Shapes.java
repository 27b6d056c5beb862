package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Functions that change the form of arrays, written on the primitive operations. */
final class Shapes {
  private Shapes() {}

  static NamedArray rearrange(NamedArray x, List<String> order) {
    if (order.size() != x.rank() || !new HashSet<>(order).equals(new HashSet<>(x.type().names()))) {
      throw Errors.error(
          "rearrange names the axes %s; the array has %s. Name each axis once.",
          order, Errors.axes(x.type().dims()));
    }
    return Ops.broadcast(x, order.stream().map(x.type()::dim).toList());
  }

  static NamedArray flatten(NamedArray x, String to, List<String> axes) {
    if (axes.isEmpty()) {
      throw Errors.error("flattenAxes to '%s' needs at least one axis.", to);
    }
    Ops.reduced(x, axes);
    if (x.hasAxis(to) && !axes.contains(to)) {
      throw Errors.error(
          "flattenAxes to '%s': the array %s has another axis of that name.",
          to, Errors.type(x.type()));
    }
    long n = ArrayType.elements(axes.stream().map(x.type()::dim).toList());
    if (n > Integer.MAX_VALUE) {
      throw Errors.tooLong("flattenAxes to '%s' of %s".formatted(to, Errors.type(x.type())), n);
    }
    return Ops.emit(new Op.Merge(axes, to), x);
  }

  static NamedArray unflatten(NamedArray x, String axis, Axis... to) {
    Ops.reduced(x, List.of(axis));
    long n = ArrayType.elements(Axis.dims(to));
    for (Axis a : to) {
      if (x.hasAxis(a.name()) && !a.name().equals(axis)) {
        throw Errors.error(
            "unflattenAxis to '%s': the array %s has another axis of that name.",
            a.name(), Errors.type(x.type()));
      }
    }
    if (n != x.type().dim(axis).size()) {
      throw Errors.error(
          "axis '%s' of size %d cannot become %s, which hold %d. Give axes whose sizes multiply to %d.",
          axis,
          x.type().dim(axis).size(),
          Errors.axes(Axis.dims(to)),
          n,
          x.type().dim(axis).size());
    }
    return Ops.emit(new Op.Split(axis, Axis.dims(to)), x);
  }

  static NamedArray concatenate(String axis, List<NamedArray> xs) {
    if (xs.isEmpty()) {
      throw Errors.error("concatenate along '%s' needs at least one array.", axis);
    }
    NamedArray first = xs.getFirst();
    DType t = first.dtype();
    for (NamedArray x : xs) {
      Ops.reduced(x, List.of(axis));
      t = t == x.dtype() ? t : DType.promote(t, x.dtype());
      ArrayType rest = x.type().without(axis);
      if (!rest.sameDims(first.type().without(axis).with(rest.dtype()))) {
        throw Errors.error(
            "concatenate along '%s': the other axes must be the same; got %s and %s.",
            axis, Errors.type(first.type()), Errors.type(x.type()));
      }
    }
    long n = xs.stream().mapToLong(x -> x.type().dim(axis).size()).sum();
    if (n > Integer.MAX_VALUE) {
      throw Errors.tooLong("concatenate along '%s'".formatted(axis), n);
    }
    DType to = t;
    return Ops.emit(new Op.Concat(axis), xs.stream().map(x -> Ops.cast(x, to)).toList());
  }

  static NamedArray stack(Axis axis, List<NamedArray> xs) {
    if (xs.size() != axis.size()) {
      throw Errors.error("stack along %s needs %d arrays; got %d.", axis, axis.size(), xs.size());
    }
    return concatenate(
        axis.name(), xs.stream().map(x -> Axial.broadcast(x, axis.resize(1))).toList());
  }

  static NamedArray pad(NamedArray x, String axis, int lo, int hi, NamedArray value) {
    Ops.reduced(x, List.of(axis));
    if (lo < 0 || hi < 0) {
      throw Errors.error(
          "pad along '%s' by %d and %d: the numbers are at least 0. Use range to drop elements.",
          axis, lo, hi);
    }
    var parts = new ArrayList<NamedArray>();
    if (lo > 0) {
      parts.add(filler(x, axis, lo, value));
    }
    parts.add(x);
    if (hi > 0) {
      parts.add(filler(x, axis, hi, value));
    }
    return parts.size() == 1 ? x : concatenate(axis, parts);
  }

  private static NamedArray filler(NamedArray x, String axis, int n, NamedArray value) {
    List<Dim> dims =
        x.type().dims().stream().map(d -> d.name().equals(axis) ? new Dim(axis, n) : d).toList();
    return Ops.broadcast(value, dims);
  }

  static NamedArray roll(NamedArray x, int shift, String axis) {
    Ops.reduced(x, List.of(axis));
    int n = x.type().dim(axis).size();
    int k = n == 0 ? 0 : Math.floorMod(shift, n);
    if (k == 0) {
      return x;
    }
    NamedArray tail = x.get(new Selections.Span(axis, n - k, n, 1));
    return concatenate(axis, List.of(tail, x.get(new Selections.Span(axis, 0, n - k, 1))));
  }

  /** out[…, j] = x[…, index[…, j]]; the other axes are aligned by name. */
  static NamedArray takeAlong(NamedArray x, String axis, NamedArray index) {
    Ops.reduced(x, List.of(axis));
    if (!index.dtype().isInteger()) {
      throw Errors.indexDtype(axis, index);
    }
    for (Dim d : index.type().dims()) {
      if (!d.name().equals(axis)
          && x.type().has(d.name())
          && x.type().dim(d.name()).size() != d.size()) {
        throw Errors.indexAxisSize(d, x.type().dim(d.name()));
      }
    }
    var access = new Access(List.of(new Sel.At(axis)), false);
    NamedArray out = Ops.emit(new Op.Index(access, Mode.CLAMP), x, index);
    if (!index.hasAxis(axis)
        || !out.type().sameDims(x.type().with(List.of()).with(out.type().dims()))) {
      return out;
    }
    var order = new ArrayList<Dim>();
    for (Dim d : x.type().dims()) {
      order.add(out.type().dim(d.name()));
    }
    for (Dim d : out.type().dims()) {
      if (!x.type().has(d.name())) {
        order.add(d);
      }
    }
    return Ops.broadcast(out, order);
  }

  /** By halving, all values at once: after each step the answer lies in the next smaller window. */
  static NamedArray searchSorted(NamedArray sorted, String axis, NamedArray values) {
    Ops.reduced(sorted, List.of(axis));
    int n = sorted.type().dim(axis).size();
    NamedArray at = Ops.broadcast(Ops.constant(DType.INT32, 0L), values.type().dims());
    for (int step = Integer.highestOneBit(n); step > 0; step /= 2) {
      NamedArray next = at.plus(step);
      NamedArray last = sorted.get(new Selections.Many(axis, Axial.minimum(next, n).minus(1)));
      // Below the value in the order of sort, in which NaN comes last.
      NamedArray below = last.ge(values).not().and(last.eq(last));
      at = Axial.where(next.le(n).and(below), next, at);
    }
    return at;
  }

  /** The product along one axis by halves, so that its derivative needs no division. */
  static NamedArray product(NamedArray x, String axis) {
    NamedArray y = x;
    int n = x.type().dim(axis).size();
    if (n == 0) {
      return Ops.broadcast(Ops.constant(x.dtype(), 1L), x.type().without(axis).dims());
    }
    while (n > 1) {
      int half = n / 2;
      NamedArray a = y.get(new Selections.Span(axis, 0, half, 1));
      NamedArray b = y.get(new Selections.Span(axis, half, 2 * half, 1));
      NamedArray ab = a.times(b);
      y =
          n % 2 == 0
              ? ab
              : concatenate(axis, List.of(ab, y.get(new Selections.Span(axis, n - 1, n, 1))));
      n = y.type().dim(axis).size();
    }
    return y.get(new Selections.One(axis, 0));
  }

  /** Running results of an associative function, in log2(n) steps (Hillis and Steele, 1986). */
  static NamedArray running(Fn.Binary f, NamedArray x, String axis) {
    Ops.reduced(x, List.of(axis));
    int n = x.type().dim(axis).size();
    NamedArray y = x;
    for (int k = 1; k < n; k *= 2) {
      NamedArray head = y.get(new Selections.Span(axis, 0, k, 1));
      NamedArray early = y.get(new Selections.Span(axis, 0, n - k, 1));
      NamedArray late = y.get(new Selections.Span(axis, k, n, 1));
      y = concatenate(axis, List.of(head, Ops.binary(f, early, late)));
    }
    return y;
  }

  static NamedArray fromSegment(MemorySegment bytes, DType t, List<Dim> dims) {
    var type = new ArrayType(t, dims);
    if (bytes.byteSize() != type.size() * t.bytes()) {
      throw Errors.error(
          "a segment of %d bytes was given for %s, which needs %d.",
          bytes.byteSize(), Errors.type(type), type.size() * t.bytes());
    }
    Object a = Store.newArray(t, type.size());
    MemorySegment.copy(bytes, 0, Store.heapSegment(a), 0, bytes.byteSize());
    return NamedArray.concrete(type, Store.of(t, a));
  }
}
