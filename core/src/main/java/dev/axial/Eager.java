package dev.axial;

import dev.axial.engine.Engine;
import dev.axial.engine.Engines;
import dev.axial.engine.Executable;
import dev.axial.engine.NoStack;
import dev.axial.engine.Piece;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.interpreter.Fill;
import dev.axial.interpreter.Interpreter;
import dev.axial.interpreter.Meanwhile;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.CanonicalKey;
import dev.axial.ir.Effects;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Type;
import dev.axial.ir.TypeRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Runs operations and programs now. */
final class Eager {
  private static final Engine INTERPRETER = new Interpreter();

  /** Single operations on fewer elements are done by the interpreter at once. */
  private static final long FEW = 1 << 14;

  /** The interpreter does not make larger arrays of few elements: it works on the Java heap. */
  private static final long MANY = 1 << 19;

  /**
   * What the interpreter is done with before a program is compiled, in elements that are moved; and
   * what it is done with before the engine has started. It works on the Java heap.
   */
  private static final long SOON = onHeap(1 << 21);

  private static final long BEFORE_ENGINE = onHeap(1 << 25);

  /** A program that moves more starts the engine by itself. */
  private static final long WORTH_AN_ENGINE = 1 << 23;

  private static long onHeap(long elements) {
    return Math.min(elements, Runtime.getRuntime().maxMemory() / 64);
  }

  /** Whether programs wait for the compiler: for tests of what it makes. */
  private static final boolean WAITS = waits();

  private static boolean waits() {
    String s = System.getProperty("axial.compile", "soon").strip();
    return switch (s) {
      case "soon" -> false;
      case "first" -> true;
      default -> // not over Op: what a user wrote
          throw new AxialException(
              "axial.compile is '%s'; soon (programs are interpreted while they are compiled) or first (they wait) is expected."
                  .formatted(s));
    };
  }

  /** The engine of programs, chosen when the first one is compiled: to start it takes a while. */
  private static volatile @Nullable Engine engine;

  private static final int CACHE = 4096;
  private static final Map<Key, Code> COMPILED = new ConcurrentHashMap<>();

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

  private static Engine engine() {
    Engine e = engine;
    return e != null ? e : choose();
  }

  /** The engine, if it has started, is to be waited for, or is none that takes long to start. */
  private static @Nullable Engine started() {
    Engine e = engine;
    return e == null && (WAITS || Engines.isNamed() || !Engines.mayStart()) ? choose() : e;
  }

  /** Whether the process may end while the engine compiles. */
  static boolean letsGo() {
    Engine e = engine;
    return e != null && e.letsGo();
  }

  private static synchronized Engine choose() {
    Engine e = engine;
    if (e == null) {
      e = Engines.choose(INTERPRETER);
      engine = e;
    }
    return e;
  }

  /** The engine's name. */
  static String engineName() {
    return engine().name();
  }

  /** Code that writes some of its inputs, which must not be open for reading only. */
  private record Writing(Executable code, int[] written) implements Executable {
    /** The code, in this form if it writes a reference that it is given. */
    static Executable of(Executable code, Program p) {
      var written = Effects.written(p);
      if (written.stream().noneMatch(v -> v.type() instanceof RefType)) {
        return code;
      }
      return new Writing(code, written.stream().mapToInt(p.inputs()::indexOf).toArray());
    }

    /** Before anything is locked or written. */
    void check(List<Object> inputs) {
      for (int k : written) {
        if (inputs.get(k) instanceof Storage s && !s.writable()) {
          throw Errors.readOnly(s.site());
        }
      }
    }

    /** With the locks: files are told of it. */
    void tell(List<Object> inputs) {
      for (int k : written) {
        Storage.Guard g = inputs.get(k) instanceof Storage s ? s.guard() : null;
        if (g != null) {
          g.writesAll();
        }
      }
    }

    @Override
    public List<Object> call(List<Object> inputs) {
      return code.call(inputs);
    }

    @Override
    public String explain() {
      return code.explain();
    }

    @Override
    public List<Piece> pieces() {
      return code.pieces();
    }
  }

  /**
   * Code of a program, shared by programs that are the same; the least recently used goes first. It
   * may be interpreted until it is compiled.
   */
  static Executable compile(Program p) {
    return Deep.guarded("a program was compiled", () -> compiled(p));
  }

  /** The same, which is compiled: for values that one executable gives to another. */
  static Executable compileNow(Program p) {
    Executable e = compile(p);
    Executable code = e instanceof Writing w ? w.code : e;
    return code instanceof CompiledSoon s ? Writing.of(s.compiled(), p) : e;
  }

  /**
   * What is there; else what is interpreted until it is compiled, if that is done in the time of so
   * many elements moved; else what is compiled.
   */
  private static Executable code(Program p, long soon) {
    Engine e = started();
    Executable ready = e == null ? null : e.prepared(p);
    if (ready != null) {
      return ready;
    }
    if (WAITS || !Meanwhile.suits(p, e == null ? BEFORE_ENGINE : soon)) {
      return engine().compile(p);
    }
    boolean atOnce = e != null || !Meanwhile.suits(p, WORTH_AN_ENGINE);
    return new CompiledSoon(() -> engine().compile(p), INTERPRETER.compile(p), atOnce);
  }

  private static Executable compiled(Program p) {
    CanonicalKey key = CanonicalKey.of(p);
    synchronized (PROGRAMS) {
      Executable known = PROGRAMS.get(key);
      if (known != null) {
        return known;
      }
    }
    Executable made = Writing.of(code(p, SOON), p);
    synchronized (PROGRAMS) {
      PROGRAMS.put(key, made);
    }
    return made;
  }

  private record Code(Executable executable, List<Type> results) {}

  /** One operation on concrete arrays. Compiled once for its types. */
  static List<NamedArray> run(Op op, List<NamedArray> in) {
    var types = new Type[in.size()];
    var values = new Object[in.size()];
    for (int k = 0; k < values.length; k++) {
      NamedArray x = in.get(k);
      if (!x.isConcrete()) {
        throw Errors.leaked("this array of type " + Errors.type(x.type()), x.function());
      }
      types[k] = x.type();
      values[k] = x.store("an operation");
    }
    Key key = new Key(op, List.of(types));
    Code code = COMPILED.get(key);
    if (code == null) {
      code = compiled(op, key.types);
      if (COMPILED.size() > CACHE) {
        COMPILED.clear();
      }
      COMPILED.put(key, code);
    }
    List<Object> out = using(code.executable, Arrays.asList(values));
    if (out.size() == 1) {
      return List.of(
          NamedArray.concrete((ArrayType) code.results.getFirst(), (Store) out.getFirst()));
    }
    var arrays = new ArrayList<NamedArray>();
    for (int k = 0; k < out.size(); k++) {
      arrays.add(NamedArray.concrete((ArrayType) code.results.get(k), (Store) out.get(k)));
    }
    return arrays;
  }

  private static Code compiled(Op op, List<Type> types) {
    List<Type> results = TypeRules.infer(op, types);
    var b = new Builder();
    var vars = types.stream().map(b::input).toList();
    long elements = types.stream().mapToLong(t -> t.array().size()).sum();
    Program p = b.close(b.emit(op, vars), List.of());
    Fill fill = Fill.of(p);
    if (fill != null) {
      return new Code(fill, results);
    }
    long made = results.stream().mapToLong(t -> t.array().size()).sum();
    if (elements < FEW && made <= MANY) {
      return new Code(INTERPRETER.compile(p), results);
    }
    return new Code(code(p, soon(op)), results);
  }

  /** What the interpreter is done with before code would be compiled, in elements moved. */
  private static long soon(Op op) {
    return onHeap(op instanceof Op.ArgSort ? 1 << 20 : 1 << 22);
  }

  /** Runs compiled code on stores and storages, with the locks of all storages. */
  static List<Object> call(Executable e, List<Object> inputs) {
    int n = 0;
    for (Object x : inputs) {
      n += x instanceof Storage ? 1 : 0;
    }
    var storages = new Storage[n];
    for (Object x : inputs) {
      if (x instanceof Storage s) {
        storages[--n] = s;
      }
    }
    return call(e, inputs, storages, ordered(storages, storages.length));
  }

  /** Puts the first n storages into the order of their locks, each once; gives how many it are. */
  static int ordered(Storage[] storages, int n) {
    boolean increasing = true;
    for (int k = 1; increasing && k < n; k++) {
      increasing = storages[k - 1].number() < storages[k].number();
    }
    if (increasing) {
      return n;
    }
    Arrays.sort(storages, 0, n, Comparator.comparingLong(Storage::number));
    int distinct = 1;
    for (int k = 1; k < n; k++) {
      if (storages[k] != storages[distinct - 1]) {
        storages[distinct++] = storages[k];
      }
    }
    return distinct;
  }

  /** The same; the first n of the storages are those of the inputs, in order and each once. */
  static List<Object> call(Executable e, List<Object> inputs, Storage[] storages, int n) {
    if (n == 0) {
      return using(e, inputs);
    }
    if (e instanceof Writing w) {
      w.check(inputs);
    }
    for (int k = 0; k < n; k++) {
      if (storages[k].held()) {
        throw Errors.held(storages[k].site());
      }
    }
    Storage.lockAll(storages, n);
    try {
      for (int k = 0; k < n; k++) {
        storages[k].store(); // an ended reference is an error before anything runs
      }
      if (e instanceof Writing w) {
        w.tell(inputs);
      }
      return run(e, inputs, storages, n);
    } finally {
      Storage.unlockAll(storages, n);
    }
  }

  /** A program that fails while it runs says which references it may have written a part of. */
  private static List<Object> run(Executable e, List<Object> inputs, Storage[] storages, int n) {
    try {
      return using(e, inputs);
    } catch (NoStack x) {
      throw x; // it did not begin
    } catch (RuntimeException | Error x) {
      x.addSuppressed(Errors.torn(storages, n));
      throw x;
    }
  }

  /** Arrays stay until the call is over, even if another thread ends their scope. */
  private static List<Object> using(Executable e, List<Object> inputs) {
    if (!Store.useAll(inputs)) {
      return e.call(inputs);
    }
    try {
      return e.call(inputs);
    } finally {
      Store.doneAll(inputs);
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
