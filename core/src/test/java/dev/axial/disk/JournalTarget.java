package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.engine.Storage;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What lies beside a file under the name of its journal: the file has its contents of before the
 * block, of after it, or there is an error of ours; and what is not a journal is left alone. The
 * first byte of an input says whether the checksum is made right, and whether the file says that
 * the block is being written.
 */
public final class JournalTarget {
  private static final Path PATH = ReferenceTarget.PATH;
  private static final Path SIDE = Journal.side(PATH);
  private static final ArrayType TYPE =
      new ArrayType(DType.INT32, List.of(new Dim("x", 3 * 1024 + 3)));
  private static final int BEGIN = 65536;
  private static final int END = BEGIN + 3 * 4096 + 12;

  private static final byte[] BASE = base();
  private static final byte[] BEFORE;
  private static final byte[] MARKED;
  private static final byte[] AFTER;
  private static final byte[] JOURNAL;
  private static final FaultyDisk DISK = FaultyDisk.working();

  static {
    FaultyDisk done = cutOff(10_000);
    List<String> steps = done.steps();
    int forced = steps.indexOf("force " + SIDE);
    FaultyDisk decided = cutOff(forced + 1).left((_, n) -> n);
    BEFORE = decided.contents(PATH);
    JOURNAL = decided.contents(SIDE);
    MARKED = cutOff(forced + 3).left((_, n) -> n).contents(PATH);
    AFTER = done.contents(PATH);
  }

  private JournalTarget() {}

  private static byte[] base() {
    var disk = new FaultyDisk(FaultyDisk.Fault.NONE, -1);
    RefFile.create(disk, PATH, TYPE).close();
    return disk.contents(PATH);
  }

  private static FaultyDisk cutOff(int at) {
    var disk = new FaultyDisk(FaultyDisk.Fault.NONE, -1);
    disk.put(PATH, BASE);
    RefFile f = RefFile.open(disk, PATH, true, false);
    var s = new Storage(TYPE, f.store(), "here");
    s.lockForBlock();
    f.commit(s, () -> {}); // the first one says whose journal it is
    s.unlockAfterBlock();
    disk.steps().clear();
    disk.failAt(FaultyDisk.Fault.POWER, at);
    s.lockForBlock();
    try {
      f.commit(s, () -> s.store().segment().asSlice(4000, 200).fill((byte) 2));
      f.close();
    } catch (AxialException _) {
      // it lost its power
    } finally {
      s.unlockAfterBlock();
    }
    return disk;
  }

  /** The input of a good journal. */
  public static byte[] seed() {
    return ByteBuffer.allocate(1 + JOURNAL.length).put((byte) 0).put(JOURNAL).array();
  }

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] journal = Arrays.copyOfRange(input, 1, input.length);
    boolean fixed = (input[0] & 1) != 0;
    if (fixed) {
      fix(journal);
    }
    byte[] file = (input[0] & 2) != 0 ? MARKED : BEFORE;
    for (int k = 0; k < 2; k++) {
      DISK.clear();
      DISK.put(PATH, file);
      DISK.put(SIDE, journal);
      boolean opened = false;
      try {
        RefFile.open(DISK, PATH, k == 1, false).close();
        opened = true;
      } catch (AxialException _) {
        // that is what it should say
      }
      check(file, journal, opened, k == 1, fixed);
    }
  }

  private static void check(
      byte[] file, byte[] journal, boolean opened, boolean writable, boolean fixed) {
    byte[] now = DISK.contents(PATH);
    boolean old = same(now, BEFORE);
    if (now.length != file.length || !fixed && !old && !same(now, AFTER)) {
      throw new IllegalStateException("a mixture");
    }
    if (opened && !fixed && file == MARKED && old) {
      throw new IllegalStateException("a torn file was opened");
    }
    if (!writable && !DISK.holds(PATH, file)) {
      throw new IllegalStateException("reading wrote");
    }
    boolean ours =
        journal.length <= Journal.IDENTITY
            || Arrays.equals(journal, 0, Journal.IDENTITY, JOURNAL, 0, Journal.IDENTITY);
    if ((!writable || !opened && !ours) && !DISK.holds(SIDE, journal)) {
      throw new IllegalStateException("somebody's file was changed");
    }
  }

  private static boolean same(byte[] a, byte[] b) {
    return Arrays.equals(a, BEGIN, END, b, BEGIN, END);
  }

  private static void fix(byte[] journal) {
    if (journal.length < Journal.HEADER) {
      return;
    }
    System.arraycopy(JOURNAL, 0, journal, 0, Journal.IDENTITY);
    ByteBuffer b = ByteBuffer.wrap(journal).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(72, BEFORE.length).putLong(80, journal.length - Journal.HEADER).putInt(92, 0);
    var crc = new CRC32C();
    crc.update(journal, 64, 24);
    crc.update(journal, Journal.HEADER, journal.length - Journal.HEADER);
    b.putInt(88, (int) crc.getValue());
  }
}
