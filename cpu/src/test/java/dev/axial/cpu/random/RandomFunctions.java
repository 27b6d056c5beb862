package dev.axial.cpu.random;

import static dev.axial.Axial.GRAD_VALUE;
import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.checkpoint;
import static dev.axial.Axial.cond;
import static dev.axial.Axial.condProc;
import static dev.axial.Axial.cos;
import static dev.axial.Axial.cumsum;
import static dev.axial.Axial.customJvp;
import static dev.axial.Axial.customVjp;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.flip;
import static dev.axial.Axial.foriLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jvp;
import static dev.axial.Axial.maximum;
import static dev.axial.Axial.mean;
import static dev.axial.Axial.minimum;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.residuals;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.step;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.tanh;
import static dev.axial.Axial.vjp;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.vmapProc;
import static dev.axial.Axial.where;
import static dev.axial.Axial.whileLoop;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Scan;
import dev.axial.Selection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A random function over the public API, from an array to a scalar: references and views of views
 * by every kind of selection, written and read in loops, branches, checkpoints, maps and
 * derivatives inside. The same seed gives the same function, however often it is traced.
 *
 * <p>Float64 and float32 functions are smooth and bounded, so that a difference in a last bit stays
 * small; those of half precision are linear in small whole numbers. What is decided, an index, a
 * predicate or a mask, comes from integers or from the argument itself.
 *
 * <p>With {@code peer} it keeps to what JAX defines as well: every index is in range, indices that
 * are written are distinct, and with {@code reverse} no loop runs as often as a value says.
 */
final class RandomFunctions {
  /** What a function may do. */
  record Setting(boolean peer, boolean reverse) {}

  private static final int DEPTH = 2;

  private final SplittableRandom random;
  private final Setting setting;
  private final NamedArray w;
  private final boolean linear;
  private final int depth;
  private final List<NamedRef> refs = new ArrayList<>();
  private final List<NamedArray> indices = new ArrayList<>();
  private int loops;
  private int names;

  private RandomFunctions(long seed, Setting setting, NamedArray w, int depth) {
    random = new SplittableRandom(seed);
    this.setting = setting;
    this.w = w;
    this.depth = depth;
    linear = w.dtype() == DType.BFLOAT16 || w.dtype() == DType.FLOAT16;
  }

  /** The value of the function of a seed: three small ones for each of more depth. */
  static NamedArray run(long seed, Setting setting, NamedArray w) {
    return seed % 4 == 0 ? run(seed, setting, w, DEPTH, 2) : run(seed, setting, w, 1, 1);
  }

  private static NamedArray run(long seed, Setting setting, NamedArray w, int depth, int length) {
    var f = new RandomFunctions(seed, setting, w, depth);
    f.refs.add(newRef(w));
    f.refs.add(newRef(f.smooth(w)));
    f.block(length + f.pick(2));
    NamedArray a = f.refs.getFirst().freeze();
    NamedArray b = f.refs.getLast().value();
    return sum(f.linear ? a.minus(b) : a.times(w).plus(b.times(b)));
  }

  /** Only writes to references from outside, of the axes of w. */
  static void write(long seed, NamedArray w, List<NamedRef> refs) {
    var f = new RandomFunctions(seed, new Setting(false, false), w, DEPTH);
    f.refs.addAll(refs);
    f.block(4);
  }

  /** Only adds to a reference, through views of it, numbers whose sums are exact. */
  static void add(long seed, NamedArray w, NamedRef r) {
    var f = new RandomFunctions(seed, new Setting(false, false), w, 0);
    for (int k = 0; k < 4; k++) {
      NamedRef v = f.staged(r, f.pick(4), true);
      v.add(v.rank() > 0 ? f.ramp(v.axes().getFirst()).plus(1) : f.first());
    }
  }

  private NamedArray first() {
    return w.get(w.axes().stream().map(a -> a.at(0)).toArray(Selection[]::new));
  }

  private int pick(int n) {
    return random.nextInt(n);
  }

  private boolean coin() {
    return random.nextBoolean();
  }

  // ---------------------------------------------------------------- values

  private NamedArray smooth(NamedArray x) {
    if (linear) {
      return coin() ? clamp(x).unaryMinus() : clamp(x);
    }
    return switch (pick(3)) {
      case 0 -> sin(x).plus(0.25);
      case 1 -> tanh(x);
      default -> cos(x).times(0.7);
    };
  }

  private static NamedArray clamp(NamedArray x) {
    return maximum(minimum(x, 4), -4);
  }

  private NamedArray scaled(NamedArray x) {
    return linear ? x : x.times(0.3);
  }

  private NamedArray reduced(NamedArray x, Axis... over) {
    return over.length == 0 ? x : linear ? clamp(sum(x, over)) : mean(x, over);
  }

  private NamedArray total(NamedArray x) {
    return reduced(x, x.axes().toArray(Axis[]::new));
  }

  /** A value that fits into these axes, of some of them. */
  private NamedArray value(List<Axis> axes) {
    NamedArray x =
        switch (pick(5)) {
          case 0 -> w;
          case 1, 2 -> ref().value();
          case 3 -> staged(ref(), pick(3), false).value();
          default -> coin() && w.rank() > 0 ? turned(ref().value()) : ref().value();
        };
    Axis[] over = x.axes().stream().filter(a -> !axes.contains(a)).toArray(Axis[]::new);
    NamedArray y = smooth(reduced(x, over));
    if (!axes.isEmpty() && coin()) {
      y = y.plus(ramp(axes.get(pick(axes.size()))));
    }
    return y.astype(w.dtype());
  }

  private NamedArray turned(NamedArray x) {
    if (x.rank() == 0) {
      return x;
    }
    Axis a = x.axes().get(pick(x.rank()));
    return switch (pick(3)) {
      case 0 -> flip(x, a);
      case 1 -> linear ? x : cumsum(x, a).times(0.2);
      default -> linear || x.rank() < 2 ? x : product(x);
    };
  }

  /** A product, and loops that follow its rows. */
  private NamedArray product(NamedArray x) {
    Axis shared = x.axes().get(0);
    Axis kept = x.axes().get(1);
    Axis other = shared.alias("z" + names++);
    NamedArray y = x.rename(shared.name(), other.name());
    NamedArray p = dot(x, y, kept);
    NamedArray after = coin() ? tanh(p.times(0.1).plus(ramp(shared))) : p.times(0.1);
    return dot(after, coin() ? y : cos(y), other).times(0.1);
  }

  private NamedArray ramp(Axis a) {
    NamedArray x = arange(a).astype(w.dtype());
    return linear ? minimum(x, 2) : x.times(0.125);
  }

  private NamedRef ref() {
    return refs.get(pick(refs.size()));
  }

  // ---------------------------------------------------------------- selections

  /** A view after some selections, one upon the other. */
  private NamedRef staged(NamedRef r, int stages, boolean writes) {
    NamedRef v = r;
    for (int k = 0; k < stages; k++) {
      Selection[] s = selection(v.axes(), writes);
      v = s.length == 0 ? v : v.slice(s);
    }
    return v;
  }

  private Selection[] selection(List<Axis> axes, boolean writes) {
    var out = new ArrayList<Selection>();
    var shared = new ArrayList<Axis>(); // the axes of index arrays of this selection
    var free = new ArrayList<>(axes);
    Collections.shuffle(free, new Random(random.nextLong()));
    int many = free.isEmpty() ? 0 : 1 + pick(free.size());
    for (int k = 0; k < many && k < 2; k++) {
      Axis a = free.get(k);
      out.add(select(a, free.subList(many, free.size()), shared, axes.size() < 4, writes));
    }
    return out.toArray(Selection[]::new);
  }

  private Selection select(
      Axis a, List<Axis> stay, List<Axis> shared, boolean room, boolean writes) {
    int n = a.size();
    int low = pick(n);
    int high = low + 1 + pick(n - low);
    return switch (pick(room ? 14 : 12)) {
      case 0 -> a.at(coin() ? low : low - n);
      case 1, 2 -> a.at(index(n));
      case 3 -> a.range(low, high);
      case 4 -> a.range(low, high, 1 + pick(3));
      case 5, 6 -> a.range(high - 1, coin() ? -n - 1 : low - 1 - (low == 0 ? n : 0), -1 - pick(2));
      case 7 -> a.ds(low, high - low);
      case 8, 9 -> a.ds(index(n), high - low);
      case 10 -> listed(a, low, high);
      case 11 -> masked(a);
      case 12 -> stay.isEmpty() ? a.at(index(n)) : a.at(along(n, stay.get(pick(stay.size()))));
      default -> a.at(many(n, shared, writes));
    };
  }

  private Selection listed(Axis a, int low, int high) {
    int n = a.size();
    if (!setting.peer && n > 1) {
      return a.at(low, high - 1 - n, pick(n));
    }
    Axis some = a.resize(high - low); // the axis stays, backwards
    return a.at(arange(some).unaryMinus().plus(high - 1));
  }

  private Selection masked(Axis a) {
    NamedArray m =
        switch (pick(3)) {
          case 0 -> arange(a).rem(2).eq(pick(2));
          case 1 -> arange(a).ne(index(a.size()));
          default ->
              w.axes().contains(a)
                  ? first(w, a).lt(linear ? 1 : 0.5)
                  : arange(a).lt(1 + pick(a.size()));
        };
    return a.where(m, 1 + pick(a.size()));
  }

  /** What w holds at the first place of all axes but one. */
  private static NamedArray first(NamedArray w, Axis but) {
    Selection[] rest =
        w.axes().stream().filter(a -> !a.equals(but)).map(a -> a.at(0)).toArray(Selection[]::new);
    return rest.length == 0 ? w : w.get(rest);
  }

  /** An index array that is aligned with an axis that stays. */
  private NamedArray along(int n, Axis other) {
    return fit(arange(other).times(1 + pick(3)).plus(pick(n)), n);
  }

  /** An index array of rank 1 or 2; its axes may be those of an earlier one. */
  private NamedArray many(int n, List<Axis> shared, boolean writes) {
    boolean distinct = setting.peer && writes;
    Axis k = !shared.isEmpty() && coin() ? shared.getFirst() : fresh(distinct ? n : 4);
    if (distinct && k.size() > n) {
      k = fresh(n);
    }
    NamedArray i = arange(k).times(distinct ? 1 : 1 + pick(3)).plus(pick(n));
    if (!shared.contains(k)) {
      shared.add(k);
    }
    if (pick(3) == 0 && !distinct) {
      Axis j = fresh(2);
      i = i.plus(arange(j).times(2));
    }
    return fit(i, n);
  }

  private Axis fresh(int most) {
    return axis("k" + depth + "_" + names++, 1 + pick(Math.min(most, 4)));
  }

  /** Brought into range, or nearly. */
  private NamedArray fit(NamedArray i, int n) {
    return setting.peer ? i.rem(n) : i.rem(n + 2).minus(pick(3) == 0 ? 1 : 0);
  }

  /** A scalar index; its kind of integer varies. */
  private NamedArray index(int n) {
    NamedArray i =
        indices.isEmpty() || pick(3) == 0
            ? scalar(pick(n))
            : fit(indices.get(pick(indices.size())).plus(pick(n)), n);
    return pick(4) == 0 ? i.astype(DType.INT64) : i;
  }

  private NamedArray predicate() {
    if (!indices.isEmpty() && coin()) {
      return indices.get(pick(indices.size())).rem(2).eq(pick(2));
    }
    Selection[] at = w.axes().stream().map(a -> a.at(pick(a.size()))).toArray(Selection[]::new);
    return (at.length == 0 ? w : w.get(at)).lt(linear ? pick(3) - 1 : random.nextDouble(0, 1));
  }

  // ---------------------------------------------------------------- statements

  private void block(int length) {
    for (int k = 0; k < length; k++) {
      statement();
    }
  }

  private void statement() {
    boolean control = depth > 0 && loops < 2;
    int kind = pick(control ? 22 : 10);
    if (kind >= 10) {
      loops++;
    }
    long seed = random.nextLong();
    switch (kind) {
      case 0, 1, 2, 3, 4, 5, 6 -> access();
      case 7 -> ref().set(value(w.axes()));
      case 8 -> ref().update(this::smooth);
      case 9 -> temporary();
      case 10, 11 -> counted(seed);
      case 12 -> whiled(seed);
      case 13, 14 -> branch(seed);
      case 15, 16 -> scanned(seed);
      case 17 -> overRefs(seed);
      case 18 -> mappedRefs(seed);
      case 19 -> derivative(seed);
      case 20 -> {
        int n = 1 + pick(3);
        Function<NamedArray, NamedArray> f = c -> nested(seed, List.of(), n, c);
        ref().add(scaled(checkpoint(f).apply(total(w))));
      }
      default -> { // the last of the kinds
        Function<NamedArray, NamedArray> f = c -> nested(seed, List.of(), 1, c);
        ref().add(scaled(jit(f).apply(total(w))));
      }
    }
  }

  private void access() {
    if (pick(6) == 0) {
      again();
      return;
    }
    NamedRef r = ref();
    boolean reads = pick(4) == 0;
    NamedRef v = staged(r, pick(4), !reads);
    switch (reads ? 4 : pick(4)) {
      case 0 -> v.set(value(v.axes()));
      case 1 -> combine(v, scaled(value(v.axes())));
      case 2 -> accumulate(v.swap(value(v.axes())));
      case 3 -> v.update(this::smooth);
      default -> accumulate(v.value());
    }
  }

  /** One value for two writes, so that the second finds it in the reference. */
  private void again() {
    NamedRef r = ref();
    NamedArray x = value(w.axes());
    r.set(x);
    NamedRef v = staged(r, pick(3), true);
    NamedArray y = v.axes().equals(w.axes()) ? scaled(x) : scaled(total(x));
    switch (pick(3)) {
      case 0 -> v.set(y);
      case 1 -> combine(v, y);
      default -> accumulate(v.swap(y));
    }
  }

  /** Mostly an addition. */
  private void combine(NamedRef v, NamedArray y) {
    switch (pick(6)) {
      case 0 -> v.times(y.plus(0.8));
      case 1 -> v.max(y);
      case 2 -> v.min(y);
      default -> v.add(y);
    }
  }

  private void accumulate(NamedArray x) {
    Axis[] over = x.axes().stream().filter(a -> !w.axes().contains(a)).toArray(Axis[]::new);
    ref().add(scaled(smooth(reduced(x, over))));
  }

  /** A reference of this block alone. */
  private void temporary() {
    NamedRef t = newRef(value(w.axes()).plus(w));
    staged(t, 1 + pick(2), true).add(1);
    accumulate(t.freeze());
  }

  /** A body of its own seed on the same references, and a bounded value from it. */
  private NamedArray nested(long seed, List<NamedArray> more, int length, NamedArray c) {
    var f = new RandomFunctions(seed, setting, w, depth - 1);
    f.refs.addAll(refs);
    f.indices.addAll(indices);
    f.indices.addAll(more);
    f.loops = loops;
    f.block(length);
    return f.smooth(c.plus(f.total(f.ref().value())));
  }

  private void counted(long seed) {
    int n = 1 + pick(3);
    int most = pick(2);
    NamedArray start = total(w);
    if (setting.peer || coin()) {
      NamedArray c = foriLoop(0, n, start, (i, x) -> nested(seed, List.of(i), 1 + most, x));
      ref().add(scaled(c));
    } else {
      NamedArray hi = indices.isEmpty() ? scalar(n) : indices.getFirst().plus(1);
      ref().add(scaled(foriLoop(0, hi, start, (i, x) -> nested(seed, List.of(i), 1 + most, x))));
    }
  }

  private record Pair(NamedArray i, NamedArray x) {}

  private void whiled(long seed) {
    if (setting.peer && setting.reverse) {
      counted(seed);
      return;
    }
    int n = 1 + pick(3);
    int most = pick(2);
    Pair end =
        whileLoop(
            new Pair(scalar(0), total(w)),
            p -> p.i.lt(n),
            p -> new Pair(p.i.plus(1), nested(seed, List.of(p.i), 1 + most, p.x)));
    ref().add(scaled(end.x));
  }

  private void branch(long seed) {
    long other = random.nextLong();
    NamedArray p = predicate();
    NamedArray c = total(w);
    if (coin()) {
      condProc(p, () -> unit(nested(seed, List.of(), 1, c)), () -> {});
      return;
    }
    NamedArray x =
        cond(p, () -> nested(seed, List.of(), 1, c), () -> nested(other, List.of(), 1, c));
    ref().add(scaled(x));
    if (coin()) {
      ref().set(where(p, value(w.axes()), w));
    }
  }

  /** The value is not wanted, only what was written. */
  private static void unit(NamedArray x) {
    if (x.rank() != 0) {
      throw new IllegalStateException("a scalar was expected, not " + x.axes());
    }
  }

  private Scan over(Axis a) {
    Scan s = Scan.over(a);
    if (coin()) {
      s = s.reverse();
    }
    return pick(3) == 0 ? s.unroll(1 + pick(3)) : s;
  }

  private void scanned(long seed) {
    Axis t = axis("t" + depth + "_" + names++, 1 + pick(4));
    int most = pick(2);
    var s =
        over(t)
            .run(
                total(w),
                arange(t),
                (c, i) -> {
                  NamedArray next = nested(seed, List.of(i), 1 + most, c);
                  return step(next, next.plus(c));
                });
    ref().add(scaled(s.carry().plus(reduced(s.y(), t))));
  }

  /** Each step sees its slice of a reference, or of a view. */
  private void overRefs(long seed) {
    if (w.rank() == 0) {
      scanned(seed);
      return;
    }
    Axis a = w.axes().get(pick(w.rank()));
    NamedRef r = ref();
    var s =
        over(a)
            .run(
                total(w),
                r,
                (c, v) -> {
                  var f = new RandomFunctions(seed, setting, c, 0);
                  NamedRef part = f.staged(v, f.pick(3), true);
                  NamedArray old = f.total(part.swap(f.smooth(c)));
                  v.add(f.scaled(c));
                  return step(f.smooth(c.plus(old)), old);
                });
    accumulate(s.carry());
    accumulate(s.y());
  }

  /** Lanes that each have their part of a reference. */
  private void mappedRefs(long seed) {
    if (w.rank() == 0) {
      access();
      return;
    }
    Axis a = w.axes().get(pick(w.rank()));
    int n = 1 + pick(3);
    vmapProc(
            (NamedRef r, NamedArray x) -> {
              var f = new RandomFunctions(seed, setting, x, depth - 1);
              f.refs.add(r);
              f.refs.add(newRef(x));
              f.loops = 1;
              f.block(n);
              r.add(f.scaled(f.refs.getLast().value()));
            },
            a)
        .run(ref(), w);
  }

  /** A derivative of a function with references of its own. */
  private void derivative(long seed) {
    Function<NamedArray, NamedArray> f = x -> run(seed, new Setting(setting.peer, true), x, 0, 1);
    NamedArray d =
        switch (pick(3)) {
          case 0 -> grad(f).apply(w);
          case 1 -> jvp(f, w, linear ? w : smooth(w)).tangent();
          default -> vjp(f, w).apply(linear ? one(w) : total(w));
        };
    ref().add(scaled(smooth(d)));
  }

  // ---------------------------------------------------------------- transformations

  /** How many lanes the maps have. */
  private static final int LANES = 3;

  /**
   * A function transformed, one letter after the other:
   *
   * <pre>
   *   G  the gradient along a direction       P  the same by vjp
   *   J  the tangent along a direction        V  the sum over lanes of a map
   *   K  a checkpoint    T  jit               C  customJvp with the function's own derivative
   *   D  customVjp with the function's own gradient
   *   R  as G, of a reference that the function reads, writes and reads again
   *   A  as G, added to a reference by withRefs
   *   M  as G, of an array and a reference at once
   * </pre>
   */
  static Function<NamedArray, NamedArray> transformed(
      String letters, Function<NamedArray, NamedArray> f) {
    Function<NamedArray, NamedArray> g = f;
    for (int k = 0; k < letters.length(); k++) {
      g = transformed(letters.charAt(k), k, g);
    }
    return g;
  }

  private static NamedArray direction(NamedArray w) {
    boolean half = w.dtype().bytes() == 2;
    return half ? w.times(0).plus(1) : w.times(w).plus(0.25);
  }

  private static Function<NamedArray, NamedArray> transformed(
      char letter, int k, Function<NamedArray, NamedArray> f) {
    return switch (letter) {
      case 'G' -> w -> along(grad(f).apply(w), w);
      case 'P' ->
          w -> {
            var v = vjp(f, w);
            return along(v.apply(one(w)), w);
          };
      case 'J' -> w -> jvp(f, w, direction(w)).tangent();
      case 'V' ->
          w -> {
            Axis lane = axis("lane" + k, LANES);
            return sum(
                vmap(f, lane).apply(w.times(arange(lane).astype(w.dtype()).times(0.5).plus(0.5))));
          };
      case 'K' -> checkpoint(f);
      case 'T' -> jit(f);
      case 'C' -> customJvp(f, (w, dw) -> jvp(f, w, dw));
      case 'D' ->
          customVjp(
              f,
              w -> residuals(f.apply(w), w),
              (NamedArray w, NamedArray ct) -> grad(f).apply(w).times(ct));
      case 'R' -> w -> byReference(f, w);
      case 'A' ->
          w -> {
            NamedRef g = newRef(bounded(w));
            vjp(f, w).withRefs(g).apply(one(w));
            return along(g.freeze(), w);
          };
      case 'M' -> w -> byBoth(f, w);
      default -> throw new IllegalArgumentException("no transformation " + letter);
    };
  }

  private static NamedArray along(NamedArray gradient, NamedArray w) {
    return sum(gradient.times(direction(w)));
  }

  private static NamedArray one(NamedArray w) {
    return scalar(1).astype(w.dtype());
  }

  /** Half of it, or where halves would not stay whole numbers, all of it. */
  private static NamedArray bounded(NamedArray w) {
    return w.dtype().bytes() == 2 ? w : w.times(0.5);
  }

  private static NamedArray byReference(Function<NamedArray, NamedArray> f, NamedArray w) {
    NamedRef r = newRef(w);
    NamedRef g = newRef(w.times(0));
    Function<NamedRef, NamedArray> h =
        x -> {
          NamedArray y = f.apply(x.get());
          x.set(bounded(x.get()).plus(y));
          return y.plus(bounded(sum(x.get())));
        };
    vjp(h, r).withRefs(g).apply(one(w));
    return along(g.freeze(), w);
  }

  private static NamedArray byBoth(Function<NamedArray, NamedArray> f, NamedArray w) {
    NamedRef r = newRef(bounded(w));
    NamedRef g = newRef(w.times(0));
    BiFunction<NamedArray, NamedRef, NamedArray> h =
        (x, y) -> {
          y.add(x);
          return f.apply(y.get()).plus(sum(x.times(y.get())));
        };
    Object[] d = vjp(h, w, r).withRefs(new Object[] {GRAD_VALUE, g}).apply(one(w));
    return along(((NamedArray) d[0]).plus(g.freeze()), w);
  }
}
