package dev.axial.engine;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.debugCallback;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.full;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.sort;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.whileLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs whose n-th request for native memory fails, for every n: an ordinary error says so, a
 * reference that may be half-written is named, nothing is lost, and the next call is right.
 */
class AllocationFailuresTest {
  private static final Axis X = axis("X", 5_000);

  /** Larger than what a call keeps for its scratch. */
  private static final Axis Y = axis("Y", 300_000);

  private static final Axis I = axis("I", 4_500);

  private static final Map<String, Function<NamedRef, Object>> PROGRAMS = new LinkedHashMap<>();

  static {
    NamedArray indices = array(java.util.stream.IntStream.range(0, 4_500).toArray(), I);
    var update = jitProc((NamedRef r) -> r.add(r.get().times(2)));
    compiled("an update", r -> run(() -> update.run(r)));
    Function<NamedRef, List<NamedArray>> results =
        jit((NamedRef r) -> {
          NamedArray s = sort(r.get(), X);
          r.set(s.plus(1));
          return List.of(s, exp(s), sin(r.get()));
        });
    compiled("results and a write", results::apply);
    var large =
        jitProc((NamedRef r) -> {
          NamedRef t = newRef(full(1f, Y));
          forLoop(0, 3, _ -> t.set(sort(t.get().times(2), Y)));
          r.add(sum(t.get()).times(0).plus(1));
        });
    compiled("scratch", r -> run(() -> large.run(r)));
    var stacks =
        jitProc((NamedRef r) -> {
          NamedArray v = r.get();
          r.add(1);
          r.set(
              grad((NamedArray x) ->
                      sum(whileLoop(x, c -> sum(c).lt(1e5), c -> sin(c).plus(c.times(1.5)))))
                  .apply(v));
        });
    compiled("a gradient through a loop", r -> run(() -> stacks.run(r)));
    var callback =
        jitProc((NamedRef r) -> {
          r.add(1);
          debugCallback(vs -> assertThat(vs.getFirst().rank()).isEqualTo(1), exp(r.get()));
          r.add(1);
        });
    compiled("a callback", r -> run(() -> callback.run(r)));
    PROGRAMS.put("an eager write", r -> run(() -> r.set(full(3f, X))));
    PROGRAMS.put("an eager sum", r -> run(() -> r.add(r.get().plus(1))));
    PROGRAMS.put("an eager update", r -> run(() -> r.update(v -> exp(v.times(2)))));
    PROGRAMS.put("an eager swap", r -> r.swap(full(3f, X)));
    PROGRAMS.put("indices", r -> r.slice(X.at(indices)).swap(full(7f, I)));
    PROGRAMS.put("a copy", r -> List.of(newRef(r.get()).freeze(), dot(r.get(), r.get(), X)));
  }

  private static void compiled(String name, Function<NamedRef, Object> program) {
    PROGRAMS.put("compiled: " + name, program);
  }

  private static Object run(Runnable r) {
    r.run();
    return List.of();
  }

  static Stream<Arguments> programs() {
    return PROGRAMS.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  @AfterEach
  void enough() {
    Pool.refuses = null;
  }

  private static NamedRef fresh() {
    return newRef(full(0.25f, X));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("programs")
  void the_nth_request_fails(String name, Function<NamedRef, Object> program) throws Exception {
    NamedRef model = fresh();
    String right = text(program.apply(model));
    float[] written = model.get().toFloatArray();
    float[] before = fresh().get().toFloatArray();
    long used = Memory.outstandingBytes();
    int n = 0;
    while (fails(n, program, before, written)) {
      NamedRef next = fresh();
      assertThat(text(program.apply(next))).as("the call after failure %d", n).isEqualTo(right);
      assertThat(next.get().toFloatArray()).as("after failure %d", n).isEqualTo(written);
      n++;
      assertThat(n).isLessThan(1000);
    }
    // An engine may do what is compiled without asking.
    assertThat(n > 0 || name.startsWith("compiled")).as("requests").isTrue();
    comesBackTo(used);
  }

  /** Whether there is an n-th request, which then fails. */
  private static boolean fails(
      int n, Function<NamedRef, Object> program, float[] before, float[] written) {
    NamedRef r = fresh();
    var left = new AtomicInteger(n);
    Thread me = Thread.currentThread();
    Pool.refuses = _ -> Thread.currentThread() == me && left.getAndDecrement() == 0;
    Throwable got = catchThrowable(() -> program.apply(r));
    Pool.refuses = null;
    float[] after = r.get().toFloatArray();
    if (left.get() >= 0) {
      assertThat(got).isNull();
      assertThat(after).isEqualTo(written);
      return false;
    }
    assertThat(got)
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("no memory for an array");
    if (!java.util.Arrays.equals(after, before)) {
      assertThat(got.getSuppressed())
          .as("request %d leaves a part of what is written", n)
          .anyMatch(s -> s.getMessage().contains("may hold a part of what it writes"));
    }
    return true;
  }

  private static String text(Object results) {
    var out = new StringBuilder();
    for (var t : dev.axial.Tree.leaves(results)) {
      out.append(java.util.Arrays.hashCode(t.value().toFloatArray())).append(' ');
    }
    return out.toString();
  }

  private static void comesBackTo(long used) throws InterruptedException {
    for (int k = 0; Memory.outstandingBytes() > used; k++) {
      assertThat(k)
          .as("%,d bytes in use, not %,d", Memory.outstandingBytes(), used)
          .isLessThan(100);
      System.gc();
      Thread.sleep(10);
    }
  }
}
