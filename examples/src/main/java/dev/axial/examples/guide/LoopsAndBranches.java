package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.axes;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;

import dev.axial.*;
import java.util.function.Function;

/** Loops and branches. */
public final class LoopsAndBranches {
  private static final Axis Time = axis("Time", 4);
  private static final Axis X = axis("X", 2);

  private LoopsAndBranches() {}

  static void scans() {
    // @start region=scan
    NamedArray xs = array(new float[] {1, 2, 3, 4}, Time);

    Step<NamedArray, NamedArray> r =
        scan(Time, scalar(0.0), xs, (sum, x) -> step(sum.plus(x), sum));
    equal(r.carry(), 10);
    equal(r.y(), 0, 1, 3, 6); // the second part of each step, stacked

    equal(fold(Time, scalar(1.0), xs, (product, x) -> product.times(x)), 24);
    NamedArray squares = map(Time, xs, x -> x.times(arange(X)));
    axes(squares, Time, X); // the axis of the loop is first

    NamedArray back =
        Scan.over(Time).reverse().run(scalar(0.0), xs, (s, x) -> step(s.plus(x), s)).y();
    equal(back, 9, 7, 4, 0); // from the last to the first; each result at its element's place
    // @end
  }

  record Pair(NamedArray level, NamedArray trend) {}

  static void carries() {
    // @start region=carry
    // A carry is any tree; it keeps its structure, dtypes and axes.
    Pair last =
        foriLoop(
            0,
            10,
            new Pair(zeros(X), scalar(1.0)),
            (i, p) -> new Pair(p.level().plus(p.trend()), p.trend().times(0.5)));
    close(last.level(), 2e-3, 2, 2);

    refused(
        "carry starts as int32[] and the body gives float32[]",
        () -> fold(Time, scalar(0), arange(Time), (sum, x) -> sum.plus(0.5)));
    // @end
  }

  static void whiles() {
    // @start region=while
    // Newton's method: as many rounds as it takes, and still differentiable.
    Function<NamedArray, NamedArray> root =
        a -> whileLoop(a, x -> abs(x.times(x).minus(a)).gt(1e-6), x -> x.plus(a.div(x)).times(0.5));
    close(root.apply(scalar(2.0)), 1e-6, Math.sqrt(2));
    close(grad(root).apply(scalar(2.0)), 1e-5, 0.5 / Math.sqrt(2));
    // @end
  }

  static void forLoops() {
    // @start region=for
    NamedRef fibonacci = newRef(ones(DType.INT32, axis("N", 10)));
    forLoop(
        2,
        10,
        i -> { // i is an int32 scalar
          NamedArray before = fibonacci.get(at("N", i.minus(1)));
          fibonacci.at(at("N", i)).set(before.plus(fibonacci.get(at("N", i.minus(2)))));
        });
    equal(fibonacci, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55);
    // @end
  }

  static void branches() {
    // @start region=cond
    NamedRef log = newRef(zeros(DType.INT32, X));
    Function<NamedArray, NamedArray> f =
        x ->
            cond(
                x.gt(0),
                () -> {
                  log.at(X.at(0)).add(1);
                  return x.times(2);
                },
                () -> {
                  log.at(X.at(1)).add(1);
                  return x.unaryMinus();
                });
    equal(f.apply(scalar(3)), 6);
    equal(log, 1, 0); // the other branch did not run

    // Under vmap both branches are computed; writes are masked, lane by lane.
    equal(vmap(f, Time).apply(arange(Time).minus(2)), 2, 1, 0, 2);
    equal(log, 2, 3);
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    scans();
    carries();
    whiles();
    forLoops();
    branches();
  }
}
