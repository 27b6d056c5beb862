package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.disk.Journal.Run;
import dev.axial.engine.Storage;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening makes of a journal that a crash left, cut off or damaged anywhere. */
class JournalTest {
  private static final int PAGE = 4096;
  private static final int PAGES = 5;
  private static final ArrayType TYPE =
      new ArrayType(DType.INT32, List.of(new Dim("x", PAGES * PAGE / 4 + 3)));

  /** Two pages, one page, and the piece at the end. */
  private static final List<Run> RUNS =
      List.of(
          new Run(65536 + PAGE, 2 * PAGE),
          new Run(65536 + 4 * PAGE, PAGE),
          new Run(65536 + 5 * PAGE, 12));

  @TempDir private Path folder;
  private Path path;
  private Path side;
  private byte[] before;
  private byte[] after;
  private byte[] journal;

  @BeforeEach
  void write() throws IOException {
    path = folder.resolve("x.ref");
    side = Claim.side(path);
    RefFile f = RefFile.create(path, TYPE);
    f.store().segment().fill((byte) 1);
    f.close();
    before = Files.readAllBytes(path);
    after = before.clone();
    for (Run r : RUNS) {
      Arrays.fill(after, (int) r.at(), (int) (r.at() + r.bytes()), (byte) 2);
    }
    try (var data = new RandomAccessFile(path.toFile(), "r");
        var j = new RandomAccessFile(side.toFile(), "rw")) {
      Header h = Header.read(path, data);
      Journal.write(j, h, before.length, RUNS, MemorySegment.ofArray(after));
    }
    journal = Files.readAllBytes(side);
    assertThat(journal).hasSize(Journal.HEADER + 3 * 16 + 3 * PAGE + 12);
  }

  /** The file as it is after it was opened with such a journal. */
  private byte[] opened(byte[] data, byte[] left, boolean writable) throws IOException {
    Files.write(path, data);
    Files.write(side, left);
    RefFile.open(path, writable).close();
    assertThat(side).doesNotExist();
    return Files.readAllBytes(path);
  }

  @Test
  void a_whole_journal_is_applied_to_any_part_of_the_block() throws IOException {
    assertThat(opened(before, journal, true)).isEqualTo(after);
    assertThat(opened(before, journal, false)).isEqualTo(after);
    assertThat(opened(after, journal, true)).isEqualTo(after);
    for (int cut = 65536; cut < before.length; cut += 1021) {
      byte[] mix = before.clone();
      System.arraycopy(after, 65536, mix, 65536, cut - 65536);
      assertThat(opened(mix, journal, cut % 2 == 0)).as("cut at %d", cut).isEqualTo(after);
    }
  }

  @Test
  void a_journal_that_was_cut_off_is_dropped() throws IOException {
    var cuts = new TreeSet<Integer>();
    for (int k = 1; k <= 64; k++) {
      cuts.add(k);
      cuts.add(journal.length - k);
    }
    int at = Journal.HEADER;
    for (Run r : RUNS) {
      at += 16 + (int) r.bytes();
      for (int k = -17; k <= 17; k++) {
        cuts.add(Math.clamp(at + k, 1, journal.length - 1));
      }
    }
    for (int k = PAGE; k < journal.length; k += PAGE) {
      cuts.add(k);
    }
    assertThat(cuts).hasSizeGreaterThan(150);
    for (int cut : cuts) {
      assertThat(opened(before, Arrays.copyOf(journal, cut), cut % 2 == 0))
          .as("cut at %d", cut)
          .isEqualTo(before);
      byte[] zeros = Arrays.copyOf(Arrays.copyOf(journal, cut), journal.length);
      if (!Arrays.equals(zeros, journal)) { // its length was written, its contents were not
        assertThat(opened(before, zeros, true)).as("zeros from %d", cut).isEqualTo(before);
      }
    }
  }

  @Test
  void a_journal_with_a_wrong_bit_is_dropped() throws IOException {
    var random = new SplittableRandom(1);
    for (int k = 0; k < 400; k++) {
      int at = k < 56 ? k : random.nextInt(journal.length);
      byte[] bad = journal.clone();
      bad[at] ^= (byte) (1 << random.nextInt(8));
      assertThat(opened(before, bad, true)).as("byte %d", at).isEqualTo(before);
    }
    assertThat(opened(before, Arrays.copyOf(journal, journal.length + 1), true)).isEqualTo(before);
  }

  @Test
  void the_journal_of_another_file_is_dropped() throws IOException {
    Path other = folder.resolve("other.ref");
    RefFile.create(other, TYPE).close();
    byte[] contents = Files.readAllBytes(other);
    assertThat(opened(contents, journal, true)).isEqualTo(contents);
  }

  @Test
  void a_journal_that_writes_outside_of_the_elements_is_refused() throws IOException {
    for (Run r : List.of(new Run(0, 8), new Run(before.length - 4, 8))) {
      try (var data = new RandomAccessFile(path.toFile(), "r");
          var j = new RandomAccessFile(side.toFile(), "rw")) {
        j.setLength(0);
        Header h = Header.read(path, data);
        MemorySegment from = MemorySegment.ofArray(Arrays.copyOf(after, after.length + 8));
        Journal.write(j, h, before.length, List.of(r), from);
      }
      assertThatThrownBy(() -> RefFile.open(path, true))
          .isInstanceOf(AxialException.class)
          .hasMessageContaining("the journal writes outside of the file");
      assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }
  }

  @Test
  void a_block_whose_journal_cannot_be_written_is_undone_and_ends_the_reference()
      throws IOException {
    Files.delete(side);
    RefFile f = RefFile.open(path, true);
    var storage = new Storage(TYPE, f.store(), "here");
    storage.lockForBlock();
    f.closeJournal();
    assertThatThrownBy(() -> f.commit(storage, () -> storage.store().segment().fill((byte) 3)))
        .isInstanceOf(AxialException.class)
        .hasMessageStartingWith("writing the journal of " + path + " failed: ");
    assertThat(storage.alive()).isFalse();
    assertThat(storage.ended()).contains("Open the file again");
    storage.unlockAfterBlock();
    assertThat(Files.readAllBytes(path)).isEqualTo(before);
    RefFile.open(path, true).close();
  }

  // ---------------------------------------------------------------- which pages were written

  @Test
  void the_kernel_and_the_comparison_find_the_same_pages() throws IOException {
    boolean linux = System.getProperty("os.name").equals("Linux");
    var random = new SplittableRandom(2);
    int pages = 20_000; // more than are asked for at once
    try (var file = new RandomAccessFile(folder.resolve("pages").toFile(), "rw")) {
      file.setLength(65536 + (long) pages * PAGE + 100);
      for (int written : new int[] {0, 1, 7, 500}) {
        try (Arena arena = Arena.ofConfined()) {
          var shared = file.getChannel().map(MapMode.READ_ONLY, 0, file.length(), arena);
          var copy = file.getChannel().map(MapMode.PRIVATE, 0, file.length(), arena);
          var want = new TreeSet<Long>();
          for (int k = 0; k < written; k++) {
            long at = 65536 + random.nextLong(file.length() - 65536);
            at = k == 0 ? file.length() - 1 : at;
            copy.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
            assertThat(copy.get(ValueLayout.JAVA_BYTE, 65536 + random.nextLong(1 << 20)))
                .isBetween((byte) 0, (byte) 1);
            want.add(at);
          }
          List<Run> compared = DirtyPages.compared(copy, shared);
          assertThat(want).allMatch(at -> compared.stream().anyMatch(r -> in(r, at)));
          assertThat(compared.stream().mapToLong(Run::bytes).sum())
              .isLessThanOrEqualTo((long) written * 65536);
          if (linux) {
            assertThat(DirtyPages.inPagemap(copy)).isEqualTo(compared);
            assertThat(DirtyPages.toldToEngine(copy)).isIn(null, compared);
          }
          assertThat(DirtyPages.of(copy, shared)).isEqualTo(compared);
        }
      }
    }
  }

  @Test
  void a_source_that_does_not_tell_the_truth_is_not_believed() throws IOException {
    try (var file = new RandomAccessFile(path.toFile(), "rw");
        Arena arena = Arena.ofConfined()) {
      var copy = file.getChannel().map(MapMode.PRIVATE, 0, file.length(), arena);
      assertThat(DirtyPages.checked(_ -> List.of(), copy)).isNull();
      assertThat(DirtyPages.checked(c -> List.of(new Run(0, c.byteSize())), copy)).isNull();
      assertThat(DirtyPages.checked(_ -> null, copy)).isNull();
    }
  }

  private static boolean in(Run r, long at) {
    return at >= r.at() && at < r.at() + r.bytes();
  }
}
