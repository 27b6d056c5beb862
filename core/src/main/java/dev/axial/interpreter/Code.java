package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Store;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A program as a list of steps over a frame of slots. Whatever depends on types alone (loop nests,
 * access plans) is worked out once, here; a slot is cleared after its last use.
 */
final class Code {
  private static final byte[] NO_MASK = {};

  /** Longer counts are made anew each time, rather than kept. */
  private static final int KEPT = 1 << 10;

  private final Map<Var, Integer> slots = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<int[]> dead = new ArrayList<>();
  private final int[] outputs;

  /** One equation. */
  private interface Step {
    void run(Object[] f);
  }

  Code(Program p) {
    for (Var v : p.inputs()) {
      slot(v);
    }
    Map<Var, Op.Const> fills = fills(p);
    for (Equation e : p.equations()) {
      int[] in = e.in().stream().mapToInt(this::slot).toArray();
      int[] out = e.out().stream().mapToInt(this::slot).toArray();
      Op.Const fill = e.op() instanceof Op.RefNew ? fills.get(e.in().getFirst()) : null;
      if (fill != null) {
        steps.add(newRef(e.in().getFirst().array(), fill, out[0]));
      } else if (e.op() instanceof Op.Broadcast && fills.containsKey(e.result())) {
        steps.add(_ -> {});
      } else {
        steps.add(step(e, in, out));
      }
    }
    outputs = p.outputs().stream().mapToInt(this::slot).toArray();
    liveness(p);
  }

  /** Broadcast constants that only start a reference: the reference is filled at once instead. */
  private static Map<Var, Op.Const> fills(Program p) {
    var uses = new HashMap<Var, Integer>();
    for (Equation e : p.equations()) {
      e.in().forEach(v -> uses.merge(v, 1, Integer::sum));
    }
    p.outputs().forEach(v -> uses.merge(v, 1, Integer::sum));
    var constants = new HashMap<Var, Op.Const>();
    var broadcasts = new HashMap<Var, Op.Const>();
    var out = new HashMap<Var, Op.Const>();
    for (Equation e : p.equations()) {
      if (e.op() instanceof Op.Const c) {
        constants.put(e.result(), c);
      } else if (e.op() instanceof Op.Broadcast) {
        Op.Const c = constants.get(e.in().getFirst());
        if (c != null && uses.getOrDefault(e.result(), 0) == 1) {
          broadcasts.put(e.result(), c);
        }
      } else if (e.op() instanceof Op.RefNew) {
        Op.Const c = broadcasts.get(e.in().getFirst());
        if (c != null) {
          out.put(e.in().getFirst(), c);
        }
      }
    }
    return out;
  }

  private static Step newRef(ArrayType t, Op.Const c, int out) {
    boolean zero = c.bits() == 0;
    Object one = constant(c);
    Strided s = Strided.of(t, ArrayType.scalar(t.dtype()));
    return f ->
        f[out] =
            Cell.of(
                t.dtype(),
                zero ? Store.newArray(t.dtype(), t.size()) : Elementwise.gather(t.dtype(), s, one));
  }

  private int slot(Var v) {
    return slots.computeIfAbsent(v, _ -> slots.size());
  }

  private void liveness(Program p) {
    var seen = new boolean[slots.size()];
    for (int s : outputs) {
      seen[s] = true;
    }
    for (Equation e : p.equations().reversed()) {
      var last = new ArrayList<Integer>();
      for (Var v : e.in()) {
        if (!seen[slot(v)]) {
          seen[slot(v)] = true;
          last.add(slot(v));
        }
      }
      for (Var v : e.out()) {
        if (!seen[slot(v)]) {
          last.add(slot(v));
        }
      }
      dead.addFirst(last.stream().mapToInt(Integer::intValue).toArray());
    }
  }

  /** Runs it on the inputs, which are Java arrays, stores, cells or stacks. */
  Object[] run(Object[] inputs) {
    var f = new Object[slots.size()];
    System.arraycopy(inputs, 0, f, 0, inputs.length);
    for (int k = 0; k < steps.size(); k++) {
      steps.get(k).run(f);
      for (int s : dead.get(k)) {
        f[s] = NO_MASK;
      }
    }
    var out = new Object[outputs.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = f[outputs[k]];
    }
    return out;
  }

  // ---------------------------------------------------------------- slots

  /**
   * A value as a Java array. A store from outside is turned into one when it is first needed whole.
   */
  private static Object array(Object[] f, int slot) {
    Object v = f[slot];
    if (v instanceof Store s) {
      v = s.toArray();
      f[slot] = v;
    }
    return v;
  }

  private static Object[] arrays(Object[] f, int[] in, int from) {
    var out = new Object[in.length - from];
    for (int k = 0; k < out.length; k++) {
      out[k] = array(f, in[from + k]);
    }
    return out;
  }

  private static Cell cell(Object[] f, int slot) {
    return (Cell) f[slot];
  }

  /** An array as something that is read where it lies. */
  private static Cell view(DType t, Object v) {
    return v instanceof Store s ? Cell.of(s) : Cell.of(t, v);
  }

  private static byte[] mask(Object[] f, int[] in, int at, ArrayType given, ArrayType lanes) {
    if (at >= in.length) {
      return NO_MASK;
    }
    Object m = array(f, in[at]);
    return (byte[])
        (given.dims().equals(lanes.dims())
            ? m
            : Elementwise.gather(DType.BOOL, Strided.of(lanes, given), m));
  }

  private static boolean truth(Object v) {
    return ((byte[]) (v instanceof Store s ? s.toArray() : v))[0] != 0;
  }

  private static Accesses plan(Access a, Type of, Equation e, int firstOperand, boolean value) {
    var operands = Program.types(e.in()).subList(firstOperand, e.in().size());
    return new Accesses(a, of.array(), operands, value ? e.in().get(1).array() : null);
  }

  // ---------------------------------------------------------------- one step for each operation

  private static Step step(Equation e, int[] in, int[] out) {
    List<Var> x = e.in();
    return switch (e.op()) {
      case Op.Const c -> {
        Object v = constant(c);
        yield f -> f[out[0]] = v;
      }
      case Op.Iota i -> {
        if (i.dim().size() > KEPT) {
          yield f -> f[out[0]] = iota(i);
        }
        Object v = iota(i);
        yield f -> f[out[0]] = v;
      }
      case Op.Unary u -> {
        DType t = x.get(0).array().dtype();
        yield f -> f[out[0]] = Elementwise.unary(u.fn(), t, array(f, in[0]));
      }
      case Op.Binary b when e.result().array().isScalar() ->
          scalar(b.fn(), x.get(0).array().dtype(), in, out[0]);
      case Op.Binary b -> {
        DType t = x.get(0).array().dtype();
        Strided s = Strided.of(e.result().array(), x.get(0).array(), x.get(1).array());
        yield f -> f[out[0]] = Elementwise.binary(b.fn(), t, s, array(f, in[0]), array(f, in[1]));
      }
      case Op.Compare c -> {
        DType t = x.get(0).array().dtype();
        Strided s = Strided.of(e.result().array(), x.get(0).array(), x.get(1).array());
        yield f -> f[out[0]] = Elementwise.compare(c.fn(), t, s, array(f, in[0]), array(f, in[1]));
      }
      case Op.Fma _ -> {
        Strided s =
            Strided.of(e.result().array(), x.get(0).array(), x.get(1).array(), x.get(2).array());
        yield f ->
            f[out[0]] = Elementwise.fma(s, array(f, in[0]), array(f, in[1]), array(f, in[2]));
      }
      case Op.Select _ -> {
        Strided s =
            Strided.of(e.result().array(), x.get(0).array(), x.get(1).array(), x.get(2).array());
        DType t = e.result().array().dtype();
        yield f ->
            f[out[0]] =
                Elementwise.select(
                    t, s, (byte[]) array(f, in[0]), array(f, in[1]), array(f, in[2]));
      }
      case Op.Cast c -> {
        DType t = x.get(0).array().dtype();
        yield f -> f[out[0]] = Elementwise.cast(t, c.to(), array(f, in[0]));
      }
      case Op.Bitcast c -> f -> f[out[0]] = Elementwise.bitcast(c.to(), array(f, in[0]));
      case Op.StopGradient _ -> f -> f[out[0]] = f[in[0]];
      case Op.Reduce r when r.fn() == Fn.Reduce.SUM && x.get(0).array().dtype().isFloating() -> {
        Sums sums = Sums.of(x.get(0).array(), e.result().array());
        yield f -> f[out[0]] = sums.run(array(f, in[0]));
      }
      case Op.Reduce r -> {
        ArrayType from = x.get(0).array();
        Strided s = Strided.of(from, from, e.result().array());
        int n = (int) e.result().array().size();
        yield f -> f[out[0]] = Kernels.reduce(r.fn(), s, from, n, array(f, in[0]));
      }
      case Op.Broadcast _ -> relaid(x.get(0).array(), e.result().array(), in[0], out[0]);
      case Op.Dot d ->
          f ->
              f[out[0]] =
                  Kernels.dot(
                      d,
                      x.get(0).array(),
                      x.get(1).array(),
                      e.result().array(),
                      array(f, in[0]),
                      array(f, in[1]));
      case Op.Rename _, Op.Split _ -> f -> f[out[0]] = f[in[0]];
      case Op.Merge m -> {
        ArrayType from = x.get(0).array();
        var dims = new ArrayList<>(from.without(m.axes()).dims());
        dims.addAll(e.result().array().indexOf(m.to()), m.axes().stream().map(from::dim).toList());
        yield relaid(from, from.with(dims), in[0], out[0]);
      }
      case Op.Concat c -> {
        List<ArrayType> types = x.stream().map(Var::array).toList();
        yield f ->
            f[out[0]] =
                Kernels.concat(
                    e.result().array(), c.axis(), types, Arrays.asList(arrays(f, in, 0)));
      }
      case Op.CumSum c ->
          f -> f[out[0]] = Kernels.cumSum(x.get(0).array(), c.axis(), c.reverse(), array(f, in[0]));
      case Op.ArgSort a ->
          f ->
              f[out[0]] =
                  Kernels.argSort(x.get(0).array(), a.axis(), a.descending(), array(f, in[0]));
      case Op.ArgReduce a ->
          f ->
              f[out[0]] =
                  Kernels.argReduce(
                      x.get(0).array(), e.result().array(), a.axis(), a.max(), array(f, in[0]));
      case Op.Index i -> {
        Accesses plan = plan(i.access(), x.get(0).type(), e, 1, false);
        DType t = x.get(0).array().dtype();
        yield f ->
            f[out[0]] = plan.read(view(t, f[in[0]]), arrays(f, in, 1), i.mode() == Mode.CLAMP);
      }
      case Op.Scatter s -> {
        Accesses plan = plan(s.access(), x.get(0).type(), e, 2, true);
        DType t = x.get(0).array().dtype();
        Fn.Combine fn = s.fn();
        yield f -> {
          Object copy = view(t, f[in[0]]).toArray(false);
          Cell to = Cell.of(t, copy);
          if (fn != null) {
            plan.combine(fn, to, array(f, in[1]), arrays(f, in, 2), s.mode() == Mode.CLAMP);
          } else {
            plan.set(to, array(f, in[1]), arrays(f, in, 2), false);
          }
          f[out[0]] = copy;
        };
      }
      case Op.Threefry _ -> {
        Strided s =
            Strided.of(e.result().array(), x.get(0).array(), x.get(1).array(), x.get(2).array());
        yield f -> {
          var y =
              Kernels.threefry(
                  s, (long[]) array(f, in[0]), (int[]) array(f, in[1]), (int[]) array(f, in[2]));
          f[out[0]] = y.get(0);
          f[out[1]] = y.get(1);
        };
      }
      case Op.KeyWrap _ -> {
        Strided s0 = Strided.of(e.result().array(), x.get(0).array());
        Strided s1 = Strided.of(e.result().array(), x.get(1).array());
        yield f -> {
          int[] hi = (int[]) Elementwise.gather(DType.UINT32, s0, array(f, in[0]));
          int[] lo = (int[]) Elementwise.gather(DType.UINT32, s1, array(f, in[1]));
          var d = new long[hi.length];
          for (int k = 0; k < d.length; k++) {
            d[k] = (long) hi[k] << 32 | lo[k] & 0xffffffffL;
          }
          f[out[0]] = d;
        };
      }
      case Op.KeyData _ ->
          f -> {
            long[] key = (long[]) array(f, in[0]);
            f[out[0]] = Arrays.stream(key).mapToInt(k -> (int) (k >>> 32)).toArray();
            f[out[1]] = Arrays.stream(key).mapToInt(k -> (int) k).toArray();
          };
      case Op.RefNew _ -> {
        DType t = x.get(0).array().dtype();
        yield f -> f[out[0]] = Cell.of(t, view(t, f[in[0]]).toArray(false));
      }
      case Op.RefGet g when g.access().equals(Access.ALL) ->
          f -> f[out[0]] = cell(f, in[0]).toArray(false);
      case Op.RefGet g -> {
        Accesses plan = plan(g.access(), x.get(0).type(), e, 1, false);
        yield f -> f[out[0]] = plan.read(cell(f, in[0]), arrays(f, in, 1), g.mode() == Mode.CLAMP);
      }
      case Op.RefSet s -> {
        Accesses plan = plan(s.access(), x.get(0).type(), e, 2, true);
        yield f -> plan.set(cell(f, in[0]), array(f, in[1]), arrays(f, in, 2), s.reverse());
      }
      case Op.RefCombine c -> {
        Accesses plan = plan(c.access(), x.get(0).type(), e, 2, true);
        boolean clamp = c.mode() == Mode.CLAMP;
        yield f -> plan.combine(c.fn(), cell(f, in[0]), array(f, in[1]), arrays(f, in, 2), clamp);
      }
      case Op.RefSwap s -> {
        Accesses plan = plan(s.access(), x.get(0).type(), e, 2, true);
        yield f ->
            f[out[0]] =
                plan.swap(cell(f, in[0]), array(f, in[1]), arrays(f, in, 2), s.edge(), s.reverse());
      }
      case Op.RefFreeze _ -> f -> f[out[0]] = cell(f, in[0]).toArray(true);
      case Op.StackNew s -> f -> f[out[0]] = new Stack(s.type());
      case Op.StackPush p -> {
        var t = (dev.axial.ir.StackType) x.get(0).type();
        ArrayType lanes = t.of().with(t.laneDims());
        ArrayType given = p.masked() ? x.get(2).array() : lanes;
        yield f -> ((Stack) f[in[0]]).push(array(f, in[1]), mask(f, in, 2, given, lanes));
      }
      case Op.StackPop p -> {
        var t = (dev.axial.ir.StackType) x.get(0).type();
        ArrayType lanes = t.of().with(t.laneDims());
        ArrayType given = p.masked() ? x.get(1).array() : lanes;
        yield f -> f[out[0]] = ((Stack) f[in[0]]).pop(mask(f, in, 1, given, lanes));
      }
      case Op.Scan s -> scan(s, in, out);
      case Op.While w -> whileLoop(w, in, out);
      case Op.Cond c -> {
        var yes = new Code(c.yes());
        var no = new Code(c.no());
        yield f -> put(f, out, (truth(f[in[0]]) ? yes : no).run(pick(f, in, 1)));
      }
      case Op.Call c -> call(c.body(), in, out);
      case Op.CustomVjp c -> call(c.primal(), in, out);
      case Op.CustomJvp c -> call(c.primal(), in, out);
      case Op.LaneIndex _, Op.LaneReduce _, Op.LaneGather _ ->
          throw new AxialException("internal error: outside of a vmap: " + e.op());
      case Op.Callback c -> {
        var types = x.stream().map(Var::array).toList();
        yield f -> {
          var args = new ArrayList<Object>();
          for (int k = 0; k < in.length; k++) {
            args.add(f[in[k]] instanceof Store s ? s : Store.of(types.get(k).dtype(), f[in[k]]));
          }
          c.call(args, types);
        };
      }
    };
  }

  /** Scalars come often, as indices of loops, and need no loop of their own. */
  private static Step scalar(Fn.Binary fn, DType t, int[] in, int out) {
    return switch (t) {
      case BFLOAT16, FLOAT16 -> throw Elementwise.notWidened(t);
      case FLOAT32 ->
          f -> {
            float a = ((float[]) array(f, in[0]))[0];
            float b = ((float[]) array(f, in[1]))[0];
            f[out] = new float[] {Scalars.real(fn, a, b)};
          };
      case FLOAT64 ->
          f -> {
            double a = ((double[]) array(f, in[0]))[0];
            double b = ((double[]) array(f, in[1]))[0];
            f[out] = new double[] {Scalars.real(fn, a, b)};
          };
      case INT32, UINT32 -> {
        var g = Scalars.integer(fn, t == DType.UINT32);
        yield f -> {
          int a = ((int[]) array(f, in[0]))[0];
          int b = ((int[]) array(f, in[1]))[0];
          f[out] = new int[] {g.applyAsInt(a, b)};
        };
      }
      case INT64, KEY -> {
        var g = Scalars.integer(fn);
        yield f -> {
          long a = ((long[]) array(f, in[0]))[0];
          long b = ((long[]) array(f, in[1]))[0];
          f[out] = new long[] {g.applyAsLong(a, b)};
        };
      }
      case BOOL -> {
        var g = Scalars.integer(fn, false);
        yield f -> {
          byte a = ((byte[]) array(f, in[0]))[0];
          byte b = ((byte[]) array(f, in[1]))[0];
          f[out] = new byte[] {(byte) g.applyAsInt(a, b)};
        };
      }
    };
  }

  private static Object constant(Op.Const c) {
    return switch (c.dtype()) {
      case BFLOAT16, FLOAT16 -> new short[] {Half.nearest(c.dtype(), c.doubleValue())};
      case FLOAT32 -> new float[] {(float) c.doubleValue()};
      case FLOAT64 -> new double[] {c.doubleValue()};
      case INT32, UINT32 -> new int[] {(int) c.bits()};
      case INT64, KEY -> new long[] {c.bits()};
      case BOOL -> new byte[] {(byte) c.bits()};
    };
  }

  private static Object iota(Op.Iota i) {
    var d = new int[i.dim().size()];
    for (int k = 0; k < d.length; k++) {
      d[k] = k;
    }
    return Elementwise.cast(DType.INT32, i.dtype(), d);
  }

  private static Step relaid(ArrayType from, ArrayType to, int in, int out) {
    if (from.dims().equals(to.dims())) {
      return f -> f[out] = f[in];
    }
    Strided s = Strided.of(to, from);
    DType t = to.dtype();
    return f -> f[out] = Elementwise.gather(t, s, array(f, in));
  }

  private static Object[] pick(Object[] f, int[] in, int from) {
    var out = new Object[in.length - from];
    for (int k = 0; k < out.length; k++) {
      out[k] = f[in[from + k]];
    }
    return out;
  }

  private static void put(Object[] f, int[] out, Object[] values) {
    for (int k = 0; k < out.length; k++) {
      f[out[k]] = values[k];
    }
  }

  private static Step call(Program body, int[] in, int[] out) {
    var code = new Code(body);
    return f -> put(f, out, code.run(pick(f, in, 0)));
  }

  /** A store captured by a loop is turned into an array once, unless the body only indexes it. */
  private static Object[] loopInputs(Object[] f, int[] in, Program body, int offset) {
    var args = pick(f, in, 0);
    for (int k = 0; k < args.length; k++) {
      if (args[k] instanceof Store && !onlyIndexed(body, body.inputs().get(k + offset))) {
        args[k] = array(f, in[k]);
      }
    }
    return args;
  }

  private static boolean onlyIndexed(Program p, Var v) {
    for (Equation e : p.equations()) {
      for (int k = 0; k < e.in().size(); k++) {
        if (e.in().get(k) == v && !(e.op() instanceof Op.Index && k == 0)) {
          return false;
        }
      }
    }
    return !p.outputs().contains(v);
  }

  private static Step scan(Op.Scan s, int[] in, int[] out) {
    var body = new Code(s.body());
    return f -> {
      var first = loopInputs(f, in, s.body(), 1);
      var args = new Object[first.length + 1];
      System.arraycopy(first, 0, args, 1, first.length);
      for (int k = 0; k < s.length(); k++) {
        args[0] = new int[] {s.reverse() ? s.length() - 1 - k : k};
        System.arraycopy(body.run(args), 0, args, 1, s.carry());
      }
      System.arraycopy(args, 1, first, 0, s.carry());
      put(f, out, first);
    };
  }

  private static Step whileLoop(Op.While w, int[] in, int[] out) {
    var condition = new Code(w.condition());
    var body = new Code(w.body());
    return f -> {
      var args = loopInputs(f, in, w.body(), 0);
      while (truth(condition.run(args)[0])) {
        System.arraycopy(body.run(args), 0, args, 0, w.carry());
      }
      put(f, out, args);
    };
  }
}
