package dev.axial.bench.rows;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.function.Function;

/** A process that does one thing and says so. */
final class FirstUse {
  private FirstUse() {}

  public static void main(String[] args) {
    switch (args[0]) {
      case "ref" -> {
        Axis X = axis("X", 16);
        NamedRef ref = newRef(zeros(X));
        ref.at(X.at(3)).set(1);
        System.out.println("@@" + ref.get(X.at(3)).item());
      }
      case "jit" -> {
        Function<NamedArray, NamedArray> f = jit(x -> sin(x).times(2));
        System.out.println("@@" + f.apply(zeros(axis("X", 3))).toFloatArray()[0]);
      }
      case "twenty" -> System.out.println("@@" + twenty());
      case "loop" -> System.out.println("@@" + loop());
      case "mlp" -> System.out.println("@@" + mlp());
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Twenty lines of a first look at arrays and references. */
  private static double twenty() {
    Axis X = axis("X", 100);
    Axis Y = axis("Y", 50);
    NamedArray x = linspace(X, 0, 1);
    NamedArray y = arange(Y).div(50f);
    NamedArray a = sin(x).times(2).plus(1);
    NamedArray b = exp(y.unaryMinus());
    NamedArray outer = a.times(b);
    NamedArray total = sum(outer);
    NamedArray rows = mean(outer, X);
    NamedArray most = max(outer, Y);
    NamedArray p = softmax(outer, Y);
    NamedArray entropy = sum(p.times(log(p))).unaryMinus();
    NamedArray product = a.dot(outer, X);
    NamedArray some = outer.get(X.range(10, 20));
    NamedArray chosen = where(outer.gt(1), outer, zerosLike(outer));
    NamedArray ordered = sort(rows, Y);
    NamedArray running = cumsum(x, X);
    NamedArray joined = concatenate(X, java.util.List.of(a, a));
    NamedRef ref = newRef(outer);
    ref.at(X.at(3)).set(0);
    ref.add(1);
    NamedArray all =
        total.plus(sum(most)).plus(entropy).plus(sum(product)).plus(sum(some)).plus(sum(chosen));
    NamedArray more = sum(ordered).plus(sum(running)).plus(sum(joined)).plus(sum(ref.get()));
    return all.plus(more).item();
  }

  /** The first call of a loop that writes a reference. */
  private static double loop() {
    Axis X = axis("X", 1000);
    NamedRef ref = newRef(zeros(X));
    Function<NamedRef, NamedArray> f =
        jit(r ->
            foriLoop(
                0,
                1000,
                scalar(0f),
                (i, c) -> {
                  r.at(X.at(i)).set(c);
                  return c.plus(r.get(X.at(i)).times(0.5f)).plus(1);
                }));
    return f.apply(ref).item() + sum(ref.get()).item();
  }

  /** The first gradient of a perceptron with two layers. */
  private static double mlp() {
    Axis In = axis("In", 784);
    Axis Hidden = axis("Hidden", 128);
    Axis Out = axis("Out", 10);
    Axis Batch = axis("Batch", 32);
    NamedArray x = full(0.1f, Batch, In);
    NamedArray w = full(0.01f, In, Hidden);
    NamedArray v = full(0.1f, Hidden, Out);
    Function<NamedArray, NamedArray> step =
        jit(u ->
            grad((NamedArray q) -> mean(logsumexp(relu(x.dot(q, In)).dot(v, Hidden), Out)))
                .apply(u));
    return sum(step.apply(w)).item();
  }
}
