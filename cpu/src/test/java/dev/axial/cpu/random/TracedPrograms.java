package dev.axial.cpu.random;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.lower;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.ir.Half;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * The programs that random functions over the public API become under random transformations, up to
 * three deep. The same seed makes the same program.
 *
 * @param letters the transformations, see {@link RandomFunctions#transformed}; a last {@code g}
 *     asks for the gradient as an array
 * @param values of the argument, rounded to its dtype
 */
record TracedPrograms(
    long seed,
    RandomFunctions.Setting setting,
    String letters,
    DType dtype,
    List<Axis> axes,
    double[] values) {
  private static final int[] SIZES = {1, 2, 3, 3, 4, 5, 7, 8};
  private static final String LETTERS = "GPJVKTCDRAM";

  /** The program of a seed; {@code peer} for one that JAX defines too. */
  static TracedPrograms of(long seed, boolean peer) {
    var random = new SplittableRandom(seed ^ 0xf00d);
    String letters = letters(random);
    int kind = peer ? 0 : random.nextInt(10);
    DType dtype =
        kind < 6
            ? DType.FLOAT64
            : kind < 8 ? DType.FLOAT32 : kind < 9 ? DType.BFLOAT16 : DType.FLOAT16;
    var axes = new ArrayList<Axis>();
    int rank = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2);
    for (int k = 0; k < rank; k++) {
      int n =
          !peer && random.nextInt(12) == 0
              ? 17 + random.nextInt(60)
              : SIZES[random.nextInt(SIZES.length)];
      axes.add(axis(k == 0 ? "x" : "y", n));
    }
    var values = new double[axes.stream().mapToInt(Axis::size).reduce(1, (a, b) -> a * b)];
    for (int k = 0; k < values.length; k++) {
      values[k] =
          dtype.bytes() == 2
              ? random.nextInt(5) - 2
              : dtype == DType.FLOAT32
                  ? (float) random.nextDouble(-1, 1)
                  : random.nextDouble(-1, 1);
    }
    boolean reverse = letters.chars().anyMatch(c -> "GPDgRAM".indexOf(c) >= 0);
    return new TracedPrograms(
        seed, new RandomFunctions.Setting(peer, reverse), letters, dtype, axes, values);
  }

  /**
   * Up to three transformations. A rule of the user's stays only where a derivative uses it, since
   * it has no text else; and one for backward passes alone is not differentiated forward.
   */
  private static String letters(SplittableRandom random) {
    var all = new StringBuilder();
    int[] many = {0, 0, 1, 1, 1, 2, 2, 2, 2, 3};
    for (int k = many[random.nextInt(many.length)]; k > 0; k--) {
      all.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    if (all.length() < 3 && random.nextBoolean()) {
      all.append('g');
    }
    String s = all.toString().replaceAll("D(?=.*[JC])", "K");
    return s.replaceAll("[CD](?!.*[GPJgRAM])", "T");
  }

  /** Its argument. */
  NamedArray argument() {
    return array(values, axes.toArray(Axis[]::new)).astype(dtype);
  }

  /** Before it is transformed. */
  Function<NamedArray, NamedArray> plain() {
    return w -> RandomFunctions.run(seed, setting, w);
  }

  /** After it is transformed. */
  Function<NamedArray, NamedArray> function() {
    boolean array = letters.endsWith("g");
    String scalars = array ? letters.substring(0, letters.length() - 1) : letters;
    Function<NamedArray, NamedArray> f = RandomFunctions.transformed(scalars, plain());
    return array ? grad(f) : f;
  }

  /** What tracing makes of a function of the argument. */
  Program program(Function<NamedArray, NamedArray> f) {
    return Program.parse(lower(f, argument()).program().toString());
  }

  /** The argument, and numbers for the indices that the function captured. */
  List<Object> inputs(Program p) {
    var random = new SplittableRandom(seed ^ 0xcafe);
    var out = new ArrayList<Object>();
    out.add(elements());
    for (Var v : p.inputs().subList(1, p.inputs().size())) {
      out.add(Data.array(v.array().dtype(), true, (int) v.array().size(), random));
    }
    return out;
  }

  private Object elements() {
    Object out = Store.newArray(dtype, values.length);
    for (int k = 0; k < values.length; k++) {
      switch (out) {
        case short[] a -> a[k] = Half.narrow(dtype, (float) values[k]);
        case float[] a -> a[k] = (float) values[k];
        case double[] a -> a[k] = values[k];
        default -> throw new IllegalStateException(); // not over Op: an array of floats
      }
    }
    return out;
  }

  /** To run on both engines. */
  Trial trial() {
    Program p = program(function());
    List<Object> inputs = inputs(p);
    return new Trial(p, inputs, List.of(tolerance(dtype) * scale(p, inputs)));
  }

  private static double tolerance(DType t) {
    return switch (t) {
      case BFLOAT16 -> 0x1p-4;
      case FLOAT16 -> 0x1p-7;
      case FLOAT32 -> 1e-3;
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> 1e-9;
    };
  }

  /** The largest number of the result, at least one. */
  private static double scale(Program p, List<Object> inputs) {
    Executable code = Trial.INTERPRETER.compile(p);
    var given = new ArrayList<Object>();
    for (int k = 0; k < inputs.size(); k++) {
      given.add(Store.of(p.inputs().get(k).array().dtype(), Store.cloneArray(inputs.get(k))));
    }
    Store s = (Store) code.call(given).getFirst();
    double most = 1;
    for (int k = 0; k < s.length(); k++) {
      double x = Math.abs(s.getDouble(k));
      most = Double.isFinite(x) ? Math.max(most, x) : most;
    }
    return most;
  }
}
