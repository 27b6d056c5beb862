package dev.axial.cpu.random;

import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Small programs in which few values and few references of one shape meet often: what is read,
 * turned or combined goes back into the reference it came from, whole, shifted, by an index array,
 * or twice; sums and elements of it are kept for later. Numbers are int32, whose sums have no
 * order, or float64 with functions that are dear enough for their results to be kept; results are
 * equal to the bit.
 */
final class DensePrograms {
  private static final int[] SIZES = {1, 2, 3, 8, 17, 33, 300};
  private static final int[] COLUMNS = {0, 0, 1, 4, 20};
  private static final int LIVE = 3;
  private static final Access BY_INDEX = new Access(List.of(new Sel.At("x")), false);

  private final SplittableRandom random;
  private final boolean real;
  private final ArrayType type;
  private final Dim x;
  private Builder b = new Builder();
  private List<Var> values = new ArrayList<>();
  private List<Var> refs = new ArrayList<>();

  /** Sums along some axes, and elements: of a smaller type than the others. */
  private List<Var> sums = new ArrayList<>();

  private final Var index;
  private @Nullable Var last;
  private final int[] accesses;
  private final int[] computations;
  private final int accessesOfEight;
  private final boolean branches;

  private DensePrograms(long seed) {
    random = new SplittableRandom(seed ^ 0xde15e);
    accesses = some(7);
    computations = some(16);
    accessesOfEight = 1 + pick(6);
    branches = coin();
    x = new Dim("x", SIZES[pick(SIZES.length)]);
    int columns = COLUMNS[pick(COLUMNS.length)];
    List<Dim> dims = columns == 0 ? List.of(x) : List.of(x, new Dim("y", columns));
    real = coin();
    DType t = real ? DType.FLOAT64 : DType.INT32;
    type = ArrayType.scalar(t).with(coin() ? dims : dims.reversed());
    values.add(b.input(type));
    index = b.input(ArrayType.scalar(DType.INT32).with(List.of(x)));
    refs.add(b.input(new RefType(type)));
    refs.add(b.input(new RefType(type)));
  }

  /** The program of a seed, on whole numbers. */
  static Trial of(long seed) {
    var p = new DensePrograms(seed);
    p.block(4 + p.pick(16), 2);
    var outs = new ArrayList<Var>();
    for (int k = p.pick(4); k > 0; k--) {
      outs.add(p.value());
    }
    p.sums.stream().filter(_ -> p.coin()).forEach(outs::add);
    return Trial.whole(p.b.close(outs, List.of()), seed, -1);
  }

  private int pick(int n) {
    return random.nextInt(n);
  }

  /** Some of the numbers below n, at least one. */
  private int[] some(int n) {
    int quarters = 1 + pick(3);
    int[] out = IntStream.range(0, n).filter(_ -> pick(4) < quarters).toArray();
    return out.length == 0 ? new int[] {pick(n)} : out;
  }

  private boolean coin() {
    return random.nextBoolean();
  }

  /** The newest more often, so that it meets the reference that it was written to. */
  private Var value() {
    return coin() ? values.getLast() : values.get(pick(values.size()));
  }

  /** Often the one that was touched last. */
  private Var ref() {
    last = last == null || pick(3) == 0 ? refs.get(pick(refs.size())) : last;
    return last;
  }

  private void put(Var v) {
    values.add(v);
    if (values.size() > LIVE) {
      values.remove(pick(LIVE));
    }
  }

  private void block(int length, int depth) {
    for (int k = 0; k < length; k++) {
      if (branches && depth > 0 && pick(8) == 0) {
        control(depth - 1);
      } else if (pick(8) < accessesOfEight) {
        access();
      } else {
        compute();
      }
    }
  }

  // ---------------------------------------------------------------- references

  private void access() {
    switch (accesses[pick(accesses.length)]) {
      case 0 -> put(b.one(new Op.RefGet(Access.ALL, Mode.CLAMP), ref()));
      case 1 -> b.emit(new Op.RefSet(Access.ALL, false), List.of(ref(), value()));
      case 2 -> b.emit(combination(Access.ALL), List.of(ref(), value()));
      case 3 -> put(b.one(new Op.RefSwap(Access.ALL, Edge.CLAMP, false), ref(), value()));
      case 4 -> partly();
      case 5 -> fresh();
      default -> keep();
    }
  }

  /** A new reference, if there are few. */
  private void fresh() {
    if (refs.size() < 4) {
      refs.add(b.one(new Op.RefNew(), value()));
    }
  }

  /** A value that is too dear to be computed twice, in a reference as soon as it is made. */
  private void keep() {
    Var v = value();
    put(
        real
            ? b.un(Fn.Unary.SIN, b.un(Fn.Unary.COS, v))
            : b.bin(Fn.Binary.XOR, b.bin(Fn.Binary.MUL, v, v), b.add(v, value())));
    b.emit(new Op.RefSet(Access.ALL, false), List.of(ref(), values.getLast()));
  }

  /** Of an index array, a turned range, or a range that covers a part. */
  private void partly() {
    Access at =
        switch (pick(3)) {
          case 0 -> BY_INDEX;
          case 1 -> turned("x", x.size());
          default -> part(1 + pick(x.size()));
        };
    List<Var> operands = at.sels().getFirst() instanceof Sel.At ? List.of(index) : List.of();
    Var v = fitted(value(), at);
    Var r = ref();
    switch (pick(4)) {
      case 0 -> back(b.one(new Op.RefGet(at, Mode.CLAMP), Builder.cat(List.of(r), operands)));
      case 1 -> b.emit(new Op.RefSet(at, coin()), Builder.cat(List.of(r, v), operands));
      case 2 -> b.emit(combination(at), Builder.cat(List.of(r, v), operands));
      default ->
          back(b.one(new Op.RefSwap(at, Edge.CLAMP, coin()), Builder.cat(List.of(r, v), operands)));
    }
  }

  /** Mostly an addition. */
  private Fn.Combine combination() {
    var all = Fn.Combine.values();
    return coin() ? Fn.Combine.ADD : all[pick(all.length)];
  }

  private Op combination(Access at) {
    Fn.Combine fn = combination();
    return new Op.RefCombine(fn, at, fn == Fn.Combine.ADD ? Mode.CLAMP : Mode.DROP);
  }

  private static Access window(String axis, int start, int step, int size) {
    return new Access(List.of(new Sel.Window(axis, start, step, size)), false);
  }

  private static Access turned(String axis, int size) {
    return window(axis, size - 1, -1, size);
  }

  /** As many elements, from somewhere on. */
  private Access part(int size) {
    return window("x", pick(x.size() - size + 1), 1, size);
  }

  /** A value of the selection's shape: of a part, another part of it. */
  private Var fitted(Var v, Access at) {
    if (at.sels().getFirst() instanceof Sel.Window w && w.size() < x.size()) {
      return b.one(new Op.Index(part(w.size()), Mode.CLAMP), v);
    }
    return v;
  }

  /** A part becomes a whole by being added to a value there. */
  private void back(Var v) {
    int size = v.array().dim("x").size();
    if (size == x.size()) {
      put(v);
      return;
    }
    put(b.one(new Op.Scatter(coin() ? combination() : null, part(size), Mode.DROP), value(), v));
  }

  // ---------------------------------------------------------------- values

  private void compute() {
    var v = value();
    int how = computations[pick(computations.length)];
    if (how >= 13) {
      sums.add(how == 13 ? element(v) : reduced(v, axes()));
      return;
    }
    put(
        switch (how) {
          case 0 -> b.un(real ? Fn.Unary.SIN : Fn.Unary.NEG, v);
          case 1 -> real ? b.un(Fn.Unary.TANH, v) : b.bin(Fn.Binary.XOR, v, value());
          case 2 -> b.add(v, value());
          case 3 -> b.bin(Fn.Binary.MAX, v, value());
          case 4 -> b.one(new Op.Index(turned("x", x.size()), Mode.CLAMP), v);
          case 5 -> b.one(new Op.Index(BY_INDEX, Mode.CLAMP), v, index);
          case 6 -> real ? b.un(Fn.Unary.COS, v) : b.one(new Op.CumSum("x", coin()), v);
          case 7 -> b.one(new Op.StopGradient(), v);
          case 8 -> joined(v, value());
          case 9 -> b.select(b.compare(Fn.Compare.LT, v, value()), value(), v);
          case 10 -> flat(v);
          case 11 -> b.add(v, reduced(value(), List.of("x")));
          default -> sums.isEmpty() ? v : b.add(v, sums.get(pick(sums.size())));
        });
  }

  /** Some of the axes, or all. */
  private List<String> axes() {
    List<String> all = type.names();
    return coin() ? all : List.of(all.get(pick(all.size())));
  }

  private Var element(Var v) {
    var sels = new ArrayList<Sel>();
    var operands = new ArrayList<>(List.of(v));
    for (Dim d : type.dims()) {
      sels.add(new Sel.At(d.name()));
      operands.add(b.constant(Op.Const.of(DType.INT32, pick(d.size()))));
    }
    return b.one(new Op.Index(new Access(sels, false), Mode.CLAMP), operands);
  }

  /** The beginning of one value and the end of another. */
  private Var joined(Var v, Var w) {
    int n = x.size();
    int cut = pick(n + 1);
    if (cut == 0 || cut == n) {
      return b.bin(Fn.Binary.MIN, v, w);
    }
    return b.one(
        new Op.Concat("x"),
        b.one(new Op.Index(window("x", 0, 1, cut), Mode.CLAMP), v),
        b.one(new Op.Index(window("x", cut, 1, n - cut), Mode.CLAMP), w));
  }

  /** Along one axis, and as it was; turned there sometimes. */
  private Var flat(Var v) {
    if (type.rank() == 1) {
      return b.add(v, b.num(type.dtype(), 1));
    }
    int size = (int) type.size();
    Var line = b.one(new Op.Merge(type.names(), "m"), v);
    if (coin()) {
      line = b.one(new Op.Index(turned("m", size), Mode.CLAMP), line);
    }
    return b.one(new Op.Split("m", type.dims()), line);
  }

  private Var reduced(Var v, List<String> axes) {
    return b.one(new Op.Reduce(real ? Fn.Reduce.MAX : Fn.Reduce.SUM, axes), v);
  }

  // ---------------------------------------------------------------- control

  /** A body that writes the same references. */
  private Builder nested(int length, int depth, Runnable before, List<Var> outs) {
    Builder outer = b;
    var outerValues = values;
    var outerRefs = refs;
    var outerSums = sums;
    b = new Builder();
    values = new ArrayList<>(values);
    refs = new ArrayList<>(refs);
    sums = new ArrayList<>(sums);
    before.run();
    block(length, depth);
    outs.add(value());
    Builder body = b;
    b = outer;
    values = outerValues;
    refs = outerRefs;
    sums = outerSums;
    last = null;
    return body;
  }

  private void control(int depth) {
    if (coin()) {
      var yes = new ArrayList<Var>();
      var no = new ArrayList<Var>();
      Builder one = nested(1 + pick(3), depth, () -> {}, yes);
      Builder other = nested(pick(3), depth, () -> {}, no);
      Var total = reduced(value(), type.names());
      Var p = b.compare(Fn.Compare.GT, total, b.num(type.dtype(), 0));
      put(b.cond(p, one, yes, other, no, List.of()).getFirst());
      return;
    }
    var outs = new ArrayList<Var>();
    Var start = value();
    Builder body =
        nested(
            1 + pick(4),
            depth,
            () -> {
              b.input(ArrayType.scalar(DType.INT32));
              put(b.input(type));
            },
            outs);
    put(b.scan(body, outs, pick(4), coin(), List.of(start)).getFirst());
  }
}
