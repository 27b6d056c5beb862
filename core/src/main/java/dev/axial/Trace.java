package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.RefType;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A function being traced on this thread. Traces nest; each has a builder, and the outermost one
 * gives concrete arrays and references that the function uses their inputs.
 */
final class Trace {
  private static final ScopedValue<Trace> CURRENT = ScopedValue.newInstance();

  private final Builder builder;
  private final @Nullable Trace parent;
  private final Trace root;
  private final Map<Object, Map<ArrayType, Var>> captured = new IdentityHashMap<>();
  private final List<Object> capturedOrder = new ArrayList<>();
  private final List<Var> capturedVars = new ArrayList<>();
  private @Nullable Axis lane;
  private final Map<Storage, String> passed = new IdentityHashMap<>();
  private boolean open = true;

  private Trace(Builder builder, @Nullable Trace parent) {
    this.builder = builder;
    this.parent = parent;
    this.root = parent == null ? this : parent.root;
  }

  /** A trace inside the current one, or an outermost one. */
  static Trace child(Builder builder) {
    return new Trace(builder, current());
  }

  /** The innermost trace of this thread, or null in eager code. */
  static @Nullable Trace current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  Builder builder() {
    return builder;
  }

  Trace root() {
    return root;
  }

  /** Runs a function in this trace, which is over afterwards. */
  <T extends @Nullable Object> T run(Supplier<T> f) {
    try {
      return parent == null ? Deep.guarded(what() + " was traced", () -> step(f)) : step(f);
    } finally {
      open = false;
    }
  }

  /** Like {@link #run}, but the trace goes on. */
  <T extends @Nullable Object> T step(Supplier<T> f) {
    return ScopedValue.where(CURRENT, this).<T, RuntimeException>call(f::get);
  }

  /** Says that the traced function is one lane of a vmap over this axis. */
  void lane(@Nullable Axis axis) {
    lane = axis;
  }

  /** The axes that vmaps around map over, the innermost first. */
  List<Axis> lanes() {
    var out = new ArrayList<Axis>();
    for (Trace t = this; t != null; t = t.parent) {
      if (t.lane != null) {
        out.add(t.lane);
      }
    }
    return out;
  }

  /** Whether between the trace with this builder and this one there is nothing but vmaps. */
  boolean lanesOnlyFrom(Builder outer) {
    Trace t = this;
    while (t.builder != outer && t.lane != null && t.parent != null) {
      t = t.parent;
    }
    return t.builder == outer;
  }

  void close() {
    open = false;
  }

  /** Says that a storage came in as an argument: closing over it is an error then. */
  void pass(Storage s, String path) {
    root.passed.put(s, path);
  }

  /** What the traced function is called in errors. */
  void function(String what) {
    builder.function(what.contains(" ") ? what : "the function given to " + what);
  }

  private String what() {
    return builder.function().isEmpty() ? "a function" : builder.function();
  }

  /** What the function is called that a traced value belongs to; empty if that is not known. */
  static String function(@Nullable Var v) {
    return v != null && v.owner() instanceof Builder b ? b.function() : "";
  }

  /** The concrete arrays and references that the traced function used, in order. */
  List<Object> captured() {
    return capturedOrder;
  }

  List<Var> capturedVars() {
    return capturedVars;
  }

  /** The variable of a concrete array. Arrays of several types may share their memory. */
  Var capture(ArrayType type, Store store) {
    return root.captureRoot(store, type, () -> root.builder.input(type));
  }

  /** The variable of a concrete reference. */
  Var capture(Storage storage) {
    String path = root.passed.get(storage);
    if (path != null) {
      throw Errors.closedOverAndPassed(root.builder.function(), storage.site(), path);
    }
    return root.captureRoot(
        storage, storage.type(), () -> root.builder.input(new RefType(storage.type())));
  }

  private Var captureRoot(Object key, ArrayType type, Supplier<Var> make) {
    Map<ArrayType, Var> known = captured.computeIfAbsent(key, _ -> new HashMap<>(1));
    Var v = known.get(type);
    if (v == null) {
      v = make.get();
      known.put(type, v);
      capturedOrder.add(key);
      capturedVars.add(v);
    }
    return v;
  }

  /** Checks that a traced variable belongs to a trace that is going on here. */
  void check(Var v, Object what) {
    for (Trace t = this; t != null; t = t.parent) {
      if (t.builder == v.owner()) {
        if (t.open) {
          return;
        }
        break;
      }
    }
    throw Errors.leaked(what, function(v));
  }
}
