package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import dev.axial.numerics.Widening;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * An element-wise operation on arrays of any length: one function for each operation and each
 * choice of whole arrays and single numbers. Its length comes when it is called.
 */
public final class Flat {
  /** The slot of the number of parts, of the length, and of the first address. */
  public static final int PARTS = 0;

  public static final int LENGTH = 1;
  public static final int ADDRESSES = 2;

  /** A length that no array has: the loops are written for it and end before. */
  private static final Dim ANY = new Dim("n", 1 << 30);

  private Flat() {}

  /** Whether a program is one such operation. */
  public static boolean suits(Program p) {
    if (p.equations().size() != 1 || p.outputs().size() != p.equations().getFirst().out().size()) {
      return false;
    }
    var e = p.equations().getFirst();
    boolean elementwise =
        e.op() instanceof Op.Unary
            || e.op() instanceof Op.Binary
            || e.op() instanceof Op.Compare
            || e.op() instanceof Op.Fma
            || e.op() instanceof Op.Select
            || e.op() instanceof Op.Cast
            || e.op() instanceof Op.Threefry
            || e.op() instanceof Op.KeyWrap
            || e.op() instanceof Op.KeyData;
    if (!elementwise || !p.outputs().equals(e.out()) || !p.inputs().equals(e.in())) {
      return false;
    }
    List<Dim> dims = e.result().array().dims();
    return !dims.isEmpty()
        && e.in().stream().allMatch(v -> v.array().isScalar() || v.array().dims().equals(dims));
  }

  private static final String NAME = "@" + ObjectCache.NAME;

  /** With linkage and name. */
  private static final String HEADER =
      "define %s void %s(" + Emitter.PART.replace("%", "%%") + ") #0";

  /**
   * A written function.
   *
   * @param grain the length of each part is a multiple of this
   */
  public record Written(String ir, long grain) {}

  /** Writes the function of a program that suits. */
  public static Written write(Program p, Target target) {
    var b = new Builder();
    var in = new ArrayList<Var>();
    for (Var v : p.inputs()) {
      Type t = v.array().isScalar() ? v.type() : v.array().with(List.of(ANY));
      in.add(b.input(t));
    }
    Program flat = b.close(b.emit(p.equations().getFirst().op(), in), List.of());
    Planner.Plan plan = Planner.of(Widening.of(flat));
    var declarations = new TreeSet<String>();
    var asm = new Asm(HEADER.formatted("", NAME), declarations);
    var frame = new Env(asm, flat, target);
    long grain = 1;
    for (Step s : plan.block().steps()) {
      if (s instanceof Step.Scalars x) {
        for (Node n : x.nodes()) {
          Cone cone = Objects.requireNonNull(x.cones().get(n));
          frame.known.put(n, new Eval(frame).fresh(n, cone));
        }
      } else if (s instanceof Step.Loops l) {
        grain = Math.max(grain, nest(l.nest(), target, frame));
      }
    }
    asm.leave();
    var text = new StringBuilder();
    if (target.mode().flushes() && asm.computesReals()) {
      text.append(asm.text(HEADER.formatted("internal", FloatMode.inner(NAME))));
      text.append(
          target.mode().around("", NAME, FloatMode.inner(NAME), Emitter.PART, declarations));
    } else {
      text.append(asm.text());
    }
    return new Written(Emitter.module(declarations, text, target), grain);
  }

  private static long nest(Nest nest, Target target, Env frame) {
    Schedule s = Schedule.of(nest, target);
    Asm a = frame.asm;
    Schedule.Loop l = s.outer.getFirst();
    long grain = l.vector ? (long) s.lanes * s.unroll : 1;
    Val n = a.early(Ty.I64, frame.env, LENGTH);
    Val parts = a.early(Ty.I64, frame.env, PARTS);
    Val units = a.op("udiv", a.add(n, Asm.i64(grain - 1)), Asm.i64(grain));
    Val part = new Val(Ty.I64, "%part");
    Val lo = Kernels.bound(a, part, units, parts, grain, n);
    Val hi = Kernels.bound(a, a.add(part, Asm.i64(1)), units, parts, grain, n);
    new NestEmitter(nest, s, frame).run(l, lo, hi, false);
    return grain;
  }

  /** Addresses come in the environment, numbers by their addresses. */
  private static final class Env implements Frame {
    final Asm asm;
    final Val env = new Val(Ty.PTR, "%env");
    private final Program program;
    private final Target target;
    private final Map<Object, Val> known = new IdentityHashMap<>();

    Env(Asm asm, Program program, Target target) {
      this.target = target;
      this.asm = asm;
      this.program = program;
    }

    @Override
    public Asm asm() {
      return asm;
    }

    @Override
    public Target target() {
      return target;
    }

    @Override
    public Val address(Buffer b) {
      int at = b.kind() == Buffer.Kind.INPUT ? b.index() : program.inputs().size() + b.index();
      return known.computeIfAbsent(b, _ -> asm.early(Ty.PTR, env, ADDRESSES + at));
    }

    @Override
    public boolean written(Root r) {
      return false;
    }

    @Override
    public void wrote(Root r, boolean done) {}

    @Override
    public Val scalar(Node n) {
      return known.computeIfAbsent(n, _ -> load(n));
    }

    private Val load(Node n) {
      Ty ty = Types.memory(n.type().dtype());
      Val address = address(java.util.Objects.requireNonNull(n.mem()).buffer());
      int align = n.type().dtype().bytes();
      Val v = asm.early(ty, "load %s, %s, align %d".formatted(ty, address, align));
      return ty.equals(Types.register(n.type().dtype()))
          ? v
          : asm.early(Ty.I1, "icmp ne %s, 0".formatted(v));
    }
  }
}
