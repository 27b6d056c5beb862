package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.data.Offset.offset;

import dev.axial.engine.Platform;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The small linker and ORC make the same of an object, and what one does not know the other does.
 */
class ElfImageTest {
  private static final Library LIBRARY = new Library(Natives.libLlvm());
  private static final Llvm LLVM = LIBRARY.llvm();

  /** Constants, a call within the module, and two calls of the C library. */
  private static final String CALLS =
      """
      declare float @fmodf(float, float)
      declare float @atan2f(float, float)
      define internal float @inner(float %x) noinline {
        %y = call float @fmodf(float %x, float 3.0)
        %z = fadd float %y, 0x3FB99999A0000000
        ret float %z
      }
      define float @outer(float %x) {
        %y = call float @inner(float %x)
        %z = call float @atan2f(float %y, float 2.0)
        %w = fmul float %z, 7.0
        ret float %w
      }
      """;

  private static final String WRITES =
      """
      @count = internal global float 1.0
      define float @outer(float %x) {
        %y = load float, ptr @count
        %z = fadd float %x, %y
        store float %z, ptr @count
        ret float %z
      }
      """;

  private static final String MISSING =
      """
      declare float @no_library_has_this(float)
      define float @outer(float %x) {
        %y = call float @no_library_has_this(float %x)
        ret float %y
      }
      """;

  @BeforeEach
  void on_linux_for_x86_64() {
    assumeThat(Platform.NAME).isEqualTo("linux-x86_64");
  }

  private static byte[] object(String ir) {
    return LLVM.compile(ir, "function(simplifycfg)", LIBRARY.host().features());
  }

  private static float call(Linked code, float x) throws Throwable {
    MemorySegment f = code.address(0);
    return (float)
        Linker.nativeLinker()
            .downcallHandle(f, FunctionDescriptor.of(JAVA_FLOAT, JAVA_FLOAT))
            .invokeExact(x);
  }

  @Test
  void both_linkers_make_the_same() throws Throwable {
    byte[] object = object(CALLS);
    Linked image = Objects.requireNonNull(ElfImage.of(object, List.of("outer")));
    Linked orc = LLVM.link(object, List.of("outer"));
    for (float x : new float[] {0, 1, 2.5f, 100, -7.25f}) {
      float expected = (float) Math.atan2(x % 3f + 0.1f, 2) * 7;
      assertThat(call(image, x)).isEqualTo(call(orc, x));
      assertThat((double) call(image, x)).isCloseTo(expected, offset(1e-5));
    }
    image.unload();
    orc.unload();
  }

  @Test
  void what_it_does_not_know_is_left_to_the_other() throws Throwable {
    assertThat(ElfImage.of(object(WRITES), List.of("outer"))).isNull();
    Linked orc = LLVM.link(object(WRITES), List.of("outer"));
    assertThat(call(orc, 2)).isEqualTo(3);
    assertThat(call(orc, 2)).isEqualTo(5);
    orc.unload();
    assertThat(ElfImage.of(object(MISSING), List.of("outer"))).isNull();
    assertThat(ElfImage.of(object(CALLS), List.of("outer", "another"))).isNull();
  }

  @Test
  void what_is_no_whole_object_is_refused() {
    byte[] object = object(CALLS);
    for (int n = 0; n < object.length; n++) {
      assertThat(ElfImage.of(Arrays.copyOf(object, n), List.of("outer"))).isNull();
    }
    assertThat(ElfImage.of(new byte[object.length], List.of("outer"))).isNull();
  }
}
