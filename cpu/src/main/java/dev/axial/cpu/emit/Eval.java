package dev.axial.cpu.emit;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The value of an element at a point: loaded if it lies in memory, computed from its operands'
 * elements otherwise. A value that does not depend on the lanes stays a scalar.
 */
final class Eval {
  private final Frame frame;
  private final Asm asm;
  private final Halves halves;

  /** The loops being written; null outside of loops. */
  private @Nullable Nest nest;

  /**
   * The values that the root or scalar being written was planned to load; null outside of both. A
   * value that was given a place only later is computed: its memory may not be written yet, or not
   * at all, or not be like one axis where the loops run.
   */
  private @Nullable Set<Node> leaves;

  /** Elements that are known at the point in question. */
  private Map<Node, Val> given = Map.of();

  /** The value whose element is wanted as soon as it has been loaded. */
  private @Nullable Node wanted;

  private @Nullable Val found;

  /** Sets the loops that are written. */
  void nest(Nest n) {
    nest = n;
  }

  /** Sets which of their roots is computed from here on. */
  void computes(Root r) {
    leaves = Objects.requireNonNull(nest).cone(r).nodes();
  }

  /** Sets elements that need not be loaded. */
  void given(Map<Node, Val> elements) {
    given = elements;
  }

  /**
   * The element of a value in memory that computing the roots asks for at a point. The rest of that
   * computation is written too, and dropped by the optimizer.
   */
  Val loaded(Node n, List<Root> roots, Point p) {
    wanted = n;
    found = null;
    for (Root r : roots) {
      if (found == null) {
        computes(r);
        Node x = r.asks().getFirst();
        Val _ = x == r.defines() ? compute(x, p.index, p) : at(x, p);
      }
    }
    wanted = null;
    return Objects.requireNonNull(found);
  }

  Eval(Frame frame) {
    this.frame = frame;
    this.asm = frame.asm();
    this.halves = new Halves(asm, frame.target().halves());
  }

  /** A scalar, computed here from what it was planned to ask for. */
  Val fresh(Node n, Cone cone) {
    leaves = cone.nodes();
    Val v = compute(n, Map.of(), Point.start());
    leaves = null;
    return v;
  }

  /** The element of a value that is being put into memory: computed, and remembered. */
  Val made(Node n, Point p) {
    Val v = p.known(n, p.index);
    if (v == null) {
      v = compute(n, p.index, p);
      p.remember(n, p.index, v);
    }
    return v;
  }

  /** The element of a value at the point's own indices. */
  Val at(Node n, Point p) {
    return at(n, p.index, p);
  }

  Val at(Node n, Map<String, Idx> index, Point p) {
    if (n.isScalar() && !n.isVirtual() && p.known(n, index) == null) {
      return frame.scalar(n);
    }
    Val v = p.known(n, index);
    if (v == null) {
      Mem m = n.mem();
      Val g = given.get(n);
      v =
          g != null
              ? g
              : m != null && there(n)
                  ? load(m, n.type().dtype(), index, p, null)
                  : compute(n, index, p);
      p.remember(n, index, v);
      if (n == wanted) {
        found = v;
      }
    }
    return v;
  }

  /** A value that is put into memory later on is computed until then. */
  private boolean there(Node n) {
    return (leaves == null || leaves.contains(n))
        && (!(n.root() instanceof Root.Store s) || s.value() != n || frame.written(s));
  }

  // ---------------------------------------------------------------- memory

  /** How many elements from where memory starts. */
  private Idx element(Mem m, Map<String, Idx> index, Point p) {
    Idx at = Idx.of(0);
    for (var e : m.strides().entrySet()) {
      long s = e.getValue();
      if (s != 0) {
        Idx i = index.get(e.getKey());
        if (i == null) {
          throw new AxialException(
              "internal error: no index for axis %s of %s".formatted(e.getKey(), m));
        }
        at = at.plus(asm, i.times(asm, s), p.lanes);
      }
    }
    for (Mem.Shift s : m.shifts()) {
      Val i = wide(frame.scalar(s.index()), s.index().type().dtype());
      Val c = clamp(wrap(i, s.axis()), s.axis() - s.window());
      at = at.plus(asm, Idx.of(c).times(asm, s.stride()), p.lanes);
    }
    return at;
  }

  /** The address of the element whose indices are all 0. */
  Val start(Mem m) {
    var zero = new HashMap<String, Idx>();
    m.strides().keySet().forEach(k -> zero.put(k, Idx.of(0)));
    Idx at = element(m, zero, Point.start());
    return asm.at(frame.address(m), Types.memory(m.buffer().dtype()).scalar(), at.base());
  }

  /** An index as 64 bits. */
  private Val wide(Val i, DType t) {
    return i.ty().scalar().equals("i64")
        ? i
        : asm.cast(t == DType.UINT32 ? "zext" : "sext", i, i.ty().of(Ty.I64));
  }

  private Val wrap(Val i, long axis) {
    Val negative = asm.cmp("icmp slt", i, Asm.integer(i.ty(), 0));
    return asm.select(negative, asm.op("add", i, Asm.integer(i.ty(), axis)), i);
  }

  private Val clamp(Val i, long most) {
    Val low = asm.intrinsic("smax", i, Asm.integer(i.ty(), 0));
    return asm.intrinsic("smin", low, Asm.integer(i.ty(), Math.max(0, most)));
  }

  static int align(DType t) {
    return t.bytes();
  }

  /**
   * Loads an element.
   *
   * @param valid where the element does not exist the result is 0; null if it always does
   */
  Val load(Mem m, DType t, Map<String, Idx> index, Point p, @Nullable Val valid) {
    Idx at = element(m, index, p);
    Val base = frame.address(m);
    Ty ty = Types.memory(t);
    int align = align(t);
    Val v;
    if (at.isScalar()) {
      v = asm.load(ty, asm.at(base, ty.scalar(), at.base()), align);
    } else if (at.each() == null && at.step() == 1) {
      Val address = asm.at(base, ty.scalar(), at.base());
      Val mask = p.mask;
      v =
          mask == null
              ? asm.load(ty.by(p.lanes), address, align)
              : asm.maskedLoad(ty.by(p.lanes), address, align, mask);
    } else if (at.each() == null && at.step() == -1 && p.mask == null) {
      Val first = asm.add(at.base(), Asm.i64(1 - p.lanes));
      Val forward = asm.load(ty.by(p.lanes), asm.at(base, ty.scalar(), first), align);
      v = asm.shuffle(forward, forward, backwards(p.lanes));
    } else {
      Val addresses = asm.at(base, ty.scalar(), at.vector(asm, p.lanes));
      Val mask = p.mask == null ? Asm.integer(Ty.I1.by(p.lanes), 1) : p.mask;
      v = asm.gather(ty.by(p.lanes), addresses, align, mask);
    }
    if (t == DType.BOOL) {
      v = asm.cmp("icmp ne", v, Asm.zero(v.ty()));
    }
    return valid == null ? v : orZero(valid, v);
  }

  private static int[] backwards(int n) {
    var out = new int[n];
    for (int k = 0; k < n; k++) {
      out[k] = n - 1 - k;
    }
    return out;
  }

  /** A value where it is valid, 0 elsewhere. */
  Val orZero(Val valid, Val v) {
    int n = Math.max(valid.ty().lanes(), v.ty().lanes());
    Val x = asm.splat(v, n);
    return asm.select(asm.splat(valid, n), x, Asm.zero(x.ty()));
  }

  /** Stores an element where the lanes count and the condition, if any, holds. */
  void store(Val given, Mem m, DType t, Map<String, Idx> index, Point p, @Nullable Val valid) {
    store(given, m, t, index, p, valid, false);
  }

  /**
   * The same, past the caches if {@code streams}: then whole vectors lie at multiples of theirs.
   */
  void store(
      Val given,
      Mem m,
      DType t,
      Map<String, Idx> index,
      Point p,
      @Nullable Val valid,
      boolean streams) {
    if (valid != null && valid.ty().lanes() == 1) {
      asm.branch(valid, () -> store(given, m, t, index, p, null), null);
      return;
    }
    Idx at = element(m, index, p);
    Val base = frame.address(m);
    Ty ty = Types.memory(t);
    int align = align(t);
    if (at.isScalar()) {
      Val v = inMemory(given, t);
      if (v.ty().lanes() != 1) {
        throw new AxialException("internal error: lanes for one place");
      }
      asm.store(v, asm.at(base, ty.scalar(), at.base()), align);
      return;
    }
    Val v = inMemory(asm.splat(given, p.lanes), t);
    Val mask = both(p.mask, valid, p.lanes);
    if (at.each() == null && at.step() == 1) {
      Val address = asm.at(base, ty.scalar(), at.base());
      if (mask == null && streams) {
        asm.stream(v, address, align * p.lanes);
      } else if (mask == null) {
        asm.store(v, address, align);
      } else {
        asm.maskedStore(v, address, align, mask);
      }
    } else {
      Val addresses = asm.at(base, ty.scalar(), at.vector(asm, p.lanes));
      asm.scatter(v, addresses, align, mask == null ? Asm.integer(Ty.I1.by(p.lanes), 1) : mask);
    }
  }

  private @Nullable Val both(@Nullable Val a, @Nullable Val b, int lanes) {
    if (a == null || b == null) {
      return a == null ? b == null ? null : asm.splat(b, lanes) : asm.splat(a, lanes);
    }
    return asm.op("and", asm.splat(a, lanes), asm.splat(b, lanes));
  }

  private Val inMemory(Val v, DType t) {
    return t == DType.BOOL ? asm.cast("zext", v, v.ty().of(Ty.I8)) : v;
  }

  // ---------------------------------------------------------------- selections

  /**
   * What a selection means at a point.
   *
   * @param index for each axis of the base
   * @param valid whether all indices are in range and the mask holds; null if that is certain
   * @param empty whether an indexed axis has no elements at all
   */
  record Target(Map<String, Idx> index, @Nullable Val valid, boolean empty) {}

  Target target(Access access, ArrayType of, List<Node> operands, Map<String, Idx> index, Point p) {
    var out = new LinkedHashMap<String, Idx>();
    for (Dim d : of.dims()) {
      Idx i = index.get(d.name());
      if (i != null) {
        out.put(d.name(), i);
      }
    }
    Val valid = null;
    boolean empty = false;
    int k = 0;
    for (Sel s : access.sels()) {
      int n = of.dim(s.axis()).size();
      switch (s) {
        case Sel.Window w -> {
          Idx i = Objects.requireNonNull(index.get(w.axis()));
          out.put(w.axis(), i.times(asm, w.step()).plus(asm, w.start()));
        }
        case Sel.Ds w -> {
          Node o = operands.get(k++);
          Val start = clamp(wrap(wide(at(o, index, p), o.type().dtype()), n), n - w.size());
          Idx i = Objects.requireNonNull(index.get(w.axis()));
          out.put(w.axis(), Idx.each(start).plus(asm, i, p.lanes));
        }
        case Sel.At a -> {
          Node o = operands.get(k++);
          empty |= n == 0;
          Val i = wrap(wide(at(o, index, p), o.type().dtype()), n);
          // As unsigned, a negative index is beyond the end too.
          Val in = asm.cmp("icmp ult", i, Asm.integer(i.ty(), n));
          valid = valid == null ? in : and(valid, in);
          out.put(a.axis(), Idx.each(clamp(i, n - 1)));
        }
      }
    }
    if (access.masked()) {
      Val m = at(operands.get(k), index, p);
      valid = valid == null ? m : and(valid, m);
    }
    return new Target(out, valid, empty);
  }

  private Val and(Val a, Val b) {
    int n = Math.max(a.ty().lanes(), b.ty().lanes());
    return asm.op("and", asm.splat(a, n), asm.splat(b, n));
  }

  // ---------------------------------------------------------------- operations

  private Val compute(Node n, Map<String, Idx> index, Point p) {
    List<Node> in = n.in();
    DType t = n.type().dtype();
    return switch (Objects.requireNonNull(n.op())) {
      case Op.Const c -> constant(c);
      case Op.Iota i -> iota(t, Objects.requireNonNull(index.get(i.dim().name())), p);
      case Op.Unary u -> Elements.unary(asm, u.fn(), t, at(in.getFirst(), index, p));
      case Op.Binary b -> {
        Val x = at(in.get(0), index, p);
        Val y = at(in.get(1), index, p);
        int l = lanes(x, y);
        yield Elements.binary(asm, b.fn(), t, asm.splat(x, l), asm.splat(y, l));
      }
      case Op.Compare c -> {
        Val x = at(in.get(0), index, p);
        Val y = at(in.get(1), index, p);
        int l = lanes(x, y);
        yield Elements.compare(
            asm, c.fn(), in.getFirst().type().dtype(), asm.splat(x, l), asm.splat(y, l));
      }
      case Op.Fma _ -> {
        Val x = at(in.get(0), index, p);
        Val y = at(in.get(1), index, p);
        Val z = at(in.get(2), index, p);
        int l = Math.max(lanes(x, y), z.ty().lanes());
        yield asm.intrinsic("fma", asm.splat(x, l), asm.splat(y, l), asm.splat(z, l));
      }
      case Op.Select _ -> {
        Val c = at(in.get(0), index, p);
        Val x = at(in.get(1), index, p);
        Val y = at(in.get(2), index, p);
        int l = Math.max(lanes(x, y), c.ty().lanes());
        yield asm.select(asm.splat(c, l), Elements.moved(asm, asm.splat(x, l)), asm.splat(y, l));
      }
      case Op.Cast c -> {
        DType from = in.getFirst().type().dtype();
        Val x = at(in.getFirst(), index, p);
        yield from.isHalf()
            ? halves.widen(from, x)
            : c.to().isHalf() ? halves.narrow(c.to(), x) : Elements.cast(asm, from, c.to(), x);
      }
      case Op.Bitcast c -> {
        Val x = at(in.getFirst(), index, p);
        Ty to = x.ty().of(Types.register(c.to()));
        yield to.equals(x.ty()) ? x : asm.cast("bitcast", x, to);
      }
      case Op.Broadcast _, Op.StopGradient _ -> at(in.getFirst(), index, p);
      case Op.Rename r -> {
        var to = new HashMap<String, Idx>();
        for (Dim d : in.getFirst().type().dims()) {
          int k = r.from().indexOf(d.name());
          to.put(d.name(), Objects.requireNonNull(index.get(k < 0 ? d.name() : r.to().get(k))));
        }
        yield at(in.getFirst(), to, p);
      }
      case Op.Split s -> {
        var to = new HashMap<>(index);
        Idx i = Idx.of(0);
        long scale = 1;
        for (int k = s.to().size() - 1; k >= 0; k--) {
          Idx part = Objects.requireNonNull(index.get(s.to().get(k).name()));
          i = i.plus(asm, part.times(asm, scale), p.lanes);
          scale *= s.to().get(k).size();
        }
        to.put(s.axis(), i);
        yield at(in.getFirst(), to, p);
      }
      case Op.Index i -> {
        Node base = in.getFirst();
        Target g = target(i.access(), base.type(), in.subList(1, in.size()), index, p);
        if (g.empty()) {
          yield Asm.zero(Types.register(t));
        }
        Val v = at(base, g.index(), p);
        Val ok = g.valid();
        yield i.mode() == Mode.CLAMP && !i.access().masked() || ok == null ? v : orZero(ok, v);
      }
      case Op.RefGet r -> {
        var c = Objects.requireNonNull(n.ref());
        Target g = target(r.access(), c.type(), in, index, p);
        if (g.empty()) {
          yield Asm.zero(Types.register(t));
        }
        boolean sure = r.mode() == Mode.CLAMP && !r.access().masked();
        yield load(c.mem(), t, g.index(), p, sure ? null : g.valid());
      }
      case Op.RefFreeze _ -> load(Objects.requireNonNull(n.ref()).mem(), t, index, p, null);
      case Op.Threefry _ -> {
        Val key = at(in.get(0), index, p);
        Val x = at(in.get(1), index, p);
        Val y = at(in.get(2), index, p);
        int l = Math.max(lanes(x, y), key.ty().lanes());
        yield Elements.threefry(asm, asm.splat(key, l), asm.splat(x, l), asm.splat(y, l))
            .get(n.result());
      }
      case Op.KeyWrap _ -> {
        Val x = at(in.get(0), index, p);
        Val y = at(in.get(1), index, p);
        int l = lanes(x, y);
        Ty to = Ty.I64.by(l);
        Val high = asm.cast("zext", asm.splat(x, l), to);
        Val low = asm.cast("zext", asm.splat(y, l), to);
        yield asm.op("or", asm.op("shl", high, Asm.integer(to, 32)), low);
      }
      case Op.KeyData _ -> {
        Val key = at(in.getFirst(), index, p);
        Val word = n.result() == 0 ? asm.op("lshr", key, Asm.integer(key.ty(), 32)) : key;
        yield asm.cast("trunc", word, key.ty().of(Ty.I32));
      }
      case Op.Merge _,
          Op.Reduce _,
          Op.Dot _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Scatter _,
          Op.RefNew _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.RefSwap _,
          Op.StackNew _,
          Op.StackPush _,
          Op.StackPop _,
          Op.Scan _,
          Op.While _,
          Op.Cond _,
          Op.Call _,
          Op.CustomVjp _,
          Op.CustomJvp _,
          Op.LaneIndex _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.Callback _ ->
          throw new AxialException("internal error: an element of " + n.op());
    };
  }

  /** What a write makes of an element in memory and its value; numbers of two bytes round once. */
  Val combined(Fn.Combine fn, DType t, Val a, Val b) {
    int n = lanes(a, b);
    Val x = asm.splat(a, n);
    Val y = asm.splat(b, n);
    if (t.isHalf()) {
      Val wide =
          Elements.binary(asm, fn.binary(), DType.FLOAT32, halves.widen(t, x), halves.widen(t, y));
      return halves.narrow(t, wide);
    }
    return Elements.binary(asm, fn.of(t), t, x, y);
  }

  private static int lanes(Val a, Val b) {
    return Math.max(a.ty().lanes(), b.ty().lanes());
  }

  private Val iota(DType t, Idx i, Point p) {
    Ty ty = Types.register(t);
    if (i.isScalar()) {
      return Elements.fromIndex(asm, i.base(), t);
    }
    if (i.each() == null) {
      // Small steps on top of one conversion.
      Val base = asm.splat(asm.cast("trunc", i.base(), Ty.I32), p.lanes);
      Val v = asm.op("add", base, asm.steps(Ty.I32, p.lanes, i.step()));
      return Elements.fromIndex(asm, v, t);
    }
    return Elements.fromIndex(asm, i.each(), ty.equals(Ty.I1) ? DType.BOOL : t);
  }

  static Val constant(Op.Const c) {
    Ty ty = Types.register(c.dtype());
    return switch (c.dtype()) {
      case BFLOAT16, FLOAT16 -> Asm.integer(ty, Half.nearest(c.dtype(), c.doubleValue()));
      case FLOAT32, FLOAT64 -> Asm.real(ty, c.doubleValue());
      case INT32, UINT32, INT64, KEY, BOOL -> Asm.integer(ty, c.bits());
    };
  }
}
