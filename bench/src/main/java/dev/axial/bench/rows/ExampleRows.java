package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.always;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import dev.axial.examples.LuFactorization;
import dev.axial.examples.PagedCache;
import dev.axial.examples.ParticleFilter;
import dev.axial.random.Random;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The longer examples, which check their results themselves, beside the same in JAX. */
final class ExampleRows {
  private ExampleRows() {}

  static List<Row> rows() {
    Size n = size("n", 128, 32, 6);
    return List.of(
        Row.of(
            "lu",
            "LU of 128 x 128 with pivots, in place",
            new Target.Faster(1),
            ExampleRows::factor,
            n),
        Row.of(
            "lu-grad",
            "log |det| by it, value and gradient",
            new Target.Faster(1),
            ExampleRows::gradient,
            n),
        Row.of(
            "particles",
            "a particle filter of 20k, a step",
            new Target.Faster(1),
            ExampleRows::particles,
            size("particles", 20_000, 1_000, 50),
            size("steps", 200, 50, 5)),
        Row.of(
            "paged-step",
            "a token of 4 sequences from a cache in pages",
            new Target.Faster(1),
            ExampleRows::paged,
            always("lanes", 4)));
  }

  /** A matrix whose factors are of the size of its entries. */
  private static NamedArray matrix(Sizes s) {
    int n = s.get("n");
    return Data.normal(1, 1, axis("Row", n), axis(LuFactorization.COLUMN, n));
  }

  private static Work factor(Sizes s) {
    NamedArray a = matrix(s);
    Axis row = a.axis("Row");
    NamedRef lu = newRef(a);
    NamedRef order = newRef(arange(row));
    Proc3<NamedRef, NamedRef, NamedArray> f =
        jitProc((l, o, m) -> {
          l.set(m);
          o.set(arange(row));
          LuFactorization.factor(l, o);
        });
    return Calls.of(
        () -> f.run(lu, order, a),
        () -> {
          f.run(lu, order, a);
          // Row i of L U is row order[i] of the matrix.
          float[] got = lu.value().toFloatArray();
          int n = row.size();
          var product = new float[n * n];
          for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
              double sum = i <= j ? got[i * n + j] : 0;
              for (int k = 0; k < Math.min(i, j + 1); k++) {
                sum += (double) got[i * n + k] * got[k * n + j];
              }
              product[i * n + j] = (float) sum;
            }
          }
          float[] expected = a.get(row.at(order.value())).toFloatArray();
          Check.close("L U", expected, product, 1e-4);
        });
  }

  private static Work gradient(Sizes s) {
    NamedArray a = matrix(s);
    Function<NamedArray, ValueAndGrad<NamedArray>> f = jit(valueAndGrad(LuFactorization::logDet));
    return Calls.of(
        () -> f.apply(a).value(),
        _ -> {
          NamedArray g = f.apply(a).grad();
          NamedArray one = dot(a, g.rename("Row", "Other"), LuFactorization.COLUMN);
          Axis other = g.axis("Row").alias("Other");
          float[] identity =
              arange(a.axis("Row")).eq(arange(other)).astype(DType.FLOAT32).toFloatArray();
          Check.close("A times its transposed gradient", identity, one, 2e-2);
        });
  }

  private static Work particles(Sizes s) {
    Axis particle = axis("Particle", s.get("particles"));
    Axis time = axis("Time", s.get("steps"));
    NamedRef estimates = newRef(zeros(time, axis("State", 2)));
    var moments =
        new ParticleFilter.Moment(
            Data.normal(1, 2, time), Random.split(Random.key(4), time), estimates);
    BiFunction<ParticleFilter.Cloud, ParticleFilter.Moment, NamedArray> f =
        jit(ParticleFilter::logLikelihood);
    ParticleFilter.Cloud cloud = ParticleFilter.Cloud.of(particle);
    return Calls.of(
            () -> Calls.consume(f.apply(cloud, moments)),
            () -> {
              double found = f.apply(ParticleFilter.Cloud.of(particle), moments).item();
              Check.that(found < 0 && !Double.isInfinite(found), "the likelihood is %s", found);
            })
        .per(time.size());
  }

  private static Work paged(Sizes s) {
    PagedCache.Model model = PagedCache.Model.random();
    PagedCache.Cache cache = PagedCache.Cache.empty();
    Axis lane = cache.table().axis("Lane");
    Axis block = cache.table().axis("Block");
    Check.that(lane.size() == s.get("lanes"), "the example has %d lanes", lane.size());
    cache.table().set(arange(lane).times(6).plus(arange(block).rem(6)));
    Fn3<PagedCache.Cache, NamedArray, NamedArray, NamedArray> f =
        jit((PagedCache.Cache c, NamedArray t, NamedArray p) -> PagedCache.step(model, c, t, p));
    NamedArray token = arange(lane);
    NamedArray position = full(40, lane);
    return Calls.of(
        () -> f.apply(cache, token, position),
        got -> {
          NamedArray again = f.apply(cache, token, position);
          Check.close("the logits, twice", got.toFloatArray(), again, 0);
        });
  }
}
