package dev.axial;

import dev.axial.engine.Engine;
import dev.axial.engine.Engines;
import dev.axial.engine.Executable;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.CanonicalKey;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Runs operations and programs now. */
final class Eager {
  private static final Engine INTERPRETER = new Interpreter();
  private static final Engine ENGINE = Engines.choose(INTERPRETER);
  private static final int CACHE = 4096;
  private static final Map<Key, Executable> COMPILED = new ConcurrentHashMap<>();

  private static final Map<CanonicalKey, Executable> PROGRAMS =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<CanonicalKey, Executable> eldest) {
          return size() > 256;
        }
      };

  private record Key(Op op, List<Type> types) {}

  private Eager() {}

  /** The engine's name. */
  static String engine() {
    return ENGINE.name();
  }

  /** Compiled code, shared by programs that are the same. The least recently used goes first. */
  static Executable compile(Program p) {
    CanonicalKey key = CanonicalKey.of(p);
    synchronized (PROGRAMS) {
      Executable known = PROGRAMS.get(key);
      if (known != null) {
        return known;
      }
    }
    Executable made = ENGINE.compile(p);
    synchronized (PROGRAMS) {
      PROGRAMS.put(key, made);
    }
    return made;
  }

  /** One operation on concrete arrays. Compiled once for its types. */
  static List<NamedArray> run(Op op, List<NamedArray> in) {
    var types = new ArrayList<Type>();
    var values = new ArrayList<Object>();
    for (NamedArray x : in) {
      if (!x.isConcrete()) {
        throw Errors.leaked("this array of type " + Errors.type(x.type()));
      }
      types.add(x.type());
      values.add(x.store("an operation"));
    }
    Key key = new Key(op, types);
    Executable e = COMPILED.get(key);
    List<Type> results = dev.axial.ir.TypeRules.infer(op, types);
    if (e == null) {
      var b = new Builder();
      var vars = types.stream().map(b::input).toList();
      Engine engine = ENGINE.wants(op, types) ? ENGINE : INTERPRETER;
      e = engine.compile(b.close(b.emit(op, vars), List.of()));
      if (COMPILED.size() > CACHE) {
        COMPILED.clear();
      }
      COMPILED.put(key, e);
    }
    List<Object> out = e.call(values);
    var arrays = new ArrayList<NamedArray>();
    for (int k = 0; k < results.size(); k++) {
      arrays.add(NamedArray.concrete((ArrayType) results.get(k), (Store) out.get(k)));
    }
    return arrays;
  }

  /** Runs compiled code on stores and storages, with the locks of all storages, in one order. */
  static List<Object> call(Executable e, List<Object> inputs) {
    var seen = new IdentityHashMap<Storage, Boolean>();
    for (Object x : inputs) {
      if (x instanceof Storage s) {
        seen.put(s, true);
      }
    }
    if (seen.isEmpty()) {
      return e.call(inputs);
    }
    var storages = new ArrayList<>(seen.keySet());
    storages.sort(Comparator.comparingLong(Storage::number));
    int locked = 0;
    boolean inside = Storage.anyHeld();
    try {
      for (Storage s : storages) {
        if (s.held()) {
          throw Errors.held(s.site());
        }
        s.lock(inside);
        locked++;
      }
      for (Storage s : storages) {
        s.store(); // an ended reference is an error before anything runs
      }
      return e.call(inputs);
    } finally {
      for (int k = locked - 1; k >= 0; k--) {
        storages.get(k).unlock();
      }
    }
  }

  static List<NamedArray> wrap(Program p, List<Object> out) {
    var arrays = new ArrayList<NamedArray>();
    for (int k = 0; k < out.size(); k++) {
      arrays.add(NamedArray.concrete(p.outputs().get(k).array(), (Store) out.get(k)));
    }
    return arrays;
  }
}
