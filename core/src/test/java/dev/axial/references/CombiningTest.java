package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Writes that combine, against a loop in Java: every repeated index counts, everywhere alike. */
@SuppressWarnings("CheckReturnValue") // some functions are called for what they write
class CombiningTest {
  private static final Axis X = axis("X", 5);
  private static final Axis Y = axis("Y", 3);
  private static final Axis I = axis("I", 9);
  private static final Axis LANE = axis("Lane", 4);

  /** What a write does to one element, of a reference and of an array. */
  enum Way {
    ADD(Double::sum),
    TIMES((a, b) -> a * b),
    MAX(Math::max),
    MIN(Math::min);

    final DoubleBinaryOperator model;

    Way(DoubleBinaryOperator model) {
      this.model = model;
    }

    void write(NamedRef r, NamedArray v) {
      switch (this) {
        case ADD -> r.add(v);
        case TIMES -> r.times(v);
        case MAX -> r.max(v);
        case MIN -> r.min(v);
      }
    }

    void write(NamedRef r, Number v) {
      switch (this) {
        case ADD -> r.add(v);
        case TIMES -> r.times(v);
        case MAX -> r.max(v);
        case MIN -> r.min(v);
      }
    }

    NamedArray write(NamedArray.ArrayUpdate at, NamedArray v) {
      return switch (this) {
        case ADD -> at.add(v);
        case TIMES -> at.times(v);
        case MAX -> at.max(v);
        case MIN -> at.min(v);
      };
    }
  }

  record Case(Way way, DType dtype) {}

  static Stream<Case> cases() {
    return Arrays.stream(Way.values())
        .flatMap(w ->
            Stream.of(
                    DType.FLOAT32,
                    DType.FLOAT64,
                    DType.BFLOAT16,
                    DType.FLOAT16,
                    DType.INT32,
                    DType.INT64,
                    DType.BOOL)
                .map(t -> new Case(w, t)));
  }

  private static NamedArray whole(SplittableRandom random, DType t, Axis... axes) {
    int n = Arrays.stream(axes).mapToInt(Axis::size).reduce(1, (a, b) -> a * b);
    int from = t == DType.BOOL ? 0 : -2;
    int to = t == DType.BOOL ? 2 : 3;
    return array(random.doubles(n, from, to).map(Math::floor).toArray(), axes).astype(t);
  }

  /** Rows of x at the indices, combined with rows of v one after another. */
  private static double[] model(Case c, NamedArray x, int[] index, NamedArray v) {
    double[] out = x.toDoubleArray();
    double[] values = v.toDoubleArray();
    int row = out.length / X.size();
    for (int k = 0; k < index.length; k++) {
      int at = index[k] < 0 ? index[k] + X.size() : index[k];
      for (int j = 0; at >= 0 && at < X.size() && j < row; j++) {
        double y = values[k * row + j];
        double z = c.way.model.applyAsDouble(out[at * row + j], y);
        out[at * row + j] =
            c.dtype == DType.BOOL ? Math.min(z, 1) : c.dtype.isFloating() ? z : z + 0.0;
      }
    }
    return out;
  }

  private static void same(String what, NamedArray got, double[] want) {
    assertThat(got.toDoubleArray()).as(what).containsExactly(want);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void every_repeated_index_counts(Case c) {
    var random = new SplittableRandom(3);
    for (int trial = 0; trial < 4; trial++) {
      int[] index = random.ints(I.size(), -7, 8).toArray();
      Axis[] axes = trial % 2 == 0 ? new Axis[] {X} : new Axis[] {X, Y};
      NamedArray x = whole(random, c.dtype, axes);
      NamedArray i = array(index, I);
      NamedArray v = trial % 2 == 0 ? whole(random, c.dtype, I) : whole(random, c.dtype, I, Y);
      double[] want = model(c, x, index, v);
      same("array", c.way.write(x.at(X.at(i)), v), want);
      BiFunction<NamedArray, NamedArray, NamedArray> f = (a, at) -> c.way.write(a.at(X.at(at)), v);
      same("compiled array", jit(f).apply(x, i), want);
      NamedRef r = newRef(x);
      c.way.write(r.at(X.at(i)), v);
      same("reference", r.value(), want);
      NamedRef q = newRef(x);
      jitProc((NamedRef p, NamedArray at) -> c.way.write(p.at(X.at(at)), v)).run(q, i);
      same("compiled reference", q.value(), want);
      NamedRef l = newRef(x);
      jitProc((NamedRef p) ->
              forLoop(0, I.size(), k -> c.way.write(p.at(X.at(i.get(I.at(k)))), v.get(I.at(k)))))
          .run(l);
      same("loop", l.value(), want);
    }
  }

  /** Views of every kind, whole references, numbers, and axes in another order. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void a_view_is_combined_like_a_selection(Way way) {
    var random = new SplittableRandom(5);
    NamedArray x = whole(random, DType.FLOAT32, X, Y);
    NamedArray mask = array(new boolean[] {true, false, true, true, false}, X);
    List<Function<NamedRef, NamedRef>> views =
        List.of(
            r -> r,
            r -> r.at(X.at(2)),
            r -> r.at(X.at(scalar(-1)), Y.at(1)),
            r -> r.slice(X.range(4, 0, -2)),
            r -> r.slice(X.ds(scalar(9), 2)),
            r -> r.slice(X.at(3, 0)).at(Y.at(scalar(2))),
            r -> r.slice(X.where(mask, 4)),
            r -> r.slice(X.range(1, 4)).at(X.at(array(new int[] {2, 7, -1, 0}, I.resize(4)))));
    for (Function<NamedRef, NamedRef> view : views) {
      NamedRef shape = view.apply(newRef(x));
      Axis[] turned = shape.axes().reversed().toArray(Axis[]::new);
      NamedArray v = whole(random, DType.FLOAT32, turned);
      NamedRef want = newRef(x);
      loop(way, view.apply(want), v);
      NamedRef eager = newRef(x);
      way.write(view.apply(eager), v);
      NamedRef compiled = newRef(x);
      jitProc((NamedRef r) -> way.write(view.apply(r), v)).run(compiled);
      same("eager", eager.value(), want.value().toDoubleArray());
      same("compiled", compiled.value(), want.value().toDoubleArray());
      NamedRef number = newRef(x);
      way.write(view.apply(number), 2);
      NamedRef full = newRef(x);
      way.write(view.apply(full), full(2, turned));
      same("a number", number.value(), full.value().toDoubleArray());
    }
  }

  /** Each element of the view by itself, in order. */
  private static void loop(Way way, NamedRef view, NamedArray v) {
    if (view.rank() == 0) {
      way.write(view, v);
      return;
    }
    Axis first = view.axes().getFirst();
    for (int k = 0; k < first.size(); k++) {
      loop(way, view.at(first.at(k)), v.get(first.at(k)));
    }
  }

  @Test
  void the_edges_are_those_of_the_functions() {
    double nan = Double.NaN;
    NamedArray x = array(new double[] {nan, 1, 0, -0.0, 3}, X);
    NamedArray i = array(new int[] {0, 1, 2, 3, 4, 4, 1, 1, 1}, I);
    NamedArray v = array(new double[] {5, nan, -0.0, 0, 1, nan, 7, 8, 9}, I);
    for (boolean compiled : new boolean[] {false, true}) {
      Function<NamedArray, NamedArray> max = a -> a.at(X.at(i)).max(v);
      Function<NamedArray, NamedArray> min = a -> a.at(X.at(i)).min(v);
      same("max", (compiled ? jit(max) : max).apply(x), new double[] {nan, nan, 0, 0, nan});
      same("min", (compiled ? jit(min) : min).apply(x), new double[] {nan, nan, -0.0, -0.0, nan});
    }
    NamedRef wraps = newRef(array(new int[] {1 << 30, -5, 7}, Y));
    wraps.at(Y.at(0, 0)).times(array(new int[] {3, 5}, Y.resize(2)));
    assertThat(wraps.value().toIntArray()).containsExactly(-(1 << 30), -5, 7);
    NamedRef unsigned = newRef(array(new int[] {-1, 5}, Y.resize(2)).astype(DType.UINT32));
    unsigned.max(7);
    assertThat(unsigned.value().toLongArray()).containsExactly(4294967295L, 7);
    jitProc((NamedRef r) -> r.min(6)).run(unsigned);
    assertThat(unsigned.value().toLongArray()).containsExactly(6, 6);
  }

  // ---------------------------------------------------------------- derivatives

  /**
   * With repeated indices and zeros: the product of a row of a table in which 1 stands for none.
   */
  private static NamedArray product(NamedArray v, int[] index) {
    NamedArray out = zeros(DType.FLOAT64, X);
    for (int place = 0; place < X.size(); place++) {
      NamedArray p = scalar(1.5);
      for (int k = 0; k < index.length; k++) {
        p = index[k] == place ? p.times(v.get(I.at(k))) : p;
      }
      out = out.at(X.at(place)).set(p);
    }
    return out;
  }

  @Test
  void products_of_repeated_indices_have_exact_derivatives_of_any_order() {
    int[] index = {3, 1, 3, 3, 0, 1, 9, 3, 2};
    NamedArray i = array(index, I);
    NamedArray v = array(new double[] {2, 0, 3, 0.5, -1, 0, 4, 1.25, 0}, I);
    Function<NamedArray, NamedArray> f =
        w -> sum(sin(full(1.5, DType.FLOAT64, X).at(X.at(i)).times(w)));
    Function<NamedArray, NamedArray> ref =
        w -> {
          NamedRef r = newRef(full(1.5, DType.FLOAT64, X));
          r.at(X.at(i)).times(w);
          return sum(sin(r.value()));
        };
    Function<NamedArray, NamedArray> want = w -> sum(sin(product(w, index)));
    for (var g : List.of(f, ref)) {
      close(grad(g).apply(v), grad(want).apply(v));
      close(jit(grad(g)).apply(v), grad(want).apply(v));
      close(hessian(g).apply(v), hessian(want).apply(v));
      Function<NamedArray, NamedArray> third = w -> sum(hessian(g).apply(w).times(0.3));
      Function<NamedArray, NamedArray> wants = w -> sum(hessian(want).apply(w).times(0.3));
      close(grad(third).apply(v), grad(wants).apply(v));
      close(jvp(third, v, v).tangent(), jvp(wants, v, v).tangent());
    }
  }

  private static void close(NamedArray got, NamedArray want) {
    double[] a = got.toDoubleArray();
    double[] b = want.toDoubleArray();
    assertThat(a).hasSameSizeAs(b);
    for (int k = 0; k < a.length; k++) {
      assertThat(a[k]).isCloseTo(b[k], org.assertj.core.data.Offset.offset(1e-12));
    }
  }

  /** Through a checkpoint, a loop that saves what it needs, and a function of its own. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void the_gradient_goes_through_loops_and_checkpoints(Way way) {
    NamedArray x = linspace(X, 0.4, 1.7).astype(DType.FLOAT64);
    NamedArray i = array(new int[] {3, 1, 3, 3, 0, 1, 9, 3, 2}, I);
    Function<NamedArray, NamedArray> body =
        w -> {
          NamedRef r = newRef(w);
          forLoop(
              0,
              4,
              k -> {
                NamedArray v = sin(r.get(X.at(k)).plus(arange(I)));
                way.write(r.at(X.at(i)), v.plus(0.3));
                way.write(r.at(X.at(k)), cos(r.get(X.at(k.plus(1)))));
              });
          return sum(r.value());
        };
    Function<NamedArray, NamedArray> plain =
        w -> {
          NamedArray r = w;
          for (int k = 0; k < 4; k++) {
            NamedArray v = sin(r.get(X.at(k)).plus(arange(I)));
            r = way.write(r.at(X.at(i)), v.plus(0.3));
            r = way.write(r.at(X.at(k)), cos(r.get(X.at(scalar(k + 1)))));
          }
          return sum(r);
        };
    close(body.apply(x), plain.apply(x));
    close(grad(body).apply(x), grad(plain).apply(x));
    close(grad(checkpoint(body)).apply(x), grad(plain).apply(x));
    close(jit(grad(checkpoint(body))).apply(x), grad(plain).apply(x));
    close(grad(jit(body)).apply(x), grad(plain).apply(x));
    close(hessian(body).apply(x), hessian(plain).apply(x));
    NamedArray many = stack(LANE, List.of(x, x.times(2), x.minus(1), x.times(x)));
    NamedArray each =
        stack(
            LANE,
            Stream.of(x, x.times(2), x.minus(1), x.times(x)).map(grad(plain)::apply).toList());
    close(vmap(grad(body), LANE).apply(many), each);
  }

  // ---------------------------------------------------------------- lanes

  /** A reference that is not mapped is combined with once for each lane. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void lanes_combine_in_a_reference_they_share(Way way) {
    var random = new SplittableRandom(7);
    NamedArray x = whole(random, DType.FLOAT64, X);
    NamedArray v = whole(random, DType.FLOAT64, LANE, X);
    NamedArray i = array(random.ints(LANE.size() * I.size(), -7, 8).toArray(), LANE, I);
    NamedArray p = array(new boolean[] {true, false, true, true}, LANE);
    record Lane(NamedArray v, NamedArray i, NamedArray p) {}
    List<Proc2<NamedRef, Lane>> bodies =
        List.of(
            (r, l) -> way.write(r, l.v),
            (r, l) -> way.write(r, 2),
            (r, l) -> way.write(r.at(X.at(l.i)), arange(I).astype(DType.FLOAT64)),
            (r, l) -> way.write(r.at(X.at(2)), sum(l.v)),
            (r, l) -> way.write(r.at(X.at(1, 1)), l.v.get(X.range(0, 2))),
            (r, l) -> condProc(l.p, () -> way.write(r, l.v), () -> way.write(r, 3)),
            (r, l) -> condProc(l.p, () -> way.write(r.at(X.at(l.i)), 2), () -> {}),
            (r, l) -> forLoop(0, 3, k -> way.write(r.at(X.at(k)), l.v.get(X.at(k.plus(1))))));
    for (Proc2<NamedRef, Lane> body : bodies) {
      NamedRef want = newRef(x);
      for (int l = 0; l < LANE.size(); l++) {
        body.run(want, new Lane(v.get(LANE.at(l)), i.get(LANE.at(l)), p.get(LANE.at(l))));
      }
      Proc1<Lane> mapped;
      NamedRef r = newRef(x);
      mapped = vmapProc((Lane l) -> body.run(r, l), LANE);
      mapped.run(new Lane(v, i, p));
      same("mapped", r.value(), want.value().toDoubleArray());
      NamedRef q = newRef(x);
      jitProc((NamedRef s) -> vmapProc((Lane l) -> body.run(s, l), LANE).run(new Lane(v, i, p)))
          .run(q);
      same("compiled", q.value(), want.value().toDoubleArray());
    }
  }

  /** Where the order of the lanes would matter, it is an error, also from one round to the next. */
  @Test
  void lanes_neither_mix_ways_nor_read_what_others_wrote() {
    NamedRef r = newRef(ones(X));
    NamedArray v = ones(LANE);
    List<Proc1<NamedArray>> bad =
        List.of(
            y -> {
              r.max(y);
              r.times(y);
            },
            y -> {
              r.times(y);
              var _ = r.get(X.at(0));
            },
            y -> forLoop(0, 2, k -> r.max(r.get(X.at(k)).times(y))),
            y -> forLoop(0, 2, k -> r.add(r.get(X.at(k)).times(y))),
            y -> {
              var _ =
                  checkpoint(
                          (NamedArray z) -> {
                            r.min(z);
                            return z;
                          })
                      .apply(y);
              r.add(y);
            });
    for (Proc1<NamedArray> body : bad) {
      assertThatThrownBy(() -> vmapProc(body, LANE).run(v))
          .isInstanceOf(AxialException.class)
          .hasMessageContaining("in the same vmapped function");
      assertThat(r.value().toDoubleArray()).containsOnly(1);
    }
  }

  // ---------------------------------------------------------------- rule 11

  /** An update reads once and writes once, so the last result stays. */
  @Test
  void an_update_reads_all_and_then_writes_all() {
    NamedArray x = linspace(X, 1, 5);
    NamedArray i = array(new int[] {3, 1, 3, 3, 0, 1, 9, -1, 2}, I);
    Function<NamedArray, NamedArray> f = old -> old.times(2).plus(arange(I));
    double[] want = {2 + 4, 4 + 5, 6 + 8, 8 + 3, 10 + 7};
    same("array", x.at(X.at(i)).update(f), want);
    same("compiled", jit((NamedArray y) -> y.at(X.at(i)).update(f)).apply(x), want);
    NamedRef eager = newRef(x);
    eager.at(X.at(i)).update(f);
    same("reference", eager.value(), want);
    NamedRef compiled = newRef(x);
    jitProc((NamedRef r) -> r.at(X.at(i)).update(f)).run(compiled);
    same("compiled reference", compiled.value(), want);
  }
}
