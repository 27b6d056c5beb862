package dev.axial.numerics;

import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Env;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What arithmetic on numbers of two bytes is. With {@code up} for the conversion to float32, which
 * is exact, and {@code down} for the one back, which rounds once:
 *
 * <pre>
 *   f(x, y)       = down(f(up x, up y))          element-wise functions, fma
 *   sum x, x · y  = down(sum up x), …            reductions, contractions, running sums
 *   x &lt; y, argsort x = up x &lt; up y, …           what gives another dtype
 *   cast x        = cast(up x), down(odd x)      from and to any dtype, by way of float32
 * </pre>
 *
 * A float64 or an integer that lies between two float32 numbers becomes the one whose last bit is 1
 * ({@code odd}), which is in the middle of no two numbers of two bytes: so it is rounded once.
 *
 * <p>Every engine compiles the program that this writes, so all of them round in the same places,
 * and fused loops round as if each operation were done alone. What is left of the two-byte dtypes
 * are constants, the two conversions, and what moves elements: selections, references, stacks.
 * There a write that combines, such as {@code add}, rounds at each element.
 */
public final class Widening {
  private final Builder b = new Builder();

  /** The float32 numbers of variables of the new program. */
  private final Map<Var, Var> wide = new HashMap<>();

  private Widening() {}

  /** The program with its arithmetic in float32; itself if nothing is to be written so. */
  public static Program of(Program p) {
    return concerns(p) ? new Widening().program(p) : p;
  }

  private static boolean concerns(Program p) {
    for (Var v : p.inputs()) {
      if (isHalf(v)) {
        return true;
      }
    }
    for (Equation e : p.equations()) {
      if (summed(e)) {
        return true;
      }
      for (Var v : e.out()) {
        if (isHalf(v)) {
          return true;
        }
      }
      for (Program body : e.op().bodies()) {
        if (concerns(body)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether it adds numbers at repeated indices, which are summed up before. */
  private static boolean summed(Equation e) {
    List<Type> types = Program.types(e.in());
    if (e.op() instanceof Op.Scatter s && s.fn() != null) {
      return Repeats.summed(
          s.fn(), s.access(), types.getFirst().array(), types.subList(2, types.size()));
    }
    return e.op() instanceof Op.RefCombine r
        && Repeats.summed(
            r.fn(), r.access(), types.getFirst().array(), types.subList(2, types.size()));
  }

  private static boolean isHalf(Var v) {
    return v.type().array().dtype().isHalf();
  }

  private Program program(Program p) {
    var env = new Env();
    env.put(p.inputs(), p.inputs().stream().map(v -> b.input(v.type())).toList());
    for (Equation e : p.equations()) {
      b.site(e.site());
      env.put(e.out(), equation(e, env.get(e.in())));
    }
    return b.close(env.get(p.outputs()), List.of());
  }

  private List<Var> equation(Equation e, List<Var> x) {
    if (summed(e)) {
      return repeats(e, x);
    }
    return switch (e.op()) {
      case Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Reduce _,
          Op.Dot _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _ ->
          inFloat32(e, x);
      case Op.Cast c when c.to().isHalf() -> List.of(narrowed(up(x.getFirst()), c.to()));
      case Op.Cast c -> List.of(b.cast(up(x.getFirst()), c.to()));
      case Op.Iota i when i.dtype().isHalf() ->
          List.of(b.cast(b.one(new Op.Iota(DType.FLOAT32, i.dim())), i.dtype()));
      case Op.Scan s -> b.emit(new Op.Scan(of(s.body()), s.length(), s.carry(), s.reverse()), x);
      case Op.While w -> b.emit(new Op.While(of(w.condition()), of(w.body()), w.carry()), x);
      case Op.Cond c -> b.emit(new Op.Cond(of(c.yes()), of(c.no())), x);
      case Op.Call c -> b.emit(new Op.Call(of(c.body()), c.name(), c.remat()), x);
      // To an engine these are calls: the rules have been used, or nobody asked for them.
      case Op.CustomVjp c -> b.emit(new Op.Call(of(c.primal()), "custom_vjp", false), x);
      case Op.CustomJvp c -> b.emit(new Op.Call(of(c.primal()), "custom_jvp", false), x);
      case Op.Const _,
          Op.Iota _,
          Op.Select _,
          Op.Bitcast _,
          Op.StopGradient _,
          Op.Broadcast _,
          Op.Rename _,
          Op.Merge _,
          Op.Split _,
          Op.Concat _,
          Op.Index _,
          Op.Scatter _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.RefNew _,
          Op.RefGet _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.RefSwap _,
          Op.RefFreeze _,
          Op.StackNew _,
          Op.StackPush _,
          Op.StackPop _,
          Op.LaneIndex _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.Callback _ ->
          b.emit(e.op(), x);
    };
  }

  /** See {@link Repeats}. */
  private List<Var> repeats(Equation e, List<Var> x) {
    ArrayType t = e.in().getFirst().type().array();
    boolean array = e.op() instanceof Op.Scatter;
    Op add =
        e.op() instanceof Op.RefCombine r ? new Op.Scatter(r.fn(), r.access(), r.mode()) : e.op();
    var in = new ArrayList<Var>();
    Var zero = b.constant(Op.Const.of(DType.FLOAT64, -0.0));
    in.add(b.one(new Op.Broadcast(t.dims()), zero));
    in.add(b.cast(x.get(1), DType.FLOAT64));
    in.addAll(x.subList(2, x.size()));
    Var sums = b.one(add, in);
    Var old = array ? x.getFirst() : b.one(new Op.RefGet(Access.ALL, Mode.CLAMP), x.getFirst());
    Var sum = b.one(new Op.Binary(Fn.Binary.ADD), b.cast(old, DType.FLOAT64), sums);
    Var now = b.cast(sum, t.dtype());
    return array
        ? List.of(now)
        : b.emit(new Op.RefSet(Access.ALL, false), List.of(x.getFirst(), now));
  }

  /** A number of any dtype as one of two bytes, rounded once. */
  private Var narrowed(Var x, DType to) {
    DType from = x.array().dtype();
    if (x.constant() != null) {
      return b.cast(x, to);
    }
    if (from.isInteger() && to == DType.FLOAT16) { // exact to 2^24, and infinite from 65520 on
      return b.cast(b.cast(x, DType.FLOAT32), to);
    }
    Var single =
        switch (from) {
          case FLOAT64 -> odd(x, DType.FLOAT32, DType.INT32);
          case INT32, UINT32 -> odd(b.cast(x, DType.FLOAT64), DType.FLOAT32, DType.INT32);
          case INT64 -> odd(odd(x, DType.FLOAT64, DType.INT64), DType.FLOAT32, DType.INT32);
          case BFLOAT16, FLOAT16, FLOAT32, BOOL, KEY -> b.cast(x, DType.FLOAT32);
        };
    return b.cast(single, to);
  }

  /**
   * Rounds to the nearest number of fewer digits. Where that is not x, it is the odd one of the two
   * around x: one less if it is beyond x, and then with the last bit. See {@code Half}.
   */
  private Var odd(Var x, DType to, DType bits) {
    DType t = x.array().dtype();
    Var near = b.cast(x, to);
    Var back = b.cast(near, t);
    Var zero = b.num(t, 0);
    Var below = b.compare(Fn.Compare.LT, x, zero);
    Var beyond =
        b.select(below, b.compare(Fn.Compare.LT, back, x), b.compare(Fn.Compare.GT, back, x));
    Var word = b.one(new Op.Bitcast(bits), near);
    Var cut = b.sub(word, b.cast(beyond, bits));
    Var last = b.bin(Fn.Binary.OR, cut, b.num(bits, 1));
    Var odd = b.one(new Op.Bitcast(to), last);
    return b.select(b.compare(Fn.Compare.EQ, back, x), near, odd);
  }

  /** The operation in float32; a result that had two bytes is rounded to them. */
  private List<Var> inFloat32(Equation e, List<Var> x) {
    Var y = b.one(e.op(), x.stream().map(this::up).toList());
    return List.of(b.cast(y, e.result().array().dtype()));
  }

  private Var up(Var v) {
    return isHalf(v) ? wide.computeIfAbsent(v, h -> b.cast(h, DType.FLOAT32)) : v;
  }
}
