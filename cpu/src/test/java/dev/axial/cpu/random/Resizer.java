package dev.axial.cpu.random;

import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import dev.axial.ir.TypeRules;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The same program with one axis of another size. Throws where the operations do not allow it. */
final class Resizer {
  private final Dim from;
  private final int size;

  Resizer(Dim from, int size) {
    this.from = from;
    this.size = size;
  }

  /** All axes in a program, those of bodies included. */
  static Set<Dim> dims(Program p) {
    var out = new HashSet<Dim>();
    p.inputs().forEach(v -> out.addAll(v.type().array().dims()));
    for (Equation e : p.equations()) {
      e.out().forEach(v -> out.addAll(v.type().array().dims()));
      e.op().bodies().forEach(q -> out.addAll(dims(q)));
    }
    return out;
  }

  Program program(Program p) {
    return program(p, p.inputs().stream().map(v -> type(v.type())).toList());
  }

  private Program program(Program p, List<Type> inputs) {
    var owner = new Object();
    Map<Var, Var> map = new HashMap<>();
    var ins = new ArrayList<Var>();
    for (int k = 0; k < inputs.size(); k++) {
      Var v = new Var(inputs.get(k), owner);
      map.put(p.inputs().get(k), v);
      ins.add(v);
    }
    var list = new ArrayList<Equation>();
    for (Equation e : p.equations()) {
      List<Var> in = e.in().stream().map(map::get).toList();
      Op op = op(e.op(), in);
      var out = new ArrayList<Var>();
      List<Type> types = TypeRules.infer(op, Program.types(in));
      for (int k = 0; k < types.size(); k++) {
        Var v = new Var(types.get(k), owner);
        out.add(v);
        map.put(e.out().get(k), v);
      }
      list.add(new Equation(op, in, out, e.site()));
    }
    return new Program(ins, list, p.outputs().stream().map(map::get).toList());
  }

  private Dim dim(Dim d) {
    return d.equals(from) ? new Dim(d.name(), size) : d;
  }

  private List<Dim> dims(List<Dim> dims) {
    return dims.stream().map(this::dim).toList();
  }

  private Type type(Type t) {
    return switch (t) {
      case ArrayType a -> a.with(dims(a.dims()));
      case RefType r -> new RefType(r.of().with(dims(r.of().dims())));
      case StackType s -> new StackType(s.of().with(dims(s.of().dims())), s.lanes());
    };
  }

  private Program body(Program p, List<Var> in, int offset) {
    var types = new ArrayList<Type>();
    for (int k = 0; k < p.inputs().size(); k++) {
      types.add(k < offset ? p.inputs().get(k).type() : in.get(k - offset).type());
    }
    return program(p, types);
  }

  private Op op(Op op, List<Var> in) {
    return switch (op) {
      case Op.Iota i -> new Op.Iota(i.dtype(), dim(i.dim()));
      case Op.Broadcast b -> new Op.Broadcast(dims(b.dims()));
      case Op.Split s -> new Op.Split(s.axis(), dims(s.to()));
      case Op.StackNew s -> new Op.StackNew((StackType) type(s.type()));
      case Op.Index i -> new Op.Index(access(i.access(), in.getFirst()), i.mode());
      case Op.Scatter s -> new Op.Scatter(s.fn(), access(s.access(), in.getFirst()), s.mode());
      case Op.RefGet g -> new Op.RefGet(access(g.access(), in.getFirst()), g.mode());
      case Op.RefSet s -> new Op.RefSet(access(s.access(), in.getFirst()), s.reverse());
      case Op.RefCombine c ->
          new Op.RefCombine(c.fn(), access(c.access(), in.getFirst()), c.mode());
      case Op.RefSwap s -> new Op.RefSwap(access(s.access(), in.getFirst()), s.edge(), s.reverse());
      case Op.Scan s -> new Op.Scan(body(s.body(), in, 1), s.length(), s.carry(), s.reverse());
      case Op.While w -> new Op.While(body(w.condition(), in, 0), body(w.body(), in, 0), w.carry());
      case Op.Cond c -> new Op.Cond(body(c.yes(), in, -1), body(c.no(), in, -1));
      case Op.Call c -> new Op.Call(body(c.body(), in, 0), c.name(), c.remat());
      case Op.CustomVjp c -> {
        Program p = body(c.primal(), in, 0);
        yield new Op.CustomVjp(p, p, p, c.wrt());
      }
      case Op.CustomJvp c -> {
        Program p = body(c.primal(), in, 0);
        yield new Op.CustomJvp(p, p, c.wrt());
      }
      default -> op; // not over Op: no sizes in the others
    };
  }

  private Access access(Access a, Var of) {
    var sels = new ArrayList<Sel>();
    for (Sel s : a.sels()) {
      int n = of.type().array().dim(s.axis()).size();
      sels.add(
          switch (s) {
            case Sel.Window w -> {
              int k = dim(new Dim(w.axis(), w.size())).size();
              int reach = w.step() * (k - 1);
              int start =
                  w.step() > 0
                      ? Math.max(0, Math.min(w.start(), n - 1 - reach))
                      : Math.min(n - 1, Math.max(w.start(), -reach));
              yield new Sel.Window(w.axis(), start, w.step(), k);
            }
            case Sel.Ds d ->
                new Sel.Ds(d.axis(), Math.min(n, dim(new Dim(d.axis(), d.size())).size()));
            case Sel.At at -> at;
          });
    }
    return new Access(sels, a.masked());
  }
}
