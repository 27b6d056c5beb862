package dev.axial.cpu.emit;

import static dev.axial.cpu.emit.GemmSlots.max;
import static dev.axial.cpu.emit.GemmSlots.min;
import static dev.axial.cpu.emit.GemmSlots.parts;
import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Matrix times vector, out[i] (+)= Σ_k matrix[i, k] x[k], at the speed of memory.
 *
 * <p>Where k is contiguous, these are dot products: every row has four accumulators, whose sum is
 * taken in a fixed order; a long k is taken in parts, which are added up with what they lose. Where
 * i is contiguous, rows of k are added up, some at a time, in stretches of i that stay in the
 * first-level cache; of a large matrix this is done for parts of k, as memory gives most to who
 * reads it in its order, and their number depends on the matrix alone. Either way a result depends
 * on its row alone, never on the rows that are computed beside it. Other layouts go the general
 * way.
 */
final class GemmVector {
  private static final Val ENV = new Val(Ty.PTR, "%env");

  /** Accumulators of a row. */
  private static final int CHAINS = 4;

  /** Rows of k that are added up at once. */
  private static final int TOGETHER = 4;

  /** The fma's of an accumulator, and the rows of k, after which sums go to the totals. */
  private static final int FMAS = 32;

  private static final int NEAR_ROWS = 256;

  /** The fewest k's of a part. */
  private static final int LEAST_DEPTH = 32;

  /** The bytes of a stretch of i. */
  private static final long STRETCH = 32768;

  private final Tile tile;
  private final GemmPlan plan;
  private final Set<String> declarations;

  GemmVector(Tile tile, Set<String> declarations) {
    this.tile = tile;
    this.plan = new GemmPlan(tile);
    this.declarations = declarations;
  }

  String text() {
    return dots() + sums();
  }

  /** Whether a product is one with a vector that has the first, or the second form. */
  record Forms(Val dots, Val sums) {}

  /** Fills in the vector's part of the state, and says which form it has. */
  Forms forms(Asm f, GemmSlots env) {
    Val column = f.cmp("icmp eq", env.get(Gemm.N), i64(1));
    Val vector = f.op("or", column, f.cmp("icmp eq", env.get(Gemm.M), i64(1)));
    choose(f, env, column, GemmSlots.V_MATRIX, Gemm.A, Gemm.B);
    choose(f, env, column, GemmSlots.V_ROW, Gemm.A_ROW, Gemm.B_COL);
    choose(f, env, column, GemmSlots.V_K, Gemm.A_COL, Gemm.B_ROW);
    choose(f, env, column, GemmSlots.V_X, Gemm.B, Gemm.A);
    choose(f, env, column, GemmSlots.V_X_STEP, Gemm.B_ROW, Gemm.A_COL);
    choose(f, env, column, GemmSlots.V_OUT_STEP, Gemm.C_ROW, Gemm.C_COL);
    choose(f, env, column, GemmSlots.V_ROWS, Gemm.M, Gemm.N);
    Val size = i64(tile.bytes());
    Val fits = f.cmp("icmp sle", env.get(Gemm.K), i64(plan.superDepth()));
    Val straight = f.cmp("icmp eq", env.get(GemmSlots.V_X_STEP), size);
    Val dots =
        f.op("and", f.cmp("icmp eq", env.get(GemmSlots.V_K), size), f.op("or", fits, straight));
    Val out =
        f.op(
            "or",
            f.cmp("icmp eq", env.get(GemmSlots.V_OUT_STEP), size),
            f.cmp("icmp eq", env.get(GemmSlots.V_ROWS), i64(1)));
    Val sums = f.op("and", f.cmp("icmp eq", env.get(GemmSlots.V_ROW), size), out);
    return new Forms(f.op("and", vector, dots), f.op("and", vector, sums));
  }

  private static void choose(Asm f, GemmSlots env, Val column, int slot, int a, int b) {
    env.put(slot, f.select(column, env.get(a), env.get(b)));
  }

  /** Cuts the rows and brings a strided vector into line. */
  void prepareDots(Asm f, GemmSlots env) {
    rowSteps(f, env, i64(rows()), 8);
    Val step = env.get(GemmSlots.V_X_STEP);
    f.branch(
        f.cmp("icmp ne", step, i64(tile.bytes())),
        () -> {
          Val x = env.pointer(GemmSlots.V_X);
          Val to = env.pointer(GemmSlots.PACKED_B);
          f.loop(
              i64(0),
              env.get(Gemm.K),
              1,
              k ->
                  f.store(
                      f.load(tile.element(), f.at(x, "i8", f.op("mul", k, step)), tile.bytes()),
                      f.at(to, "i8", f.times(k, tile.bytes())),
                      tile.bytes()));
          env.put(GemmSlots.V_X, env.get(GemmSlots.PACKED_B));
        },
        null);
  }

  void prepareSums(Asm f, GemmSlots env) {
    Val depth = env.get(Gemm.K);
    Val rows = env.get(GemmSlots.V_ROWS);
    Val bytes = f.times(f.op("mul", depth, rows), tile.bytes());
    Val many =
        min(f, f.op("sdiv", bytes, i64(GemmPlan.PART)), f.op("sdiv", depth, i64(LEAST_DEPTH)));
    // Their sums lie where packed operands would.
    Val room = f.op("sdiv", i64(plan.bytesOfB()), f.times(rows, tile.bytes()));
    Val parts = max(f, i64(1), min(f, min(f, many, room), i64(GemmPlan.MOST_PARTS)));
    Val each = f.times(parts(f, parts(f, depth, parts), i64(TOGETHER)), TOGETHER);
    env.put(GemmSlots.V_PARTS, parts);
    env.put(GemmSlots.V_DEPTH, max(f, each, i64(1)));
    Val unit = i64(STRETCH / tile.bytes());
    rowSteps(f, env, unit, 2);
    f.branch(
        f.cmp("icmp sgt", parts, i64(1)),
        () -> {
          Val step = min(f, f.times(parts(f, rows, i64(64)), 64), unit);
          env.put(GemmSlots.M_STEP, step);
          env.put(GemmSlots.TASKS, f.op("mul", parts, parts(f, rows, step)));
        },
        null);
  }

  /** Adds the sums of the parts up, in their order. */
  void joinSums(Asm f, GemmSlots env) {
    Val parts = env.get(GemmSlots.V_PARTS);
    f.branch(f.cmp("icmp sgt", parts, i64(1)), () -> join(f, env, parts), null);
  }

  private void join(Asm f, GemmSlots env, Val parts) {
    Val rows = env.get(GemmSlots.V_ROWS);
    Val pitch = f.times(rows, tile.bytes());
    Val from = env.pointer(GemmSlots.PACKED_B);
    Val adds = f.op("and", env.get(Gemm.FLAGS), i64(1));
    Val whole = f.op("and", rows, i64(-tile.lanes()));
    f.loop(
        i64(0), whole, tile.lanes(), i -> join(f, env, parts, pitch, from, adds, i, tile.vector()));
    f.loop(whole, rows, 1, i -> join(f, env, parts, pitch, from, adds, i, tile.element()));
  }

  private void join(Asm f, GemmSlots env, Val parts, Val pitch, Val from, Val adds, Val i, Ty ty) {
    Val at = f.times(i, tile.bytes());
    Val first = f.at(from, "i8", at);
    Val sum = f.variable(f.load(ty, first, tile.bytes()));
    f.loop(
        i64(1),
        parts,
        1,
        p -> {
          Val x = f.load(ty, f.at(first, "i8", f.op("mul", p, pitch)), tile.bytes());
          f.put(sum, tile.sum(f, f.get(sum, ty), x));
        });
    Val out = f.at(env.pointer(Gemm.C), "i8", at);
    f.branch(
        f.cmp("icmp ne", adds, i64(0)),
        () -> f.put(sum, tile.sum(f, f.load(ty, out, tile.bytes()), f.get(sum, ty))),
        null);
    f.store(f.get(sum, ty), out, tile.bytes());
  }

  private void rowSteps(Asm f, GemmSlots env, Val unit, int cuts) {
    Val rows = env.get(GemmSlots.V_ROWS);
    Val threads = env.get(Gemm.THREADS);
    Val single = f.cmp("icmp eq", threads, i64(1));
    Val share = parts(f, rows, f.select(single, i64(1), f.times(threads, cuts)));
    Val whole = f.op("mul", parts(f, share, unit), unit);
    // Stretches are as long as the cache allows, or shorter, so that every thread has some.
    Val even = f.times(parts(f, share, i64(64)), 64);
    Val step = f.select(f.cmp("icmp sge", unit, i64(64)), min(f, even, unit), whole);
    env.put(GemmSlots.M_STEP, max(f, step, i64(1)));
    env.put(GemmSlots.TASKS, parts(f, rows, env.get(GemmSlots.M_STEP)));
  }

  /** Rows at once: with their accumulators they take half of the registers. */
  private int rows() {
    return tile.target().vectorRegisters() / (2 * CHAINS);
  }

  // ---------------------------------------------------------------- dot products

  private String dots() {
    var f =
        new Asm(
            "define internal void %s(ptr %%env, i64 %%part)".formatted(tile.symbol("_dots")),
            declarations);
    var env = new GemmSlots(f, ENV);
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val from = f.op("mul", t, env.get(GemmSlots.M_STEP));
          Val to = min(f, env.get(GemmSlots.V_ROWS), f.add(from, env.get(GemmSlots.M_STEP)));
          Val groups = f.op("sdiv", f.sub(to, from), i64(rows()));
          Val middle = f.add(from, f.times(groups, rows()));
          f.loop(from, middle, rows(), i -> dot(f, env, i, rows()));
          f.loop(middle, to, 1, i -> dot(f, env, i, 1));
        });
    f.leave();
    return f.text();
  }

  private void dot(Asm f, GemmSlots env, Val i, int count) {
    List<Val> rows = new ArrayList<>();
    Val row = env.get(GemmSlots.V_ROW);
    for (int r = 0; r < count; r++) {
      rows.add(
          r == 0
              ? f.at(env.pointer(GemmSlots.V_MATRIX), "i8", f.op("mul", i, row))
              : f.at(rows.getLast(), "i8", row));
    }
    List<Val> sums = new ArrayList<>();
    for (int k = 0; k < count * CHAINS; k++) {
      sums.add(f.variable(Asm.zero(tile.vector())));
    }
    Val x = env.pointer(GemmSlots.V_X);
    Val depth = env.get(Gemm.K);
    List<Val> totals = new ArrayList<>();
    List<Val> lost = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      totals.add(f.variable(Asm.zero(tile.element())));
      lost.add(f.variable(Asm.zero(tile.element())));
    }
    if (tile.dtype().isFloating()) {
      long part = (long) tile.lanes() * CHAINS * FMAS;
      f.loop(
          i64(0),
          depth,
          part,
          k -> {
            sums.forEach(s -> f.put(s, Asm.zero(tile.vector())));
            part(f, rows, sums, x, k, min(f, f.add(k, i64(part)), depth), totals, lost);
          });
    } else {
      part(f, rows, sums, x, i64(0), depth, totals, lost);
    }
    for (int r = 0; r < count; r++) {
      Val total = f.get(totals.get(r), tile.element());
      if (tile.dtype().isFloating()) {
        total = new GemmTotals(tile).settled(f, total, f.get(lost.get(r), tile.element()));
      }
      Val at = f.op("mul", f.add(i, i64(r)), env.get(GemmSlots.V_OUT_STEP));
      Val out = f.at(env.pointer(Gemm.C), "i8", at);
      addTo(f, env, total, out);
    }
  }

  /** The k's of a part, added to the totals. */
  private void part(
      Asm f,
      List<Val> rows,
      List<Val> sums,
      Val x,
      Val from,
      Val to,
      List<Val> totals,
      List<Val> lost) {
    int lanes = tile.lanes();
    Val n = f.sub(to, from);
    Val most = f.add(from, f.op("and", n, i64(-(long) lanes * CHAINS)));
    Val whole = f.add(from, f.op("and", n, i64(-lanes)));
    f.loop(from, most, (long) lanes * CHAINS, k -> step(f, rows, sums, x, k, CHAINS));
    f.loop(most, whole, lanes, k -> step(f, rows, sums, x, k, 1));
    List<Val> rest = rest(f, rows, sums, x, whole, to);
    for (int r = 0; r < rows.size(); r++) {
      List<Val> own = sums.subList(r * CHAINS, (r + 1) * CHAINS);
      Val s = tile.sum(f, across(f, own), f.get(rest.get(r), tile.element()));
      Val total = f.get(totals.get(r), tile.element());
      if (!tile.dtype().isFloating()) {
        f.put(totals.get(r), tile.sum(f, total, s));
        continue;
      }
      GemmTotals.Sum sum = new GemmTotals(tile).sum(f, total, s);
      f.put(totals.get(r), sum.sum());
      f.put(lost.get(r), f.op("fadd", f.get(lost.get(r), tile.element()), sum.lost()));
    }
  }

  private void step(Asm f, List<Val> rows, List<Val> sums, Val x, Val k, int chains) {
    Val offset = f.times(k, tile.bytes());
    List<Val> xs = new ArrayList<>();
    for (int c = 0; c < chains; c++) {
      xs.add(load(f, f.at(x, "i8", offset), c));
    }
    for (int r = 0; r < rows.size(); r++) {
      Val p = f.at(rows.get(r), "i8", offset);
      for (int c = 0; c < chains; c++) {
        Val s = sums.get(r * CHAINS + c);
        f.put(s, tile.fma(f, load(f, p, c), xs.get(c), f.get(s, tile.vector())));
      }
    }
  }

  private Val load(Asm f, Val p, int vector) {
    Val at = f.at(p, "i8", i64((long) vector * tile.target().vectorBytes()));
    return f.load(tile.vector(), at, tile.bytes());
  }

  /** What is left of k: under a mask in the first accumulator, or one by one into sums returned. */
  private List<Val> rest(Asm f, List<Val> rows, List<Val> sums, Val x, Val whole, Val depth) {
    List<Val> out = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      out.add(f.variable(Asm.zero(tile.element())));
    }
    Val offset = f.times(whole, tile.bytes());
    if (tile.masks()) {
      Val mask = tile.first(f, f.sub(depth, whole));
      Val xs = f.maskedLoad(tile.vector(), f.at(x, "i8", offset), tile.bytes(), mask);
      for (int r = 0; r < rows.size(); r++) {
        Val p = f.at(rows.get(r), "i8", offset);
        Val s = sums.get(r * CHAINS);
        Val a = f.maskedLoad(tile.vector(), p, tile.bytes(), mask);
        f.put(s, tile.fma(f, a, xs, f.get(s, tile.vector())));
      }
      return out;
    }
    f.loop(
        whole,
        depth,
        1,
        k -> {
          Val at = f.times(k, tile.bytes());
          Val xk = f.load(tile.element(), f.at(x, "i8", at), tile.bytes());
          for (int r = 0; r < rows.size(); r++) {
            Val a = f.load(tile.element(), f.at(rows.get(r), "i8", at), tile.bytes());
            f.put(out.get(r), tile.fma(f, a, xk, f.get(out.get(r), tile.element())));
          }
        });
    return out;
  }

  private Val across(Asm f, List<Val> chains) {
    Val a = tile.sum(f, f.get(chains.get(0), tile.vector()), f.get(chains.get(1), tile.vector()));
    Val b = tile.sum(f, f.get(chains.get(2), tile.vector()), f.get(chains.get(3), tile.vector()));
    Val s = tile.sum(f, a, b);
    for (int half = tile.lanes() / 2; half >= 1; half /= 2) {
      int[] low = new int[half];
      int[] high = new int[half];
      for (int k = 0; k < half; k++) {
        low[k] = k;
        high[k] = half + k;
      }
      s =
          half == 1
              ? tile.sum(f, f.extract(s, 0), f.extract(s, 1))
              : tile.sum(f, f.shuffle(s, s, low), f.shuffle(s, s, high));
    }
    return s;
  }

  private void addTo(Asm f, GemmSlots env, Val x, Val out) {
    f.branch(
        f.cmp("icmp ne", f.op("and", env.get(Gemm.FLAGS), i64(1)), i64(0)),
        () -> f.store(tile.sum(f, f.load(tile.element(), out, tile.bytes()), x), out, tile.bytes()),
        () -> f.store(x, out, tile.bytes()));
  }

  // ---------------------------------------------------------------- sums of rows

  private String sums() {
    var f =
        new Asm(
            "define internal void %s(ptr %%env, i64 %%part)".formatted(tile.symbol("_sums")),
            declarations);
    var env = new GemmSlots(f, ENV);
    Val parts = env.get(GemmSlots.V_PARTS);
    Val several = f.cmp("icmp sgt", parts, i64(1));
    Val adds = f.cmp("icmp ne", f.op("and", env.get(Gemm.FLAGS), i64(1)), i64(0));
    Val[] rooms = {
      f.alloca("[%d x i8]".formatted(STRETCH), 64), f.alloca("[%d x i8]".formatted(STRETCH), 64)
    };
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val stretches = f.op("sdiv", env.get(GemmSlots.TASKS), parts);
          Val part = f.op("sdiv", t, stretches);
          Val from = f.op("mul", f.op("srem", t, stretches), env.get(GemmSlots.M_STEP));
          Val count = min(f, env.get(GemmSlots.M_STEP), f.sub(env.get(GemmSlots.V_ROWS), from));
          Val offset = f.times(from, tile.bytes());
          Val pitch = f.times(env.get(GemmSlots.V_ROWS), tile.bytes());
          Val own = f.at(env.pointer(GemmSlots.PACKED_B), "i8", f.op("mul", part, pitch));
          Val out = f.at(f.select(several, own, env.pointer(Gemm.C)), "i8", offset);
          Val k0 = min(f, f.op("mul", part, env.get(GemmSlots.V_DEPTH)), env.get(Gemm.K));
          Val k1 = min(f, f.add(k0, env.get(GemmSlots.V_DEPTH)), env.get(Gemm.K));
          Val keeps = f.op("and", adds, f.op("xor", several, Asm.i1(true)));
          f.branch(keeps, () -> {}, () -> stretch(f, env, out, offset, count, i64(0), 0));
          Runnable near = () -> rows(f, env, out, offset, count, k0, k1);
          if (tile.dtype().isFloating()) {
            Val far = f.cmp("icmp sgt", f.sub(k1, k0), i64(NEAR_ROWS));
            f.branch(far, () -> far(f, env, rooms, out, offset, count, k0, k1), near);
          } else {
            near.run();
          }
        });
    f.leave();
    return f.text();
  }

  /** Adds rows k0 … k1 to a stretch. */
  private void rows(Asm f, GemmSlots env, Val out, Val offset, Val count, Val k0, Val k1) {
    Val together = f.add(k0, f.op("and", f.sub(k1, k0), i64(-TOGETHER)));
    f.loop(k0, together, TOGETHER, k -> stretch(f, env, out, offset, count, k, TOGETHER));
    f.loop(together, k1, 1, k -> stretch(f, env, out, offset, count, k, 1));
  }

  /** Adds many rows to a stretch: some at a time, and their sums with what they lose. */
  private void far(
      Asm f, GemmSlots env, Val[] rooms, Val out, Val offset, Val count, Val k0, Val k1) {
    var totals = new GemmTotals(tile);
    totals.clear(f, rooms[1], count);
    f.loop(
        k0,
        k1,
        NEAR_ROWS,
        k -> {
          totals.clear(f, rooms[0], count);
          rows(f, env, rooms[0], offset, count, k, min(f, f.add(k, i64(NEAR_ROWS)), k1));
          totals.add(f, out, rooms[1], rooms[0], count);
        });
    totals.settle(f, out, rooms[1], count);
  }

  /** Adds rows k … k + n to a stretch; with no rows, clears it. */
  private void stretch(Asm f, GemmSlots env, Val out, Val offset, Val count, Val k, int n) {
    Val step = env.get(GemmSlots.V_K);
    List<Val> rows = new ArrayList<>();
    List<Val> xs = new ArrayList<>();
    for (int r = 0; r < n; r++) {
      Val at = f.op("mul", f.add(k, i64(r)), step);
      rows.add(f.at(f.at(env.pointer(GemmSlots.V_MATRIX), "i8", at), "i8", offset));
      Val x = f.op("mul", f.add(k, i64(r)), env.get(GemmSlots.V_X_STEP));
      xs.add(f.load(tile.element(), f.at(env.pointer(GemmSlots.V_X), "i8", x), tile.bytes()));
    }
    int lanes = tile.lanes();
    Val whole = f.op("and", count, i64(-lanes));
    List<Val> splats = xs.stream().map(x -> f.splat(x, lanes)).toList();
    Val next = f.times(step, n);
    f.loop(
        i64(0),
        whole,
        lanes,
        i -> {
          // The rows after these: the processor does not foresee that a stretch ends.
          for (Val row : rows) {
            f.prefetch(f.at(f.at(row, "i8", next), "i8", f.times(i, tile.bytes())), false, 2);
          }
          add(f, out, rows, splats, i, tile.vector(), Asm.i1(true));
        });
    if (tile.masks()) {
      f.branch(
          f.cmp("icmp slt", whole, count),
          () -> {
            Val mask = tile.first(f, f.sub(count, whole));
            add(f, out, rows, splats, whole, tile.vector(), mask);
          },
          null);
    } else {
      f.loop(whole, count, 1, i -> add(f, out, rows, xs, i, tile.element(), Asm.i1(true)));
    }
  }

  private void add(Asm f, Val out, List<Val> rows, List<Val> xs, Val i, Ty ty, Val mask) {
    Val at = f.times(i, tile.bytes());
    Val to = f.at(out, "i8", at);
    boolean masked = mask.ty().lanes() > 1;
    Val sum = rows.isEmpty() ? Asm.zero(ty) : load(f, to, ty, mask, masked);
    for (int r = 0; r < rows.size(); r++) {
      Val a = load(f, f.at(rows.get(r), "i8", at), ty, mask, masked);
      sum = tile.fma(f, a, xs.get(r), sum);
    }
    if (masked) {
      f.maskedStore(sum, to, tile.bytes(), mask);
    } else {
      f.store(sum, to, tile.bytes());
    }
  }

  private Val load(Asm f, Val p, Ty ty, Val mask, boolean masked) {
    return masked ? f.maskedLoad(ty, p, tile.bytes(), mask) : f.load(ty, p, tile.bytes());
  }
}
