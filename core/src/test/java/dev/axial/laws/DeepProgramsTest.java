package dev.axial.laws;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Program;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs of many operations that stand on each other, and functions nested deeply, on threads
 * with little stack: a result, the same as eager code has, or an ordinary error. {@code
 * -Daxial.deep.operations=100000} makes them as long as that.
 */
class DeepProgramsTest {
  private static final int OPERATIONS = Integer.getInteger("axial.deep.operations", 600);
  private static final Axis X = axis("X", 8);

  /** Chains, given how many operations they should have. */
  private static final Map<String, BiFunction<Integer, NamedArray, NamedArray>> CHAINS =
      new LinkedHashMap<>();

  private static NamedArray repeat(int n, NamedArray x, UnaryOperator<NamedArray> f) {
    NamedArray y = x;
    for (int k = 0; k < n; k++) {
      y = f.apply(y);
    }
    return y;
  }

  static {
    CHAINS.put("elements", (n, x) -> repeat(n / 2, x, y -> tanh(y).plus(0.25)));
    CHAINS.put("numbers", (n, x) -> x.times(repeat(n / 2, sum(x), y -> y.times(0.5).plus(1))));
    CHAINS.put(
        "names", (n, x) -> repeat(n / 2, x, y -> y.rename("X", "Y").rename("Y", "X")).plus(1));
    CHAINS.put("turns", (n, x) -> repeat(n / 4, x, y -> roll(y.times(0.5).plus(1), 1, "X")));
    CHAINS.put("softmaxes", (n, x) -> repeat(n / 5, x, y -> softmax(y, X)));
    CHAINS.put(
        "a sum of many",
        (n, x) -> {
          NamedArray s = sum(x);
          for (int k = 0; k < n / 3; k++) {
            s = s.plus(sum(x.times(0.001 * k)));
          }
          return x.times(s);
        });
    CHAINS.put(
        "products",
        (n, x) ->
            repeat(
                n / 3,
                x,
                y -> dot(y.broadcast(axis("Y", 8)), y.rename("X", "Y"), axis("Y", 8)).times(0.1)));
    CHAINS.put("updates", (n, x) -> repeat(n / 2, x, y -> y.at(at("X", 3)).set(sum(y).times(0.1))));
    CHAINS.put(
        "a reference",
        (n, x) -> {
          NamedRef r = newRef(x);
          for (int k = 0; k < n / 2; k++) {
            r.at(at("X", k % 8)).add(scalar(0.5));
          }
          return r.get();
        });
    CHAINS.put(
        "loops",
        (n, x) -> repeat(n / 10, x, y -> foriLoop(0, 3, y, (k, c) -> c.times(0.5).plus(1))));
    CHAINS.put(
        "loops until",
        (n, x) ->
            repeat(
                n / 10,
                x,
                y -> whileLoop(y, c -> sum(c).lt(16), c -> c.times(1.5).plus(1)).times(0.25)));
    CHAINS.put(
        "branches",
        (n, x) ->
            repeat(
                n / 10,
                x,
                y -> cond(sum(y).lt(20), () -> y.times(1.5).plus(1), () -> y.times(0.25))));
    CHAINS.put(
        "in a loop",
        (n, x) -> foriLoop(0, 2, x, (k, c) -> repeat(n / 2, c.times(k), y -> tanh(y).plus(0.25))));
    CHAINS.put(
        "calls", (n, x) -> repeat(n / 2, x, jit((NamedArray y) -> y.times(0.5).plus(1))::apply));
  }

  private static Stream<Arguments> cases() {
    return CHAINS.keySet().stream()
        .flatMap(chain ->
            Stream.of("jit", "grad", "vmap", "jvp", "text").map(how -> Arguments.of(chain, how)));
  }

  /** Runs work on a thread with a stack of so many kilobytes; 0 is the default of the JVM. */
  private static <T> T onStack(int kilobytes, Callable<T> work) throws Exception {
    var task = new FutureTask<T>(work);
    new Thread(null, task, "deep", kilobytes * 1024L).start();
    try {
      return task.get();
    } catch (java.util.concurrent.ExecutionException x) {
      if (x.getCause() instanceof AxialException a) {
        throw a;
      }
      throw x;
    }
  }

  private static NamedArray x() {
    return linspace(X, -1, 1);
  }

  private static Object run(BiFunction<Integer, NamedArray, NamedArray> chain, String how) {
    int n = OPERATIONS;
    return switch (how) {
      case "jit" -> values(jit((NamedArray x) -> chain.apply(n, x)).apply(x()));
      case "grad" -> values(grad((NamedArray x) -> sum(sin(chain.apply(n / 2, x)))).apply(x()));
      case "vmap" -> {
        Axis lanes = axis("Lanes", 2);
        NamedArray both = x().broadcast(lanes);
        NamedArray y = jit(vmap((NamedArray x) -> chain.apply(n / 2, x), lanes)).apply(both);
        yield values(y.get(at("Lanes", 1)));
      }
      case "jvp" -> values(jvp((NamedArray x) -> chain.apply(n / 2, x), x(), x()).tangent());
      case "text" -> {
        String text = lower((NamedArray x) -> chain.apply(n, x), x()).program().toString();
        assertThat(Program.parse(text).toString()).isEqualTo(text);
        yield text;
      }
      default -> throw new IllegalStateException(how);
    };
  }

  private static List<Float> values(NamedArray y) {
    return Stream.of(y.toFloatArray())
        .flatMap(a -> {
          var out = new java.util.ArrayList<Float>();
          for (float v : a) {
            out.add(v);
          }
          return out.stream();
        })
        .toList();
  }

  @ParameterizedTest(name = "{1} of {0}")
  @MethodSource("cases")
  void long_programs_run_on_small_stacks(String name, String how) throws Exception {
    BiFunction<Integer, NamedArray, NamedArray> chain = CHAINS.get(name);
    // The code of many sums has arrays of its own on the stack.
    int kilobytes = name.equals("a sum of many") ? 512 : 256;
    Object small = onStack(kilobytes, () -> run(chain, how));
    assertThat(small).isNotNull();
    if (how.equals("jit")) {
      float[] eager = chain.apply(OPERATIONS, x()).toFloatArray();
      List<Float> compiled = values(jit((NamedArray x) -> chain.apply(OPERATIONS, x)).apply(x()));
      assertThat(small).isEqualTo(compiled);
      for (int k = 0; k < eager.length; k++) {
        assertThat(compiled.get(k)).isCloseTo(eager[k], within(eager[k]));
      }
    }
  }

  private static org.assertj.core.data.Offset<Float> within(float v) {
    return org.assertj.core.data.Offset.offset(1e-4f * (1 + Math.abs(v)));
  }

  // ---------------------------------------------------------------- nested

  private static NamedArray nested(String kind, int n, NamedArray x) {
    if (n == 0) {
      return x.times(0.5);
    }
    return switch (kind) {
      case "jit" -> jit((NamedArray y) -> nested(kind, n - 1, y).plus(1)).apply(x);
      case "grad" -> grad((NamedArray y) -> sum(nested(kind, n - 1, y).times(y))).apply(x);
      case "vmap" -> {
        Axis b = axis("B" + n, 1);
        yield vmap((NamedArray y) -> nested(kind, n - 1, y).plus(1), b)
            .apply(x.broadcast(b))
            .sum(b);
      }
      case "cond" -> cond(sum(x).lt(1e6), () -> nested(kind, n - 1, x).plus(1), () -> x);
      case "loop" -> foriLoop(0, 1, x, (k, c) -> nested(kind, n - 1, c).plus(1));
      case "while" -> whileLoop(x, c -> sum(c).lt(-1e6), c -> nested(kind, n - 1, c));
      case "checkpoint" -> checkpoint((NamedArray y) -> nested(kind, n - 1, y).plus(1)).apply(x);
      default -> throw new IllegalStateException(kind);
    };
  }

  private static Stream<Arguments> nests() {
    return Stream.of("jit", "vmap", "cond", "loop", "while", "checkpoint")
        .flatMap(kind ->
            Stream.of(
                Arguments.of(kind, 12, 256), Arguments.of(kind, 60, 4096),
                Arguments.of(kind, 5000, 256), Arguments.of(kind, 5000, 0)));
  }

  @ParameterizedTest(name = "{1} of {0} with {2} KB")
  @MethodSource("nests")
  void nested_functions_give_a_result_or_an_error(String kind, int depth, int kilobytes)
      throws Exception {
    Callable<NamedArray> work = () -> jit((NamedArray x) -> nested(kind, depth, x)).apply(x());
    if (depth < 100) {
      NamedArray y = onStack(kilobytes, work);
      float last = y.toFloatArray()[7];
      assertThat(last).isEqualTo(kind.equals("while") ? 1f : depth + 0.5f);
    } else {
      assertThatThrownBy(() -> onStack(kilobytes, work))
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("the stack of this thread ended while the function jitted at")
          .hasMessageContaining("larger stack")
          .hasCauseInstanceOf(StackOverflowError.class);
    }
    // Whoever comes next is not concerned.
    assertThat(onStack(256, () -> jit((NamedArray x) -> nested(kind, 3, x)).apply(x())).size())
        .isEqualTo(8);
  }

  @Test
  void calls_may_nest_deeper_than_bodies() throws Exception {
    NamedArray y = onStack(1 << 16, () -> jit((NamedArray x) -> nested("jit", 400, x)).apply(x()));
    assertThat(y.toFloatArray()[7]).isEqualTo(400.5f);
    Program p =
        onStack(1 << 16, () -> lower((NamedArray x) -> nested("jit", 400, x), x()).program());
    assertThat(onStack(256, () -> Program.parse(p.toString())).toString()).isEqualTo(p.toString());
  }

  @Test
  void derivatives_nest_too() throws Exception {
    assertThat(onStack(0, () -> jit((NamedArray x) -> nested("grad", 6, x)).apply(x())).size())
        .isEqualTo(8);
  }

  @Test
  void bodies_nest_to_a_bound() {
    for (String kind : List.of("cond", "loop", "while", "checkpoint")) {
      assertThatThrownBy(
              () -> onStack(1 << 16, () -> jit((NamedArray x) -> nested(kind, 101, x)).apply(x())))
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("loops, branches and calls nest more than 100 deep");
    }
  }

  // ---------------------------------------------------------------- text and trees

  private static String text(int depth) {
    var out = new StringBuilder();
    for (int k = 0; k < depth; k++) {
      out.append("program(v%d: f32[X:4]) {\n w%d: f32[X:4] = call[body=".formatted(k, k));
    }
    out.append("program(z: f32[X:4]) {\n return z\n}");
    for (int k = depth - 1; k >= 0; k--) {
      out.append(", name=jit, remat=false] v%d\n return w%d\n}".formatted(k, k));
    }
    return out.toString();
  }

  @Test
  void text_nests_to_a_bound() throws Exception {
    assertThat(onStack(512, () -> Program.parse(text(100)).toString())).contains("call");
    for (int depth : new int[] {101, 5000, 100_000}) {
      assertThatThrownBy(() -> onStack(512, () -> Program.parse(text(depth))))
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("loops, branches and calls nest more than 100 deep");
    }
  }

  private static Object tree(int depth, Object leaf) {
    Object t = leaf;
    for (int k = 0; k < depth; k++) {
      t = k % 3 == 0 ? List.of(t) : k % 3 == 1 ? Map.of("a", t) : new Object[] {t};
    }
    return t;
  }

  @Test
  void trees_nest_to_a_bound() throws Exception {
    assertThat(onStack(256, () -> jit((Object t) -> t).apply(tree(150, x())))).isNotNull();
    for (int depth : new int[] {250, 100_000}) {
      assertThatThrownBy(() -> onStack(256, () -> jit((Object t) -> t).apply(tree(depth, x()))))
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("a tree of more than 200 levels was given");
      assertThatThrownBy(() -> onStack(256, () -> jit((NamedArray y) -> tree(depth, y)).apply(x())))
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("a tree of more than 200 levels was given");
    }
  }
}
