package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.ir.Half;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sorting, running sums, squares turned in registers, sums of columns, and stores past the caches,
 * at the sizes where the code takes another way, against the interpreter to the bit.
 */
@Execution(ExecutionMode.CONCURRENT)
class MovementTest {
  /** Around the lengths from which lines are sorted by radix, with large digits, and together. */
  private static final int[] LENGTHS = {
    1, 2, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 257, 1000, 16383, 16384, 32767, 32768, 40001
  };

  /** Around the lanes of vectors. */
  private static final int[] WIDTHS = {1, 7, 8, 15, 16, 17, 33};

  private static String name(DType t) {
    return t == DType.KEY ? "key" : t.shortName();
  }

  private static Program program(String type, String result, String operation) {
    return Program.parse(
        """
        program(v0: %s) {
          v1: %s = %s v0
          return v1
        }
        """
            .formatted(type, result, operation));
  }

  private static void agree(Program p, Object input) {
    agree(p, input, -1);
  }

  private static void agree(Program p, Object input, double tolerance) {
    var trial = new Trial(p, List.of(input), Collections.nCopies(p.outputs().size(), tolerance));
    assertThat(trial.run()).as("%s", p).isNull();
  }

  /** Elements with ties, among them zeros of both signs, infinities, and NaN of any bits. */
  private static Object ties(DType t, int n, long seed) {
    var random = new SplittableRandom(seed);
    Object out = Store.newArray(t, n);
    for (int k = 0; k < n; k++) {
      int kind = random.nextInt(20);
      switch (out) {
        case short[] a ->
            a[k] = Half.narrow(t, kind == 0 ? Float.NaN : (float) Data.special(random));
        case float[] a ->
            a[k] =
                kind == 0
                    ? Float.intBitsToFloat(0x7f800001 | random.nextInt() & 0x807fffff)
                    : kind < 4 ? random.nextInt(2) * -0.0f : (float) Data.special(random);
        case double[] a ->
            a[k] =
                kind == 0
                    ? Double.longBitsToDouble(
                        0x7ff0000000000001L | random.nextLong() & 0x800fffffffffffffL)
                    : kind < 4 ? random.nextInt(2) * -0.0 : Data.special(random);
        case int[] a -> a[k] = kind < 10 ? random.nextInt(7) - 3 : random.nextInt();
        case long[] a -> a[k] = kind < 10 ? random.nextInt(7) - 3 : random.nextLong();
        case byte[] a -> a[k] = (byte) random.nextInt(2);
        default -> throw new IllegalStateException(); // not over Op: an array of elements
      }
    }
    return out;
  }

  /** Elements whose sums are exact in any order. */
  private static Object whole(DType t, int n) {
    return Data.array(t, true, n, new SplittableRandom(n));
  }

  // ---------------------------------------------------------------- sorting

  @ParameterizedTest
  @EnumSource(DType.class)
  void lines_of_any_length_are_sorted(DType t) {
    for (int n : LENGTHS) {
      for (boolean down : new boolean[] {false, true}) {
        String order = "arg_sort[axis=a, descending=%s]".formatted(down);
        String dims = "[a:%d]".formatted(n);
        agree(program(name(t) + dims, "i32" + dims, order), ties(t, n, n));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void many_lines_are_sorted_along_either_axis(DType t) {
    for (int n : new int[] {5, 16, 64, 65, 300}) {
      for (int lines : new int[] {1, 2, 9, 200}) {
        Object x = ties(t, n * lines, n + lines);
        String order = "arg_sort[axis=a, descending=%s]".formatted(n % 2 == 0);
        for (String dims :
            List.of("[a:%d, b:%d]".formatted(n, lines), "[b:%2$d, a:%1$d]".formatted(n, lines))) {
          agree(program(name(t) + dims, "i32" + dims, order), x);
        }
      }
    }
  }

  /** All digits but some are alike in all elements, so rounds are left out. */
  @Test
  void elements_that_are_alike_keep_their_order() {
    for (int n : new int[] {40, 70, 20_000, 50_000}) {
      for (int shift = 0; shift < 64; shift += 3) {
        var x = new long[n];
        for (int k = 0; k < n; k++) {
          x[k] = (k * 7L % 5) << shift;
        }
        String dims = "[a:%d]".formatted(n);
        agree(program("i64" + dims, "i32" + dims, "arg_sort[axis=a, descending=false]"), x);
      }
    }
  }

  @Test
  void a_long_line_across_is_sorted_by_all_threads() {
    String dims = "[a:40000, b:1]";
    agree(
        program("f32" + dims, "i32" + dims, "arg_sort[axis=a, descending=true]"),
        ties(DType.FLOAT32, 40_000, 1));
    String two = "[c:1, a:33000]";
    agree(
        program("f64" + two, "i32" + two, "arg_sort[axis=a, descending=false]"),
        ties(DType.FLOAT64, 33_000, 2));
  }

  // ---------------------------------------------------------------- running sums

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64", "INT32", "UINT32", "INT64"})
  void running_sums_have_the_bits_of_the_interpreter(DType t) {
    for (int n : WIDTHS) {
      for (int lines : WIDTHS) {
        sums(t, n, lines, "[b:%d, a:%d]".formatted(lines, n));
        sums(t, n, lines, "[a:%d, b:%d]".formatted(n, lines));
      }
    }
  }

  /** More work, which threads divide, and more columns than are summed at a time. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64", "INT32", "UINT32", "INT64"})
  void divided_running_sums_have_the_bits_of_the_interpreter(DType t) {
    sums(t, 700, 301, "[b:301, a:700]");
    sums(t, 70_000, 3, "[b:3, a:70000]");
    sums(t, 300, 701, "[a:300, b:701]");
    sums(t, 60, 2500, "[a:60, b:2500]");
    sums(t, 60, 2500, "[c:25, a:60, b:100]");
    sums(t, 100, 9 * 1030, "[c:9, a:100, b:1030]");
  }

  private static void sums(DType t, int n, int lines, String dims) {
    Object x = ties(t, n * lines, n);
    String type = name(t) + dims;
    agree(program(type, type, "cum_sum[axis=a, reverse=%s]".formatted((n + lines) % 2 == 0)), x);
  }

  // ---------------------------------------------------------------- squares

  @ParameterizedTest
  @EnumSource(DType.class)
  void squares_and_what_is_left_of_either_side(DType t) {
    for (int rows : WIDTHS) {
      for (int columns : WIDTHS) {
        turned(t, rows, columns);
      }
    }
    for (int wide : new int[] {127, 128, 129, 144, 290}) { // strips
      turned(t, wide, 40);
      turned(t, 40, wide);
    }
    turned(t, 500, 701); // divided among threads
    turned(t, 300, 1024);
  }

  private static void turned(DType t, int rows, int columns) {
    String to = "[c:%d, r:%d]".formatted(columns, rows);
    agree(
        program(
            "%s[r:%d, c:%d]".formatted(name(t), rows, columns),
            name(t) + to,
            "broadcast[dims=%s]".formatted(to)),
        ties(t, rows * columns, rows));
  }

  // ---------------------------------------------------------------- columns

  @ParameterizedTest
  @ValueSource(ints = {31, 32, 511, 512, 513, 600, 1000})
  void columns_are_reduced_by_parts_of_their_rows(int rows) {
    for (int columns : new int[] {1024, 1037, 2048}) {
      for (DType t : DType.values()) {
        for (String fn : functions(t)) {
          boolean sum = fn.equals("SUM");
          Object x = sum ? whole(t, rows * columns) : ties(t, rows * columns, rows);
          agree(
              program(
                  "%s[a:%d, b:%d]".formatted(name(t), rows, columns),
                  "%s[b:%d]".formatted(name(t), columns),
                  "reduce[fn=%s, axes=[a]]".formatted(fn)),
              x);
        }
      }
    }
  }

  private static List<String> functions(DType t) {
    return switch (t) {
      case BOOL -> List.of("ANY", "ALL");
      case KEY -> List.of();
      case BFLOAT16, FLOAT16, FLOAT32, FLOAT64, INT32, UINT32, INT64 ->
          List.of("SUM", "MAX", "MIN");
    };
  }

  /** Sums that are not exact: float64 has the order of the rows, float32 some other. */
  @Test
  void fractions_of_columns() {
    Object x = ties(DType.FLOAT64, 600 * 1030, 5);
    agree(program("f64[a:600, b:1030]", "f64[b:1030]", "reduce[fn=SUM, axes=[a]]"), x);
    var random = new SplittableRandom(6);
    var y = new float[600 * 1030];
    for (int k = 0; k < y.length; k++) {
      y[k] = (float) random.nextDouble(-1, 1);
    }
    agree(program("f32[a:600, b:1030]", "f32[b:1030]", "reduce[fn=SUM, axes=[a]]"), y, 1e-4);
  }

  @Test
  void several_results_of_one_walk_and_of_columns_on_two_axes() {
    agree(
        Program.parse(
            """
            program(v0: f32[a:700, b:30, c:40]) {
              v1: f32[b:30, c:40] = reduce[fn=MAX, axes=[a]] v0
              v2: f32[b:30, c:40] = reduce[fn=MIN, axes=[a]] v0
              return v1, v2
            }
            """),
        ties(DType.FLOAT32, 700 * 30 * 40, 7));
  }

  // ---------------------------------------------------------------- past the caches

  private static void streams(Program p, Object input, Consumer<String> explanation) {
    Executable code = Trial.NATIVE.compile(p);
    explanation.accept(code.explain());
    agree(p, input);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f32[r:4096, c:2064]|f32[c:2064, r:4096]|broadcast[dims=[c:2064, r:4096]]",
        "f64[r:2056, c:2048]|f64[c:2048, r:2056]|broadcast[dims=[c:2048, r:2056]]",
        "f32[r:2050, c:4112]|f32[r:2050, c:4112]|cum_sum[axis=c, reverse=false]",
        "f64[r:1100, c:4096]|f64[r:1100, c:4096]|cum_sum[axis=c, reverse=true]",
        "f32[r:2050, c:4112]|f32[r:2050, c:4112]|cum_sum[axis=r, reverse=true]"
      })
  void large_results_go_past_the_caches(String type, String result, String operation) {
    Program p = program(type, result, operation);
    DType t = p.outputs().getFirst().array().dtype();
    Object x = ties(t, (int) p.outputs().getFirst().array().size(), 8);
    streams(p, x, e -> assertThat(e).contains("past the caches"));
  }

  /** One loop, wherever in a line its rows begin. */
  @Test
  void large_results_of_one_loop_go_past_the_caches() {
    Program p =
        Program.parse(
            """
            program(v0: f32[r:4100, c:2051], v1: f32[r:4100, c:2051]) {
              v2: f32[r:4100, c:2051] = mul v0, v1
              v3: f32[r:4100, c:2051] = sub v2, v0
              return v3
            }
            """);
    assertThat(Trial.NATIVE.compile(p).explain()).contains("past the caches");
    Object x = ties(DType.FLOAT32, 4100 * 2051, 10);
    assertThat(new Trial(p, List.of(x, x), List.of(-1.0)).run()).isNull();
  }

  /** Rows that begin inside of a line, and small results. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f32[r:4099, c:2050]|f32[c:2050, r:4099]|broadcast[dims=[c:2050, r:4099]]",
        "f32[r:4100, c:2049]|f32[r:4100, c:2049]|cum_sum[axis=c, reverse=false]",
        "f32[r:1000, c:1024]|f32[c:1024, r:1000]|broadcast[dims=[c:1024, r:1000]]"
      })
  void others_do_not(String type, String result, String operation) {
    Program p = program(type, result, operation);
    Object x = ties(DType.FLOAT32, (int) p.outputs().getFirst().array().size(), 9);
    streams(p, x, e -> assertThat(e).doesNotContain("past the caches"));
  }

  @Test
  void what_the_same_loops_read_again_does_not() {
    Program p =
        Program.parse(
            """
            program(v0: f32[r:8200, c:1024]) {
              v1: f32[r:8200] = reduce[fn=MAX, axes=[c]] v0
              v2: f32[r:8200, c:1024] = sub v0, v1
              v3: f32[r:8200] = reduce[fn=MIN, axes=[c]] v2
              v4: f32[r:8200, c:1024] = sub v2, v3
              return v2, v4
            }
            """);
    var lines = new ArrayList<String>();
    streams(
        p,
        whole(DType.FLOAT32, 8200 * 1024),
        e -> e.lines().map(String::strip).forEach(lines::add));
    assertThat(lines)
        .filteredOn(l -> l.contains("into output"))
        .satisfiesExactly(
            l -> assertThat(l).endsWith("into output 0"),
            l -> assertThat(l).endsWith("into output 1, past the caches"));
  }
}
