package dev.axial.cpu.llvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NativesTest {
  @Test
  void the_c_library_is_told_by_what_the_process_has_mapped() {
    String musl = "7f2c4a2d1000-7f2c4a2e5000 r--p 00000000 08:01 131 /lib/ld-musl-x86_64.so.1";
    String glibc =
        "7f5d1c600000-7f5d1c626000 r--p 00000000 08:01 17 /usr/lib/x86_64-linux-gnu/libc.so.6";
    assertThat(Natives.isMusl(Stream.of(glibc, musl))).isTrue();
    assertThat(Natives.isMusl(Stream.of(glibc))).isFalse();
  }
}
