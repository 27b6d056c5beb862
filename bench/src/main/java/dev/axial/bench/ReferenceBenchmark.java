package dev.axial.bench;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What accesses to references cost, in eager code, in compiled code and in backward passes: each
 * should not grow with the number of rows, beyond filling each large buffer once.
 */
@SuppressWarnings("NullAway.Init") // JMH calls setup first
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx8g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReferenceBenchmark {
  private static final int STEPS = 1000;
  private static final Axis X = axis("x", 64);

  @Param({"1000", "100000"})
  private int rows;

  private Axis n;
  private NamedRef ref;
  private NamedArray w;
  private Proc1<NamedRef> update;
  private Proc1<NamedRef> loop;
  private Function<NamedArray, NamedArray> forward;
  private Function<NamedArray, NamedArray> backward;
  private int at;

  @Setup
  public void setup() {
    n = axis("n", rows);
    ref = emptyRef(DType.FLOAT32, n, X);
    w = full(0.9, X);
    update = jitProc(r -> r.at(n.at(5)).add(1));
    loop =
        jitProc(r -> forLoop(0, STEPS - 1, i -> r.at(n.at(i.plus(1))).set(r.get(n.at(i)).plus(1))));
    Function<NamedArray, NamedArray> recurrence =
        v -> {
          NamedRef r = newRef(zeros(n, X));
          r.at(n.at(0)).set(v);
          forLoop(1, STEPS, i -> r.at(n.at(i)).set(sin(r.get(n.at(i.minus(1)))).times(v)));
          return sum(r.get(n.at(STEPS - 1)));
        };
    forward = jit(recurrence);
    backward = jit(grad(recurrence));
  }

  private int next() {
    at = (at + 7) % rows;
    return at;
  }

  /** One element, eager. */
  @Benchmark
  public void eagerWrite() {
    ref.at(n.at(next()), X.at(3)).set(1);
  }

  /** One row of 64, eager. */
  @Benchmark
  public NamedArray eagerReadRow() {
    return ref.get(n.at(next()));
  }

  /** One row of 64, compiled. */
  @Benchmark
  public void compiledUpdate() {
    update.run(ref);
  }

  /** 999 rows written, each from the one before. */
  @Benchmark
  public void compiledLoop() {
    loop.run(ref);
  }

  /** 999 steps of a recurrence on a fresh reference of all rows. */
  @Benchmark
  public NamedArray recurrenceForward() {
    return forward.apply(w);
  }

  /** Its gradient. */
  @Benchmark
  public NamedArray recurrenceGradient() {
    return backward.apply(w);
  }
}
