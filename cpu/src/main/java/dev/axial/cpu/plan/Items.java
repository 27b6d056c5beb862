package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The equations of a block as items: calls in place, equal ones once, each value with its users.
 */
final class Items {
  private final Planner planner;
  private final Program program;
  private final List<@Nullable Mem> places;
  private final Object owner;
  private final Map<Var, Object> env = new HashMap<>();
  private final Map<Object, Node> known = new HashMap<>();
  private final List<Item> items = new ArrayList<>();

  /**
   * @param env what the program's inputs stand for
   * @param places where each output has to lie in the end; null if that does not matter
   * @param owner whose values those of this block are
   */
  Items(
      Planner planner,
      Program program,
      Map<Var, Object> env,
      List<@Nullable Mem> places,
      Object owner) {
    this.planner = planner;
    this.program = program;
    this.places = places;
    this.owner = owner;
    this.env.putAll(env);
    flatten(program);
  }

  List<Item> list() {
    return items;
  }

  /** What a variable stands for. */
  Object value(Var v) {
    return Objects.requireNonNull(env.get(v));
  }

  private void flatten(Program p) {
    for (Equation e : p.equations()) {
      var in = new ArrayList<Object>();
      e.in().forEach(v -> in.add(value(v)));
      switch (e.op()) {
        case Op.Call c -> inline(c.body(), in, e);
        case Op.CustomVjp c -> inline(c.primal(), in, e);
        case Op.CustomJvp c -> inline(c.primal(), in, e);
        case Op.StopGradient _ -> env.put(e.result(), in.getFirst());
        default -> equation(e, in); // not over Op: these three only are special here
      }
    }
  }

  private void inline(Program body, List<Object> in, Equation e) {
    for (int k = 0; k < in.size(); k++) {
      env.put(body.inputs().get(k), in.get(k));
    }
    flatten(body);
    for (int k = 0; k < e.out().size(); k++) {
      env.put(e.out().get(k), value(body.outputs().get(k)));
    }
  }

  private record Key(Op op, List<Object> in, int result) {}

  /** Whether two equations with this operation and the same operands have the same results. */
  private static boolean pure(Op op, List<Object> in) {
    return op.bodies().isEmpty()
        && !(op instanceof Op.Callback)
        && !(op instanceof Op.StackNew)
        && !(op instanceof Op.RefNew)
        && in.stream().allMatch(x -> x instanceof Node);
  }

  private void equation(Equation e, List<Object> in) {
    boolean pure = pure(e.op(), in);
    if (pure && known.containsKey(new Key(e.op(), in, 0))) {
      for (int k = 0; k < e.out().size(); k++) {
        env.put(e.out().get(k), known.get(new Key(e.op(), in, k)));
      }
      return;
    }
    var out = new ArrayList<Object>();
    for (int k = 0; k < e.out().size(); k++) {
      Object made = made(e, k, in);
      out.add(made);
      env.put(e.out().get(k), made);
      if (pure) {
        known.put(new Key(e.op(), in, k), (Node) made);
      }
    }
    var item = new Item(items.size(), e.op(), in, out, e.site());
    items.add(item);
    for (Object x : in) {
      if (x instanceof Node n && n.owner == owner) {
        n.users.add(item);
      }
    }
  }

  private Object made(Equation e, int k, List<Object> in) {
    Var v = e.out().get(k);
    ArrayType t = v.type().array();
    return switch (e.op()) {
      case Op.RefNew _ -> new Cell(t, refMemory(v, t, e.site()), String.valueOf(e.site()));
      case Op.StackNew s -> {
        int out = program.outputs().indexOf(v);
        yield planner.frames(s.type(), out >= 0 ? null : Planner.pushes(after(v), v), out);
      }
      default -> { // not over Op: an array
        boolean reads = !in.isEmpty() && in.getFirst() instanceof Cell;
        var nodes = in.stream().filter(x -> x instanceof Node).map(x -> (Node) x).toList();
        var n = new Node(t, e.op(), nodes, reads ? (Cell) in.getFirst() : null, k);
        n.owner = owner;
        yield n;
      }
    };
  }

  /** The program in which a variable of this block is used: it, or the body of a call in it. */
  private Program after(Var v) {
    return Objects.requireNonNull(holder(program, v));
  }

  private static @Nullable Program holder(Program p, Var v) {
    for (Equation e : p.equations()) {
      if (e.out().contains(v)) {
        return p;
      }
      for (Program q : e.op().bodies()) {
        Program h = holder(q, v);
        if (h != null) {
          return h;
        }
      }
    }
    return null;
  }

  private Mem refMemory(Var v, ArrayType t, @Nullable String site) {
    int k = program.outputs().indexOf(v);
    if (k >= 0) {
      return Mem.rows(
          planner.add(
              new Buffer(Buffer.Kind.OUTPUT, k, t.dtype(), t.size(), "reference, output " + k)),
          t);
    }
    // A reference whose final contents are a result lives where that result has to be.
    for (int j = 0; j < program.outputs().size(); j++) {
      Mem m = places.get(j);
      Var out = program.outputs().get(j);
      if (m != null && program.outputs().indexOf(out) == j && frozen(program, out) == v) {
        return m;
      }
    }
    return Mem.rows(planner.scratch(t.dtype(), t.size(), "reference made at " + site), t);
  }

  /** The reference whose final contents an output is; null if it is something else. */
  private static @Nullable Var frozen(Program p, Var out) {
    for (Equation e : p.equations()) {
      int k = e.out().indexOf(out);
      if (k >= 0) {
        return switch (e.op()) {
          case Op.RefFreeze _ -> e.in().getFirst();
          case Op.Call c -> frozen(c.body(), c.body().outputs().get(k));
          case Op.CustomVjp c -> frozen(c.primal(), c.primal().outputs().get(k));
          case Op.CustomJvp c -> frozen(c.primal(), c.primal().outputs().get(k));
          default -> null; // not over Op: only what hands a reference's contents on
        };
      }
    }
    return null;
  }
}
