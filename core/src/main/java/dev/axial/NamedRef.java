package dev.axial;

import dev.axial.disk.RefFile;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.interpreter.Block;
import dev.axial.interpreter.EagerRefs;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A mutable array whose axes have names, or a view of one (a <em>slice ref</em>). Every alias sees
 * a write at once, in eager code and in functions that are compiled, differentiated, vectorized or
 * looped. Mirrors Haliax's {@code NamedRef} and {@code jax.Ref}.
 *
 * <p>An access costs what it touches. Eager accesses to a reference are linearizable across
 * threads.
 *
 * <p>The contents may be a file's: see {@link #create} and {@link #open(Path, DType, Axis...)}.
 *
 * <p>One long class, because everything that is asked of a reference is a method of it; views,
 * eager accesses and files stand in others.
 */
public final class NamedRef implements Tensor, AutoCloseable {
  /** The storage, shared by all views of it. */
  static final class Core {
    final ArrayType type;
    final @Nullable Storage storage;

    /** Where the contents lie, if on disk. */
    final @Nullable RefFile file;

    final @Nullable Var var;
    final @Nullable Trace owner;

    /** Where it was made; a text when one is needed. */
    private final Object site;

    /** How an argument is called, such as {@code arg0.cache}; empty for one made here. */
    final String path;

    /** Whether other views of the same storage came in with it. */
    final boolean shared;

    /** Once it has ended, what a later use says. */
    @Nullable String ended;

    private Core(
        ArrayType type,
        @Nullable Storage storage,
        @Nullable RefFile file,
        @Nullable Var var,
        @Nullable Trace owner,
        Object site,
        String path,
        boolean shared) {
      this.type = type;
      this.storage = storage;
      this.file = file;
      this.var = var;
      this.owner = owner;
      this.site = site;
      this.path = path;
      this.shared = shared;
    }

    String site() {
      return site.toString();
    }

    /** The variable in the given trace. */
    Var in(Trace t) {
      alive();
      Storage s = storage;
      if (s != null) {
        return t.capture(s);
      }
      Var v = java.util.Objects.requireNonNull(var);
      t.check(v, "the reference made at " + site());
      return v;
    }

    /** Before a write: whether it may be written, as far as that is known here. */
    void writable() {
      alive();
      if (storage != null && !storage.writable()) {
        throw Errors.readOnly(storage.site());
      }
    }

    void alive() {
      String why = ended;
      if (why != null) {
        throw Errors.error("%s", why);
      }
      if (storage != null && !storage.alive()) {
        throw Errors.error("%s", storage.ended());
      }
    }
  }

  private final Core core;
  private final View view;
  private final NamedRef whole;
  private final boolean unmapped;

  private NamedRef(Core core) {
    this.core = core;
    this.view = View.whole(core.type);
    this.whole = this;
    this.unmapped = false;
  }

  private NamedRef(Core core, View view, NamedRef whole) {
    this(core, view, whole, false);
  }

  private NamedRef(Core core, View view, NamedRef whole, boolean unmapped) {
    this.core = core;
    this.view = view;
    this.whole = whole;
    this.unmapped = unmapped;
  }

  NamedRef asUnmapped() {
    return new NamedRef(core, view, whole, true);
  }

  boolean isUnmapped() {
    return unmapped;
  }

  /** A new reference in this scope, eager or traced. */
  static NamedRef make(NamedArray value) {
    Trace t = Trace.current();
    if (t == null) {
      return owning(value.type(), value.store("newRef").nativeCopy());
    }
    String site = Site.here();
    t.builder().site(site);
    Var v = t.builder().one(new Op.RefNew(), value.in(t));
    return new NamedRef(new Core(value.type(), null, null, v, t, site, "", false));
  }

  static NamedRef owning(ArrayType type, Store fresh) {
    Object site = Site.later();
    return new NamedRef(
        new Core(type, new Storage(type, fresh, site), null, null, null, site, "", false));
  }

  /** The stand-in of an argument in a traced function. */
  static NamedRef argument(
      ArrayType type, Var v, View view, String site, String path, boolean shared) {
    var whole = new NamedRef(new Core(type, null, null, v, null, site, path, shared));
    return view.isWhole() ? whole : new NamedRef(whole.core, view, whole);
  }

  Core core() {
    return core;
  }

  View view() {
    return view;
  }

  // ---------------------------------------------------------------- what it is

  @Override
  public List<Axis> axes() {
    return Axis.axes(view.axes());
  }

  @Override
  public Axis axis(String name) {
    return NamedArray.axis(view.type(), name);
  }

  @Override
  public boolean hasAxis(String name) {
    return view.type().has(name);
  }

  @Override
  public long size() {
    return view.type().size();
  }

  @Override
  public Map<String, Integer> shape() {
    return NamedArray.shape(view.type());
  }

  @Override
  public DType dtype() {
    return core.type.dtype();
  }

  @Override
  public int rank() {
    return view.axes().size();
  }

  @Override
  public NamedArray value() {
    return get();
  }

  /** The value of a view with one element. */
  public double item() {
    return get().item();
  }

  // ---------------------------------------------------------------- views

  /**
   * A view of the same storage with the selection staged. Copies nothing; composes without limit.
   */
  public NamedRef slice(Selection... selections) {
    core.alive();
    View v = view.select(selections);
    return v == view ? this : new NamedRef(core, v, whole);
  }

  /** Short for {@link #slice}. */
  public NamedRef at(Selection... selections) {
    return slice(selections);
  }

  /** The whole reference that this is a view of; itself if nothing is staged. */
  public NamedRef unsliced() {
    if (core.shared && !view.isWhole()) {
      throw Errors.unslicedShared(core.path);
    }
    return whole;
  }

  // ---------------------------------------------------------------- reading

  /** The selected contents, as an array that no later write changes. */
  public NamedArray get(Selection... selections) {
    core.alive();
    View v = view.select(selections);
    Storage s = eager();
    if (s == null) {
      View.Read r = v.reading();
      return v.ordered(emit(new Op.RefGet(r.access(), r.mode()), null, r.operands()).getFirst());
    }
    lock(s);
    try {
      return read(s, v);
    } finally {
      s.unlock();
    }
  }

  // ---------------------------------------------------------------- writing

  /**
   * Overwrites the view. Axes may come in any order; missing ones are broadcast by name.
   *
   * @throws AxialException if the value has an axis that the view lacks, a size differs, or its
   *     dtype cannot be converted without loss
   */
  public void set(NamedArray v) {
    core.writable();
    NamedArray value = view.fitted(v);
    Storage s = eager();
    if (s == null) {
      View.Read w = view.writing();
      emit(new Op.RefSet(w.access(), false), value, w.operands());
      return;
    }
    Store x = value.store("set");
    lock(s);
    try {
      write(s, value, x);
    } finally {
      s.unlock();
    }
  }

  /** Overwrites the view with one number. */
  public void set(Number v) {
    Storage s = eager();
    Block b = s == null ? null : view.block();
    if (s == null || b == null) {
      set(view.fitted(v));
      return;
    }
    Op.Const c = view.fittedConstant(v);
    core.writable();
    lock(s);
    try {
      b.fill(written(s, b), c);
    } finally {
      s.unlock();
    }
  }

  /** Overwrites the view with one boolean. */
  public void set(boolean v) {
    if (dtype() == DType.KEY) {
      throw Errors.lossy(DType.BOOL, "a reference", DType.KEY);
    }
    set(Ops.constant(dtype(), v ? 1L : 0L));
  }

  /** Overwrites the view; the values are in the order of its axes. */
  public void set(float[] v) {
    set(raw(DType.FLOAT32, v.clone(), v.length));
  }

  /** Overwrites the view; the values are in the order of its axes. */
  public void set(double[] v) {
    set(raw(DType.FLOAT64, v.clone(), v.length));
  }

  /** Overwrites the view; the values are in the order of its axes. */
  public void set(int[] v) {
    set(raw(DType.INT32, v.clone(), v.length));
  }

  /** Overwrites the view; the values are in the order of its axes. */
  public void set(long[] v) {
    set(raw(DType.INT64, v.clone(), v.length));
  }

  /** Overwrites the view; the values are in the order of its axes. */
  public void set(boolean[] v) {
    set(raw(DType.BOOL, Axial.bytes(v), v.length));
  }

  private NamedArray raw(DType t, Object values, int n) {
    ArrayType type = view.type().with(t);
    if (type.size() != n) {
      throw Errors.length(n, type.dims(), type.size());
    }
    return NamedArray.concrete(type, Store.of(t, values));
  }

  /**
   * Adds to the view. Axes may come in any order; missing ones are broadcast by name. Repeated
   * indices each count. Booleans become true where either is.
   *
   * @throws AxialException as {@link #set(NamedArray)}, and for random keys
   */
  public void add(NamedArray v) {
    combine(Fn.Combine.ADD, v);
  }

  /** Adds one number to each element of the view. */
  public void add(Number v) {
    combine(Fn.Combine.ADD, v);
  }

  /**
   * Multiplies the view. Axes may come in any order; missing ones are broadcast by name. Repeated
   * indices each count. Booleans stay true where both are.
   *
   * <p>The gradient is exact where values are zero, and where indices repeat; there it takes a loop
   * over the values.
   *
   * @throws AxialException as {@link #set(NamedArray)}, and for random keys
   */
  public void times(NamedArray v) {
    combine(Fn.Combine.MUL, v);
  }

  /** Multiplies each element of the view by one number. */
  public void times(Number v) {
    combine(Fn.Combine.MUL, v);
  }

  /**
   * Puts the larger of the value and what is there into the view. Axes may come in any order;
   * missing ones are broadcast by name. With repeated indices the largest of all stays; a NaN among
   * them does. Equal ones share the gradient equally.
   *
   * @throws AxialException as {@link #set(NamedArray)}, and for random keys
   */
  public void max(NamedArray v) {
    combine(Fn.Combine.MAX, v);
  }

  /** Puts the number into the elements of the view that are less. */
  public void max(Number v) {
    combine(Fn.Combine.MAX, v);
  }

  /**
   * Puts the smaller of the value and what is there into the view. Axes may come in any order;
   * missing ones are broadcast by name. With repeated indices the smallest of all stays; a NaN
   * among them does. Equal ones share the gradient equally.
   *
   * @throws AxialException as {@link #set(NamedArray)}, and for random keys
   */
  public void min(NamedArray v) {
    combine(Fn.Combine.MIN, v);
  }

  /** Puts the number into the elements of the view that are greater. */
  public void min(Number v) {
    combine(Fn.Combine.MIN, v);
  }

  private void combine(Fn.Combine fn, NamedArray v) {
    core.writable();
    view.combinable(fn);
    NamedArray value = view.fitted(v);
    Storage s = eager();
    if (s == null) {
      View.Read w = view.writing();
      emit(new Op.RefCombine(fn, w.access(), Mode.DROP), value, w.operands());
      return;
    }
    Store x = value.store(Errors.combines(fn));
    lock(s);
    try {
      combine(fn, s, value, x);
    } finally {
      s.unlock();
    }
  }

  private void combine(Fn.Combine fn, Number v) {
    Storage s = eager();
    Block b = s == null ? null : view.block();
    if (s == null || b == null) {
      view.combinable(fn);
      combine(fn, view.fitted(v));
      return;
    }
    view.combinable(fn);
    Op.Const c = view.fittedConstant(v);
    core.writable();
    lock(s);
    try {
      b.combineEach(fn, written(s, b), c);
    } finally {
      s.unlock();
    }
  }

  /**
   * Replaces the contents of the view by what f makes of them: they are read once, and written
   * once; with repeated indices the last result stays. In eager code the lock is held meanwhile, so
   * that no other access comes between; f must not touch the reference.
   */
  public void update(Function<NamedArray, NamedArray> f) {
    core.writable();
    Storage s = eager();
    if (s == null) {
      set(f.apply(get()));
      return;
    }
    lock(s);
    try {
      NamedArray value = view.fitted(f.apply(read(s, view)));
      write(s, value, value.store("update"));
    } finally {
      s.unlock();
    }
  }

  /** Overwrites the view and returns what was there, in one access. */
  public NamedArray swap(NamedArray v) {
    core.writable();
    NamedArray value = view.fitted(v);
    Storage s = eager();
    NamedArray old;
    if (s == null) {
      View.Read w = view.writing();
      old = emit(new Op.RefSwap(w.access(), Edge.CLAMP, false), value, w.operands()).getFirst();
    } else {
      Store x = value.store("swap");
      lock(s);
      try {
        if (view.block() != null) {
          old = read(s, view);
          write(s, value, x);
          return old;
        }
        View.Read w = view.writing();
        List<Type> types = types(w.operands());
        Store _ = written(s, null);
        old =
            NamedArray.concrete(
                EagerRefs.type(s, w.access(), types),
                EagerRefs.swap(s, w.access(), x, value.type(), stores(w.operands()), types));
      } finally {
        s.unlock();
      }
    }
    NamedArray here = view.present();
    if (here != null) {
      old = Axial.where(here, old, Ops.constant(old.dtype(), 0L));
    }
    return view.ordered(old);
  }

  /** Overwrites the view with one number and returns what was there. */
  public NamedArray swap(Number v) {
    return swap(view.fitted(v));
  }

  /**
   * Ends the life of the reference and gives its final contents, without a copy when nobody else
   * can see them. Every view of it is invalid afterwards.
   *
   * @throws AxialException in another function than the one that made the reference
   */
  public NamedArray freeze() {
    return end("frozen", true);
  }

  NamedArray end(String how, boolean wants) {
    core.alive();
    Trace t = Trace.current();
    Storage s = core.storage;
    if (core.file != null) {
      throw Errors.onDiskEnds(how, core.site());
    }
    if (t != core.owner || !core.path.isEmpty()) {
      throw Errors.frozenElsewhere(core.site(), core.path.isEmpty() ? "" : " (" + core.path + ")");
    }
    String where = Site.here();
    String why = Errors.ended(core.site(), how, where);
    if (t == null && s != null) {
      lock(s);
      Store all;
      try {
        all = s.end(why);
      } finally {
        s.unlock();
      }
      return view.read(NamedArray.concrete(core.type, all));
    }
    if (t == null) {
      throw Errors.leaked("the reference made at " + core.site(), Trace.function(core.var));
    }
    t.builder().site(where);
    NamedArray all = NamedArray.traced(t.builder().one(new Op.RefFreeze(), core.in(t)));
    core.ended = why;
    return wants ? view.read(all) : all;
  }

  // ---------------------------------------------------------------- on disk

  /** A reference whose contents are a file's. */
  static NamedRef onDisk(RefFile file, Storage storage, Object site) {
    return new NamedRef(new Core(file.type(), storage, file, null, null, site, "", false));
  }

  /**
   * Makes a file of zeros and opens it: a reference whose contents are the file's, mapped into
   * memory as the machine has room for them. It is used like any other, in place in eager and
   * compiled code, and may have more elements than an array.
   *
   * <p>The file has a header with the dtype and the axes, and then the elements, row-major and
   * little-endian, and checksums. While it is open for writing, a journal lies beside it, whose
   * name ends with {@code .journal}. Everything else is as for {@link #open(Path, DType, Axis...)}.
   *
   * @throws AxialException if there is such a file already, or it cannot be made
   */
  public static NamedRef create(Path path, DType dtype, Axis... axes) {
    return OnDisk.create(path, new ArrayType(dtype, Axis.dims(axes)));
  }

  /**
   * Opens a file that {@link #create} made.
   *
   * {@snippet class="dev.axial.references.DiskReferencesTest" region="disk"}
   *
   * <p>A write is seen at once by other programs, and by whoever opens the file after this process
   * ended, however it ended. {@link #flush} makes what was written outlast a loss of power, and
   * {@link #commit} makes several writes one.
   *
   * <p>On one machine a file is open once for writing, or several times for reading. While it is,
   * nobody else may move, shorten or write it: what becomes of any memory mapping then becomes of
   * this process, whose native code would touch a page that is gone. So it is on a disk that is
   * full, for a write to a hole of the file; in {@link #commit} that is an error. A reference that
   * is dropped without {@link #close} is closed when it is collected.
   *
   * @throws AxialException if there is no such file, it is damaged or of a later version, its dtype
   *     or its axes are others or in another order, or it is open already
   */
  public static NamedRef open(Path path, DType dtype, Axis... axes) {
    return OnDisk.open(path, true, false, new ArrayType(dtype, Axis.dims(axes)));
  }

  /** Opens a file with the dtype and the axes that it states. */
  public static NamedRef open(Path path) {
    return OnDisk.open(path, true, false, null);
  }

  /**
   * Opens a file for reading. Every write is an error, in eager code and for a compiled function
   * that could write, before anything is written.
   */
  public static NamedRef openReadOnly(Path path, DType dtype, Axis... axes) {
    return OnDisk.open(path, false, false, new ArrayType(dtype, Axis.dims(axes)));
  }

  /** Opens a file for reading, with the dtype and the axes that it states. */
  public static NamedRef openReadOnly(Path path) {
    return OnDisk.open(path, false, false, null);
  }

  /**
   * Opens a file whose checksums are compared first, which reads all of it: 0.4 to 1 s for a
   * gigabyte that is in memory.
   *
   * @throws AxialException as {@link #open(Path)}, and as {@link #verify}
   */
  public static NamedRef open(Path path, Opening how) {
    return OnDisk.open(path, true, how == Opening.VERIFY, null);
  }

  /** Opens a file for reading, whose checksums are compared first. */
  public static NamedRef openReadOnly(Path path, Opening how) {
    return OnDisk.open(path, false, how == Opening.VERIFY, null);
  }

  /**
   * Compares a file with the checksums of its pages. Each 4096 bytes of elements have one, which a
   * block of {@link #commit} writes with them, and {@link #flush} and {@link #close} after writes
   * outside of blocks.
   *
   * @throws AxialException naming the first page that differs and its elements; or if the checksums
   *     are older than the elements, because whoever wrote them was cut off; or if the file cannot
   *     be opened
   */
  public static void verify(Path path) {
    openReadOnly(path, Opening.VERIFY).close();
  }

  /**
   * Makes a file that can no longer be opened, or verified, one that can: keeps the elements as
   * they are, makes their checksums anew, and says what was damaged. Copy the file first.
   *
   * <p>That is for a file whose process or machine ended while it wrote a block of {@link #commit},
   * and whose journal is gone since: some of its pages are of before the block and the rest of
   * after it. Those that were cut off in the middle are named by the result, like all that differ
   * from their checksums. If the journal is there, the block is finished, as {@link #open(Path)}
   * does.
   *
   * @throws AxialException if there is no such file, its header is damaged, or it is open
   */
  public static Recovered recover(Path path) {
    return OnDisk.recover(path);
  }

  /** The file that holds the contents; empty for a reference in memory. */
  public Optional<Path> file() {
    RefFile f = core.file;
    return f == null ? Optional.empty() : Optional.of(f.path());
  }

  /**
   * Runs a block whose writes to this reference are one: if the process is killed at any moment, or
   * the power fails, the file has all of them or none when it is opened again, and so it is if the
   * block throws. Other threads wait until the end of the block; they must not be waited for in it.
   * Other references are written as always, also in nested blocks of their own.
   *
   * <p>Costs what the block touches: each page (4096 bytes, mostly) that it writes is copied in
   * memory once, is kept there until the end, and is written twice then, to the journal and to the
   * file. To find the written ones costs no more on Linux 6.7 with the native engine, about a
   * millisecond for each gigabyte of the file on Linux otherwise, and elsewhere the file is read.
   * Without the native engine the system may refuse a block on a file that is larger than its free
   * memory.
   *
   * @throws AxialException inside another block of the same reference, in a traced function, or if
   *     the file cannot be written
   */
  public void commit(Runnable block) {
    OnDisk.commit(core, block);
  }

  /** Makes everything that was written so far outlast a loss of power. */
  public void flush() {
    OnDisk.flush(core);
  }

  /**
   * Waits for accesses and calls that are under way, flushes, and lets others use the file. The
   * reference and its views cannot be used afterwards; to close it again does nothing.
   */
  @Override
  public void close() {
    OnDisk.close(core);
  }

  // ---------------------------------------------------------------- helpers

  /** The storage, if it is to be accessed now and not by a program. */
  private @Nullable Storage eager() {
    return Trace.current() == null ? core.storage : null;
  }

  static void lock(Storage s) {
    if (s.held()) {
      throw Errors.held(s.site());
    }
    s.lock();
  }

  // The caller of these holds the lock.

  private static NamedArray read(Storage s, View v) {
    Block b = v.block();
    if (b != null) {
      return NamedArray.concrete(v.type(), b.read(s.store()));
    }
    View.Read r = v.reading();
    List<Type> types = types(r.operands());
    Store out = EagerRefs.get(s, r.access(), r.mode(), stores(r.operands()), types);
    return v.ordered(NamedArray.concrete(EagerRefs.type(s, r.access(), types), out));
  }

  private void write(Storage s, NamedArray value, Store x) {
    boolean counted = x.use();
    try {
      writeUsed(s, value, x);
    } finally {
      x.done(counted);
    }
  }

  private void writeUsed(Storage s, NamedArray value, Store x) {
    Block b = view.block();
    if (b != null && value.type().isScalar()) {
      b.fill(written(s, b), x);
    } else if (b != null && value.type().dims().equals(view.axes())) {
      b.write(written(s, b), x);
    } else {
      View.Read w = view.writing();
      List<Type> types = types(w.operands());
      Store _ = written(s, null);
      EagerRefs.set(s, w.access(), x, value.type(), stores(w.operands()), types);
    }
  }

  private void combine(Fn.Combine fn, Storage s, NamedArray value, Store x) {
    boolean counted = x.use();
    try {
      combineUsed(fn, s, value, x);
    } finally {
      x.done(counted);
    }
  }

  private void combineUsed(Fn.Combine fn, Storage s, NamedArray value, Store x) {
    Block b = view.block();
    if (b != null && value.type().isScalar()) {
      b.combineEach(fn, written(s, b), x);
    } else if (b != null && value.type().dims().equals(view.axes())) {
      b.combine(fn, written(s, b), x);
    } else {
      View.Read w = view.writing();
      List<Type> types = types(w.operands());
      Store _ = written(s, null);
      EagerRefs.combine(fn, s, w.access(), x, value.type(), stores(w.operands()), types);
    }
  }

  /** The memory, which is about to be written: its file is told where. */
  private static Store written(Storage s, @Nullable Block b) {
    Storage.Guard g = s.guard();
    if (g != null && b != null) {
      b.tell(g);
    } else if (g != null) {
      g.writesAll();
    }
    return s.store();
  }

  private static List<Store> stores(List<NamedArray> xs) {
    return xs.stream().map(x -> x.store("an eager access")).toList();
  }

  private static List<Type> types(List<NamedArray> xs) {
    return xs.stream().<Type>map(NamedArray::type).toList();
  }

  private List<NamedArray> emit(Op op, @Nullable NamedArray value, List<NamedArray> operands) {
    Trace t = Trace.current();
    if (t == null) {
      throw Errors.leaked("the reference made at " + core.site(), Trace.function(core.var));
    }
    var in = new ArrayList<Var>();
    in.add(core.in(t));
    if (value != null) {
      in.add(value.in(t));
    }
    operands.forEach(x -> in.add(x.in(t)));
    t.builder().site(Site.here());
    return t.builder().emit(op, in).stream().map(NamedArray::traced).toList();
  }

  /** The kind, the axes and the dtype; the contents too when they are few and can be seen. */
  @Override
  public String toString() {
    String type = "NamedRef(" + Errors.type(view.type()) + ")";
    Storage s = core.storage;
    if (s == null || Trace.current() != null || !s.alive() || view.type().size() > 1000) {
      return type;
    }
    return type + " " + get();
  }

  /**
   * The contents as a page of HTML, as {@link NamedArray#toHtml}. A view is also shown inside its
   * base, with what it selects outlined. The lock is held while the page is made. What cannot be
   * seen, a traced reference or one that has ended, gives a page that says its type.
   */
  public String toHtml() {
    return Html.reference(this);
  }

  /** For a page: asks for the memory of the storage and of the view, under one lock. */
  String shown(BiFunction<Store, Store, String> page) {
    Storage s = java.util.Objects.requireNonNull(core.storage);
    lock(s);
    try {
      Store all = s.store();
      return page.apply(all, view.isWhole() ? all : read(s, view).store("toHtml"));
    } finally {
      s.unlock();
    }
  }
}
