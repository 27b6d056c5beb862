package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.ArrayType;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The stable order of the elements along an axis, by radix sort from the least digit. A line is
 * sorted as entries: a key, whose order as an unsigned number is that of the elements, above the
 * element's position. Entries are all different, so whichever way they are sorted gives the same.
 * NaN comes last and zeros are equal.
 *
 * <p>Few long lines are sorted by all threads together: each counts and moves the entries of a
 * piece of the line, and the counts are added in the order of digits and pieces. Many lines are
 * divided. Short ones have no entries: each element counts those that come before it.
 */
final class Sorting {
  /** Lines up to this length are sorted by comparing all with all, in vectors. */
  private static final long SHORT = 64;

  /** Lines from this length on have large digits, whose many counters are worth a round less. */
  private static final long LONG = 1 << 14;

  /** What a thread takes of a line at least: then its counters cost little. */
  private static final long PIECE = 1 << 14;

  /** Elements that become entries at a time. */
  private static final int LANES = 8;

  private final DType dtype;
  private final boolean descending;

  /** The length of a line, and how far apart its elements are. */
  private final long n;

  private final long step;
  private final long lines;

  /** A key, an entry, and the bits of a key that are not all alike. */
  private final Ty key;

  private final Ty entry;
  private final int bits;
  private final int digit;
  private final int lanes;

  private Sorting(Step.Order o, Target target) {
    ArrayType t = o.value().type();
    int axis = t.indexOf(o.op().axis());
    dtype = t.dtype();
    descending = o.op().descending();
    n = t.dims().get(axis).size();
    step = t.strides()[axis];
    lines = t.size() / n;
    boolean wide = dtype.bytes() == 8;
    key = wide ? Ty.I64 : Ty.I32;
    entry = wide ? new Ty("i128", 1) : Ty.I64;
    bits = dtype == DType.BOOL ? 1 : 8 * dtype.bytes();
    digit = n < LONG ? 8 : 11;
    lanes = target.vectorBytes() / key.scalarBytes();
  }

  /** Writes the sort and says in a line how it runs. */
  static String write(Emitter e, Step.Order o) {
    String what = "order of %s along %s, ".formatted(o.value().type(), o.op().axis());
    if (o.value().type().size() == 0) {
      return what + "nothing to sort";
    }
    var s = new Sorting(o, e.target());
    Val from = e.address(o.from());
    Val to = e.address(o.to());
    long bytes = s.entryBytes() * s.n;
    if (s.n >= 2 * PIECE && s.lines < Threads.COUNT) {
      long counters = s.counterBytes() * Math.min(Threads.COUNT, s.pieces());
      Val room = e.room(counters + 2 * bytes);
      Val a = e.asm().at(room, "i8", i64(counters));
      Val b = e.asm().at(a, "i8", i64(bytes));
      e.asm().loop(i64(0), i64(s.lines), 1, l -> s.together(e, l, from, to, a, b, room));
      return what + "each line divided";
    }
    int perThread = s.n * s.lines < Kernels.IN_PLACE ? 0 : 1;
    String how = perThread == 0 ? "one thread" : "divided";
    if (s.n <= SHORT) {
      List<Val> given = List.of(from, to);
      Divided.write(
          e, given, s.lines, 1, 4 * perThread, (f, in, _, lo, hi) -> s.ranks(f, in, lo, hi));
      return what + how;
    }
    Val room = e.room(2 * bytes * Math.min(perThread * Threads.COUNT + 1, s.lines));
    Divided.write(e, List.of(from, to, room), s.lines, 1, perThread, s::alone);
    return what + how;
  }

  private long pieces() {
    return (n + PIECE - 1) / PIECE;
  }

  private long entryBytes() {
    return 2L * key.scalarBytes();
  }

  private long counterBytes() {
    return 4L << digit;
  }

  private Val first(Asm a, Val line) {
    Val outer = a.op("udiv", line, i64(step));
    Val inner = a.op("urem", line, i64(step));
    return a.add(a.times(outer, n * step), inner);
  }

  // ---------------------------------------------------------------- by one thread, or by all

  /** Lines from lo to hi. */
  private void alone(Asm f, List<Val> given, Val part, Val lo, Val hi) {
    long bytes = entryBytes() * n;
    Val a = f.at(given.get(2), "i8", f.times(part, 2 * bytes));
    Val b = f.at(a, "i8", i64(bytes));
    Val counters = f.alloca("[%d x i32]".formatted(1 << digit), 64);
    Val end = i64(n);
    f.loop(
        lo,
        hi,
        1,
        l -> {
          Val start = first(f, l);
          load(f, given.get(0), start, a, i64(0), end);
          Val sorted =
              rounds(
                  f,
                  a,
                  b,
                  counters,
                  i64(1),
                  (x, shift) -> count(f, x, counters, shift, i64(0), end),
                  (x, y, shift) -> move(f, x, y, counters, shift, i64(0), end));
          store(f, sorted, given.get(1), start, i64(0), end);
        });
  }

  /** The place of an element is the number of those before it. */
  private void ranks(Asm f, List<Val> given, Val lo, Val hi) {
    Val keys = f.alloca("[%d x %s]".formatted(SHORT, key), 64);
    Val places = f.alloca("[%d x i32]".formatted(SHORT), 64);
    Ty ty = Types.memory(dtype);
    long vectors = (n + lanes - 1) / lanes * lanes;
    f.loop(
        i64(0), i64(vectors), lanes, k -> f.store(Asm.zero(key.by(lanes)), at(f, keys, key, k), 4));
    f.loop(
        lo,
        hi,
        1,
        l -> {
          Val start = first(f, l);
          each(
              f,
              i64(0),
              i64(n),
              (k, w) -> {
                Val from = at(f, given.get(0), ty, f.add(start, f.times(k, step)));
                f.store(key(f, f.load(ty.by(w), from, dtype.bytes())), at(f, keys, key, k), 4);
              });
          f.loop(i64(0), i64(vectors), lanes, k -> ranks(f, keys, k, places));
          f.loop(
              i64(0),
              i64(n),
              1,
              k -> {
                Val place = f.cast("zext", f.load(Ty.I32, at(f, places, Ty.I32, k), 4), Ty.I64);
                Val to = at(f, given.get(1), Ty.I32, f.add(start, f.times(place, step)));
                f.store(narrow(f, k), to, 4);
              });
        });
  }

  /** Of equal ones the earlier come before. */
  private void ranks(Asm f, Val keys, Val first, Val places) {
    Val mine = f.load(key.by(lanes), at(f, keys, key, first), 4);
    Val position = f.op("add", f.splat(first, lanes), f.steps(Ty.I64, lanes, 1));
    Ty counts = Ty.I32.by(lanes);
    Val count = f.variable(Asm.zero(counts));
    f.loop(
        i64(0),
        i64(n),
        1,
        k -> {
          Val other = f.splat(f.load(key, at(f, keys, key, k), 4), lanes);
          Val earlier = f.cmp("icmp slt", f.splat(k, lanes), position);
          Val alike = f.op("and", f.cmp("icmp eq", other, mine), earlier);
          Val before = f.op("or", f.cmp("icmp ult", other, mine), alike);
          f.put(count, f.op("add", f.get(count, counts), f.cast("zext", before, counts)));
        });
    f.store(f.get(count, counts), at(f, places, Ty.I32, first), 4);
  }

  private static Val at(Asm f, Val base, Ty element, Val k) {
    return f.at(base, element.scalar(), k);
  }

  private void together(Emitter e, Val line, Val from, Val to, Val a, Val b, Val counters) {
    Val start = first(e.asm(), line);
    Val threads = e.slot(Table.THREADS, Ty.I64);
    shared(
        e,
        List.of(from, start, a),
        (f, in, _, lo, hi) -> load(f, in.get(0), in.get(1), in.get(2), lo, hi));
    Val sorted =
        rounds(
            e.asm(),
            a,
            b,
            counters,
            e.asm().intrinsic("smin", threads, i64(pieces())),
            (x, shift) ->
                shared(
                    e,
                    List.of(x, counters, shift),
                    (f, in, part, lo, hi) ->
                        count(f, in.get(0), own(f, in.get(1), part), in.get(2), lo, hi)),
            (x, y, shift) ->
                shared(
                    e,
                    List.of(x, y, counters, shift),
                    (f, in, part, lo, hi) -> {
                      Val mine = own(f, in.get(2), part);
                      move(f, in.get(0), in.get(1), mine, in.get(3), lo, hi);
                    }));
    shared(
        e,
        List.of(sorted, to, start),
        (f, in, _, lo, hi) -> store(f, in.get(0), in.get(1), in.get(2), lo, hi));
  }

  /** A piece of a line for each thread. */
  private void shared(Emitter e, List<Val> given, Divided.Body body) {
    Divided.write(e, given, n, PIECE, 1, body);
  }

  /** The counters of a part. */
  private Val own(Asm f, Val counters, Val part) {
    return f.at(counters, "i8", f.times(part, counterBytes()));
  }

  private interface Move {
    void write(Val from, Val to, Val shift);
  }

  /**
   * A round for each digit: counts it, and moves the entries from one place to the other unless
   * they all have the same; where they are at the end.
   */
  private Val rounds(
      Asm f, Val a, Val b, Val counters, Val parts, BiConsumer<Val, Val> count, Move move) {
    Val here = f.variable(a);
    Val there = f.variable(b);
    f.loop(
        i64(0),
        i64(bits),
        digit,
        shift -> {
          Val x = f.get(here, Ty.PTR);
          Val y = f.get(there, Ty.PTR);
          count.accept(x, shift);
          Val some = digit(f, f.load(entry, x, 8), shift);
          Val alike = f.variable(i64(0));
          f.loop(
              i64(0),
              parts,
              1,
              p -> {
                Val c = f.load(Ty.I32, f.at(own(f, counters, p), "i32", some), 4);
                f.put(alike, f.add(f.get(alike, Ty.I64), f.cast("zext", c, Ty.I64)));
              });
          f.branch(
              f.cmp("icmp ne", f.get(alike, Ty.I64), i64(n)),
              () -> {
                starts(f, counters, parts);
                move.write(x, y, shift);
                f.put(here, y);
                f.put(there, x);
              },
              null);
        });
    return f.get(here, Ty.PTR);
  }

  // ---------------------------------------------------------------- the pieces of a round

  private Val digit(Asm f, Val entry, Val shift) {
    Val k =
        f.cast("trunc", f.op("lshr", entry, Asm.integer(entry.ty(), 8L * key.scalarBytes())), key);
    Val by = key.equals(Ty.I64) ? shift : narrow(f, shift);
    Val d = f.op("and", f.op("lshr", k, by), Asm.integer(key, (1 << digit) - 1));
    return key.equals(Ty.I64) ? d : f.cast("zext", d, Ty.I64);
  }

  private static Val narrow(Asm f, Val x) {
    return x.constant() ? Asm.i32((int) x.value()) : f.cast("trunc", x, Ty.I32);
  }

  private void count(Asm f, Val from, Val counters, Val shift, Val lo, Val hi) {
    Ty zeros = Ty.I32.by(16);
    f.loop(
        i64(0), i64(1 << digit), 16, d -> f.store(Asm.zero(zeros), f.at(counters, "i32", d), 64));
    f.loop(
        lo,
        hi,
        1,
        k -> {
          Val e = f.load(entry, f.at(from, entry.scalar(), k), 8);
          Val p = f.at(counters, "i32", digit(f, e, shift));
          f.store(f.op("add", f.load(Ty.I32, p, 4), Asm.i32(1)), p, 4);
        });
  }

  /** Counts become places: of smaller digits first, of one digit those of earlier parts first. */
  private void starts(Asm f, Val counters, Val parts) {
    Val sum = f.variable(Asm.i32(0));
    f.loop(
        i64(0),
        i64(1 << digit),
        1,
        d ->
            f.loop(
                i64(0),
                parts,
                1,
                part -> {
                  Val p = f.at(own(f, counters, part), "i32", d);
                  Val c = f.load(Ty.I32, p, 4);
                  Val s = f.get(sum, Ty.I32);
                  f.store(s, p, 4);
                  f.put(sum, f.op("add", s, c));
                }));
  }

  private void move(Asm f, Val from, Val to, Val counters, Val shift, Val lo, Val hi) {
    f.loop(
        lo,
        hi,
        1,
        k -> {
          Val e = f.load(entry, f.at(from, entry.scalar(), k), 8);
          Val p = f.at(counters, "i32", digit(f, e, shift));
          Val place = f.load(Ty.I32, p, 4);
          f.store(f.op("add", place, Asm.i32(1)), p, 4);
          f.store(e, f.at(to, entry.scalar(), f.cast("zext", place, Ty.I64)), 8);
        });
  }

  // ---------------------------------------------------------------- entries

  /** Entries of a line's elements from lo to hi. */
  private void load(Asm f, Val from, Val start, Val to, Val lo, Val hi) {
    Ty ty = Types.memory(dtype);
    each(
        f,
        lo,
        hi,
        (k, lanes) -> {
          Val p = f.at(from, ty.scalar(), f.add(start, f.times(k, step)));
          Val x = f.load(ty.by(lanes), p, dtype.bytes());
          Val position = f.op("add", f.splat(k, lanes), f.steps(Ty.I64, lanes, 1));
          Val high = f.cast("zext", key(f, x), entry.by(lanes));
          Val low = entry.equals(Ty.I64) ? position : f.cast("zext", position, entry.by(lanes));
          Val above = f.op("shl", high, Asm.integer(high.ty(), 8L * key.scalarBytes()));
          f.store(f.op("or", above, low), f.at(to, entry.scalar(), k), 8);
        });
  }

  /** Their positions. */
  private void store(Asm f, Val from, Val to, Val start, Val lo, Val hi) {
    each(
        f,
        lo,
        hi,
        (k, lanes) -> {
          Val e = f.load(entry.by(lanes), f.at(from, entry.scalar(), k), 8);
          Val at = f.at(to, "i32", f.add(start, f.times(k, step)));
          f.store(f.cast("trunc", e, Ty.I32.by(lanes)), at, 4);
        });
  }

  /** Some at a time where they are neighbours. */
  private void each(Asm f, Val lo, Val hi, BiConsumer<Val, Integer> body) {
    Val main = lo;
    if (step == 1) {
      main = f.sub(hi, f.op("and", f.sub(hi, lo), i64(LANES - 1)));
      f.loop(lo, main, LANES, k -> body.accept(k, LANES));
    }
    f.loop(main, hi, 1, k -> body.accept(k, 1));
  }

  /** The key of elements. */
  private Val key(Asm f, Val x) {
    Ty k = key.by(x.ty().lanes());
    Val sign = Asm.integer(k, dtype.bytes() == 8 ? Long.MIN_VALUE : Integer.MIN_VALUE);
    Val v =
        switch (dtype) {
          case FLOAT32, FLOAT64 -> real(f, x, k, sign);
          case INT32, INT64, KEY -> f.op("xor", x, sign);
          case UINT32 -> x;
          case BOOL -> f.cast("zext", x, k);
          case BFLOAT16, FLOAT16 ->
              throw new AxialException("internal error: the order of " + dtype);
        };
    Val flipped = Asm.integer(k, dtype == DType.BOOL ? 1 : -1);
    return descending ? f.op("xor", v, flipped) : v;
  }

  private Val real(Asm f, Val x, Ty k, Val sign) {
    Val zero = f.cmp("fcmp oeq", x, Asm.real(x.ty(), 0));
    Val b = f.select(zero, Asm.integer(k, 0), f.cast("bitcast", x, k));
    Val negative = f.op("ashr", b, Asm.integer(k, 8L * dtype.bytes() - 1));
    Val v = f.op("xor", b, f.op("or", negative, sign));
    return f.select(f.cmp("fcmp uno", x, x), Asm.integer(k, -1), v);
  }
}
