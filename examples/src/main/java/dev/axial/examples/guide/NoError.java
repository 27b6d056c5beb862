package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What JAX or Haliax refuses, or does wrong, and is meant here. */
public final class NoError {
  private static final Axis Batch = axis("Batch", 4);
  private static final Axis Feature = axis("Feature", 3);

  private NoError() {}

  static void broadcast() {
    // @start region=broadcast
    NamedRef ref = newRef(zeros(Batch, Feature));
    ref.at(Batch.at(0)).set(1); // a number into a row
    ref.at(Batch.range(1, 3)).set(arange(Feature)); // a row into two; int32 into float32
    // @end
    equal(ref, 1, 1, 1, 0, 1, 2, 0, 1, 2, 0, 0, 0);
  }

  static void selections() {
    // @start region=selections
    NamedRef ref = newRef(zeros(Batch));
    ref.at(Batch.range(3, 0, -1)).set(new float[] {3, 2, 1}); // backwards
    ref.at(Batch.at(0, 2)).set(7); // a list
    ref.slice(Batch.where(arange(Batch).ge(2), 2)).slice(Batch.at(1)).set(9); // a view by a mask
    // @end
    equal(ref, 7, 1, 7, 9);
  }

  static void repeated() {
    // @start region=repeated
    NamedRef count = newRef(zeros(Batch));
    count.at(Batch.at(1, 1)).add(1); // counts both
    // @end
    equal(count, 0, 2, 0, 0);
  }

  static void disjoint() {
    // @start region=disjoint
    NamedRef ref = newRef(arange(Batch));
    Proc2<NamedRef, NamedRef> exchange = jitProc((a, b) -> b.set(a.swap(b.get())));
    exchange.run(ref.slice(Batch.at(0)), ref.slice(Batch.at(3)));
    // @end
    equal(ref, 3, 1, 2, 0);
  }

  static void outside() {
    // @start region=outside
    NamedRef ref = newRef(zeros(Batch));
    NamedRef view = ref.slice(Batch.range(1, 3));
    view.at(Batch.at(scalar(2))).set(1); // a value out of the view's range: nothing is written
    // @end
    equal(ref, 0, 0, 0, 0);
  }

  static void shared() {
    // @start region=shared
    NamedRef total = newRef(scalar(0.0));
    vmapProc((NamedArray x) -> total.add(x), Batch).run(arange(Batch, DType.FLOAT32));
    // @end
    equal(total, 6);
  }

  static void lanes() {
    // @start region=lanes
    NamedRef ref = newRef(zeros(Batch, Feature));
    Proc2<NamedRef, NamedArray> write = (row, x) -> row.at(Feature.at(0)).set(x);
    vmapProc(write, Batch).run(ref, arange(Batch)); // each lane has its row
    map(Batch, ref, row -> row.swap(row.get().plus(1))); // and so has each step
    // @end
    equal(ref.get(Feature.at(0)), 1, 2, 3, 4);
  }

  static void condition() {
    // @start region=condition
    NamedRef ref = newRef(scalar(0.0));
    NamedArray rounds =
        whileLoop(
            scalar(0),
            c -> ref.get().lt(5), // sees the reference as it is
            c -> {
              ref.add(1);
              return c.plus(1);
            });
    // @end
    equal(rounds, 5);
  }

  static void reverse() {
    // @start region=reverse
    BiFunction<NamedArray, NamedArray, NamedArray> grow =
        (x, n) -> {
          NamedRef ref = newRef(x);
          forLoop(0, n, i -> ref.update(v -> v.times(1.5))); // as many rounds as n says
          return ref.get();
        };
    NamedArray slope = jit(grad(grow)).apply(scalar(1.0), scalar(3));
    // @end
    close(slope, 1e-6, 3.375);
  }

  static void second() {
    // @start region=second
    Function<NamedArray, NamedArray> chain =
        x -> {
          NamedRef ref = newRef(zeros(Batch));
          ref.at(Batch.at(0)).set(x);
          forLoop(1, 4, i -> ref.at(Batch.at(i)).set(square(ref.get(Batch.at(i.minus(1))))));
          return ref.get(Batch.at(3)); // x to the 8th
        };
    NamedArray curvature = hessian(chain).apply(scalar(1.0));
    // @end
    close(curvature, 1e-4, 56);
  }

  static void starts() {
    // @start region=starts
    int[] traces = {0};
    Proc1<NamedRef> clear =
        jitProc(row -> {
          traces[0]++;
          row.set(0);
        });
    NamedRef ref = newRef(ones(Batch, Feature));
    for (int i = 0; i < Batch.size(); i++) {
      clear.run(ref.slice(Batch.at(i))); // where a view starts is data
    }
    that(traces[0] == 1, "traced once");
    // @end
    equal(sum(ref.value()), 0);
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    broadcast();
    selections();
    repeated();
    disjoint();
    outside();
    shared();
    lanes();
    condition();
    reverse();
    second();
    starts();
  }
}
