package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.disk.FaultyDisk.Fault;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening makes of a journal that a crash left, cut off or damaged anywhere. */
class JournalTest {
  private static final int PAGE = 4096;
  private static final int ELEMENTS = 65536;
  private static final ArrayType TYPE =
      new ArrayType(DType.INT32, List.of(new Dim("x", 5 * PAGE / 4 + 3)));
  private static final int END = ELEMENTS + 5 * PAGE + 12;

  private static final Path PATH = Path.of("/disk/x.ref");
  private static final Path SIDE = Journal.side(PATH);

  private static final byte[] BASE = base();

  /** The file before a block, the same when the block is said to be open, and after it. */
  private static byte[] before;

  private static byte[] marked;
  private static byte[] after;
  private static byte[] journal;
  private static List<String> steps;

  /** Two pages, one page, and the piece at the end. */
  private static void block(Storage s) {
    MemorySegment m = s.store().segment();
    m.asSlice(PAGE, 2 * PAGE).fill((byte) 2);
    m.asSlice(4 * PAGE, PAGE).fill((byte) 2);
    m.asSlice(5 * PAGE, 12).fill((byte) 2);
  }

  private static byte[] base() {
    var disk = new FaultyDisk(Fault.NONE, -1);
    RefFile.create(disk, PATH, TYPE).close();
    return disk.contents(PATH);
  }

  /** A disk on which a block was cut off at a step after it began. */
  private static FaultyDisk cutOff(int at) {
    var disk = new FaultyDisk(Fault.NONE, -1);
    disk.put(PATH, BASE);
    RefFile f = RefFile.open(disk, PATH, true, false);
    var s = new Storage(TYPE, f.store(), "here");
    s.lockForBlock();
    f.commit(s, () -> {}); // the first one says whose journal it is
    s.unlockAfterBlock();
    disk.steps().clear();
    steps = disk.steps();
    disk.failAt(Fault.POWER, at);
    s.lockForBlock();
    try {
      f.commit(s, () -> block(s));
      f.close();
    } catch (AxialException x) {
      assertThat(x).hasMessageContaining("the power went");
    } finally {
      s.unlockAfterBlock();
    }
    return disk.left((_, n) -> n);
  }

  @BeforeAll
  static void write() {
    cutOff(10_000);
    int forced = steps.indexOf("force " + SIDE);
    int open = steps.indexOf("force " + PATH);
    assertThat(open).isEqualTo(forced + 2);
    FaultyDisk disk = cutOff(forced + 1);
    before = disk.contents(PATH);
    journal = disk.contents(SIDE);
    marked = cutOff(open + 1).contents(PATH);
    after = cutOff(10_000).contents(PATH);
    assertThat(before).hasSize(2 * 65536 + 8192 + 6 * 4);
    assertThat(Arrays.mismatch(before, marked)).isBetween(2 * 65536, 2 * 65536 + 8192);
    assertThat(differences(before, after)).isEqualTo(3 * PAGE + 12);
    assertThat(journal.length).isGreaterThan(Journal.HEADER + 3 * PAGE);
  }

  private static int differences(byte[] a, byte[] b) {
    int n = 0;
    for (int k = ELEMENTS; k < END; k++) {
      n += a[k] != b[k] ? 1 : 0;
    }
    return n;
  }

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("x.ref");
  }

  private Path side() {
    return Journal.side(path());
  }

  private void put(byte[] data, byte[] left) throws IOException {
    Files.write(path(), data);
    Files.deleteIfExists(side());
    Files.write(side(), left);
  }

  private static byte[] elements(byte[] file) {
    return Arrays.copyOfRange(file, ELEMENTS, END);
  }

  /** The elements of a file that is opened with such a journal, and their checksums are right. */
  private byte[] opened(byte[] data, byte[] left) throws IOException {
    put(data, left);
    byte[] read = contents(false);
    assertThat(Files.readAllBytes(path())).as("reading writes nothing").isEqualTo(data);
    assertThat(Files.readAllBytes(side())).isEqualTo(left);
    assertThat(contents(true)).isEqualTo(read);
    assertThat(side()).doesNotExist();
    RefFile.open(path(), false, true).close();
    return read;
  }

  private byte[] contents(boolean writable) {
    RefFile f = RefFile.open(path(), writable, false);
    try {
      return f.store().segment().toArray(ValueLayout.JAVA_BYTE);
    } finally {
      f.close();
    }
  }

  /** Opening says that, and changes nothing. */
  private void refused(byte[] data, byte[] left, boolean writable, String message)
      throws IOException {
    put(data, left);
    assertThatThrownBy(() -> RefFile.open(path(), writable, false))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining(message);
    assertThat(Files.readAllBytes(path())).isEqualTo(data);
    assertThat(Files.readAllBytes(side())).isEqualTo(left);
  }

  @Test
  void a_whole_journal_is_applied_to_any_part_of_the_block() throws IOException {
    assertThat(opened(before, journal)).isEqualTo(elements(after));
    assertThat(opened(marked, journal)).isEqualTo(elements(after));
    assertThat(opened(after, journal)).isEqualTo(elements(after));
    for (int cut = ELEMENTS; cut < before.length; cut += 4099) {
      byte[] mix = marked.clone();
      System.arraycopy(after, ELEMENTS, mix, ELEMENTS, Math.min(cut, END) - ELEMENTS);
      assertThat(opened(mix, journal)).as("cut at %d", cut).isEqualTo(elements(after));
    }
  }

  private static TreeSet<Integer> cuts() {
    var cuts = new TreeSet<Integer>();
    for (int k = 1; k <= 40; k++) {
      cuts.add(k);
      cuts.add(Journal.IDENTITY + k);
      cuts.add(journal.length - k);
    }
    for (int k = 1000; k < journal.length; k += 1000) {
      cuts.add(k);
    }
    return cuts;
  }

  @Test
  void a_journal_that_was_cut_off_is_dropped() throws IOException {
    for (int cut : cuts()) {
      byte[] part = Arrays.copyOf(journal, cut);
      assertThat(opened(before, part)).as("cut at %d", cut).isEqualTo(elements(before));
      byte[] zeros = Arrays.copyOf(part, journal.length);
      if (cut >= Journal.IDENTITY && !Arrays.equals(zeros, journal)) { // its length was written
        assertThat(opened(before, zeros)).as("zeros from %d", cut).isEqualTo(elements(before));
      }
    }
  }

  @Test
  void a_torn_file_that_lost_its_journal_is_known() throws IOException {
    String torn = " is torn: block 1 of commit was being written to it when";
    for (int cut : cuts()) {
      refused(marked, Arrays.copyOf(journal, cut), cut % 2 == 0, torn);
    }
    refused(marked, new byte[0], true, torn);
    refused(marked, "my notes".getBytes(java.nio.charset.StandardCharsets.UTF_8), false, torn);
    Files.delete(side());
    for (boolean writable : new boolean[] {true, false}) {
      assertThatThrownBy(() -> RefFile.open(path(), writable, false)).hasMessageContaining(torn);
    }
    assertThat(Files.readAllBytes(path())).isEqualTo(marked);
    Files.write(side(), journal); // which was found again
    assertThat(contents(true)).isEqualTo(elements(after));
  }

  /** Whatever is left of a block, each page is of before or after it, or is named. */
  @Test
  void a_torn_file_gives_its_elements_back() {
    cutOff(10_000);
    int end = steps.size();
    var random = new SplittableRandom(7);
    int torn = 0;
    int named = 0;
    for (int at = 1; at < end; at++) {
      for (FaultyDisk.Choice c : FaultyDisk.choices(random, 12)) {
        FaultyDisk left = cutOff(at).left(c);
        var disk = FaultyDisk.working();
        disk.put(PATH, left.contents(PATH)); // and its journal is gone
        RefFile.Found found = RefFile.recover(disk, PATH);
        torn += found.torn() ? 1 : 0;
        assertThat(found.unknown()).isFalse();
        byte[] now = elements(disk.contents(PATH));
        assertThat(now).isEqualTo(elements(left.contents(PATH)));
        for (int page = 0; page * PAGE < now.length; page++) {
          int from = page * PAGE;
          int to = Math.min(now.length, from + PAGE);
          boolean whole =
              Arrays.equals(now, from, to, elements(before), from, to)
                  || Arrays.equals(now, from, to, elements(after), from, to);
          boolean damaged =
              found.damaged().stream().anyMatch(e -> e.first() * 4 <= from && from <= e.last() * 4);
          assertThat(whole || damaged).as("step %d, page %d", at, page).isTrue();
          named += damaged ? 1 : 0;
        }
        assertThat(RefFile.recover(disk, PATH).damaged()).isEmpty();
        RefFile.open(disk, PATH, true, true).close();
        RefFile.open(disk, PATH, false, true).close();
      }
    }
    assertThat(torn).isPositive();
    assertThat(named).isPositive();
  }

  @Test
  void a_file_that_does_not_know_its_state_gives_its_elements_back() {
    byte[] bad = after.clone();
    Arrays.fill(bad, 2 * 65536, 2 * 65536 + 8192, (byte) 0);
    var disk = FaultyDisk.working();
    disk.put(PATH, bad);
    assertThatThrownBy(() -> RefFile.open(disk, PATH, true, false))
        .hasMessage(
            PATH
                + " is damaged: what it says of its contents has wrong checksums. Restore it from a copy, or call NamedRef.recover(path), which keeps the elements and lists those that are damaged.");
    assertThat(RefFile.recover(disk, PATH).torn()).isTrue();
    assertThat(elements(disk.contents(PATH))).isEqualTo(elements(after));
    RefFile.open(disk, PATH, true, true).close();
  }

  @Test
  void a_block_that_can_be_finished_is_when_its_file_is_recovered() {
    for (byte[] file : List.of(before, marked)) {
      var disk = FaultyDisk.working();
      disk.put(PATH, file);
      disk.put(SIDE, journal);
      assertThat(RefFile.recover(disk, PATH)).isEqualTo(new RefFile.Found(false, false, List.of()));
      assertThat(elements(disk.contents(PATH))).isEqualTo(elements(after));
    }
  }

  @Test
  void a_journal_with_a_wrong_bit_is_dropped_or_refused() throws IOException {
    var random = new SplittableRandom(1);
    for (int k = 0; k < 300; k++) {
      int at = k < Journal.HEADER ? k : random.nextInt(Journal.HEADER, journal.length);
      byte[] bad = journal.clone();
      bad[at] ^= (byte) (1 << random.nextInt(8));
      if (at >= Journal.IDENTITY) {
        assertThat(opened(before, bad)).as("byte %d", at).isEqualTo(elements(before));
        refused(marked, bad, k % 2 == 0, " is torn: ");
      } else if (at < 32) {
        refused(before, bad, true, " cannot be opened for writing: its journal has that name.");
        refused(marked, bad, false, " is torn: ");
      }
    }
    assertThat(opened(before, Arrays.copyOf(journal, journal.length + 1)))
        .isEqualTo(elements(before));
  }

  @Test
  void what_is_not_ours_is_refused_and_left_alone() throws IOException {
    byte[] notes =
        "three years of notes\n".repeat(9).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    refused(before, notes, true, "x.ref.journal was not made by this library, so ");
    assertThat(contents(false)).isEqualTo(elements(before));
    assertThat(Files.readAllBytes(side())).isEqualTo(notes);
    byte[] another = journal.clone();
    another[20] ^= 1;
    refused(before, another, true, "x.ref.journal is the journal of another reference, so ");
    assertThat(contents(false)).isEqualTo(elements(before));

    Files.delete(side());
    Path precious = Files.write(folder.resolve("precious"), notes);
    Files.createSymbolicLink(side(), precious);
    refusedAsLink();
    assertThat(Files.readAllBytes(precious)).isEqualTo(notes);
    Files.write(precious, new byte[0]);
    refusedAsLink();
    Files.delete(precious);
    refusedAsLink();
    assertThat(precious).doesNotExist();
    Files.delete(side());
    Files.createDirectory(side());
    refusedAsLink();
  }

  private void refusedAsLink() {
    assertThatThrownBy(() -> RefFile.open(path(), true, false))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("x.ref.journal is a link or a folder, so ");
    assertThat(contents(false)).isEqualTo(elements(before));
  }

  @Test
  void a_journal_that_writes_outside_of_the_file_is_refused() throws IOException {
    for (Run r : List.of(new Run(0, 8), new Run(before.length - 4, 8))) {
      put(before, new byte[0]);
      Header h;
      State s;
      try (Disk.Handle data = Disk.SYSTEM.open(path(), Disk.How.READ, null)) {
        h = Header.read(path(), data);
        s = State.read(path(), data, h);
      }
      MemorySegment from = MemorySegment.ofArray(new byte[before.length + 8]);
      Disk.Handle handle = Disk.SYSTEM.open(side(), Disk.How.WRITE, null);
      var j = new Journal(Disk.SYSTEM, side(), handle, h, s.id());
      j.empty();
      j.write(1, List.of(r), from);
      handle.close();
      refusedInside(Files.readAllBytes(side()));
    }
  }

  private void refusedInside(byte[] left) throws IOException {
    put(before, left);
    for (boolean writable : new boolean[] {false, true}) {
      assertThatThrownBy(() -> RefFile.open(path(), writable, false))
          .isInstanceOf(AxialException.class)
          .hasMessageContaining("the journal writes outside of the file");
      assertThat(elements(Files.readAllBytes(path()))).isEqualTo(elements(before));
    }
  }

  // ---------------------------------------------------------------- files of version 1

  private static byte[] version1() {
    byte[] head = new Header(TYPE, 7, ELEMENTS, 1).encode();
    byte[] out = Arrays.copyOf(before, END);
    Arrays.fill(out, 0, ELEMENTS, (byte) 0);
    System.arraycopy(head, 0, out, 0, head.length);
    return out;
  }

  private static byte[] journal1(byte[] file) {
    var b = java.nio.ByteBuffer.allocate(40 + 16 + 100).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    b.putLong(Journal.MAGIC).putInt(1).putInt(0).putLong(7).putLong(file.length).putLong(116);
    b.putLong(ELEMENTS + 50).putLong(100);
    while (b.hasRemaining()) {
      b.put((byte) 9);
    }
    var crc = new java.util.zip.CRC32C();
    crc.update(b.array(), 16, b.capacity() - 16);
    return b.putInt(12, (int) crc.getValue()).array();
  }

  @Test
  void a_file_of_version_1_is_read_as_it_is_and_becomes_one_of_version_2_when_it_is_written()
      throws IOException {
    byte[] old = version1();
    Files.write(path(), old);
    assertThat(contents(false)).isEqualTo(elements(old));
    assertThat(Files.readAllBytes(path())).isEqualTo(old);
    assertThatThrownBy(() -> RefFile.open(path(), false, true))
        .hasMessageContaining("cannot be verified: it is of version 1, which has no checksums");
    assertThat(contents(true)).isEqualTo(elements(old));
    byte[] now = Files.readAllBytes(path());
    assertThat(now).hasSize(before.length);
    assertThat(now[8]).isEqualTo((byte) 2);
    RefFile.open(path(), false, true).close();
    assertThat(contents(false)).isEqualTo(elements(old));
    assertThat(folder.toFile().list()).containsExactly("x.ref");
  }

  @Test
  void its_journal_is_applied_or_dropped() throws IOException {
    byte[] old = version1();
    byte[] left = journal1(old);
    byte[] done = elements(old);
    Arrays.fill(done, 50, 150, (byte) 9);
    assertThat(opened(old, left)).isEqualTo(done);
    for (int cut = 0; cut < left.length; cut++) {
      byte[] zeros = new byte[left.length]; // the head was written last
      System.arraycopy(left, 40, zeros, 40, left.length - 40);
      byte[] part = Arrays.copyOf(cut % 2 == 0 ? zeros : left, cut);
      if (cut % 2 == 0 || cut >= 40) {
        assertThat(opened(old, part)).as("cut at %d", cut).isEqualTo(elements(old));
      }
    }
    refused(
        old,
        "a".repeat(100).getBytes(java.nio.charset.StandardCharsets.UTF_8),
        true,
        "was not made by this library");
    left[16]++;
    refused(old, left, true, "was not made by this library");
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
    Files.write(path(), before);
    try (var file = new RandomAccessFile(path().toFile(), "rw");
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
