package dev.axial.transform;

import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives one axis name another everywhere in a program. Names inside a program are bound by it, so
 * this changes nothing but the names of what comes in and goes out; vmap uses it to keep the name
 * of its lane free.
 */
public final class RenameAxes {
  private final String from;
  private final String to;

  private RenameAxes(String from, String to) {
    this.from = from;
    this.to = to;
  }

  /** The program with the name replaced. */
  public static Program of(Program p, String from, String to) {
    return new RenameAxes(from, to).program(p);
  }

  /** Whether the name occurs in the program, derivative rules apart. */
  public static boolean uses(Program p, String name) {
    for (Var v : p.inputs()) {
      if (v.type().array().has(name)) {
        return true;
      }
    }
    for (Equation e : p.equations()) {
      for (Var v : e.out()) {
        if (v.type().array().has(name)) {
          return true;
        }
      }
      if (e.op().bodies().stream().anyMatch(q -> uses(q, name))) {
        return true;
      }
    }
    return false;
  }

  private Program program(Program p) {
    var b = new Builder();
    var env = new Env();
    env.put(p.inputs(), p.inputs().stream().map(v -> b.input(type(v.type()))).toList());
    for (Equation e : p.equations()) {
      b.site(e.site());
      env.put(e.out(), b.emit(op(e.op()), env.get(e.in())));
    }
    return b.close(env.get(p.outputs()), List.of());
  }

  private String name(String s) {
    return s.equals(from) ? to : s;
  }

  private List<String> names(List<String> s) {
    return s.stream().map(this::name).toList();
  }

  private Dim dim(Dim d) {
    return d.name().equals(from) ? new Dim(to, d.size()) : d;
  }

  private List<Dim> dims(List<Dim> d) {
    return d.stream().map(this::dim).toList();
  }

  private Type type(Type t) {
    return switch (t) {
      case ArrayType a -> array(a);
      case RefType r -> new RefType(array(r.of()));
      case StackType s -> new StackType(array(s.of()), names(s.lanes()));
    };
  }

  private ArrayType array(ArrayType t) {
    return t.with(dims(t.dims()));
  }

  private Access access(Access a) {
    var sels = new ArrayList<Sel>();
    for (Sel s : a.sels()) {
      sels.add(
          switch (s) {
            case Sel.At x -> new Sel.At(name(x.axis()));
            case Sel.Ds x -> new Sel.Ds(name(x.axis()), x.size());
            case Sel.Window x -> new Sel.Window(name(x.axis()), x.start(), x.step(), x.size());
          });
    }
    return new Access(sels, a.masked());
  }

  private Op op(Op op) {
    return switch (op) {
      case Op.Iota i -> new Op.Iota(i.dtype(), dim(i.dim()));
      case Op.Reduce r -> new Op.Reduce(r.fn(), names(r.axes()));
      case Op.Broadcast b -> new Op.Broadcast(dims(b.dims()));
      case Op.Dot d -> new Op.Dot(names(d.axes()));
      case Op.Rename r -> new Op.Rename(names(r.from()), names(r.to()));
      case Op.Merge m -> new Op.Merge(names(m.axes()), name(m.to()));
      case Op.Split s -> new Op.Split(name(s.axis()), dims(s.to()));
      case Op.Concat c -> new Op.Concat(name(c.axis()));
      case Op.CumSum c -> new Op.CumSum(name(c.axis()), c.reverse());
      case Op.ArgSort a -> new Op.ArgSort(name(a.axis()), a.descending());
      case Op.ArgReduce a -> new Op.ArgReduce(a.max(), name(a.axis()));
      case Op.Index i -> new Op.Index(access(i.access()), i.mode());
      case Op.Scatter s -> new Op.Scatter(s.fn(), access(s.access()), s.mode());
      case Op.RefGet g -> new Op.RefGet(access(g.access()), g.mode());
      case Op.RefSet s -> new Op.RefSet(access(s.access()), s.reverse());
      case Op.RefCombine a -> new Op.RefCombine(a.fn(), access(a.access()), a.mode());
      case Op.RefSwap s -> new Op.RefSwap(access(s.access()), s.edge(), s.reverse());
      case Op.StackNew s -> new Op.StackNew((StackType) type(s.type()));
      case Op.Scan s -> new Op.Scan(program(s.body()), s.length(), s.carry(), s.reverse());
      case Op.While w -> new Op.While(program(w.condition()), program(w.body()), w.carry());
      case Op.Cond c -> new Op.Cond(program(c.yes()), program(c.no()));
      case Op.Call c -> new Op.Call(program(c.body()), c.name(), c.remat());
      case Op.CustomVjp c ->
          new Op.CustomVjp(
              program(c.primal()),
              c.forward().map(this::program),
              c.backward().map(this::program),
              c.wrt(),
              c.writes());
      case Op.CustomJvp c ->
          new Op.CustomJvp(program(c.primal()), c.rule().map(this::program), c.wrt());
      case Op.LaneGather g -> new Op.LaneGather(g.lane(), name(g.to()));
      case Op.LaneIndex _, Op.LaneReduce _ -> op; // the name of a lane belongs to a vmap outside
      case Op.Const _,
          Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.RefNew _,
          Op.RefFreeze _,
          Op.StackPush _,
          Op.StackPop _,
          Op.Callback _ ->
          op;
    };
  }
}
