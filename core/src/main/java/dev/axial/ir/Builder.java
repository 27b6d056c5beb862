package dev.axial.ir;

import dev.axial.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects equations. A variable it does not own becomes an input on first use, which is all that
 * closures need: a new loop captures what its body touched.
 */
public final class Builder {
  private final List<Var> inputs = new ArrayList<>();
  private final List<Equation> constants = new ArrayList<>();
  private final List<Equation> equations = new ArrayList<>();
  private final LinkedHashMap<Var, Var> captures = new LinkedHashMap<>();
  private final Map<Var, Var> origins = new HashMap<>();
  private final Map<Op.Const, Var> scalars = new HashMap<>();
  private final Map<Var, Equation> definitions = new HashMap<>();
  private @Nullable String site;
  private String function = "";

  /** The user's source line that the next equations belong to. */
  public void site(@Nullable String line) {
    site = line;
  }

  public @Nullable String site() {
    return site;
  }

  /** Says what the function is called whose program this is. */
  public void function(String what) {
    function = what;
  }

  /** What the function is called whose program this is, or an empty string. */
  public String function() {
    return function;
  }

  /** The variable outside that an input of this builder stands for, or v itself. */
  public Var origin(Var v) {
    return origins.getOrDefault(v, v);
  }

  /** What was captured so far, in order. */
  public Set<Var> captured() {
    return captures.keySet();
  }

  /** The equation that defines a variable of this builder, or null for an input. */
  public @Nullable Equation definition(Var v) {
    return definitions.get(v);
  }

  /** How many equations there are, constants apart. */
  public int size() {
    return equations.size();
  }

  /** The equations from one position to another, constants apart. */
  public List<Equation> equations(int from, int to) {
    return List.copyOf(equations.subList(from, to));
  }

  /** The constants, which stand in front of all equations. */
  public List<Equation> constants() {
    return List.copyOf(constants);
  }

  public Var input(Type t) {
    Var v = new Var(t, this);
    inputs.add(v);
    return v;
  }

  /** The variable as this builder sees it. */
  public Var use(Var v) {
    if (v.owner() == this) {
      return v;
    }
    Op.Const c = v.constant();
    if (c != null) {
      return constant(c);
    }
    Var known = captures.get(v);
    if (known != null) {
      return known;
    }
    Var mine = new Var(v.type(), this);
    captures.put(v, mine);
    origins.put(mine, v);
    return mine;
  }

  public List<Var> use(List<Var> vs) {
    return vs.stream().map(this::use).toList();
  }

  /** Appends an equation. */
  public List<Var> emit(Op op, List<Var> in) {
    if (op instanceof Op.Const c) {
      return List.of(constant(c));
    }
    for (Program body : op.bodies()) {
      Program.checkDepth(1 + body.depth());
    }
    List<Var> mine = use(in);
    List<Var> out =
        TypeRules.infer(op, Program.types(mine)).stream()
            .map(t -> new Var(sized(t), this))
            .toList();
    append(new Equation(op, mine, out, site));
    return out;
  }

  /** A type whose number of elements can be counted. */
  private static Type sized(Type t) {
    var _ = t.array().size();
    return t;
  }

  public Var one(Op op, Var... in) {
    return emit(op, Arrays.asList(in)).getFirst();
  }

  public Var one(Op op, List<Var> in) {
    return emit(op, in).getFirst();
  }

  private void append(Equation e) {
    equations.add(e);
    for (Var v : e.out()) {
      definitions.put(v, e);
    }
  }

  /** Puts an equation over variables of this builder in front of all others. */
  public void prepend(Op op, List<Var> in, List<Var> out) {
    Equation e = new Equation(op, use(in), out, site);
    equations.addFirst(e);
    for (Var v : out) {
      definitions.put(v, e);
    }
  }

  /** A variable of this builder that {@link #prepend} or {@link #emit} will define. */
  public Var fresh(Type t) {
    return new Var(t, this);
  }

  /** The program, with the given captures as its last inputs. */
  public Program close(List<Var> outs, Collection<Var> captured) {
    List<Var> mine = use(outs);
    var ins = new ArrayList<>(inputs);
    for (Var v : captured) {
      ins.add(use(v));
    }
    var all = new ArrayList<>(constants);
    all.addAll(equations);
    return new Program(ins, all, mine);
  }

  /** The captures of several builders, each once. */
  public static Set<Var> union(Builder... builders) {
    var out = new LinkedHashSet<Var>();
    for (Builder b : builders) {
      out.addAll(b.captures.keySet());
    }
    return out;
  }

  // ---------------------------------------------------------------- short forms

  /** A scalar, made once; constants stand in front of all equations. */
  public Var constant(Op.Const c) {
    Var known = scalars.get(c);
    if (known != null) {
      return known;
    }
    Var v = new Var(ArrayType.scalar(c.dtype()), this, c);
    scalars.put(c, v);
    Equation e = new Equation(c, List.of(), List.of(v), null);
    constants.add(e);
    definitions.put(v, e);
    return v;
  }

  public Var num(DType t, double x) {
    return constant(Op.Const.of(t, x));
  }

  public Var un(Fn.Unary f, Var x) {
    return one(new Op.Unary(f), x);
  }

  public Var bin(Fn.Binary f, Var x, Var y) {
    return one(new Op.Binary(f), x, y);
  }

  public Var add(Var x, Var y) {
    return bin(Fn.Binary.ADD, x, y);
  }

  public Var sub(Var x, Var y) {
    return bin(Fn.Binary.SUB, x, y);
  }

  public Var div(Var x, Var y) {
    return bin(Fn.Binary.DIV, x, y);
  }

  public Var compare(Fn.Compare f, Var x, Var y) {
    return one(new Op.Compare(f), x, y);
  }

  /** A product, without the multiplications by one. */
  public Var mul(Var x, Var y) {
    if (is(x, 1)) {
      return y;
    }
    if (is(y, 1)) {
      return x;
    }
    if (is(x, -1)) {
      return un(Fn.Unary.NEG, y);
    }
    if (is(y, -1)) {
      return un(Fn.Unary.NEG, x);
    }
    return bin(Fn.Binary.MUL, x, y);
  }

  private static boolean is(Var v, double x) {
    Op.Const c = v.constant();
    return c != null && c.doubleValue() == x;
  }

  public Var select(Var p, Var a, Var b) {
    return one(new Op.Select(), p, a, b);
  }

  public Var cast(Var x, DType to) {
    if (x.array().dtype() == to) {
      return x;
    }
    Op.Const c = x.constant();
    if (c != null && c.dtype() != DType.KEY) {
      return constant(
          c.dtype().isFloating() ? Op.Const.of(to, c.doubleValue()) : Op.Const.of(to, c.bits()));
    }
    return one(new Op.Cast(to), x);
  }

  public Var sum(Var x, List<String> axes) {
    return axes.isEmpty() ? x : one(new Op.Reduce(Fn.Reduce.SUM, axes), x);
  }

  public Var broadcast(Var x, List<Dim> dims) {
    return x.array().dims().equals(dims) ? x : one(new Op.Broadcast(dims), x);
  }

  public Var zeros(ArrayType t) {
    return broadcast(num(t.dtype(), 0), t.dims());
  }

  /** Sums the axes that the type lacks, broadcasts those it adds, and puts them in its order. */
  public Var fit(Var v, ArrayType t) {
    var extra = v.array().dims().stream().map(Dim::name).filter(n -> !t.has(n)).toList();
    return broadcast(sum(v, extra), t.dims());
  }

  // ---------------------------------------------------------------- control flow

  public List<Var> scan(Builder body, List<Var> outs, int length, boolean reverse, List<Var> init) {
    body.use(outs);
    var caps = union(body);
    return emit(new Op.Scan(body.close(outs, caps), length, init.size(), reverse), cat(init, caps));
  }

  public List<Var> loop(Builder condition, Var go, Builder body, List<Var> outs, List<Var> init) {
    condition.use(go);
    body.use(outs);
    var caps = union(condition, body);
    return emit(
        new Op.While(condition.close(List.of(go), caps), body.close(outs, caps), init.size()),
        cat(init, caps));
  }

  /** Both builders have the same explicit inputs, bound to args. */
  public List<Var> cond(Var p, Builder yes, List<Var> a, Builder no, List<Var> b, List<Var> args) {
    yes.use(a);
    no.use(b);
    var caps = union(yes, no);
    return emit(new Op.Cond(yes.close(a, caps), no.close(b, caps)), cat(List.of(p), args, caps));
  }

  /** Emits the equations of a program with its inputs bound to args. */
  public List<Var> inline(Program p, List<Var> args) {
    var env = new Env();
    env.put(p.inputs(), args);
    for (Equation e : p.equations()) {
      site = e.site();
      env.put(e.out(), emit(e.op(), env.get(e.in())));
    }
    return env.get(p.outputs());
  }

  /** Concatenates lists of variables. */
  @SafeVarargs
  public static List<Var> cat(Collection<Var>... parts) {
    var out = new ArrayList<Var>();
    for (var p : parts) {
      out.addAll(p);
    }
    return out;
  }
}
