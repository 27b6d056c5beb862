package dev.axial.laws;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.jvp;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.oneHot;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.take;
import static dev.axial.Axial.takeAlong;
import static dev.axial.Axial.unmapped;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.where;
import static dev.axial.Axial.zerosLike;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Exported;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Selection;
import dev.axial.Tree;
import dev.axial.laws.StagedPlaces.Element;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rule 12, for every integer dtype to its ends: an index is judged in its own dtype against the
 * view that it is applied to. Every access, on a view of every kind and on views of views, eager
 * and in every transformation, does what a model on Java's longs does. {@code
 * -Daxial.index.views=N} takes more random views.
 */
class IntegerIndexLawsTest {
  private static final int N = 11;
  private static final Axis X = axis("X", N);
  private static final Axis J = axis("J", 3);
  private static final float[] BASE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

  @TempDir Path folder;

  record Case(StagedPlaces view, DType dtype) {
    @Override
    public String toString() {
      return view.name() + "; " + dtype;
    }
  }

  private static List<StagedPlaces> views() {
    StagedPlaces all = StagedPlaces.whole("X", N);
    var views =
        new ArrayList<>(
            List.of(
                all,
                all.range(1, 1, 7),
                all.range(9, -2, 4),
                all.range(4, Integer.MAX_VALUE, 1),
                all.range(3, 1, 0),
                all.window(1L << 32, DType.INT64, 5),
                all.list(7, 2, -1, 0),
                all.indices("I", DType.INT64, 3, 0, -1, (1L << 32) + 1, Long.MIN_VALUE),
                all.indices("I", DType.UINT32, 3, 0, 0xffffffffL, 0x80000000L),
                all.where(
                    new boolean[] {
                      false, true, true, false, true, false, true, true, true, false, true
                    },
                    9)));
    var random = new Random(12);
    for (int k = 0; k < Integer.getInteger("axial.index.views", 6); k++) {
      StagedPlaces v = all;
      for (int depth = 0; depth < 2 + k % 3; depth++) {
        v = v.random(random, depth);
      }
      views.add(v);
    }
    return views;
  }

  private static final List<DType> DTYPES = List.of(DType.INT32, DType.INT64, DType.UINT32);

  static Stream<Case> cases() {
    return views().stream().flatMap(v -> DTYPES.stream().map(t -> new Case(v, t)));
  }

  /** Each view with one of the dtypes. */
  static Stream<Case> some() {
    List<StagedPlaces> views = views();
    return IntStream.range(0, views.size())
        .mapToObj(k -> new Case(views.get(k), DTYPES.get((k + 1) % 3)));
  }

  /** Values at the ends of the view, and of the dtypes. */
  private static long[] values(DType t, int n) {
    return LongStream.of(
            0,
            n - 1,
            n,
            n + 1L,
            -1,
            -n,
            -n - 1L,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            1L << 31,
            1L << 32,
            (1L << 32) + 1,
            (1L << 32) - 1,
            -(1L << 32),
            -(1L << 32) - 1,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            Long.MIN_VALUE + n)
        .filter(i ->
            switch (t) {
              case INT32 -> i == (int) i;
              case UINT32 -> i == (i & 0xffffffffL);
              default -> true;
            })
        .distinct()
        .toArray();
  }

  // ---------------------------------------------------------------- what the library does

  /** Each access through the view, on a reference of its own: what it gave, and what is left. */
  private static List<NamedArray> accesses(StagedPlaces v, NamedArray base, NamedArray i) {
    var out = new ArrayList<NamedArray>();
    Axis a = axis(v.axis(), v.size());
    int window = Math.min(2, v.size());
    NamedArray several = where(arange(J).eq(1), zerosLike(i), i);
    NamedArray news = arange(J, DType.FLOAT32).plus(30);
    NamedRef update = newRef(base);
    v.of(update).at(a.at(i)).update(x -> x.times(3));
    out.add(update.get());
    Selection all = a.at(several);
    for (Selection s : List.of(a.at(i), a.ds(i, window), all)) {
      out.add(v.of(newRef(base)).get(s));
      out.add(v.of(base).get(s));
      NamedRef set = newRef(base);
      NamedRef add = newRef(base);
      NamedRef swap = newRef(base);
      if (s == all) {
        v.of(set).at(s).set(news);
        v.of(add).at(s).add(news);
        out.add(v.of(swap).at(s).swap(news));
      } else {
        v.of(set).at(s).set(20);
        v.of(add).at(s).add(20);
        out.add(v.of(swap).at(s).swap(20));
      }
      out.add(set.get());
      out.add(add.get());
      out.add(swap.get());
      if (v.stages().isEmpty()) {
        out.add(base.at(s).add(20));
        out.add(base.at(s).set(20));
      }
    }
    return out;
  }

  // ---------------------------------------------------------------- the model

  private static double read(double[] base, Element e) {
    return e.present() ? base[e.position()] : 0;
  }

  private static void write(double[] base, Element e, double v) {
    if (e.present() && e.writable()) {
      base[e.position()] = v;
    }
  }

  private static List<double[]> model(StagedPlaces v, double[] base, long i) {
    var out = new ArrayList<double[]>();
    int window = Math.min(2, v.size());
    int from = StagedPlaces.windowStart(i, v.size(), window);
    List<Element> one = List.of(v.at(i));
    double[] update = base.clone();
    write(update, v.at(i), 3 * read(update, v.at(i)));
    out.add(update);
    List<Element> some = v.elements().subList(from, from + window);
    List<Element> several = List.of(v.at(i), v.at(0), v.at(i));
    for (List<Element> at : List.of(one, some, several)) {
      double[] got = at.stream().mapToDouble(e -> read(base, e)).toArray();
      double[] set = base.clone();
      double[] add = base.clone();
      double[] swap = base.clone();
      double[] old = new double[at.size()];
      for (int k = 0; k < at.size(); k++) {
        double x = at == several ? 30 + k : 20;
        write(set, at.get(k), x);
        write(add, at.get(k), read(add, at.get(k)) + x);
        old[k] = read(swap, at.get(k));
        write(swap, at.get(k), x);
      }
      out.add(got);
      out.add(got);
      out.add(old);
      out.add(set);
      out.add(add);
      out.add(swap);
      if (v.stages().isEmpty()) {
        double[] added = base.clone();
        double[] written = base.clone();
        at.forEach(e -> write(added, e, read(added, e) + 20));
        at.forEach(e -> write(written, e, 20));
        out.add(added);
        out.add(written);
      }
    }
    return out;
  }

  /** One number that depends on each of all results. */
  private static double weighted(List<double[]> results) {
    double total = 0;
    int k = 0;
    for (double[] r : results) {
      for (double x : r) {
        total += x * (1 + k++ % 7);
      }
    }
    return total;
  }

  private static NamedArray weigh(List<NamedArray> results) {
    NamedArray total = scalar(0.0);
    int k = 0;
    for (NamedArray r : results) {
      int n = (int) r.size();
      NamedArray flat = r.rank() == 0 ? r : r.rename(r.axes().getFirst().name(), "W");
      var weights = new float[n];
      for (int j = 0; j < n; j++) {
        weights[j] = 1 + k++ % 7;
      }
      NamedArray w = r.rank() == 0 ? scalar((double) weights[0]) : array(weights, axis("W", n));
      total = total.plus(sum(flat.times(w)));
    }
    return total;
  }

  private static double[] doubles(float[] x) {
    var d = new double[x.length];
    for (int k = 0; k < d.length; k++) {
      d[k] = x[k];
    }
    return d;
  }

  private static void same(String what, List<NamedArray> got, List<double[]> want) {
    assertThat(got).as(what).hasSameSizeAs(want);
    for (int k = 0; k < want.size(); k++) {
      assertThat(got.get(k).toDoubleArray())
          .as("%s, result %d of %s", what, k, Arrays.toString(want.get(k)))
          .containsExactly(want.get(k));
    }
  }

  private static NamedArray index(long i, DType t) {
    return scalar(i, t);
  }

  // ---------------------------------------------------------------- the laws

  @ParameterizedTest
  @MethodSource("cases")
  void an_index_is_judged_in_its_own_dtype(Case c) {
    StagedPlaces v = c.view;
    NamedArray base = array(BASE, X);
    BiFunction<NamedArray, NamedArray, List<NamedArray>> compiled =
        jit((NamedArray b, NamedArray i) -> accesses(v, b, i));
    var through =
        jitProc((NamedRef r, NamedArray i) -> r.at(axis(v.axis(), v.size()).at(i)).add(20));
    for (long i : values(c.dtype, v.size())) {
      List<double[]> want = model(v, doubles(BASE), i);
      NamedArray index = index(i, c.dtype);
      same("eager, at " + i, accesses(v, base, index), want);
      same("compiled, at " + i, compiled.apply(base, index), want);
      NamedRef r = newRef(base);
      through.run(v.of(r), index);
      double[] added = doubles(BASE);
      write(added, v.at(i), read(added, v.at(i)) + 20);
      same("a view that is given, at " + i, List.of(r.get()), List.of(added));
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void in_each_lane_too(Case c) {
    long[] i = values(c.dtype, c.view.size());
    Axis lanes = axis("Lane", i.length);
    NamedArray index = array(i, lanes).astype(c.dtype);
    NamedArray base = unmapped(array(BASE, X));
    List<NamedArray> got =
        jit(vmap((NamedArray b, NamedArray k) -> accesses(c.view, b, k), lanes)).apply(base, index);
    for (int k = 0; k < i.length; k++) {
      int lane = k;
      same(
          "lane of " + i[k],
          got.stream().map(x -> x.get(lanes.at(lane))).toList(),
          model(c.view, doubles(BASE), i[k]));
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void derivatives_are_those_of_the_places_touched(Case c) {
    StagedPlaces v = c.view;
    BiFunction<NamedArray, NamedArray, NamedArray> f = (b, i) -> weigh(accesses(v, b, i));
    BiFunction<NamedArray, NamedArray, NamedArray> backward = jit(grad(f));
    BiFunction<NamedArray, NamedArray, NamedArray> tangent =
        jit((NamedArray b, NamedArray i) ->
            jvp((NamedArray x) -> f.apply(x, i), b, array(BASE, X)).tangent());
    NamedArray base = array(BASE, X);
    for (long i : values(c.dtype, v.size())) {
      double zero = weighted(model(v, new double[N], i));
      var want = new double[N];
      for (int k = 0; k < N; k++) {
        var unit = new double[N];
        unit[k] = 1;
        want[k] = weighted(model(v, unit, i)) - zero;
      }
      NamedArray index = index(i, c.dtype);
      assertThat(backward.apply(base, index).toDoubleArray())
          .as("the gradient at %d", i)
          .containsExactly(want);
      double forward = tangent.apply(base, index).item();
      double along = 0;
      for (int k = 0; k < N; k++) {
        along += BASE[k] * want[k];
      }
      assertThat(forward).as("the tangent at %d", i).isEqualTo(along);
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void and_in_a_saved_function(Case c) {
    NamedArray base = array(BASE, X);
    Path file = folder.resolve("accesses");
    BiFunction<NamedArray, NamedArray, List<NamedArray>> f = (b, i) -> accesses(c.view, b, i);
    lower(f, base, index(0, c.dtype)).serialize(file);
    Exported loaded = Exported.load(file);
    for (long i : values(c.dtype, c.view.size())) {
      same(
          "loaded, at " + i,
          Tree.leaves(loaded.call(base, index(i, c.dtype))).stream()
              .map(x -> (NamedArray) x)
              .toList(),
          model(c.view, doubles(BASE), i));
    }
  }

  /** The other functions that take positions. */
  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32"})
  void positions_of_take_and_its_relatives(DType t) {
    long[] at = values(t, N);
    NamedArray base = array(BASE, X);
    double[] want = LongStream.of(at).mapToDouble(i -> BASE[StagedPlaces.nearest(i, N)]).toArray();
    NamedArray along = array(at, axis("X", at.length)).astype(t);
    NamedArray several = along.rename("X", "I");
    assertThat(takeAlong(base, X, along).toDoubleArray()).containsExactly(want);
    assertThat(take(base, X, several).toDoubleArray()).containsExactly(want);
    assertThat(jit((NamedArray i) -> takeAlong(base, X, i)).apply(along).toDoubleArray())
        .containsExactly(want);
    NamedArray hot = sum(oneHot(several, X), X);
    double[] inside = LongStream.of(at).mapToDouble(i -> i >= 0 && i < N ? 1 : 0).toArray();
    assertThat(hot.toDoubleArray()).containsExactly(inside);
  }
}
