package dev.axial;

import dev.axial.engine.Store;
import dev.axial.html.Selected;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** Where the elements of a view lie in its base, as far as eager code knows it. */
final class ViewPlaces implements Selected {
  /** Of a larger view, elements at equal distances along each axis stand for all. */
  private static final long MOST = 1 << 20;

  private final View view;
  private final int[] sizes;
  private final int[] steps;

  ViewPlaces(View view) {
    this.view = view;
    sizes = view.axes().stream().mapToInt(Dim::size).toArray();
    steps = new int[sizes.length];
    java.util.Arrays.fill(steps, 1);
    while (count() > MOST) {
      int widest = 0;
      for (int k = 1; k < sizes.length; k++) {
        widest = sizes[k] / steps[k] > sizes[widest] / steps[widest] ? k : widest;
      }
      steps[widest]++;
    }
  }

  private long count() {
    long n = 1;
    for (int k = 0; k < sizes.length; k++) {
      n *= Math.ceilDiv(sizes[k], steps[k]);
    }
    return n;
  }

  @Override
  public String describe() {
    return view.staged().stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  @Override
  public long size() {
    return view.type().size();
  }

  @Override
  public boolean complete() {
    return count() == size();
  }

  @Override
  public void forEach(LongConsumer position) {
    if (size() == 0) {
      return;
    }
    long[] strides = view.base().strides();
    List<Along> places = places();
    NamedArray present = view.present();
    Data there = present == null ? null : new Data(present);
    var at = new int[sizes.length];
    do {
      if (there == null || there.at(at) != 0) {
        long p = 0;
        for (int k = 0; k < strides.length; k++) {
          p += strides[k] * places.get(k).at(at);
        }
        position.accept(p);
      }
    } while (next(at));
  }

  /** The next element of the view, the last axis first; false after the last. */
  private boolean next(int[] at) {
    for (int k = at.length - 1; k >= 0; k--) {
      at[k] += steps[k];
      if (at[k] < sizes[k]) {
        return true;
      }
      at[k] = 0;
    }
    return false;
  }

  /** Where an element of the view lies along an axis of the base. */
  private interface Along {
    long at(int[] element);
  }

  private List<Along> places() {
    var out = new java.util.ArrayList<Along>();
    for (int k = 0; k < view.places().size(); k++) {
      Dim d = view.base().dims().get(k);
      out.add(
          switch (view.places().get(k)) {
            case View.Range r -> window(d, r.start(), r.step());
            case View.Moving m -> window(d, start(m), m.step());
            case View.Fixed f -> _ -> f.index();
            case View.Index i -> indices(d.size(), i);
          });
    }
    return out;
  }

  private Along window(Dim d, long start, int step) {
    int axis = axis(d.name());
    return at -> start + (long) step * at[axis];
  }

  private static long start(View.Moving m) {
    long given = m.start().store("toHtml").getLong(0);
    return m.over() < 0 ? given : Math.clamp(View.wrapped(given, m.over()), 0, m.over() - m.size());
  }

  private Along indices(int size, View.Index i) {
    var data = new Data(i.index());
    return at -> Math.clamp(i.raw() ? View.wrapped(data.at(at), size) : data.at(at), 0, size - 1);
  }

  private int axis(String name) {
    for (int k = 0; k < sizes.length; k++) {
      if (view.axes().get(k).name().equals(name)) {
        return k;
      }
    }
    throw new AxialException("internal error: the view has no axis '%s'".formatted(name));
  }

  /** An array whose axes are axes of the view. */
  private final class Data {
    private final Store store;
    private final long[] strides;
    private final int[] axes;

    Data(NamedArray x) {
      store = x.store("toHtml");
      ArrayType type = x.type();
      strides = type.strides();
      axes = type.dims().stream().mapToInt(d -> axis(d.name())).toArray();
    }

    long at(int[] element) {
      long p = 0;
      for (int k = 0; k < axes.length; k++) {
        p += strides[k] * element[axes[k]];
      }
      return store.getLong(p);
    }
  }
}
