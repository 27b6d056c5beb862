package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Engine;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Half;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Small programs that an engine has to compute as another does, bit for bit: every dtype converted
 * to every other, arithmetic and functions, gathers in and out of range and under a mask, then
 * computed with, writes to references, sums, scans and sorts along either axis. Sizes are no
 * multiples of any vector, so each loop has whole vectors and a rest.
 *
 * <p>It is run once for each processor and libLLVM. A compiler can be wrong for one kind of
 * processor alone, and the tests of the library cannot have run on all.
 */
final class SelfTest {
  /** Changes with the programs, so that an old verdict is none. */
  static final String NAME = "self-test 1";

  private static final double[] NUMBERS = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    2,
    -2.5,
    3,
    1e-3,
    7.25,
    -11,
    100,
    65504,
    1e-7,
    -3e5,
    1e-40,
    2147483648.0,
    1e30,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    2,
    3,
    -5,
    7,
    31,
    33,
    100,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 40,
    Long.MIN_VALUE
  };

  private SelfTest() {}

  /**
   * What differs first, in words; null if nothing does.
   *
   * @param oracle an engine that is right
   */
  static @Nullable String difference(Engine tested, Engine oracle) {
    for (Map.Entry<String, String> e : programs().entrySet()) {
      String d = difference(Program.parse(e.getValue()), tested, oracle);
      if (d != null) {
        return e.getKey() + ": " + d;
      }
    }
    return null;
  }

  private static @Nullable String difference(Program p, Engine tested, Engine oracle) {
    List<Store> expected = run(p, oracle);
    List<Store> got;
    try {
      got = run(p, tested);
    } catch (AxialException x) {
      return String.valueOf(x.getMessage());
    }
    for (int k = 0; k < expected.size(); k++) {
      Store e = expected.get(k);
      Store g = got.get(k);
      for (int j = 0; j < e.length(); j++) {
        boolean real = e.dtype().isFloating();
        boolean same =
            real
                ? Double.compare(e.getDouble(j), g.getDouble(j)) == 0
                : e.getLong(j) == g.getLong(j);
        if (!same) {
          return "element %d of output %d is %s instead of %s"
              .formatted(
                  j,
                  k,
                  real ? (Object) g.getDouble(j) : (Object) g.getLong(j),
                  real ? (Object) e.getDouble(j) : (Object) e.getLong(j));
        }
      }
    }
    return null;
  }

  /** The results, and what is in the references afterwards. */
  private static List<Store> run(Program p, Engine engine) {
    var random = new SplittableRandom(555);
    var in = new ArrayList<Object>();
    var out = new ArrayList<Store>();
    for (var v : p.inputs()) {
      Type t = v.type();
      Store s = Store.of(t.array().dtype(), data(t.array(), random));
      if (v.isArray()) {
        in.add(s);
      } else {
        Store own = s.nativeCopy();
        in.add(new Storage(t.array(), own, "the self-test"));
        out.add(own);
      }
    }
    engine.compile(p).call(in).forEach(o -> out.add((Store) o));
    return out;
  }

  /**
   * Special numbers and others: whole ones where a matrix is summed, whatever the order, and of
   * float16, where functions have poles.
   */
  private static Object data(ArrayType t, SplittableRandom random) {
    boolean whole = t.dims().size() > 1;
    Object out = Store.newArray(t.dtype(), t.size());
    for (int k = 0; k < Store.length(out); k++) {
      double x =
          whole
              ? random.nextInt(9) - 4
              : random.nextInt(3) == 0
                  ? NUMBERS[random.nextInt(NUMBERS.length)]
                  : t.dtype() == DType.FLOAT16 ? random.nextInt(9) - 4 : random.nextDouble(-4, 4);
      long i =
          !whole && random.nextInt(4) == 0
              ? INTEGERS[random.nextInt(INTEGERS.length)]
              : random.nextInt(90) - 45;
      switch (out) {
        case short[] a -> a[k] = Half.narrow(t.dtype(), (float) x);
        case float[] a -> a[k] = (float) x;
        case double[] a -> a[k] = x;
        case int[] a -> a[k] = (int) i;
        case long[] a -> a[k] = i;
        case byte[] a -> a[k] = (byte) random.nextInt(2);
        default -> throw new AxialException("internal error: " + t); // not over Op
      }
    }
    return out;
  }

  // ---------------------------------------------------------------- programs

  private static final List<DType> ALL =
      List.of(
          DType.BFLOAT16,
          DType.FLOAT16,
          DType.FLOAT32,
          DType.FLOAT64,
          DType.INT32,
          DType.INT64,
          DType.UINT32,
          DType.BOOL);

  /** Their texts by what they are about. Few and short, because compiling them takes the time. */
  static Map<String, String> programs() {
    var out = new LinkedHashMap<String, String>();
    out.put("conversions", conversions());
    out.put("gathers and masks", gathers());
    out.put("a function of what is gathered", functions());
    out.put("arithmetic", arithmetic());
    out.put("axes and references", axes());
    return out;
  }

  private static final class Text {
    private final StringBuilder text = new StringBuilder();
    private final List<String> results = new ArrayList<>();
    private int next;

    Text(String... inputs) {
      var names = new ArrayList<String>();
      for (String type : inputs) {
        names.add("v" + next++ + ": " + type);
      }
      text.append("program(").append(String.join(", ", names)).append(") {\n");
    }

    /** An equation; its result is one of the program. */
    String result(String type, String operation) {
      String v = value(type, operation);
      results.add(v);
      return v;
    }

    String value(String type, String operation) {
      String v = "v" + next++;
      text.append("  %s: %s = %s%n".formatted(v, type, operation));
      return v;
    }

    void effect(String operation) {
      text.append("  ").append(operation).append('\n');
    }

    String close() {
      return text.append("  return ").append(String.join(", ", results)).append("\n}\n").toString();
    }
  }

  private static String[] vectors(String size, String... more) {
    var out = new ArrayList<String>();
    ALL.forEach(t -> out.add(t.shortName() + size));
    out.addAll(List.of(more));
    return out.toArray(String[]::new);
  }

  /** To and from float64, by way of float32 where it has two bytes. */
  private static String conversions() {
    var t = new Text(vectors("[a:37]"));
    for (DType d : ALL) {
      if (d != DType.FLOAT64) {
        t.result("f64[a:37]", "cast[to=f64] v" + ALL.indexOf(d));
        t.result(
            d.shortName() + "[a:37]",
            "cast[to=%s] v%d".formatted(d.shortName(), ALL.indexOf(DType.FLOAT64)));
      }
    }
    return t.close();
  }

  private static String gathers() {
    var t = new Text(vectors("[a:67]", "i32[m:37]", "bool[m:37]"));
    for (DType d : ALL) {
      String type = d.shortName() + "[m:37]";
      int k = ALL.indexOf(d);
      t.result(type, "index[access={a@}, mode=CLAMP] v%d, v8".formatted(k));
      t.result(type, "index[access={a@, ?}, mode=DROP] v%d, v8, v9".formatted(k));
    }
    return t.close();
  }

  /**
   * Where conversions and comparisons follow a gather, a compiler has more than one instruction to
   * choose from; of few elements, it also leaves away lanes (docs/decisions/processor-features.md).
   */
  private static String functions() {
    var t = new Text("f16[a:67]", "i32[m:4]", "i32[n:4]");
    String some = t.value("f16[m:4]", "index[access={a@}, mode=CLAMP] v0, v1");
    t.result("f16[m:4]", "lgamma " + some);
    String others = t.value("f16[n:4]", "index[access={a@}, mode=CLAMP] v0, v2");
    t.result("f16[n:4]", "lgamma " + others);
    return t.close();
  }

  private static String arithmetic() {
    var t = new Text(vectors("[a:37]", vectors("[a:37]")));
    for (DType d : ALL) {
      String type = d.shortName() + "[a:37]";
      String both = "v%d, v%d".formatted(ALL.indexOf(d), ALL.indexOf(d) + ALL.size());
      List<String> integer = List.of("add", "mul", "xor", "sar");
      List<String> real = List.of("add", "mul", "div", "max");
      for (String fn : d == DType.BOOL ? List.of("and") : d.isFloating() ? real : integer) {
        t.result(type, fn + " " + both);
      }
      String less = t.result("bool[a:37]", "lt " + both);
      t.result(type, "select " + less + ", " + both);
    }
    t.result("f32[a:37]", "exp v2");
    return t.close();
  }

  private static String axes() {
    var t =
        new Text("f32[a:19, b:37]", "i64[a:19, b:37]", "ref f16[a:19]", "i32[b:37]", "f16[b:37]");
    t.result("f32[a:19]", "reduce[fn=SUM, axes=[b]] v0");
    t.result("f32[b:37]", "reduce[fn=MAX, axes=[a]] v0");
    t.result("f32[a:19, b:37]", "cum_sum[axis=b, reverse=false] v0");
    t.result("i64[b:37]", "reduce[fn=SUM, axes=[a]] v1");
    t.result("i32[a:19]", "arg_reduce[max=true, axis=b] v1");
    t.effect("ref_add[access={a@}, mode=DROP] v2, v4, v3");
    t.result("f16[a:6]", "ref_get[access={a:1+6*2}, mode=CLAMP] v2");
    return t.close();
  }
}
