package dev.axial.golden;

import static dev.axial.Axial.*;
import static dev.axial.golden.Trial.*;

import dev.axial.*;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The cases of {@code grads_jax.txt} without loops: {@code line/…} and {@code cond/…}. */
final class JaxStraightLine {
  private JaxStraightLine() {}

  static Map<String, Trial.Body> cases() {
    var m = new LinkedHashMap<String, Trial.Body>();
    m.put("line/cube", t -> t.derivatives(in -> cube(in.get("x"))));
    m.put(
        "line/cube-third-derivative",
        t -> {
          Function<NamedArray, NamedArray> third = grad(grad(grad(JaxStraightLine::cube)));
          t.out("third", t.fun(third).apply(t.in("x")));
        });
    m.put("line/chain", t -> t.derivatives(in -> chain(in.get("x"))));
    m.put("line/overwritten", t -> t.derivatives(in -> overwritten(in.get("x"))));
    m.put("line/overwritten-by-constant", t -> t.derivatives(in -> constant(in.get("x"))));
    m.put("line/swap", t -> t.derivatives(in -> swapped(in.get("x"), in.get("y"))));
    m.put(
        "line/swap-row", t -> t.derivatives(in -> swappedRow(in.get("x"), in.get("y"), t.in("w"))));
    m.put("line/add", t -> t.derivatives(in -> added(in.get("x"))));
    m.put("line/views", t -> t.derivatives(in -> views(in.get("x"), t.in("w"))));
    m.put("line/strided", t -> t.derivatives(in -> strided(in.get("x"))));
    m.put(
        "line/index-read-repeats",
        t -> t.derivatives(in -> gathered(in.get("x"), t.in("idx").rename("d0", "i"))));
    m.put("line/index-write", t -> t.derivatives(in -> scattered(in.get("x"), in.get("y"))));
    m.put(
        "line/index-add-repeats",
        t ->
            t.derivatives(in -> {
              NamedRef r = newRef(in.get("x"));
              r.at(D0.at(t.in("idx"))).add(in.get("y"));
              return sum(r.value().pow(3));
            }));
    m.put(
        "line/index-write-repeats",
        t ->
            t.derivatives(in -> {
              NamedRef r = newRef(in.get("x"));
              r.at(D0.at(t.in("idx"))).set(in.get("y"));
              return sum(r.value().pow(2).times(vector("d0", 1, 2, 3)));
            }));
    m.put("line/traced-index", t -> t.derivatives(in -> tracedIndex(in.get("x"))));
    m.put(
        "line/clamped-read",
        t ->
            t.derivatives(in -> {
              NamedRef r = newRef(in.get("x").times(in.get("x")));
              return r.get(D0.at(scalar(9))).times(r.get(D0.at(0)));
            }));
    m.put("line/freeze", t -> t.derivatives(in -> frozen(in.get("x"))));
    m.put(
        "line/stop-gradient-of-read",
        t ->
            t.derivatives(in -> {
              NamedRef r = newRef(in.get("x"));
              r.update(Axial::sin);
              return sum(r.value().times(stopGradient(r.value())));
            }));
    m.put(
        "line/stop-gradient-of-write",
        t ->
            t.derivatives(in -> {
              NamedArray x = in.get("x");
              NamedRef r = newRef(x);
              r.at(D0.at(0)).set(stopGradient(x.get(D0.at(1)).times(x.get(D0.at(2)))));
              return sum(r.value().pow(2));
            }));
    m.put("line/int-counter-ref", t -> t.derivatives(in -> counter(in.get("x"))));
    m.put("line/two-refs", t -> t.derivatives(in -> twoRefs(in.get("x"), in.get("y"))));
    m.put("line/aux", JaxStraightLine::auxiliary);
    m.put("cond/branches-write/true", t -> t.derivatives(in -> branches(in.get("x"))));
    m.put("cond/branches-write/false", t -> t.derivatives(in -> branches(in.get("x"))));
    m.put("cond/in-scan", t -> t.derivatives(in -> branchesInScan(in.get("x"))));
    m.put("cond/predicate-from-a-ref", t -> t.derivatives(in -> branchOnRef(in.get("x"))));
    return m;
  }

  // ---------------------------------------------------------------- the programs

  private static NamedArray cube(NamedArray x) {
    NamedRef r = newRef(x);
    r.set(r.value().pow(3));
    return r.value();
  }

  /** The four rows that line/chain makes of x, which has one axis. */
  static NamedArray chainRows(NamedArray x) {
    Axis a = x.axes().getFirst();
    NamedRef r = newRef(zeros64(a));
    r.at(a.at(0)).set(sin(x.get(a.at(1))));
    r.at(a.at(1)).set(r.get(a.at(0)).times(x.get(a.at(0))));
    r.at(a.at(2)).set(r.get(a.at(1)).plus(r.get(a.at(0)).times(x.get(a.at(3)))));
    r.at(a.at(3)).set(exp(r.get(a.at(2)).unaryMinus().times(x.get(a.at(2)))));
    return r.value();
  }

  static NamedArray chain(NamedArray x) {
    return sum(weights(x.axes().getFirst()).times(chainRows(x)));
  }

  private static NamedArray overwritten(NamedArray x) {
    NamedRef r = newRef(number(0));
    r.set(x.times(x));
    NamedArray a = r.value();
    r.set(sin(x));
    return a.plus(r.value().times(10));
  }

  private static NamedArray constant(NamedArray x) {
    NamedRef r = newRef(zeros64(axis("d0", 3)));
    r.set(x.times(5));
    r.at(D0.at(1)).set(0);
    return sum(r.value().pow(2));
  }

  private static NamedArray swapped(NamedArray x, NamedArray y) {
    NamedRef r = newRef(x);
    NamedArray old = r.swap(y.times(2));
    return sum(old.times(sin(r.value())));
  }

  private static NamedArray swappedRow(NamedArray x, NamedArray y, NamedArray w) {
    NamedRef r = newRef(x);
    NamedArray old = swap(r, y.rename("d0", "d1"), D0.at(1));
    r.at(D0.at(0)).set(get(r, D0.at(0)).times(old));
    return sum(r.value().times(w));
  }

  private static NamedArray added(NamedArray x) {
    NamedRef r = newRef(ones(DType.FLOAT64, axis("d0", 4)));
    r.at(D0.range(0, 2)).add(x);
    r.at(D0.range(1, 3)).add(x.times(x));
    r.at(D0.at(3)).add(x.get(D0.at(0)).times(x.get(D0.at(1))));
    return sum(weights(D0).times(r.value().pow(2)));
  }

  private static NamedArray views(NamedArray x, NamedArray w) {
    NamedRef r = newRef(zeros64(axis("d0", 5)));
    NamedRef v = r.slice(D0.range(1, 4));
    v.set(x);
    v.at(D0.at(1)).set(v.get(D0.at(0)).times(v.get(D0.at(2))));
    NamedRef u = r.slice(D0.range(2, 5));
    u.at(D0.at(2)).set(cos(u.get(D0.at(0))));
    return sum(r.value().times(w));
  }

  private static NamedArray strided(NamedArray x) {
    NamedRef r = newRef(zeros64(axis("d0", 6)));
    r.at(D0.range(0, 6, 2)).set(x);
    r.at(D0.range(1, 6, 2)).set(x.times(r.get(D0.range(0, 6, 2))));
    return sum(r.get(D0.range(1, 5)).pow(2));
  }

  private static NamedArray gathered(NamedArray x, NamedArray idx) {
    NamedRef r = newRef(x);
    r.at(D0.at(0)).set(x.get(D0.at(1)).times(x.get(D0.at(2))));
    return sum(sin(r.get(D0.at(idx))).times(weights(axis("i", 4))));
  }

  private static NamedArray scattered(NamedArray x, NamedArray y) {
    NamedRef r = newRef(x);
    r.at(D0.at(3, 1)).set(y.times(r.get(D0.at(0, 3))));
    return sum(r.value().pow(2).times(weights(D0)));
  }

  private static NamedArray tracedIndex(NamedArray x) {
    NamedRef r = newRef(x);
    for (int i : new int[] {1, 3, 1, -1}) {
      NamedArray k = scalar(i);
      r.at(D0.at(k)).set(r.get(D0.at(k)).times(x.get(D0.at(k))).plus(0.5));
    }
    return sum(r.value().times(weights(D0)));
  }

  private static NamedArray frozen(NamedArray x) {
    NamedRef r = newRef(x);
    r.at(D0.at(1)).set(r.get(D0.at(0)).times(r.get(D0.at(2))));
    NamedArray y = freeze(r);
    NamedRef s = newRef(y.times(2));
    s.at(D0.at(0)).set(sum(y));
    return sum(s.value().pow(2));
  }

  private static NamedArray counter(NamedArray x) {
    NamedRef n = newRef(scalar(0));
    NamedRef r = newRef(x);
    for (int k = 0; k < 3; k++) {
      n.add(1);
      NamedRef here = r.at(D0.at(n.value()));
      here.set(here.value().times(r.get(D0.at(0))).times(n.value()));
    }
    return sum(r.value());
  }

  private static NamedArray twoRefs(NamedArray x, NamedArray y) {
    NamedRef a = newRef(x);
    NamedRef b = newRef(y);
    a.set(a.value().times(b.value()));
    b.set(b.value().plus(a.value()));
    NamedArray t = b.get(D0.at(0));
    NamedArray u = a.get(D0.at(1));
    a.at(D0.at(0)).set(t);
    b.at(D0.at(1)).set(u);
    return sum(a.value().times(b.value()));
  }

  private static void auxiliary(Trial t) {
    Function<NamedArray, Aux<NamedArray>> f =
        x -> {
          NamedRef r = newRef(x);
          r.at(D0.at(0)).set(r.get(D0.at(1)).times(r.get(D0.at(2))));
          return aux(sum(r.value().pow(2)), r.value().times(2));
        };
    ValueAuxAndGrad<NamedArray, NamedArray> got = t.fun(valueAndGradAux(f)).apply(t.in("x"));
    t.out("value", got.value());
    t.out("aux", got.aux());
    t.out("grad.x", got.grad());
  }

  /** The two branches of cond/branches-write, on a scalar. */
  static NamedArray branches(NamedArray x) {
    NamedRef r = newRef(stack(axis("b", 3), java.util.List.of(x, x.times(2), x.times(3))));
    Axis b = axis("b", 3);
    condProc(
        x.gt(0),
        () -> r.at(b.at(0)).set(sin(r.get(b.at(1)))),
        () -> r.at(b.at(2)).set(r.get(b.at(0)).times(r.get(b.at(1)))));
    return sum(r.value().times(vector("b", 1, 10, 100)));
  }

  private static NamedArray branchesInScan(NamedArray x) {
    NamedRef r = newRef(x);
    Axis steps = axis("d0", 4);
    NamedArray k =
        fold(
            steps,
            number(1.5),
            arange(steps),
            (c, i) ->
                cond(
                    i.rem(2).eq(0),
                    () -> {
                      r.at(D0.at(i)).set(r.get(D0.at(i)).times(c));
                      return c.plus(r.get(D0.at(0)));
                    },
                    () -> {
                      r.at(D0.at(0)).add(c);
                      return c.times(r.get(D0.at(i)));
                    }));
    return k.plus(sum(r.value().pow(2)));
  }

  private static NamedArray branchOnRef(NamedArray x) {
    NamedRef r = newRef(x);
    NamedArray v =
        cond(
            r.get(D0.at(0)).gt(r.get(D0.at(1))),
            () -> r.get(D0.at(0)).pow(2),
            () -> exp(r.get(D0.at(1))));
    r.at(D0.at(2)).set(v);
    return r.get(D0.at(2)).times(r.get(D0.at(0)));
  }
}
