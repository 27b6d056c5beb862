package dev.axial;

import dev.axial.interpreter.Block;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The short way for selections that are known: numbers and ranges of numbers. It makes the same
 * views as the long way in {@link View}, which has all kinds of selections and the messages. Most
 * eager accesses are of one element or row, and cost little beside what finds the element.
 */
final class Plain {
  /** Axes that a set in one word can hold; with more, the long way is taken. */
  private static final int MOST = 64;

  private Plain() {}

  /** A plain view with selections applied; null if some are of another kind or in error. */
  static @Nullable View select(View v, Selection[] selections) {
    List<Dim> axes = v.axes();
    int rank = axes.size();
    if (rank > MOST) {
      return null;
    }
    var next = v.places().toArray(View.Place[]::new);
    var becomes = axes.toArray(Dim[]::new);
    long seen = 0;
    long consumed = 0;
    int unnamed = 0;
    for (Selection s : selections) {
      var item = (Selections.Item) s;
      String name = item.axis();
      int at = name != null ? indexOf(axes, name) : unnamed++;
      if (item instanceof Selections.Ellipsis || at < 0 || at >= rank || (seen >> at & 1) != 0) {
        return null;
      }
      seen |= 1L << at;
      Dim d = axes.get(at);
      int k = own(v, d.name());
      if (k < 0) {
        return null;
      }
      var place = (View.Range) next[k];
      switch (item) {
        case Selections.One o -> {
          int i = o.index() < 0 ? o.index() + d.size() : o.index();
          if (i < 0 || i >= d.size()) {
            return null;
          }
          next[k] = new View.Fixed(place.start() + place.step() * i);
          consumed |= 1L << at;
        }
        case Selections.Span x -> {
          if (x.step() == 0) {
            return null;
          }
          View.Range cut = cut(x, d.size());
          next[k] = narrowed(place, cut.start(), cut.step(), cut.size());
          becomes[at] = new Dim(d.name(), cut.size());
        }
        case Selections.Window w -> {
          if (w.dynamic() != null || w.size() < 0 || w.size() > d.size()) {
            return null;
          }
          int wrapped = w.start() < 0 ? w.start() + d.size() : w.start();
          next[k] = narrowed(place, Math.clamp(wrapped, 0, d.size() - w.size()), 1, w.size());
          becomes[at] = new Dim(d.name(), w.size());
        }
        case Selections.Many _, Selections.StaticMany _, Selections.Mask _ -> {
          return null;
        }
        case Selections.Ellipsis _ -> throw new AxialException("internal error: an ellipsis");
      }
    }
    int left = 0;
    for (int k = 0; k < rank; k++) {
      if ((consumed >> k & 1) == 0) {
        becomes[left++] = becomes[k];
      }
    }
    List<Dim> dims = List.of(left == rank ? becomes : Arrays.copyOf(becomes, left));
    return new View(v.base(), List.of(next), dims, null, null, staged(v, selections));
  }

  /** What was selected, as a text that is made when an error needs it. */
  private record Staged(View before, Selection[] selections) {
    @Override
    public String toString() {
      return before.describe(selections);
    }
  }

  private static List<?> staged(View v, Selection[] selections) {
    var last = new Staged(v, selections);
    if (v.staged().isEmpty()) {
      return List.of(last);
    }
    Object[] all = Arrays.copyOf(v.staged().toArray(), v.staged().size() + 1, Object[].class);
    all[all.length - 1] = last;
    return Arrays.asList(all);
  }

  private static int indexOf(List<Dim> dims, String name) {
    for (int k = 0; k < dims.size(); k++) {
      if (dims.get(k).name().equals(name)) {
        return k;
      }
    }
    return -1;
  }

  /** The base axis that an axis of the view is. */
  private static int own(View v, String name) {
    int k = v.base().indexOf(name);
    return k >= 0 && v.places().get(k) instanceof View.Range ? k : -1;
  }

  /**
   * What a span selects of an axis, as Python's slices: negative numbers count from the end, and
   * what lies outside is cut off.
   */
  static View.Range cut(Selections.Span s, int n) {
    int step = s.step();
    Integer a = s.start();
    Integer b = s.stop();
    int low = step > 0 ? 0 : -1;
    int high = step > 0 ? n : n - 1;
    int start = a == null ? (step > 0 ? low : high) : Math.clamp(a < 0 ? a + n : a, low, high);
    int stop = b == null ? (step > 0 ? high : low) : Math.clamp(b < 0 ? b + n : b, low, high);
    long count = Math.ceilDiv((long) stop - start, (long) step);
    int size = (int) Math.max(count, 0);
    return new View.Range(start, stride(step, size), size);
  }

  /** A range of a range. */
  static View.Range narrowed(View.Range r, int start, int step, int size) {
    return new View.Range(
        size == 0 ? 0 : r.start() + r.step() * start, stride(r.step() * step, size), size);
  }

  /** Of one element or none the step means nothing; of more, products of steps are in range. */
  static int stride(int step, int size) {
    return size > 1 ? step : 1;
  }

  /**
   * Where the elements of a view lie now; null if its axes are in another order, or it has more
   * than numbers and ranges that are known and in range.
   */
  static @Nullable Block block(View v) {
    ArrayType base = v.base();
    List<Dim> axes = v.axes();
    var b = new Block.Maker(base.dtype(), axes.size());
    long stride = 1;
    int left = axes.size();
    for (int k = base.rank() - 1; k >= 0; k--) {
      Dim d = base.dims().get(k);
      switch (v.places().get(k)) {
        case View.Fixed f -> b.start(stride * f.index());
        case View.Range r -> {
          left--;
          if (left < 0 || !axes.get(left).name().equals(d.name())) {
            return null;
          }
          b.start(stride * r.start());
          b.axis(r.size(), stride * r.step());
        }
        case View.Moving m -> {
          left--;
          if (left < 0 || !axes.get(left).name().equals(d.name()) || !m.start().isConcrete()) {
            return null;
          }
          b.start(stride * from(m));
          b.axis(m.size(), stride * m.step());
        }
        case View.Index x -> {
          long i =
              x.index().rank() == 0 && x.index().isConcrete() ? known(x.index()) : -1 - d.size();
          i = View.wrapped(i, d.size());
          if (i < 0 || i >= d.size()) {
            return null; // what happens out of range depends on the access
          }
          b.start(stride * i);
        }
      }
      stride *= d.size();
    }
    return left == 0 ? b.make() : null;
  }

  /** Where a window starts whose start is known. */
  static int from(View.Moving m) {
    long i = known(m.start());
    return m.over() < 0 ? (int) i : Math.clamp(View.wrapped(i, m.over()), 0, m.over() - m.size());
  }

  private static long known(NamedArray scalar) {
    return scalar.store("a view").getLong(0);
  }
}
