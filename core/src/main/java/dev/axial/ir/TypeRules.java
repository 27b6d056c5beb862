package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The type of each operation's results, from the types of its operands. */
public final class TypeRules {
  private TypeRules() {}

  static ArrayType arr(List<Type> in, int k) {
    if (k >= in.size() || !(in.get(k) instanceof ArrayType t)) {
      throw new AxialException("operand %d of %s should be an array".formatted(k, in));
    }
    return t;
  }

  private static ArrayType ref(List<Type> in) {
    if (!(in.getFirst() instanceof RefType r)) {
      throw new AxialException("operand 0 of %s should be a reference".formatted(in));
    }
    return r.of();
  }

  private static StackType stack(List<Type> in) {
    if (!(in.getFirst() instanceof StackType s)) {
      throw new AxialException("operand 0 of %s should be a stack".formatted(in));
    }
    return s;
  }

  static void require(boolean ok, String format, Object... args) {
    if (!ok) {
      throw new AxialException(format.formatted(args));
    }
  }

  /** The rule. */
  public static List<Type> infer(Op op, List<Type> in) {
    return switch (op) {
      case Op.Const c -> List.of(ArrayType.scalar(c.dtype()));
      case Op.Iota i -> List.of(new ArrayType(i.dtype(), List.of(i.dim())));
      case Op.Unary u -> List.of(unary(u.fn(), arr(in, 0)));
      case Op.Binary b -> List.of(binary(b.fn(), arr(in, 0), arr(in, 1)));
      case Op.Compare c -> {
        sameDtype(c, arr(in, 0), arr(in, 1));
        yield List.of(arr(in, 0).union(arr(in, 1)).with(DType.BOOL));
      }
      case Op.Fma f -> {
        require(arr(in, 0).dtype().isFloating(), "%s of %s", f, in);
        sameDtype(f, arr(in, 0), arr(in, 1));
        sameDtype(f, arr(in, 0), arr(in, 2));
        yield List.of(arr(in, 0).union(arr(in, 1)).union(arr(in, 2)));
      }
      case Op.Select s -> {
        require(
            arr(in, 0).dtype() == DType.BOOL,
            "a select needs a boolean predicate, got %s",
            in.get(0));
        sameDtype(s, arr(in, 1), arr(in, 2));
        ArrayType values = arr(in, 1).union(arr(in, 2));
        yield List.of(values.union(arr(in, 0)).with(values.dtype()));
      }
      case Op.Cast c -> {
        require(
            (arr(in, 0).dtype() == DType.KEY) == (c.to() == DType.KEY),
            "a key cannot be cast: %s to %s",
            in.get(0),
            c.to());
        yield List.of(arr(in, 0).with(c.to()));
      }
      case Op.Bitcast c -> {
        require(
            arr(in, 0).dtype().bytes() == c.to().bytes(),
            "bitcast of %s to %s changes the width",
            in.get(0),
            c.to());
        yield List.of(arr(in, 0).with(c.to()));
      }
      case Op.StopGradient _ -> List.of(arr(in, 0));
      case Op.Reduce r -> {
        r.axes().forEach(arr(in, 0)::dim);
        boolean logical = r.fn() == Fn.Reduce.ANY || r.fn() == Fn.Reduce.ALL;
        require(
            arr(in, 0).dtype() != DType.KEY && logical == (arr(in, 0).dtype() == DType.BOOL),
            "reduce %s of %s",
            r.fn(),
            in.get(0));
        yield List.of(arr(in, 0).without(r.axes()));
      }
      case Op.Broadcast b -> {
        ArrayType t = arr(in, 0).with(b.dims());
        require(t.covers(arr(in, 0)), "%s cannot be broadcast to %s", in.get(0), t);
        yield List.of(t);
      }
      case Op.Dot d -> {
        sameDtype(d, arr(in, 0), arr(in, 1));
        require(
            arr(in, 0).dtype() != DType.BOOL && arr(in, 0).dtype() != DType.KEY, "dot of %s", in);
        ArrayType u = arr(in, 0).union(arr(in, 1));
        d.axes().forEach(u::dim);
        yield List.of(u.without(d.axes()));
      }
      case Op.Rename r -> {
        r.from().forEach(arr(in, 0)::dim);
        require(r.from().size() == r.to().size(), "rename %s", r);
        yield List.of(
            arr(in, 0)
                .with(
                    arr(in, 0).dims().stream()
                        .map(d ->
                            r.from().contains(d.name())
                                ? new Dim(r.to().get(r.from().indexOf(d.name())), d.size())
                                : d)
                        .toList()));
      }
      case Op.Merge m -> List.of(merged(m, arr(in, 0)));
      case Op.Split s -> List.of(split(s, arr(in, 0)));
      case Op.Concat c -> List.of(concat(c, in));
      case Op.LaneIndex _ -> List.of(ArrayType.scalar(DType.INT32));
      case Op.LaneReduce r -> {
        require(
            arr(in, 0).dtype() != DType.BOOL && arr(in, 0).dtype() != DType.KEY,
            "%s over lanes of %s",
            r.fn(),
            in.get(0));
        yield List.of(arr(in, 0));
      }
      case Op.LaneGather g -> List.of(arr(in, 0).plusFirst(new Dim(g.to(), g.lane().size())));
      case Op.CumSum c -> {
        arr(in, 0).dim(c.axis());
        require(
            arr(in, 0).dtype() != DType.BOOL && arr(in, 0).dtype() != DType.KEY,
            "cumsum of %s",
            in.get(0));
        yield List.of(arr(in, 0));
      }
      case Op.ArgSort a -> {
        arr(in, 0).dim(a.axis());
        yield List.of(arr(in, 0).with(DType.INT32));
      }
      case Op.ArgReduce a -> {
        require(
            arr(in, 0).dim(a.axis()).size() > 0,
            "argmax or argmin along the empty axis '%s'",
            a.axis());
        yield List.of(arr(in, 0).without(a.axis()).with(DType.INT32));
      }
      case Op.Index i -> List.of(selected(arr(in, 0), i.access(), in.subList(1, in.size())));
      case Op.Scatter s -> {
        fits(arr(in, 0), s.access(), arr(in, 1), in.subList(2, in.size()));
        combines(s.fn(), s.mode(), arr(in, 0));
        yield List.of(arr(in, 0));
      }
      case Op.Threefry _ -> {
        require(
            arr(in, 0).dtype() == DType.KEY
                && arr(in, 1).dtype() == DType.UINT32
                && arr(in, 2).dtype() == DType.UINT32,
            "threefry of %s",
            in);
        ArrayType t = arr(in, 1).union(arr(in, 2)).union(arr(in, 0)).with(DType.UINT32);
        yield List.of(t, t);
      }
      case Op.KeyWrap _ -> {
        require(
            arr(in, 0).dtype() == DType.UINT32 && arr(in, 1).dtype() == DType.UINT32,
            "a key is made of two uint32, got %s",
            in);
        yield List.of(arr(in, 0).union(arr(in, 1)).with(DType.KEY));
      }
      case Op.KeyData _ -> {
        require(arr(in, 0).dtype() == DType.KEY, "a random key is expected, got %s", in.get(0));
        yield List.of(arr(in, 0).with(DType.UINT32), arr(in, 0).with(DType.UINT32));
      }
      case Op.RefNew _ -> List.of(new RefType(arr(in, 0)));
      case Op.RefGet g -> List.of(selected(ref(in), g.access(), in.subList(1, in.size())));
      case Op.RefSet s -> {
        fits(ref(in), s.access(), arr(in, 1), in.subList(2, in.size()));
        yield List.of();
      }
      case Op.RefCombine s -> {
        fits(ref(in), s.access(), arr(in, 1), in.subList(2, in.size()));
        combines(s.fn(), s.mode(), ref(in));
        yield List.of();
      }
      case Op.RefSwap s -> List.of(fits(ref(in), s.access(), arr(in, 1), in.subList(2, in.size())));
      case Op.RefFreeze _ -> List.of(ref(in));
      case Op.StackNew s -> List.of(s.type());
      case Op.StackPush p -> {
        require(stack(in).of().equals(in.get(1)), "push of %s on %s", in.get(1), in.get(0));
        laneMask(p.masked(), in, 2);
        yield List.of();
      }
      case Op.StackPop p -> {
        laneMask(p.masked(), in, 1);
        yield List.of(stack(in).of());
      }
      case Op.Scan s -> {
        var want = new ArrayList<Type>();
        want.add(ArrayType.scalar(DType.INT32));
        want.addAll(in);
        require(
            Program.types(s.body().inputs()).equals(want),
            "a scan body takes %s, given %s",
            Program.types(s.body().inputs()),
            want);
        require(s.length() >= 0, "a scan of length %d", s.length());
        yield carried(s.body().outputs(), in.subList(0, s.carry()));
      }
      case Op.While w -> {
        require(
            Program.types(w.body().inputs()).equals(in)
                && Program.types(w.condition().inputs()).equals(in),
            "while inputs %s",
            in);
        require(
            Program.types(w.condition().outputs()).equals(List.of(ArrayType.scalar(DType.BOOL))),
            "a loop condition is one boolean scalar, got %s",
            Program.types(w.condition().outputs()));
        yield carried(w.body().outputs(), in.subList(0, w.carry()));
      }
      case Op.Cond c -> {
        require(
            !in.isEmpty() && in.get(0).equals(ArrayType.scalar(DType.BOOL)),
            "a condition is one boolean scalar, got %s",
            in);
        var t = in.subList(1, in.size());
        require(
            Program.types(c.yes().inputs()).equals(t) && Program.types(c.no().inputs()).equals(t),
            "cond inputs %s",
            t);
        yield carried(c.yes().outputs(), Program.types(c.no().outputs()));
      }
      case Op.Call c -> {
        require(
            Program.types(c.body().inputs()).equals(in),
            "call of %s with %s",
            Program.types(c.body().inputs()),
            in);
        yield Program.types(c.body().outputs());
      }
      case Op.CustomVjp c -> {
        require(Program.types(c.primal().inputs()).equals(in), "customVjp inputs %s", in);
        yield Program.types(c.primal().outputs());
      }
      case Op.CustomJvp c -> {
        require(Program.types(c.primal().inputs()).equals(in), "customJvp inputs %s", in);
        yield Program.types(c.primal().outputs());
      }
      case Op.Callback _ -> {
        for (int k = 0; k < in.size(); k++) {
          arr(in, k);
        }
        yield List.of();
      }
    };
  }

  private static ArrayType unary(Fn.Unary fn, ArrayType t) {
    boolean ok =
        switch (fn) {
          case NEG, ABS, SIGN -> t.dtype().isFloating() || t.dtype().isInteger();
          case NOT -> t.dtype() == DType.BOOL || t.dtype().isInteger();
          case POPCOUNT -> t.dtype().isInteger();
          case FLOOR,
              CEIL,
              ROUND,
              EXP,
              EXPM1,
              LOG,
              LOG1P,
              SQRT,
              CBRT,
              SIN,
              COS,
              TAN,
              ASIN,
              ACOS,
              ATAN,
              SINH,
              COSH,
              TANH,
              ASINH,
              ACOSH,
              ATANH,
              ERF,
              ERFC,
              ERFINV,
              LOGISTIC,
              LGAMMA,
              DIGAMMA ->
              t.dtype().isFloating();
        };
    require(ok, "%s of %s", fn, t);
    return t;
  }

  private static ArrayType binary(Fn.Binary fn, ArrayType a, ArrayType b) {
    sameDtype(fn, a, b);
    DType t = a.dtype();
    boolean ok =
        switch (fn) {
          case ADD, SUB, MUL, DIV, REM, POW -> t.isFloating() || t.isInteger();
          case MAX, MIN -> t != DType.KEY;
          case ATAN2 -> t.isFloating();
          case AND, OR, XOR -> t == DType.BOOL || t.isInteger();
          case SHL, SHR, SAR -> t.isInteger();
        };
    require(ok, "%s of %s and %s", fn, a, b);
    return a.union(b);
  }

  private static void sameDtype(Object what, ArrayType a, ArrayType b) {
    require(a.dtype() == b.dtype(), "%s of different dtypes: %s and %s", what, a, b);
  }

  private static ArrayType merged(Op.Merge m, ArrayType t) {
    long n = ArrayType.elements(m.axes().stream().map(t::dim).toList());
    require(n <= Integer.MAX_VALUE, "axes %s of %s make one of %s elements", m.axes(), t, n);
    var out = new ArrayList<Dim>();
    boolean placed = false;
    for (Dim d : t.dims()) {
      if (!m.axes().contains(d.name())) {
        out.add(d);
      } else if (!placed) {
        out.add(new Dim(m.to(), (int) n));
        placed = true;
      }
    }
    require(
        placed && new HashSet<>(m.axes()).size() == m.axes().size(),
        "merge of %s in %s",
        m.axes(),
        t);
    return t.with(out);
  }

  private static ArrayType split(Op.Split s, ArrayType t) {
    long n = ArrayType.elements(s.to());
    require(
        n == t.dim(s.axis()).size(), "axis %s cannot be split into %s", t.dim(s.axis()), s.to());
    var out = new ArrayList<>(t.dims());
    int at = t.indexOf(s.axis());
    out.remove(at);
    out.addAll(at, s.to());
    return t.with(out);
  }

  private static ArrayType concat(Op.Concat c, List<Type> in) {
    require(!in.isEmpty(), "concatenation of nothing");
    long n = 0;
    ArrayType u = arr(in, 0).without(c.axis());
    for (int k = 0; k < in.size(); k++) {
      require(
          arr(in, k).dtype() == arr(in, 0).dtype(), "concatenation of different dtypes: %s", in);
      n += arr(in, k).dim(c.axis()).size();
      u = u.union(arr(in, k).without(c.axis()));
    }
    var out = new ArrayList<>(u.dims());
    int at = Math.min(arr(in, 0).indexOf(c.axis()), out.size());
    require(n <= Integer.MAX_VALUE, "axis %s becomes one of %s elements", c.axis(), n);
    out.add(at, new Dim(c.axis(), (int) n));
    return u.with(out);
  }

  private static ArrayType selected(ArrayType of, Access access, List<Type> operands) {
    if (access.masked()) {
      require(
          arr(operands, operands.size() - 1).dtype() == DType.BOOL,
          "a mask is boolean, got %s",
          operands.getLast());
    }
    return access.result(of, operands);
  }

  private static ArrayType fits(ArrayType of, Access access, ArrayType value, List<Type> operands) {
    ArrayType t = selected(of, access, operands);
    require(
        t.covers(value) && t.dtype() == value.dtype(),
        "value %s does not fit the selection %s",
        value,
        t);
    return t;
  }

  private static void combines(Fn.@Nullable Combine fn, Mode mode, ArrayType t) {
    if (fn != null && fn != Fn.Combine.ADD) {
      require(t.dtype() != DType.KEY, "%s into %s", fn, t);
      require(mode == Mode.DROP, "%s into %s at the nearest place", fn, t);
    }
  }

  private static void laneMask(boolean masked, List<Type> in, int k) {
    require(in.size() == (masked ? k + 1 : k), "stack operands %s", in);
    if (masked) {
      StackType s = stack(in);
      ArrayType mask = arr(in, k);
      require(
          mask.dtype() == DType.BOOL && s.of().with(s.laneDims()).covers(mask),
          "mask %s of %s",
          mask,
          s);
    }
  }

  private static List<Type> carried(List<Var> outs, List<Type> as) {
    require(
        Program.types(outs).equals(as),
        "a body gives %s where %s is carried",
        Program.types(outs),
        as);
    return List.copyOf(as);
  }
}
