package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.ArrayType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Running sums along an axis, each line in its order. Sums of float32 are carried as float64, and
 * those of float64 with what they lose by rounding, so that they do not lose what a long line adds
 * up to.
 *
 * <p>Lines are lanes. Where they lie side by side they are added as they come, some columns at a
 * time, whose sums stay in the nearest cache. Where each is a row of its own, a square of rows and
 * columns is turned in registers, added, and turned back.
 */
final class Cumulation {
  /** The most columns whose sums are carried at a time. */
  private static final long COLUMNS = 1024;

  /** Pieces for the threads, where one row is wide enough for them. */
  private static final long PIECES = 8;

  private final DType dtype;
  private final Ty ty;
  private final Ty wide;
  private final boolean reverse;
  private final int lanes;

  /** The length of a line, and how far apart its elements are. */
  private final long n;

  private final long step;
  private final boolean streams;

  private Cumulation(Emitter e, Step.Cumulate c) {
    ArrayType t = c.value().type();
    int axis = t.indexOf(c.op().axis());
    dtype = t.dtype();
    ty = Types.memory(dtype);
    wide = dtype == DType.FLOAT32 ? Ty.F64 : ty;
    reverse = c.op().reverse();
    lanes = e.target().vectorBytes() / dtype.bytes();
    n = t.dims().get(axis).size();
    step = t.strides()[axis];
    streams = Streams.fresh(c.to()) && streams(e.target());
  }

  /** Whether all vectors begin at multiples of their size, and fill lines one by one. */
  private boolean streams(Target target) {
    return step == 1 ? n % lanes == 0 && target.vectorBytes() == Streams.LINE : step % lanes == 0;
  }

  /** Writes the sums and says in a line how they run. */
  static String write(Emitter e, Step.Cumulate c) {
    long size = c.value().type().size();
    var w = new Cumulation(e, c);
    List<Val> given = List.of(e.address(c.from()), e.address(c.to()));
    int perThread = size < Kernels.DIVIDED ? 0 : 4;
    if (size > 0) {
      w.write(e, given, size / w.n, perThread);
    }
    return "running sums of %s along %s, %s%s"
        .formatted(
            c.value().type(),
            c.op().axis(),
            perThread == 0 ? "one thread" : "divided",
            w.streams ? ", past the caches" : "");
  }

  private void write(Emitter e, List<Val> given, long lines, int perThread) {
    if (step == 1) {
      Divided.write(e, given, lines, lines < lanes ? 1 : lanes, perThread, this::rows);
    } else {
      long outer = lines / step;
      long block = block(outer);
      long units = outer * blocks(step, block);
      Divided.write(
          e, given, units, 1, perThread, (a, at, _, lo, hi) -> blocks(a, at, lo, hi, block));
    }
  }

  private long block(long outer) {
    long wanted = outer >= PIECES ? step : step / PIECES;
    return Math.clamp((wanted + lanes - 1) / lanes * lanes, lanes, COLUMNS);
  }

  private static long blocks(long step, long block) {
    return (step + block - 1) / block;
  }

  // ---------------------------------------------------------------- lines that are rows

  private void rows(Asm a, List<Val> at, Val part, Val lo, Val hi) {
    Val whole = a.sub(hi, a.op("and", a.sub(hi, lo), Asm.i64(lanes - 1)));
    a.loop(lo, whole, lanes, r -> group(a, at, a.times(r, n)));
    a.loop(
        whole,
        hi,
        1,
        r -> {
          Val sum = carried(a, 1);
          along(a, 0, n, 1, k -> element(a, at, a.add(a.times(r, n), k), sum));
        });
    fence(a);
  }

  /** As many rows as a vector has lanes. */
  private void group(Asm a, List<Val> at, Val start) {
    Val sums = carried(a, lanes);
    long squares = n / lanes * lanes;
    along(a, 0, squares, lanes, k -> square(a, at, a.add(start, k), sums));
    Val rows = a.steps(Ty.I64, lanes, n);
    Val all = Asm.integer(Ty.I1.by(lanes), 1);
    along(
        a,
        squares,
        n,
        1,
        k -> {
          Val index = a.op("add", a.splat(a.add(start, k), lanes), rows);
          Val x = a.gather(ty.by(lanes), a.at(at.get(0), ty.scalar(), index), dtype.bytes(), all);
          Val sum = sum(a, sums, x);
          a.scatter(sum, a.at(at.get(1), ty.scalar(), index), dtype.bytes(), all);
        });
  }

  private void square(Asm a, List<Val> at, Val start, Val sums) {
    Val[] rows = new Val[lanes];
    for (int k = 0; k < lanes; k++) {
      Val p = a.at(at.get(0), ty.scalar(), a.add(start, Asm.i64(k * n)));
      rows[k] = a.load(ty.by(lanes), p, dtype.bytes());
    }
    Val[] columns = Tiles.turned(a, rows);
    for (int k = 0; k < lanes; k++) {
      int c = reverse ? lanes - 1 - k : k;
      columns[c] = sum(a, sums, columns[c]);
    }
    Val[] out = Tiles.turned(a, columns);
    for (int k = 0; k < lanes; k++) {
      store(a, out[k], a.at(at.get(1), ty.scalar(), a.add(start, Asm.i64(k * n))));
    }
  }

  private void element(Asm a, List<Val> at, Val k, Val sum) {
    Val x = a.load(ty, a.at(at.get(0), ty.scalar(), k), dtype.bytes());
    a.store(sum(a, sum, x), a.at(at.get(1), ty.scalar(), k), dtype.bytes());
  }

  /** Steps in the order of the sums; for reverse ones what was first comes last. */
  private void along(Asm a, long lo, long hi, long by, java.util.function.Consumer<Val> each) {
    a.loop(Asm.i64(lo), Asm.i64(hi), by, k -> each.accept(reverse ? a.sub(Asm.i64(n - by), k) : k));
  }

  // ---------------------------------------------------------------- lines side by side

  private void blocks(Asm a, List<Val> at, Val lo, Val hi, long block) {
    Val sums = a.alloca("[%d x %s]".formatted(block * carries(), wide), 64);
    long count = blocks(step, block);
    a.loop(
        lo,
        hi,
        1,
        u -> {
          Val first = a.times(a.op("urem", u, Asm.i64(count)), block);
          Val start = a.add(a.times(a.op("udiv", u, Asm.i64(count)), n * step), first);
          Val width = a.intrinsic("smin", a.sub(Asm.i64(step), first), Asm.i64(block));
          a.loop(
              Asm.i64(0),
              Asm.i64(block * carries()),
              lanes,
              c -> a.store(Asm.zero(wide.by(lanes)), a.at(sums, wide.scalar(), c), 64));
          along(a, 0, n, 1, k -> row(a, at, a.add(start, a.times(k, step)), width, sums));
        });
    fence(a);
  }

  private void row(Asm a, List<Val> at, Val start, Val width, Val sums) {
    Val whole = a.op("and", width, Asm.i64(-lanes));
    a.loop(
        Asm.i64(0), whole, lanes, c -> vector(a, at, a.add(start, c), carried(a, sums, c), null));
    a.branch(
        a.cmp("icmp slt", whole, width),
        () -> {
          Val left = a.splat(a.sub(width, whole), lanes);
          Val mask = a.cmp("icmp slt", a.steps(Ty.I64, lanes, 1), left);
          vector(a, at, a.add(start, whole), carried(a, sums, whole), mask);
        },
        null);
  }

  private Val carried(Asm a, Val sums, Val column) {
    return a.at(sums, wide.scalar(), a.times(column, carries()));
  }

  private void vector(Asm a, List<Val> at, Val k, Val sums, @Nullable Val mask) {
    Val from = a.at(at.get(0), ty.scalar(), k);
    Val to = a.at(at.get(1), ty.scalar(), k);
    Ty v = ty.by(lanes);
    if (mask == null) {
      store(a, sum(a, sums, a.load(v, from, dtype.bytes())), to);
    } else {
      Val x = a.maskedLoad(v, from, dtype.bytes(), mask);
      a.maskedStore(sum(a, sums, x), to, dtype.bytes(), mask);
    }
  }

  // ---------------------------------------------------------------- elements

  /** How many numbers are carried for each lane. */
  private int carries() {
    return dtype == DType.FLOAT64 ? 2 : 1;
  }

  private Val carried(Asm a, int n) {
    Val room = a.alloca("[%d x %s]".formatted(carries(), wide.by(n)), 64);
    for (int k = 0; k < carries(); k++) {
      a.store(Asm.zero(wide.by(n)), a.at(room, wide.by(n).toString(), Asm.i64(k)), 8);
    }
    return room;
  }

  /** Adds to what is carried, and gives it as elements. */
  private Val sum(Asm a, Val carried, Val x) {
    if (dtype == DType.FLOAT64) {
      return exact(a, carried, x);
    }
    Ty w = wide.by(x.ty().lanes());
    boolean widens = !w.equals(x.ty());
    int align = Math.min(64, w.lanes() * (widens ? Double.BYTES : dtype.bytes()));
    Val y = widens ? a.cast("fpext", x, w) : x;
    Val s = a.op(dtype.isFloating() ? "fadd" : "add", a.load(w, carried, align), y);
    a.store(s, carried, align);
    return widens ? a.cast("fptrunc", s, x.ty()) : s;
  }

  /** Adds to a sum of float64 and to what it has lost (Knuth); an infinite sum loses nothing. */
  private static Val exact(Asm a, Val carried, Val x) {
    Ty ty = x.ty();
    Val second = a.at(carried, ty.toString(), Asm.i64(1));
    Val before = a.load(ty, carried, 8);
    Val s = a.op("fadd", before, x);
    Val t = a.op("fsub", s, before);
    Val lost = a.op("fsub", before, a.op("fsub", s, t));
    lost = a.op("fadd", lost, a.op("fsub", x, t));
    lost = a.op("fadd", a.load(ty, second, 8), lost);
    a.store(s, carried, 8);
    a.store(lost, second, 8);
    Val all = a.op("fadd", s, lost);
    return a.select(a.cmp("fcmp uno", all, all), s, all);
  }

  private void store(Asm a, Val v, Val to) {
    if (streams) {
      a.stream(v, to, v.ty().lanes() * dtype.bytes());
    } else {
      a.store(v, to, dtype.bytes());
    }
  }

  private void fence(Asm a) {
    if (streams) {
      a.fence();
    }
  }
}
