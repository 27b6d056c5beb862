package dev.axial.cpu.emit;

import dev.axial.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;

/** Prints GFLOP/s. Arguments: threads, seconds for each row, float32 or float64, rows by name. */
final class GemmSpeed {
  private GemmSpeed() {}

  private record Row(String name, int batch, int m, int k, int n, boolean ta, boolean tb) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("64", 1, 64, 64, 64, false, false),
          new Row("128 b64", 64, 128, 128, 128, false, false),
          new Row("256", 1, 256, 256, 256, false, false),
          new Row("512", 1, 512, 512, 512, false, false),
          new Row("1024", 1, 1024, 1024, 1024, false, false),
          new Row("2048", 1, 2048, 2048, 2048, false, false),
          new Row("100x300x77", 1, 100, 300, 77, false, false),
          new Row("1000x999x1001", 1, 1000, 999, 1001, false, false),
          new Row("2048x128x128", 1, 2048, 128, 128, false, false),
          new Row("2048x512x128", 1, 2048, 512, 128, false, false),
          new Row("128x784x512", 1, 128, 784, 512, false, false),
          new Row("128x512x10", 1, 128, 512, 10, false, false),
          new Row("2048x128x128 tn", 1, 2048, 128, 128, true, false),
          new Row("2048x128x128 nt", 1, 2048, 128, 128, false, true),
          new Row("128x2048x128 tn", 1, 128, 2048, 128, true, false),
          new Row("128x128x32 b64", 64, 128, 128, 32, false, false),
          new Row("128x32x128 b64", 64, 128, 32, 128, false, false),
          new Row("128x4096x4096", 1, 128, 4096, 4096, false, false),
          new Row("16x4096x4096", 1, 16, 4096, 4096, false, false),
          new Row("32x4096x4096", 1, 32, 4096, 4096, false, false),
          new Row("128x1024x1024", 1, 128, 1024, 1024, false, false),
          new Row("2048x4096x128", 1, 2048, 4096, 128, false, false),
          new Row("2048x1024x128", 1, 2048, 1024, 128, false, false),
          new Row("2048x4096x16", 1, 2048, 4096, 16, false, false),
          new Row("gemv 4096", 1, 4096, 4096, 1, false, false),
          new Row("gevm 4096", 1, 1, 4096, 4096, false, false),
          new Row("dot 1M", 1, 1, 1 << 20, 1, false, false));

  public static void main(String[] args) {
    int threads = Integer.parseInt(args[0]);
    double seconds = Double.parseDouble(args[1]);
    DType dtype = DType.valueOf(args[2].toUpperCase(java.util.Locale.ROOT));
    var harness =
        new GemmHarness(
            new Target(
                Integer.getInteger("bytes", 64),
                Integer.getInteger("registers", 32),
                false,
                FloatMode.MXCSR));
    System.out.printf("%.0f ms to compile%n", harness.code.milliseconds);
    MemorySegment stub = threads == 1 ? MemorySegment.NULL : new GemmHarness.Pool(threads).stub();
    for (Row r : ROWS) {
      if (args.length == 3 || List.of(args).subList(3, args.length).contains(r.name)) {
        row(harness, r, dtype, stub, threads, seconds);
      }
    }
  }

  private static void row(
      GemmHarness h, Row r, DType dtype, MemorySegment stub, int threads, double seconds) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = random(arena, (long) r.batch * r.m * r.k, dtype);
      MemorySegment b = random(arena, (long) r.batch * r.k * r.n, dtype);
      MemorySegment c = arena.allocate((long) r.batch * r.m * r.n * dtype.bytes(), 64);
      MemorySegment room =
          arena.allocate(Gemm.scratchBytes(h.target, r.m, r.n, r.k, r.batch, dtype, threads), 64);
      MemorySegment arguments = arena.allocate(Gemm.Call.BYTES, 8);
      new Gemm.Call(arguments)
          .operands(a, b, c)
          .sizes(r.m, r.n, r.k)
          .strides(r.ta ? 1 : r.k, r.ta ? r.m : 1, r.tb ? 1 : r.n, r.tb ? r.k : 1, r.n)
          .batch(r.batch, (long) r.m * r.k, (long) r.k * r.n, (long) r.m * r.n)
          .accumulate(false)
          .scratch(room)
          .threads(stub, MemorySegment.NULL, threads);
      long best = Long.MAX_VALUE;
      long end = System.nanoTime() + (long) (seconds * 1e9);
      for (int k = 0; k < 5 || System.nanoTime() < end; k++) {
        long s = clock(threads);
        h.run(dtype, arguments);
        best = Math.min(best, clock(threads) - s);
      }
      System.out.printf(
          "%-18s %9.1f us %8.1f GF%n", r.name, best / 1e3, 2.0 * r.batch * r.m * r.k * r.n / best);
    }
  }

  /**
   * One thread's own time, which others on the machine do not lengthen; several threads' by the
   * wall.
   */
  private static long clock(int threads) {
    return threads == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static MemorySegment random(Arena arena, long n, DType dtype) {
    MemorySegment s = arena.allocate(n * dtype.bytes(), 64);
    var r = new Random(1);
    for (long k = 0; k < n; k++) {
      switch (dtype) {
        case FLOAT32 -> s.setAtIndex(ValueLayout.JAVA_FLOAT, k, r.nextFloat() - 0.5f);
        case FLOAT64 -> s.setAtIndex(ValueLayout.JAVA_DOUBLE, k, r.nextDouble() - 0.5);
        case INT32, UINT32 -> s.setAtIndex(ValueLayout.JAVA_INT, k, r.nextInt());
        case INT64 -> s.setAtIndex(ValueLayout.JAVA_LONG, k, r.nextLong());
        case BFLOAT16, FLOAT16, BOOL, KEY -> throw new IllegalArgumentException(dtype.toString());
      }
    }
    return s;
  }
}
