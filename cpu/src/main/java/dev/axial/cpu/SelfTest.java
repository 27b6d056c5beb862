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
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What an engine has to compute as another does, bit for bit: every dtype converted to every other,
 * arithmetic and comparisons, gathers in and out of range and under a mask, then computed with,
 * sums, scans and sorts along either axis, small products, writes to references, and a loop that is
 * mapped over lanes, with a reference of each lane. Sizes are no multiples of any vector, so each
 * loop has whole vectors and a rest. All of it is one program, because it is the number of modules
 * and of loops that compiling takes time for.
 *
 * <p>The library of contractions is a program of its own, which costs more to compile than all
 * others of a process; it is tested when a program first multiplies ({@link TestedProducts}).
 *
 * <p>Both are run once for each processor and libLLVM. A compiler can be wrong for one kind of
 * processor alone, and the tests of the library cannot have run on all.
 */
final class SelfTest {
  /** Changes with the program, so that an old verdict is none. */
  static final String NAME = "self-test 2";

  /** The same of products. */
  static final String PRODUCTS = "products 1";

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
    Text t = kernels();
    return difference(Program.parse(t.close()), t.about, tested, oracle);
  }

  /** What each result of the program is about, in their order. */
  static List<String> about() {
    return List.copyOf(kernels().about);
  }

  /** The same for products of matrices, and with vectors, of each dtype that has them. */
  static @Nullable String productDifference(Engine tested, Engine oracle) {
    for (DType t : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64)) {
      for (String sizes : List.of("19 23 29", "1 200 100", "200 1 100")) {
        String d = difference(product(t, sizes.split(" ")), List.of("products"), tested, oracle);
        if (d != null) {
          return d;
        }
      }
    }
    return null;
  }

  private static @Nullable String difference(
      Program p, List<String> about, Engine tested, Engine oracle) {
    List<Store> expected = run(p, oracle);
    List<Store> got;
    try {
      got = run(p, tested);
    } catch (AxialException x) {
      return String.valueOf(x.getMessage());
    }
    for (int k = 0; k < expected.size(); k++) {
      String d = difference(expected.get(k), got.get(k));
      if (d != null) {
        return (k < about.size() ? about.get(k) : "references") + ": " + d;
      }
    }
    return null;
  }

  private static @Nullable String difference(Store expected, Store got) {
    boolean real = expected.dtype().isFloating();
    for (int k = 0; k < expected.length(); k++) {
      boolean same =
          real
              ? Double.compare(expected.getDouble(k), got.getDouble(k)) == 0
              : expected.getLong(k) == got.getLong(k);
      if (!same) {
        return "element %d is %s instead of %s"
            .formatted(
                k,
                real ? (Object) got.getDouble(k) : (Object) got.getLong(k),
                real ? (Object) expected.getDouble(k) : (Object) expected.getLong(k));
      }
    }
    return null;
  }

  /** The results, and what is in the references afterwards. */
  private static List<Store> run(Program p, Engine engine) {
    var random = new SplittableRandom(555);
    var in = new ArrayList<Object>();
    var written = new ArrayList<Store>();
    for (var v : p.inputs()) {
      Type t = v.type();
      Store s = Store.of(t.array().dtype(), data(t.array(), random));
      if (v.isArray()) {
        in.add(s);
      } else {
        Store own = s.nativeCopy();
        in.add(new Storage(t.array(), own, "the self-test"));
        written.add(own);
      }
    }
    var out = new ArrayList<Store>();
    engine.compile(p).call(in).forEach(o -> out.add((Store) o));
    out.addAll(written);
    return out;
  }

  /**
   * Special numbers and others: whole ones where a matrix is summed, whatever the order, and of
   * float16, where functions have poles.
   */
  private static Object data(ArrayType t, SplittableRandom random) {
    boolean whole = t.dims().size() > 1 || t.dims().getFirst().name().equals("k");
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

  /** A program's text as it grows. */
  private static final class Text {
    private final StringBuilder text = new StringBuilder();
    private final List<String> results = new ArrayList<>();

    /** What each result is about. */
    final List<String> about = new ArrayList<>();

    private String part = "";
    private int next;

    Text(List<String> inputs) {
      var names = new ArrayList<String>();
      for (String type : inputs) {
        names.add("v" + next++ + ": " + type);
      }
      text.append("program(").append(String.join(", ", names)).append(") {\n");
    }

    /** What follows is about something else. */
    void part(String name) {
      part = name;
    }

    /** An equation whose result is one of the program. */
    void result(String type, String operation) {
      results.add(value(type, operation));
      about.add(part);
    }

    String value(String type, String operation) {
      String v = "v" + next++;
      text.append("  ").append(v).append(": ").append(type);
      text.append(" = ").append(operation).append('\n');
      return v;
    }

    void effect(String operation) {
      text.append("  ").append(operation).append('\n');
    }

    String close() {
      return text.append("  return ").append(String.join(", ", results)).append("\n}\n").toString();
    }
  }

  /** The inputs of all dtypes come first: v0 to v7 of a, and v8 to v15. */
  private static Text kernels() {
    var inputs = new ArrayList<String>();
    for (int k = 0; k < 2; k++) {
      ALL.forEach(d -> inputs.add(d.shortName() + "[a:37]"));
    }
    inputs.addAll(List.of("i32[m:21]", "bool[m:21]", "i32[n:4]", "i32[o:4]")); // v16 to v19
    inputs.addAll(List.of("f32[c:19, b:37]", "i64[c:19, b:37]", "f32[l:5]", "i32[l:5]")); // v20 …
    inputs.addAll(List.of("f32[f:7, e:9]", "f64[e:9, g:5]")); // v24, v25
    inputs.addAll(List.of("ref f16[c:19]", "i32[b:37]", "f16[b:37]", "ref f64[l:5, t:9]")); // v26 …
    var t = new Text(inputs);
    for (int k = 0; k < ALL.size(); k++) {
      conversions(t, ALL.get(k), k);
      arithmetic(t, ALL.get(k), k);
      gathers(t, ALL.get(k), k);
    }
    functions(t);
    axes(t);
    loop(t);
    return t;
  }

  private static void conversions(Text t, DType from, int k) {
    t.part("conversions");
    for (DType to : ALL) {
      if (to != from) {
        t.result(to.shortName() + "[a:37]", "cast[to=" + to.shortName() + "] v" + k);
      }
    }
  }

  private static void arithmetic(Text t, DType d, int k) {
    t.part("arithmetic");
    String type = d.shortName() + "[a:37]";
    String both = "v" + k + ", v" + (k + ALL.size());
    List<String> integer = List.of("add", "mul", "xor", "sar");
    List<String> real = List.of("add", "mul", "div", "max");
    for (String fn : d == DType.BOOL ? List.of("and") : d.isFloating() ? real : integer) {
      t.result(type, fn + " " + both);
    }
    String less = t.value("bool[a:37]", "lt " + both);
    t.result(type, "select " + less + ", " + both);
  }

  /** Where a conversion follows a gather, a compiler has more than one instruction to choose. */
  private static void gathers(Text t, DType d, int k) {
    t.part("gathers and masks");
    String type = d.shortName() + "[m:21]";
    String some = t.value(type, "index[access={a@}, mode=CLAMP] v" + k + ", v16");
    t.result(
        d == DType.FLOAT64 ? "f32[m:21]" : "f64[m:21]",
        "cast[to=" + (d == DType.FLOAT64 ? "f32" : "f64") + "] " + some);
    t.result(type, "index[access={a@, ?}, mode=DROP] v" + k + ", v16, v17");
  }

  /**
   * Of few elements a compiler also leaves away lanes, and may find that they are alike where they
   * are not (docs/decisions/processor-features.md).
   */
  private static void functions(Text t) {
    t.part("a function of what is gathered");
    String some = t.value("f16[n:4]", "index[access={a@}, mode=CLAMP] v1, v18");
    t.result("f16[n:4]", "lgamma " + some);
    String others = t.value("f16[o:4]", "index[access={a@}, mode=CLAMP] v1, v19");
    t.result("f16[o:4]", "lgamma " + others);
    t.result("f32[a:37]", "exp v2");
  }

  private static void axes(Text t) {
    t.part("axes");
    t.result("f32[c:19]", "reduce[fn=SUM, axes=[b]] v20");
    t.result("f32[b:37]", "reduce[fn=MAX, axes=[c]] v20");
    t.result("f32[c:19, b:37]", "cum_sum[axis=b, reverse=false] v20");
    t.result("i64[b:37]", "reduce[fn=SUM, axes=[c]] v21");
    t.result("i32[c:19]", "arg_reduce[max=true, axis=b] v21");
    t.part("sorts");
    t.result("i32[a:37]", "arg_sort[axis=a, descending=false] v2");
    t.part("small products");
    String wide = t.value("f64[f:7, e:9]", "cast[to=f64] v24");
    t.result("f64[f:7, g:5]", "dot[axes=[e]] " + wide + ", v25");
    t.part("references");
    t.effect("ref_add[access={c@}, mode=DROP] v26, v28, v27");
    t.result("f16[c:6]", "ref_get[access={c:1+6*2}, mode=CLAMP] v26");
  }

  /** A recurrence of five lanes; each reads and writes its own row, at a place of its own. */
  private static void loop(Text t) {
    t.part("a loop over lanes");
    t.result(
        "f32[l:5]",
        """
        scan[body=program(b0: i32[], b1: f32[l:5], b2: f32[l:5], b3: ref f64[l:5, t:9], b4: i32[l:5]) {
            b5: f32[l:5] = add b1, b2
            b6: f64[l:5] = cast[to=f64] b5
            ref_add[access={t@}, mode=DROP] b3, b6, b0
            b7: bool[l:5] = gt b1, b2
            b8: f64[l:5] = ref_get[access={t@}, mode=CLAMP] b3, b4
            b9: f32[l:5] = cast[to=f32] b8
            b10: f32[l:5] = sub b2, b1
            b11: f32[l:5] = select b7, b9, b10
            ref_set[access={t@}, reverse=false] b3, b8, b0
            return b11
          }, length=9, carry=1, reverse=false] v22, v22, v29, v23\
        """);
  }

  /** A product of m x k and k x n numbers; a side of one is none. */
  private static Program product(DType d, String[] sizes) {
    String m = sizes[0].equals("1") ? "" : "m:" + sizes[0];
    String n = sizes[1].equals("1") ? "" : "n:" + sizes[1];
    String a = d.shortName() + "[" + (m.isEmpty() ? "" : m + ", ") + "k:" + sizes[2] + "]";
    String b = d.shortName() + "[k:" + sizes[2] + (n.isEmpty() ? "" : ", " + n) + "]";
    var t = new Text(List.of(a, b));
    String between = m.isEmpty() || n.isEmpty() ? "" : ", ";
    t.result(d.shortName() + "[" + m + between + n + "]", "dot[axes=[k]] v0, v1");
    return Program.parse(t.close());
  }
}
