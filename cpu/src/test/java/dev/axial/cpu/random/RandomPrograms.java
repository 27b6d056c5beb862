package dev.axial.cpu.random;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Checker;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import dev.axial.ir.TypeRules;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes a random program: every operation, references read and written in any order, stacks, loops
 * and branches three deep. The same seed makes the same program.
 *
 * <p>Each value is known to be exact or not. Exact ones have the same bits on every engine. Sums of
 * floats are exact where the summands are small whole numbers, so that order does not matter; other
 * sums are compared with a tolerance, and nothing is computed from them that could make a small
 * difference large.
 *
 * <p>It is long because it makes each operation in its own way, from one pool of values.
 */
final class RandomPrograms {
  /** What an input holds; {@code whole} means floats that are small whole numbers. */
  record Source(Type type, boolean whole) {}

  /**
   * A program.
   *
   * @param tolerances for each output how far it may be off; negative means equal to the bit, zero
   *     means equal but for the sign of zero
   */
  record Made(long seed, Program program, List<Source> sources, List<Double> tolerances) {}

  /** The bound of whole numbers that refs and carries hold. */
  private static final double SMALL = 8;

  private static final long MOST = 5000;
  private static final int[] SIZES = {
    0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 7, 8, 11, 13, 16, 17, 31, 33, 64, 65, 67, 70, 100, 131
  };
  private static final DType[] DTYPES = {
    DType.FLOAT32,
    DType.FLOAT32,
    DType.FLOAT32,
    DType.FLOAT64,
    DType.FLOAT64,
    DType.BFLOAT16,
    DType.FLOAT16,
    DType.INT32,
    DType.INT32,
    DType.INT64,
    DType.UINT32,
    DType.BOOL,
    DType.KEY
  };

  /**
   * A value.
   *
   * @param whole a bound of the elements if all are whole numbers (or not finite), else infinite
   * @param tolerance how far it may be off, negative if not at all
   */
  private record Val(Var var, double whole, double tolerance) {
    ArrayType type() {
      return var.array();
    }

    DType dtype() {
      return type().dtype();
    }

    boolean exact() {
      return tolerance < 0;
    }

    boolean isWhole() {
      return exact() && whole < limit(dtype());
    }

    boolean is(DType t) {
      return dtype() == t;
    }
  }

  private static double limit(DType t) {
    return switch (t) {
      case BFLOAT16 -> 0x1p7;
      case FLOAT16 -> 0x1p10;
      case FLOAT32 -> 0x1p23;
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> 0x1p50;
    };
  }

  /** How far a sum of numbers of at most one may be off. */
  private static double tolerance(DType t, long count) {
    double n = 2.0 * (count + 1);
    return switch (t) {
      case BFLOAT16 -> n * 0x1p-7; // the rounding of the sum weighs more than that of its terms
      case FLOAT16 -> n * 0x1p-10;
      case FLOAT32 -> n * (count + 1) * 0x1p-23;
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> n * (count + 1) * 0x1p-52;
    };
  }

  private record Ref(Var var, boolean whole, Object owner) {}

  /** The value that was written last. */
  private @Nullable Var written;

  private static final class Pile {
    final Var var;
    final StackType type;
    final boolean whole;

    /** The masks of what was pushed in this block, null for none. */
    final List<@Nullable Var> pushed = new ArrayList<>();

    Pile(Var var, StackType type, boolean whole) {
      this.var = var;
      this.type = type;
      this.whole = whole;
    }
  }

  private final SplittableRandom random;
  private final List<Dim> axes;
  private int fresh;

  private Builder b = new Builder();
  private List<Val> pool = new ArrayList<>();
  private List<Ref> refs = new ArrayList<>();
  private List<Pile> piles = new ArrayList<>();
  private int work = 1;

  private RandomPrograms(long seed) {
    random = new SplittableRandom(seed);
    axes = new ArrayList<>();
    for (String n : List.of("a", "b", "c", "d", "e")) {
      int s = SIZES[pick(SIZES.length)];
      axes.add(new Dim(n, s == 0 && pick(3) > 0 ? 3 : s));
    }
  }

  /** The program of a seed. */
  static Made of(long seed) {
    return new RandomPrograms(seed).make(seed);
  }

  private Made make(long seed) {
    var sources = new ArrayList<Source>();
    int arrays = 2 + pick(5);
    for (int k = 0; k < arrays; k++) {
      DType t = k == 0 ? DType.INT32 : k == 1 ? DType.FLOAT32 : dtype();
      boolean whole = t.isFloating() && pick(5) > 1;
      var type = new ArrayType(t, dims(3));
      sources.add(new Source(type, whole));
      add(b.input(type), whole ? 4 : Double.POSITIVE_INFINITY);
    }
    int references = pick(4);
    for (int k = 0; k < references; k++) {
      DType t = dtype();
      boolean whole = t.isFloating() && pick(5) > 1;
      var type = new RefType(new ArrayType(t, dims(3)));
      sources.add(new Source(type, whole));
      refs.add(new Ref(b.input(type), whole, this));
    }
    block(3, 4 + pick(22));
    var outs = new ArrayList<Val>();
    int n = 1 + pick(6);
    for (int k = 0; k < n; k++) {
      outs.add(pick(4) == 0 ? pool.get(pick(pool.size())) : recent());
    }
    int late = pick(3) == 0 ? 0 : pick(8);
    for (Val v : pool.subList(Math.max(0, pool.size() - late), pool.size())) {
      outs.add(v);
    }
    if (coin()) {
      for (Ref r : refs) {
        if (r.owner == b) {
          outs.add(new Val(b.one(new Op.RefGet(Access.ALL, Mode.CLAMP), r.var), wholeOf(r), -1));
        }
      }
    }
    Program p = b.close(outs.stream().map(Val::var).toList(), List.of());
    return new Made(seed, Checker.check(p), sources, outs.stream().map(Val::tolerance).toList());
  }

  // ---------------------------------------------------------------- drawing

  private int pick(int n) {
    return random.nextInt(n);
  }

  private boolean coin() {
    return random.nextBoolean();
  }

  private DType dtype() {
    return DTYPES[pick(DTYPES.length)];
  }

  private <T> List<T> shuffled(List<T> list) {
    var out = new ArrayList<>(list);
    Collections.shuffle(out, new Random(random.nextLong()));
    return out;
  }

  private <T> List<T> some(List<T> list) {
    List<T> all = shuffled(list);
    return all.subList(0, pick(all.size() + 1));
  }

  private List<Dim> dims(int most) {
    int rank = pick(most + 1);
    var out = new ArrayList<Dim>();
    long n = 1;
    for (Dim d : shuffled(axes)) {
      if (out.size() < rank && n * d.size() <= 3000) {
        out.add(d);
        n *= d.size();
      }
    }
    return out;
  }

  private String freshName() {
    return "n" + fresh++;
  }

  private Val recent() {
    int from = Math.max(0, pool.size() - 8);
    return pool.get(from + pick(pool.size() - from));
  }

  private @Nullable Val val(Predicate<Val> p) {
    for (int k = 0; k < 4; k++) {
      Val v = recent();
      if (p.test(v)) {
        return v;
      }
    }
    var all = pool.stream().filter(p).toList();
    return all.isEmpty() ? null : all.get(pick(all.size()));
  }

  private @Nullable Val exact() {
    return val(Val::exact);
  }

  private void add(Var v, double whole) {
    pool.add(new Val(v, whole, -1));
  }

  private static final double WILD = Double.POSITIVE_INFINITY;

  /** Emits if the types allow it and the result is not large. */
  private @Nullable List<Var> emit(Op op, Var... in) {
    return emit(op, List.of(in));
  }

  private @Nullable List<Var> emit(Op op, List<Var> in) {
    try {
      for (Type t : TypeRules.infer(op, Program.types(in))) {
        if (t.array().size() > MOST || t.array().rank() > 5) {
          return null;
        }
      }
    } catch (AxialException | ArithmeticException x) {
      return null;
    }
    return b.emit(op, in);
  }

  private boolean put(@Nullable List<Var> out, double whole) {
    if (out == null) {
      return false;
    }
    out.forEach(v -> add(v, v.array().dtype().isFloating() ? whole : WILD));
    return true;
  }

  private boolean put(@Nullable List<Var> out, Val like) {
    if (out == null) {
      return false;
    }
    out.forEach(v -> pool.add(new Val(v, like.whole, like.tolerance)));
    return true;
  }

  // ---------------------------------------------------------------- values of a type

  /** A value just made, brought into the given type: other axes are reduced, others repeated. */
  private @Nullable Val made(ArrayType t, boolean whole) {
    Val v = val(x -> x.exact() && (!whole || x.isWhole() && x.dtype().isFloating()));
    if (v == null || (v.is(DType.KEY) != (t.dtype() == DType.KEY))) {
      return null;
    }
    var extra = new ArrayList<String>();
    for (Dim d : v.type().dims()) {
      if (!t.dims().contains(d)) {
        extra.add(d.name());
      }
    }
    Var x = v.var;
    if (!extra.isEmpty()) {
      if (v.is(DType.KEY)) {
        return null;
      }
      Fn.Reduce f = v.is(DType.BOOL) ? Fn.Reduce.ANY : coin() ? Fn.Reduce.MAX : Fn.Reduce.MIN;
      x = b.one(new Op.Reduce(f, extra), x);
    }
    x = b.cast(x, t.dtype());
    Val out = new Val(x, v.whole, -1);
    return whole ? small(out) : out;
  }

  /** A value that fits into the given type, of at most these axes. */
  private Val within(ArrayType t, boolean whole) {
    Val made = coin() ? made(t, whole) : null;
    if (made != null) {
      return made;
    }
    Val v = val(x -> x.exact() && x.is(t.dtype()) && t.covers(x.type()) && (!whole || x.isWhole()));
    if (v == null || pick(12) == 0) {
      return new Val(constant(t.dtype(), whole), SMALL, -1);
    }
    return whole ? small(v) : v;
  }

  private Var constant(DType t, boolean whole) {
    if (t == DType.KEY) {
      return b.constant(new Op.Const(t, random.nextLong()));
    }
    if (t.isFloating() && !whole && coin()) {
      double x = Data.special(random);
      return b.constant(Op.Const.of(t, x));
    }
    if (t == DType.BOOL) {
      return b.constant(new Op.Const(t, pick(2)));
    }
    long x = pick(8) == 0 && !t.isFloating() ? random.nextLong() : pick(9) - 4L;
    return b.constant(Op.Const.of(t, x));
  }

  /** A whole value, clamped if it may be large. */
  private Val small(Val v) {
    if (!v.dtype().isFloating() || v.whole <= SMALL) {
      return v;
    }
    return clamped(v, SMALL);
  }

  private Val clamped(Val v, double to) {
    Var x = b.bin(Fn.Binary.MIN, v.var, b.num(v.dtype(), to));
    Var y = b.bin(Fn.Binary.MAX, x, b.num(v.dtype(), -to));
    Val out = new Val(y, v.isWhole() ? to : WILD, -1);
    pool.add(out);
    return out;
  }

  /** A value of exactly this type. */
  private Val of(ArrayType t, boolean whole) {
    Val v = within(t, whole);
    return v.type().equals(t)
        ? v
        : new Val(b.one(new Op.Broadcast(t.dims()), v.var), v.whole, v.tolerance);
  }

  private Var scalarBool() {
    Val v = val(x -> x.is(DType.BOOL) && x.type().isScalar());
    if (v != null && coin()) {
      return v.var;
    }
    Val s = val(x -> x.exact() && x.type().isScalar() && !x.is(DType.KEY));
    return s == null
        ? b.constant(new Op.Const(DType.BOOL, pick(2)))
        : b.compare(any(Fn.Compare.values()), s.var, constant(s.dtype(), true));
  }

  private <T> T any(T[] values) {
    return values[pick(values.length)];
  }

  /** An integer: often in the range of an axis, sometimes anywhere. */
  private Var index(int size, @Nullable ArrayType like) {
    Val v =
        val(x ->
            x.dtype().isInteger()
                && !x.is(DType.KEY)
                && x.type().size() < 200
                && (pick(3) > 0 ? x.type().isScalar() : true)
                && (like == null || like.covers(x.type())));
    DType t = coin() ? DType.INT32 : DType.INT64;
    if (v == null || pick(6) == 0) {
      return b.constant(
          Op.Const.of(t, pick(5) == 0 ? random.nextLong() : pick(3 * size + 2) - (long) size));
    }
    return switch (pick(6)) {
      case 0, 1 -> v.var;
      case 2 ->
          b.bin(Fn.Binary.REM, v.var, b.constant(Op.Const.of(v.dtype(), (long) Math.max(1, size))));
      case 3 -> b.bin(Fn.Binary.AND, v.var, b.constant(Op.Const.of(v.dtype(), 3L)));
      case 4 ->
          b.bin(
              Fn.Binary.SUB,
              b.bin(Fn.Binary.AND, v.var, b.constant(Op.Const.of(v.dtype(), 15L))),
              b.constant(Op.Const.of(v.dtype(), 5L)));
      default -> b.cast(v.var, t);
    };
  }

  /** Indices along one or two axes, which may be those of what they index; mostly in range. */
  private Var indexArray(int size, ArrayType of) {
    DType t = coin() ? DType.INT32 : DType.INT64;
    Var i = null;
    int rank = 1 + pick(2);
    for (int k = 0; k < rank; k++) {
      Dim d =
          !of.isScalar() && pick(3) == 0
              ? of.dims().get(pick(of.rank()))
              : coin() ? axes.get(pick(axes.size())) : new Dim(freshName(), 1 + pick(5));
      if (i != null && i.array().has(d.name())) {
        continue;
      }
      Var x = b.mul(b.one(new Op.Iota(t, d)), whole(t, pick(7) - 3));
      i = i == null ? x : b.add(i, x);
    }
    Var shifted = b.add(Objects.requireNonNull(i), whole(t, pick(size + 1)));
    return pick(4) == 0
        ? shifted
        : b.bin(Fn.Binary.REM, shifted, whole(t, Math.max(1, size) + pick(2)));
  }

  private Var whole(DType t, long x) {
    return b.constant(Op.Const.of(t, x));
  }

  // ---------------------------------------------------------------- statements

  private void block(int depth, int length) {
    for (int k = 0; k < length; k++) {
      for (int tries = 0; tries < 8; tries++) {
        if (statement(depth)) {
          break;
        }
      }
    }
    for (Pile p : piles) {
      while (!p.pushed.isEmpty() && pick(3) > 0) {
        pop(p);
      }
    }
  }

  private boolean statement(int depth) {
    int kind = pick(depth > 0 && work < 100 ? 100 : 88);
    if (work < 3 && pick(400) == 0) {
      product();
      return true;
    } else if (kind < 8) {
      return unary();
    } else if (kind < 18) {
      return binary();
    } else if (kind < 21) {
      return compare();
    } else if (kind < 24) {
      return select();
    } else if (kind < 26) {
      return fma();
    } else if (kind < 30) {
      return cast();
    } else if (kind < 35) {
      return reduce();
    } else if (kind < 44) {
      return layout();
    } else if (kind < 47) {
      return concat();
    } else if (kind < 49) {
      return cumSum();
    } else if (kind < 51) {
      return order();
    } else if (kind < 55) {
      return dot();
    } else if (kind < 60) {
      return indexing();
    } else if (kind < 63) {
      return scatter();
    } else if (kind < 65) {
      return keys();
    } else if (kind < 66) {
      return source();
    } else if (kind < 69) {
      return refNew();
    } else if (kind < 83) {
      return reference();
    } else if (kind < 84) {
      return freeze();
    } else if (kind < 88) {
      return stack();
    } else if (kind < 92) {
      return scan(depth);
    } else if (kind < 94) {
      return loop(depth);
    } else if (kind < 97) {
      return cond(depth);
    } else {
      return call(depth);
    }
  }

  private boolean unary() {
    Val v = exact();
    if (v == null) {
      return false;
    }
    Fn.Unary f = v.dtype().isFloating() || coin() ? any(Fn.Unary.values()) : Fn.Unary.NOT;
    double whole =
        switch (f) {
          case NEG, ABS, FLOOR, CEIL, ROUND -> v.whole;
          case SIGN -> 1;
          default -> WILD; // not over Op: what makes fractions
        };
    return put(emit(new Op.Unary(f), v.var), whole);
  }

  private @Nullable Val partner(Val v) {
    if (pick(8) == 0) {
      return new Val(constant(v.dtype(), v.isWhole()), v.isWhole() ? SMALL : WILD, -1);
    }
    return val(x -> x.exact() && x.is(v.dtype()) && compatible(x.type(), v.type()));
  }

  private static boolean compatible(ArrayType a, ArrayType b) {
    try {
      return a.union(b).size() <= MOST;
    } catch (AxialException x) {
      return false;
    }
  }

  private boolean binary() {
    Val v = exact();
    Val w = v == null ? null : partner(v);
    if (v == null || w == null) {
      return false;
    }
    Fn.Binary f =
        v.dtype().isFloating() && coin()
            ? any(new Fn.Binary[] {Fn.Binary.ADD, Fn.Binary.SUB, Fn.Binary.MUL, Fn.Binary.MAX})
            : any(Fn.Binary.values());
    double whole =
        switch (f) {
          case ADD, SUB -> v.whole + w.whole;
          case MUL -> Math.max(1, v.whole) * Math.max(1, w.whole);
          case MAX, MIN -> Math.max(v.whole, w.whole);
          default -> WILD; // not over Op: what makes fractions
        };
    return put(emit(new Op.Binary(f), v.var, w.var), whole);
  }

  private boolean compare() {
    Val v = exact();
    Val w = v == null ? null : partner(v);
    return v != null
        && w != null
        && put(emit(new Op.Compare(any(Fn.Compare.values())), v.var, w.var), WILD);
  }

  private boolean select() {
    Val v = exact();
    Val w = v == null ? null : partner(v);
    Val p = v == null ? null : val(x -> x.is(DType.BOOL) && compatible(x.type(), v.type()));
    return v != null
        && w != null
        && p != null
        && put(emit(new Op.Select(), p.var, v.var, w.var), Math.max(v.whole, w.whole));
  }

  private boolean fma() {
    Val v = val(x -> x.exact() && x.dtype().isFloating());
    Val w = v == null ? null : partner(v);
    Val u = v == null ? null : partner(v);
    return v != null
        && w != null
        && u != null
        && put(
            emit(new Op.Fma(), v.var, w.var, u.var),
            Math.max(1, v.whole) * Math.max(1, w.whole) + u.whole);
  }

  private boolean cast() {
    Val v = exact();
    if (v == null) {
      return false;
    }
    if (pick(3) == 0) {
      Var x = v.var;
      if (v.dtype().isFloating()) { // the bits of a NaN are not defined
        x = b.select(b.compare(Fn.Compare.EQ, x, x), x, b.num(v.dtype(), 0));
      }
      return put(emit(new Op.Bitcast(dtype()), x), WILD);
    }
    DType to = dtype();
    double whole = v.is(DType.BOOL) ? 1 : v.dtype().isFloating() && v.isWhole() ? v.whole : WILD;
    return put(emit(new Op.Cast(to), v.var), whole);
  }

  /** Adds a sum: exact but for the sign of zero, or with a tolerance. */
  private boolean putSum(@Nullable List<Var> out, double whole, long count) {
    if (out == null) {
      return false;
    }
    Var v = out.getFirst();
    DType t = v.array().dtype();
    if (!t.isFloating()) {
      add(v, WILD);
    } else if (whole < limit(t)) {
      pool.add(new Val(v, whole, 0));
      add(b.add(v, b.num(t, 0)), whole);
    } else {
      pool.add(new Val(v, WILD, tolerance(t, count)));
    }
    return true;
  }

  /** A value whose sums are compared meaningfully: whole, or of at most one. */
  private Val summand(Val v, long count) {
    if (!v.dtype().isFloating() || v.isWhole() && v.whole * count < limit(v.dtype())) {
      return v;
    }
    return v.isWhole() ? small(v) : clamped(v, 1);
  }

  private boolean reduce() {
    Val v = exact();
    if (v == null) {
      return false;
    }
    List<String> over = some(v.type().names());
    Fn.Reduce f =
        v.is(DType.BOOL)
            ? coin() ? Fn.Reduce.ANY : Fn.Reduce.ALL
            : any(new Fn.Reduce[] {Fn.Reduce.SUM, Fn.Reduce.SUM, Fn.Reduce.MAX, Fn.Reduce.MIN});
    if (v.is(DType.KEY)) {
      return false;
    }
    if (f != Fn.Reduce.SUM) {
      return put(emit(new Op.Reduce(f, over), v.var), v.whole);
    }
    long n = Math.max(1, v.type().size());
    Val s = summand(v, n);
    return putSum(emit(new Op.Reduce(f, over), s.var), s.whole * n, n);
  }

  private boolean cumSum() {
    Val v = val(x -> x.exact() && x.type().rank() > 0);
    if (v == null || v.is(DType.BOOL) || v.is(DType.KEY)) {
      return false;
    }
    long n = Math.max(1, v.type().size());
    Val s = summand(v, n);
    String axis = some1(v.type().names());
    return putSum(emit(new Op.CumSum(axis, coin()), s.var), s.whole * n, n);
  }

  private String some1(List<String> names) {
    return names.get(pick(names.size()));
  }

  private boolean order() {
    Val v = val(x -> x.exact() && x.type().rank() > 0);
    if (v == null) {
      return false;
    }
    String axis = some1(v.type().names());
    return put(
        emit(coin() ? new Op.ArgSort(axis, coin()) : new Op.ArgReduce(coin(), axis), v.var), WILD);
  }

  private boolean dot() {
    Val v = val(x -> x.exact() && !x.is(DType.BOOL) && !x.is(DType.KEY) && x.type().rank() > 0);
    if (v == null) {
      return false;
    }
    Val w = val(x -> x.exact() && x.is(v.dtype()) && union(x, v) != null);
    ArrayType u = w == null ? null : union(v, w);
    if (w == null || u == null) {
      return false;
    }
    var shared = v.type().names().stream().filter(w.type()::has).toList();
    List<String> over = pick(3) > 0 && !shared.isEmpty() ? some(shared) : some(u.names());
    long n = Math.max(1, u.size() / Math.max(1, u.without(over).size()));
    Val x = v;
    Val y = w;
    if (v.dtype().isFloating()
        && !(v.isWhole() && w.isWhole() && v.whole * w.whole * n < limit(v.dtype()))) {
      x = v.isWhole() && w.isWhole() ? small(v) : clamped(v, 1);
      y = v.isWhole() && w.isWhole() ? small(w) : clamped(w, 1);
    }
    double whole = x.isWhole() && y.isWhole() ? x.whole * y.whole * n : WILD;
    return putSum(emit(new Op.Dot(over), x.var, y.var), whole, n);
  }

  /** A product of medium size, and loops that follow its rows. */
  private void product() {
    DType t = any(new DType[] {DType.FLOAT32, DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16});
    var m = new Dim(freshName(), MEDIUM[pick(MEDIUM.length)]);
    var k = new Dim(freshName(), MEDIUM[pick(MEDIUM.length)]);
    var n = new Dim(freshName(), Math.min(MEDIUM[pick(MEDIUM.length)], 40_000 / m.size()));
    var lanes = pick(4) == 0 ? List.of(new Dim(freshName(), 2)) : List.<Dim>of();
    double to = t == DType.BFLOAT16 ? 0 : 3;
    Var x = pattern(t, cat2(lanes, shuffled(List.of(m, k))), to);
    Var y = pattern(t, cat2(coin() ? lanes : List.of(), shuffled(List.of(k, n))), to);
    Var p = b.one(new Op.Dot(List.of(k.name())), x, y);
    double whole = Math.max(1, to * to) * k.size();
    if (whole >= limit(t)) {
      pool.add(new Val(b.one(new Op.Reduce(Fn.Reduce.MAX, p.array().names()), p), WILD, whole));
      return;
    }
    follow(new Val(b.add(p, b.num(t, 0)), whole, -1), m, n);
  }

  private static final int[] MEDIUM = {5, 17, 33, 64, 65, 65, 96, 129};

  private static List<Dim> cat2(List<Dim> first, List<Dim> rest) {
    var out = new ArrayList<>(first);
    out.addAll(rest);
    return out;
  }

  /** Small whole numbers, other ones at each place; zeros and ones if {@code to} is 0. */
  private Var pattern(DType t, List<Dim> dims, double to) {
    Var i = whole(DType.INT32, pick(50));
    for (Dim d : dims) {
      Var at = b.one(new Op.Iota(DType.INT32, d));
      i = b.add(i, b.mul(b.mul(at, at), whole(DType.INT32, 1 + pick(9))));
    }
    Var small = b.bin(Fn.Binary.REM, i, whole(DType.INT32, to == 0 ? 2 : (long) (2 * to + 1)));
    Var v = b.cast(small, t);
    Val scale = val(x -> x.exact() && x.is(t) && x.isWhole() && x.type().isScalar());
    if (scale != null && to > 0 && pick(3) == 0) {
      v = b.mul(b.un(Fn.Unary.SIGN, scale.var), v);
    }
    Var centred = b.sub(v, b.num(t, to == 0 ? 0 : coin() ? to : 0));
    return b.one(new Op.Broadcast(dims), centred);
  }

  /** Element-wise work on a product, biases, residuals, reductions and references among it. */
  private void follow(Val product, Dim m, Dim n) {
    Var v = product.var;
    DType t = product.dtype();
    double whole = product.whole;
    int length = 1 + pick(5);
    for (int j = 0; j < length; j++) {
      Dim along = coin() ? m : n;
      switch (pick(9)) {
        case 0, 1 -> v = b.add(v, pattern(t, List.of(along), 3));
        case 2 -> v = b.add(pattern(t, v.array().dims(), 3), v);
        case 3 -> v = b.bin(Fn.Binary.MAX, v, b.num(t, 0));
        case 4 -> {
          v = b.un(any(new Fn.Unary[] {Fn.Unary.TANH, Fn.Unary.LOGISTIC, Fn.Unary.EXP}), v);
          whole = WILD;
        }
        case 5 -> { // the largest of a row or a column, and the distance from it
          Var most = b.one(new Op.Reduce(Fn.Reduce.MAX, List.of(along.name())), v);
          add(most, whole + 100);
          v = b.sub(v, most);
          whole *= 2;
        }
        case 6 -> {
          Var zero = b.num(t, 0);
          v = b.select(b.compare(Fn.Compare.GT, v, zero), v, b.un(Fn.Unary.NEG, v));
        }
        case 7 -> {
          Val near = clamped(new Val(v, WILD, -1), 1);
          long count = product.type().size();
          pool.add(new Val(b.sum(near.var, List.of(along.name())), WILD, tolerance(t, count)));
        }
        default -> stored(v, t); // not over Op: the last of the kinds
      }
    }
    add(b.one(new Op.Reduce(Fn.Reduce.MAX, List.of(m.name())), v), WILD);
    add(b.one(new Op.Reduce(Fn.Reduce.MIN, List.of(n.name())), v), WILD);
  }

  /** Set, added or swapped into a reference whose axes may stand in another order. */
  private void stored(Var v, DType t) {
    Var ref = b.one(new Op.RefNew(), pattern(t, shuffled(v.array().dims()), 3));
    switch (pick(3)) {
      case 0 -> b.emit(new Op.RefSet(Access.ALL, false), List.of(ref, v));
      case 1 ->
          b.emit(new Op.RefCombine(combination(false), Access.ALL, Mode.DROP), List.of(ref, v));
      default -> // not over Op: the last of the kinds
          add(
              b.one(
                  new Op.Reduce(Fn.Reduce.MAX, v.array().names()),
                  b.one(new Op.RefSwap(Access.ALL, Edge.CLAMP, false), ref, v)),
              WILD);
    }
    Var now = b.one(new Op.RefGet(Access.ALL, Mode.CLAMP), ref);
    add(
        b.one(new Op.Reduce(Fn.Reduce.MAX, List.of(now.array().dims().getFirst().name())), now),
        WILD);
  }

  private static @Nullable ArrayType union(Val v, Val w) {
    try {
      ArrayType u = v.type().union(w.type());
      return u.size() <= 300_000 ? u : null;
    } catch (AxialException x) {
      return null;
    }
  }

  private boolean layout() {
    Val v = recent();
    ArrayType t = v.type();
    return switch (pick(7)) {
      case 0, 1 -> {
        var dims = new ArrayList<>(t.dims());
        for (Dim d : dims(2)) {
          if (!t.has(d.name())) {
            dims.add(d);
          }
        }
        yield put(emit(new Op.Broadcast(shuffled(dims)), v.var), v);
      }
      case 2 -> {
        List<String> from = some(t.names());
        var to = new ArrayList<String>();
        for (String _ : from) {
          to.add(coin() ? some1(axes.stream().map(Dim::name).toList()) : freshName());
        }
        yield put(emit(new Op.Rename(from, pick(3) == 0 ? shuffled(from) : to), v.var), v);
      }
      case 3, 4 -> {
        List<String> over = some(t.names());
        yield !over.isEmpty()
            && put(emit(new Op.Merge(over, coin() ? over.getFirst() : freshName()), v.var), v);
      }
      case 5 -> {
        if (t.isScalar()) {
          yield false;
        }
        String axis = some1(t.names());
        int n = t.dim(axis).size();
        var to = new ArrayList<Dim>();
        for (int f : new int[] {2, 3, 5, 1}) {
          if (n > 0 && n % f == 0 && coin()) {
            to.add(new Dim(freshName(), f));
            n /= f;
          }
        }
        to.add(new Dim(coin() ? axis : freshName(), n));
        yield put(emit(new Op.Split(axis, shuffled(to)), v.var), v);
      }
      default -> put(emit(new Op.StopGradient(), v.var), v);
    };
  }

  private boolean concat() {
    Val v = val(x -> x.exact() && x.type().rank() > 0);
    if (v == null) {
      return false;
    }
    String axis = some1(v.type().names());
    var all = new ArrayList<>(List.of(v));
    int n = pick(3);
    for (int k = 0; k < n; k++) {
      Val w =
          val(x ->
              x.exact()
                  && x.is(v.dtype())
                  && x.type().has(axis)
                  && compatible(x.type().without(axis), v.type().without(axis)));
      if (w != null) {
        all.add(w);
      }
    }
    double whole = all.stream().mapToDouble(Val::whole).max().orElse(WILD);
    return put(emit(new Op.Concat(axis), shuffled(all).stream().map(Val::var).toList()), whole);
  }

  private boolean keys() {
    Val k = val(x -> x.is(DType.KEY));
    Val x0 = val(x -> x.is(DType.UINT32));
    Val x1 = x0 == null ? null : val(x -> x.is(DType.UINT32) && compatible(x.type(), x0.type()));
    if (x0 == null || x1 == null) {
      Val v = val(x -> x.exact() && x.dtype().isInteger());
      return v != null && put(emit(new Op.Cast(DType.UINT32), v.var), WILD);
    }
    return switch (pick(3)) {
      case 0 -> put(emit(new Op.KeyWrap(), x0.var, x1.var), WILD);
      case 1 -> k != null && put(emit(new Op.KeyData(), k.var), WILD);
      default -> k != null && put(emit(new Op.Threefry(), k.var, x0.var, x1.var), WILD);
    };
  }

  private boolean source() {
    DType t = dtype();
    if (coin()) {
      Dim d = axes.get(pick(axes.size()));
      return t != DType.KEY && t != DType.BOOL && put(emit(new Op.Iota(t, d)), d.size());
    }
    add(constant(t, false), WILD);
    return true;
  }

  // ---------------------------------------------------------------- accesses

  private record Selection(Access access, List<Var> operands) {}

  private @Nullable Selection selection(ArrayType of, boolean mayMask) {
    var sels = new ArrayList<Sel>();
    var operands = new ArrayList<Var>();
    Var earlier = null;
    for (Dim d : shuffled(of.dims())) {
      int n = d.size();
      switch (pick(7)) {
        case 0, 1 -> {
          if (n == 0) {
            continue;
          }
          int size = 1 + pick(n);
          int most = size == 1 ? 3 : (n - 1) / (size - 1);
          int step = most == 0 ? 1 : 1 + pick(Math.min(most, 3));
          int reach = step * (size - 1);
          if (reach >= n) {
            continue;
          }
          int start = pick(n - reach);
          boolean back = coin();
          sels.add(
              pick(12) == 0
                  ? new Sel.Window(d.name(), pick(n), step, 0)
                  : new Sel.Window(
                      d.name(), back ? start + reach : start, back ? -step : step, size));
        }
        case 2 -> {
          sels.add(new Sel.Ds(d.name(), pick(n + 1)));
          operands.add(index(n, null));
        }
        case 3, 4 -> {
          sels.add(new Sel.At(d.name()));
          Var i =
              earlier != null && pick(3) == 0
                  ? earlier
                  : pick(3) == 0 ? indexArray(n, of) : index(n, null);
          earlier = i;
          operands.add(i);
        }
        default -> {} // not over Op: the axis as a whole
      }
    }
    boolean masked = mayMask && pick(4) == 0;
    if (masked) {
      Val m = val(x -> x.is(DType.BOOL) && x.type().size() < 200);
      if (m == null) {
        masked = false;
      } else {
        operands.add(m.var);
      }
    }
    var access = new Access(sels, masked);
    try {
      ArrayType t = access.result(of, Program.types(operands));
      return t.size() > MOST || t.rank() > 5 ? null : new Selection(access, operands);
    } catch (AxialException | ArithmeticException x) {
      return null;
    }
  }

  private static List<Var> cat(List<Var> first, List<Var> rest) {
    var out = new ArrayList<>(first);
    out.addAll(rest);
    return out;
  }

  private Mode mode(Selection s) {
    return s.access.masked() || coin() ? Mode.DROP : Mode.CLAMP;
  }

  private boolean indexing() {
    Val v = recent();
    Selection s = selection(v.type(), true);
    return s != null
        && put(emit(new Op.Index(s.access, mode(s)), cat(List.of(v.var), s.operands)), v);
  }

  private boolean scatter() {
    Val v = exact();
    Selection s = v == null ? null : selection(v.type(), true);
    if (v == null || s == null) {
      return false;
    }
    Fn.Combine fn = coin() && !v.is(DType.KEY) ? combination(v.isWhole()) : null;
    Val w = within(s.access.result(v.type(), Program.types(s.operands)), v.isWhole());
    double whole = fn == Fn.Combine.ADD ? v.whole + w.whole * 1000 : Math.max(v.whole, w.whole);
    return put(
        emit(new Op.Scatter(fn, s.access, mode(s, fn)), cat(List.of(v.var, w.var), s.operands)),
        whole);
  }

  /** Mostly an addition; of whole numbers no product, which would be large. */
  private Fn.Combine combination(boolean whole) {
    Fn.Combine fn = coin() ? Fn.Combine.ADD : any(Fn.Combine.values());
    return whole && fn == Fn.Combine.MUL ? Fn.Combine.MAX : fn;
  }

  private Mode mode(Selection s, Fn.@Nullable Combine fn) {
    return fn == Fn.Combine.ADD ? mode(s) : Mode.DROP;
  }

  private boolean refNew() {
    Val v = exact();
    if (v == null) {
      return false;
    }
    boolean whole = v.isWhole() && v.dtype().isFloating();
    Val from = whole ? small(v) : v;
    refs.add(new Ref(b.one(new Op.RefNew(), from.var), whole, b));
    return true;
  }

  private double wholeOf(Ref r) {
    return r.whole ? 0x1p21 : WILD;
  }

  private boolean reference() {
    if (refs.isEmpty()) {
      return refNew();
    }
    Ref r = refs.get(coin() ? refs.size() - 1 : pick(refs.size()));
    ArrayType t = r.var.type().array();
    int kind = pick(10);
    Selection s = pick(4) == 0 ? new Selection(Access.ALL, List.of()) : selection(t, true);
    if (s == null) {
      return false;
    }
    if (kind < 4) {
      return put(
          emit(new Op.RefGet(s.access, mode(s)), cat(List.of(r.var), s.operands)), wholeOf(r));
    }
    Val v = toWrite(s.access.result(t, Program.types(s.operands)), r.whole);
    List<Var> in = cat(List.of(r.var, v.var), s.operands);
    if (kind < 6) {
      b.emit(new Op.RefSet(s.access, pick(3) == 0), in);
    } else if (kind < 8 && t.dtype() != DType.KEY) {
      Fn.Combine fn = combination(r.whole);
      b.emit(new Op.RefCombine(fn, s.access, mode(s, fn)), in);
    } else {
      Edge e = t.dtype() == DType.KEY ? Edge.CLAMP : any(Edge.values());
      return put(emit(new Op.RefSwap(s.access, e, coin()), in), wholeOf(r));
    }
    return true;
  }

  /** Now and then what was written before, which may lie in a reference already. */
  private Val toWrite(ArrayType t, boolean whole) {
    Val again =
        pick(3) == 0
            ? val(x ->
                x.var == written
                    && x.exact()
                    && x.is(t.dtype())
                    && t.covers(x.type())
                    && (!whole || x.isWhole()))
            : null;
    Val v = again == null ? within(t, whole) : whole ? small(again) : again;
    written = again == null ? v.var : written;
    return v;
  }

  private boolean freeze() {
    var mine = refs.stream().filter(r -> r.owner == b).toList();
    if (mine.isEmpty()) {
      return false;
    }
    Ref r = mine.get(pick(mine.size()));
    add(b.one(new Op.RefFreeze(), r.var), wholeOf(r));
    refs.remove(r);
    return true;
  }

  // ---------------------------------------------------------------- stacks

  private boolean stack() {
    if (piles.isEmpty() || pick(5) == 0) {
      Val v = exact();
      if (v == null) {
        return false;
      }
      var type = new StackType(v.type(), coin() ? List.of() : some(v.type().names()));
      boolean whole = v.dtype().isFloating() && v.isWhole();
      piles.add(new Pile(b.one(new Op.StackNew(type)), type, whole));
      return true;
    }
    Pile p = piles.get(pick(piles.size()));
    if (!p.pushed.isEmpty() && pick(3) == 0) {
      pop(p);
    } else {
      push(p, pick(3) == 0 ? mask(p) : null);
    }
    return true;
  }

  private @Nullable Var mask(Pile p) {
    var lanes = new ArrayType(DType.BOOL, p.type.laneDims());
    Val v = val(x -> x.is(DType.BOOL) && lanes.covers(x.type()));
    return v == null ? null : v.var;
  }

  private void push(Pile p, @Nullable Var mask) {
    Var v = of(p.type.of(), p.whole).var;
    b.emit(
        new Op.StackPush(mask != null), mask == null ? List.of(p.var, v) : List.of(p.var, v, mask));
    p.pushed.add(mask);
  }

  private void pop(Pile p) {
    Var mask = p.pushed.removeLast();
    put(
        emit(new Op.StackPop(mask != null), mask == null ? List.of(p.var) : List.of(p.var, mask)),
        p.whole ? 0x1p21 : WILD);
  }

  // ---------------------------------------------------------------- control

  /** What a nested block sees and leaves. */
  private interface Body {
    void run();
  }

  private Builder nested(Body body) {
    Builder outer = b;
    var pools = pool;
    var references = refs;
    var stacks = piles;
    b = new Builder();
    pool = new ArrayList<>(pool);
    refs = new ArrayList<>(refs);
    piles = new ArrayList<>();
    for (Pile p : stacks) {
      piles.add(new Pile(p.var, p.type, p.whole));
    }
    body.run();
    for (Pile p : piles) {
      while (!p.pushed.isEmpty()) { // nothing is left of a body's own
        pop(p);
      }
    }
    Builder made = b;
    b = outer;
    pool = pools;
    refs = references;
    piles = stacks;
    return made;
  }

  private record Carry(Val init, boolean whole) {}

  private List<Carry> carries() {
    var out = new ArrayList<Carry>();
    int n = pick(4);
    for (int k = 0; k < n; k++) {
      Val v =
          k > 0 && pick(3) == 0
              ? val(x -> x.exact() && x.type().equals(out.getFirst().init.type()))
              : exact();
      if (v != null) {
        boolean whole = v.dtype().isFloating() && v.isWhole();
        out.add(new Carry(whole ? small(v) : v, whole));
      }
    }
    return out;
  }

  /** Results of a body that carries these. */
  private List<Var> carried(List<Carry> carries, List<Var> given) {
    var out = new ArrayList<Var>();
    for (int k = 0; k < carries.size(); k++) {
      Carry c = carries.get(k);
      var same = new ArrayList<Var>();
      for (int j = 0; j < carries.size(); j++) {
        if (given.get(j).type().equals(given.get(k).type()) && (carries.get(j).whole || !c.whole)) {
          same.add(given.get(j));
        }
      }
      out.add(
          switch (pick(5)) {
            case 0 -> given.get(k);
            case 1 -> same.get(pick(same.size()));
            default -> of(c.init.type(), c.whole).var;
          });
    }
    return out;
  }

  private boolean scan(int depth) {
    int length = pick(8) == 0 ? 0 : pick(10) == 0 ? 9 : 1 + pick(4);
    List<Carry> carries = carries();
    var outs = new ArrayList<Var>();
    int before = work;
    work *= Math.max(1, length);
    boolean reverse = coin();
    boolean fills = !piles.isEmpty() && coin();
    var pushes = new Pile[1];
    List<Pile> outer = piles;
    Builder body =
        nested(() -> {
          add(b.input(ArrayType.scalar(DType.INT32)), WILD);
          List<Var> given = inputs(carries);
          block(depth - 1, 1 + pick(6));
          if (fills) {
            Var which = outer.get(pick(outer.size())).var;
            pushes[0] = piles.stream().filter(q -> q.var == which).findFirst().orElseThrow();
            while (!pushes[0].pushed.isEmpty()) {
              pop(pushes[0]);
            }
            push(pushes[0], null);
            pushes[0].pushed.clear();
          }
          outs.addAll(carried(carries, given));
        });
    work = before;
    leave(
        carries,
        b.scan(body, outs, length, reverse, carries.stream().map(c -> c.init.var).toList()));
    if (fills && pushes[0] != null) {
      Pile p = pushes[0];
      if (coin()) { // another loop takes them back
        drain(p, length);
      } else {
        Pile mine = piles.stream().filter(q -> q.var == p.var).findFirst().orElseThrow();
        for (int k = 0; k < length; k++) {
          mine.pushed.add(null);
        }
      }
    }
    return true;
  }

  /** A loop that pops as often, and adds up what it finds. */
  private void drain(Pile p, int length) {
    DType t = p.type.of().dtype();
    Val start = of(p.type.of(), p.whole);
    var outs = new ArrayList<Var>();
    Builder body =
        nested(() -> {
          b.input(ArrayType.scalar(DType.INT32));
          Var c = b.input(p.type.of());
          Var v = b.one(new Op.StackPop(false), p.var);
          outs.add(
              t == DType.KEY
                  ? v
                  : t == DType.BOOL ? b.bin(Fn.Binary.XOR, c, v) : b.bin(Fn.Binary.MAX, c, v));
        });
    put(b.scan(body, outs, length, true, List.of(start.var)), p.whole ? 0x1p21 : WILD);
  }

  private List<Var> inputs(List<Carry> carries) {
    var given = new ArrayList<Var>();
    for (Carry c : carries) {
      Var v = b.input(c.init.type());
      given.add(v);
      add(v, c.whole ? SMALL : WILD);
    }
    return given;
  }

  private void leave(List<Carry> carries, List<Var> results) {
    for (int k = 0; k < results.size(); k++) {
      add(results.get(k), carries.get(k).whole ? SMALL : WILD);
    }
  }

  private boolean loop(int depth) {
    int length = pick(5);
    var carries = new ArrayList<Carry>();
    Var zero = b.constant(Op.Const.of(DType.INT32, 0L));
    carries.add(new Carry(new Val(zero, WILD, -1), false));
    carries.addAll(carries());
    var go = new Var[1];
    Builder condition =
        nested(() -> {
          List<Var> given = inputs(carries);
          go[0] =
              b.compare(
                  Fn.Compare.LT,
                  given.getFirst(),
                  b.constant(Op.Const.of(DType.INT32, (long) length)));
          if (pick(3) == 0) {
            go[0] = b.bin(Fn.Binary.AND, go[0], scalarBool());
          }
        });
    var outs = new ArrayList<Var>();
    int before = work;
    work *= Math.max(1, length);
    Builder body =
        nested(() -> {
          List<Var> given = inputs(carries);
          block(depth - 1, 1 + pick(6));
          outs.addAll(carried(carries, given));
          outs.set(0, b.add(given.getFirst(), b.constant(Op.Const.of(DType.INT32, 1L))));
        });
    work = before;
    leave(
        carries,
        b.loop(condition, go[0], body, outs, carries.stream().map(c -> c.init.var).toList()));
    return true;
  }

  private boolean cond(int depth) {
    Var p = scalarBool();
    List<Carry> results = carries();
    var a = new ArrayList<Var>();
    var c = new ArrayList<Var>();
    Builder yes =
        nested(() -> {
          block(depth - 1, pick(5));
          results.forEach(r -> a.add(of(r.init.type(), r.whole).var));
        });
    Builder no =
        nested(() -> {
          block(depth - 1, pick(5));
          results.forEach(r -> c.add(of(r.init.type(), r.whole).var));
        });
    leave(results, b.cond(p, yes, a, no, c, List.of()));
    return true;
  }

  /** Whether a function has a rule in it; as a rule itself it would have no text. */
  private static boolean hasRules(Program p) {
    return p.equations().stream()
        .anyMatch(e ->
            e.op() instanceof Op.CustomJvp
                || e.op() instanceof Op.CustomVjp
                || e.op().bodies().stream().anyMatch(RandomPrograms::hasRules));
  }

  private boolean call(int depth) {
    List<Carry> arguments = carries();
    var outs = new ArrayList<Val>();
    Builder body =
        nested(() -> {
          inputs(arguments);
          block(depth - 1, pick(6));
          int n = pick(3);
          for (int k = 0; k < n; k++) {
            outs.add(recent());
          }
        });
    var vars = outs.stream().map(Val::var).toList();
    body.use(vars);
    var captured = Builder.union(body);
    Program p = body.close(vars, captured);
    var in = Builder.cat(arguments.stream().map(c -> c.init.var).toList(), captured);
    if (new HashSet<>(in.stream().filter(v -> !v.isArray()).toList()).size()
        < in.stream().filter(v -> !v.isArray()).count()) {
      return false;
    }
    Op op =
        switch (hasRules(p) ? 3 : pick(4)) {
          case 0 -> new Op.CustomJvp(p, p, List.of());
          case 1 -> new Op.CustomVjp(p, p, p, List.of());
          default -> new Op.Call(p, "f", coin());
        };
    List<Var> results = b.emit(op, in);
    for (int k = 0; k < results.size(); k++) {
      pool.add(new Val(results.get(k), outs.get(k).whole, outs.get(k).tolerance));
    }
    return true;
  }
}
