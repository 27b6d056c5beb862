package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.engine.Store;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Large blocks: where they begin, what they hold, and that they go. */
@EnabledOnOs(OS.LINUX)
class HugePagesTest {
  private static final Pattern RANGE = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) ");
  private static final boolean HAS = Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage"));

  /** Whether an address lies in memory with the advice to use huge pages, "hg" in the flags. */
  private static boolean advised(long address) throws IOException {
    boolean here = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      Matcher range = RANGE.matcher(line);
      if (range.lookingAt()) {
        here =
            Long.parseUnsignedLong(range.group(1), 16) <= address
                && address < Long.parseUnsignedLong(range.group(2), 16);
      } else if (here && line.startsWith("VmFlags:")) {
        return line.contains(" hg");
      }
    }
    return false;
  }

  @Test
  void a_block_begins_at_a_page_and_holds_all_its_bytes() {
    for (long bytes : new long[] {1, 64, HugePages.PAGE, HugePages.PAGE + 64, 10_000_000}) {
      MemorySegment m = HugePages.allocate(bytes);
      assertThat(m).isNotNull();
      assertThat(m.address() % HugePages.PAGE).isZero();
      assertThat(m.byteSize()).isEqualTo(bytes);
      assertThat(m.mismatch(MemorySegment.ofArray(new byte[(int) bytes]))).isEqualTo(-1);
      m.set(JAVA_BYTE, bytes - 1, (byte) 7);
      assertThat(m.get(JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
    }
  }

  @Test
  void too_much_is_null() {
    assertThat(HugePages.allocate(1L << 62)).isNull();
  }

  /** Where a block lies that is dropped. */
  private static long mapped() throws IOException {
    MemorySegment m = HugePages.allocate(4 * HugePages.PAGE);
    try {
      assertThat(advised(m.address())).isEqualTo(HAS);
      assertThat(advised(m.address() + m.byteSize() - 1)).isEqualTo(HAS);
      return m.address();
    } finally {
      Reference.reachabilityFence(m);
    }
  }

  @Test
  void the_kernel_is_asked_for_them_until_a_block_is_unreachable()
      throws IOException, InterruptedException {
    long address = mapped();
    for (int k = 0; advised(address); k++) {
      assertThat(k).as("collections").isLessThan(200);
      System.gc();
      Thread.sleep(20);
    }
  }

  @Test
  void large_arrays_lie_in_them() {
    Store large = Store.inNative(DType.FLOAT32, HugePages.PAGE);
    assertThat(large.segment().address() % HugePages.PAGE).isZero();
    large.free();
  }
}
