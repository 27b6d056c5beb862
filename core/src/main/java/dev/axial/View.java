package dev.axial;

import dev.axial.interpreter.Block;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Sel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A selection of an array or reference, with any number of selections staged on it: for each axis
 * of the base a {@link Place}, which says where along it the view lies. Selecting again composes
 * with the places, so a view costs nothing and an access is always one access to the base.
 *
 * <p>An index that is a value is judged against the view it was applied to, in its own dtype: cut
 * to int32 first, an index far out of range would be another one. The base judges it when that view
 * is the whole axis; otherwise it is clamped here, after which it is int32 as all places are, and
 * {@code valid} says where a write must not happen. {@code present} says where a read gives zero as
 * well: the missing entries of a mask.
 *
 * <p>It is long because each kind of selection meets each kind of place.
 */
final class View {
  /** Up to so many elements of an array are read here; more is worth an engine's while. */
  private static final int FEW = 1 << 12;

  /** What a value is written into, in messages. */
  private static final String REFERENCE = "a reference";

  private final ArrayType base;
  private final List<Place> places;
  private final List<Dim> axes;
  private final @Nullable NamedArray valid;
  private final @Nullable NamedArray present;
  private final List<?> staged;

  /** Whether all places are known: ranges and fixed ones. Then an access needs no operands. */
  private final boolean plain;

  // Made when they are needed, perhaps twice; they are immutable.
  private @Nullable ArrayType type;
  private @Nullable Block block;

  /**
   * A view.
   *
   * @param base the axes of the array or storage
   * @param places one for each axis of the base
   * @param axes the axes of the view, in its order
   * @param staged for messages, what was selected; their texts are asked for when one is made
   */
  View(
      ArrayType base,
      List<Place> places,
      List<Dim> axes,
      @Nullable NamedArray valid,
      @Nullable NamedArray present,
      List<?> staged) {
    this.base = base;
    this.places = places;
    this.axes = axes;
    this.valid = valid;
    this.present = present;
    this.staged = staged;
    boolean known = valid == null && present == null;
    for (int k = 0; known && k < places.size(); k++) {
      known = places.get(k) instanceof Range || places.get(k) instanceof Fixed;
    }
    plain = known;
  }

  ArrayType base() {
    return base;
  }

  List<Place> places() {
    return places;
  }

  List<Dim> axes() {
    return axes;
  }

  @Nullable NamedArray valid() {
    return valid;
  }

  @Nullable NamedArray present() {
    return present;
  }

  List<?> staged() {
    return staged;
  }

  boolean isPlain() {
    return plain;
  }

  /** Where along one base axis the view lies. */
  sealed interface Place {}

  /** Elements start, start+step, …; the view has the axis, with this size. */
  record Range(int start, int step, int size) implements Place {
    /** Whether this is all of an axis of size n, in its order. */
    boolean covers(int n) {
      return start == 0 && step == 1 && size == n;
    }
  }

  /**
   * The same with a start that is a value. A raw start is applied to the whole axis and judged by
   * the access.
   *
   * @param over the size of that axis if the start is raw, of any integer dtype; else -1: the start
   *     is in range, and int32
   */
  record Moving(NamedArray start, int step, int size, int over) implements Place {}

  /** One element; the axis is consumed. */
  record Fixed(int index) implements Place {}

  /** An index array, perhaps of rank 0; its axes belong to the view. Raw as above. */
  record Index(NamedArray index, boolean raw) implements Place {}

  static View whole(ArrayType t) {
    var places = new ArrayList<Place>();
    for (Dim d : t.dims()) {
      places.add(new Range(0, 1, d.size()));
    }
    return new View(t, places, t.dims(), null, null, List.of());
  }

  /** The type of the view's contents. */
  ArrayType type() {
    ArrayType t = type;
    if (t == null) {
      t = axes.isEmpty() ? ArrayType.scalar(base.dtype()) : base.with(axes);
      type = t;
    }
    return t;
  }

  /** In eager code, where the elements lie in the base; null if an access needs more than that. */
  @Nullable Block block() {
    Block b = block;
    if (b == null && valid == null && present == null) {
      b = Plain.block(this);
      block = b;
    }
    return b;
  }

  boolean isWhole() {
    return staged.isEmpty();
  }

  private @Nullable Dim axis(String name) {
    for (Dim d : axes) {
      if (d.name().equals(name)) {
        return d;
      }
    }
    return null;
  }

  private boolean wholeAxis(int k) {
    return places.get(k) instanceof Range r
        && r.start == 0
        && r.step == 1
        && r.size == base.dims().get(k).size();
  }

  /** Whether base axis k is the view's axis of the same name (and not consumed). */
  private boolean keeps(int k) {
    return places.get(k) instanceof Range || places.get(k) instanceof Moving;
  }

  // ---------------------------------------------------------------- selecting

  /** This view with further selections, all applied at once. */
  View select(Selection... selections) {
    if (selections.length == 0) {
      return this;
    }
    View known = plain ? Plain.select(this, selections) : null;
    return known != null ? known : selectAny(selections);
  }

  private View selectAny(Selection... selections) {
    Map<String, Selections.Item> bySel = resolve(selections);
    if (bySel.isEmpty()) {
      return this;
    }
    var s = new Selecting();
    bySel.forEach((name, item) -> {
      Dim d = axis(name);
      if (d == null) {
        throw Errors.noAxisToSelect(name, axes, text(staged));
      }
      s.apply(d, item);
    });
    return s.finish(bySel);
  }

  private static String text(List<?> staged) {
    return String.join(", ", staged.stream().map(String::valueOf).toList());
  }

  /** What selections are called in messages. */
  String describe(Selection... selections) {
    var out = new ArrayList<String>();
    resolve(selections).forEach((name, i) -> out.add(i.axis() == null ? name + " " + i : "" + i));
    return text(out);
  }

  /** Names the selectors that have none by position, and checks that no axis is meant twice. */
  private Map<String, Selections.Item> resolve(Selection... selections) {
    var out = new LinkedHashMap<String, Selections.Item>();
    var unnamed = new ArrayList<Selections.Item>();
    int ellipsis = -1;
    for (Selection sel : selections) {
      var item = (Selections.Item) sel;
      String name = item.axis();
      if (item instanceof Selections.Ellipsis) {
        if (ellipsis >= 0) {
          throw Errors.twoEllipses();
        }
        ellipsis = unnamed.size();
      } else if (name == null) {
        unnamed.add(item);
      } else if (out.put(name, item) != null) {
        throw Errors.selectedTwice(name, axes);
      }
    }
    if (unnamed.size() > axes.size()) {
      throw Errors.tooManyPositions(unnamed.size(), axes);
    }
    for (int k = 0; k < unnamed.size(); k++) {
      int at = ellipsis >= 0 && k >= ellipsis ? axes.size() - unnamed.size() + k : k;
      String name = axes.get(at).name();
      if (out.put(name, unnamed.get(k)) != null) {
        throw Errors.positionConflict(name, at);
      }
    }
    return out;
  }

  /** One selection being applied: the places as they change, and the axes that replace others. */
  private final class Selecting {
    final List<Place> next = new ArrayList<>(places);
    @Nullable NamedArray newValid;
    @Nullable NamedArray newPresent;

    /** The new axes of index arrays, and for each axis of the view what becomes of it. */
    final LinkedHashMap<String, Dim> fresh = new LinkedHashMap<>();

    final Map<String, @Nullable Dim> fate = new HashMap<>();

    /**
     * What to take from the index arrays staged before that go along an axis: all of it at once.
     */
    final LinkedHashMap<String, Selections.Item> along = new LinkedHashMap<>();

    final java.util.Set<String> indexed = new java.util.HashSet<>();

    void apply(Dim d, Selections.Item item) {
      switch (item) {
        case Selections.One o -> {
          int i = resolved(o.index(), d);
          fate.put(d.name(), null);
          onAxis(d, p -> at(p, i), new Selections.One(d.name(), i));
        }
        case Selections.Span s -> span(d, s);
        case Selections.Window w -> window(d, w);
        case Selections.StaticMany m -> {
          var all = new int[m.indices().length];
          for (int k = 0; k < all.length; k++) {
            all[k] = resolved(m.indices()[k], d);
          }
          index(d, Axial.array(all, new Axis(d.name(), all.length)), false);
        }
        case Selections.Many m -> index(d, m.index(), true);
        case Selections.Mask m -> mask(d, m);
        case Selections.Ellipsis _ -> {}
      }
    }

    private int resolved(int i, Dim d) {
      if (i < -d.size() || i >= d.size()) {
        throw Errors.outOfRange(i, d);
      }
      return i < 0 ? i + d.size() : i;
    }

    interface OnPlace {
      Place of(Place p);
    }

    /**
     * Changes the place of the base axis that the view's axis is, and notes what to take from the
     * index arrays that have it.
     */
    private void onAxis(Dim d, OnPlace place, Selections.Item item) {
      for (int k = 0; k < next.size(); k++) {
        boolean own = base.dims().get(k).name().equals(d.name());
        if (own && (next.get(k) instanceof Range || next.get(k) instanceof Moving)) {
          next.set(k, place.of(next.get(k)));
        }
      }
      along.put(d.name(), item);
    }

    /** An index array staged before, or a mask beside one, where it is selected from. */
    private NamedArray taken(NamedArray x) {
      return x.get(
          along.entrySet().stream()
              .filter(e -> x.hasAxis(e.getKey()))
              .map(Map.Entry::getValue)
              .toArray(Selection[]::new));
    }

    private Place at(Place p, int i) {
      return switch (p) {
        case Range r -> new Fixed(r.start + r.step * i);
        case Moving m -> new Index(inRange(m).plus(m.step * i), false);
        case Fixed f -> f;
        case Index x -> x;
      };
    }

    private void span(Dim d, Selections.Span s) {
      int n = d.size();
      if (s.step() == 0) {
        throw Errors.error(
            "a range along axis '%s' has step 0; the step is positive or negative.", d.name());
      }
      Range cut = Plain.cut(s, n);
      int start = cut.start;
      int step = cut.step;
      int size = cut.size;
      int stop = (int) Math.min(start + (long) step * size, n);
      fate.put(d.name(), new Dim(d.name(), size));
      Selections.Item item =
          size == 0
              ? new Selections.Span(d.name(), 0, 0, 1)
              : new Selections.Span(d.name(), start, stop < 0 ? null : (Integer) stop, step);
      onAxis(d, p -> narrowed(p, start, step, size), item);
    }

    private Place narrowed(Place p, int start, int step, int size) {
      return switch (p) {
        case Range r -> Plain.narrowed(r, start, step, size);
        case Moving m ->
            new Moving(
                inRange(m).plus(m.step * start), Plain.stride(m.step * step, size), size, -1);
        case Fixed f -> f;
        case Index x -> x;
      };
    }

    private void window(Dim d, Selections.Window w) {
      NamedArray start = w.dynamic();
      if (w.size() < 0 || w.size() > d.size()) {
        throw Errors.windowTooLarge(w.size(), d);
      }
      fate.put(d.name(), new Dim(d.name(), w.size()));
      if (start == null) {
        int wrapped = w.start() < 0 ? w.start() + d.size() : w.start();
        int from = Math.clamp(wrapped, 0, d.size() - w.size());
        Selections.Item item = new Selections.Window(d.name(), from, null, w.size());
        onAxis(d, p -> narrowed(p, from, 1, w.size()), item);
        return;
      }
      if (!start.dtype().isInteger()) {
        throw Errors.indexDtype(d.name(), start);
      }
      if (start.rank() > 0) {
        throw Errors.error(
            "the start of a window along axis '%s' is one integer; got %s. Use an index array for several.",
            d.name(), Errors.type(start.type()));
      }
      onAxis(
          d,
          p ->
              switch (p) {
                case Range r when r.covers(base.dim(d.name()).size()) ->
                    new Moving(start, 1, w.size(), r.size);
                case Range r ->
                    new Moving(
                        clampStart(start, d.size(), w.size()).times(r.step).plus(r.start),
                        Plain.stride(r.step, w.size()),
                        w.size(),
                        -1);
                case Moving m ->
                    new Moving(
                        inRange(m).plus(clampStart(start, d.size(), w.size()).times(m.step)),
                        Plain.stride(m.step, w.size()),
                        w.size(),
                        -1);
                case Fixed f -> f;
                case Index x -> x;
              },
          new Selections.Window(d.name(), 0, start, w.size()));
    }

    /** The index replaces the axis. Dynamic indices are judged, here unless the base can do it. */
    private void index(Dim d, NamedArray given, boolean dynamic) {
      if (!given.dtype().isInteger()) {
        throw Errors.indexDtype(d.name(), given);
      }
      indexed(d, given);
      NamedArray idx = given;
      int own = -1;
      for (int k = 0; k < next.size(); k++) {
        if (keeps(k) && base.dims().get(k).name().equals(d.name())) {
          own = k;
        }
      }
      if (own >= 0 && wholeAxis(own) && next.get(own) == places.get(own) && !follows(d.name())) {
        next.set(own, new Index(idx, dynamic));
        return;
      }
      NamedArray ok = null;
      if (dynamic) {
        NamedArray wrapped = wrap(idx, d.size());
        NamedArray nearest = Axial.clip(wrapped, 0, Math.max(0, d.size() - 1));
        ok = wrapped.eq(nearest);
        idx = nearest.astype(DType.INT32);
        if (d.size() == 0) { // as along an empty axis of the base: there is nothing to read
          ok = wrapped.ne(wrapped);
          newPresent = and(newPresent, ok);
        }
      }
      NamedArray judged = idx;
      onAxis(
          d,
          p ->
              switch (p) {
                case Range r -> new Index(judged.times(r.step).plus(r.start), false);
                case Moving m -> new Index(inRange(m).plus(judged.times(m.step)), false);
                case Fixed f -> f;
                case Index x -> x;
              },
          new Selections.Many(d.name(), judged));
      newValid = and(newValid, ok);
    }

    /** Whether index arrays staged before, or what they left out, go along this axis. */
    private boolean follows(String axis) {
      return valid != null && valid.hasAxis(axis)
          || present != null && present.hasAxis(axis)
          || places.stream().anyMatch(q -> q instanceof Index i && i.index.hasAxis(axis));
    }

    private void indexed(Dim d, NamedArray idx) {
      fate.put(d.name(), null);
      if (idx.rank() > 0) {
        indexed.add(d.name());
      }
      for (Dim a : idx.type().dims()) {
        Dim known = fresh.put(a.name(), a);
        if (known != null && known.size() != a.size()) {
          throw Errors.indexAxesDiffer(a.name(), known.size(), a.size());
        }
      }
    }

    /** The positions of the true entries come first in a stable sort of what is false. */
    private void mask(Dim d, Selections.Mask m) {
      NamedArray mask = m.mask();
      if (mask.dtype() != DType.BOOL
          || mask.rank() != 1
          || mask.type().dims().getFirst().size() != d.size()) {
        throw Errors.error(
            "where along axis '%s' needs a boolean array with one axis of size %d; got %s.",
            d.name(), d.size(), Errors.type(mask.type()));
      }
      if (m.count() < 0 || m.count() > d.size()) {
        throw Errors.error(
            "where along axis '%s' of size %d has count %d; expected 0 to %d.",
            d.name(), d.size(), m.count(), d.size());
      }
      NamedArray own = mask.rename(mask.type().dims().getFirst().name(), d.name());
      NamedArray order =
          Ops.emit(new Op.ArgSort(d.name(), false), own.not())
              .get(new Selections.Span(d.name(), 0, m.count(), 1));
      NamedArray hits = Axial.sum(own.astype(DType.INT32));
      NamedArray here = Axial.arange(new Axis(d.name(), m.count())).lt(hits);
      index(d, order, false);
      newPresent = and(newPresent, here);
    }

    View finish(Map<String, Selections.Item> bySel) {
      var dims = new ArrayList<Dim>();
      int at = -1;
      for (Dim d : axes) {
        if (at < 0 && indexed.contains(d.name())) {
          at = dims.size();
        }
        if (!fate.containsKey(d.name())) {
          dims.add(d);
        } else {
          Dim kept = fate.get(d.name());
          if (kept != null) {
            dims.add(kept);
          }
        }
      }
      var added = new ArrayList<Dim>();
      for (Dim f : fresh.values()) {
        Dim same = dims.stream().filter(d -> d.name().equals(f.name())).findFirst().orElse(null);
        if (same == null) {
          added.add(f);
        } else if (same.size() != f.size()) {
          throw Errors.indexAxisSize(f, same);
        }
      }
      dims.addAll(Math.max(at, 0), added);
      var all = new ArrayList<Object>(staged);
      bySel.forEach((name, i) -> all.add(i.axis() == null ? name + " " + i : i.toString()));
      for (int k = 0; k < next.size(); k++) {
        if (places.get(k) instanceof Index i) {
          next.set(k, new Index(taken(i.index), i.raw));
        }
      }
      return new View(
          base,
          next,
          dims,
          and(valid == null ? null : taken(valid), newValid),
          and(present == null ? null : taken(present), newPresent),
          all);
    }
  }

  private static NamedArray wrap(NamedArray i, int n) {
    return i.dtype() == DType.UINT32 ? i : Axial.where(i.lt(0), i.plus(n), i);
  }

  /** A negative index that is known, wrapped once. */
  static long wrapped(long i, int n) {
    return i < 0 ? i + n : i;
  }

  private static NamedArray clampStart(NamedArray start, int n, int size) {
    return Axial.clip(wrap(start, n), 0, n - size).astype(DType.INT32);
  }

  /** The start of a moving window as an index that is in range. */
  static NamedArray inRange(Moving m) {
    return m.over < 0 ? m.start : clampStart(m.start, m.over, m.size);
  }

  // ---------------------------------------------------------------- as data of a program

  /** Takes what of a view is data: where it lies. Everything else is structure. */
  interface Data {
    void number(int place);

    void window(Moving place);

    void array(NamedArray indices);
  }

  /** Hands on what of this view is data, in the order of a program's inputs. */
  void data(Data to) {
    for (int k = 0; k < places.size(); k++) {
      int n = base.dims().get(k).size();
      switch (places.get(k)) {
        case Range p when p.covers(n) -> {}
        case Range p -> to.number(p.start);
        case Moving p -> to.window(p);
        case Fixed p -> to.number(p.index);
        case Index p -> to.array(p.index);
      }
    }
    if (valid != null) {
      to.array(valid);
    }
    if (present != null) {
      to.array(present);
    }
  }

  /** The arrays among that data which are concrete. */
  List<NamedArray> arrays() {
    var out = new ArrayList<NamedArray>();
    data(
        new Data() {
          @Override
          public void number(int place) {}

          @Override
          public void window(Moving place) {
            array(place.start());
          }

          @Override
          public void array(NamedArray indices) {
            if (indices.isConcrete()) {
              out.add(indices);
            }
          }
        });
    return out;
  }

  // ---------------------------------------------------------------- accessing

  /** The access to the base, and its operands without the mask. */
  record Lowered(List<Sel> sels, List<NamedArray> operands) {}

  Lowered lower() {
    var sels = new ArrayList<Sel>();
    var operands = new ArrayList<NamedArray>();
    for (int k = 0; k < places.size(); k++) {
      Dim d = base.dims().get(k);
      switch (places.get(k)) {
        case Range r -> {
          if (!r.covers(d.size())) {
            sels.add(new Sel.Window(d.name(), r.start, r.step, r.size));
          }
        }
        case Moving m when m.step == 1 -> {
          sels.add(new Sel.Ds(d.name(), m.size));
          operands.add(m.start);
        }
        case Moving m -> {
          sels.add(new Sel.At(d.name()));
          operands.add(Axial.arange(new Axis(d.name(), m.size)).times(m.step).plus(m.start));
        }
        case Fixed f -> {
          sels.add(new Sel.At(d.name()));
          operands.add(Ops.constant(DType.INT32, (long) f.index));
        }
        case Index i -> {
          sels.add(new Sel.At(d.name()));
          operands.add(i.index);
        }
      }
    }
    return new Lowered(sels, operands);
  }

  /** What a read does: the access with its mask and mode. */
  record Read(Access access, Mode mode, List<NamedArray> operands) {}

  Read reading() {
    Lowered l = lower();
    NamedArray p = present;
    if (p == null) {
      return new Read(new Access(l.sels, false), Mode.CLAMP, l.operands);
    }
    // Zero where nothing is present, which takes a mask; so what is left to the access is clamped
    // here.
    var in = new ArrayList<>(l.operands);
    int k = 0;
    for (int d = 0; d < places.size(); d++) {
      int n = base.dims().get(d).size();
      if (places.get(d) instanceof Index i && i.raw) {
        in.set(k, Axial.clip(wrap(i.index, n), 0, Math.max(0, n - 1)));
      }
      k += places.get(d) instanceof Range ? 0 : 1;
    }
    in.add(p);
    return new Read(new Access(l.sels, true), Mode.DROP, in);
  }

  Read writing() {
    Lowered l = lower();
    NamedArray ok = mask();
    if (ok == null) {
      return new Read(new Access(l.sels, false), Mode.DROP, l.operands);
    }
    var in = new ArrayList<>(l.operands);
    in.add(ok);
    return new Read(new Access(l.sels, true), Mode.DROP, in);
  }

  private @Nullable NamedArray mask() {
    return and(valid, present);
  }

  private static @Nullable NamedArray and(@Nullable NamedArray a, @Nullable NamedArray b) {
    return a == null ? b : b == null ? a : a.and(b);
  }

  /** The axes of the view in the order of a read's result. */
  NamedArray ordered(NamedArray result) {
    return Ops.broadcast(result, axes);
  }

  /** The contents of an array at this view. */
  NamedArray read(NamedArray x) {
    if (isWhole()) {
      return x;
    }
    Block b = block();
    if (b != null && b.size() <= FEW && x.isConcrete() && Trace.current() == null) {
      return NamedArray.concrete(type(), b.read(x.store("an operation")));
    }
    Read r = reading();
    var in = new ArrayList<NamedArray>();
    in.add(x);
    in.addAll(r.operands);
    return ordered(Ops.emit(new Op.Index(r.access, r.mode), in));
  }

  /** A copy of an array with this view overwritten, or combined with a value by fn. */
  NamedArray scatter(NamedArray x, NamedArray value, Fn.@Nullable Combine fn) {
    if (fn != null) {
      combinable(fn);
    }
    NamedArray v = fitted(value, "an array");
    Read w = writing();
    var in = new ArrayList<NamedArray>();
    in.add(x);
    in.add(v);
    in.addAll(w.operands);
    return Ops.emit(new Op.Scatter(fn, w.access, Mode.DROP), in);
  }

  /** Refuses what cannot be combined by fn. */
  void combinable(Fn.Combine fn) {
    if (base.dtype() == DType.KEY) {
      throw Errors.combinedKeys(fn);
    }
  }

  /** A value as this view's dtype, checked to fit it. */
  NamedArray fitted(NamedArray v) {
    return fitted(v, REFERENCE);
  }

  private NamedArray fitted(NamedArray v, String whole) {
    if (!type().covers(v.type())) {
      throw Errors.doesNotFit(v.type(), type());
    }
    DType t = base.dtype();
    if (v.dtype() == t) {
      return v;
    }
    if (v.dtype() == DType.KEY
        || t == DType.KEY
        || v.dtype().isFloating() && !t.isFloating()
        || !v.dtype().isFloating() && v.dtype() != DType.BOOL && t == DType.BOOL) {
      throw Errors.lossy(v.dtype(), whole, t);
    }
    return v.astype(t);
  }

  /** A Java number as this view's dtype. */
  NamedArray fitted(Number v) {
    return Ops.constant(fittedConstant(v));
  }

  Op.Const fittedConstant(Number v) {
    DType t = base.dtype();
    if (!Ops.isIntegral(v) && !t.isFloating()) {
      throw Errors.lossy(DType.FLOAT32, REFERENCE, t);
    }
    if (t == DType.KEY || t == DType.BOOL) {
      throw Errors.lossy(DType.INT32, REFERENCE, t);
    }
    return Ops.numberConstant(v, t);
  }
}
