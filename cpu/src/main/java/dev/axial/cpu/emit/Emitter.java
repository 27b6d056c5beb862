package dev.axial.cpu.emit;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Block;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.cpu.plan.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes a program: an entry with its control flow, and a function for each large nest, which
 * threads may divide. Nests that are alike share a function: what differs, addresses and scalars,
 * comes in a table.
 */
public final class Emitter implements Frame {
  /**
   * What the emitter leaves to the optimizer: registers, common subexpressions, invariants. Vectors
   * and unrolling are the emitter's own.
   */
  public static final String PASSES =
      System.getProperty(
          "axial.llvm.passes",
          "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(licm),gvn,dse,simplifycfg)");

  /** The parameters of a function that threads share. */
  static final String PART = "ptr %env, i64 %part";

  /** The entry's header, with its linkage and name. */
  static final String ENTRY = "define %s void %s(ptr %%table) #0";

  private final Planner.Plan plan;
  private final Target target;
  private final Set<String> declarations = new TreeSet<>();
  private final StringBuilder functions = new StringBuilder();
  private final Map<String, String> kernels = new HashMap<>();
  private final List<Step.Host> called = new ArrayList<>();
  private final Report.Writer report = new Report.Writer();
  private long room;
  private boolean contracts;

  /** Whether some function asks for threads. */
  private boolean forks;

  /** Whether some function has arithmetic of floating-point numbers. */
  private boolean reals;

  /** Functions that Java calls in place of others. */
  private final Set<String> outers = new HashSet<>();

  /** The largest frame of a function beside the entry. */
  private long deepest;

  private final Val table = new Val(Ty.PTR, "%table");

  /** The function that is written now. */
  private Section here;

  private final Set<Root> written = Collections.newSetFromMap(new IdentityHashMap<>());

  private Emitter(Planner.Plan plan, Target target) {
    this.plan = plan;
    this.target = target;
    this.here = Section.entry(declarations);
  }

  /**
   * A written program.
   *
   * @param ir the module's text
   * @param called what Java does, by their number
   * @param report what runs
   * @param room bytes that one step at a time uses while it runs
   * @param contracts whether it calls the library of contractions
   * @param divides whether it asks for threads
   * @param stack about as many bytes as it needs of the stack of its thread
   */
  public record Written(
      String ir,
      List<Step.Host> called,
      Report report,
      long room,
      boolean contracts,
      boolean divides,
      long stack) {}

  /** Writes a plan. */
  public static Written write(Planner.Plan plan, Target target) {
    var e = new Emitter(plan, target);
    e.block(plan.block());
    e.asm().leave();
    e.entry();
    String ir = module(e.declarations, e.functions, target);
    boolean divides = e.contracts || e.forks;
    // A stretch of the entry calls a nest, which may be a function that calls another one.
    long stack = e.asm().frame() + 3 * e.deepest + (e.contracts ? Gemm.STACK : 0);
    return new Written(ir, e.called, e.report.report(), e.room, e.contracts, divides, stack);
  }

  /** The entry, which sets the mode of arithmetic if there is any. */
  private void entry() {
    String name = "@" + ObjectCache.NAME;
    if (!target.mode().flushes() || !reals && !asm().computesReals()) {
      functions.append(asm().text());
      return;
    }
    functions.append(asm().text(ENTRY.formatted("internal", FloatMode.inner(name))));
    functions.append(
        target.mode().around("", name, FloatMode.inner(name), "ptr %table", declarations));
  }

  /** The name of a function of parts for Java to call. */
  String forJava(String function) {
    if (!target.mode().flushes() || !reals) {
      return function;
    }
    String outer = function + FloatMode.OUTER;
    if (outers.add(outer)) {
      functions.append(target.mode().around("internal", outer, function, PART, declarations));
    }
    return outer;
  }

  /** Functions as a module. */
  static String module(Set<String> declarations, StringBuilder functions, Target target) {
    var ir = new StringBuilder();
    declarations.forEach(d -> ir.append(d).append('\n'));
    ir.append(functions);
    ir.append(
        "attributes #0 = { nounwind \"prefer-vector-width\"=\"%d\" \"no-trapping-math\"=\"true\"%s }%n!0 = !{i32 1}%n"
            .formatted(target.vectorBytes() * 8, target.mode().attribute()));
    return ir.toString();
  }

  // ---------------------------------------------------------------- frame

  @Override
  public Asm asm() {
    return here.asm;
  }

  private Eval eval() {
    return here.eval(this);
  }

  /**
   * Whether code of nests may stand here. An entry that is longer gets no more of it: it would take
   * the compiler long, while functions that are alike are compiled once.
   */
  boolean hasRoom() {
    return here.isEntry() && !here.isLong();
  }

  Report.Writer report() {
    return report;
  }

  @Override
  public Target target() {
    return target;
  }

  /** Begins a function that works on a part; its name ends in #. */
  Asm part(String name) {
    return new Asm(
        "define internal void %s#(ptr %%env, i64 %%part) noinline #0".formatted(name),
        declarations);
  }

  /** Begins a function that works on a range; its name ends in #. */
  Asm range(String name) {
    return new Asm(
        "define internal void %s#(ptr %%env, i64 %%from, i64 %%to) noinline #0".formatted(name),
        declarations);
  }

  /** Adds a function, whose name in its text ends in #, unless there is one like it; its name. */
  String function(Asm written, String name) {
    deepest = Math.max(deepest, written.frame());
    reals |= written.computesReals();
    return kernels.computeIfAbsent(
        written.text(),
        text -> {
          String full = name + kernels.size();
          functions.append(text.replace(name + "#", full));
          return full;
        });
  }

  Set<String> declarations() {
    return declarations;
  }

  /** A slot of the table, loaded at the start. */
  Val slot(int k, Ty ty) {
    forks |= k == Table.FORK;
    return here.slot(k, ty);
  }

  @Override
  public Val address(Buffer b) {
    return switch (b.kind()) {
      case INPUT -> here.address(b, () -> slot(Table.INPUTS + b.index(), Ty.PTR));
      case OUTPUT ->
          here.address(b, () -> slot(Table.INPUTS + plan.inputs().size() + b.index(), Ty.PTR));
      case SCRATCH -> {
        Val base = slot(Table.SCRATCH, Ty.PTR);
        yield here.address(
            b, () -> asm().early(Ty.PTR, "getelementptr i8, %s, i64 %d".formatted(base, b.offset)));
      }
      case ROW -> here.address(b, () -> asm().alloca("[%d x i8]".formatted(b.bytes()), 64));
      case POINTER -> asm().get(here.pointer(b), Ty.PTR);
    };
  }

  @Override
  public boolean written(Root r) {
    return written.contains(r);
  }

  @Override
  public void wrote(Root r, boolean done) {
    if (done) {
      written.add(r);
    } else {
      written.remove(r);
    }
  }

  @Override
  public Val scalar(Node n) {
    Val v = here.scalar(n);
    if (v != null) {
      return v;
    }
    Mem m = n.mem();
    if (m == null) {
      throw new AxialException(
          "internal error: a scalar that was not computed: %s %s".formatted(n.op(), n.type()));
    }
    return eval().load(m, n.type().dtype(), Map.of(), Point.start(), null);
  }

  // ---------------------------------------------------------------- steps

  /** Steps in their order; a function that is long goes on in others. */
  private void block(Block b) {
    Section outer = here;
    for (Step s : b.steps()) {
      if (s instanceof Step.Scalars x) {
        for (Node n : x.nodes()) {
          goOn(outer);
          Cone cone = x.cones().get(n);
          here.computed(n, cone == null ? scalar(n) : eval().fresh(n, cone));
        }
      } else {
        goOn(outer);
        step(s);
      }
    }
    end(outer);
  }

  private void goOn(Section outer) {
    if (here.isLong()) {
      end(outer);
      if (here.isLong()) {
        here = outer.inside(declarations);
      }
    }
  }

  /** Ends the function that goes on for an outer one. */
  private void end(Section outer) {
    if (here != outer) {
      Section done = here;
      here = outer;
      done.call(this);
      leaveIfFailed();
    }
  }

  private void step(Step s) {
    switch (s) {
      case Step.Scalars _ ->
          throw new AxialException("internal error: scalars one by one"); // by block
      case Step.Loops l -> loops(l.nest());
      case Step.Contract c -> contract(c);
      case Step.Cumulate c -> report.add(Cumulation.write(this, c));
      case Step.Order o -> report.add(Sorting.write(this, o));
      case Step.NewStack n -> StackCode.create(this, n.frames());
      case Step.Push p -> StackCode.push(this, p);
      case Step.Pop p -> {
        StackCode.pop(this, p);
        if (p.node().isScalar()) {
          Mem m = Objects.requireNonNull(p.copy());
          here.computed(
              p.node(), eval().load(m, p.node().type().dtype(), Map.of(), Point.start(), null));
        }
      }
      case Step.Host h -> call(h);
      case Step.Loop l -> loop(l);
      case Step.Branch b -> branch(b);
    }
  }

  private void loops(Nest nest) {
    new Kernels(this).nest(nest);
    for (Stage st : nest.stages()) {
      for (Root r : st.roots()) {
        Node n = r.defines();
        if (n != null && n.isScalar()) { // its memory may serve others from here on
          here.computed(n, scalar(n));
        }
      }
    }
  }

  private void contract(Step.Contract c) {
    Step.Matrices s = c.shape();
    DType t = c.defines().type().dtype();
    contracts = true;
    reals |= t.isFloating();
    report.contraction(c, t);
    long bytes = Gemm.scratchBytes(target, s.m(), s.n(), s.k(), s.lastBatch(), t, Threads.COUNT);
    Nest nest = c.then();
    Epilogue then = nest == null ? null : Epilogue.of(this, c, nest);
    Contractions.write(this, c, t, room(bytes), then);
    if (nest != null && then == null) {
      loops(nest);
    }
  }

  /** Memory that a step has while it runs, at a multiple of 64 bytes. */
  Val room(long bytes) {
    room = Math.max(room, bytes);
    return slot(Table.ROOM, Ty.PTR);
  }

  /** Lets Java do a step, and ends if that failed. */
  private void call(Step.Host h) {
    List<Mem> at = h.at();
    Val list = asm().alloca("[%d x ptr]".formatted(Math.max(1, at.size())), 8);
    for (int k = 0; k < at.size(); k++) {
      asm().store(address(at.get(k)), asm().at(list, "ptr", Asm.i64(k)), 8);
    }
    called.add(h);
    asm()
        .run(
            slot(Table.HOST, Ty.PTR).name(),
            false,
            slot(Table.CONTEXT, Ty.I64),
            Asm.i64(called.size() - 1),
            list);
    leaveIfFailed();
  }

  void leaveIfFailed() {
    Val status = asm().load(Ty.I64, asm().at(table, "i64", Asm.i64(Table.STATUS)), 8);
    asm().leaveIf(asm().cmp("icmp ne", status, Asm.i64(0)));
  }

  void fail(long code) {
    asm().store(Asm.i64(code), asm().at(table, "i64", Asm.i64(Table.STATUS)), 8);
  }

  void point(Buffer b, Val address) {
    asm().put(here.pointer(b), address);
  }

  // ---------------------------------------------------------------- control

  private void loop(Step.Loop l) {
    Asm asm = asm();
    var variables = new ArrayList<@Nullable Val>();
    var spares = new ArrayList<@Nullable Val>();
    for (Step.Carry c : l.carries()) {
      boolean same = c.inside() == c.init();
      variables.add(c.init().isScalar() && !same ? asm.variable(scalar(c.init())) : null);
      Buffer current = c.current();
      if (current == null) {
        spares.add(null);
        continue;
      }
      Mem from = Objects.requireNonNull(c.from());
      point(current, address(from));
      point(Objects.requireNonNull(c.other()), address(Objects.requireNonNull(c.first())));
      spares.add(asm.variable(address(Objects.requireNonNull(c.second()))));
    }
    Runnable enter =
        () -> {
          for (int k = 0; k < l.carries().size(); k++) {
            Val v = variables.get(k);
            Node inside = l.carries().get(k).inside();
            if (v != null) {
              here.computed(inside, asm.get(v, Types.register(inside.type().dtype())));
            }
          }
        };
    Runnable body =
        () -> {
          report.repeated(Math.max(1, l.length()), () -> block(l.body()));
          var next = new ArrayList<@Nullable Val>();
          for (int k = 0; k < variables.size(); k++) {
            next.add(variables.get(k) == null ? null : scalar(l.carries().get(k).next()));
          }
          for (int k = 0; k < variables.size(); k++) {
            Val v = variables.get(k);
            if (v != null) {
              asm.put(v, Objects.requireNonNull(next.get(k)));
            }
            Val spare = spares.get(k);
            if (spare != null) {
              Step.Carry c = l.carries().get(k);
              Val made = address(Objects.requireNonNull(c.other()));
              point(Objects.requireNonNull(c.current()), made);
              point(Objects.requireNonNull(c.other()), asm.get(spare, Ty.PTR));
              asm.put(spare, made);
            }
          }
        };
    here.within(() -> around(l, enter, body));
    for (int k = 0; k < variables.size(); k++) {
      Step.Carry c = l.carries().get(k);
      Val v = variables.get(k);
      if (v != null) {
        here.computed(c.after(), asm.get(v, Types.register(c.after().type().dtype())));
      } else if (c.after().isScalar()) {
        here.computed(c.after(), scalar(c.init()));
      }
    }
  }

  /** The rounds of a loop. */
  private void around(Step.Loop l, Runnable enter, Runnable body) {
    Asm asm = asm();
    Block condition = l.condition();
    if (condition == null) {
      asm.loop(
          Asm.i64(0),
          Asm.i64(l.length()),
          1,
          i -> {
            Val at = l.reverse() ? asm.sub(Asm.i64(l.length() - 1), i) : i;
            Val narrow = at.constant() ? Asm.i32((int) at.value()) : asm.cast("trunc", at, Ty.I32);
            here.computed(Objects.requireNonNull(l.index()), narrow);
            enter.run();
            body.run();
          });
    } else {
      asm.whileLoop(
          () -> {
            enter.run();
            block(condition);
            return scalar(condition.outputs().getFirst());
          },
          body);
    }
  }

  private void branch(Step.Branch b) {
    Asm asm = asm();
    var variables = new ArrayList<@Nullable Val>();
    for (Node n : b.results()) {
      variables.add(
          n.isScalar() ? asm.alloca(Types.register(n.type().dtype()).toString(), 8) : null);
    }
    Val predicate = scalar(b.predicate());
    here.within(
        () -> asm.branch(predicate, () -> side(b.yes(), variables), () -> side(b.no(), variables)));
    for (int k = 0; k < variables.size(); k++) {
      Val v = variables.get(k);
      Node n = b.results().get(k);
      if (v != null) {
        here.computed(n, asm.get(v, Types.register(n.type().dtype())));
      }
    }
  }

  private void side(Block b, List<@Nullable Val> variables) {
    block(b);
    for (int k = 0; k < variables.size(); k++) {
      Val v = variables.get(k);
      if (v != null) {
        asm().put(v, scalar(b.outputs().get(k)));
      }
    }
  }
}
