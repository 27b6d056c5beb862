package dev.axial.golden;

import static dev.axial.Axial.*;
import static dev.axial.golden.Trial.*;

import dev.axial.*;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The cases of {@code grads_jax.txt} under {@code vmap}, {@code jacobian}, {@code hessian}, {@code
 * linearize}, {@code jvp} of {@code jvp} and {@code checkpoint}.
 */
final class JaxTransformed {
  private JaxTransformed() {}

  static Map<String, Trial.Body> cases() {
    var m = new LinkedHashMap<String, Trial.Body>();
    mapped(m);
    mappedRefs(m);
    m.put("jacobian/line-vector", t -> jacobians(t, JaxStraightLine::chainRows));
    m.put(
        "jacobian/scan",
        t -> {
          t.out("value", t.fun(JaxTransformed::vectorScan).apply(t.in("x")));
          jacobians(t, JaxTransformed::vectorScan);
        });
    m.put("hessian/scan", t -> hessians(t, x -> sum(vectorScan(x))));
    m.put("hessian/line", t -> hessians(t, JaxStraightLine::chain));
    m.put("linearize/scan", JaxTransformed::linearized);
    m.put("jvp/of-jvp", JaxTransformed::jvpOfJvp);
    m.put(
        "checkpoint/line",
        t -> {
          Function<NamedArray, NamedArray> f = checkpoint(JaxStraightLine::chain);
          t.derivatives(in -> f.apply(in.get("x")));
        });
    m.put(
        "checkpoint/scan",
        t -> {
          Function<NamedArray, NamedArray> f = checkpoint(JaxLoops::sines);
          t.derivatives(in -> f.apply(in.get("x")));
        });
    m.put("checkpoint/in-scan", t -> t.derivatives(in -> blocks(in.get("xs"), in.get("w"))));
    m.put(
        "checkpoint/reads-an-outer-ref",
        t -> {
          NamedRef outer = newRef(t.in("c"));
          Function<NamedArray, NamedArray> f =
              checkpoint((NamedArray x) -> sum(sin(outer.value().times(x))));
          t.out("grad.x", t.fun(grad(f)).apply(t.in("x")));
        });
    return m;
  }

  // ---------------------------------------------------------------- vmap

  private static void mapped(Map<String, Trial.Body> m) {
    m.put("vmap/scan-rows", t -> t.lanes(JaxLoops::sines));
    m.put("vmap/line", t -> t.lanes(JaxStraightLine::chain));
    m.put(
        "vmap/nested-lanes", t -> t.lanes(v -> sum(vmap(JaxLoops::sines, axis("d1", 3)).apply(v))));
    m.put("vmap/lane-index", t -> t.lanes(JaxTransformed::laneIndex));
    m.put("vmap/cond-writes", t -> t.lanes(JaxStraightLine::branches));
    m.put("vmap/while-writes", t -> t.lanes(JaxTransformed::laneWhile));
    m.put("vmap/cond-with-a-loop", t -> t.lanes(JaxTransformed::branchWithLoop));
  }

  private static NamedArray laneIndex(NamedArray v) {
    NamedArray i = v.get(D1.at(3)).astype(DType.INT32);
    NamedArray x = v.get(D1.range(0, 3));
    NamedRef r = newRef(x);
    r.at(D1.at(i)).set(r.get(D1.at(i)).times(x.get(D1.at(0))));
    return sum(r.value().pow(2)).plus(r.get(D1.at(i)));
  }

  private static NamedArray laneWhile(NamedArray x) {
    Axis two = axis("two", 2);
    NamedRef r = newRef(stack(two, List.of(x, number(0))));
    var _ =
        whileLoop(
            x,
            c -> c.lt(5),
            c -> {
              r.at(two.at(0)).set(r.get(two.at(0)).times(1.5));
              r.at(two.at(1)).set(r.get(two.at(1)).plus(x));
              return r.get(two.at(0));
            });
    return r.get(two.at(0)).plus(r.get(two.at(1)));
  }

  private static NamedArray branchWithLoop(NamedArray x) {
    Axis row = axis("row", 3);
    NamedRef r = newRef(zeros64(row));
    condProc(
        x.gt(1),
        () -> each(arange(row), i -> r.at(row.at(i)).set(x.times(i))),
        () -> r.at(row.at(0)).set(x.unaryMinus()));
    return sum(r.value().pow(2));
  }

  private static void mappedRefs(Map<String, Trial.Body> m) {
    m.put("vmap/over-a-ref-argument", t -> overRef(t, t.in("x"), "d0", "d1"));
    m.put(
        "vmap/over-a-ref-argument/second-axis",
        t -> overRef(t, t.in("x").rename("d0", "d1"), "d1", "d0"));
    m.put(
        "vmap/reads-an-unmapped-ref",
        t -> {
          NamedRef r = newRef(t.in("c").rename("d0", "k"));
          Function<NamedArray, NamedArray> f = x -> sum(r.value().times(x.pow(2)));
          t.out("result", t.fun(vmap(f, axis("d0", 3))).apply(t.in("x")));
        });
    m.put(
        "vmap/adds-to-an-unmapped-ref",
        t -> {
          NamedRef r = newRef(ones(DType.FLOAT64, axis("d1", 3)));
          Proc1<NamedArray> f = x -> r.add(x.times(x));
          t.proc(vmapProc(f, axis("d0", 5))).run(t.in("x"));
          t.out("ref", r);
        });
    m.put(
        "vmap/adds-a-constant-to-an-unmapped-ref",
        t -> {
          NamedRef r = newRef(number(0));
          Proc1<NamedArray> f = x -> r.add(1);
          t.proc(vmapProc(f, axis("d0", 5))).run(t.in("x"));
          t.out("ref", r);
        });
  }

  private static void overRef(Trial t, NamedArray x, String lane, String row) {
    NamedRef ref = newRef(t.in("m"));
    Proc2<NamedRef, NamedArray> f =
        (r, v) -> {
          r.at(at(row, 0)).set(v);
          r.at(at(row, 1)).set(r.get(at(row, 0)).times(r.get(at(row, 2))));
        };
    t.proc(vmapProc(f, x.axis(lane))).run(ref, x);
    t.out("ref", ref);
  }

  // ---------------------------------------------------------------- all at once

  private static void jacobians(Trial t, Function<NamedArray, NamedArray> f) {
    t.out("jacobian", t.fun(jacobian(f)).apply(t.in("x")));
    t.out("jacobian", t.fun(jacobianForward(f)).apply(t.in("x")));
  }

  private static void hessians(Trial t, Function<NamedArray, NamedArray> f) {
    t.out("hessian", t.fun(hessian(f)).apply(t.in("x")));
    t.out("hessian", t.fun(jacobian(grad(f))).apply(t.in("x")));
  }

  /** The function of jacobian/scan. */
  private static NamedArray vectorScan(NamedArray x) {
    NamedRef r = newRef(concatenate(D0, List.of(x, zeros64(axis("d0", 3)))));
    each(
        arange(axis("d0", 3)).plus(3),
        i -> {
          NamedArray product = r.get(D0.at(i.minus(1))).times(r.get(D0.at(i.minus(2))));
          r.at(D0.at(i)).set(product.plus(sin(r.get(D0.at(i.minus(3))))));
        });
    return r.get(D0.range(3, 6));
  }

  private static void linearized(Trial t) {
    BiFunction<NamedArray, NamedArray, List<NamedArray>> f =
        (x, d) -> {
          Linearized<NamedArray, NamedArray> l = linearize(JaxTransformed::vectorScan, x);
          return List.of(l.value(), l.tangent().apply(d), l.tangent().apply(d.times(2)));
        };
    List<NamedArray> got = t.fun(f).apply(t.in("x"), t.in("t.x"));
    t.out("value", got.get(0));
    t.out("tangent", got.get(1));
    t.out("tangent2", got.get(2));
  }

  private static void jvpOfJvp(Trial t) {
    Function<NamedArray, NamedArray> first = x -> jvp(JaxLoops::sines, x, number(1)).tangent();
    Function<NamedArray, NamedArray> second = x -> jvp(first, x, number(1)).tangent();
    t.out("second", t.fun(second).apply(t.in("x")));
    t.out("second", t.fun(grad(first)).apply(t.in("x")));
    t.out("second", t.fun(grad(grad(JaxLoops::sines))).apply(t.in("x")));
  }

  // ---------------------------------------------------------------- checkpoint

  private static NamedArray blocks(NamedArray xs, NamedArray w) {
    Axis two = axis("two", 2);
    BiFunction<NamedArray, NamedArray, NamedArray> block =
        checkpoint((NamedArray k, NamedArray x) -> {
          NamedRef r = newRef(stack(two, List.of(k, x)));
          r.at(two.at(0)).set(tanh(r.get(two.at(0)).times(w).plus(r.get(two.at(1)))));
          return r.get(two.at(0)).times(r.get(two.at(1)));
        });
    return fold(xs.axis("d0"), number(0.3), xs, block);
  }
}
