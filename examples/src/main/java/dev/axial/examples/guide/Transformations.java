package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What is traced and what is not. */
public final class Transformations {
  private static final Axis X = axis("X", 3);

  private Transformations() {}

  static void listing() {
    // @start region=listing
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef ref = newRef(x);
          ref.at(X.at(0)).set(0);
          return sum(square(ref.get()));
        };
    System.out.println(program(f, ones(X)));
    // @end
  }

  static void once() {
    // @start region=once
    List<String> log = new ArrayList<>();
    Function<NamedArray, NamedArray> twice =
        jit(x -> {
          log.add("traced with " + x.axes()); // plain Java: runs when the function is traced
          return x.times(2);
        });

    equal(twice.apply(ones(X)), 2, 2, 2);
    equal(twice.apply(zeros(X)), 0, 0, 0);
    that(log.equals(List.of("traced with [X=3]")), "traced once for both calls");

    equal(twice.apply(ones(axis("X", 4))), 2, 2, 2, 2);
    that(log.size() == 2, "and again for another size");
    // @end
  }

  static void decisions() {
    // @start region=decisions
    Function<NamedArray, NamedArray> wrong = jit(x -> x.item() > 0 ? x : x.unaryMinus());
    refused("item() needs concrete values, and this one is traced", () -> wrong.apply(scalar(-2)));

    Function<NamedArray, NamedArray> byWhere = jit(x -> where(x.gt(0), x, x.unaryMinus()));
    Function<NamedArray, NamedArray> byCond = jit(x -> cond(x.gt(0), () -> x, x::unaryMinus));
    equal(byWhere.apply(scalar(-2)), 2); // both sides are computed, element by element
    equal(byCond.apply(scalar(-2)), 2); // one branch runs

    // A decision about what is static is plain Java.
    Function<NamedArray, NamedArray> flat = jit(x -> x.rank() > 1 ? sum(x, X) : x);
    equal(flat.apply(ones(X)), 1, 1, 1);
    // @end
  }

  // @start region=captured
  static NamedArray offset = scalar(1);

  static void captured() {
    NamedRef total = newRef(scalar(0));
    Function<NamedArray, NamedArray> f =
        jit(x -> {
          total.add(x);
          return x.plus(offset);
        });
    equal(f.apply(scalar(5)), 6);

    offset = scalar(100);
    equal(f.apply(scalar(5)), 6); // the array that was captured when f was traced
    total.set(0);
    equal(f.apply(scalar(5)), 6);
    equal(total, 5); // a reference is captured as a reference: its contents are read at each call
  }

  // @end

  static void threads() {
    // @start region=threads
    Function<NamedArray, NamedArray> wrong =
        jit(x -> CompletableFuture.supplyAsync(() -> x.plus(1)).join());
    // @end
    String message = "";
    try {
      equal(wrong.apply(scalar(1)), 2);
    } catch (CompletionException e) {
      message = String.valueOf(e.getMessage());
    }
    that(message.contains("or that runs on another thread"), message);
  }

  record Power(int exponent) {}

  static void keys() {
    // @start region=keys
    int[] traces = {0};
    BiFunction<NamedArray, Power, NamedArray> f =
        jit((NamedArray x, Power p) -> {
          traces[0]++;
          return x.pow(p.exponent());
        });
    equal(f.apply(scalar(2.0), new Power(2)), 4);
    equal(f.apply(scalar(3.0), new Power(2)), 9);
    that(traces[0] == 1, "other contents: the same code");
    equal(f.apply(scalar(2.0), new Power(3)), 8);
    that(traces[0] == 2, "another static number: compiled again");
    equal(f.apply(scalar(2), new Power(3)), 8);
    that(traces[0] == 3, "another dtype: again");

    BiFunction<NamedArray, NamedArray, NamedArray> g = jit((x, p) -> x.pow(p));
    equal(g.apply(scalar(2.0), scalar(3)), 8); // a number that changes is better passed as data
    equal(g.apply(scalar(2.0), scalar(4)), 16);
    // @end
  }

  static void look() {
    // @start region=look
    Function<NamedArray, NamedArray> f =
        jit(x ->
            fold(
                X,
                scalar(0),
                x,
                (sum, v) -> {
                  debugPrint("sum {}, next {}", sum, v);
                  return sum.plus(v);
                }));
    equal(f.apply(arange(X)), 3);
    // @end
  }

  static void compose() {
    // @start region=compose
    Function<NamedArray, NamedArray> energy = x -> sum(x.times(x).times(x));
    NamedArray rows = arange(axis("Row", 2)).plus(arange(X)).astype(DType.FLOAT32);

    var gradients = jit(vmap(grad(energy), axis("Row", 2))); // in any order
    equal(gradients.apply(rows), 0, 3, 12, 3, 12, 27);
    // @end
  }

  /** Runs all samples. */
  static void lanes() {
    // @start region=lanes
    Axis Batch = axis("Batch", 3);
    NamedArray scores = array(new float[] {1, 2, 6}, Batch);

    equal(vmap((NamedArray s) -> s.minus(pmean(s, Batch)), Batch).apply(scores), -2, -1, 3);
    equal(vmap((NamedArray s) -> s.times(axisIndex(Batch)), Batch).apply(scores), 0, 2, 12);

    // What a lane gives to all others counts in its gradient.
    equal(vmap(grad((NamedArray s) -> psum(s.times(s), Batch)), Batch).apply(scores), 6, 12, 36);

    Function<NamedArray, NamedArray> all = s -> sum(allGather(s, Batch, "Others").gt(s));
    equal(vmap(all, Batch).apply(scores), 2, 1, 0); // how many of the others are larger
    // @end
  }

  public static void main(String[] args) {
    listing();
    once();
    decisions();
    offset = scalar(1); // captured() leaves another one
    captured();
    threads();
    keys();
    look();
    compose();
    lanes();
  }

  static void saved() throws IOException {
    // @start region=saved
    Axis Step = axis("Step", 4);
    NamedRef log = newRef(zeros(Step, X));
    Proc3<NamedRef, NamedArray, NamedArray> push = (l, i, x) -> l.at(Step.at(i)).set(x.times(2));
    Path file = Files.createTempFile("push", ".axial");
    lowerProc(push, log, scalar(0), ones(X)).serialize(file);

    Exported loaded = Exported.load(file); // in another process, perhaps, next year
    loaded.call(log, scalar(3), ones(X));
    equal(log.get(Step.at(3)), 2, 2, 2);
    that(loaded.inputs().getFirst().equals("arg0: ref f32[Step:4, X:3]"), "its signature");
    refused(
        "arg2 is f32[X:3], and i32[X:3] was given", () -> loaded.call(log, scalar(3), arange(X)));
    // @end
    Files.delete(file);
  }
}
