package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An immutable array whose axes have names. Operations align by name and broadcast what is missing.
 * One class serves concrete arrays and the traced ones of a transformed function. Mirrors Haliax's
 * {@code NamedArray}.
 *
 * <p>Arithmetic methods are named so that Kotlin sees its operators. They also take Java numbers,
 * which adapt to the array's dtype: {@code x.times(2)} keeps float32, and an integer array times
 * 0.5 is float32.
 */
@CheckReturnValue
public final class NamedArray implements Tensor {
  private final ArrayType type;
  private final @Nullable Store store;
  private final @Nullable Var var;

  /** Whether vmap shares this although it has the mapped axis. */
  private final boolean unmapped;

  private NamedArray(ArrayType type, @Nullable Store store, @Nullable Var var, boolean unmapped) {
    this.type = type;
    this.store = store;
    this.var = var;
    this.unmapped = unmapped;
  }

  static NamedArray concrete(ArrayType type, Store store) {
    return new NamedArray(type, store, null, false);
  }

  static NamedArray traced(Var v) {
    return new NamedArray(v.array(), null, v, false);
  }

  NamedArray asUnmapped() {
    return new NamedArray(type, store, var, true);
  }

  boolean isUnmapped() {
    return unmapped;
  }

  ArrayType type() {
    return type;
  }

  boolean isConcrete() {
    return store != null;
  }

  /** What the function is called that a traced value belongs to; empty if that is not known. */
  String function() {
    return Trace.function(var);
  }

  /** The memory of a concrete array. */
  Store store(String what) {
    Store s = store;
    if (s == null) {
      throw Errors.traced(what);
    }
    return s;
  }

  /** The variable of this array in the given trace. */
  Var in(Trace t) {
    Store s = store;
    if (s != null) {
      return t.capture(type, s);
    }
    Var v = java.util.Objects.requireNonNull(var);
    t.check(v, "this array of type " + Errors.type(type));
    return v;
  }

  // ---------------------------------------------------------------- what it is

  @Override
  public NamedArray value() {
    return this;
  }

  @Override
  public List<Axis> axes() {
    return Axis.axes(type.dims());
  }

  @Override
  public Map<String, Integer> shape() {
    return shape(type);
  }

  static Map<String, Integer> shape(ArrayType type) {
    var out = new LinkedHashMap<String, Integer>();
    for (Dim d : type.dims()) {
      out.put(d.name(), d.size());
    }
    return java.util.Collections.unmodifiableMap(out);
  }

  @Override
  public DType dtype() {
    return type.dtype();
  }

  @Override
  public int rank() {
    return type.rank();
  }

  @Override
  public long size() {
    return type.size();
  }

  @Override
  public Axis axis(String name) {
    return axis(type, name);
  }

  static Axis axis(ArrayType t, String name) {
    if (!t.has(name)) {
      throw Errors.noAxis(name, t.dims());
    }
    return new Axis(name, t.dim(name).size());
  }

  @Override
  public boolean hasAxis(String name) {
    return type.has(name);
  }

  // ---------------------------------------------------------------- contents of a concrete array

  /** The value of an array with one element; booleans are 0 and 1. */
  public double item() {
    Store s = store("item()");
    if (type.size() != 1) {
      throw Errors.error(
          "item() needs an array with one element; got %s. Select one with get(...), or take all with toFloatArray() and its relatives.",
          Errors.type(type));
    }
    return s.getDouble(0);
  }

  /** The elements in row-major order, converted. */
  public float[] toFloatArray() {
    if (type.dtype() == DType.FLOAT32) {
      return (float[]) Store.cloneArray(store("toFloatArray()").toArray());
    }
    double[] d = toDoubleArray();
    var out = new float[d.length];
    for (int k = 0; k < d.length; k++) {
      out[k] = (float) d[k];
    }
    return out;
  }

  /** The elements in row-major order, converted. */
  public double[] toDoubleArray() {
    Store s = store("toDoubleArray()");
    noKey("toDoubleArray()");
    var out = new double[s.length()];
    for (int k = 0; k < out.length; k++) {
      out[k] = s.getDouble(k);
    }
    return out;
  }

  /** The elements in row-major order; floating ones are truncated. */
  public int[] toIntArray() {
    Store s = store("toIntArray()");
    noKey("toIntArray()");
    var out = new int[s.length()];
    for (int k = 0; k < out.length; k++) {
      out[k] = type.dtype().isFloating() ? (int) s.getDouble(k) : (int) s.getLong(k);
    }
    return out;
  }

  /** The elements in row-major order; floating ones are truncated. */
  public long[] toLongArray() {
    Store s = store("toLongArray()");
    noKey("toLongArray()");
    var out = new long[s.length()];
    for (int k = 0; k < out.length; k++) {
      out[k] = type.dtype().isFloating() ? (long) s.getDouble(k) : s.getLong(k);
    }
    return out;
  }

  /** The elements in row-major order; numbers are true where they are not zero. */
  public boolean[] toBooleanArray() {
    Store s = store("toBooleanArray()");
    noKey("toBooleanArray()");
    var out = new boolean[s.length()];
    for (int k = 0; k < out.length; k++) {
      out[k] = s.getDouble(k) != 0;
    }
    return out;
  }

  private void noKey(String what) {
    if (type.dtype() == DType.KEY) {
      throw Errors.error(
          "%s of a random key: a key is opaque; Random.keyData(key) gives its words.", what);
    }
  }

  /**
   * The elements in row-major order, read-only, without a copy. The memory is not recycled any
   * more.
   */
  public MemorySegment segment() {
    return store("segment()").handOut();
  }

  /** The elements as NumPy prints them, with the axes; a traced array prints its type. */
  @Override
  public String toString() {
    return Printing.print(this);
  }

  /**
   * The array as a page of HTML, one file that asks for nothing else: its dtype and axes, figures
   * about its numbers, and heat maps of the last two axes, one for each place along the others. NaN
   * and infinite numbers are marked. Long axes are shortened, and the page says so: a cell is then
   * the mean of a block. With more than 2<sup>24</sup> elements the figures are about a part of
   * them. A traced array gives a page that says its type.
   */
  public String toHtml() {
    return Html.array(this);
  }

  // ---------------------------------------------------------------- indexing

  /** The selected part. See {@link Axis} for selections. */
  public NamedArray get(Selection... selections) {
    return View.whole(type).select(selections).read(this);
  }

  /** The place of a functional update: {@code x.at(Batch.at(0)).set(1)} is a new array. */
  public ArrayUpdate at(Selection... selections) {
    return new ArrayUpdate(this, View.whole(type).select(selections));
  }

  /** A functional update in waiting. The results of its methods are new arrays: use them. */
  @CheckReturnValue
  public static final class ArrayUpdate {
    private final NamedArray x;
    private final View view;

    private ArrayUpdate(NamedArray x, View view) {
      this.x = x;
      this.view = view;
    }

    private NamedArray write(NamedArray v, Fn.@Nullable Combine fn) {
      return view.scatter(x, v, fn);
    }

    private NamedArray write(Number v, Fn.@Nullable Combine fn) {
      return write(Ops.number(v, x.type.dtype()), fn);
    }

    /** The array with the selection overwritten. */
    public NamedArray set(NamedArray v) {
      return write(v, null);
    }

    /** The array with the selection overwritten. */
    public NamedArray set(Number v) {
      return write(v, null);
    }

    /** The array with the values added to the selection; repeated indices add up. */
    public NamedArray add(NamedArray v) {
      return write(v, Fn.Combine.ADD);
    }

    /** The array with the number added to the selection. */
    public NamedArray add(Number v) {
      return write(v, Fn.Combine.ADD);
    }

    /** The array with the selection multiplied by the values; repeated indices by all of them. */
    public NamedArray times(NamedArray v) {
      return write(v, Fn.Combine.MUL);
    }

    /** The array with the selection multiplied by the number; repeated indices once for each. */
    public NamedArray times(Number v) {
      return write(v, Fn.Combine.MUL);
    }

    /** The array with the smaller of the selection and the values; repeated indices take all. */
    public NamedArray min(NamedArray v) {
      return write(v, Fn.Combine.MIN);
    }

    /** The array with the smaller of the selection and the number. */
    public NamedArray min(Number v) {
      return write(v, Fn.Combine.MIN);
    }

    /** The array with the larger of the selection and the values; repeated indices take all. */
    public NamedArray max(NamedArray v) {
      return write(v, Fn.Combine.MAX);
    }

    /** The array with the larger of the selection and the number. */
    public NamedArray max(Number v) {
      return write(v, Fn.Combine.MAX);
    }

    /**
     * The array with f applied to the selection, which is read once and then written. With repeated
     * indices the last result stays.
     */
    public NamedArray update(Function<NamedArray, NamedArray> f) {
      return write(f.apply(view.read(x)), null);
    }
  }

  // ---------------------------------------------------------------- arithmetic

  /** The sum, by name. */
  public NamedArray plus(NamedArray o) {
    return Ops.binary(Fn.Binary.ADD, this, o);
  }

  /** The sum. */
  public NamedArray plus(Number o) {
    return Ops.binary(Fn.Binary.ADD, this, o);
  }

  /** The difference, by name. */
  public NamedArray minus(NamedArray o) {
    return Ops.binary(Fn.Binary.SUB, this, o);
  }

  /** The difference. */
  public NamedArray minus(Number o) {
    return Ops.binary(Fn.Binary.SUB, this, o);
  }

  /** The product, by name. */
  public NamedArray times(NamedArray o) {
    return Ops.binary(Fn.Binary.MUL, this, o);
  }

  /** The product. */
  public NamedArray times(Number o) {
    return Ops.binary(Fn.Binary.MUL, this, o);
  }

  /** The true quotient: of integers, a floating-point number, as in NumPy. */
  public NamedArray div(NamedArray o) {
    return Ops.trueDivide(this, o);
  }

  /** The true quotient. */
  public NamedArray div(Number o) {
    return Ops.trueDivide(this, Ops.number(o, type.dtype()));
  }

  /** The remainder with the sign of the divisor, as Python's %. */
  public NamedArray rem(NamedArray o) {
    return Ops.remainder(this, o);
  }

  /** The remainder with the sign of the divisor. */
  public NamedArray rem(Number o) {
    return Ops.remainder(this, o);
  }

  /** The quotient rounded down, as Python's //. */
  public NamedArray floorDiv(NamedArray o) {
    return Ops.floorDivide(this, o);
  }

  /** The quotient rounded down. */
  public NamedArray floorDiv(Number o) {
    return Ops.floorDivide(this, Ops.number(o, type.dtype()));
  }

  /** This to the power of o. */
  public NamedArray pow(NamedArray o) {
    return Ops.binary(Fn.Binary.POW, this, o);
  }

  /** This to the power of o. */
  public NamedArray pow(Number o) {
    return Ops.binary(Fn.Binary.POW, this, o);
  }

  /** The negative. */
  public NamedArray unaryMinus() {
    return Ops.unary(Fn.Unary.NEG, this);
  }

  /** Whether less. */
  public NamedArray lt(NamedArray o) {
    return Ops.compare(Fn.Compare.LT, this, o);
  }

  /** Whether less. */
  public NamedArray lt(Number o) {
    return Ops.compare(Fn.Compare.LT, this, Ops.number(o, type.dtype()));
  }

  /** Whether less or equal. */
  public NamedArray le(NamedArray o) {
    return Ops.compare(Fn.Compare.LE, this, o);
  }

  /** Whether less or equal. */
  public NamedArray le(Number o) {
    return Ops.compare(Fn.Compare.LE, this, Ops.number(o, type.dtype()));
  }

  /** Whether greater. */
  public NamedArray gt(NamedArray o) {
    return Ops.compare(Fn.Compare.GT, this, o);
  }

  /** Whether greater. */
  public NamedArray gt(Number o) {
    return Ops.compare(Fn.Compare.GT, this, Ops.number(o, type.dtype()));
  }

  /** Whether greater or equal. */
  public NamedArray ge(NamedArray o) {
    return Ops.compare(Fn.Compare.GE, this, o);
  }

  /** Whether greater or equal. */
  public NamedArray ge(Number o) {
    return Ops.compare(Fn.Compare.GE, this, Ops.number(o, type.dtype()));
  }

  /** Whether equal, element by element. */
  public NamedArray eq(NamedArray o) {
    return Ops.compare(Fn.Compare.EQ, this, o);
  }

  /** Whether equal, element by element. */
  public NamedArray eq(Number o) {
    return Ops.compare(Fn.Compare.EQ, this, Ops.number(o, type.dtype()));
  }

  /** Whether different, element by element. */
  public NamedArray ne(NamedArray o) {
    return Ops.compare(Fn.Compare.NE, this, o);
  }

  /** Whether different, element by element. */
  public NamedArray ne(Number o) {
    return Ops.compare(Fn.Compare.NE, this, Ops.number(o, type.dtype()));
  }

  /** Both; bit by bit for integers. */
  public NamedArray and(NamedArray o) {
    return Ops.binary(Fn.Binary.AND, this, o);
  }

  /** Either; bit by bit for integers. */
  public NamedArray or(NamedArray o) {
    return Ops.binary(Fn.Binary.OR, this, o);
  }

  /** Exactly one; bit by bit for integers. */
  public NamedArray xor(NamedArray o) {
    return Ops.binary(Fn.Binary.XOR, this, o);
  }

  /** The opposite; bit by bit for integers. */
  public NamedArray not() {
    return Ops.unary(Fn.Unary.NOT, this);
  }

  // ---------------------------------------------------------------- form

  /** The elements as another dtype. Floating to integer truncates and saturates. */
  public NamedArray astype(DType t) {
    return Ops.cast(this, t);
  }

  /** One axis under another name. */
  public NamedArray rename(String from, String to) {
    return rename(Map.of(from, to));
  }

  /** Axes under other names, all at once. */
  public NamedArray rename(Map<String, String> names) {
    var from = new ArrayList<String>();
    var to = new ArrayList<String>();
    for (Dim d : type.dims()) {
      String n = names.get(d.name());
      if (n != null) {
        from.add(d.name());
        to.add(n);
      }
    }
    for (String n : names.keySet()) {
      if (!type.has(n)) {
        throw Errors.noAxis(n, type.dims());
      }
    }
    UnaryOperator<String> name = n -> from.contains(n) ? to.get(from.indexOf(n)) : n;
    if (type.names().stream().map(name).distinct().count() != type.rank()) {
      throw Errors.error(
          "renaming %s by %s would give two axes the same name. Rename the other one in the same map, or drop it first.",
          Errors.axes(type.dims()), names);
    }
    return from.isEmpty() ? this : Ops.emit(new Op.Rename(from, to), this);
  }

  /** The same array with the axes in this order. */
  public NamedArray rearrange(AxisSelector... order) {
    return Axial.rearrange(this, order);
  }

  /** The same array with the axes in this order. */
  public NamedArray rearrange(String... order) {
    return Axial.rearrange(this, order);
  }

  /** The same array with the given axes added, if they are not there. */
  public NamedArray broadcast(Axis... axes) {
    return Axial.broadcast(this, axes);
  }

  /** The sum over axes; over all of them if none is given. */
  public NamedArray sum(AxisSelector... axes) {
    return Axial.sum(this, axes);
  }

  /** The sum over axes. */
  public NamedArray sum(String axis, String... more) {
    return Axial.sum(this, axis, more);
  }

  /** The mean over axes; over all of them if none is given. */
  public NamedArray mean(AxisSelector... axes) {
    return Axial.mean(this, axes);
  }

  /** The mean over axes. */
  public NamedArray mean(String axis, String... more) {
    return Axial.mean(this, axis, more);
  }

  /** The largest element along axes; of all if none is given. */
  public NamedArray max(AxisSelector... axes) {
    return Axial.max(this, axes);
  }

  /** The largest element along axes. */
  public NamedArray max(String axis, String... more) {
    return Axial.max(this, axis, more);
  }

  /** The smallest element along axes; of all if none is given. */
  public NamedArray min(AxisSelector... axes) {
    return Axial.min(this, axes);
  }

  /** The smallest element along axes. */
  public NamedArray min(String axis, String... more) {
    return Axial.min(this, axis, more);
  }

  /** The contraction over the given axes. */
  public NamedArray dot(NamedArray o, AxisSelector... axes) {
    return Axial.dot(this, o, axes);
  }

  /** The contraction over an axis. */
  public NamedArray dot(NamedArray o, String axis, String... more) {
    return Axial.dot(this, o, axis, more);
  }

  /** The sum over the lanes of the vmap over this axis. */
  public NamedArray psum(AxisSelector axis) {
    return Axial.psum(this, axis);
  }

  /** The sum over the lanes of the vmap over this axis. */
  public NamedArray psum(String axis) {
    return Axial.psum(this, axis);
  }

  /** The mean over the lanes of the vmap over this axis. */
  public NamedArray pmean(AxisSelector axis) {
    return Axial.pmean(this, axis);
  }

  /** The mean over the lanes of the vmap over this axis. */
  public NamedArray pmean(String axis) {
    return Axial.pmean(this, axis);
  }

  /** The largest over the lanes of the vmap over this axis. */
  public NamedArray pmax(AxisSelector axis) {
    return Axial.pmax(this, axis);
  }

  /** The largest over the lanes of the vmap over this axis. */
  public NamedArray pmax(String axis) {
    return Axial.pmax(this, axis);
  }

  /** The smallest over the lanes of the vmap over this axis. */
  public NamedArray pmin(AxisSelector axis) {
    return Axial.pmin(this, axis);
  }

  /** The smallest over the lanes of the vmap over this axis. */
  public NamedArray pmin(String axis) {
    return Axial.pmin(this, axis);
  }
}
