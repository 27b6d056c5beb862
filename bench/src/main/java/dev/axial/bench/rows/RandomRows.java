package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Random numbers, and accesses by index arrays. */
final class RandomRows {
  private static final int WIDTH = 64;

  private RandomRows() {}

  static List<Row> rows() {
    return List.of(
        Row.of(
            "uniform",
            "16M uniform numbers, threefry",
            new Target.Faster(20),
            RandomRows::uniform,
            size("n", 16_777_216, 100_000, 1_000)),
        Row.of(
            "gather",
            "1M rows of 64 gathered from 1M",
            new Target.Faster(4),
            RandomRows::gather,
            size("n", 1_000_000, 10_000, 50)),
        Row.of(
            "scatter-add",
            "1M numbers added into 100k places",
            new Target.Faster(1.2),
            RandomRows::scatter,
            size("n", 1_000_000, 10_000, 50),
            size("places", 100_000, 1_000, 10)));
  }

  private static Work uniform(Sizes s) {
    Axis X = axis("X", s.get("n"));
    NamedArray key = Random.key(1);
    Function<NamedArray, NamedArray> f = jit(k -> Random.uniform(k, X));
    return Calls.of(
        () -> f.apply(key),
        got -> {
          double total = 0;
          double squares = 0;
          for (float v : got.toFloatArray()) {
            Check.that(v >= 0 && v < 1, "%s is not in [0, 1)", v);
            total += v;
            squares += v * v;
          }
          double tolerance = 4 / Math.sqrt(X.size());
          Check.close("the mean", 0.5, total / X.size(), tolerance);
          Check.close("the mean square", 1.0 / 3, squares / X.size(), tolerance);
        });
  }

  private static Work gather(Sizes s) {
    Axis Row = axis("Row", s.get("n"));
    Axis X = axis("X", WIDTH);
    Axis Pick = axis("Pick", s.get("n"));
    float[] rows = Data.normal(Row.size() * WIDTH, 1);
    int[] picks = Data.integers(Pick.size(), Row.size(), 2);
    NamedArray table = array(rows, Row, X);
    NamedArray index = array(picks, Pick);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((t, i) -> t.get(Row.at(i)));
    return Calls.of(
        () -> f.apply(table, index),
        result -> {
          float[] got = result.toFloatArray();
          for (int k = 0; k < got.length; k++) {
            float expected = rows[picks[k / WIDTH] * WIDTH + k % WIDTH];
            Check.that(got[k] == expected, "element %d is %s; expected %s", k, got[k], expected);
          }
        });
  }

  private static Work scatter(Sizes s) {
    Axis Place = axis("Place", s.get("places"));
    Axis X = axis("X", s.get("n"));
    int[] places = Data.integers(X.size(), Place.size(), 1);
    float[] values = Data.normal(X.size(), 2);
    NamedRef ref = newRef(zeros(Place));
    NamedArray index = array(places, X);
    NamedArray value = array(values, X);
    Proc3<NamedRef, NamedArray, NamedArray> f = jitProc((r, i, v) -> r.at(Place.at(i)).add(v));
    return Calls.of(
        () -> f.run(ref, index, value),
        () -> {
          f.run(ref, index, value);
          var expected = new float[Place.size()];
          for (int k = 0; k < places.length; k++) {
            expected[places[k]] += values[k];
          }
          Check.close("the places", expected, ref.get(), 1e-4);
        });
  }
}
