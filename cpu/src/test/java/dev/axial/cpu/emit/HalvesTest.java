package dev.axial.cpu.emit;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.dot;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.runtime.Elementwise;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Half;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.random.Random;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversions in vector code, by instructions where there are some and by bits, against Java. */
class HalvesTest {
  static Stream<Arguments> targets() {
    var out = new ArrayList<Arguments>();
    boolean instructions =
        GemmHarness.LIBRARY.host().has("f16c") || GemmHarness.LIBRARY.host().has("neon");
    for (boolean halves : instructions ? new boolean[] {false, true} : new boolean[] {false}) {
      for (int bytes : new int[] {16, GemmHarness.LIBRARY.host().has("avx2") ? 32 : 16}) {
        out.add(Arguments.of(DType.BFLOAT16, new Target(bytes, 16, halves, FloatMode.IEEE)));
        out.add(Arguments.of(DType.FLOAT16, new Target(bytes, 16, halves, FloatMode.IEEE)));
      }
    }
    return out.stream().distinct();
  }

  private static Store run(DType from, DType to, Store x, Target target) {
    var b = new Builder();
    var type = new ArrayType(from, List.of(new Dim("n", x.length())));
    Program p = b.close(b.emit(new Op.Cast(to), List.of(b.input(type))), List.of());
    Flat.Written f = Flat.write(p, target);
    String passes = "function(sroa,early-cse,instcombine<no-verify-fixpoint>,gvn)";
    var code = GemmHarness.CACHE.get(f.ir(), List.of(ObjectCache.NAME), passes);
    return (Store) new Elementwise(p, code, f.grain()).call(List.of(x)).getFirst();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void every_number_widens(DType t, Target target) {
    var bits = new short[1 << 16];
    for (int k = 0; k < bits.length; k++) {
      bits[k] = (short) k;
    }
    Store got = run(t, DType.FLOAT32, Store.of(t, bits), target);
    for (int k = 0; k < bits.length; k++) {
      float x = got.segment().getAtIndex(ValueLayout.JAVA_FLOAT, k);
      assertThat(Float.compare(x, Half.widen(t, bits[k]))).as("%x is %s", k, x).isZero();
    }
  }

  /** Of float32: around each number, the middle to the next, and random bits. */
  @ParameterizedTest
  @MethodSource("targets")
  void numbers_narrow_to_the_nearest(DType t, Target target) {
    var random = new SplittableRandom(1);
    var x = new float[10 << 16];
    for (int k = 0; k < 1 << 16; k++) {
      float a = Half.widen(t, (short) k);
      float middle = (a + Half.widen(t, (short) (k + 1))) / 2;
      float[] near = {a, Math.nextUp(a), Math.nextDown(a), middle, Math.nextUp(middle)};
      System.arraycopy(near, 0, x, 10 * k, 5);
      x[10 * k + 5] = Math.nextDown(middle);
      for (int j = 6; j < 10; j++) {
        x[10 * k + j] = Float.intBitsToFloat(random.nextInt());
      }
    }
    Store got = run(DType.FLOAT32, t, Store.of(DType.FLOAT32, x), target);
    for (int k = 0; k < x.length; k++) {
      short bits = got.segment().getAtIndex(ValueLayout.JAVA_SHORT, k);
      boolean same =
          Float.isNaN(x[k]) ? Float.isNaN(Half.widen(t, bits)) : bits == Half.narrow(t, x[k]);
      assertThat(same).as("%a gave %x", x[k], bits).isTrue();
    }
  }

  /** Vectors along either axis of a matrix, and matrices: each in another way. */
  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void large_products_are_rounded_once(DType t) {
    Axis rows = axis("row", 1030);
    Axis inner = axis("inner", 600);
    Axis columns = axis("column", 70);
    NamedArray matrix = drawn(1, t, rows, inner);
    for (NamedArray other : List.of(drawn(2, t, inner), drawn(3, t, inner, columns))) {
      assertProduct(matrix, other, inner);
      assertProduct(other, matrix.rearrange(inner, rows).plus(0), inner);
    }
    assertProduct(drawn(4, t, rows), matrix, rows);
  }

  private static NamedArray drawn(long seed, DType t, Axis... axes) {
    return Random.uniform(Random.key(seed), -1, 1, t, axes);
  }

  /** Sums of float32 are off by far less than a unit of two bytes. */
  private static void assertProduct(NamedArray a, NamedArray b, Axis over) {
    NamedArray got = dot(a, b, over);
    double[] want = dot(a.astype(DType.FLOAT64), b.astype(DType.FLOAT64), over).toDoubleArray();
    assertThat(got.dtype()).isEqualTo(a.dtype());
    double unit = a.dtype() == DType.BFLOAT16 ? 0x1p-8 : 0x1p-11;
    double[] given = got.toDoubleArray();
    assertThat(given).hasSameSizeAs(want);
    for (int k = 0; k < given.length; k++) {
      double off = Math.abs(given[k] - want[k]);
      assertThat(off).as("element %d", k).isLessThanOrEqualTo(Math.abs(want[k]) * unit + 1e-4);
    }
  }
}
