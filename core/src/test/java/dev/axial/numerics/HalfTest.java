package dev.axial.numerics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.ir.Half;
import dev.axial.ir.Program;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every number of two bytes, the middle between any two neighbours, and what programs become. */
class HalfTest {
  /** The bits of infinity, and of the smallest normal number; from the definition of each type. */
  private static int infinity(DType t) {
    return t == DType.BFLOAT16 ? 0x7f80 : 0x7c00;
  }

  /** The value of finite bits, from exponent and fraction. */
  private static double value(DType t, int bits) {
    int fraction = t == DType.BFLOAT16 ? 7 : 10;
    int bias = t == DType.BFLOAT16 ? 127 : 15;
    int exponent = (bits & 0x7fff) >> fraction;
    int rest = bits & (1 << fraction) - 1;
    double whole = exponent == 0 ? rest : rest + (1 << fraction);
    double size = whole * Math.scalb(1.0, Math.max(exponent, 1) - bias - fraction);
    return (bits & 0x8000) == 0 ? size : -size;
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void widens_to_the_value_and_narrows_back(DType t) {
    for (int bits = 0; bits < infinity(t); bits++) {
      for (int signed : new int[] {bits, bits | 0x8000}) {
        float x = Half.widen(t, (short) signed);
        assertThat(Double.compare(x, value(t, signed))).as("%x", signed).isZero();
        assertThat(Half.narrow(t, x)).isEqualTo((short) signed);
      }
    }
    assertThat(Half.widen(t, (short) infinity(t))).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Half.narrow(t, Float.NEGATIVE_INFINITY)).isEqualTo((short) (infinity(t) | 0x8000));
    for (int nan : new int[] {0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffffffff}) {
      assertThat(Half.widen(t, Half.narrow(t, Float.intBitsToFloat(nan)))).isNaN();
    }
    for (int bits = infinity(t) + 1; bits < 0x8000; bits++) {
      assertThat(Half.widen(t, (short) bits)).isNaN();
    }
  }

  /** Beyond the largest number the next one would be infinity's bits as a finite number. */
  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void rounds_to_nearest_and_ties_to_even(DType t) {
    for (int bits = 0; bits < infinity(t); bits++) {
      float middle = (float) ((value(t, bits) + value(t, bits + 1)) / 2);
      assertThat(narrowed(t, Math.nextDown(middle))).as("below the middle").isEqualTo(bits);
      assertThat(narrowed(t, middle)).as("the middle").isEqualTo(bits + (bits & 1));
      assertThat(narrowed(t, Math.nextUp(middle))).as("above the middle").isEqualTo(bits + 1);
    }
  }

  /** Also of the negative number, whose sign is taken off again. */
  private static int narrowed(DType t, float x) {
    int minus = Half.narrow(t, -x) & 0xffff;
    int plus = Half.narrow(t, x) & 0xffff;
    assertThat(minus).isEqualTo(plus | 0x8000);
    return plus;
  }

  @Test
  void arithmetic_is_written_in_float32() {
    String program =
        """
        program(v0: bf16[a:3], v1: ref bf16[a:3]) {
          v2: bf16[] = const 1.5
          v3: bf16[a:3] = mul v0, v2
          v4: bf16[a:3] = add v3, v0
          v5: bool[a:3] = cast[to=bool] v4
          v6: bf16[a:3] = cast[to=bf16] v5
          ref_set[access={}, reverse=false] v1, v6
          v7: bf16[] = reduce[fn=SUM, axes=[a]] v4
          return v7
        }
        """;
    String widened =
        """
        program(v0: bf16[a:3], v1: ref bf16[a:3]) {
          v2: bf16[] = const 1.5
          v3: f32[] = const 1.5
          v4: f32[a:3] = cast[to=f32] v0
          v5: f32[a:3] = mul v4, v3
          v6: bf16[a:3] = cast[to=bf16] v5
          v7: f32[a:3] = cast[to=f32] v6
          v8: f32[a:3] = add v7, v4
          v9: bf16[a:3] = cast[to=bf16] v8
          v10: f32[a:3] = cast[to=f32] v9
          v11: bool[a:3] = cast[to=bool] v10
          v12: f32[a:3] = cast[to=f32] v11
          v13: bf16[a:3] = cast[to=bf16] v12
          ref_set[access={}, reverse=false] v1, v13
          v14: f32[] = reduce[fn=SUM, axes=[a]] v10
          v15: bf16[] = cast[to=bf16] v14
          return v15
        }
        """;
    assertThat(Widening.of(Program.parse(program)).toString().strip()).isEqualTo(widened.strip());
  }

  @Test
  void other_programs_stay_what_they_are() {
    Program p = Program.parse("program(v0: f32[a:3]) {\n  v1: f32[a:3] = exp v0\n  return v1\n}");
    assertThat(Widening.of(p)).isSameAs(p);
  }
}
