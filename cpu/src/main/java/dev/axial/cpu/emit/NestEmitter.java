package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes the loops of a nest. */
final class NestEmitter {
  private final Nest nest;
  private final Schedule schedule;
  private final Frame frame;
  private final Asm asm;
  private final Eval eval;

  /** The loop that a range bounds, and its range; null if all of it. */
  private Schedule.@Nullable Loop ranged;

  private @Nullable Val low;
  private @Nullable Val high;

  /** Whether the range starts and ends at whole blocks. */
  private boolean aligned;

  /** Where results of columns go instead. */
  private Map<Root, Mem> places = Map.of();

  /** The part of the elements of a divided reduction, in the order in which they are added. */
  private @Nullable Window window;

  record Window(List<Schedule.Loop> loops, Val from, Val to, long each) {}

  /** Where results of a divided reduction go instead; null if nothing is divided. */
  private @Nullable Consumer<Map<Root, Val>> results;

  NestEmitter(Nest nest, Schedule schedule, Frame frame) {
    this.nest = nest;
    this.schedule = schedule;
    this.frame = frame;
    this.asm = frame.asm();
    this.eval = new Eval(frame);
    eval.nest(nest);
  }

  /** All of it, or a range of one loop. */
  void run(Schedule.@Nullable Loop loop, @Nullable Val lo, @Nullable Val hi, boolean whole) {
    ranged = loop;
    low = lo;
    high = hi;
    aligned = whole;
    List<Point> start = List.of(start());
    if (Columns.suits(nest, schedule)) {
      Val end = Asm.i64(Columns.rows(nest, schedule).size);
      aside(start, p -> columns(p, Asm.i64(0), end));
    } else {
      loops(schedule.outer, 0, start, this::stages);
    }
    if (!schedule.streamed.isEmpty()) {
      asm.fence();
    }
  }

  private Point start() {
    var ones = new HashMap<String, Idx>();
    schedule.ones.forEach(d -> ones.put(d, Idx.of(0)));
    return Point.start().in(ones);
  }

  // ---------------------------------------------------------------- columns

  /** All outer loops but the last, which is over vectors. */
  private void aside(List<Point> start, Consumer<Point> each) {
    int last = schedule.outer.size() - 1;
    loops(schedule.outer.subList(0, last), 0, start, p -> each.accept(p.getFirst()));
  }

  /**
   * Reductions of columns: some rows at a time are added to the results, which stay in the nearest
   * cache, so that memory is read in its order.
   */
  private void columns(Point p, Val from, Val to) {
    Stage s = nest.stages().getFirst();
    Schedule.Loop v = schedule.outer.getLast();
    Schedule.Loop r = Columns.rows(nest, schedule);
    Val lo = v == ranged ? Objects.requireNonNull(low) : Asm.i64(0);
    Val hi = v == ranged ? Objects.requireNonNull(high) : Asm.i64(v.size);
    var sums = new ArrayList<Root.Reduce>();
    var others = new ArrayList<Root>();
    for (Root x : s.roots()) {
      if (x instanceof Root.Reduce y && y.sumsReals()) {
        sums.add(y);
      } else {
        others.add(x);
      }
    }
    if (!sums.isEmpty()) {
      sums(sums, p, from, to, lo, hi);
    }
    if (others.isEmpty()) {
      return;
    }
    vectors(v, lo, hi, p, points -> points.forEach(q -> others.forEach(x -> first(x, q))));
    Val count = asm.sub(to, from);
    Val rest =
        count.constant()
            ? Asm.i64(count.value() % Columns.ROWS)
            : asm.op("and", count, Asm.i64(Columns.ROWS - 1));
    Val whole = asm.sub(to, rest);
    asm.loop(
        from,
        whole,
        Columns.ROWS,
        i ->
            vectors(
                v, lo, hi, p, points -> points.forEach(q -> rows(others, r, i, Columns.ROWS, q))));
    asm.loop(
        whole,
        to,
        1,
        i -> vectors(v, lo, hi, p, points -> points.forEach(q -> rows(others, r, i, 1, q))));
  }

  private void sums(List<Root.Reduce> roots, Point p, Val from, Val to, Val lo, Val hi) {
    Schedule.Loop v = schedule.outer.getLast();
    Schedule.Loop r = Columns.rows(nest, schedule);
    var writer =
        new ColumnSums(
            asm,
            roots,
            r.size,
            v.size,
            (x, row, q) -> {
              eval.computes(x);
              return eval.at(x.value(), q.in(index(r, Idx.of(row))));
            },
            (first, end, each) ->
                vectors(
                    v,
                    first,
                    end,
                    p,
                    points ->
                        points.forEach(q ->
                            each.accept(q, Objects.requireNonNull(q.index.get(v.name())).base()))));
    writer.write(
        from,
        to,
        lo,
        hi,
        (x, q, sum) -> {
          Mem m = places.get(x);
          if (m != null) {
            eval.store(sum, m, DType.FLOAT64, q.index, q, null);
          } else {
            DType t = x.value().type().dtype();
            eval.store(Sum.narrow(asm, t, sum), x.to(), t, q.index, q, null);
          }
        });
  }

  private void first(Root r, Point p) {
    Root.Reduce x = (Root.Reduce) r;
    DType t = x.value().type().dtype();
    Val none = Accumulator.identity(x.fn(), t, Types.register(t).by(p.lanes));
    eval.store(none, place(x), t, p.index, p, null);
  }

  private Mem place(Root.Reduce x) {
    return places.getOrDefault(x, x.to());
  }

  private void rows(List<Root> roots, Schedule.Loop l, Val from, int count, Point p) {
    var inside = new ArrayList<Point>();
    for (int k = 0; k < count; k++) {
      inside.add(p.in(index(l, Idx.of(asm.add(from, Asm.i64(k))))));
    }
    for (Root r : roots) {
      eval.computes(r);
      Root.Reduce x = (Root.Reduce) r;
      DType t = x.value().type().dtype();
      Val sum = asm.splat(eval.load(place(x), t, p.index, p, null), p.lanes);
      for (Point q : inside) {
        sum = Accumulator.combine(asm, x.fn(), t, sum, asm.splat(eval.at(x.value(), q), p.lanes));
      }
      eval.store(sum, place(x), t, p.index, p, null);
    }
  }

  /** Reductions of columns over some rows, into the places of a part. */
  void rows(Val part, Val from, Val to, Map<Root, Mem> into) {
    places = into;
    aside(List.of(start().in(Map.of(Columns.PART, Idx.of(part)))), p -> columns(p, from, to));
  }

  /** The results of all parts in their order. */
  void join(Map<Root, Mem> places) {
    Schedule.Loop v = schedule.outer.getLast();
    aside(
        List.of(start()),
        p ->
            vectors(
                v,
                Asm.i64(0),
                Asm.i64(v.size),
                p,
                points -> points.forEach(q -> places.forEach((r, m) -> join(r, m, q)))));
  }

  private void join(Root r, Mem place, Point p) {
    Root.Reduce x = (Root.Reduce) r;
    DType t = x.value().type().dtype();
    DType carried = place.buffer().dtype();
    UnaryOperator<Val> part =
        k -> {
          Point q = p.in(Map.of(Columns.PART, Idx.of(k)));
          return asm.splat(eval.load(place, carried, q.index, q, null), p.lanes);
        };
    long parts = Columns.parts(nest, schedule);
    Val sum =
        x.sumsReals()
            ? Sum.narrow(asm, t, Sum.ofParts(asm, Ty.F64.by(p.lanes), parts, part))
            : Accumulator.ofParts(asm, x.fn(), t, Types.register(t).by(p.lanes), parts, part);
    eval.store(sum, x.to(), t, p.index, p, null);
  }

  // ---------------------------------------------------------------- everything, in parts

  /**
   * The reductions of a nest without outer loops over a range of their elements, in the order in
   * which they are added. Results of sums are float64.
   *
   * @param size the length of all ranges but the last one
   */
  void part(Val from, Val to, long size, Consumer<Map<Root, Val>> each) {
    results = each;
    Stage s = nest.stages().getFirst();
    window = new Window(Objects.requireNonNull(schedule.stages.get(s)).reduced(), from, to, size);
    run(null, null, null, false);
  }

  /** The bounds of a loop in the window, given where the loops around it are. */
  private Val[] bounds(Window w, int k, Point p) {
    long each = 1;
    for (Schedule.Loop inside : w.loops.subList(k + 1, w.loops.size())) {
      each *= inside.size;
    }
    Schedule.Loop l = w.loops.get(k);
    if (k == w.loops.size() - 1) {
      Val base = Asm.i64(0);
      long step = l.size;
      for (int j = k - 1; j >= 0; j--) {
        Val at = Objects.requireNonNull(p.index.get(w.loops.get(j).name())).base();
        base = asm.add(base, asm.times(at, step));
        step *= w.loops.get(j).size;
      }
      Val lo = asm.intrinsic("smax", asm.sub(w.from, base), Asm.i64(0));
      Val hi = asm.intrinsic("smin", asm.sub(w.to, base), Asm.i64(l.size));
      return new Val[] {lo, asm.intrinsic("smax", hi, lo)};
    }
    if (k > 0) {
      return new Val[] {Asm.i64(0), Asm.i64(l.size)};
    }
    Val up = asm.add(w.to, Asm.i64(each - 1));
    return new Val[] {asm.op("udiv", w.from, Asm.i64(each)), asm.op("udiv", up, Asm.i64(each))};
  }

  /** The body of the outer loops; it is written several times, for blocks and for what is left. */
  private void stages(List<Point> points) {
    nest.stages().forEach(s -> s.roots().forEach(r -> frame.wrote(r, false)));
    for (Stage s : nest.stages()) {
      stage(s, points);
    }
  }

  // ---------------------------------------------------------------- loops

  private void loops(
      List<Schedule.Loop> list, int k, List<Point> points, Consumer<List<Point>> body) {
    if (k == list.size()) {
      body.accept(points);
      return;
    }
    Schedule.Loop l = list.get(k);
    boolean range = l == ranged;
    Val lo = range ? Objects.requireNonNull(low) : Asm.i64(0);
    Val hi = range ? Objects.requireNonNull(high) : Asm.i64(l.size);
    if (window != null && list == window.loops) {
      Val[] bounds = bounds(window, k, points.getFirst());
      lo = bounds[0];
      hi = bounds[1];
    }
    Consumer<List<Point>> inside = p -> loops(list, k + 1, p, body);
    if (l == schedule.tile) {
      squares(l, list.get(k + 1), lo, hi, points.getFirst(), inside, body);
      return;
    }
    if (l.vector && schedule.lanes > 1) {
      vectors(l, lo, hi, points.getFirst(), inside);
      return;
    }
    asm.loop(
        lo,
        hi,
        1,
        i -> {
          Val at = l.reverse ? asm.sub(Asm.i64(l.size - 1), i) : i;
          var next = new ArrayList<Point>();
          for (Point p : points) {
            next.add(p.in(index(l, Idx.of(at))));
          }
          inside.accept(next);
        });
  }

  /** Of a loop over several axes the last one takes the whole index. */
  private static Map<String, Idx> index(Schedule.Loop l, Idx i) {
    var out = new HashMap<String, Idx>();
    for (var d : l.dims) {
      out.put(d.name(), Idx.of(0));
    }
    out.put(l.name(), i);
    return out;
  }

  /**
   * Whole squares first; the loops go on as usual over what is left of either side. Squares come in
   * strips of a few columns, along which the operand is read as it lies, and the result is written
   * by whole lines.
   */
  private void squares(
      Schedule.Loop rows,
      Schedule.Loop columns,
      Val lo,
      Val hi,
      Point p,
      Consumer<List<Point>> rest,
      Consumer<List<Point>> body) {
    int w = schedule.lanes;
    Val whole = asm.sub(hi, asm.op("and", asm.sub(hi, lo), Asm.i64(w - 1)));
    long across = columns.size / w * w;
    long strip = (long) w * Tiles.STRIP;
    asm.loop(
        Asm.i64(0),
        Asm.i64(across),
        strip,
        first -> {
          Val end = asm.intrinsic("smin", asm.add(first, Asm.i64(strip)), Asm.i64(across));
          asm.loop(
              lo,
              whole,
              w,
              j -> asm.loop(first, end, w, i -> square(rows, columns, j, i, p, body)));
        });
    if (across < columns.size) {
      Val from = Asm.i64(across);
      Val to = Asm.i64(columns.size);
      asm.loop(lo, whole, 1, r -> vectors(columns, from, to, p.in(index(rows, Idx.of(r))), body));
    }
    asm.loop(whole, hi, 1, r -> rest.accept(List.of(p.in(index(rows, Idx.of(r))))));
  }

  private void square(
      Schedule.Loop rows,
      Schedule.Loop columns,
      Val j,
      Val i,
      Point p,
      Consumer<List<Point>> body) {
    int w = schedule.lanes;
    var turned = new HashMap<Node, Val[]>();
    for (Node n : schedule.turned) {
      Val[] lines = new Val[w];
      for (int k = 0; k < w; k++) {
        Point at =
            p.in(index(rows, new Idx(j, 1, null)), w, null)
                .in(index(columns, Idx.of(asm.add(i, Asm.i64(k)))));
        lines[k] = eval.loaded(n, nest.stages().getFirst().roots(), at);
      }
      turned.put(n, Tiles.turned(asm, lines));
    }
    for (int k = 0; k < w; k++) {
      Map<Node, Val> here = new HashMap<>();
      for (var e : turned.entrySet()) {
        here.put(e.getKey(), e.getValue()[k]);
      }
      eval.given(here);
      Point at =
          p.in(index(rows, Idx.of(asm.add(j, Asm.i64(k)))))
              .in(index(columns, new Idx(i, 1, null)), w, null);
      body.accept(List.of(at));
    }
    eval.given(Map.of());
  }

  private void vectors(Schedule.Loop l, Val lo, Val hi, Point p, Consumer<List<Point>> body) {
    int w = schedule.lanes;
    int block = w * schedule.unroll;
    Val main;
    boolean tail = true;
    boolean masked = true;
    if (lo.constant() && hi.constant()) {
      long n = hi.value() - lo.value();
      main = Asm.i64(lo.value() + n / block * block);
      tail = n % block != 0;
      masked = n % w != 0;
    } else {
      Val n = asm.sub(hi, lo);
      Val rest = asm.op("and", n, Asm.i64(block - 1));
      main = asm.sub(hi, rest);
      tail = !aligned;
    }
    asm.loop(
        lo,
        main,
        block,
        i -> {
          var points = new ArrayList<Point>();
          for (int u = 0; u < schedule.unroll; u++) {
            Idx at = new Idx(asm.add(i, Asm.i64((long) u * w)), 1, null);
            points.add(p.in(index(l, at), w, null));
          }
          body.accept(points);
        });
    if (!tail) {
      return;
    }
    boolean masks = masked;
    asm.loop(
        main,
        hi,
        w,
        i -> {
          Val mask = null;
          if (masks) {
            Val left = asm.splat(asm.sub(hi, i), w);
            mask = asm.cmp("icmp slt", asm.steps(Ty.I64, w, 1), left);
          }
          body.accept(List.of(p.in(index(l, new Idx(i, 1, null)), w, mask)));
        });
  }

  // ---------------------------------------------------------------- stages

  private void stage(Stage s, List<Point> points) {
    Schedule.StageLoops l = Objects.requireNonNull(schedule.stages.get(s));
    boolean reduces =
        s.roots().stream().anyMatch(r -> r instanceof Root.Reduce || r instanceof Root.ArgReduce);
    if (reduces) {
      loops(l.kept(), 0, points, p -> reduce(s, l, p));
    } else {
      loops(l.kept(), 0, points, p -> p.forEach(q -> s.roots().forEach(r -> plain(r, q))));
    }
    s.roots().forEach(r -> frame.wrote(r, true));
  }

  private void plain(Root r, Point p) {
    eval.computes(r);
    switch (r) {
      case Root.Store s -> {
        Val v = s.value() == s.defines() ? eval.made(s.value(), p) : eval.at(s.value(), p);
        if (nest.stored(r)) {
          eval.store(
              v, s.to(), s.value().type().dtype(), p.index, p, null, schedule.streamed.contains(s));
        }
      }
      case Root.Write w -> write(w, p);
      case Root.Reduce _, Root.ArgReduce _ ->
          throw new dev.axial.AxialException("internal error: a reduction at a point");
    }
  }

  private void reduce(Stage s, Schedule.StageLoops l, List<Point> outside) {
    boolean along = l.reduced().stream().anyMatch(x -> x.vector) && schedule.lanes > 1;
    int lanes = along ? schedule.lanes : outside.getFirst().lanes;
    SumPlan plan = SumPlan.of(s, l, schedule, along, lanes, outside.size(), window);
    int slots = along ? Math.max(schedule.unroll, plan.points()) : outside.size();
    var sums = new HashMap<Root, Accumulator>();
    for (Root r : s.roots()) {
      if (r instanceof Root.Reduce x && x.sumsReals()) {
        sums.put(r, plan.sum(asm, x, window == null ? null : window.to, slots, lanes));
      } else if (r instanceof Root.Reduce x) {
        sums.put(r, new Accumulator.Plain(asm, x.fn(), x.value().type().dtype(), slots, lanes));
      } else if (r instanceof Root.ArgReduce x) {
        sums.put(r, new Accumulator.Position(asm, x.max(), x.value().type().dtype(), slots, lanes));
      }
    }
    Consumer<List<Point>> body =
        inside -> {
          for (int u = 0; u < inside.size(); u++) {
            Point p = inside.get(u);
            for (Root r : s.roots()) {
              Accumulator a = sums.get(r);
              if (a == null) {
                plain(r, p);
              } else {
                eval.computes(r);
                Val v = asm.splat(eval.at(r.asks().getFirst(), p), lanes);
                Idx i =
                    switch (r) {
                      case Root.ArgReduce x -> Objects.requireNonNull(p.index.get(x.axis()));
                      case Root.Reduce x when a instanceof Sum.InOrder -> number(x, p);
                      case Root.Reduce _, Root.Store _, Root.Write _ -> Idx.of(0);
                    };
                a.add(a instanceof Sum ? u : u % slots, v, i, along ? p.mask : null);
              }
            }
          }
        };
    switch (plan.way()) {
      case ANY, IN_ORDER, STAGED -> loops(l.reduced(), 0, outside, body);
      case LANES -> {
        alongLanes(l.reduced(), 0, outside.getFirst(), plan, sums, body);
        if (l.reduced().size() > 1) {
          of(LaneSum.class, sums).forEach(x -> x.ifRest(() -> x.finish(1)));
        }
      }
      case SLOTS -> bySlots(l.reduced(), outside, plan, sums, body);
    }
    finish(s, sums, outside, along);
  }

  private static <T extends Sum> List<T> of(Class<T> kind, Map<Root, Accumulator> sums) {
    return sums.values().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The loops of sums whose slots are lanes; the innermost is over vectors. */
  private void alongLanes(
      List<Schedule.Loop> list,
      int k,
      Point p,
      SumPlan plan,
      Map<Root, Accumulator> sums,
      Consumer<List<Point>> body) {
    Schedule.Loop l = list.get(k);
    Val lo = Asm.i64(0);
    Val hi = Asm.i64(l.size);
    if (window != null) {
      Val[] bounds = bounds(window, k, p);
      lo = bounds[0];
      hi = bounds[1];
    }
    if (k < list.size() - 1) {
      asm.loop(
          lo, hi, 1, i -> alongLanes(list, k + 1, p.in(index(l, Idx.of(i))), plan, sums, body));
      return;
    }
    int w = schedule.lanes;
    SumLoops.At at = (i, mask) -> p.in(index(l, new Idx(i, 1, null)), w, mask);
    var loops = new SumLoops(asm, body);
    if (k == 0) {
      loops.along(of(LaneSum.class, sums), w, plan.together(), lo, hi, at);
    } else {
      loops.line(of(LaneSum.class, sums), w, before(list, p), lo, hi, at);
    }
  }

  /** How many elements come before the innermost of several loops. */
  private Val before(List<Schedule.Loop> list, Point p) {
    Val n = Asm.i64(0);
    long step = 1;
    for (int k = list.size() - 1; k > 0; k--) {
      step *= list.get(k).size;
      Val at = Objects.requireNonNull(p.index.get(list.get(k - 1).name())).base();
      n = asm.add(n, asm.times(at, step));
    }
    return n;
  }

  /** The loops of sums of which each lane has its own, as one over the elements of a slot. */
  private void bySlots(
      List<Schedule.Loop> list,
      List<Point> outside,
      SumPlan plan,
      Map<Root, Accumulator> sums,
      Consumer<List<Point>> body) {
    long count = 1;
    for (Schedule.Loop l : list) {
      count *= l.size;
    }
    SumLoops.Row row =
        n -> {
          var inside = new HashMap<String, Idx>();
          Val rest = n;
          for (int k = list.size() - 1; k >= 0; k--) {
            Val size = Asm.i64(list.get(k).size);
            inside.putAll(index(list.get(k), Idx.of(k == 0 ? rest : asm.op("urem", rest, size))));
            rest = k == 0 ? rest : asm.op("udiv", rest, size);
          }
          return outside.stream().map(p -> p.in(inside)).toList();
        };
    Val from = window == null ? Asm.i64(0) : window.from;
    Val to = window == null ? Asm.i64(count) : window.to;
    new SumLoops(asm, body).across(of(SlotSum.class, sums), plan.together(), from, to, row);
  }

  /** Which of the elements that are added into one result this is. */
  private Idx number(Root.Reduce x, Point p) {
    Val n = Asm.i64(0);
    long step = 1;
    for (Dim d : x.value().type().dims().reversed()) {
      if (x.axes().contains(d.name())) {
        n = asm.add(asm.times(Objects.requireNonNull(p.index.get(d.name())).base(), step), n);
        step *= d.size();
      }
    }
    return Idx.of(n);
  }

  private void finish(Stage s, Map<Root, Accumulator> sums, List<Point> outside, boolean along) {
    var out = new HashMap<Root, Val>();
    for (Root r : s.roots()) {
      Accumulator a = sums.get(r);
      if (a == null) {
        continue;
      }
      Node d = Objects.requireNonNull(r.defines());
      Mem to = r instanceof Root.Reduce x ? x.to() : ((Root.ArgReduce) r).to();
      for (int u = 0; u < outside.size(); u++) {
        Point p = outside.get(u);
        Val v = results != null && a instanceof Sum x ? x.wide(u) : along ? a.all() : a.slot(u);
        out.put(r, v);
        if (results == null) {
          p.remember(d, p.index, v);
          if (nest.stored(r)) {
            eval.store(v, to, d.type().dtype(), p.index, p, null);
          }
        }
      }
    }
    if (results != null) {
      results.accept(out);
    }
  }

  // ---------------------------------------------------------------- writing references

  private void write(Root.Write w, Point p) {
    DType t = w.of().dtype();
    Eval.Target g = eval.target(w.access(), w.of(), w.index(), p.index, p);
    Mem old = w.old();
    if (g.empty()) {
      if (old != null) {
        Val zero = Asm.zero(Types.register(t));
        eval.store(zero, old, t, p.index, p, null);
        p.remember(Objects.requireNonNull(w.defines()), p.index, zero);
      }
      return;
    }
    Val v = eval.at(w.value(), p);
    Val valid = g.valid();
    switch (w.kind()) {
      case SET -> eval.store(v, w.into(), t, g.index(), p, valid);
      case COMBINE -> {
        Fn.Combine fn = Objects.requireNonNull(w.fn());
        boolean always = w.mode() == Mode.CLAMP && !w.access().masked();
        Runnable combine =
            () -> {
              Val was = eval.load(w.into(), t, g.index(), p, null);
              eval.store(
                  eval.combined(fn, t, was, v),
                  w.into(),
                  t,
                  g.index(),
                  p,
                  always || branches(valid) ? null : valid);
            };
        if (!always && branches(valid)) {
          asm.branch(Objects.requireNonNull(valid), combine, null);
        } else {
          combine.run();
        }
      }
      case SWAP -> {
        Val was = eval.load(w.into(), t, g.index(), p, null);
        Val result = valid == null || w.edge() == Edge.CLAMP ? was : eval.orZero(valid, was);
        if (valid != null && w.edge() == Edge.ADD) {
          Val added = eval.combined(Fn.Combine.ADD, t, was, v);
          int n = Math.max(added.ty().lanes(), valid.ty().lanes());
          Val stored = asm.select(asm.splat(valid, n), asm.splat(v, n), asm.splat(added, n));
          eval.store(stored, w.into(), t, g.index(), p, null);
        } else {
          eval.store(v, w.into(), t, g.index(), p, valid);
        }
        eval.store(result, Objects.requireNonNull(old), t, p.index, p, null);
      }
    }
  }

  private static boolean branches(@Nullable Val valid) {
    return valid != null && valid.ty().lanes() == 1;
  }
}
