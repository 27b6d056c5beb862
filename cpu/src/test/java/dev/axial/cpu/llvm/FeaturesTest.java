package dev.axial.cpu.llvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import org.junit.jupiter.api.Test;

/** What code uses of processors that need not be here. */
class FeaturesTest {
  private static final String V2 =
      "+64bit,+cmov,+cx8,+fxsr,+mmx,+sse,+sse2,+cx16,+crc32,+popcnt,+sahf,+sse3,+ssse3,+sse4.1,+sse4.2";
  private static final String V3 = V2 + ",+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+xsave";
  private static final String V4 =
      V3 + ",+avx512f,+avx512bw,+avx512cd,+avx512dq,+avx512vl,+evex512";
  private static final String ALL = V4 + ",+avx512fp16,+avx512bf16,+amx-tile,+gfni,-sse4a,-xop";

  private static Host host(String features) {
    return new Host("20.1.7", "x86_64-unknown-linux-gnu", "some", features, 0, Features.POLICY);
  }

  private static Host used(String has, String features) {
    return Features.of(host(has), new Wanted(null, features, 64));
  }

  private static Host at(String has, Level level, int width) {
    return Features.of(host(has), Wanted.at(level, width));
  }

  @Test
  void what_is_not_listed_is_off_by_name() {
    Host h = used(ALL, "");
    assertThat(h.used()).isEqualTo(host(V4).used());
    assertThat(h.signed())
        .contains("-avx512fp16", "-avx512bf16", "-amx-tile", "-gfni", "-sse4a", "-xop");
    assertThat(h.vectorBytes()).isEqualTo(64);
    assertThat(h.level()).isEqualTo("x86-64-v4");
    assertThat(h.policy()).isEqualTo(Features.POLICY);
    Host other = used(V4 + ",+a-new-one", "");
    assertThat(other.has("a-new-one")).isFalse();
    assertThat(other.signed()).contains("-a-new-one");
  }

  @Test
  void the_order_of_llvm_makes_no_other_host() {
    assertThat(used("+avx2,-sse4a," + V2, "")).isEqualTo(used(V2 + ",-sse4a,+avx2", ""));
  }

  @Test
  void levels_and_widths() {
    assertThat(at(ALL, Level.V3, 64).used()).isEqualTo(host(V3).used());
    assertThat(at(ALL, Level.V3, 64).vectorBytes()).isEqualTo(32);
    assertThat(at(ALL, Level.V2, 64).vectorBytes()).isEqualTo(16);
    assertThat(at(ALL, Level.V4, 32).vectorBytes()).isEqualTo(32);
    assertThat(at(ALL, Level.V4, 32).used()).isEqualTo(host(V4).used());
    assertThat(at(ALL, Level.V3, 16).vectorBytes()).isEqualTo(16);
    assertThatThrownBy(() -> at(V3, Level.V4, 64))
        .isInstanceOf(AxialException.class)
        .hasMessage(
            "axial.llvm.level is x86-64-v4, which this processor (some, x86-64-v3) cannot execute: it has no avx512f, avx512bw, avx512cd, avx512dq, avx512vl.");
    Host arm = new Host("20.1.7", "aarch64-unknown-linux-gnu", "some", "+neon", 0, 1);
    assertThatThrownBy(() -> Features.of(arm, Wanted.at(Level.V2, 64)))
        .isInstanceOf(AxialException.class)
        .hasMessage(
            "axial.llvm.level is x86-64-v2, and this is no x86-64 (aarch64-unknown-linux-gnu); leave it away.");
  }

  @Test
  void a_feature_takes_those_with_it_that_need_it() {
    Host h = used(ALL, "-avx512f");
    assertThat(h.used()).isEqualTo(host(V3).used());
    assertThat(h.vectorBytes()).isEqualTo(32);
    assertThat(used(ALL, "-avx").used()).doesNotContain("avx2", "f16c", "fma", "avx512vl");
    assertThat(used(ALL, "-avx2").vectorBytes()).isEqualTo(16);
    assertThat(used(ALL, "-avx512vl").vectorBytes()).isEqualTo(32);
  }

  @Test
  void a_list_has_what_its_features_need() {
    assertThat(used(ALL, "avx2").used())
        .contains("avx2", "avx", "sse4.2", "sse2", "64bit")
        .doesNotContain("fma", "popcnt", "avx512f");
    assertThat(used(ALL, "+avx512fp16").used()).contains("avx512fp16", "avx512vl");
    assertThat(used(ALL, "+avx512fp16,-avx512fp16")).isEqualTo(used(ALL, ""));
  }

  @Test
  void features_that_are_none() {
    assertThatThrownBy(() -> used(ALL, "+xop"))
        .isInstanceOf(AxialException.class)
        .hasMessage("axial.llvm.features has '+xop', which this processor (some) does not have.");
    for (String text :
        new String[] {"-avx512g", "avx512g", "-avx,avx2", "avx,-avx2", "+", ",", "-avx,,"}) {
      assertThatThrownBy(() -> used(ALL, text))
          .as(text)
          .isInstanceOf(AxialException.class)
          .hasMessageStartingWith("axial.llvm.features has '")
          .hasMessageContaining("expected names of features that LLVM 20.1.7 knows here");
    }
  }

  @Test
  void arm_has_a_list_too() {
    Host h =
        Features.of(
            new Host(
                "20.1.7",
                "aarch64-unknown-linux-gnu",
                "some",
                "+fp-armv8,+neon,+lse,+sve2,+fullfp16,+sha2",
                0,
                Features.POLICY),
            Wanted.ALL);
    assertThat(h.used()).containsExactlyInAnyOrder("fp-armv8", "neon", "lse");
    assertThat(h.signed()).contains("-sve2", "-fullfp16", "-sha2", "-bf16");
    assertThat(h.vectorBytes()).isEqualTo(16);
  }
}
