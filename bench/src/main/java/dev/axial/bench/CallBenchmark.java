package dev.axial.bench;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
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

/** What a call of a compiled function costs by the number of its arguments. */
@SuppressWarnings("NullAway.Init") // JMH calls setup first
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CallBenchmark {
  private static final Axis X = axis("x", 16);

  @Param({"1", "10", "100"})
  private int arguments;

  private List<NamedRef> refs;
  private List<NamedArray> arrays;
  private Proc1<List<NamedRef>> update;
  private Function<List<NamedArray>, NamedArray> call;

  @Setup
  public void setup() {
    refs = IntStream.range(0, arguments).mapToObj(_ -> newRef(zeros(X))).toList();
    arrays = IntStream.range(0, arguments).mapToObj(_ -> ones(X)).toList();
    update = jitProc(rs -> rs.forEach(r -> r.at(X.at(3)).add(1)));
    call = jit(xs -> xs.getFirst().plus(1));
  }

  /** One element of each of some references. */
  @Benchmark
  public void compiledUpdates() {
    update.run(refs);
  }

  /** A function of some arrays that uses the first one. */
  @Benchmark
  public NamedArray call() {
    return call.apply(arrays);
  }
}
