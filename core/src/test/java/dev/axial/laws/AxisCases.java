package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.ElementwiseCases.*;
import static dev.axial.laws.OpCase.Without.*;
import static dev.axial.laws.Sample.*;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Reductions, contractions, functions along an axis, and functions that change the form. */
final class AxisCases {
  private static final Axis C = axis("c", 5);
  private final List<OpCase> cases = new ArrayList<>();

  private AxisCases() {}

  static List<OpCase> all() {
    var c = new AxisCases();
    c.reductions();
    c.acrossLanes();
    c.contractions();
    c.along();
    c.forms();
    c.made();
    return c.cases;
  }

  // ---------------------------------------------------------------- reductions

  private interface Over {
    NamedArray apply(NamedArray x, AxisSelector... axes);
  }

  private static final List<Sample> SHAPED =
      List.of(
          real(-2, 2),
          real(-2, 2, B),
          real(-2, 2, B, A),
          real(-2, 2, ONE.alias("a"), B, A.alias("d")));

  /** Over each axis, over two of them, over all. */
  private void reduction(String name, Over f, Sample x, boolean single) {
    cases.add(OpCase.one(name + " of-all", f::apply, x));
    for (Axis a : x.axes()) {
      if (single || a.size() > 1) {
        cases.add(OpCase.one(name + " " + a.name(), v -> f.apply(v, a), x));
      }
    }
    if (x.axes().size() > 1) {
      Axis first = x.axes().getFirst();
      Axis last = x.axes().getLast();
      cases.add(OpCase.one(name + " two-axes", v -> f.apply(v, last, first), x));
    }
  }

  private void reduction(String name, Over f) {
    for (Sample x : SHAPED) {
      reduction(name, f, x, true);
    }
    reduction(name, f, single(-2, 2, A, B), true);
    HALVES.forEach(t -> reduction(name, f, half(t, -2, 2, A, B), true));
  }

  /** What lanes of a vmap have in common. */
  private void acrossLanes() {
    for (Sample x : List.of(real(-2, 2, A), real(-2, 2, B, A), half(DType.BFLOAT16, -2, 2, A, B))) {
      lanes("axisIndex", u -> u.times(axisIndex(A)), x);
      lanes("psum", u -> psum(u.times(u), A).times(u), x);
      lanes("pmean", u -> u.minus(u.pmean("a")), x);
      lanes("pmax", u -> u.times(u.pmax(A)), x);
      lanes("pmin", u -> u.times(pmin(u, "a")), x);
      lanes("allGather", u -> allGather(u, A, "o").times(u), x);
    }
  }

  private void lanes(String name, UnaryOperator<NamedArray> f, Sample x) {
    cases.add(OpCase.one(name, v -> vmap((NamedArray u) -> f.apply(u), A).apply(v), x));
  }

  private void reductions() {
    reduction("sum", Axial::sum);
    reduction("mean", Axial::mean);
    reduction("var", Axial::var);
    reduction("max", Axial::max);
    reduction("min", Axial::min);
    reduction("prod", Axial::prod);
    reduction("logsumexp", Axial::logsumexp);
    // The standard deviation of one element, 0, has no derivative.
    reduction("std", Axial::std, real(-2, 2, B), false);
    reduction("std", Axial::std, real(-2, 2, ONE.alias("a"), B, A.alias("d")), false);
    reduction("var ddof", (x, axes) -> var(x, 1, axes), real(-2, 2, B, A), false);
    reduction("std ddof", (x, axes) -> std(x, 1, axes), real(-2, 2, B, A), false);
    Sample empty = real(-2, 2, A, NONE);
    cases.add(OpCase.one("sum nothing", x -> sum(x, NONE), empty));
    cases.add(OpCase.one("prod nothing", x -> prod(x, NONE), empty));
    cases.add(OpCase.one("max beside-nothing", x -> max(x, A), empty));
    cases.add(OpCase.one("sum name", x -> sum(x, "b", "a"), real(-2, 2, A, B)));
    cases.add(OpCase.one("mean name", x -> mean(x, "b"), real(-2, 2, A, B)));
    cases.add(OpCase.one("max name", x -> max(x, "b"), real(-2, 2, A, B)));
    cases.add(OpCase.one("min name", x -> min(x, "a"), real(-2, 2, A, B)));
    cases.add(OpCase.one("any", x -> any(x, A), bool(B, A)));
    cases.add(OpCase.one("all", x -> Axial.all(x), bool(B, A)));
    cases.add(OpCase.one("any nothing", x -> any(x, NONE), bool(A, NONE)));
    cases.add(OpCase.one("all nothing", x -> Axial.all(x, NONE), bool(A, NONE)));
    for (DType t : List.of(DType.INT32, DType.INT64, DType.UINT32, DType.BOOL)) {
      Sample x = of(t, integers(0, t == DType.BOOL ? 2 : 9), B, A);
      reduction("sum", Axial::sum, x, true);
      reduction("max", Axial::max, x, true);
      reduction("min", Axial::min, x, true);
      reduction("prod", Axial::prod, x, true);
      reduction("any", Axial::any, x, true);
    }
    List<Sample> samples =
        List.of(
            real(-2, 2, B),
            real(-2, 2, B, A),
            single(-2, 2, A, B),
            half(DType.BFLOAT16, -2, 2, B, A),
            half(DType.FLOAT16, -2, 2, A, B));
    for (Sample x : samples) {
      for (Axis a : x.axes()) {
        cases.add(OpCase.one("softmax " + a.name(), v -> softmax(v, a), x));
        cases.add(OpCase.one("logSoftmax " + a.name(), v -> logSoftmax(v, a), x));
        cases.add(OpCase.one("argmax " + a.name(), v -> argmax(v, a), x));
        cases.add(OpCase.one("argmin " + a.name(), v -> argmin(v, a), x));
      }
    }
    cases.add(OpCase.one("softmax name", x -> softmax(x, "b"), real(-2, 2, A, B)));
    cases.add(OpCase.one("argmax ties", x -> argmax(x, B), index(0, 3, B, A)));
    cases.add(OpCase.one("argmin ties", x -> argmin(x, B), index(0, 3, A, B)));
  }

  // ---------------------------------------------------------------- contractions

  private void dot(
      String how, BiFunction<NamedArray, NamedArray, NamedArray> f, Axis[] x, Axis[] y) {
    cases.add(OpCase.two("dot " + how, f, real(-2, 2, x), real(-1, 2, y)));
    cases.add(OpCase.two("dot " + how, f, single(-2, 2, x), single(-1, 2, y)).without(VMAP_BITS));
    for (DType t : HALVES) {
      cases.add(
          OpCase.two("dot " + how, f, half(t, -2, 2, x), half(t, -1, 2, y)).without(VMAP_BITS));
    }
  }

  private static Axis[] axes(Axis... axes) {
    return axes;
  }

  private void contractions() {
    Axis k = axis("k", 7);
    Axis n = axis("n", 9);
    dot("vectors", (x, y) -> Axial.dot(x, y, k), axes(k), axes(k));
    dot("matrix-vector", (x, y) -> Axial.dot(x, y, k), axes(A, k), axes(k));
    dot("matrices", (x, y) -> Axial.dot(x, y, k), axes(A, k), axes(k, n));
    dot("other-order", (x, y) -> Axial.dot(x, y, k), axes(k, A), axes(n, k));
    dot("batch", (x, y) -> Axial.dot(x, y, k), axes(B, A, k), axes(B, k, n));
    dot("batch-other-order", (x, y) -> Axial.dot(x, y, k), axes(A, k, B), axes(n, B, k));
    dot("two-axes", (x, y) -> Axial.dot(x, y, k, B), axes(A, B, k), axes(k, n, B));
    dot("outer", (x, y) -> Axial.dot(x, y), axes(A), axes(B));
    dot("element-by-element", (x, y) -> Axial.dot(x, y), axes(A, B), axes(B));
    dot("one-sided", (x, y) -> Axial.dot(x, y, k, A), axes(A, k), axes(k));
    dot("size-one", (x, y) -> Axial.dot(x, y, "k"), axes(ONE, k), axes(k, A));
    dot("nothing", (x, y) -> Axial.dot(x, y, NONE), axes(A, NONE), axes(NONE, B));
    dot("scalar", (x, y) -> Axial.dot(x, y, k), axes(), axes(k));
    dot("of-itself", (x, y) -> Axial.dot(x, x.times(y), k), axes(A, k), axes());
    cases.add(OpCase.two("dot", (x, y) -> x.dot(y, k), index(-4, 5, A, k), index(-4, 5, k, B)));
    cases.add(OpCase.two("dot", (x, y) -> x.dot(y, "k"), bool(A, k), bool(k, B)));
    cases.add(OpCase.two("dot", (x, y) -> x.dot(y, k), single(-1, 1, A, k), real(-1, 1, k)));
  }

  // ---------------------------------------------------------------- along an axis

  private void along() {
    List<Sample> samples =
        List.of(
            real(-2, 2, B),
            real(-2, 2, B, A),
            real(-2, 2, A, B),
            real(-2, 2, ONE),
            single(-2, 2, A, B),
            half(DType.BFLOAT16, -2, 2, A, B),
            half(DType.FLOAT16, -2, 2, B, A),
            index(-9, 10, B, A));
    for (Sample x : samples) {
      Axis a = x.axes().stream().filter(v -> v.size() != 3).findFirst().orElseThrow();
      cases.add(OpCase.one("cumsum", v -> cumsum(v, a), x));
      cases.add(OpCase.one("cumprod", v -> cumprod(v, a), x));
      cases.add(OpCase.one("cummax", v -> cummax(v, a), x));
      cases.add(OpCase.one("cummin", v -> cummin(v, a), x));
      cases.add(OpCase.one("sort", v -> sort(v, a), x));
      cases.add(OpCase.one("argsort", v -> argsort(v, a), x));
      cases.add(OpCase.one("flip", v -> flip(v, a), x));
      cases.add(OpCase.one("roll", v -> roll(v, 3, a), x));
      cases.add(OpCase.one("roll back", v -> roll(v, -2, a), x));
      cases.add(OpCase.one("pad", v -> pad(v, a, 2, 1, 4), x));
      int k = Math.min(3, a.size());
      cases.add(
          OpCase.of(
              "topK",
              v -> {
                TopK top = topK(v.get(0), a, k);
                return List.of(top.values(), top.indices());
              },
              x));
    }
    cases.add(OpCase.one("cumsum", v -> cumsum(v, NONE), real(-2, 2, A, NONE)));
    cases.add(OpCase.one("sort", v -> sort(v, NONE), real(-2, 2, A, NONE)));
    cases.add(OpCase.one("roll", v -> roll(v, 2, NONE), real(-2, 2, A, NONE)));
    Axis at = axis("at", 4);
    cases.add(
        OpCase.two(
            "searchsorted",
            (x, v) -> searchsorted(cumsum(abs(x), B), B, v),
            real(-2, 2, B, A),
            real(-1, 9, at, A)));
    cases.add(
        OpCase.two(
            "searchsorted",
            (x, v) -> searchsorted(cumsum(x, B), B, v),
            index(0, 3, B),
            index(0, 9)));
    cases.add(OpCase.one("oneHot", i -> oneHot(i, C), index(-1, 6, B, A)));
    cases.add(OpCase.two("take", (x, i) -> take(x, B, i), real(-2, 2, A, B), index(-7, 7, at)));
    cases.add(OpCase.two("take", (x, i) -> take(x, B, i), real(-2, 2, A, B), index(-9, 9, A)));
    cases.add(OpCase.two("take", (x, i) -> take(x, A, i), single(-2, 2, A, B), index(-5, 5)));
    cases.add(OpCase.two("take", (x, i) -> take(x, A, i), index(0, 9, A, B), index(0, 3, at, C)));
    cases.add(
        OpCase.two(
            "takeAlong", (x, i) -> takeAlong(x, B, i), real(-2, 2, A, B), index(-7, 7, A, B)));
    cases.add(
        OpCase.two(
            "takeAlong",
            (x, i) -> takeAlong(x, B, i),
            real(-2, 2, B, A),
            index(-8, 8, A, B.resize(4))));
    cases.add(
        OpCase.two("takeAlong", (x, i) -> takeAlong(x, B, i), real(-2, 2, B, A), index(0, 7, B)));
  }

  // ---------------------------------------------------------------- form

  private void form(String name, Function<NamedArray, NamedArray> f, Axis... axes) {
    cases.add(OpCase.one(name, f, real(-2, 2, axes)));
    cases.add(OpCase.one(name, f, index(0, 99, axes)));
    cases.add(OpCase.one(name, f, half(DType.BFLOAT16, -2, 2, axes)));
  }

  private void forms() {
    form("rename", x -> x.rename("b", "z"), A, B);
    form("rename swapped", x -> x.rename(java.util.Map.of("a", "b", "b", "a")), A, B);
    form("rearrange", x -> rearrange(x, C, A, B), A, B, C);
    form("rearrange names", x -> x.rearrange("b", "a"), A, B);
    form("rearrange back", x -> x.rearrange(B, A).rearrange(A, B), A, B);
    form("broadcast", x -> broadcast(x, C, B), B);
    form("broadcast method", x -> x.broadcast(C, A), A, B);
    form("broadcast scalar", x -> x.broadcast(A, B));
    form("broadcast empty", x -> x.broadcast(NONE), A);
    form("flattenAxes", x -> flattenAxes(x, "z", A, B), A, B, C);
    form("flattenAxes other-order", x -> flattenAxes(x, "a", C, A), A, B, C);
    form("flattenAxes one", x -> flattenAxes(x, "z", B), A, B);
    form("flattenAxes empty", x -> flattenAxes(x, "z", A, NONE), A, NONE);
    form(
        "unflattenAxis",
        x -> unflattenAxis(x, axis("n", 6), axis("p", 2), axis("q", 3)),
        A,
        axis("n", 6));
    form(
        "unflattenAxis three",
        x -> unflattenAxis(x, axis("n", 6), axis("n", 2), ONE, axis("q", 3)),
        axis("n", 6),
        A);
    form("get whole", NamedArray::get, A, B);
    Sample x = real(-2, 2, A, B);
    cases.add(OpCase.one("concatenate one", v -> concatenate(B, List.of(v)), x));
    cases.add(
        OpCase.three(
            "concatenate",
            (u, v, w) -> concatenate(B, List.of(u, v, w)),
            x,
            real(-2, 2, ONE.alias("b"), A),
            real(-1, 1, A, NONE.alias("b"))));
    cases.add(
        OpCase.two(
            "concatenate mixed",
            (u, v) -> concatenate(A, List.of(u, v, u)),
            index(0, 9, A, B),
            single(-2, 2, B, A)));
    cases.add(
        OpCase.two("stack", (u, v) -> stack(axis("s", 2), List.of(u, v)), x, real(-1, 2, B, A)));
    cases.add(
        OpCase.three(
            "stack scalars",
            (u, v, w) -> stack(axis("s", 3), List.of(u, v, w)),
            real(0, 1),
            real(-1, 0),
            single(2, 3)));
    cases.add(OpCase.one("pad none", v -> pad(v, B, 0, 0, 1), x));
    cases.add(OpCase.one("pad empty", v -> pad(v, NONE, 1, 2, 1.5), real(0, 1, A, NONE)));
    cases.add(OpCase.one("unmapped", v -> unmapped(v).times(v), x));
  }

  /** Arrays made beside the operands. */
  private void made() {
    Sample x = real(-2, 2, A, B);
    cases.add(OpCase.one("zeros", v -> v.plus(zeros(B)), x));
    cases.add(OpCase.one("ones", v -> v.plus(ones(DType.FLOAT64, C, A)), x));
    cases.add(OpCase.one("full", v -> v.times(full(3, B)).plus(full(2.5, DType.FLOAT32, A)), x));
    cases.add(OpCase.one("zerosLike", v -> zerosLike(v).minus(v), x));
    cases.add(OpCase.one("onesLike", v -> onesLike(v).minus(v), x));
    cases.add(OpCase.one("fullLike", v -> fullLike(v, 0.25).times(v), x));
    cases.add(OpCase.one("arange", v -> v.times(arange(B)), x));
    cases.add(OpCase.one("arange steps", v -> v.times(arange(A, 2, 3)), x));
    for (DType t : HALVES) {
      Sample h = half(t, -2, 2, A, B);
      cases.add(OpCase.one("arange", v -> v.times(arange(B, t)), h));
      cases.add(OpCase.one("full", v -> v.times(full(0.3, t, B)).plus(ones(t, A)), h));
      cases.add(OpCase.one("linspace", v -> v.times(linspace(B, 0, 1, t)), h));
      cases.add(OpCase.one("concatenate", v -> concatenate(A, List.of(v, v)), h));
    }
    cases.add(OpCase.one("linspace", v -> v.times(linspace(B, 0, 1, DType.FLOAT64)), x));
    cases.add(OpCase.one("scalar", v -> v.times(scalar(2)).plus(scalar(1.5, DType.FLOAT64)), x));
    cases.add(OpCase.one("array", v -> v.times(array(new double[] {1, -2, 0.5}, A)), x));
    cases.add(OpCase.one("key", v -> v.plus(Random.normal(key(7), DType.FLOAT64, B)), x));
    cases.add(
        OpCase.one(
            "key words",
            v -> {
              NamedArray words = Random.keyData(key(7));
              return v.times(words.get(pos(1)).astype(DType.FLOAT64));
            },
            x));
    cases.add(
        OpCase.one(
            "key choice",
            v ->
                v.times(
                    Random.uniform(
                        Random.split(key(3), axis("s", 3)).get(at("s", 1)), DType.FLOAT64, B)),
            x));
  }
}
