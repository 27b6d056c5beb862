package dev.axial.errors;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The whole text of each error, in {@code errors.txt}: {@code # name}, then the message. Places in
 * this file read {@code <line>} there. Each misuse leaves its references as they were.
 *
 * <p>It is long because each rule has its misuses.
 */
@SuppressWarnings("ReturnValueIgnored") // what a misuse gives is its error
class ErrorsTest {
  static final Axis B = axis("Batch", 4);
  static final Axis F = axis("Feature", 3);
  static final Axis L = axis("layer", 6);

  record Pair(Tensor a, Tensor b) {}

  record Strict(NamedArray weight) {}

  record Named(NamedArray x, Object extra) {}

  private static final Map<String, Runnable> CASES = new LinkedHashMap<>();
  private static NamedArray leaked;
  private static NamedRef leakedRef;

  private static void bad(String name, Runnable r) {
    if (CASES.put(name, r) != null) {
      throw new IllegalStateException(name);
    }
  }

  private static NamedArray x() {
    return arange(F, DType.FLOAT32);
  }

  private static NamedRef ref(Axis... axes) {
    return newRef(zeros(axes));
  }

  static {
    selections();
    values();
    references();
    calls();
    derivatives();
    control();
    trees();
    disk();
    compiler();
  }

  private static void selections() {
    bad("axis without a name", () -> axis(" ", 3));
    bad("axis of negative size", () -> axis("X", -1));
    bad("no such axis", () -> x().get(B.at(0)));
    bad("no such axis of a reference", () -> ref(B).get(L.at(0)));
    bad("axis consumed by a staged index", () -> ref(B, F).slice(B.at(1)).get(B.at(0)));
    bad("axis selected twice", () -> x().get(F.at(0), F.range(0, 2)));
    bad("position conflicts with a name", () -> ref(B, F).get(pos(0), B.at(1)));
    bad("too many positions", () -> x().get(pos(0), pos(1)));
    bad("two ellipses", () -> ref(B, F).get(ELLIPSIS, ELLIPSIS));
    bad("index out of range", () -> ref(B).get(B.at(4)));
    bad("negative index out of range", () -> ref(B).get(B.at(-5)));
    bad("one of many indices out of range", () -> ref(B).slice(B.at(0, 9)));
    bad("index out of range of a view", () -> ref(L).slice(L.range(1, 3)).get(L.at(2)));
    bad("window past the end of a view", () -> ref(L).slice(L.range(1, 3)).get(L.ds(1, 3)));
    bad("range with step 0", () -> ref(L).get(L.range(0, 3, 0)));
    bad("window too large", () -> ref(L).get(L.ds(scalar(0), 7)));
    bad("window with a vector start", () -> ref(L).get(L.ds(arange(F), 2)));
    bad("window with a real start", () -> ref(L).get(L.ds(scalar(1.0), 2)));
    bad("boolean index", () -> ref(L).get(L.at(arange(L).lt(3))));
    bad("real index", () -> ref(L).get(L.at(scalar(1.0))));
    bad("index array aligned with another size", () -> ref(B, F).get(B.at(arange(F.resize(2)))));
    bad(
        "index arrays paired with different sizes",
        () -> ref(B, F).get(B.at(arange(axis("I", 2))), F.at(arange(axis("I", 3)))));
    bad("mask of another size", () -> ref(L).get(L.where(arange(B).lt(2), 1)));
    bad("mask count out of range", () -> ref(L).get(L.where(arange(L).lt(2), 7)));
    bad("take along with another size", () -> takeAlong(ones(B, F), F, arange(B.resize(2))));
  }

  private static void values() {
    bad("raw array of another length", () -> array(new float[5], B));
    bad("new reference of another length", () -> newRef(new int[5], B, F));
    bad("array with one name twice", () -> zeros(B, B.resize(2)));
    bad("sizes differ in arithmetic", () -> ones(B).plus(ones(B.resize(3))));
    bad("boolean minus boolean", () -> scalar(true).minus(scalar(false)));
    bad("logic of reals", () -> x().and(x()));
    bad("not of reals", () -> x().not());
    bad("shift of reals", () -> shiftLeft(x(), 1));
    bad("bitcast to another width", () -> bitcast(x(), DType.INT64));
    bad("integer to a negative power", () -> arange(F).pow(-1));
    bad("sign of booleans", () -> sign(scalar(true)));
    bad("number that does not fit", () -> arange(F).plus(1L << 40));
    bad("where without a boolean", () -> where(x(), x(), x()));
    bad("reduce a missing axis", () -> sum(x(), B));
    bad("reduce an axis twice", () -> sum(ones(B, F), B, B));
    bad("max of nothing", () -> max(zeros(axis("empty", 0))));
    bad("dot over a missing axis", () -> dot(x(), x(), B));
    bad("rearrange with a missing name", () -> rearrange(ones(B, F), F));
    bad("rename to a name that is taken", () -> ones(B, F).rename("Batch", "Feature"));
    bad(
        "concatenate different axes",
        () -> concatenate(B, List.of(ones(B, F), ones(B, F.resize(2)))));
    bad("stack the wrong number", () -> stack(axis("S", 3), List.of(x(), x())));
    bad("pad by a negative number", () -> pad(x(), F, -1, 0, 0));
    bad("unflatten to another size", () -> unflattenAxis(ones(B), B, axis("p", 3), axis("q", 2)));
    bad(
        "flatten to an axis that is too long",
        () ->
            jit((NamedArray y) ->
                    flattenAxes(y.broadcast(axis("a", 1 << 30)), "all", "a", "Feature"))
                .apply(x()));
    bad(
        "more elements than can be counted",
        () -> zeros(axis("a", 1 << 30), axis("b", 1 << 30), axis("c", 1 << 30)));
    bad("more of the largest than there are", () -> topK(x(), F, 4));
    bad("arange past the end of its dtype", () -> arange(F, Integer.MAX_VALUE, 1));
    bad("linspace past the end of its dtype", () -> linspace(F, 0, 1e6, DType.FLOAT16));
    bad("item of many", () -> x().item());
    bad("arithmetic on a key", () -> key(0).plus(1));
    bad("times into a key", () -> newRef(key(0)).times(2));
  }

  private static void references() {
    bad("write with an extra axis", () -> ref(B).set(x()));
    bad("write of another size", () -> ref(B).set(ones(B.resize(3))));
    bad("write of raw values of another length", () -> ref(B, F).at(B.at(0)).set(new float[4]));
    bad("write real into integer", () -> newRef(arange(F)).set(x()));
    bad("write a real number into integer", () -> newRef(arange(F)).set(1.5));
    bad("add a real number to an integer", () -> newRef(arange(F)).at(F.at(0)).add(1.5));
    bad("write a real number into an array of integers", () -> arange(F).at(F.at(0)).set(1.5));
    bad("write a number into boolean", () -> newRef(arange(F).lt(1)).set(1));
    bad("update that gives other axes", () -> ref(B).update(v -> ones(F)));
    bad("swap of another size", () -> ref(B).swap(ones(B.resize(3))));
    bad(
        "use after freeze",
        () -> {
          NamedRef r = ref(B);
          NamedRef view = r.slice(B.at(0));
          r.freeze();
          view.get();
        });
    bad(
        "write after freeze",
        () -> {
          NamedRef r = ref(B);
          r.freeze();
          r.set(1);
        });
    bad(
        "use after freeze, traced",
        () ->
            jit(
                    (NamedArray y) -> {
                      NamedRef r = newRef(y);
                      NamedArray end = r.freeze();
                      r.set(0);
                      return end;
                    })
                .apply(x()));
    bad(
        "use after free",
        () -> {
          NamedRef r = ref(B);
          free(r);
          r.get();
        });
    bad("freeze of an argument", () -> jit((NamedRef r) -> r.freeze()).apply(ref(B)));
    bad(
        "freeze of a captured reference",
        () -> {
          NamedRef r = ref(B);
          jit((NamedArray y) -> r.freeze()).apply(x());
        });
    bad(
        "freeze in a loop body",
        () ->
            jit(
                    (NamedArray y) -> {
                      NamedRef r = newRef(y);
                      forLoop(0, 2, i -> r.freeze());
                      return y;
                    })
                .apply(x()));
    bad(
        "reference in its own update",
        () -> {
          NamedRef r = ref(B);
          r.update(v -> r.get());
        });
    bad(
        "reference in a callback of its call",
        () -> {
          NamedRef r = ref(B);
          jitProc((NamedRef q) -> debugCallback(v -> r.get(), q.get())).run(r);
        });
  }

  private static void calls() {
    bad("returning a reference", () -> jit((NamedRef r) -> r).apply(ref(B)));
    bad("returning a reference made inside", () -> jit((NamedArray y) -> newRef(y)).apply(x()));
    bad(
        "returning a reference in a record",
        () -> jit((NamedArray y) -> new Pair(y, newRef(y))).apply(x()));
    bad(
        "passing a reference twice",
        () -> {
          NamedRef r = ref(B);
          jitProc((NamedRef p, NamedRef q) -> p.set(q.get())).run(r, r);
        });
    bad(
        "passing a reference twice in a record",
        () -> {
          NamedRef r = ref(B);
          jitProc((Pair p) -> ((NamedRef) p.a()).set(1)).run(new Pair(r, r));
        });
    bad(
        "passing overlapping views",
        () -> {
          NamedRef r = ref(L);
          jitProc((NamedRef p, NamedRef q) -> p.set(1))
              .run(r.slice(L.range(0, 3)), r.slice(L.range(2, 5)));
        });
    bad(
        "passing a reference twice inside",
        () ->
            jitProc((NamedRef r) -> vmapProc((NamedRef p, NamedRef q) -> p.add(1), B).run(r, r))
                .run(ref(B)));
    bad(
        "applyInto of a record",
        () -> jit((NamedArray y) -> new Pair(y, y)).applyInto(ref(F), x()));
    bad(
        "passing and closing over",
        () -> {
          NamedRef r = ref(B);
          jitProc((NamedRef q) -> r.set(1)).run(r);
        });
    bad(
        "passing and closing over inside",
        () ->
            jit((NamedRef r) ->
                    grad((NamedArray y, NamedRef q) -> sum(y.times(r.get())).plus(q.get(B.at(0))))
                        .apply(ones(B), r))
                .apply(ref(B)));
    bad(
        "unsliced of one of several views",
        () -> {
          NamedRef r = ref(L);
          jitProc((NamedRef p, NamedRef q) -> p.unsliced().set(1))
              .run(r.slice(L.at(0)), r.slice(L.at(1)));
        });
    bad(
        "value after its trace",
        () -> {
          jit(
                  (NamedArray y) -> {
                    leaked = y;
                    return y;
                  })
              .apply(x());
          leaked.plus(1);
        });
    bad(
        "reference after its trace",
        () -> {
          jit(
                  (NamedArray y) -> {
                    leakedRef = newRef(y);
                    return y;
                  })
              .apply(x());
          leakedRef.get();
        });
    bad(
        "reference of an argument after its trace",
        () -> {
          jitProc((NamedRef r) -> leakedRef = r).run(ref(B));
          leakedRef.set(1);
        });
    bad(
        "value of a gradient after its trace",
        () -> {
          grad(
                  (NamedArray y) -> {
                    leaked = y.times(2);
                    return sum(y);
                  })
              .apply(x());
          leaked.plus(1);
        });
    bad(
        "a call that ends while it runs",
        () -> {
          Proc2<NamedRef, NamedRef> f =
              jitProc((p, q) -> {
                p.set(1);
                debugCallback(
                    v -> {
                      throw new IllegalStateException("no more");
                    },
                    p.get());
                q.set(1);
              });
          try {
            f.run(ref(B), ref(F));
          } catch (AxialException stopped) {
            throw (AxialException) stopped.getSuppressed()[0];
          }
        });
    bad("item of a traced value", () -> jit((NamedArray y) -> scalar(y.item())).apply(sum(x())));
    bad(
        "lower in a trace",
        () ->
            jit(
                    (NamedArray y) -> {
                      lower((NamedArray z) -> z, y);
                      return y;
                    })
                .apply(x()));
  }

  private static void derivatives() {
    bad("grad of a bare reference", () -> grad((NamedRef r) -> sum(r.get())).apply(ref(B)));
    bad(
        "grad at a reference",
        () ->
            gradAt((NamedArray y, NamedRef r) -> sum(y.times(r.get())), 1).apply(ones(B), ref(B)));
    bad(
        "grad of integers",
        () -> grad((NamedArray i) -> sum(i).astype(DType.FLOAT32)).apply(arange(F)));
    bad("grad of a vector", () -> grad((NamedArray y) -> y).apply(x()));
    bad("hessian of a vector", () -> hessian((NamedArray y) -> y).apply(x()));
    bad("jacobian of integers", () -> jacobian((NamedArray y) -> arange(B)).apply(x()));
    bad(
        "position of an argument",
        () -> gradAt((NamedArray p, NamedArray q) -> sum(p.times(q)), 2));
    bad(
        "plumbing by argument",
        () ->
            grad(
                    (NamedArray y, NamedRef r) -> {
                      r.set(y.times(2));
                      return sum(y);
                    })
                .apply(x(), ref(F)));
    bad(
        "plumbing by closure",
        () -> {
          NamedRef r = ref(F);
          grad(
                  (NamedArray y) -> {
                    r.set(y.times(2));
                    return sum(y);
                  })
              .apply(x());
        });
    bad(
        "jvp into plumbing",
        () -> {
          NamedRef r = ref(F);
          jvp(
              (NamedArray y) -> {
                r.add(y);
                return sum(y);
              },
              x(),
              x());
        });
    bad(
        "vjp without a bound reference",
        () -> vjp((NamedRef r) -> sum(r.get()), ref(B)).apply(scalar(1.0)));
    bad(
        "vjp with a reference of another type",
        () -> vjp((NamedRef r) -> sum(r.get()), ref(B)).withRefs(ref(F)).apply(scalar(1.0)));
    bad(
        "a reference missing in withRefs",
        () ->
            vjp((NamedRef p, NamedRef q) -> sum(p.get().times(q.get())), ref(B), ref(B))
                .withRefs(ref(B))
                .apply(scalar(1.0)));
    bad("cotangent of another type", () -> vjp((NamedArray y) -> y.times(2), x()).apply(ones(B)));
    bad("tangent of another type", () -> jvp((NamedArray y) -> y, x(), ones(B)));
    bad(
        "jvp of customVjp",
        () -> {
          Function<NamedArray, NamedArray> f =
              customVjp((NamedArray y) -> y, y -> residuals(y, y), (s, ct) -> ct);
          jvp(f, x(), x());
        });
    bad(
        "customVjp saves a foreign reference",
        () -> {
          Function<NamedArray, NamedArray> f =
              customVjp((NamedArray y) -> y, y -> residuals(y, newRef(y)), (r, ct) -> ct);
          grad((NamedArray y) -> sum(f.apply(y))).apply(x());
        });
    bad(
        "customVjp gradient of another type",
        () -> {
          Function<NamedArray, NamedArray> f =
              customVjp((NamedArray y) -> y, y -> residuals(y, y), (s, ct) -> ones(B));
          grad((NamedArray y) -> sum(f.apply(y))).apply(x());
        });
    bad(
        "checkpoint of a forward rule that writes",
        () -> {
          BiFunction<NamedArray, NamedRef, NamedArray> f =
              customVjp(
                  (NamedArray y, NamedRef r) -> y,
                  (y, r) -> {
                    r.add(1);
                    return residuals(y, y);
                  },
                  (NamedArray y, NamedArray ct) -> gradients(ct, null));
          NamedRef r = ref(F);
          grad((NamedArray y) -> sum(checkpoint(f).apply(y, r))).apply(x());
        });
    bad(
        "customVjp gradient of a written reference",
        () -> {
          BiFunction<NamedArray, NamedRef, NamedArray> f =
              customVjp(
                  (NamedArray y, NamedRef r) -> written(y, r),
                  (y, r) -> residuals(written(y, r), y),
                  (NamedArray y, NamedArray ct) -> gradients(ct, ct.times(y)));
          NamedRef r = ref(F);
          grad((NamedArray y) -> sum(f.apply(y, r))).apply(x());
        });
    bad(
        "customVjp gradient of an integer reference",
        () -> {
          BiFunction<NamedArray, NamedRef, NamedArray> f =
              customVjp(
                  (NamedArray y, NamedRef r) -> y.times(r.get()),
                  (y, r) -> residuals(y, y),
                  (NamedArray y, NamedArray ct) -> gradients(ct, arange(F)));
          NamedRef r = newRef(arange(F));
          grad((NamedArray y) -> sum(f.apply(y, r))).apply(x());
        });
    bad(
        "a rule differentiates its function",
        () -> {
          var f = new java.util.ArrayList<Function<NamedArray, NamedArray>>();
          f.add(
              customJvp(
                  (NamedArray y) -> exp(y),
                  (y, dy) -> new Jvp<>(exp(y), grad(f.getFirst()).apply(y).times(dy))));
          grad(f.getFirst()).apply(scalar(1.0));
        });
    bad(
        "a rule calls its function with other types",
        () -> {
          var f = new java.util.ArrayList<Function<NamedArray, NamedArray>>();
          f.add(
              customJvp(
                  (NamedArray y) -> y,
                  (y, dy) -> {
                    f.getFirst().apply(stack(axis("a" + y.rank(), 1), List.of(y)));
                    return new Jvp<>(y, dy);
                  }));
          grad(f.getFirst()).apply(scalar(1.0));
        });
    bad(
        "jvp with a tangent reference of another type",
        () -> jvp((NamedRef r) -> sum(r.get()), ref(F), ref(B)));
    bad(
        "the gradient of a reference as a value",
        () -> vjp((NamedRef r) -> sum(r.get()), ref(B)).withRefs(GRAD_VALUE).apply(scalar(1.0)));
    bad(
        "a pullback with references in a loop",
        () -> {
          NamedRef r = ref();
          jit(
                  (NamedArray y) -> {
                    var pull =
                        vjp((NamedArray v) -> foriLoop(0, 2, v, (_, c) -> c.times(r.get())), y);
                    return foriLoop(0, 2, y, (_, c) -> pull.apply(c));
                  })
              .apply(x());
        });
    bad(
        "a pullback with references in another trace",
        () -> {
          NamedRef r = ref(F);
          var pull = vjp((NamedArray v) -> v.times(r.get()), x());
          jit((NamedArray c) -> pull.apply(c)).apply(x());
        });
  }

  private static NamedArray written(NamedArray y, NamedRef r) {
    r.add(1);
    return y.times(r.get());
  }

  private static void control() {
    bad("carry changes its dtype", () -> fold(B, scalar(0), arange(B), (c, i) -> c.plus(0.5)));
    bad("carry changes its axes", () -> foriLoop(0, 3, scalar(0.0), (i, c) -> c.plus(x())));
    bad(
        "carry changes its structure",
        () -> foriLoop(0, 3, List.of(scalar(0.0)), (i, c) -> List.of(c.get(0), c.get(0))));
    bad("loops in loops without end", () -> jit((NamedArray x) -> nested(101, x)).apply(x()));
    bad("carry holds a reference", () -> foriLoop(0, 3, ref(B), (i, c) -> c));
    bad("scan over another size", () -> fold(B, scalar(0), arange(B.resize(3)), (c, i) -> c));
    bad("scan result has the axis", () -> map(B, arange(B), i -> ones(B)));
    bad(
        "branches of different types",
        () -> cond(scalar(true), () -> scalar(1), () -> scalar(1.5)));
    bad("branches of different structures", () -> ErrorsTest.<Object>branches());
    bad("condition is not boolean", () -> cond(scalar(1), () -> scalar(1), () -> scalar(2)));
    bad("loop condition is a vector", () -> whileLoop(x(), c -> c.lt(1), c -> c));
    bad(
        "loop condition writes",
        () -> {
          NamedRef r = ref();
          whileLoop(
              scalar(0),
              c -> {
                r.add(1);
                return c.lt(3);
              },
              c -> c.plus(1));
        });
    bad(
        "set into an unmapped reference",
        () -> {
          NamedRef r = ref(B);
          vmap(
                  (NamedArray y) -> {
                    r.at(B.at(0)).set(y);
                    return y;
                  },
                  F)
              .apply(x());
        });
    bad(
        "set into an unmapped argument",
        () -> vmapProc((NamedRef q, NamedArray y) -> q.set(y), F).run(ref(), x()));
    bad(
        "set into an unmapped reference in a loop",
        () ->
            vmapProc((NamedRef q, NamedArray y) -> forLoop(0, 2, i -> q.set(y)), F)
                .run(ref(), x()));
    bad(
        "swap into an unmapped reference",
        () -> {
          NamedRef r = ref(B);
          vmap((NamedArray y) -> r.at(B.at(0)).swap(y), F).apply(x());
        });
    bad(
        "read after add in vmap",
        () -> {
          NamedRef r = ref(B);
          vmap(
                  (NamedArray y) -> {
                    r.add(y);
                    return r.get();
                  },
                  F)
              .apply(x());
        });
    bad(
        "read after max in vmap",
        () -> {
          NamedRef r = ref(B);
          vmapProc((NamedArray y) -> forLoop(0, 4, i -> r.max(r.get(B.at(i)).plus(y))), F).run(x());
        });
    bad(
        "max and times in vmap",
        () -> {
          NamedRef r = ref(B);
          vmapProc(
                  (NamedArray y) -> {
                    r.max(y);
                    r.at(B.at(0)).times(y);
                  },
                  F)
              .run(x());
        });
    bad(
        "captured array with the mapped axis",
        () -> {
          NamedArray outside = x();
          vmap((NamedArray y) -> y.plus(outside), F).apply(outside);
        });
    bad(
        "captured reference with the mapped axis",
        () -> {
          NamedRef outside = ref(F);
          vmap((NamedArray y) -> y.plus(sum(outside.get())), F).apply(x());
        });
    bad(
        "unmapped reference with the mapped axis",
        () -> vmapProc((NamedRef q, NamedArray y) -> q.add(1), F).run(unmapped(ref(F)), x()));
    bad("vmap over what no argument has", () -> vmap((NamedArray y) -> y, L).apply(x()));
    bad("vmap over another size", () -> vmap((NamedArray y) -> y, F.resize(2)).apply(x()));
    bad("vmap result has the axis", () -> vmap((NamedArray y) -> ones(F), F).apply(x()));
    bad(
        "vmap over a view that repeats an index",
        () -> {
          NamedRef r = ref(L);
          vmapProc((NamedRef q) -> q.set(1), L.resize(2)).run(r.slice(L.at(1, 1)));
        });
    bad(
        "vmap over a view whose reference has the axis",
        () -> {
          NamedArray index = zeros(DType.INT32, L.resize(2));
          vmapProc((NamedRef q) -> q.set(1), L.resize(2))
              .run(ref(B, L).slice(L.at(0), B.at(index)));
        });
    bad(
        "vmap over two windows of a reference",
        () -> {
          NamedRef r = ref(L);
          vmapProc((NamedRef p, NamedRef q) -> p.set(q.get()), L.resize(3))
              .run(r.slice(L.range(0, 3)), r.slice(L.range(3, 6)));
        });
    bad("psum outside of vmap", () -> psum(x(), F));
    bad(
        "psum over another axis",
        () ->
            vmap((NamedArray y) -> vmap((NamedArray z) -> psum(z, "other"), B).apply(y), F)
                .apply(zeros(F, B)));
    bad("psum over another size", () -> vmap((NamedArray y) -> psum(y, F.resize(9)), F).apply(x()));
    bad("psum of keys", () -> vmap((NamedArray y) -> psum(key(0), F), F).apply(x()));
    bad(
        "allGather along an axis of the array",
        () -> vmap((NamedArray y) -> allGather(y, F, "Batch"), F).apply(zeros(F, B)));
    bad("unroll by nothing", () -> Scan.over(B).unroll(0));
  }

  @SuppressWarnings("unchecked")
  private static <R> R branches() {
    return (R) cond(scalar(true), () -> (Object) scalar(1), () -> (Object) List.of(scalar(1)));
  }

  private static Object levels(int n) {
    Object tree = x();
    for (int k = 0; k < n; k++) {
      tree = List.of(tree);
    }
    return tree;
  }

  private static NamedArray nested(int n, NamedArray x) {
    return n == 0 ? x : foriLoop(0, 2, x, (i, c) -> nested(n - 1, c));
  }

  private static void trees() {
    bad("raw array in a tree", () -> jit((Object o) -> x()).apply(new float[3]));
    bad("raw array in a record", () -> jit((Named n) -> n.x()).apply(new Named(x(), new int[2])));
    bad("plain object in a tree", () -> jit((Object o) -> x()).apply(new Object()));
    bad(
        "keys that do not sort",
        () -> jit((Map<Object, NamedArray> m) -> x()).apply(Map.of("a", x(), 1, x())));
    bad("tree of too many levels", () -> jit((Object o) -> x()).apply(levels(201)));
    bad("reference in an array component", () -> Tree.toRefs(new Strict(x())));
    bad(
        "map over different structures",
        () -> Tree.<Object>map((a, b) -> a, List.of(x()), List.of(x(), x())));
    bad(
        "program that does not parse",
        () -> Program.parse("program(v0: f32[X:3]) {\n  v1: f32[X:3] = sine v0\n  return v1\n}"));
  }

  private static void disk() {
    bad("freeze of a reference on disk", () -> onDisk(file -> create(file).freeze()));
    bad("use after close", () -> onDisk(file -> closed(create(file)).get()));
    bad(
        "write of a reference opened for reading",
        () ->
            onDisk(file -> {
              create(file).close();
              try (NamedRef r = NamedRef.openReadOnly(file)) {
                r.set(1);
              }
            }));
    bad(
        "opened with another dtype",
        () ->
            onDisk(file -> {
              create(file).close();
              NamedRef.open(file, DType.INT32, B).close();
            }));
    bad(
        "close in its own commit",
        () ->
            onDisk(file -> {
              try (NamedRef r = create(file)) {
                r.commit(r::close);
              }
            }));
    bad("commit in memory", () -> ref(B).commit(() -> {}));
  }

  private static NamedRef create(Path file) {
    return NamedRef.create(file, DType.FLOAT32, B);
  }

  private static NamedRef closed(NamedRef r) {
    r.close();
    return r;
  }

  /** Runs with the name of a file in a folder of its own. */
  private static void onDisk(Consumer<Path> f) {
    try {
      Path folder = Files.createTempDirectory("errors");
      try {
        f.accept(folder.resolve("refs"));
      } finally {
        try (Stream<Path> all = Files.walk(folder)) {
          for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(p);
          }
        }
      }
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    }
  }

  private static void compiler() {
    bad("a function of a reference", () -> javac("sin(ref);"));
    bad("arithmetic on a reference", () -> javac("var y = ref + 1;"));
    bad("brackets on a reference", () -> javac("var y = ref[0];"));
    bad("a Java loop over a reference", () -> javac("for (var v : ref) {}"));
    bad("printing a reference in a program", () -> javac("debugPrint(\"{}\", ref);"));
    bad("the end of a reference as a value", () -> javac("NamedArray y = ref.slice(B.at(0));"));
    bad("a result that a procedure lacks", () -> javac("NamedArray y = jitProc(p).run(ref);"));
  }

  /** What the compiler says to a statement. */
  private static void javac(String statement) {
    onDisk(file -> {
      Path source = file.resolveSibling("User.java");
      String library =
          Stream.of(NamedRef.class, Nullable.class)
              .map(c -> c.getProtectionDomain().getCodeSource().getLocation().getPath())
              .collect(Collectors.joining(File.pathSeparator));
      var said = new StringWriter();
      try {
        Files.writeString(
            source,
            """
            import static dev.axial.Axial.*;
            import dev.axial.*;
            class User {
              void use(Axis B, NamedRef ref, Proc1<NamedRef> p) {
            %s
              }
            }
            """
                .formatted(statement));
      } catch (IOException x) {
        throw new UncheckedIOException(x);
      }
      ToolProvider.findFirst("javac")
          .orElseThrow()
          .run(
              new PrintWriter(said),
              new PrintWriter(said),
              "-proc:none",
              "-cp",
              library,
              source.toString());
      throw new AxialException(
          said.toString().replaceAll("\\S*User\\.java:\\d+: |(?m)^(Note: .*|\\d+ errors?)\n?", ""));
    });
  }

  // ---------------------------------------------------------------- the test

  static Stream<String> names() {
    return CASES.keySet().stream();
  }

  static Map<String, String> expected() {
    var out = new LinkedHashMap<String, String>();
    try (var in = ErrorsTest.class.getResourceAsStream("/errors.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String part : java.util.regex.Pattern.compile("(?m)^# ").splitAsStream(text).toList()) {
        int end = part.indexOf('\n');
        if (end > 0) {
          out.put(part.substring(0, end), part.substring(end + 1).strip());
        }
      }
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    }
    return out;
  }

  static String message(Runnable r) {
    try {
      r.run();
    } catch (AxialException x) {
      return String.valueOf(x.getMessage())
          .replaceAll("ErrorsTest\\.[A-Za-z<>]+\\(ErrorsTest\\.java:\\d+\\)", "<line>")
          .replaceAll("\\S*errors\\d+/refs", "<file>")
          .strip();
    }
    return "no error";
  }

  @ParameterizedTest
  @MethodSource("names")
  void the_message_is(String name) {
    assertThat(message(CASES.get(name))).isEqualTo(expected().get(name));
  }

  @Test
  void every_expected_message_has_its_case() {
    assertThat(expected().keySet()).isEqualTo(CASES.keySet());
  }

  @Test
  void bad_writes_leave_the_reference_as_it_was() {
    NamedRef r = newRef(arange(B, DType.FLOAT32));
    float[] before = r.value().toFloatArray();
    BiFunction<String, Runnable, Void> attempt =
        (what, run) -> {
          assertThat(message(run)).as(what).isNotEqualTo("no error");
          assertThat(r.value().toFloatArray()).as(what).isEqualTo(before);
          return null;
        };
    attempt.apply("extra axis", () -> r.set(x()));
    attempt.apply("size", () -> r.set(ones(B.resize(3))));
    attempt.apply("length", () -> r.set(new float[3]));
    attempt.apply("static index", () -> r.at(B.at(7)).set(1));
    attempt.apply("failing update", () -> r.update(v -> ones(F)));
    attempt.apply(
        "failing trace",
        () ->
            jitProc(
                    (NamedRef q) -> {
                      q.set(5);
                      q.set(x());
                    })
                .run(r));
    attempt.apply(
        "overlapping views",
        () -> jitProc((NamedRef p, NamedRef q) -> p.set(9)).run(r, r.slice(B.at(1))));
    attempt.apply(
        "plumbing",
        () ->
            grad(
                    (NamedArray y) -> {
                      r.set(y);
                      return sum(y);
                    })
                .apply(ones(B)));
  }

  /** Prints errors.txt anew, to be read and kept when messages change. */
  public static void main(String[] args) {
    CASES.forEach((name, r) -> System.out.println("# " + name + "\n" + message(r) + "\n"));
  }

  @Test
  void a_call_that_ends_midway_says_what_it_may_have_written() {
    NamedRef a = newRef(zeros(F));
    NamedRef b = newRef(zeros(F));
    Proc2<NamedRef, NamedRef> f =
        jitProc((p, q) -> {
          p.set(1);
          debugCallback(
              v -> {
                throw new IllegalStateException("no more");
              },
              p.get());
          q.set(1);
        });
    assertThatThrownBy(() -> f.run(a, b))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("failed: java.lang.IllegalStateException: no more")
        .satisfies(x ->
            assertThat(x.getSuppressed())
                .singleElement()
                .asString()
                .contains("the call ended while it ran: the references it was given, made at")
                .containsPattern("ErrorsTest.java:[0-9]+\\), .*ErrorsTest.java:[0-9]+\\), may hold")
                .contains("Set them anew"));
    b.set(3); // the locks are free
    assertThat(b.get(F.at(0)).item()).isEqualTo(3);
  }
}
