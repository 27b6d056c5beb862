package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operations. Each is data; what it means to a pass stands in that pass, as one case of an
 * exhaustive switch. Operands align by name; see {@link TypeRules} for the types.
 */
public sealed interface Op {
  /** Arrays in, arrays out: it touches no reference, and has no body. */
  sealed interface Pure extends Op {}

  /** Makes, reads or writes a reference or a stack. */
  sealed interface State extends Op {}

  /** Runs programs, its bodies. */
  sealed interface Nesting extends Op {}

  // ---------------------------------------------------------------- values

  /** A scalar. Bits are those of the double for a floating type, the value itself otherwise. */
  record Const(DType dtype, long bits) implements Pure {
    public double doubleValue() {
      return dtype.isFloating() ? Double.longBitsToDouble(bits) : bits;
    }

    /** The constant of this dtype nearest to x. */
    public static Const of(DType dtype, double x) {
      return switch (dtype) {
        case BFLOAT16, FLOAT16 -> new Const(dtype, Double.doubleToLongBits(Half.round(dtype, x)));
        case FLOAT32 -> new Const(dtype, Double.doubleToLongBits((float) x));
        case FLOAT64 -> new Const(dtype, Double.doubleToLongBits(x));
        case INT32 -> new Const(dtype, (int) x);
        case UINT32 -> new Const(dtype, Math.clamp((long) x, 0L, 0xffffffffL));
        case INT64, KEY -> new Const(dtype, (long) x);
        case BOOL -> new Const(dtype, x != 0 ? 1 : 0);
      };
    }

    /** The constant of this dtype for an integer. */
    public static Const of(DType dtype, long x) {
      return switch (dtype) {
        case BFLOAT16, FLOAT16 ->
            new Const(dtype, Double.doubleToLongBits(Half.widen(dtype, Half.nearest(dtype, x))));
        case FLOAT32 -> new Const(dtype, Double.doubleToLongBits((float) x));
        case FLOAT64 -> new Const(dtype, Double.doubleToLongBits((double) x));
        case INT32 -> new Const(dtype, (int) x);
        case UINT32 -> new Const(dtype, x & 0xffffffffL);
        case INT64, KEY -> new Const(dtype, x);
        case BOOL -> new Const(dtype, x != 0 ? 1 : 0);
      };
    }
  }

  /** 0, 1, 2, … along one axis. */
  record Iota(DType dtype, Dim dim) implements Pure {}

  record Unary(Fn.Unary fn) implements Pure {}

  record Binary(Fn.Binary fn) implements Pure {}

  record Compare(Fn.Compare fn) implements Pure {}

  /** a b + c of one floating dtype, rounded once. */
  record Fma() implements Pure {}

  /** predicate, where true, where false. */
  record Select() implements Pure {}

  /** Float to integer truncates and saturates, NaN gives 0; anything to bool is "not zero". */
  record Cast(DType to) implements Pure {}

  /** The same bits as another dtype of the same width. */
  record Bitcast(DType to) implements Pure {}

  record StopGradient() implements Pure {}

  record Reduce(Fn.Reduce fn, List<String> axes) implements Pure {
    public Reduce {
      axes = List.copyOf(axes);
    }
  }

  /** Broadcasts to further axes and reorders. */
  record Broadcast(List<Dim> dims) implements Pure {
    public Broadcast {
      dims = List.copyOf(dims);
    }
  }

  /** Multiplies, aligned by name, and sums the given axes. */
  record Dot(List<String> axes) implements Pure {
    public Dot {
      axes = List.copyOf(axes);
    }
  }

  /** Axis from.get(k) becomes to.get(k), all at once. */
  record Rename(List<String> from, List<String> to) implements Pure {
    public Rename {
      from = List.copyOf(from);
      to = List.copyOf(to);
    }

    public Rename inverse() {
      return new Rename(to, from);
    }
  }

  /**
   * Several axes become one, the first named varying slowest; it stands where the first one stood.
   */
  record Merge(List<String> axes, String to) implements Pure {
    public Merge {
      axes = List.copyOf(axes);
    }
  }

  /** One axis becomes several; the inverse of Merge. */
  record Split(String axis, List<Dim> to) implements Pure {
    public Split {
      to = List.copyOf(to);
    }
  }

  /** Arrays one after another along an axis that all have; other axes broadcast. */
  record Concat(String axis) implements Pure {}

  /** Running sums along an axis, each including its own element. */
  record CumSum(String axis, boolean reverse) implements Pure {}

  /** The positions, int32, that sort an axis; stable; NaN last. */
  record ArgSort(String axis, boolean descending) implements Pure {}

  /** The position, int32, of the first largest (or smallest) element; NaN counts as it. */
  record ArgReduce(boolean max, String axis) implements Pure {}

  /** array, access operands. */
  record Index(Access access, Mode mode) implements Pure {}

  /**
   * A copy of an array with a selection overwritten, if fn is null, or combined with a value:
   * array, value, access operands. Repeated indices each count. It prints as its function's name.
   */
  record Scatter(Fn.@Nullable Combine fn, Access access, Mode mode) implements Pure {}

  /** One block of threefry2x32: key, x0, x1; two results of uint32. */
  record Threefry() implements Pure {}

  /** Two words of uint32 become a key. */
  record KeyWrap() implements Pure {}

  /** The two words of a key. */
  record KeyData() implements Pure {}

  // ---------------------------------------------------------------- lanes of a vmap

  /**
   * Which lane this is, int32. Vmap over the axis replaces it, as the other operations on lanes.
   */
  record LaneIndex(Dim lane) implements Pure {}

  /** The sum, or the largest or smallest, of the lanes' values; the same in each lane. */
  record LaneReduce(Fn.Reduce fn, Dim lane) implements Pure {}

  /** The values of all lanes, along an axis of their own; the same in each lane. */
  record LaneGather(Dim lane, String to) implements Pure {}

  // ---------------------------------------------------------------- references

  /** initial value. */
  record RefNew() implements State {}

  /** ref, access operands. */
  record RefGet(Access access, Mode mode) implements State {}

  /** ref, value, access operands; dropped out of range. Reverse visits the indices backwards. */
  record RefSet(Access access, boolean reverse) implements State {}

  /**
   * ref, value, access operands: each element becomes what fn makes of it and the value. Repeated
   * indices each count. Only an addition may have the mode CLAMP: it is the transpose of a read. It
   * prints as its function's name.
   */
  record RefCombine(Fn.Combine fn, Access access, Mode mode) implements State {
    /** Addition. */
    public static RefCombine add(Access access, Mode mode) {
      return new RefCombine(Fn.Combine.ADD, access, mode);
    }
  }

  /** ref, value, access operands; the previous contents, each found at its turn. */
  record RefSwap(Access access, Edge edge, boolean reverse) implements State {}

  /** The final contents; the reference is used no more. */
  record RefFreeze() implements State {}

  // ---------------------------------------------------------------- stacks

  record StackNew(StackType type) implements State {}

  /** stack, value, mask if masked. */
  record StackPush(boolean masked) implements State {}

  /** stack, mask if masked. */
  record StackPop(boolean masked) implements State {}

  // ---------------------------------------------------------------- control

  /** in: carries, captured. body: index (int32), carries, captured. */
  record Scan(Program body, int length, int carry, boolean reverse) implements Nesting {}

  /** in, condition and body: carries, captured. */
  record While(Program condition, Program body, int carry) implements Nesting {}

  /** in: predicate, captured. Both branches: captured. */
  record Cond(Program yes, Program no) implements Nesting {}

  /**
   * A function called as one; the body sees all operands. With {@code remat}, a backward pass
   * computes the body again instead of saving what it needs.
   */
  record Call(Program body, String name, boolean remat) implements Nesting {}

  /**
   * A function with its own reverse rule. All operands go to primal and rule. {@code forward} gives
   * the outputs and then saved values; {@code backward} takes the saved values, one cotangent for
   * each differentiable output, the operands that are references, and for each reference listed in
   * {@code wrt} the reference that its gradient is added to; it gives one gradient for each array
   * listed in {@code wrt}. {@code writes} lists the operands that {@code forward} writes.
   */
  record CustomVjp(
      Program primal, Rule forward, Rule backward, List<Integer> wrt, List<Integer> writes)
      implements Nesting {
    public CustomVjp {
      wrt = List.copyOf(wrt);
      writes = List.copyOf(writes);
    }

    /** With rules whose programs are known. */
    public CustomVjp(Program primal, Program forward, Program backward, List<Integer> wrt) {
      this(
          primal,
          Rule.of(forward),
          Rule.of(backward),
          wrt,
          Effects.written(forward).stream().map(forward.inputs()::indexOf).toList());
    }
  }

  /**
   * A function with its own forward derivative: {@code rule} takes the operands and one tangent for
   * each operand listed in {@code wrt}; it gives the outputs, then a tangent for each
   * differentiable output.
   */
  record CustomJvp(Program primal, Rule rule, List<Integer> wrt) implements Nesting {
    public CustomJvp {
      wrt = List.copyOf(wrt);
    }

    /** With a rule whose program is known. */
    public CustomJvp(Program primal, Program rule, List<Integer> wrt) {
      this(primal, Rule.of(rule), wrt);
    }
  }

  /** Calls Java code in program order. */
  record Callback(HostFunction function, String name) implements Op {
    /**
     * Calls it on stores of the given types. Exceptions name the callback, checked ones too, which
     * code that hides them can throw; errors come as they are.
     */
    public void call(List<Object> args, List<ArrayType> types) {
      try {
        function.call(args, types);
      } catch (AxialException | Error failure) {
        throw failure;
      } catch (Throwable failure) {
        throw new AxialException("the callback %s failed: %s".formatted(name, failure), failure);
      }
    }
  }

  /** The classes of all operations. */
  static List<Class<?>> kinds() {
    return kinds(Op.class).toList();
  }

  private static Stream<Class<?>> kinds(Class<?> of) {
    return of.isSealed()
        ? Stream.of(of.getPermittedSubclasses()).flatMap(Op::kinds)
        : Stream.of(of);
  }

  /** The programs nested in this operation. */
  default List<Program> bodies() {
    return switch (this) {
      case Scan s -> List.of(s.body);
      case While w -> List.of(w.condition, w.body);
      case Cond c -> List.of(c.yes, c.no);
      case Call c -> List.of(c.body);
      case CustomVjp c -> List.of(c.primal);
      case CustomJvp c -> List.of(c.primal);
      case Pure _, State _, Callback _ -> List.of();
    };
  }

  /**
   * Body input k is operand k minus this: a scan body has its index in front, a cond its predicate
   * outside.
   */
  default int offset() {
    return this instanceof Scan ? 1 : this instanceof Cond ? -1 : 0;
  }

  /** How many operands a loop carries. */
  default int carries() {
    return this instanceof Scan s ? s.carry : this instanceof While w ? w.carry : 0;
  }
}
