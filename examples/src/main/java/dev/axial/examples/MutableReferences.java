package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.axes;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.same;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a mutable reference is and does, from the first one to references under every
 * transformation. Each part is a method; each result is checked.
 */
public final class MutableReferences {
  private static final Axis Batch = axis("Batch", 4);
  private static final Axis Feature = axis("Feature", 3);
  private static final Axis Layer = axis("layer", 24);
  private static final Axis Head = axis("head", 8);

  private MutableReferences() {}

  // ---------------------------------------------------------------- one reference

  static void create() {
    // @start region=create
    NamedArray table = arange(Batch).times(10).plus(arange(Feature)).astype(DType.FLOAT32);
    NamedRef weights = newRef(table); // a copy: the array itself never changes

    that(weights.axes().equals(List.of(Batch, Feature)), "axes, in order");
    that(weights.shape().equals(Map.of("Batch", 4, "Feature", 3)), "name to size");
    that(weights.dtype() == DType.FLOAT32 && weights.rank() == 2, "dtype and rank");

    NamedRef steps = newRef(new int[] {1, 2, 3, 4}, Batch); // raw data and its axes
    NamedRef flags = newRef(new boolean[4], Batch);
    NamedRef counter = newRef(scalar(0)); // no axes: one int32
    NamedRef total = emptyRef(DType.FLOAT64, Batch, Feature); // zeros
    // @end
    weights.set(0);
    equal(table.get(Batch.at(1)), 10, 11, 12);
    equal(steps, 1, 2, 3, 4);
    equal(flags, 0, 0, 0, 0);
    that(counter.item() == 0 && counter.rank() == 0, "a scalar");
    that(total.dtype() == DType.FLOAT64 && total.value().size() == 12, "zeros of a dtype");
    equal(newRef(FloatBuffer.wrap(new float[] {5, 6, 7}), Feature), 5, 6, 7);
    equal(newRef(MemorySegment.ofArray(new long[] {8, 9}), DType.INT64, axis("I", 2)), 8, 9);
    refused("5 values were given for the axes [Batch=4]", () -> newRef(new float[5], Batch));
  }

  static void read() {
    // @start region=read
    NamedRef ref =
        newRef(new float[] {0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32}, Batch, Feature);

    equal(ref.get(Batch.at(1)), 10, 11, 12); // one index takes its axis away
    equal(ref.get(Batch.at(-1), Feature.at(0)), 30);
    equal(ref.get(Feature.at(1), Batch.range(1, 3)), 11, 21); // a range keeps it
    equal(ref.get(Feature.at(0), Batch.range(3, 0, -2)), 30, 10);

    NamedArray start = scalar(2); // may be traced: the size is static, the place is not
    equal(ref.get(Feature.at(2), Batch.ds(start, 2)), 22, 32);

    equal(ref.get(Feature.at(0), Batch.at(3, 0, 3)), 30, 0, 30); // a list of indices

    Axis Pick = axis("Pick", 2);
    NamedArray index = array(new int[] {2, 0}, Pick); // an index array brings its own axes
    axes(ref.get(Batch.at(index)), Pick, Feature);
    NamedArray pairs = ref.get(Batch.at(index), Feature.at(index)); // a shared name: pairs
    equal(pairs, 22, 0);

    NamedArray odd = arange(Batch).rem(2).eq(1);
    equal(ref.get(Feature.at(0), Batch.where(odd, 2)), 10, 30); // a mask and its count
    // @end
    that(ref.get(Batch.at(0), Feature.at(1)).item() == 1, "one element");
  }

  static void write() {
    // @start region=write
    NamedRef ref = newRef(zeros(Batch, Feature));

    ref.at(Batch.at(0)).set(1); // a number
    ref.at(Batch.at(1)).set(new float[] {4, 5, 6}); // raw values, in the order of the view's axes
    ref.at(Batch.at(2)).set(arange(Feature)); // an array; int32 becomes float32
    ref.at(Batch.at(2)).add(10); // +=, with an array too
    ref.at(Batch.at(3)).update(row -> row.plus(2).times(3)); // read, change, write

    equal(ref, 1, 1, 1, 4, 5, 6, 10, 11, 12, 6, 6, 6);

    NamedArray before = ref.at(Batch.range(0, 2)).swap(7); // writes, and gives what was there
    equal(before, 1, 1, 1, 4, 5, 6);

    ref.set(ones(Feature, Batch)); // by name: the order of the axes does not matter
    ref.set(arange(Batch)); // and what is missing is broadcast
    equal(ref.get(Feature.at(0)), 0, 1, 2, 3);
    // @end
    equal(before, 1, 1, 1, 4, 5, 6);

    // @start region=repeated
    NamedRef count = newRef(zeros(Batch));
    NamedArray seen = array(new int[] {2, 0, 2, 2}, axis("Seen", 4));
    count.at(Batch.at(seen)).add(1); // repeated indices each count
    equal(count, 1, 0, 3, 0);

    NamedRef largest = newRef(zeros(Batch)); // the largest of each segment
    largest.at(Batch.at(seen)).max(array(new float[] {5, 1, 7, 6}, axis("Seen", 4)));
    equal(largest, 1, 0, 7, 0);

    count.at(Batch.at(seen)).set(arange(axis("Seen", 4))); // the last one in index order stays
    equal(count, 1, 0, 3, 0);
    // @end
    equal(
        count.at(Batch.at(seen)).swap(array(new int[] {5, 6, 7, 8}, axis("Seen", 4))), 3, 1, 5, 7);
    equal(count, 6, 0, 8, 0);
    same(ref.get(), ref.value(), 0);
  }

  // ---------------------------------------------------------------- slice refs

  static void sliceRefs() {
    // @start region=slice
    NamedRef cache = newRef(zeros(Layer, Head));

    NamedRef window = cache.slice(Layer.range(4, 8)); // stages a selection; copies nothing
    window.at(Layer.at(0), Head.at(3)).set(1); // layer 4 of the cache
    that(cache.get(Layer.at(4), Head.at(3)).item() == 1, "the same storage");

    axes(window, Layer.resize(4), Head); // a view describes itself
    equal(window.value().sum(Layer), 0, 0, 0, 1, 0, 0, 0, 0);

    cache.slice(Layer.range(1, 4)).slice(Layer.at(0)).set(2); // slices compose: layer 1
    equal(cache.get(Head.at(0), Layer.range(0, 4)), 0, 2, 0, 0);

    that(window.unsliced() == cache, "the whole reference again");
    // @end

    // @start region=slice-again
    // Every kind of selection can be staged, and sliced again.
    NamedRef some = cache.slice(Layer.at(1, 5, 9, 13));
    some.slice(Layer.range(1, 4, 2)).slice(Head.at(0)).set(3); // layers 5 and 13
    equal(cache.get(Head.at(0), Layer.at(1, 5, 9, 13)), 2, 3, 0, 3);

    NamedArray even = arange(Layer).rem(2).eq(0);
    NamedRef masked = cache.slice(Layer.where(even, 12)).slice(Layer.at(-1)); // layer 22
    masked.set(4);
    equal(cache.get(Layer.at(22)), 4, 4, 4, 4, 4, 4, 4, 4);
    // @end

    // @start region=view-bounds
    // An index is judged against the view, never against what lies behind it.
    NamedRef three = cache.slice(Layer.range(10, 13));
    refused("index 3 is out of range for axis 'layer' of size 3", () -> three.get(Layer.at(3)));
    three.at(Layer.at(scalar(3))).set(9); // a value out of range: the write is dropped
    equal(cache.get(Head.at(0), Layer.range(10, 14)), 0, 0, 0, 3);
    // @end
  }

  static void positions() {
    // @start region=positions
    NamedRef ref = newRef(arange(Batch).times(10).plus(arange(Feature)));

    equal(ref.get(pos(1)), 10, 11, 12); // selectors without a name fill the axes in order
    equal(ref.get(pos(1), posRange(0, 2)), 10, 11);
    equal(ref.get(ELLIPSIS, pos(0)), 0, 10, 20, 30); // the ellipsis is all axes between
    equal(ref.get(ELLIPSIS, Feature.at(2)), 2, 12, 22, 32);

    refused("position 0", () -> ref.get(pos(0), Batch.at(1))); // Batch is meant twice
    refused("more than one ELLIPSIS", () -> ref.get(ELLIPSIS, ELLIPSIS));
    refused("selected twice", () -> ref.get(Feature.at(0), Feature.range(0, 2)));
    refused("Axes still free: [Feature=3]", () -> ref.slice(Batch.at(0)).get(Batch.at(1)));
    // @end
  }

  // ---------------------------------------------------------------- functional style, trees

  static void functional() {
    // @start region=functional
    NamedRef cache = newRef(zeros(Layer, Head));
    NamedArray row = get(cache, Layer.at(0));
    NamedArray old = swap(cache, ones(Layer.resize(2), Head), Layer.range(0, 2));
    equal(sum(old), 0);
    equal(row, 0, 0, 0, 0, 0, 0, 0, 0); // what was read never changes

    NamedRef view = cache.slice(Layer.at(0));
    NamedArray end = freeze(cache); // the final contents, without a copy
    equal(sum(end), 16);
    refused("was frozen at", () -> view.get()); // and the end of every view
    // @end
  }

  // @start region=records
  /** References nest in records, lists and maps like arrays. */
  record Cache(NamedRef keys, NamedRef values, NamedArray scale) {}

  // @end

  static void trees() {
    // @start region=trees
    Cache cache =
        new Cache(newRef(zeros(Layer, Head)), newRef(zeros(Layer, Head)), full(2.0, Head));

    Proc2<Cache, NamedArray> remember =
        jitProc((Cache c, NamedArray x) -> {
          c.keys().at(Layer.at(0)).set(x);
          c.values().at(Layer.at(0)).set(x.times(c.scale()));
        });
    remember.run(cache, arange(Head, DType.FLOAT32));
    equal(cache.values().get(Layer.at(0)), 0, 2, 4, 6, 8, 10, 12, 14);

    Function<Map<String, List<NamedRef>>, NamedArray> total =
        jit(m -> sum(m.getOrDefault("caches", List.of()).get(1).get()));
    equal(total.apply(Map.of("caches", List.of(cache.keys(), cache.values()))), 56);

    Cache halved = Tree.map(x -> x.times(0.5), cache); // arrays are mapped, references stay
    that(halved.keys() == cache.keys(), "the same reference");
    equal(halved.scale(), 1, 1, 1, 1, 1, 1, 1, 1);
    that(Tree.leaves(cache).size() == 3, "a reference is one leaf");
    // @end
  }

  // ---------------------------------------------------------------- transformations

  static void scratch() {
    // @start region=scratch
    // A reference made inside and not given away is invisible outside: normalize is pure.
    Function<NamedArray, NamedArray> normalize =
        x -> {
          NamedRef ref = newRef(x);
          ref.at(Batch.all()).set(ref.get(Batch.all()).minus(mean(x, Batch)));
          return ref.get();
        };
    NamedArray x = arange(Batch, DType.FLOAT32);
    equal(normalize.apply(x), -1.5, -0.5, 0.5, 1.5);
    equal(jit(normalize).apply(x), -1.5, -0.5, 0.5, 1.5);
    // @end
    same(jacobian(normalize).apply(x).sum(Batch), zeros(axis("Batch'", 4)), 1e-6);
  }

  static void compiled() {
    // @start region=jit
    NamedRef cache = newRef(zeros(Layer, Head));
    int[] traces = {0};
    Proc2<NamedRef, NamedArray> fill =
        jitProc((NamedRef row, NamedArray x) -> {
          traces[0]++; // Java code runs while the function is traced, not when it is called
          row.set(x);
        });

    for (int i = 0; i < Layer.size(); i++) {
      fill.run(cache.slice(Layer.at(i)), full(i, DType.FLOAT32, Head)); // in place, in cache
    }
    equal(cache.get(Head.at(0), Layer.range(21, 24)), 21, 22, 23);
    that(traces[0] == 1, "where a view starts is data: 24 views, one compiled function");
    // @end

    // @start region=disjoint
    Proc2<NamedRef, NamedRef> exchange =
        jitProc((NamedRef a, NamedRef b) -> {
          NamedArray old = a.swap(b.get());
          b.set(old);
        });
    exchange.run(cache.slice(Layer.at(0)), cache.slice(Layer.at(23))); // disjoint views
    equal(cache.get(Head.at(0), Layer.at(0, 23)), 23, 0);
    // @end
  }

  static void gradients() {
    // @start region=grad
    // x is written to a reference, rewritten there in a loop, and read: the gradient is exact.
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef ref = newRef(x);
          forLoop(
              1, Feature.size(), i -> ref.at(Feature.at(i)).add(ref.get(Feature.at(i.minus(1)))));
          return sum(square(ref.get())); // of x0, x0 + x1, x0 + x1 + x2
        };
    NamedArray x = array(new float[] {1, 2, 3}, Feature);
    equal(f.apply(x), 1 + 9 + 36);
    equal(grad(f).apply(x), 2 * (1 + 3 + 6), 2 * (3 + 6), 2 * 6);
    equal(jit(hessian(f)).apply(x).get(Feature.at(0)), 6, 4, 2);
    // @end
  }

  // @start region=collect
  /** Computes something, and records it on the way. */
  static NamedArray collectMetrics(NamedArray x, NamedRef stats) {
    NamedArray y = sin(x);
    stats.at(Batch.all()).add(stopGradient(y));
    return y;
  }

  // @end

  static void plumbing() {
    // @start region=plumbing
    NamedRef stats = newRef(zeros(Batch));
    NamedArray x = linspace(Batch, 0, 1.5);

    NamedArray g = grad((NamedArray v, NamedRef s) -> sum(collectMetrics(v, s))).apply(x, stats);
    same(g, cos(x), 1e-6);
    same(stats.value(), sin(x), 1e-6);

    String message =
        refused(() ->
            grad(
                    (NamedArray v) -> {
                      stats.set(sin(v)); // would lose a derivative
                      return sum(v);
                    })
                .apply(x));
    that(message.contains("Wrap the value in stopGradient(...)"), "the error says what to do");
    same(stats.value(), sin(x), 1e-6); // and nothing was written
    // @end
  }

  static void withRespectToReferences() {
    // @start region=vjp
    NamedRef weight = newRef(array(new float[] {1, 2, 3}, Feature));
    NamedRef grads = newRef(zeros(Feature));

    Vjp<NamedRef, NamedArray> v = vjp((NamedRef w) -> sum(square(w.get())), weight);
    equal(v.value(), 14);
    v.withRefs(grads).apply(scalar(1.0)); // adds into grads
    v.withRefs(grads).apply(scalar(10.0));
    equal(grads, 22, 44, 66);
    // @end
    refused(
        "grad was given a bare reference", () -> grad((NamedRef w) -> sum(w.get())).apply(weight));
  }

  static void vectorized() {
    // @start region=vmap
    // An argument that has the axis is mapped, a reference too: each lane has its own row.
    NamedRef rows = newRef(zeros(Batch, Feature));
    Proc2<NamedRef, NamedArray> write = (row, i) -> row.at(Feature.at(i.rem(3))).set(i.plus(1));
    vmapProc(write, Batch).run(rows, arange(Batch));
    equal(rows, 1, 0, 0, 0, 2, 0, 0, 0, 3, 4, 0, 0);

    // A reference that does not have the axis is shared: it is read, or added to by every lane.
    NamedRef total = newRef(scalar(0.0));
    vmapProc((NamedArray v) -> total.add(v), Batch).run(array(new float[] {1, 2, 3, 4}, Batch));
    equal(total, 10);
    refused(
        "every lane would write the same place",
        () -> vmapProc((NamedArray v) -> total.set(v), Batch).run(ones(Batch)));
    // @end
  }

  static void loops() {
    // @start region=scan
    // A body closes over a reference …
    NamedRef best = newRef(scalar(-1.0));
    NamedArray xs = array(new float[] {3, 7, 5, 6}, Batch);
    NamedArray records =
        map(
            Batch,
            xs,
            x -> {
              best.update(b -> maximum(b, x));
              return best.get();
            });
    equal(records, 3, 7, 7, 7);

    // … or gets, at each step, that step's view of one it is scanned over.
    NamedRef rows = newRef(zeros(Batch, Feature));
    NamedArray sum =
        fold(
            Batch,
            scalar(0.0),
            new Row(rows, xs),
            (carry, row) -> {
              row.ref().set(carry);
              return carry.plus(row.x());
            });
    equal(sum, 21);
    equal(rows.get(Feature.at(0)), 0, 3, 10, 15);
    // @end
  }

  record Row(NamedRef ref, NamedArray x) {}

  static void branches() {
    // @start region=cond
    NamedRef ref = newRef(scalar(5));
    Function<NamedArray, NamedArray> step =
        x ->
            cond(
                ref.get().gt(x),
                () -> ref.swap(x),
                () -> {
                  ref.add(1);
                  return ref.get();
                });
    equal(step.apply(scalar(3)), 5); // ref becomes 3
    equal(step.apply(scalar(3)), 4); // ref becomes 4

    // A loop condition sees the reference as it is at that moment.
    NamedArray rounds =
        whileLoop(
            scalar(0),
            c -> ref.get().lt(10),
            c -> {
              ref.add(2);
              return c.plus(1);
            });
    equal(rounds, 3);
    // @end
  }

  // ---------------------------------------------------------------- rules

  static void rules() {
    // @start region=rules
    NamedRef ref = newRef(zeros(Batch));
    Proc2<NamedRef, NamedRef> two = jitProc((NamedRef a, NamedRef b) -> a.set(b.get()));

    // A reference does not leave a transformed function.
    refused("returns a reference", () -> jit((NamedRef r) -> r).apply(ref));
    // The same storage does not come in twice, nor do two views that may overlap.
    refused("twice, as arg0 and arg1", () -> two.run(ref, ref));
    refused(
        "the two may overlap",
        () -> two.run(ref.slice(Batch.range(0, 3)), ref.slice(Batch.range(1, 4))));
    // It is not passed and closed over at once.
    refused("also used in it from outside", () -> jitProc((NamedRef r) -> ref.set(1)).run(ref));
    // Only the function that made it ends it.
    refused(
        "freeze is for the function that made the reference",
        () -> jit((NamedRef r) -> r.freeze()).apply(ref));
    // A traced value lives in its function alone.
    NamedArray[] leak = new NamedArray[1];
    equal(jit((NamedArray x) -> leak[0] = x.plus(1)).apply(scalar(1)), 2);
    refused("belongs to a traced function that is over", () -> ref.set(leak[0]));
    // No error wrote anything.
    equal(ref, 0, 0, 0, 0);
    // @end
    refused(
        "is used inside the function given to its own update", () -> ref.update(v -> ref.get()));
    refused("axis 'Feature' is not in the selection", () -> ref.set(ones(Feature)));
    refused("without loss", () -> newRef(arange(Batch)).set(1.5));
    equal(ref, 0, 0, 0, 0);
  }

  // ---------------------------------------------------------------- all of it

  record Part(String name, String shows, Runnable run) {}

  /** The parts, in order. */
  static List<Part> parts() {
    return List.of(
        new Part(
            "create",
            "from arrays and raw data; axes, shape, dtype, rank",
            MutableReferences::create),
        new Part(
            "read", "one index, ranges, windows, index arrays, masks", MutableReferences::read),
        new Part(
            "write", "set, add, update, swap; by name; repeated indices", MutableReferences::write),
        new Part(
            "slice",
            "views: staged, composed, bounded; value, unsliced",
            MutableReferences::sliceRefs),
        new Part(
            "positions",
            "selectors without names; conflicts are errors",
            MutableReferences::positions),
        new Part("functional", "get, swap, freeze", MutableReferences::functional),
        new Part("trees", "in records, lists and maps", MutableReferences::trees),
        new Part("scratch", "inside a pure function", MutableReferences::scratch),
        new Part(
            "jit", "in place; one compiled function for all views", MutableReferences::compiled),
        new Part("grad", "through a loop that writes", MutableReferences::gradients),
        new Part(
            "plumbing", "records of values, through stopGradient", MutableReferences::plumbing),
        new Part("vjp", "with respect to references", MutableReferences::withRespectToReferences),
        new Part("vmap", "mapped and shared references", MutableReferences::vectorized),
        new Part("scan", "closed over, and scanned over", MutableReferences::loops),
        new Part("cond", "branches and conditions", MutableReferences::branches),
        new Part("rules", "what is refused, and leaves no trace", MutableReferences::rules));
  }

  /** The first layers and all heads of a cache, a character for each element. */
  static String picture(NamedRef cache, int layers) {
    var out = new StringBuilder();
    for (int layer = 0; layer < layers; layer++) {
      out.append("  layer %2d  ".formatted(layer));
      for (double v : cache.get(Layer.at(layer)).toDoubleArray()) {
        out.append(v == 0 ? " ." : " " + (int) v);
      }
      out.append('\n');
    }
    return out.toString();
  }

  /** Runs all parts. */
  public static void main(String[] args) {
    for (Part part : parts()) {
      part.run().run();
      System.out.printf("%-11s %-52s ok%n", part.name(), part.shows());
    }
    NamedRef cache = newRef(zeros(Layer, Head));
    NamedRef window = cache.slice(Layer.range(4, 8));
    window.at(Layer.at(0), Head.at(3)).set(1);
    window.slice(Layer.range(1, 4, 2)).set(2);
    cache.slice(Layer.range(1, 4)).slice(Layer.at(0)).slice(Head.ds(scalar(5), 2)).set(3);
    System.out.printf("%nOne cache, written through three views:%n%s", picture(cache, 9));
  }
}
