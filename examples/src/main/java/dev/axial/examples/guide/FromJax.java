package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.axes;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The twins of programs with references in JAX and Haliax. */
public final class FromJax {
  private static final Axis X = axis("X", 3);
  private static final Axis Layer = axis("layer", 6);
  private static final Axis Head = axis("head", 3);

  private FromJax() {}

  static void compiled() {
    // @start region=jit
    NamedRef total = newRef(zeros(X));

    Proc1<NamedArray> visit = jitProc(i -> total.at(X.at(i)).add(1));

    visit.run(scalar(1));
    visit.run(scalar(1)); // total: [0, 2, 0]
    // @end
    equal(total, 0, 2, 0);
  }

  static void access() {
    // @start region=access
    Axis Row = axis("row", 4);
    Axis Col = axis("col", 3);
    NamedRef table = newRef(unflattenAxis(arange(axis("n", 12), DType.FLOAT32), "n", Row, Col));
    NamedArray row = table.get(Row.at(1)); // read
    table.at(Row.at(0)).set(row); // write
    table.at(Row.range(1, 3), Col.at(0)).set(new float[] {7, 8}); // a part
    table.at(Row.at(3, 0)).set(0); // a number fills what is selected
    NamedArray old = table.at(Row.at(2)).swap(row); // write, and get what was there
    NamedArray end = table.freeze(); // the final value
    // @end
    equal(old, 8, 7, 8);
    equal(end, 0, 0, 0, 7, 4, 5, 3, 4, 5, 0, 0, 0);
  }

  static void gradient() {
    // @start region=grad
    Function<NamedArray, NamedArray> tower =
        x -> {
          NamedRef level = newRef(x); // made inside: the function is pure
          for (int k = 0; k < 3; k++) {
            level.update(v -> sin(v));
          }
          return level.freeze();
        };

    NamedArray slope = jit(grad(tower)).apply(scalar(1.0));
    // @end
    close(slope, 1e-6, Math.cos(Math.sin(Math.sin(1))) * Math.cos(Math.sin(1)) * Math.cos(1));
  }

  static void record() {
    // @start region=record
    BiFunction<NamedArray, NamedRef, NamedArray> loss =
        (w, seen) -> {
          NamedArray h = tanh(w);
          seen.set(stopGradient(h)); // the reference only records
          return sum(h.times(h));
        };

    NamedRef seen = newRef(zeros(X));
    NamedArray g = grad(loss).apply(array(new float[] {0, 1, 2}, X), seen);
    // @end
    close(seen, 1e-6, Math.tanh(0), Math.tanh(1), Math.tanh(2));
    axes(g, X);
  }

  static void stash() {
    // @start region=stash
    BiFunction<NamedArray, NamedRef, NamedArray> watch =
        customVjp(
            (NamedArray x, NamedRef stash) -> x,
            (x, stash) -> residuals(x, stash),
            (NamedRef stash, NamedArray ct) -> {
              stash.set(ct); // the gradient that comes by
              return gradients(ct, null);
            });

    NamedRef stash = newRef(scalar(0.0));
    NamedArray g =
        grad((NamedArray x) -> square(watch.apply(x.times(3), stash))).apply(scalar(2.0));
    // stash: 12
    // @end
    equal(stash, 12);
    equal(g, 36);
  }

  static void vjpByReference() {
    // @start region=vjp
    Function<NamedRef, NamedArray> energy =
        r -> {
          r.update(v -> sin(v));
          return sum(square(r.get()));
        };

    NamedRef place = newRef(new float[] {1, 2, 3}, X);
    NamedRef grads = newRef(zeros(X));
    vjp(energy, place).withRefs(grads).apply(scalar(1.0)); // adds to grads
    // @end
    close(grads, 1e-6, Math.sin(2), Math.sin(4), Math.sin(6));
  }

  static void sparse() {
    // @start region=sparse
    Axis N = axis("n", 10);
    NamedArray x = arange(N, DType.FLOAT32);
    NamedRef sparse = newRef(zeros(N));
    for (int i : new int[] {3, 5, 3}) {
      vjp((NamedArray v) -> v.get(N.at(i)), x).withRefs(sparse).apply(scalar(1.0));
    }
    // @end
    equal(sparse, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0);
  }

  static void dontWant() {
    // @start region=dontwant
    Axis Out = axis("out", 2);
    Vjp<Object[], NamedArray> pull =
        vjp((NamedArray w, NamedArray x) -> dot(w, x, X), ones(Out, X), ones(X));
    Object[] g = pull.withRefs(List.of(GRAD_VALUE, DONT_WANT)).apply(ones(Out));
    NamedArray dw = (NamedArray) g[0];
    // @end
    equal(dw, 1, 1, 1, 1, 1, 1);
  }

  // @start region=microbatches
  static final Axis Batch = axis("batch", 4);
  static final Axis Sample = axis("sample", 5);

  record Sums(NamedArray gradient, NamedArray losses) {}

  static Sums batchGradient(NamedArray w, NamedArray batches) {
    NamedRef acc = newRef(zeros(X));
    NamedArray losses =
        map(
            Batch,
            batches,
            x -> {
              var pull = vjp((NamedArray v) -> mean(tanh(dot(x, v, X))), w);
              var _ = pull.withRefs(acc).apply(scalar(1.0));
              return pull.value();
            });
    return new Sums(acc.freeze(), losses);
  }

  // @end

  static void microbatches() {
    // @start region=microbatches-run
    Sums s = jit(FromJax::batchGradient).apply(zeros(X), ones(Batch, Sample, X));
    // @end
    equal(s.gradient(), 4, 4, 4);
    equal(s.losses(), 0, 0, 0, 0);
  }

  record Given(Tensor row, NamedArray x) {}

  static void scanned() {
    // @start region=scan
    Axis Step = axis("step", 4);
    NamedRef best = newRef(scalar(-1.0));
    NamedRef rows = newRef(zeros(Step, X));

    var given = new Given(rows, array(new float[] {3, 7, 5, 6}, Step));
    Step<NamedArray, NamedArray> out =
        scan(
            Step,
            scalar(0.0),
            given,
            (carry, at) -> {
              ((NamedRef) at.row()).set(carry); // a view of this step's row
              best.update(b -> maximum(b, at.x())); // from outside
              return step(carry.plus(at.x()), best.get());
            });
    // @end
    equal(out.y(), 3, 7, 7, 7);
    equal(rows.get(X.at(0)), 0, 3, 10, 15);
  }

  static void loop() {
    // @start region=loop
    Axis N = axis("n", 8);
    Proc1<NamedRef> fibonacci =
        jitProc(out ->
            forLoop(
                2,
                N.size(),
                i -> {
                  NamedArray next = out.get(N.at(i.minus(1))).plus(out.get(N.at(i.minus(2))));
                  out.at(N.at(i)).set(next);
                }));

    NamedRef series = newRef(new int[] {0, 1, 0, 0, 0, 0, 0, 0}, N);
    fibonacci.run(series);
    // @end
    equal(series, 0, 1, 1, 2, 3, 5, 8, 13);
  }

  static void mapped() {
    // @start region=vmap
    Proc3<NamedArray, NamedArray, NamedRef> distance =
        (x, y, out) -> out.set(sum(square(x.minus(y))));

    Axis P = axis("p", 3);
    Axis Q = axis("q", 3);
    NamedArray points = unflattenAxis(arange(axis("n", 6), DType.FLOAT32), "n", P, axis("d", 2));
    NamedRef out = newRef(zeros(P, Q));
    vmapProc(vmapProc(distance, P), Q).run(points, points.rename("p", "q"), out);
    // @end
    equal(out, 0, 8, 32, 8, 0, 8, 32, 8, 0);
  }

  static void foreach() {
    // @start region=foreach
    Axis N = axis("n", 10);
    NamedRef count = newRef(scalar(0));

    NamedArray doubled =
        map(
            N,
            arange(N),
            x -> {
              count.add(x);
              return x.times(2);
            });
    // @end
    equal(count, 45);
    equal(sum(doubled), 90);
  }

  // @start region=state-record
  record State(NamedRef m, NamedRef v) {}

  // @end

  static void state() {
    // @start region=state
    var state = new State(newRef(zeros(X)), newRef(zeros(X)));

    Proc2<State, NamedArray> moments =
        jitProc((s, g) -> {
          s.m().update(m -> m.times(0.9).plus(g.times(0.1)));
          s.v().update(v -> v.times(0.99).plus(square(g).times(0.01)));
        });

    moments.run(state, ones(X));
    // @end
    close(state.m(), 1e-6, 0.1, 0.1, 0.1);
    close(state.v(), 1e-6, 0.01, 0.01, 0.01);
  }

  // ---------------------------------------------------------------- Haliax

  private static NamedRef created() {
    // @start region=haliax-create
    NamedRef cache = newRef(zeros(Layer, Head));

    cache.at(Layer.at(2)).set(1);
    NamedArray row = cache.get(Layer.at(2)); // axes: head
    NamedArray some = cache.get(Layer.range(1, 4), Head.at(0)); // axes: layer=3
    NamedArray index = array(new int[] {2, 5}, axis("pick", 2));
    NamedArray picked = cache.get(Layer.at(index)); // axes: pick, head
    cache.at(Layer.at(index)).set(full(4.0, picked.axes().toArray(Axis[]::new)));
    // @end
    equal(row, 1, 1, 1);
    equal(some, 0, 1, 0);
    equal(cache.get(Head.at(0)), 0, 0, 4, 0, 0, 4);
    return cache;
  }

  static void haliax() {
    NamedRef cache = created();
    // @start region=haliax-slice
    NamedRef window = cache.slice(Layer.range(1, 4)); // a view: axes layer=3, head
    window.at(Layer.at(0)).set(7); // layer 1 of the cache
    NamedRef last = window.slice(Layer.at(2)); // views compose: layer 3
    last.at(Head.at(0)).set(5);
    NamedRef whole = window.unsliced();
    // @end
    that(whole == cache, "the whole reference");
    equal(cache.get(Head.at(0)), 0, 7, 4, 5, 0, 4);

    // @start region=haliax-part
    Proc1<NamedRef> clear = jitProc(part -> part.set(0));

    clear.run(cache.slice(Layer.range(0, 2))); // compiled once:
    clear.run(cache.slice(Layer.range(4, 6))); // where a view starts is data
    // @end
    equal(cache.get(Head.at(0)), 0, 0, 4, 5, 0, 0);

    // @start region=haliax-functions
    NamedArray before = swap(cache, zeros(Head), Layer.at(2));
    NamedArray now = get(cache, Layer.at(3));
    NamedArray end = freeze(cache);
    // @end
    equal(before, 4, 4, 4);
    equal(now, 5, 0, 0);
    equal(end.get(Head.at(0)), 0, 0, 0, 5, 0, 0);
  }

  record Keys(Tensor layer, NamedArray x) {}

  static void cachePattern() {
    // @start region=haliax-cache
    BiFunction<NamedRef, NamedArray, NamedArray> fill =
        jit((NamedRef cache, NamedArray xs) ->
            fold(
                Layer,
                scalar(0.0),
                new Keys(cache, xs),
                (sum, at) -> {
                  ((NamedRef) at.layer()).add(sum); // the step's layer: a view, no index
                  return sum.plus(at.x());
                }));

    NamedRef keys = newRef(ones(Layer, Head));
    NamedArray total = fill.apply(keys, arange(Layer, DType.FLOAT32));
    // @end
    equal(keys.get(Head.at(0)), 1, 1, 2, 4, 7, 11);
    equal(total, 15);
  }

  static void haliaxGradient() {
    // @start region=haliax-grad
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef r = newRef(x);
          r.at(Layer.at(0)).set(r.get(Layer.at(1)).times(2));
          return sum(r.get());
        };

    NamedArray g = grad(f).apply(ones(Layer, Head));
    // @end
    equal(g.get(Head.at(0)), 0, 3, 1, 1, 1, 1);
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    compiled();
    access();
    gradient();
    record();
    stash();
    vjpByReference();
    sparse();
    dontWant();
    microbatches();
    scanned();
    loop();
    mapped();
    foreach();
    state();
    haliax();
    cachePattern();
    haliaxGradient();
  }
}
