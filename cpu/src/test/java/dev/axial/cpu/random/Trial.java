package dev.axial.cpu.random;

import dev.axial.cpu.runtime.GuardedRun;
import dev.axial.engine.Engine;
import dev.axial.engine.EngineProvider;
import dev.axial.engine.Executable;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program with inputs, to run on both engines.
 *
 * @param inputs Java arrays
 * @param tolerances for each output; negative means equal to the bit
 */
record Trial(Program program, List<Object> inputs, List<Double> tolerances) {
  static final Engine INTERPRETER = new Interpreter();
  static final Engine NATIVE =
      ServiceLoader.load(EngineProvider.class).stream()
          .map(ServiceLoader.Provider::get)
          .filter(p -> p.name().equals("native"))
          .findFirst()
          .orElseThrow()
          .create();

  /** How two results differ. */
  record Difference(String what, boolean gross) {}

  static Trial of(RandomPrograms.Made made) {
    var random = new SplittableRandom(made.seed() ^ 0x5eed);
    var inputs = new ArrayList<Object>();
    for (var s : made.sources()) {
      ArrayType t = s.type().array();
      inputs.add(Data.array(t.dtype(), s.whole(), (int) t.size(), random));
    }
    return new Trial(made.program(), inputs, made.tolerances());
  }

  /** A program on whole random inputs. */
  static Trial whole(Program p, long seed, double tolerance) {
    var random = new SplittableRandom(seed);
    var inputs = new ArrayList<Object>();
    for (Var v : p.inputs()) {
      ArrayType t = v.type().array();
      inputs.add(Data.array(t.dtype(), true, (int) t.size(), random));
    }
    return new Trial(p, inputs, Collections.nCopies(p.outputs().size(), tolerance));
  }

  /** Results, then the final contents of references. */
  private static List<Store> run(
      Executable code, Program p, List<Object> inputs, boolean nativeToo) {
    var given = new ArrayList<Object>();
    var after = new ArrayList<Store>();
    for (int k = 0; k < inputs.size(); k++) {
      Type t = p.inputs().get(k).type();
      Store s = Store.of(t.array().dtype(), Store.cloneArray(inputs.get(k)));
      if (p.inputs().get(k).isArray()) {
        given.add(nativeToo && k % 2 == 1 ? s.nativeCopy() : s);
        after.add((Store) given.getLast()); // must not change either
      } else {
        Store mine = s.nativeCopy();
        given.add(new Storage(t.array(), mine, "input " + k));
        after.add(mine);
      }
    }
    var out = new ArrayList<Store>();
    code.call(given).forEach(o -> out.add((Store) o));
    out.addAll(after);
    return out;
  }

  /**
   * Runs it on the native engine, twice as a user does and once on guarded memory, and compares;
   * null if all is equal.
   */
  @Nullable Difference run() {
    List<Store> expected = run(INTERPRETER.compile(program), program, inputs, false);
    Executable code;
    try {
      code = NATIVE.compile(program);
      for (int turn = 0; turn < 2; turn++) {
        Difference d = compare(expected, run(code, program, inputs, turn == 1), turn);
        if (d != null) {
          return d;
        }
      }
      List<Store> guarded = GuardedRun.of(program, inputs, inputs.size() % 2 == 0);
      return guarded == null ? null : compare(expected, guarded, 2);
    } catch (RuntimeException | StackOverflowError | AssertionError x) {
      String at =
          Stream.of(x.getStackTrace())
              .filter(e -> e.getClassName().startsWith("dev.axial.cpu"))
              .limit(3)
              .map(e -> e.getFileName() + ":" + e.getLineNumber())
              .collect(Collectors.joining(" < "));
      return new Difference("throws " + x + " at " + at, true);
    }
  }

  private @Nullable Difference compare(List<Store> expected, List<Store> got, int turn) {
    int outputs = program.outputs().size();
    for (int k = 0; k < expected.size(); k++) {
      double tolerance = k < outputs ? tolerances.get(k) : -1;
      Store e = expected.get(k);
      Store g = got.get(k);
      Var v = k < outputs ? program.outputs().get(k) : program.inputs().get(k - outputs);
      String name = (k < outputs ? "output " + k : "input " + (k - outputs)) + ": " + v.type();
      if (e.dtype() != g.dtype() || e.length() != g.length()) {
        return new Difference(
            "%s has %d %s, expected %d".formatted(name, g.length(), g.dtype(), e.length()), true);
      }
      for (int j = 0; j < e.length(); j++) {
        if (!same(e, g, j, tolerance)) {
          boolean real = e.dtype().isFloating();
          double x = real ? e.getDouble(j) : e.getLong(j);
          double y = real ? g.getDouble(j) : g.getLong(j);
          boolean gross =
              !real || !(Math.abs(x - y) <= 1e-4 * Math.max(Math.abs(x), Math.abs(y)) + 1e-30);
          return new Difference(
              "run %d, %s, element %d: native %s, interpreter %s (tolerance %s)"
                  .formatted(
                      turn,
                      name,
                      j,
                      real ? Double.toString(y) : Long.toString(g.getLong(j)),
                      real ? Double.toString(x) : Long.toString(e.getLong(j)),
                      tolerance),
              gross);
        }
      }
    }
    return null;
  }

  private static boolean same(Store e, Store g, int j, double tolerance) {
    if (!e.dtype().isFloating()) {
      return e.getLong(j) == g.getLong(j);
    }
    double x = e.getDouble(j);
    double y = g.getDouble(j);
    if (tolerance < 0 || Double.isNaN(x) || Double.isInfinite(x)) {
      return Double.compare(x, y) == 0;
    }
    return Math.abs(x - y) <= tolerance;
  }

  /** The program, and the inputs as Java. */
  @Override
  public String toString() {
    var s = new StringBuilder(program.toString()).append('\n');
    for (int k = 0; k < inputs.size(); k++) {
      s.append("input ").append(k).append(" = ").append(text(inputs.get(k))).append('\n');
    }
    return s.toString();
  }

  private static String text(Object a) {
    String s =
        switch (a) {
          case short[] x -> java.util.Arrays.toString(x);
          case float[] x -> java.util.Arrays.toString(x);
          case double[] x -> java.util.Arrays.toString(x);
          case int[] x -> java.util.Arrays.toString(x);
          case long[] x -> java.util.Arrays.toString(x);
          case byte[] x -> java.util.Arrays.toString(x);
          default -> throw new IllegalStateException(); // not over Op: an array of elements
        };
    return s.length() > 600 ? s.substring(0, 600) + "…" : s;
  }
}
