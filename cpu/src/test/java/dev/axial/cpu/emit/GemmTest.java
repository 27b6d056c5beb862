package dev.axial.cpu.emit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Contractions against a triple loop, between guards, on 1, 2 and 7 threads. */
class GemmTest {
  private static final List<Target> TARGETS =
      Stream.of(
              new Target(16, 16, false, FloatMode.IEEE),
              new Target(16, 32, false, FloatMode.IEEE),
              new Target(32, 16, false, FloatMode.IEEE),
              new Target(64, 32, false, FloatMode.IEEE))
          .filter(GemmTest::runs)
          .toList();
  private static final List<DType> DTYPES =
      List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64);
  private static final int ELEMENT_COUNT = 1 << 20;
  private static final Map<Target, GemmHarness> HARNESSES = new HashMap<>();
  private static final MemorySegment FORK = new GemmHarness.Pool(3).stub();

  private static boolean runs(Target t) {
    return t.vectorBytes() == 16
        || GemmHarness.LIBRARY.host().has(t.vectorBytes() == 64 ? "avx512f" : "avx2");
  }

  /** How an operand lies: strides per row and per column of it as a matrix, in elements. */
  private enum Layout {
    ROWS,
    PADDED_ROWS,
    COLUMNS,
    PADDED_COLUMNS,
    STRIDED,
    SAME_ROW,
    SAME_COLUMN,
    ONE_ELEMENT;

    long row(long columns) {
      return switch (this) {
        case ROWS -> columns;
        case PADDED_ROWS -> columns + 3;
        case COLUMNS, PADDED_COLUMNS -> 1;
        case STRIDED -> 2 * columns + 1;
        case SAME_ROW, ONE_ELEMENT -> 0;
        case SAME_COLUMN -> 1;
      };
    }

    long column(long rows) {
      return switch (this) {
        case ROWS, PADDED_ROWS -> 1;
        case COLUMNS -> rows;
        case PADDED_COLUMNS -> rows + 5;
        case STRIDED -> 2;
        case SAME_ROW -> 1;
        case SAME_COLUMN, ONE_ELEMENT -> 0;
      };
    }
  }

  private record Case(
      int m, int n, int k, Layout a, Layout b, int batch, boolean sameB, boolean add) {}

  static Stream<Arguments> variants() {
    return TARGETS.stream().flatMap(t -> DTYPES.stream().map(d -> Arguments.of(t, d)));
  }

  private static GemmHarness harness(Target t) {
    return HARNESSES.computeIfAbsent(t, GemmHarness::new);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void shapes(Target target, DType dtype) {
    int[] sizes = {0, 1, 2, 13, 16, 35};
    for (int m : sizes) {
      for (int n : sizes) {
        for (int k : sizes) {
          check(target, dtype, new Case(m, n, k, Layout.ROWS, Layout.ROWS, 1, false, false));
          check(target, dtype, new Case(m, n, k, Layout.COLUMNS, Layout.ROWS, 1, false, true));
          check(target, dtype, new Case(m, n, k, Layout.ROWS, Layout.COLUMNS, 1, false, true));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void layouts(Target target, DType dtype) {
    for (Layout a : Layout.values()) {
      for (Layout b : Layout.values()) {
        check(target, dtype, new Case(29, 37, 23, a, b, 1, false, false));
        check(target, dtype, new Case(61, 131, 67, a, b, 1, false, true));
        check(target, dtype, new Case(1, 131, 67, a, b, 1, false, true));
        check(target, dtype, new Case(131, 1, 67, a, b, 1, false, false));
        check(target, dtype, new Case(1, 1, 1001, a, b, 1, false, true));
        check(target, dtype, new Case(7, 5, 3, a, b, 4, false, true));
        check(target, dtype, new Case(7, 5, 3, a, b, 4, true, false));
      }
    }
  }

  /** Large enough for threads, for several runs of the kernels, and for several tasks. */
  @ParameterizedTest
  @MethodSource("variants")
  void threads(Target target, DType dtype) {
    check(target, dtype, new Case(150, 140, 130, Layout.ROWS, Layout.ROWS, 1, false, true));
    check(target, dtype, new Case(3, 700, 1100, Layout.ROWS, Layout.ROWS, 1, false, true));
    check(target, dtype, new Case(700, 3, 1100, Layout.COLUMNS, Layout.COLUMNS, 1, false, false));
    check(target, dtype, new Case(401, 33, 211, Layout.ROWS, Layout.COLUMNS, 1, false, false));
    check(target, dtype, new Case(37, 41, 43, Layout.ROWS, Layout.ROWS, 33, false, false));
    check(target, dtype, new Case(37, 41, 43, Layout.ROWS, Layout.COLUMNS, 33, true, true));
    check(target, dtype, new Case(1500, 1, 1501, Layout.ROWS, Layout.ROWS, 1, false, true));
    check(target, dtype, new Case(1500, 1, 1501, Layout.COLUMNS, Layout.ROWS, 1, false, false));
    check(target, dtype, new Case(1, 1500, 1501, Layout.ROWS, Layout.ROWS, 1, false, true));
    check(target, dtype, new Case(1, 1037, 517, Layout.ROWS, Layout.ROWS, 3, false, true));
    check(target, dtype, new Case(400, 1, 700, Layout.COLUMNS, Layout.ROWS, 5, true, true));
    check(target, dtype, new Case(1037, 1, 517, Layout.COLUMNS, Layout.STRIDED, 1, false, false));
    check(target, dtype, new Case(40, 40, 9001, Layout.ROWS, Layout.ROWS, 1, false, true));
    check(
        target, dtype, new Case(300, 200, 90, Layout.PADDED_ROWS, Layout.STRIDED, 1, false, true));
    check(target, dtype, new Case(200, 300, 600, Layout.STRIDED, Layout.ROWS, 1, false, true));
    check(target, dtype, new Case(2, 1200, 3001, Layout.ROWS, Layout.COLUMNS, 1, false, true));
  }

  private static void check(Target target, DType dtype, Case c) {
    byte[] first = null;
    for (int threads : new int[] {1, 2, 7}) {
      if (threads > 1 && (long) c.m * c.n * c.k * c.batch < GemmPlan.FORKS) {
        continue;
      }
      byte[] result = run(target, dtype, c, threads);
      if (first == null) {
        first = result;
      }
      assertThat(result).as("%s %s %s on %d threads", target, dtype, c, threads).isEqualTo(first);
    }
  }

  private static byte[] run(Target target, DType dtype, Case c, int threads) {
    long aRow = c.a.row(c.k);
    long aCol = c.a.column(c.m);
    long bRow = c.b.row(c.n);
    long bCol = c.b.column(c.k);
    long cRow = c.add ? c.n + 2 : c.n;
    long aBatch = extent(c.m, aRow, c.k, aCol) + 1;
    long bBatch = c.sameB ? 0 : extent(c.k, bRow, c.n, bCol);
    long cBatch = c.m * cRow;
    try (var memory = new GuardedMemory()) {
      long aSize = c.m * c.k == 0 ? 0 : (c.batch - 1) * aBatch + extent(c.m, aRow, c.k, aCol);
      long bSize = c.k * c.n == 0 ? 0 : (c.batch - 1) * bBatch + extent(c.k, bRow, c.n, bCol);
      long cSize = c.m * c.n == 0 ? 0 : (c.batch - 1) * cBatch + extent(c.m, cRow, c.n, 1);
      MemorySegment a = memory.allocate(aSize * dtype.bytes(), dtype.bytes());
      MemorySegment b = memory.allocate(bSize * dtype.bytes(), dtype.bytes());
      MemorySegment out = memory.allocate(cSize * dtype.bytes(), dtype.bytes());
      MemorySegment room =
          memory.allocate(Gemm.scratchBytes(target, c.m, c.n, c.k, c.batch, dtype, threads), 64);
      MemorySegment arguments = memory.allocate(Gemm.Call.BYTES, 8);
      var random = new Random(c.hashCode());
      fill(a, dtype, random);
      fill(b, dtype, random);
      if (c.add) {
        fill(out, dtype, random);
      }
      byte[] before = out.toArray(ValueLayout.JAVA_BYTE);
      new Gemm.Call(arguments)
          .operands(a, b, out)
          .sizes(c.m, c.n, c.k)
          .strides(aRow, aCol, bRow, bCol, cRow)
          .batch(c.batch, aBatch, bBatch, cBatch)
          .accumulate(c.add)
          .scratch(room)
          .threads(FORK, MemorySegment.NULL, threads);
      harness(target).run(dtype, arguments);
      assertThat(memory.untouched()).as("%s %s %s", target, dtype, c).isTrue();
      if (threads == 1) {
        var expected = new Expected(dtype, c, aRow, aCol, bRow, bCol, cRow, aBatch, bBatch, cBatch);
        expected.compare(a, b, MemorySegment.ofArray(before), out, target);
      }
      return out.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static long extent(long rows, long row, long columns, long column) {
    return rows == 0 || columns == 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1;
  }

  /** Random elements to copy from, since to make each anew takes longer than all products. */
  private static final Map<DType, Object> ELEMENTS =
      Map.of(
          DType.FLOAT32, floats(new SplittableRandom(1)),
          DType.FLOAT64, new SplittableRandom(2).doubles(ELEMENT_COUNT, -0.5, 0.5).toArray(),
          DType.INT32, new SplittableRandom(3).ints(ELEMENT_COUNT).toArray(),
          DType.INT64, new SplittableRandom(4).longs(ELEMENT_COUNT).toArray());

  private static float[] floats(SplittableRandom random) {
    var out = new float[ELEMENT_COUNT];
    for (int k = 0; k < out.length; k++) {
      out[k] = (float) (random.nextDouble() - 0.5);
    }
    return out;
  }

  /** Runs of them from random places. */
  private static void fill(MemorySegment s, DType dtype, Random random) {
    long n = s.byteSize() / dtype.bytes();
    for (long done = 0; done < n; ) {
      int run = (int) Math.min(n - done, 1 + random.nextInt(100_000));
      int from = random.nextInt(ELEMENT_COUNT - run);
      long to = done * dtype.bytes();
      switch (ELEMENTS.get(dtype)) {
        case float[] a -> MemorySegment.copy(a, from, s, ValueLayout.JAVA_FLOAT_UNALIGNED, to, run);
        case double[] a ->
            MemorySegment.copy(a, from, s, ValueLayout.JAVA_DOUBLE_UNALIGNED, to, run);
        case int[] a -> MemorySegment.copy(a, from, s, ValueLayout.JAVA_INT_UNALIGNED, to, run);
        case long[] a -> MemorySegment.copy(a, from, s, ValueLayout.JAVA_LONG_UNALIGNED, to, run);
        default -> throw new IllegalStateException(); // not over Op: an array of elements
      }
      done += run;
    }
  }

  private static double real(MemorySegment s, DType dtype, long k) {
    return dtype == DType.FLOAT32
        ? s.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * k)
        : s.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8 * k);
  }

  private static long whole(MemorySegment s, DType dtype, long k) {
    return dtype == DType.INT32
        ? s.get(ValueLayout.JAVA_INT_UNALIGNED, 4 * k)
        : s.get(ValueLayout.JAVA_LONG_UNALIGNED, 8 * k);
  }

  /** The plain triple loop. */
  private record Expected(
      DType dtype,
      Case c,
      long aRow,
      long aCol,
      long bRow,
      long bCol,
      long cRow,
      long aBatch,
      long bBatch,
      long cBatch) {
    void compare(
        MemorySegment a, MemorySegment b, MemorySegment before, MemorySegment out, Target target) {
      var wrong = new ArrayList<String>();
      for (int batch = 0; batch < c.batch; batch++) {
        for (int m = 0; m < c.m; m++) {
          for (int n = 0; n < c.n; n++) {
            long at = batch * cBatch + m * cRow + n;
            long pa = batch * aBatch + m * aRow;
            long pb = batch * bBatch + n * bCol;
            boolean right =
                dtype.isFloating()
                    ? real(a, b, before, out, at, pa, pb)
                    : whole(a, b, before, out, at, pa, pb);
            if (!right && wrong.size() < 3) {
              wrong.add("[%d, %d, %d]".formatted(batch, m, n));
            }
          }
        }
      }
      assertThat(wrong).as("%s %s %s", target, dtype, c).isEmpty();
      for (long k = 0; k < before.byteSize() / dtype.bytes(); k++) {
        if (k % cRow >= c.n && c.m * c.n > 0) { // between the rows
          for (int i = 0; i < dtype.bytes(); i++) {
            long at = k * dtype.bytes() + i;
            assertThat(out.get(ValueLayout.JAVA_BYTE, at))
                .isEqualTo(before.get(ValueLayout.JAVA_BYTE, at));
          }
        }
      }
    }

    private boolean real(
        MemorySegment a,
        MemorySegment b,
        MemorySegment before,
        MemorySegment out,
        long at,
        long pa,
        long pb) {
      double sum = c.add ? GemmTest.real(before, dtype, at) : 0;
      double size = Math.abs(sum);
      for (int k = 0; k < c.k; k++) {
        double x = GemmTest.real(a, dtype, pa + k * aCol) * GemmTest.real(b, dtype, pb + k * bRow);
        sum += x;
        size += Math.abs(x);
      }
      double unit = dtype == DType.FLOAT32 ? 0x1p-24 : 0x1p-52;
      return Math.abs(GemmTest.real(out, dtype, at) - sum) <= size * unit * (c.k + 2);
    }

    private boolean whole(
        MemorySegment a,
        MemorySegment b,
        MemorySegment before,
        MemorySegment out,
        long at,
        long pa,
        long pb) {
      long sum = c.add ? GemmTest.whole(before, dtype, at) : 0;
      for (int k = 0; k < c.k; k++) {
        sum += GemmTest.whole(a, dtype, pa + k * aCol) * GemmTest.whole(b, dtype, pb + k * bRow);
      }
      return GemmTest.whole(out, dtype, at) == (dtype == DType.INT32 ? (int) sum : sum);
    }
  }
}
