package dev.axial.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlatformTest {
  @Test
  void platforms_have_the_names_of_their_artifacts() {
    assertThat(Platform.name("Linux", "amd64")).isEqualTo("linux-x86_64");
    assertThat(Platform.name("Linux", "aarch64")).isEqualTo("linux-arm64");
    assertThat(Platform.name("Mac OS X", "aarch64")).isEqualTo("macosx-arm64");
    assertThat(Platform.name("Windows Server 2025", "amd64")).isEqualTo("windows-x86_64");
    assertThat(Platform.name("Linux", "riscv64")).isEqualTo("linux-riscv64");
  }
}
