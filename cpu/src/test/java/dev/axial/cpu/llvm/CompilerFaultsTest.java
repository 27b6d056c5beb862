package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.axial.cpu.emit.Emitter;
import dev.axial.engine.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Texts that LLVM compiles wrongly for some processors, and rightly for what code uses of them. */
class CompilerFaultsTest {
  private static final Library LIBRARY = new Library(Natives.libLlvm(), Wanted.ALL);

  /** Of {@code jit(x -> lgamma(x.get(E.at(index))))}: elements 1 and 0 of an array of float16. */
  private static float[] gathered(Library library) throws Throwable {
    String features = library.host().features();
    byte[] object = library.llvm().compile(text("gathered-halves.ll"), Emitter.PASSES, features);
    Linked code = Objects.requireNonNull(ElfImage.of(object, List.of("gathered")));
    try (Arena a = Arena.ofConfined()) {
      MemorySegment x = a.allocate(16, 64);
      x.setAtIndex(JAVA_SHORT, 0, Float.floatToFloat16(2));
      x.setAtIndex(JAVA_SHORT, 1, Float.floatToFloat16(-1));
      MemorySegment index = a.allocate(64, 64);
      index.setAtIndex(JAVA_INT, 0, 1);
      MemorySegment out = a.allocate(64, 64);
      Linker.nativeLinker()
          .downcallHandle(code.address(0), FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS))
          .invokeExact(x, index, out);
      return new float[] {
        Float.float16ToFloat(out.getAtIndex(JAVA_SHORT, 0)),
        Float.float16ToFloat(out.getAtIndex(JAVA_SHORT, 1))
      };
    } finally {
      code.unload();
    }
  }

  private static String text(String name) throws IOException {
    try (InputStream in = CompilerFaultsTest.class.getResourceAsStream("/llvm/" + name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void halves_that_are_gathered_are_right_under_the_policy() throws Throwable {
    assumeThat(Platform.NAME).isEqualTo("linux-x86_64");
    assertThat(gathered(LIBRARY)).containsExactly(Float.POSITIVE_INFINITY, 0);
    for (Level l : List.of(Level.V3, Level.V4)) { // below, halves are not converted by LLVM
      if (LIBRARY.has(l)) {
        assertThat(gathered(new Library(Natives.libLlvm(), Wanted.at(l, 64))))
            .containsExactly(Float.POSITIVE_INFINITY, 0);
      }
    }
  }

  /**
   * Once this fails, the fault is gone from this libLLVM. The feature may be used when the random
   * programs have passed with it: {@code -Daxial.llvm.features=+avx512fp16}.
   */
  @Test
  void with_avx512fp16_each_lane_gets_the_first() throws Throwable {
    assumeThat(Platform.NAME).isEqualTo("linux-x86_64");
    if (LIBRARY.processorHas("avx512fp16") && LIBRARY.host().version().equals("20.1.7")) {
      var wanted = new Wanted(null, "+avx512fp16", 64);
      assertThat(gathered(new Library(Natives.libLlvm(), wanted)))
          .containsExactly(Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);
    }
  }
}
