package dev.axial.laws;

import static dev.axial.Axial.array;
import static dev.axial.Axial.scalar;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A view along one axis, and beside it the model of where it lies: plain lists of numbers, whose
 * indices are judged in long.
 *
 * @param name what was staged
 * @param stages the selections, one after another
 * @param axis what the axis is called now
 * @param elements of the view, in order
 */
record StagedPlaces(String name, List<Selection> stages, String axis, List<Element> elements) {
  /** Where an element lies, whether it may be written, and whether it is there to be read. */
  record Element(int position, boolean writable, boolean present) {}

  static StagedPlaces whole(String axis, int n) {
    return new StagedPlaces(
        "whole",
        List.of(),
        axis,
        IntStream.range(0, n).mapToObj(k -> new Element(k, true, true)).toList());
  }

  int size() {
    return elements.size();
  }

  NamedRef of(NamedRef r) {
    NamedRef v = r;
    for (Selection s : stages) {
      v = v.slice(s);
    }
    return v;
  }

  NamedArray of(NamedArray x) {
    NamedArray v = x;
    for (Selection s : stages) {
      v = v.get(s);
    }
    return v;
  }

  /** Wrapped once, and the nearest place; 0 where there is none. */
  static int nearest(long index, int size) {
    long wrapped = index < 0 ? index + size : index;
    return (int) Math.max(0, Math.min(size - 1, wrapped));
  }

  static boolean inside(long index, int size) {
    long wrapped = index < 0 ? index + size : index;
    return wrapped >= 0 && wrapped < size;
  }

  static int windowStart(long index, int size, int window) {
    long wrapped = index < 0 ? index + size : index;
    return (int) Math.max(0, Math.min(size - window, wrapped));
  }

  /** The element that an index means; null where there is none at all. */
  Element at(long index) {
    if (elements.isEmpty()) {
      return new Element(0, false, false);
    }
    Element e = elements.get(nearest(index, size()));
    return new Element(e.position, e.writable && inside(index, size()), e.present);
  }

  private StagedPlaces staged(String what, Selection s, String newAxis, List<Element> now) {
    var all = new ArrayList<>(stages);
    all.add(s);
    return new StagedPlaces(name + ", " + what, all, newAxis, now);
  }

  private Axis own() {
    return Axis.of(axis, size());
  }

  /** Elements first, first + step, … */
  StagedPlaces range(int first, int step, int count) {
    long end = first + (long) step * count;
    var now = IntStream.range(0, count).mapToObj(k -> elements.get(first + step * k)).toList();
    int stop = end < 0 ? -size() - 1 : (int) Math.min(end, size());
    Selection s = own().range(first, stop, step);
    return staged("range %d by %d".formatted(first, step), s, axis, now);
  }

  StagedPlaces window(long start, DType t, int window) {
    int from = windowStart(start, size(), window);
    return staged(
        "window of %d from %s %d".formatted(window, t, start),
        own().ds(scalar(start, t), window),
        axis,
        elements.subList(from, from + window));
  }

  StagedPlaces list(int... at) {
    int[] more = java.util.Arrays.copyOfRange(at, 2, at.length);
    var now = IntStream.of(at).mapToObj(i -> at(i)).toList();
    return staged("list of " + at.length, own().at(at[0], at[1], more), axis, now);
  }

  StagedPlaces indices(String to, DType t, long... at) {
    var now = java.util.Arrays.stream(at).mapToObj(this::at).toList();
    NamedArray index = array(at, Axis.of(to, at.length)).astype(t);
    return staged("%s indices".formatted(t), own().at(index), to, now);
  }

  StagedPlaces where(boolean[] mask, int count) {
    var now = new ArrayList<Element>();
    for (int k = 0; k < mask.length && now.size() < count; k++) {
      if (mask[k]) {
        now.add(elements.get(k));
      }
    }
    while (now.size() < count) {
      now.add(new Element(0, false, false));
    }
    return staged(
        "where, %d at most".formatted(count), own().where(array(mask, own()), count), axis, now);
  }

  /** One more selection, of a random kind. */
  StagedPlaces random(Random r, int depth) {
    int n = size();
    if (n < 2) {
      return range(0, r.nextBoolean() ? Integer.MAX_VALUE : 1, n);
    }
    return switch (r.nextInt(6)) {
      case 0 -> {
        int step = 1 + r.nextInt(2);
        int first = r.nextInt(n / 2);
        yield range(first, step, 1 + (n - 1 - first) / step);
      }
      case 1 -> {
        int step = 1 + r.nextInt(2);
        int first = n - 1 - r.nextInt(n / 2);
        yield range(first, -step, 1 + first / step);
      }
      case 2 ->
          r.nextBoolean()
              ? window(4294967290L + r.nextInt(5), DType.UINT32, 1 + r.nextInt(n))
              : window(r.nextLong(), DType.INT64, 1 + r.nextInt(n));
      case 3 -> list(r.nextInt(n), -1 - r.nextInt(n), r.nextInt(n), r.nextInt(n));
      case 4 -> {
        long far = r.nextLong();
        yield indices("I" + depth, DType.INT64, r.nextInt(n), far, -1 - r.nextInt(n), 1L << 32, 0);
      }
      default -> {
        var mask = new boolean[n];
        for (int k = 0; k < n; k++) {
          mask[k] = r.nextInt(3) > 0;
        }
        yield where(mask, 1 + r.nextInt(n));
      }
    };
  }
}
