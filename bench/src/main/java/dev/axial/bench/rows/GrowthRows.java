package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * What a step of a loop over a reference costs, forward and with its gradient, as the reference
 * grows while the steps touch as much as before: the time of many steps less that of few, so that
 * what a call costs once, such as filling the reference, does not count. A step touches rows that
 * lie evenly in the reference, a thousand in all.
 */
public final class GrowthRows {
  private static final int WIDTH = 64;
  private static final int PLACES = 1_000;
  private static final int LANES = 16;
  private static final Axis X = axis("X", WIDTH);
  private static final Axis LANE = axis("Lane", LANES);

  private static final String MAPPED = "vmap";

  /** The names of all these rows begin so. */
  public static final String PREFIX = "growth-";

  /** The sizes by how they are called, smallest first. */
  public static final List<String> SIZES = List.of("1k", "10k", "100k", "1M");

  private static final List<Size> ROWS =
      List.of(
          size("rows", 1_000, 1_000, 10),
          size("rows", 10_000, 2_000, 10),
          size("rows", 100_000, 5_000, 20),
          size("rows", 1_000_000, 10_000, 50));

  private static final Size STEPS = size("steps", 100_000, 2_000, 8);

  /** More, because a gradient's call fills the adjoint, and what the steps take must stand out. */
  private static final Size GRADIENT_STEPS = size("steps", 1_000_000, 2_000, 8);

  /** Where each step leaves a row for the backward pass, fewer steps stay in the caches. */
  private static final Size SAVING_STEPS = size("steps", 200_000, 2_000, 8);

  private GrowthRows() {}

  /** One step of a loop. */
  @FunctionalInterface
  public interface Step {
    /**
     * Reads and writes the reference.
     *
     * @param row a row of {@link #WIDTH} numbers
     * @param i the number of the step
     * @param at the place of a step
     * @param carry a number that goes from step to step
     * @return the next one
     */
    NamedArray run(
        NamedRef r,
        NamedArray row,
        NamedArray i,
        Function<NamedArray, Selection> at,
        NamedArray carry);
  }

  /** The patterns by their names; the peers' script has the same. */
  public static Map<String, Step> patterns() {
    var p = new LinkedHashMap<String, Step>();
    p.put(
        "swap",
        (r, row, i, at, c) -> {
          Selection a = at.apply(i);
          Selection b = at.apply(i.times(7).plus(3));
          NamedArray x = r.get(a);
          NamedArray y = r.get(b);
          r.at(a).set(y);
          r.at(b).set(x);
          return c;
        });
    p.put(
        "cmpx",
        (r, row, i, at, c) -> {
          Selection a = at.apply(i);
          Selection b = at.apply(i.times(7).plus(3));
          NamedArray x = r.get(a, X.at(0));
          NamedArray y = r.get(b, X.at(0));
          r.at(a, X.at(0)).set(minimum(x, y));
          r.at(b, X.at(0)).set(maximum(x, y));
          return c;
        });
    p.put("poppush", (r, row, i, at, c) -> c.plus(sum(r.at(at.apply(i)).swap(row))));
    p.put(
        "two",
        (r, row, i, at, c) -> {
          NamedArray x = r.get(at.apply(i.plus(1)));
          NamedArray y = r.get(at.apply(i));
          r.at(at.apply(i.plus(2))).set(x.plus(y).times(0.5f));
          return c;
        });
    p.put(
        "eight",
        (r, row, i, at, c) -> {
          Axis eight = axis("Eight", 8);
          r.at(at.apply(i.plus(arange(eight)))).add(row);
          return c;
        });
    p.put(
        "cond",
        (r, row, i, at, c) -> {
          condProc(i.rem(3).eq(0), () -> r.at(at.apply(i)).set(row), () -> {});
          return c;
        });
    p.put(
        "lastrow",
        (r, row, i, at, c) -> {
          r.at(at.apply(i.plus(1))).set(sin(r.get(at.apply(i))).times(row));
          return c;
        });
    return p;
  }

  static List<Row> rows() {
    var rows = new ArrayList<Row>();
    for (boolean gradient : new boolean[] {false, true}) {
      for (String p : patterns().keySet()) {
        add(rows, p, gradient, s -> of(p, s, gradient));
      }
      add(rows, MAPPED, gradient, s -> lanes(s, gradient));
    }
    return List.copyOf(rows);
  }

  private static void add(
      List<Row> rows, String pattern, boolean gradient, Function<Sizes, Work> work) {
    for (int k = 0; k < SIZES.size(); k++) {
      rows.add(
          Row.of(
              PREFIX + pattern + (gradient ? "-grad-" : "-") + SIZES.get(k),
              "a step on %s rows%s".formatted(SIZES.get(k), gradient ? ", value and gradient" : ""),
              new Target.None(),
              work,
              ROWS.get(k),
              !gradient ? STEPS : pattern.equals("lastrow") ? SAVING_STEPS : GRADIENT_STEPS));
    }
  }

  // ---------------------------------------------------------------- loops

  /** Rows that lie evenly, as many for each size. */
  private static Function<NamedArray, Selection> places(Axis rows) {
    int places = Math.min(PLACES, rows.size());
    int stride = rows.size() / places;
    return i -> rows.at(i.rem(places).times(stride));
  }

  private static NamedArray loop(Step step, NamedRef r, NamedArray row, Axis rows, int steps) {
    return foriLoop(0, steps, scalar(0.0), (i, c) -> step.run(r, row, i, places(rows), c));
  }

  /** The sum that a pattern leaves in its carry and in a few rows. */
  private static NamedArray loss(Step step, NamedRef r, NamedArray row, int steps) {
    Axis rows = r.axis("Row");
    NamedArray c = loop(step, r, row, rows, steps);
    return c.plus(sum(r.get(places(rows).apply(arange(axis("Some", 8))))));
  }

  private static Work of(String pattern, Sizes s, boolean gradient) {
    Step step = Objects.requireNonNull(patterns().get(pattern));
    Axis rows = axis("Row", s.get("rows"));
    NamedArray row = Data.normal(1, 0.1, X);
    int many = s.get("steps");
    if (gradient) {
      return new Slope(
          steps -> new Gradient((r, w, n) -> loss(step, r, w, n), row, rows, X).calls(steps),
          many / 4,
          many);
    }
    return new Slope(
        steps -> {
          NamedRef r = newRef(ones(rows, X));
          var f = jitted(step, rows, steps);
          return Calls.of(() -> Calls.consume(f.apply(r, row)), () -> check(step, rows, row));
        },
        many / 4,
        many);
  }

  private static BiFunction<NamedRef, NamedArray, NamedArray> jitted(
      Step step, Axis rows, int steps) {
    return jit((NamedRef r, NamedArray w) -> loop(step, r, w, rows, steps));
  }

  /** A loss after some steps on a reference of rows. */
  @FunctionalInterface
  public interface Loss {
    /**
     * Runs the steps.
     *
     * @param w one row
     */
    NamedArray of(NamedRef r, NamedArray w, int steps);
  }

  /**
   * The losses of all rows by the names of their patterns; {@link #column} is their second axis.
   */
  public static Map<String, Loss> losses() {
    var all = new LinkedHashMap<String, Loss>();
    patterns().forEach((name, step) -> all.put(name, (r, w, n) -> loss(step, r, w, n)));
    all.put(MAPPED, GrowthRows::mappedLoss);
    return all;
  }

  /** The axis of one row of a pattern. */
  public static Axis column(String pattern) {
    return pattern.equals(MAPPED) ? LANE : X;
  }

  /**
   * Value and gradient of a loss by its array and by what was in its reference; the reference and
   * the gradient's stay, so that a call fills nothing.
   */
  private record Gradient(Loss loss, NamedArray at, Axis... axes) {
    Work calls(int steps) {
      NamedRef r = newRef(ones(axes));
      NamedRef byContents = newRef(zeros(axes));
      NamedRef byArray = newRef(zerosLike(at));
      Proc4<NamedRef, NamedRef, NamedRef, NamedArray> f =
          jitProc((q, g, h, w) ->
              vjp((NamedRef x, NamedArray v) -> loss.of(x, v, steps), q, w)
                  .withRefs(List.of(g, h))
                  .apply(scalar(1f)));
      return Calls.of(() -> f.run(r, byContents, byArray, at), this::difference);
    }

    /** By a central difference along a direction that moves all of the array. */
    private void difference() {
      Function<NamedArray, ValueAndGrad<NamedArray>> f =
          jit(valueAndGrad(w -> loss.of(newRef(ones(axes)), w, 12)));
      double h = 1e-2;
      NamedArray by = onesLike(at).times(h);
      double up = f.apply(at.plus(by)).value().item();
      double down = f.apply(at.minus(by)).value().item();
      double slope = sum(f.apply(at).grad()).item();
      Check.close("the gradient", (up - down) / (2 * h), slope, 2e-2);
    }
  }

  /** The same steps one by one in eager code. */
  private static void check(Step step, Axis rows, NamedArray row) {
    NamedRef fast = newRef(ones(rows, X));
    NamedRef slow = newRef(ones(rows, X));
    int steps = 12;
    Calls.consume(jitted(step, rows, steps).apply(fast, row));
    NamedArray c = scalar(0.0);
    for (int i = 0; i < steps; i++) {
      c = step.run(slow, row, scalar(i), places(rows), c);
    }
    Check.close("the reference", slow.get().toFloatArray(), fast.get(), 1e-6);
  }

  // ---------------------------------------------------------------- lanes

  private static void lanesLoop(NamedRef r, NamedArray by, Axis rows, int steps) {
    Function<NamedArray, Selection> at = places(rows);
    forLoop(
        0,
        steps,
        i ->
            vmapProc(
                    (NamedRef q, NamedArray o, NamedArray w) -> q.at(at.apply(o.plus(i))).add(w),
                    LANE)
                .run(r, arange(LANE), by));
  }

  private static NamedArray mappedLoss(NamedRef r, NamedArray by, int steps) {
    Axis rows = r.axis("Row");
    lanesLoop(r, by, rows, steps);
    return sum(square(r.get(places(rows).apply(arange(axis("Some", 8))))));
  }

  private static Work lanes(Sizes s, boolean gradient) {
    Axis rows = axis("Row", s.get("rows"));
    int many = s.get("steps");
    NamedArray by = Data.normal(1, 0.1, LANE);
    if (gradient) {
      return new Slope(
          steps -> new Gradient(GrowthRows::mappedLoss, by, rows, LANE).calls(steps),
          many / 4,
          many);
    }
    return new Slope(
        steps -> {
          NamedRef r = newRef(ones(rows, LANE));
          Proc2<NamedRef, NamedArray> f = jitProc((q, w) -> lanesLoop(q, w, rows, steps));
          return Calls.of(
              () -> f.run(r, by),
              () -> {
                NamedRef fresh = newRef(zeros(rows, LANE));
                f.run(fresh, by);
                Check.close("the sum", sum(by).item() * steps, sum(fresh.get()).item(), 1e-2);
              });
        },
        many / 4,
        many);
  }

  /** What one more step costs: the difference of two loops. */
  private record Slope(IntFunction<Work> loops, int few, int many) implements Work {
    @Override
    public Samples measure(Timing timing) {
      Samples a = loops.apply(few).measure(timing);
      Samples b = loops.apply(many).measure(timing);
      double steps = many - few;
      return new Samples(
          Math.max(0, b.min() - a.min()) / steps,
          Math.max(0, b.median() - a.median()) / steps,
          Math.min(a.n(), b.n()));
    }
  }
}
