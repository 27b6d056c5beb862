package dev.axial.cpu.runtime;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.engine.FilePages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Private mappings of files that are larger than the machine's memory. */
@EnabledOnOs(OS.LINUX)
class LinuxPagesTest {
  private static final long TERABYTE = 1L << 40;
  private static final long PAGE = 1 << 16; // a multiple of every page size

  @TempDir private Path folder;

  /** Whether the kernel has the call for written pages. */
  private static boolean tells() {
    Matcher v = Pattern.compile("(\\d+)\\.(\\d+).*").matcher(System.getProperty("os.version"));
    assertThat(v.matches()).isTrue();
    int major = Integer.parseInt(v.group(1));
    return major > 6 || major == 6 && Integer.parseInt(v.group(2)) >= 7;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 511, 1023, 1024, 2047, 3000}) // 1024 are asked for at once
  void written_pages_of_a_terabyte_are_found(int many) throws IOException {
    Path path = folder.resolve("x");
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(TERABYTE);
    }
    var pages = new LinuxPages();
    try (Arena arena = Arena.ofConfined();
        FilePages.Opened open = pages.open(path, true)) {
      MemorySegment copy = open.privateMapping(TERABYTE, arena);
      assertThat(copy).isNotNull();
      assertThat(copy.get(ValueLayout.JAVA_BYTE, TERABYTE / 2)).isZero();
      assertThat(pages.written(copy)).isEqualTo(tells() ? new long[0] : null);
      for (long k = 0; k < many; k++) {
        copy.set(ValueLayout.JAVA_BYTE, 3 * k * PAGE + 5, (byte) 1);
      }
      copy.set(ValueLayout.JAVA_BYTE, TERABYTE - 1, (byte) 1);
      long[] told = pages.written(copy);
      if (tells()) {
        assertThat(told).hasSize(2 * (many + 1));
        for (int k = 0; k < many; k++) {
          assertThat(told[2 * k]).isEqualTo(3L * k * PAGE);
          assertThat(told[2 * k + 1]).isBetween(1L, PAGE);
        }
        assertThat(told[2 * many] + told[2 * many + 1]).isEqualTo(TERABYTE);
      } else {
        assertThat(told).isNull();
      }
    }
    try (var file = new RandomAccessFile(path.toFile(), "r")) {
      file.seek(TERABYTE - 1);
      assertThat(file.read()).isZero();
    }
    assertThat(pages.open(folder.resolve("nothing"), false)).isNull();
  }

  @Test
  void a_lock_is_of_an_open_file() throws IOException {
    Path path = Files.createFile(folder.resolve("x"));
    var pages = new LinuxPages();
    try (FilePages.Opened a = pages.open(path, true)) {
      try (FilePages.Opened b = pages.open(path, true);
          FilePages.Opened c = pages.open(path, false)) {
        assertThat(c.lock(false)).isTrue();
        assertThat(b.lock(false)).isTrue();
        assertThat(a.lock(true)).isFalse();
      }
      assertThat(a.lock(true)).isTrue();
      Files.copy(path, folder.resolve("copy")); // takes a lock of the process away
      try (FilePages.Opened d = pages.open(path, false);
          var java = FileChannel.open(path, StandardOpenOption.WRITE)) {
        assertThat(d.lock(false)).isFalse();
        assertThat(java.tryLock()).isNull();
      }
    }
  }

  @Test
  void a_block_on_a_file_larger_than_memory() {
    Axis rows = axis("Row", 1 << 27);
    Axis columns = axis("Column", 1 << 10);
    BiFunction<NamedRef, NamedArray, NamedArray> write =
        jit((r, k) -> {
          r.at(rows.at(k)).add(arange(columns));
          return r.get(rows.at(k)).sum();
        });
    double sum = 1023 * 512;
    Path path = folder.resolve("r");
    try (NamedRef r = NamedRef.create(path, DType.FLOAT32, rows, columns)) {
      r.commit(() -> {
        assertThat(write.apply(r, scalar(rows.size() - 1)).item()).isEqualTo(sum);
        assertThat(write.apply(r, scalar(9)).item()).isEqualTo(sum);
        r.at(rows.at(1 << 26)).set(3);
      });
      assertThat(write.apply(r, scalar(rows.size() - 1)).item()).isEqualTo(2 * sum);
    }
    try (NamedRef r = NamedRef.openReadOnly(path, DType.FLOAT32, rows, columns)) {
      assertThat(r.get(rows.at(-1)).sum().item()).isEqualTo(2 * sum);
      assertThat(r.get(rows.at(9)).sum().item()).isEqualTo(sum);
      assertThat(r.get(rows.at(1 << 26)).toFloatArray()).containsOnly(3);
      assertThat(r.get(rows.at(10)).toFloatArray()).containsOnly(0);
    }
  }
}
