package dev.axial.laws;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A random function from an array over {@link #X} to a scalar: accesses of every kind to references
 * and views of them, in loops, whiles and branches, two deep. The same seed gives the same
 * function. Values stay small, and branches depend on values only through stopGradient, so that
 * finite differences are meaningful.
 */
final class RandomProgram {
  static final int N = 3;
  static final Axis X = axis("x", N);
  private static final Axis K = axis("k", 4);

  private final SplittableRandom random;
  private final NamedArray w;
  private final List<NamedRef> refs = new ArrayList<>();
  private int loops;

  private RandomProgram(long seed, NamedArray w) {
    random = new SplittableRandom(seed);
    this.w = w;
  }

  static NamedArray run(long seed, NamedArray w) {
    var p = new RandomProgram(seed, w);
    p.refs.add(newRef(w));
    p.refs.add(newRef(sin(w).plus(0.5)));
    p.block(2, 5, List.of());
    NamedArray sum = sum(p.refs.get(0).value().times(w));
    return sum.plus(sum(p.refs.get(1).value().times(p.refs.get(1).value()))).times(0.5);
  }

  private int pick(int n) {
    return random.nextInt(n);
  }

  private void block(int depth, int length, List<NamedArray> indices) {
    for (int k = 0; k < length; k++) {
      statement(depth, indices);
    }
  }

  private void statement(int depth, List<NamedArray> indices) {
    int kind = pick(depth > 0 && loops < 4 ? 13 : 9);
    NamedRef r = refs.get(pick(2));
    switch (kind) {
      case 0, 1 -> r.at(X.at(index(indices))).set(scalarValue(indices));
      case 2 -> r.at(X.at(index(indices))).add(scalarValue(indices).times(0.3));
      case 3 -> {
        NamedArray old = r.at(X.at(index(indices))).swap(scalarValue(indices));
        other(r).add(sin(old).times(0.2));
      }
      case 4 -> r.set(vectorValue(indices));
      case 5 -> many(r, indices);
      case 6 -> view(r, indices);
      case 7 -> r.update(v -> tanh(v.times(w)));
      case 8 -> {
        NamedArray old = r.at(X.ds(index(indices), 2)).swap(scalarValue(indices));
        r.at(X.range(0, 2)).add(old.times(0.1));
      }
      case 9 -> {
        loops++;
        int n = 1 + pick(3);
        long seed = random.nextLong();
        forLoop(0, n, i -> nested(seed, depth - 1, with(indices, i)));
      }
      case 10 -> {
        loops++;
        long seed = random.nextLong();
        int n = 1 + pick(3);
        NamedArray out =
            whileLoop(
                    new Pair(scalar(0), sum(w).times(0.1)),
                    c -> c.i.lt(n),
                    c -> {
                      nested(seed, depth - 1, with(indices, c.i));
                      return new Pair(c.i.plus(1), tanh(c.v.plus(sum(r.value()).times(0.1))));
                    })
                .v;
        other(r).add(out.times(0.2));
      }
      case 11 -> {
        long a = random.nextLong();
        long b = random.nextLong();
        NamedArray p = stopGradient(sum(r.value())).lt(random.nextDouble(-1, 3));
        condProc(p, () -> nested(a, depth - 1, indices), () -> nested(b, depth - 1, indices));
      }
      default -> {
        loops++;
        NamedArray table = w.times(w).plus(0.1);
        var s =
            scan(
                K,
                sum(w).times(0.2),
                arange(K),
                (c, i) -> step(tanh(c.plus(table.get(X.at(i.rem(N))))), c.times(2)));
        r.add(s.carry().times(0.1).plus(mean(s.y())));
      }
    }
  }

  record Pair(NamedArray i, NamedArray v) {}

  private static List<NamedArray> with(List<NamedArray> list, NamedArray x) {
    var out = new ArrayList<>(list);
    out.add(x);
    return out;
  }

  /** A body draws from a seed of its own, so that tracing it twice gives the same. */
  private void nested(long seed, int depth, List<NamedArray> indices) {
    var p = new RandomProgram(seed, w);
    p.refs.addAll(refs);
    p.loops = loops;
    p.block(depth, 2, indices);
  }

  private NamedRef other(NamedRef r) {
    return refs.get(0) == r ? refs.get(1) : refs.get(0);
  }

  /** In range or just outside of it. */
  private NamedArray index(List<NamedArray> indices) {
    NamedArray base =
        indices.isEmpty() || pick(3) == 0 ? scalar(pick(3)) : indices.get(pick(indices.size()));
    return base.plus(pick(4) == 0 ? pick(7) - 4 : 0);
  }

  private NamedArray scalarValue(List<NamedArray> indices) {
    NamedRef r = refs.get(pick(2));
    return switch (pick(4)) {
      case 0 -> sin(r.get(X.at(index(indices))).times(w.get(X.at(pick(N)))));
      case 1 -> tanh(sum(r.value().times(w)));
      case 2 -> w.get(X.at(pick(N))).times(0.7);
      default -> sum(r.get(X.ds(index(indices), 2))).times(0.4);
    };
  }

  private NamedArray vectorValue(List<NamedArray> indices) {
    NamedRef r = refs.get(pick(2));
    return switch (pick(4)) {
      case 0 -> sin(r.value()).plus(w.times(0.3));
      case 1 -> flip(r.value(), X).times(0.8);
      case 2 -> cos(w).times(scalarValue(indices));
      default -> scalarValue(indices).plus(w.times(0.5));
    };
  }

  /** An index array with repeats and some out of range. */
  private void many(NamedRef r, List<NamedArray> indices) {
    NamedArray idx =
        array(new int[] {pick(3), pick(4), pick(3), pick(5) - 1}, K).plus(index(indices).times(0));
    NamedArray v = tanh(scalarValue(indices).times(arange(K).plus(1)));
    switch (pick(6)) {
      case 0 -> r.at(X.at(idx)).set(v);
      case 1 -> r.at(X.at(idx)).add(v.times(0.2));
      case 2 -> r.at(X.at(idx)).times(v.plus(0.9));
      case 3 -> r.at(X.at(idx)).max(v);
      case 4 -> r.at(X.at(idx)).min(v);
      default -> other(r).add(sum(r.at(X.at(idx)).swap(v)).times(0.1));
    }
  }

  private void view(NamedRef r, List<NamedArray> indices) {
    NamedRef v =
        switch (pick(5)) {
          case 0 -> r.slice(X.range(1, 3));
          case 1 -> r.slice(X.range(2, -4, -1));
          case 2 -> r.slice(X.ds(index(indices), 2));
          case 3 -> r.slice(X.at(2, 0));
          default -> r.slice(X.where(stopGradient(r.value()).lt(0.6), 2));
        };
    switch (pick(4)) {
      case 0 -> v.at(X.at(index(indices))).set(scalarValue(indices));
      case 1 -> v.at(X.range(0, 1)).add(scalarValue(indices).times(0.3));
      case 2 -> other(r).add(sum(v.at(X.at(index(indices))).swap(scalarValue(indices))).times(0.2));
      default -> v.set(sin(v.value()).plus(0.1));
    }
  }
}
