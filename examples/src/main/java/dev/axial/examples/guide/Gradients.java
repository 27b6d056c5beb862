package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.same;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Gradients, with references and without. */
public final class Gradients {
  private static final Axis X = axis("X", 3);

  private Gradients() {}

  // @start region=params
  record Model(NamedArray weight, NamedArray bias, NamedArray table, int version) {}

  static void trees() {
    Model m = new Model(ones(X), scalar(0.5), arange(X), 7);
    Function<Model, NamedArray> loss = p -> sum(p.weight().times(p.table())).plus(p.bias());

    ValueAndGrad<Model> r = valueAndGrad(loss).apply(m);
    equal(r.value(), 3.5);
    equal(r.grad().weight(), 0, 1, 2);
    equal(r.grad().bias(), 1);
    equal(r.grad().table(), 0, 1, 2); // int32: it comes back as it is
    that(r.grad().version() == 7, "so do static parts");

    Model next = Tree.map((p, g) -> p.minus(g.times(0.1)), m, r.grad());
    close(next.weight(), 1e-6, 1, 0.9, 0.8);
    equal(next.table(), 0, 1, 2); // and an optimizer leaves them alone
  }

  // @end

  static void more() {
    // @start region=more
    BiFunction<NamedArray, NamedArray, NamedArray> f = (x, y) -> sum(x.times(y));
    equal(grad(f).apply(arange(X, DType.FLOAT32), ones(X)), 1, 1, 1); // by the first argument
    BiFunction<NamedArray, NamedArray, NamedArray> bySecond = gradAt(f, 1);
    equal(bySecond.apply(arange(X, DType.FLOAT32), ones(X)), 0, 1, 2);

    var r = valueAndGradAux((NamedArray x) -> aux(sum(square(x)), x.times(10))).apply(ones(X));
    equal(r.value(), 3);
    equal(r.aux(), 10, 10, 10); // anything beside the loss

    Jvp<NamedArray> forward = jvp(x -> square(x), scalar(3.0), scalar(1.0));
    equal(forward.value(), 9);
    equal(forward.tangent(), 6);

    NamedArray second = hessian((NamedArray x) -> sum(x.times(x).times(x))).apply(ones(X));
    that(second.shape().keySet().equals(java.util.Set.of("X", "X'")), "a prime on the input's");
    equal(second, 6, 0, 0, 0, 6, 0, 0, 0, 6);
    // @end
  }

  static void stop() {
    // @start region=stop
    Function<NamedArray, NamedArray> f = x -> x.times(stopGradient(x)); // as if one were constant
    equal(grad(f).apply(scalar(3.0)), 3);
    // @end
  }

  static void withRefs() {
    // @start region=with-refs
    NamedRef weight = newRef(array(new float[] {1, 2, 3}, X));
    NamedArray x = array(new float[] {4, 5, 6}, X);

    var v = vjp((NamedRef w, NamedArray a) -> sum(w.get().times(a)), weight, x);
    NamedRef grads = newRef(zeros(X));

    Object[] both = v.withRefs(List.of(grads, GRAD_VALUE)).apply(scalar(1.0));
    equal(grads, 4, 5, 6); // added into the reference
    equal((NamedArray) both[1], 1, 2, 3); // given as a value

    v.withRefs(List.of(grads, DONT_WANT)).apply(scalar(1.0)); // one is enough: no work for x
    equal(grads, 8, 10, 12); // added again
    // @end
  }

  static void microbatches() {
    // @start region=microbatches
    Axis Micro = axis("Micro", 2);
    Axis Layer = axis("Layer", 2);
    NamedArray weights = array(new float[] {1, 2, 3}, X);
    NamedArray batches = array(new float[] {1, 0, 0, 0, 1, 1}, Micro, X);
    NamedRef grads = newRef(zeros(Layer, X)); // one row for each layer

    Proc1<NamedRef> accumulate =
        jitProc(g ->
            forLoop(
                0,
                2,
                k ->
                    vjp((NamedArray w) -> square(dot(w, batches.get(Micro.at(k)), X)), weights)
                        .withRefs(g.at(Layer.at(1))) // a view
                        .apply(scalar(1.0))));
    accumulate.run(grads);
    equal(grads, 0, 0, 0, 2, 10, 10);
    // @end
  }

  static void ofReference() {
    // @start region=of-reference
    // Reads a view; passes its gradient on, but never more than 1 of either sign.
    Function<NamedRef, NamedArray> clipped =
        customVjp(
            (NamedRef r) -> r.get(),
            r -> residuals(r.get(), scalar(0)),
            (_, ct) -> newRef(clip(ct, -1, 1))); // a new reference stands for its contents
    NamedRef weights = newRef(array(new float[] {1, 2, 3}, X));
    NamedRef grads = newRef(zeros(X));
    vjp((NamedRef r) -> sum(clipped.apply(r.at(X.range(1, 3))).times(5)), weights)
        .withRefs(grads)
        .apply(scalar(1.0));
    equal(grads, 0, 1, 1);
    // @end
  }

  // @start region=calls
  static final Function<NamedArray, NamedArray> EXP =
      customJvp(
          (NamedArray x) -> exp(x),
          (x, dx) -> {
            NamedArray y = Gradients.EXP.apply(x); // the function itself: y has the rule too
            return new Jvp<>(y, y.times(dx));
          });

  static void calls() {
    close(grad(grad(grad(EXP))).apply(scalar(1.0)), 1e-6, Math.E);
  }

  // @end

  static void custom() {
    // @start region=custom
    // log(1 + exp(x)), whose derivative by the chain rule overflows.
    Function<NamedArray, NamedArray> softplus =
        customVjp(
            (NamedArray x) -> log1p(exp(x)),
            x -> residuals(log1p(exp(x)), x), // the result, and what the rule needs
            (x, ct) -> ct.times(sigmoid(x)));
    close(grad(softplus).apply(scalar(2.0)), 1e-6, 1 / (1 + Math.exp(-2)));
    close(grad(softplus).apply(scalar(100.0)), 1e-6, 1);
    double plain = grad((NamedArray x) -> log1p(exp(x))).apply(scalar(100.0)).item();
    that(Double.isNaN(plain), "infinity over infinity");
    // @end
  }

  static void recompute() {
    // @start region=checkpoint
    Function<NamedArray, NamedArray> block = x -> sin(sin(sin(x)));
    Function<NamedArray, NamedArray> kept = x -> block.apply(block.apply(x));
    Function<NamedArray, NamedArray> again =
        x -> checkpoint(block).apply(checkpoint(block).apply(x)); // the backward pass runs it again
    same(grad(again).apply(scalar(0.5)), grad(kept).apply(scalar(0.5)), 0);
    // @end
  }

  static void untaken() {
    // @start region=untaken
    Function<NamedArray, NamedArray> f = x -> cond(x.gt(0), () -> sqrt(x), () -> zerosLike(x));
    NamedArray xs = array(new float[] {0, 1, 4}, X);

    equal(vmap(grad(f), X).apply(xs), 0, 0.5, 0.25);

    NamedArray g = grad((NamedArray v) -> sum(vmap(f, X).apply(v))).apply(xs);
    that(Double.isNaN(g.get(X.at(0)).item()), "the derivative of sqrt at 0 is infinite: 0 * inf");

    Function<NamedArray, NamedArray> safe =
        x -> cond(x.gt(0), () -> sqrt(where(x.gt(0), x, 1)), () -> zerosLike(x));
    equal(grad((NamedArray v) -> sum(vmap(safe, X).apply(v))).apply(xs), 0, 0.5, 0.25);
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    trees();
    more();
    stop();
    withRefs();
    microbatches();
    ofReference();
    calls();
    custom();
    recompute();
    untaken();
  }
}
