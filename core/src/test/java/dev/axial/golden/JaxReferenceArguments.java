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
 * The cases of {@code grads_jax.txt} in which a reference comes from outside: plumbing, custom
 * rules that are given one, and {@code vjp} with respect to one.
 */
final class JaxReferenceArguments {
  private JaxReferenceArguments() {}

  static Map<String, Trial.Body> cases() {
    var m = new LinkedHashMap<String, Trial.Body>();
    plumbing(m);
    custom(m);
    pullbacks(m);
    pullbacksOfRefs(m);
    return m;
  }

  // ---------------------------------------------------------------- plumbing

  private static void plumbing(Map<String, Trial.Body> m) {
    m.put(
        "plumbing/metrics",
        t -> {
          NamedRef stats = newRef(ones(DType.FLOAT64, axis("d0", 3)));
          BiFunction<NamedArray, NamedRef, ValueAndGrad<NamedArray>> f =
              valueAndGrad(JaxReferenceArguments::metrics);
          ValueAndGrad<NamedArray> got = t.fun(f).apply(t.in("x"), stats);
          t.out("value", got.value());
          t.out("grad.x", got.grad());
          t.out("stats", stats);
        });
    m.put(
        "plumbing/metrics-jvp",
        t -> {
          NamedRef stats = newRef(ones(DType.FLOAT64, axis("d0", 3)));
          BiFunction<NamedArray, NamedArray, Jvp<NamedArray>> f =
              (x, d) -> jvp((NamedArray v) -> metrics(v, stats), x, d);
          Jvp<NamedArray> got = t.fun(f).apply(t.in("x"), t.in("t.x"));
          t.out("value", got.value());
          t.out("tangent", got.tangent());
          t.out("stats", stats);
        });
    m.put(
        "plumbing/read",
        t -> {
          NamedRef r = newRef(t.in("c"));
          Function<NamedArray, NamedArray> f = x -> sum(r.value().times(x.pow(2)));
          t.out("value", t.fun(f).apply(t.in("x")));
          t.out("grad.x", t.fun(grad(f)).apply(t.in("x")));
          t.out("second", t.fun(grad(grad(f))).apply(t.in("x")));
        });
    m.put("plumbing/scan", JaxReferenceArguments::plumbedScan);
    m.put("plumbing/batch-norm", JaxReferenceArguments::batchNorm);
  }

  private static NamedArray metrics(NamedArray x, NamedRef stats) {
    NamedArray y = sin(x);
    stats.add(stopGradient(y));
    return sum(y.times(x));
  }

  record Weights(NamedArray xs, NamedArray w) {}

  private static void plumbedScan(Trial t) {
    BiFunction<Weights, NamedRef, NamedArray> f =
        (p, seen) ->
            fold(
                axis("d0", 4),
                number(1),
                p.xs,
                (k, x) -> {
                  NamedArray next = k.times(sin(p.w.times(x)));
                  NamedArray i = seen.get(D0.at(0)).astype(DType.INT32);
                  seen.at(D0.at(0)).add(1);
                  seen.at(D0.at(i.plus(1))).set(stopGradient(next));
                  return next.plus(x);
                });
    NamedRef seen = newRef(zeros64(axis("d0", 5)));
    ValueAndGrad<Weights> got =
        t.fun(valueAndGrad(f)).apply(new Weights(t.in("xs"), t.in("w")), seen);
    t.out("value", got.value());
    t.out("grad.xs", got.grad().xs);
    t.out("grad.w", got.grad().w);
    t.out("seen", seen);
  }

  record Layer(NamedArray x, NamedArray scale) {}

  private static void batchNorm(Trial t) {
    Fn3<Layer, NamedRef, NamedRef, NamedArray> f =
        (p, m, v) -> {
          NamedArray mu = mean(p.x, D0);
          NamedArray s = var(p.x, D0);
          m.set(m.value().times(0.9).plus(stopGradient(mu).times(0.1)));
          v.set(v.value().times(0.9).plus(stopGradient(s).times(0.1)));
          return sum(p.x.minus(mu).div(sqrt(s.plus(1e-5))).times(p.scale).pow(3));
        };
    Axis d1 = axis("d1", 3);
    NamedRef m = newRef(zeros64(d1));
    NamedRef v = newRef(ones(DType.FLOAT64, d1));
    NamedArray scale = t.in("scale").rename("d0", "d1");
    Fn3<Layer, NamedRef, NamedRef, ValueAndGrad<Layer>> step = t.fun(valueAndGrad(f));
    ValueAndGrad<Layer> got = step.apply(new Layer(t.in("x"), scale), m, v);
    var _ = step.apply(new Layer(t.in("x2"), scale), m, v);
    t.out("value", got.value());
    t.out("grad.x", got.grad().x);
    t.out("grad.scale", got.grad().scale);
    t.out("m", m);
    t.out("v", v);
  }

  // ---------------------------------------------------------------- custom derivatives

  private static void custom(Map<String, Trial.Body> m) {
    m.put(
        "custom-vjp/stash-a-gradient",
        t -> {
          NamedRef ref = newRef(zeros64(axis("d0", 3)));
          BiFunction<NamedArray, NamedRef, ValueAndGrad<NamedArray>> f =
              valueAndGrad(JaxReferenceArguments::stashing);
          ValueAndGrad<NamedArray> got = t.fun(f).apply(t.in("x"), ref);
          t.out("value", got.value());
          t.out("grad.x", got.grad());
          t.out("ref", ref);
        });
    m.put(
        "custom-vjp/stash-in-jit",
        t -> {
          NamedRef ref = newRef(zeros64(axis("d0", 3)));
          BiFunction<NamedArray, NamedRef, NamedArray> f = grad(JaxReferenceArguments::stashing);
          var _ = t.fun(f).apply(t.in("x"), ref);
          t.out("ref", ref);
        });
    m.put("custom-vjp/tally-in-scan", JaxReferenceArguments::tallyInScan);
    m.put("custom-vjp/refs-inside-both-rules", JaxReferenceArguments::refsInRules);
    m.put("custom-jvp/in-a-ref", JaxReferenceArguments::customJvpInRef);
  }

  private static NamedArray stashing(NamedArray x, NamedRef ref) {
    BiFunction<NamedArray, NamedRef, NamedArray> stash =
        customVjp(
            (NamedArray h, NamedRef r) -> h,
            (NamedArray h, NamedRef r) -> residuals(h, r),
            (NamedRef r, NamedArray ct) -> {
              r.set(ct);
              return gradients(ct, null);
            });
    return sum(stash.apply(sin(x).times(2), ref).pow(2));
  }

  record Start(NamedArray x, NamedArray w) {}

  private static void tallyInScan(Trial t) {
    BiFunction<NamedArray, NamedRef, NamedArray> tally =
        customVjp(
            (NamedArray h, NamedRef r) -> h,
            (NamedArray h, NamedRef r) -> residuals(h, r),
            (NamedRef r, NamedArray ct) -> {
              r.add(ct.times(ct));
              return gradients(ct.times(0.5), null);
            });
    NamedArray ys = t.in("ys");
    BiFunction<Start, NamedRef, NamedArray> f =
        (p, ref) ->
            fold(axis("d0", 4), p.x, ys, (k, y) -> tally.apply(sin(k.times(p.w)).plus(y), ref));
    NamedRef ref = newRef(number(0));
    ValueAndGrad<Start> got = t.fun(valueAndGrad(f)).apply(new Start(t.in("x"), t.in("w")), ref);
    t.out("value", got.value());
    t.out("grad.x", got.grad().x);
    t.out("grad.w", got.grad().w);
    t.out("ref", ref);
  }

  private static NamedArray tripled(NamedArray x) {
    NamedRef r = newRef(x);
    r.update(v -> v.times(3));
    return r.value();
  }

  private static void refsInRules(Trial t) {
    Function<NamedArray, NamedArray> clipped =
        customVjp(
            JaxReferenceArguments::tripled,
            (NamedArray x) -> residuals(tripled(x), x),
            (NamedArray saved, NamedArray ct) -> {
              NamedRef r = newRef(zerosLike(saved));
              r.set(clip(ct, -1, 1).times(saved));
              return r.value();
            });
    NamedArray w = t.in("w");
    Function<NamedArray, NamedArray> f = x -> sum(clipped.apply(x).times(w));
    t.out("value", t.fun(f).apply(t.in("x")));
    t.out("grad.x", t.fun(grad(f)).apply(t.in("x")));
    t.out("lanes", t.given("lanes"));
    NamedArray along = w.rename("d0", "d1");
    Function<NamedArray, NamedArray> lane = grad(x -> sum(clipped.apply(x).times(along)));
    t.out("vmap-grad", t.fun(vmap(lane, axis("d0", 2))).apply(t.given("lanes")));
  }

  /** The rule gives the root itself: a rule that called its own function would have no end. */
  private static final Function<NamedArray, NamedArray> SOFT =
      customJvp(
          Axial::sqrt,
          (NamedArray x, NamedArray d) -> new Jvp<>(sqrt(x), d.times(0.5).div(sqrt(x).plus(0.1))));

  private static void customJvpInRef(Trial t) {
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef r = newRef(x);
          r.at(D0.at(0)).set(SOFT.apply(r.get(D0.at(1))));
          return r.get(D0.at(0)).times(r.get(D0.at(2)));
        };
    t.out("value", t.fun(f).apply(t.in("x")));
    t.out("grad.x", t.fun(grad(f)).apply(t.in("x")));
    BiFunction<NamedArray, NamedArray, NamedArray> forward = (x, d) -> jvp(f, x, d).tangent();
    t.out("tangent", t.fun(forward).apply(t.in("x"), t.in("t.x")));
  }

  // ---------------------------------------------------------------- vjp

  private static NamedArray product(NamedArray x, NamedArray y) {
    return sum(sin(x).times(y));
  }

  private static void pullbacks(Map<String, Trial.Body> m) {
    m.put(
        "vjp/values",
        t -> {
          BiFunction<NamedArray, NamedArray, List<Object>> f =
              (x, y) -> {
                Vjp<Object[], NamedArray> pull = vjp(JaxReferenceArguments::product, x, y);
                return List.of(pull.value(), List.of(pull.apply(number(2))));
              };
          List<Object> got = t.fun(f).apply(t.in("x"), t.in("y"));
          t.out("value", (NamedArray) got.get(0));
          t.out("grad.x", (NamedArray) ((List<?>) got.get(1)).get(0));
          t.out("grad.y", (NamedArray) ((List<?>) got.get(1)).get(1));
        });
    m.put(
        "vjp/with-refs",
        t -> {
          Axis d0 = axis("d0", 3);
          NamedRef gx = newRef(ones(DType.FLOAT64, d0));
          NamedRef gy = newRef(zeros64(d0));
          BiFunction<NamedArray, NamedArray, NamedArray> f =
              (x, y) -> {
                Vjp<Object[], NamedArray> pull = vjp(JaxReferenceArguments::product, x, y);
                var _ = pull.withRefs(List.of(gx, gy)).apply(number(2));
                NamedArray first = gx.value();
                var _ = pull.withRefs(new Object[] {gx, gy}).apply(number(1));
                return first;
              };
          t.out("gx1", t.fun(f).apply(t.in("x"), t.in("y")));
          t.out("gx", gx);
          t.out("gy", gy);
        });
    m.put("vjp/dont-want", t -> t.out("gx", bound(t, DONT_WANT).gx));
    m.put(
        "vjp/grad-value",
        t -> {
          Bound got = bound(t, GRAD_VALUE);
          t.out("gx", got.gx);
          t.out("grad.y", (NamedArray) got.gradients.get(1));
        });
    m.put("vjp/accumulate-over-microbatches", JaxReferenceArguments::microbatches);
  }

  private record Bound(NamedRef gx, List<Object> gradients) {}

  private static Bound bound(Trial t, NamedRef forY) {
    NamedRef gx = newRef(zeros64(axis("d0", 3)));
    BiFunction<NamedArray, NamedArray, List<Object>> f =
        (x, y) ->
            List.of(
                vjp(JaxReferenceArguments::product, x, y)
                    .withRefs(new Object[] {gx, forY})
                    .apply(number(2)));
    return new Bound(gx, t.fun(f).apply(t.in("x"), t.in("y")));
  }

  private static NamedArray loss(NamedArray w, NamedArray x) {
    return sum(tanh(dot(w, x, "d1")).pow(2));
  }

  private static void microbatches(Trial t) {
    NamedRef gw = newRef(zeros64(axis("d0", 2), axis("d1", 3)));
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        (w, xs) ->
            map(
                axis("time", 4),
                xs.rename("d0", "time"),
                x -> {
                  Vjp<Object[], NamedArray> pull = vjp(JaxReferenceArguments::loss, w, x);
                  var _ = pull.withRefs(new Object[] {gw, DONT_WANT}).apply(number(1));
                  return pull.value();
                });
    t.out("values", t.fun(f).apply(t.in("w"), t.in("xs")));
    t.out("gw", gw);
  }

  // ---------------------------------------------------------------- vjp of a reference

  private static void pullbacksOfRefs(Map<String, Trial.Body> m) {
    Function<NamedRef, NamedArray> read = r -> sum(sin(r.value()).times(weights(D0)));
    m.put("vjp/of-a-ref-read", t -> ofRef(t, read, zeros64(axis("d0", 4))));
    m.put("vjp/of-a-ref-read-adds", t -> ofRef(t, read, t.in("g0")));
    m.put(
        "vjp/of-a-ref-read-in-scan",
        t ->
            ofRef(
                t,
                r ->
                    fold(
                        axis("d0", 4),
                        number(1),
                        arange(axis("d0", 4)),
                        (k, i) -> k.times(r.get(D0.at(i))).plus(0.5)),
                zeros64(axis("d0", 4))));
    m.put(
        "vjp/of-a-ref-written",
        t -> ofRef(t, JaxReferenceArguments::written, zeros64(axis("d0", 4))));
    m.put("vjp/of-a-ref-written-with-cotangent", JaxReferenceArguments::writtenWithCotangent);
    m.put("vjp/ref-and-array", JaxReferenceArguments::refAndArray);
  }

  private static void ofRef(Trial t, Function<NamedRef, NamedArray> f, NamedArray start) {
    NamedRef r = newRef(t.in("x"));
    NamedRef g = newRef(start);
    Fn3<NamedRef, NamedRef, NamedArray, NamedArray> run =
        (ref, gradient, ct) -> {
          Vjp<NamedRef, NamedArray> pull = vjp(f, ref);
          var _ = pull.withRefs(gradient).apply(ct);
          return pull.value();
        };
    t.out("value", t.fun(run).apply(r, g, t.in("ct")));
    t.out("r", r);
    t.out("g", g);
  }

  static NamedArray written(NamedRef r) {
    NamedArray a = r.get(D0.at(0)).times(r.get(D0.at(1)));
    r.at(D0.at(0)).set(a);
    r.at(D0.at(2)).set(sin(r.get(D0.at(3))));
    return r.get(D0.at(0)).plus(r.get(D0.at(2)).times(3));
  }

  /**
   * JAX takes what the gradient's reference holds for the cotangent of what the function leaves.
   * Here a gradient's reference is only added to; that cotangent is given by returning the
   * contents.
   */
  private static void writtenWithCotangent(Trial t) {
    NamedRef r = newRef(t.in("x"));
    NamedRef g = newRef(zeros64(axis("d0", 4)));
    Function<NamedRef, List<NamedArray>> f = ref -> List.of(written(ref), ref.value());
    BiFunction<NamedRef, NamedRef, NamedArray> run =
        (ref, gradient) -> {
          Vjp<NamedRef, List<NamedArray>> pull = vjp(f, ref);
          var _ = pull.withRefs(gradient).apply(List.of(t.in("ct"), t.in("g0")));
          return pull.value().get(0);
        };
    t.out("value", t.fun(run).apply(r, g));
    t.out("r", r);
    t.out("g", g);
  }

  private static void refAndArray(Trial t) {
    NamedRef r = newRef(t.in("a"));
    NamedRef g = newRef(zeros64(axis("d0", 3)));
    BiFunction<NamedRef, NamedArray, NamedArray> f =
        (ref, x) -> {
          ref.at(D0.at(0)).set(ref.get(D0.at(1)).times(x));
          return sum(ref.value().pow(2));
        };
    Fn3<NamedRef, NamedRef, NamedArray, List<NamedArray>> run =
        (ref, gradient, x) -> {
          Vjp<Object[], NamedArray> pull = vjp(f, ref, x);
          Object[] got = pull.withRefs(new Object[] {gradient, GRAD_VALUE}).apply(number(1));
          return List.of(pull.value(), (NamedArray) got[1]);
        };
    List<NamedArray> got = t.fun(run).apply(r, g, t.in("x"));
    t.out("value", got.get(0));
    t.out("grad.x", got.get(1));
    t.out("r", r);
    t.out("g", g);
  }
}
