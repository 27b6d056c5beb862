package dev.axial.cpu.emit;

import static dev.axial.cpu.emit.GemmSlots.max;
import static dev.axial.cpu.emit.GemmSlots.min;
import static dev.axial.cpu.emit.GemmSlots.parts;
import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import java.util.Set;
import java.util.TreeSet;

/**
 * Cuts a contraction into tasks, packs, and runs the kernels.
 *
 * <pre>
 *   for columns, as many as fit the packed B:          one
 *     for k's, likewise:
 *       pack B                                         pack, by panels on all threads
 *       for tasks (rows × columns):                    block, on all threads
 *         for k's of one run of a kernel:
 *           pack A
 *           for panels of B, tiles of A: kernel
 * </pre>
 *
 * Rows, columns and batches are cut by what is convenient; k is cut by its length alone. The runs
 * of a very long k are added up in parts, whose sums lie beside C, and these with what they lose.
 */
final class GemmDriver {
  private static final Val ENV = new Val(Ty.PTR, "%env");
  private static final Val PART = new Val(Ty.I64, "%part");

  /** The parts of what follows for each thread, and the units that are better not divided. */
  private static final int THEN_PARTS = 4;

  private static final int THEN_GRAIN = 64;

  private final Tile tile;
  private final GemmPlan plan;
  private final Set<String> declarations;

  /** What threads may run. */
  private final Set<String> forked = new TreeSet<>();

  GemmDriver(Tile tile, Set<String> declarations) {
    this.tile = tile;
    this.plan = new GemmPlan(tile);
    this.declarations = declarations;
  }

  String text() {
    String text = pack() + block() + then() + totals() + one() + batches() + entry();
    return flushes() ? text + outers() : text;
  }

  private boolean flushes() {
    return tile.dtype().isFloating() && tile.mode().flushes();
  }

  /** The functions that Java calls, which set the mode of arithmetic. */
  private String outers() {
    var out = new StringBuilder();
    String name = tile.symbol("");
    out.append(tile.mode().around("", name, FloatMode.inner(name), "ptr %args", declarations));
    for (String f : forked) {
      String outer = f + FloatMode.OUTER;
      out.append(tile.mode().around("internal", outer, f, Emitter.PART, declarations));
    }
    return out.toString();
  }

  private Asm function(String what, String parameters) {
    return new Asm(
        "define internal void %s(%s)".formatted(tile.symbol(what), parameters), declarations);
  }

  // ---------------------------------------------------------------- tasks

  /** Packs panels of B. */
  private String pack() {
    Asm f = function("_pack", "ptr %env, i64 %part");
    var env = new GemmSlots(f, ENV);
    Val from = env.get(GemmSlots.N_FROM);
    Val to = env.get(GemmSlots.N_TO);
    Val k = env.get(GemmSlots.K_FROM);
    Val depth = f.sub(env.get(GemmSlots.K_TO), k);
    Val row = env.get(Gemm.B_ROW);
    Val column = env.get(Gemm.B_COL);
    Val start =
        f.at(f.at(env.pointer(Gemm.B), "i8", f.op("mul", k, row)), "i8", f.op("mul", from, column));
    Val packed = env.pointer(GemmSlots.PACKED_B);
    Val panel = env.get(GemmSlots.PANEL);
    int width = tile.columns();
    Val group = env.get(GemmSlots.N_STEP);
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val n0 = f.op("mul", t, group);
          Val n1 = min(f, f.add(n0, group), f.sub(to, from));
          // A few rows of several panels at a time: they share pages.
          GemmSlots.steps(
              f,
              i64(0),
              depth,
              i64(GemmPlan.PACKED_TOGETHER),
              false,
              k0 ->
                  f.loop(
                      n0,
                      n1,
                      width,
                      n -> {
                        Val in = f.at(start, "i8", f.op("mul", n, column));
                        Val index = f.op("sdiv", n, i64(width));
                        Val out = f.at(packed, "i8", f.op("mul", index, panel));
                        f.run(
                            GemmPacking.symbol(tile, width),
                            false,
                            f.at(in, "i8", f.op("mul", k0, row)),
                            column,
                            row,
                            min(f, f.sub(n1, n), i64(width)),
                            min(f, f.sub(depth, k0), i64(GemmPlan.PACKED_TOGETHER)),
                            f.at(out, "i8", f.times(k0, (long) width * tile.bytes())));
                      }));
        });
    f.leave();
    return f.text();
  }

  /** Computes blocks of C. */
  private String block() {
    Asm f = function("_block", "ptr %env, i64 %part");
    var env = new GemmSlots(f, ENV);
    Val scratch = f.at(env.pointer(Gemm.SCRATCH), "i8", f.times(PART, plan.bytesOfA()));
    Val corner = f.alloca("[%d x i8]".formatted(tile.rows() * tile.columns() * tile.bytes()), 64);
    var body = new GemmBlock(tile, f, env, scratch, corner);
    Val across = env.get(GemmSlots.N_TASKS);
    Val mStep = env.get(GemmSlots.M_STEP);
    Val nStep = env.get(GemmSlots.N_STEP);
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val m0 = f.op("mul", f.op("sdiv", t, across), mStep);
          Val m1 = min(f, f.add(m0, mStep), env.get(Gemm.M));
          Val n0 = f.add(env.get(GemmSlots.N_FROM), f.op("mul", f.op("srem", t, across), nStep));
          Val n1 = min(f, f.add(n0, nStep), env.get(GemmSlots.N_TO));
          body.emit(m0, m1, n0, n1);
          f.branch(
              f.cmp("icmp ne", env.get(GemmSlots.THEN_NOW), i64(0)),
              () -> {
                Val units = env.get(Gemm.THEN_ROW);
                then(f, env, f.op("mul", m0, units), f.op("mul", m1, units));
              },
              null);
        });
    f.leave();
    return f.text();
  }

  /** What follows the rows, when all of them are done. */
  private String then() {
    Asm f = function("_then", "ptr %env, i64 %part");
    var env = new GemmSlots(f, ENV);
    Val step = env.get(GemmSlots.M_STEP);
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val from = f.op("mul", t, step);
          then(f, env, from, min(f, f.add(from, step), env.get(Gemm.THEN_UNITS)));
        });
    f.leave();
    return f.text();
  }

  /** Goes on with what follows units of the rows. */
  private static void then(Asm f, GemmSlots env, Val from, Val to) {
    Val first = env.get(Gemm.THEN_FROM);
    f.run(
        env.pointer(Gemm.THEN).name(),
        false,
        env.pointer(Gemm.THEN_ENV),
        f.add(first, from),
        f.add(first, to));
  }

  // ---------------------------------------------------------------- one contraction

  private String one() {
    Asm f = function("_one", "ptr %env");
    var env = new GemmSlots(f, ENV);
    var vector = new GemmVector(tile, declarations);
    GemmVector.Forms forms = vector.forms(f, env);
    env.put(GemmSlots.THEN_NOW, i64(0));
    env.put(GemmSlots.APART, i64(0));
    env.put(GemmSlots.K_BASE, i64(0));
    f.branch(
        forms.dots(),
        () -> {
          vector.prepareDots(f, env);
          fork(f, env, "_dots", env.get(Gemm.THREADS));
        },
        () ->
            f.branch(
                forms.sums(),
                () -> {
                  vector.prepareSums(f, env);
                  fork(f, env, "_sums", env.get(Gemm.THREADS));
                  vector.joinSums(f, env);
                },
                () -> matrices(f, env)));
    Val more = f.cmp("icmp ne", env.get(Gemm.THEN), i64(0));
    Val left = f.cmp("icmp eq", env.get(GemmSlots.THEN_NOW), i64(0));
    f.branch(f.op("and", more, left), () -> thenAll(f, env), null);
    f.leave();
    return f.text();
  }

  private void thenAll(Asm f, GemmSlots env) {
    Val units = env.get(Gemm.THEN_UNITS);
    Val share = parts(f, units, f.times(env.get(Gemm.THREADS), THEN_PARTS));
    // Units may be elements: whole vectors of them are better.
    Val vectors = f.times(parts(f, share, i64(THEN_GRAIN)), THEN_GRAIN);
    Val step = f.select(f.cmp("icmp sgt", share, i64(THEN_GRAIN)), vectors, share);
    env.put(GemmSlots.M_STEP, step);
    env.put(GemmSlots.TASKS, parts(f, units, step));
    fork(f, env, "_then", env.get(Gemm.THREADS));
  }

  private void matrices(Asm f, GemmSlots env) {
    Val depth = env.get(Gemm.K);
    // As even as may be, by K alone.
    Val runs = max(f, i64(1), parts(f, depth, i64(plan.depth())));
    Val kStep = parts(f, depth, runs);
    Val steps = f.op("sdiv", i64(plan.superDepth()), max(f, i64(1), kStep));
    Val deep = min(f, f.op("mul", kStep, max(f, i64(1), steps)), depth);
    Val rowBytes = f.times(max(f, i64(1), deep), (long) tile.bytes() * tile.columns());
    Val panels = max(f, i64(1), f.op("sdiv", i64(plan.bytesOfB()), rowBytes));
    Val wide = f.times(panels, tile.columns());
    env.put(GemmSlots.K_STEP, kStep);
    env.put(GemmSlots.PANEL, rowBytes);
    Val apart = apart(f, depth);
    env.put(GemmSlots.APART, f.cast("zext", apart, Ty.I64));
    Val part = f.select(apart, f.times(deep, plan.farDepth() / plan.superDepth()), depth);
    ifApart(f, apart, () -> room(f, env, wide));
    GemmSlots.steps(
        f,
        i64(0),
        env.get(Gemm.N),
        wide,
        false,
        n -> {
          env.put(GemmSlots.N_FROM, n);
          env.put(GemmSlots.N_TO, min(f, f.add(n, wide), env.get(Gemm.N)));
          GemmSlots.steps(
              f,
              i64(0),
              depth,
              max(f, i64(1), part),
              true,
              base -> {
                env.put(GemmSlots.K_BASE, base);
                Val end = min(f, f.add(base, part), depth);
                ifApart(f, apart, () -> aside(f, env));
                GemmSlots.steps(
                    f,
                    base,
                    end,
                    max(f, i64(1), deep),
                    true,
                    k -> {
                      env.put(GemmSlots.K_FROM, k);
                      env.put(GemmSlots.K_TO, min(f, f.add(k, deep), depth));
                      phases(f, env);
                    });
                ifApart(f, apart, () -> addPart(f, env, base, end, depth));
              });
        });
  }

  // ---------------------------------------------------------------- a very long k

  /** Whether parts of k are added up with what they lose. */
  private Val apart(Asm f, Val depth) {
    return tile.dtype().isFloating()
        ? f.cmp("icmp sgt", depth, i64(plan.farDepth()))
        : Asm.i1(false);
  }

  private void ifApart(Asm f, Val apart, Runnable then) {
    if (tile.dtype().isFloating()) {
      f.branch(apart, then, null);
    }
  }

  /** Finds room for the sums of a part, and for what is lost. */
  private void room(Asm f, GemmSlots env, Val wide) {
    env.put(GemmSlots.TOTALS, env.get(Gemm.C));
    env.put(GemmSlots.TOTALS_ROW, env.get(Gemm.C_ROW));
    env.put(GemmSlots.TOTALS_FLAGS, env.get(Gemm.FLAGS));
    Val pitch = pitch(f, env, wide);
    Val start = f.add(env.get(GemmSlots.PACKED_B), i64(plan.roomOfPart()));
    env.put(GemmSlots.LOST, f.add(start, f.op("mul", pitch, env.get(Gemm.M))));
    env.put(Gemm.C_ROW, pitch);
  }

  private Val pitch(Asm f, GemmSlots env, Val wide) {
    Val columns = min(f, env.get(Gemm.N), wide);
    return f.times(parts(f, columns, i64(tile.lanes())), (long) tile.lanes() * tile.bytes());
  }

  /** Products go into the room of a part. */
  private void aside(Asm f, GemmSlots env) {
    Val start = f.add(env.get(GemmSlots.PACKED_B), i64(plan.roomOfPart()));
    env.put(Gemm.C, f.sub(start, f.times(env.get(GemmSlots.N_FROM), tile.bytes())));
    env.put(Gemm.FLAGS, i64(0));
  }

  private void addPart(Asm f, GemmSlots env, Val base, Val end, Val depth) {
    env.put(GemmSlots.FIRST, f.cast("zext", f.cmp("icmp eq", base, i64(0)), Ty.I64));
    env.put(GemmSlots.LAST, f.cast("zext", f.cmp("icmp sge", end, depth), Ty.I64));
    Val rows = env.get(Gemm.M);
    env.put(GemmSlots.M_STEP, parts(f, rows, f.times(env.get(Gemm.THREADS), 2)));
    env.put(GemmSlots.TASKS, parts(f, rows, env.get(GemmSlots.M_STEP)));
    fork(f, env, "_totals", env.get(Gemm.THREADS));
    f.branch(
        f.cmp("icmp sge", env.get(GemmSlots.N_TO), env.get(Gemm.N)),
        () ->
            f.branch(
                f.cmp("icmp ne", env.get(GemmSlots.LAST), i64(0)),
                () -> {
                  env.put(Gemm.C, env.get(GemmSlots.TOTALS));
                  env.put(Gemm.C_ROW, env.get(GemmSlots.TOTALS_ROW));
                  env.put(Gemm.FLAGS, env.get(GemmSlots.TOTALS_FLAGS));
                },
                null),
        null);
  }

  /** Adds a part to the totals, some rows in each task. */
  private String totals() {
    if (!tile.dtype().isFloating()) {
      return "";
    }
    Asm f = function("_totals", "ptr %env, i64 %part");
    var env = new GemmSlots(f, ENV);
    var totals = new GemmTotals(tile);
    env.tasks(
        env.get(GemmSlots.TASKS),
        t -> {
          Val from = f.op("mul", t, env.get(GemmSlots.M_STEP));
          Val to = min(f, f.add(from, env.get(GemmSlots.M_STEP)), env.get(Gemm.M));
          Val at = f.times(env.get(GemmSlots.N_FROM), tile.bytes());
          Val count = f.sub(env.get(GemmSlots.N_TO), env.get(GemmSlots.N_FROM));
          f.loop(from, to, 1, i -> totals(f, env, totals, i, at, count));
        });
    f.leave();
    return f.text();
  }

  private void totals(Asm f, GemmSlots env, GemmTotals totals, Val i, Val at, Val count) {
    Val pitch = env.get(Gemm.C_ROW);
    Val part = f.at(f.at(env.pointer(Gemm.C), "i8", at), "i8", f.op("mul", i, pitch));
    Val lost = f.at(env.pointer(GemmSlots.LOST), "i8", f.op("mul", i, pitch));
    Val row = f.op("mul", i, env.get(GemmSlots.TOTALS_ROW));
    Val out = f.at(f.at(env.pointer(GemmSlots.TOTALS), "i8", row), "i8", at);
    Val first = f.cmp("icmp ne", env.get(GemmSlots.FIRST), i64(0));
    f.branch(
        first,
        () -> {
          totals.clear(f, lost, count);
          Val adds = f.op("and", env.get(GemmSlots.TOTALS_FLAGS), i64(1));
          f.branch(f.cmp("icmp eq", adds, i64(0)), () -> totals.clear(f, out, count), null);
        },
        null);
    totals.add(f, out, lost, part, count);
    f.branch(
        f.cmp("icmp ne", env.get(GemmSlots.LAST), i64(0)),
        () -> totals.settle(f, out, lost, count),
        null);
  }

  private void phases(Asm f, GemmSlots env) {
    Val columns = f.sub(env.get(GemmSlots.N_TO), env.get(GemmSlots.N_FROM));
    Val depth = f.sub(env.get(GemmSlots.K_TO), env.get(GemmSlots.K_FROM));
    f.branch(
        f.cmp("icmp eq", env.get(GemmSlots.DIRECT_B), i64(0)),
        () -> {
          Val panels = parts(f, columns, i64(tile.columns()));
          Val share = parts(f, panels, f.times(env.get(Gemm.THREADS), 2));
          Val together = min(f, share, i64(GemmPlan.PANELS_TOGETHER));
          Val group = f.times(together, tile.columns());
          env.put(GemmSlots.N_STEP, group);
          env.put(GemmSlots.TASKS, parts(f, columns, group));
          Val bytes = f.times(f.op("mul", columns, depth), tile.bytes());
          // What one thread packs sooner than another one wakes up.
          Val little = f.cmp("icmp slt", bytes, i64(64 << 10));
          fork(f, env, "_pack", f.select(little, i64(1), env.get(Gemm.THREADS)));
        },
        null);
    cut(f, env, columns);
    thenNow(f, env);
    fork(f, env, "_block", env.get(Gemm.THREADS));
  }

  /** Whether the tasks that come finish whole rows, which something follows. */
  private static void thenNow(Asm f, GemmSlots env) {
    Val whole = f.cmp("icmp eq", env.get(GemmSlots.N_TASKS), i64(1));
    whole = f.op("and", whole, f.cmp("icmp eq", env.get(GemmSlots.N_FROM), i64(0)));
    whole = f.op("and", whole, f.cmp("icmp eq", env.get(GemmSlots.N_TO), env.get(Gemm.N)));
    whole = f.op("and", whole, f.cmp("icmp eq", env.get(GemmSlots.K_TO), env.get(Gemm.K)));
    whole = f.op("and", whole, f.cmp("icmp ne", env.get(Gemm.THEN), i64(0)));
    whole = f.op("and", whole, f.cmp("icmp ne", env.get(Gemm.THEN_ROW), i64(0)));
    whole = f.op("and", whole, f.cmp("icmp eq", env.get(GemmSlots.APART), i64(0)));
    env.put(GemmSlots.THEN_NOW, f.cast("zext", whole, Ty.I64));
  }

  /** Cuts the rows, or if they are few, the columns. */
  private void cut(Asm f, GemmSlots env, Val columns) {
    Val threads = env.get(Gemm.THREADS);
    Val rows = env.get(Gemm.M);
    // Two tasks for each thread balance what else the processor does; fewer if they were thin.
    Val thin = max(f, parts(f, rows, f.times(threads, 2)), i64(4L * tile.rows()));
    Val step = f.select(f.cmp("icmp eq", threads, i64(1)), rows, thin);
    Val down = parts(f, rows, min(f, step, i64(plan.rows())));
    Val even = f.op("mul", parts(f, down, threads), threads);
    Val enough = f.cmp("icmp sge", rows, f.times(threads, 2L * tile.rows()));
    Val least = parts(f, rows, i64(plan.rows()));
    Val mTasks = max(f, f.select(enough, even, i64(1)), least);
    Val mStep = parts(f, rows, mTasks);
    Val panels = parts(f, columns, i64(tile.columns()));
    Val share = parts(f, panels, f.times(threads, 2));
    Val across = f.select(f.cmp("icmp sge", mTasks, threads), panels, share);
    Val nStep = f.times(across, tile.columns());
    Val nTasks = parts(f, columns, nStep);
    env.put(GemmSlots.M_STEP, mStep);
    env.put(GemmSlots.N_STEP, nStep);
    env.put(GemmSlots.N_TASKS, nTasks);
    env.put(GemmSlots.TASKS, f.op("mul", nTasks, parts(f, rows, mStep)));
  }

  /** Runs a function over the tasks of env on threads, or here. */
  private void fork(Asm f, GemmSlots env, String what, Val threads) {
    env.put(GemmSlots.NEXT, i64(0));
    Val count = min(f, threads, env.get(GemmSlots.TASKS));
    String inner = tile.symbol(what);
    Val function = new Val(Ty.PTR, flushes() ? inner + FloatMode.OUTER : inner);
    forked.add(inner);
    f.branch(
        f.cmp("icmp sle", count, i64(1)),
        () -> f.run(inner, false, env.at(0), i64(0)),
        () ->
            f.run(
                env.pointer(Gemm.FORK).name(),
                false,
                env.pointer(Gemm.CONTEXT),
                function,
                env.at(0),
                count));
  }

  // ---------------------------------------------------------------- batches

  /** Whole contractions as tasks, each on one thread with scratch of its own. */
  private String batches() {
    Asm f = function("_batches", "ptr %env, i64 %part");
    var env = new GemmSlots(f, ENV);
    Val mine = f.alloca("[%d x i64]".formatted(GemmSlots.SIZE), 64);
    var own = new GemmSlots(f, mine);
    copy(f, env, own);
    own.put(Gemm.THREADS, i64(1));
    own.put(Gemm.SCRATCH, f.add(env.get(Gemm.SCRATCH), f.times(PART, plan.bytesOfA())));
    own.put(
        GemmSlots.PACKED_B,
        f.add(env.get(GemmSlots.PACKED_B), f.op("mul", PART, env.get(GemmSlots.B_BYTES))));
    env.tasks(env.get(Gemm.BATCH), t -> sums(f, env, own, t));
    f.leave();
    return f.text();
  }

  private static void copy(Asm f, GemmSlots from, GemmSlots to) {
    f.loop(
        i64(0),
        i64(GemmSlots.NEXT),
        1,
        k -> f.store(f.load(Ty.I64, f.at(from.at(0), "i64", k), 8), f.at(to.at(0), "i64", k), 8));
  }

  /** All products of a batch, one after another while its part of C is near. */
  private void sums(Asm f, GemmSlots env, GemmSlots own, Val batch) {
    for (int k = 0; k < 3; k++) {
      own.put(
          Gemm.A + k, f.add(env.get(Gemm.A + k), f.op("mul", batch, env.get(Gemm.A_BATCH + k))));
    }
    own.put(Gemm.FLAGS, env.get(Gemm.FLAGS));
    Val units = f.op("mul", batch, env.get(Gemm.THEN_UNITS));
    own.put(Gemm.THEN_FROM, f.add(env.get(Gemm.THEN_FROM), units));
    Val more = env.get(Gemm.MORE);
    own.put(Gemm.THEN, thenAfter(f, env, more, i64(0)));
    f.run(tile.symbol("_one"), false, own.at(0));
    f.loop(
        i64(0),
        more,
        1,
        p -> {
          for (int k = 0; k < 2; k++) {
            Val at = f.at(env.pointer(Gemm.MOVES), "i64", f.add(f.times(p, 2), i64(k)));
            Val start = f.add(env.get(Gemm.A + k), f.op("mul", batch, env.get(Gemm.A_BATCH + k)));
            own.put(Gemm.A + k, f.add(start, f.load(Ty.I64, at, 8)));
          }
          own.put(Gemm.FLAGS, i64(1));
          own.put(Gemm.THEN, thenAfter(f, env, more, f.add(p, i64(1))));
          f.run(tile.symbol("_one"), false, own.at(0));
        });
  }

  /** What follows the last of the products. */
  private static Val thenAfter(Asm f, GemmSlots env, Val last, Val product) {
    return f.select(f.cmp("icmp eq", last, product), env.get(Gemm.THEN), i64(0));
  }

  // ---------------------------------------------------------------- entry

  private String entry() {
    String name = tile.symbol("");
    String header =
        flushes()
            ? "define internal void " + FloatMode.inner(name) + "(ptr %args) noinline"
            : "define void " + name + "(ptr %args)";
    var f = new Asm(header, declarations);
    var args = new GemmSlots(f, new Val(Ty.PTR, "%args"));
    Val envSlots = f.alloca("[%d x i64]".formatted(GemmSlots.SIZE), 64);
    Val ownSlots = f.alloca("[%d x i64]".formatted(GemmSlots.SIZE), 64);
    var env = new GemmSlots(f, envSlots);
    var own = new GemmSlots(f, ownSlots);
    arguments(f, args, env);
    Val smallest = min(f, min(f, env.get(Gemm.M), env.get(Gemm.N)), env.get(Gemm.BATCH));
    f.leaveIf(f.cmp("icmp sle", smallest, i64(0)));
    fold(f, env);
    threads(f, env);
    direct(f, env);
    Val threads = env.get(Gemm.THREADS);
    Val inside =
        f.op(
            "or",
            f.cmp("icmp eq", f.op("mul", threads, env.get(Gemm.BATCH)), threads),
            f.cmp("icmp sgt", env.get(GemmSlots.B_BYTES), i64(GemmPlan.OWN_B)));
    f.branch(
        inside,
        () -> {
          copy(f, env, own);
          f.loop(i64(0), env.get(Gemm.BATCH), 1, t -> sums(f, env, own, t));
        },
        () -> {
          env.put(GemmSlots.TASKS, env.get(Gemm.BATCH));
          fork(f, env, "_batches", threads);
        });
    f.leave();
    return f.text();
  }

  /** The caller's arguments, with strides in bytes. */
  private void arguments(Asm f, GemmSlots args, GemmSlots env) {
    for (int k = 0; k < Gemm.SLOTS; k++) {
      boolean stride = k >= Gemm.A_ROW && k <= Gemm.C_COL || k >= Gemm.A_BATCH && k <= Gemm.C_BATCH;
      env.put(k, stride ? f.times(args.get(k), tile.bytes()) : args.get(k));
    }
  }

  /** Batches that share B and follow each other are rows. */
  private void fold(Asm f, GemmSlots env) {
    Val rows = env.get(Gemm.M);
    Val a = f.cmp("icmp eq", env.get(Gemm.A_BATCH), f.op("mul", rows, env.get(Gemm.A_ROW)));
    Val b = f.cmp("icmp eq", env.get(Gemm.B_BATCH), i64(0));
    Val c = f.cmp("icmp eq", env.get(Gemm.C_BATCH), f.op("mul", rows, env.get(Gemm.C_ROW)));
    f.branch(
        f.op("and", f.op("and", a, c), b),
        () -> {
          env.put(Gemm.M, f.op("mul", rows, env.get(Gemm.BATCH)));
          env.put(Gemm.THEN_UNITS, f.op("mul", env.get(Gemm.THEN_UNITS), env.get(Gemm.BATCH)));
          env.put(Gemm.BATCH, i64(1));
        },
        null);
  }

  /** How many threads are worth it. */
  private void threads(Asm f, GemmSlots env) {
    Val work =
        f.op(
            "mul",
            f.op("mul", env.get(Gemm.M), env.get(Gemm.N)),
            f.op("mul", env.get(Gemm.K), env.get(Gemm.BATCH)));
    Val thin = f.cmp("icmp eq", min(f, env.get(Gemm.M), env.get(Gemm.N)), i64(1));
    // A vector is bound by memory, of which two threads get more.
    Val few = f.select(thin, i64(GemmPlan.FORKS / 8), i64(GemmPlan.FORKS));
    Val alone =
        f.op("or", f.cmp("icmp eq", env.get(Gemm.FORK), i64(0)), f.cmp("icmp slt", work, few));
    env.put(Gemm.THREADS, f.select(alone, i64(1), max(f, i64(1), env.get(Gemm.THREADS))));
  }

  /** Which operands are read where they lie, and where packed B goes. */
  private void direct(Asm f, GemmSlots env) {
    env.put(
        GemmSlots.PACKED_B,
        f.add(env.get(Gemm.SCRATCH), f.times(env.get(Gemm.THREADS), plan.bytesOfA())));
    Val panels = parts(f, env.get(Gemm.N), i64(tile.columns()));
    Val packed =
        f.times(
            f.op("mul", panels, max(f, i64(1), env.get(Gemm.K))),
            (long) tile.columns() * tile.bytes());
    Val vector = f.cmp("icmp eq", min(f, env.get(Gemm.M), env.get(Gemm.N)), i64(1));
    Val longest = max(f, env.get(Gemm.M), env.get(Gemm.N));
    Val sums = f.times(longest, (long) GemmPlan.MOST_PARTS * tile.bytes());
    Val bytes = max(f, packed, f.select(vector, sums, i64(0)));
    // There is one room for the sums of parts.
    Val shared = f.select(apart(f, env.get(Gemm.K)), i64(GemmPlan.OWN_B + 1), i64(0));
    env.put(GemmSlots.B_BYTES, max(f, bytes, shared));
    Val a = plan.directA(f, env);
    Val b = plan.directB(f, env);
    env.put(GemmSlots.DIRECT_A, f.cast("zext", a, Ty.I64));
    env.put(GemmSlots.DIRECT_B, f.cast("zext", b, Ty.I64));
  }
}
