package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Rows;
import dev.axial.cpu.plan.Stage;
import dev.axial.numerics.SumOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Decides how a nest runs: in place if it is small, in a function of its own otherwise, divided
 * among threads if that pays. A reduction of everything is divided into parts whose number depends
 * on its size alone, and which are sums of whole blocks, so its result does not depend on them.
 */
final class Kernels {
  /** Nests with fewer operations are written where they stand. */
  static final long IN_PLACE = 1 << 13;

  /** Nests with more operations are divided. */
  static final long DIVIDED = 1 << 17;

  /** The most parts of a reduction of everything, and the fewest. */
  private static final int PARTS = 64;

  private static final int FEWEST = 8;

  private final Emitter outer;

  Kernels(Emitter outer) {
    this.outer = outer;
  }

  /** Writes a nest, and reports how it runs. */
  void nest(Nest nest) {
    Schedule s = Schedule.of(nest, outer.target());
    if (s.outer.stream().noneMatch(l -> l.vector)) {
      Rows.narrow(nest);
    }
    s.streamed = Streams.of(nest, s);
    String how;
    if (s.work < IN_PLACE && outer.hasRoom()) {
      new NestEmitter(nest, s, outer).run(null, null, null, false);
      how = "in place";
    } else if (s.work >= DIVIDED && Columns.suits(nest, s) && Columns.divides(nest, s)) {
      byRows(nest, s);
      how = "rows divided in " + Columns.parts(nest, s) + " parts";
    } else if (s.work >= DIVIDED && s.divisible && units(s) > 1) {
      kernel(nest, s, true, null);
      how = "divided";
    } else if (s.work >= DIVIDED && parts(nest, s) != null) {
      Parts parts = Objects.requireNonNull(parts(nest, s));
      kernel(nest, s, true, parts);
      how = "divided in " + parts.count() + " parts";
    } else {
      kernel(nest, s, false, null);
      how = "one thread";
    }
    outer.report().nest(nest, s, how);
  }

  /** A nest as a function {@code (env, from, to)} of a range of its first loop. */
  record Ranged(String function, Val env) {}

  /** Writes a function of a range of the first outer loop, and the table it is called with. */
  Ranged ranged(Nest nest, Schedule s) {
    String name = "@" + ObjectCache.NAME + "_r";
    Asm asm = outer.range(name);
    var inside = new Inside(asm, 1, outer);
    var from = new Val(Ty.I64, "%from");
    var to = new Val(Ty.I64, "%to");
    new NestEmitter(nest, s, inside).run(s.outer.getFirst(), from, to, false);
    asm.leave();
    return new Ranged(outer.function(asm, name), table(inside, 1));
  }

  private static long grain(Schedule s, Schedule.Loop l) {
    return l == s.tile ? s.lanes : l.vector ? (long) s.lanes * s.unroll : 1;
  }

  private static long units(Schedule s) {
    Schedule.Loop l = s.outer.getFirst();
    return (l.size + grain(s, l) - 1) / grain(s, l);
  }

  /** The elements of a reduction of everything, in parts of so many. */
  private record Parts(long size, long each) {
    long count() {
      return (size + each - 1) / each;
    }
  }

  /** How a nest is divided that only reduces everything; null if it is not. */
  private static @Nullable Parts parts(Nest nest, Schedule s) {
    if (!s.outer.isEmpty() || nest.stages().size() != 1) {
      return null;
    }
    Stage st = nest.stages().getFirst();
    for (Root r : st.roots()) {
      if (!(r instanceof Root.Reduce)) {
        return null;
      }
    }
    Schedule.StageLoops l = Objects.requireNonNull(s.stages.get(st));
    long size = 1;
    for (Schedule.Loop x : l.reduced()) {
      size *= x.size;
    }
    var parts = new Parts(size, SumOrder.part(size, PARTS));
    return l.kept().isEmpty() && parts.count() >= FEWEST ? parts : null;
  }

  /** A place in a buffer; the shape of what lies there does not matter. */
  private record Place(Buffer buffer, long offset) {}

  /** The function of a nest while it is written: what comes from outside gets a slot. */
  private static final class Inside implements Frame {
    final Asm asm;
    final Val env = new Val(Ty.PTR, "%env");
    final Map<Object, Val> given = new LinkedHashMap<>();
    final List<Object> slots = new ArrayList<>();
    final int first;

    private final Frame around;

    Inside(Asm asm, int first, Frame around) {
      this.around = around;
      this.asm = asm;
      this.first = first;
    }

    @Override
    public Asm asm() {
      return asm;
    }

    @Override
    public Target target() {
      return around.target();
    }

    @Override
    public boolean written(Root r) {
      return around.written(r);
    }

    @Override
    public void wrote(Root r, boolean done) {
      around.wrote(r, done);
    }

    @Override
    public Val address(Buffer b) {
      if (b.kind() == Buffer.Kind.ROW) {
        return given.computeIfAbsent(b, _ -> asm.alloca("[%d x i8]".formatted(b.bytes()), 64));
      }
      Val v = given.get(b);
      if (v == null) {
        v = asm.early(Ty.PTR, env, first + slots.size());
        slots.add(b);
        given.put(b, v);
      }
      return v;
    }

    /** Where memory starts comes from outside too, so that nests that differ in it are alike. */
    @Override
    public Val address(Mem m) {
      if (m.offset() == 0 || m.buffer().kind() == Buffer.Kind.ROW) {
        return Frame.super.address(m);
      }
      var place = new Place(m.buffer(), m.offset());
      Val v = given.get(place);
      if (v == null) {
        v = asm.early(Ty.PTR, env, first + slots.size());
        slots.add(place);
        given.put(place, v);
      }
      return v;
    }

    @Override
    public Val scalar(Node n) {
      Val v = given.get(n);
      if (v == null) {
        Val word = asm.early(Ty.I64, env, first + slots.size());
        slots.add(n);
        v = Words.narrowed(word, Types.register(n.type().dtype()), (t, i) -> asm.early(t, i));
        given.put(n, v);
      }
      return v;
    }
  }

  /** Columns by parts of their rows. */
  private void byRows(Nest nest, Schedule s) {
    String name = "@" + ObjectCache.NAME + "_k";
    Asm asm = outer.part(name);
    var inside = new Inside(asm, 1, outer);
    Map<Root, Mem> places = places(nest, s);
    Val rows = Asm.i64(Columns.rows(nest, s).size);
    long each = Columns.rowsOfPart(nest, s);
    long parts = Columns.parts(nest, s);
    Val part = new Val(Ty.I64, "%part");
    Val count = asm.early(Ty.I64, inside.env, 0);
    var emitter = new NestEmitter(nest, s, inside);
    asm.loop(
        bound(asm, part, parts, count, 1, parts),
        bound(asm, asm.add(part, Asm.i64(1)), parts, count, 1, parts),
        1,
        b -> {
          Val from = asm.times(b, each);
          Val to = asm.intrinsic("smin", asm.add(from, Asm.i64(each)), rows);
          emitter.rows(b, from, to, places);
        });
    asm.leave();
    call(outer.function(asm, name), inside, true, parts, null, List.of(), 1);
    new NestEmitter(nest, s, outer).join(places);
  }

  /** Room for the results of all parts, one root after the other. */
  private Map<Root, Mem> places(Nest nest, Schedule s) {
    var places = new LinkedHashMap<Root, Mem>();
    long bytes = 0;
    for (Root r : nest.stages().getFirst().roots()) {
      Mem m = Columns.place(nest, s, Columns.carried((Root.Reduce) r));
      places.put(r, m);
      bytes += m.buffer().bytes();
    }
    Val at = outer.room(bytes);
    for (Mem m : places.values()) {
      outer.point(m.buffer(), at);
      at = outer.asm().at(at, "i8", Asm.i64(m.buffer().bytes()));
    }
    return places;
  }

  private static final int PARTIALS = 1;

  private void kernel(Nest nest, Schedule s, boolean divided, @Nullable Parts parts) {
    String name = "@" + ObjectCache.NAME + "_k";
    Asm asm = outer.part(name);
    List<Root> roots = nest.stages().getFirst().roots();
    int fixed = parts == null ? 1 : PARTIALS + roots.size();
    var inside = new Inside(asm, fixed, outer);
    Val part = new Val(Ty.I64, "%part");
    var emitter = new NestEmitter(nest, s, inside);
    long size;
    long grain;
    if (parts != null) {
      size = parts.count();
      grain = 1;
    } else {
      Schedule.Loop l = s.outer.isEmpty() ? null : s.outer.getFirst();
      size = l == null ? 1 : l.size;
      grain = l == null ? 1 : grain(s, l);
    }
    if (!divided) {
      emitter.run(null, null, null, false);
    } else {
      long units = (size + grain - 1) / grain;
      Val count = asm.early(Ty.I64, inside.env, 0);
      Val lo = bound(asm, part, units, count, grain, size);
      Val hi = bound(asm, asm.add(part, Asm.i64(1)), units, count, grain, size);
      if (parts == null) {
        emitter.run(s.outer.getFirst(), lo, hi, size % grain == 0);
      } else {
        pieces(asm, inside, emitter, parts, roots, lo, hi);
      }
    }
    asm.leave();
    call(
        outer.function(asm, name),
        inside,
        divided,
        (size + grain - 1) / grain,
        parts,
        roots,
        fixed);
  }

  static Val bound(Asm a, Val part, long units, Val count, long grain, long size) {
    return bound(a, part, Asm.i64(units), count, grain, Asm.i64(size));
  }

  /** Where a part of a range begins, which has so many units of a grain. */
  static Val bound(Asm a, Val part, Val units, Val count, long grain, Val size) {
    Val u = a.op("udiv", a.op("mul", part, units), count);
    return a.intrinsic("smin", a.times(u, grain), size);
  }

  /** Each part of a reduction of everything, and its results one beside the other. */
  private static void pieces(
      Asm asm, Inside inside, NestEmitter emitter, Parts parts, List<Root> roots, Val lo, Val hi) {
    var partials = new ArrayList<Val>();
    for (int k = 0; k < roots.size(); k++) {
      partials.add(asm.early(Ty.PTR, inside.env, PARTIALS + k));
    }
    asm.loop(
        lo,
        hi,
        1,
        b -> {
          Val from = asm.times(b, parts.each);
          Val to = asm.intrinsic("smin", asm.add(from, Asm.i64(parts.each)), Asm.i64(parts.size));
          emitter.part(
              from,
              to,
              parts.each,
              values -> {
                for (int k = 0; k < roots.size(); k++) {
                  Val v = Objects.requireNonNull(values.get(roots.get(k)));
                  Val at = asm.at(partials.get(k), v.ty().toString(), b);
                  asm.store(v, at, 1);
                }
              });
        });
  }

  private void call(
      String function,
      Inside inside,
      boolean divided,
      long units,
      @Nullable Parts parts,
      List<Root> roots,
      int fixed) {
    Asm a = outer.asm();
    Val env = table(inside, fixed);
    var partials = new ArrayList<Val>();
    if (parts != null) {
      for (int k = 0; k < roots.size(); k++) {
        Val p = a.alloca("[%d x i64]".formatted(parts.count()), 64);
        partials.add(p);
        a.store(p, a.at(env, "i64", Asm.i64(PARTIALS + k)), 8);
      }
    }
    if (!divided) {
      a.run(function, false, env, Asm.i64(0));
    } else {
      fork(outer, function, env, units, 4);
    }
    for (int k = 0; k < partials.size(); k++) {
      join(a, (Root.Reduce) roots.get(k), partials.get(k), units);
    }
  }

  /** What a function asked for, after some places of its own. */
  private Val table(Inside inside, int fixed) {
    Asm a = outer.asm();
    Val env = a.alloca("[%d x i64]".formatted(fixed + inside.slots.size()), 8);
    for (int k = 0; k < inside.slots.size(); k++) {
      Val at = a.at(env, "i64", Asm.i64(fixed + k));
      switch (inside.slots.get(k)) {
        case Buffer b -> a.store(outer.address(b), at, 8);
        case Place p ->
            a.store(outer.address(new Mem(p.buffer, p.offset, Map.of(), List.of())), at, 8);
        case Node n -> a.store(Words.widened(a, outer.scalar(n)), at, 8);
        default -> // not over Op: what Inside puts there
            throw new dev.axial.AxialException("internal error: a slot");
      }
    }
    return env;
  }

  /** Calls a function for parts, as many for each thread, whose number is the first in env. */
  static void fork(Emitter outer, String function, Val env, long units, int perThread) {
    Asm a = outer.asm();
    Val threads = outer.slot(Table.THREADS, Ty.I64);
    Val several = a.cmp("icmp sgt", threads, Asm.i64(1));
    a.branch(
        several,
        () -> {
          Val wanted = a.intrinsic("smin", a.times(threads, perThread), Asm.i64(units));
          a.store(wanted, env, 8);
          a.run(
              outer.slot(Table.FORK, Ty.PTR).name(),
              false,
              outer.slot(Table.CONTEXT, Ty.I64),
              new Val(Ty.PTR, outer.forJava(function)),
              env,
              wanted);
        },
        () -> {
          a.store(Asm.i64(1), env, 8);
          a.run(function, false, env, Asm.i64(0));
        });
  }

  /** The parts of a reduction, in their order. */
  private void join(Asm a, Root.Reduce r, Val partials, long parts) {
    var t = r.value().type().dtype();
    Ty ty = r.sumsReals() ? Ty.F64 : Types.register(t);
    UnaryOperator<Val> part = b -> a.load(ty, a.at(partials, ty.toString(), b), 1);
    Val sum =
        r.sumsReals()
            ? Sum.narrow(a, t, Sum.ofParts(a, ty, parts, part))
            : Accumulator.ofParts(a, r.fn(), t, ty, parts, part);
    Mem to = r.to();
    var index = new HashMap<String, Idx>();
    r.kept().forEach(d -> index.put(d.name(), Idx.of(0))); // each of size 1
    new Eval(outer).store(sum, to, t, index, Point.start(), null);
  }
}
