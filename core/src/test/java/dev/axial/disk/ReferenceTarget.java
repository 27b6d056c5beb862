package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The header and the state of a reference's file: it is opened, read and closed, or an error of
 * ours. The first byte of an input has what is made right and what is cut, two bytes how long the
 * header is; then come the header and the state, which replace those of a good file.
 */
public final class ReferenceTarget {
  static final Path PATH = Path.of("/disk/x.ref");
  private static final ArrayType TYPE =
      new ArrayType(DType.FLOAT32, List.of(new Dim("x", 64), new Dim("yy", 32)));
  private static final byte[] GOOD = good();
  private static final int STATE = 2 * 65536;
  private static final FaultyDisk DISK = FaultyDisk.working();

  private ReferenceTarget() {}

  private static byte[] good() {
    var disk = new FaultyDisk(FaultyDisk.Fault.NONE, -1);
    RefFile.create(disk, PATH, TYPE).close();
    return disk.contents(PATH);
  }

  /** The input of a good file. */
  public static byte[] seed() {
    int n = ByteBuffer.wrap(GOOD).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
    ByteBuffer out = ByteBuffer.allocate(3 + n + 40);
    out.put((byte) 1).putShort((short) n).put(GOOD, 0, n).put(GOOD, STATE + 4096, 40);
    return out.array();
  }

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 3) {
      return;
    }
    byte[] file = file(input);
    DISK.clear();
    DISK.put(PATH, file);
    for (int k = 0; k < 3; k++) {
      try {
        RefFile f = RefFile.open(DISK, PATH, k == 2, k == 1);
        MemorySegment all = f.store().segment();
        long at = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
        boolean same = all.mismatch(MemorySegment.ofArray(file).asSlice(at, all.byteSize())) < 0;
        f.close();
        if (!same) {
          throw new IllegalStateException("other elements than the file has");
        }
      } catch (AxialException _) {
        // that is what it should say
      }
      if (k < 2 && !DISK.holds(PATH, file)) {
        throw new IllegalStateException("reading wrote");
      }
    }
  }

  private static byte[] file(byte[] input) {
    ByteBuffer in = ByteBuffer.wrap(input);
    int flags = in.get();
    int n = Math.min(in.getShort() & 0xffff, in.remaining());
    byte[] out = GOOD.clone();
    in.get(out, 0, n);
    int state = Math.min(40, in.remaining());
    in.get(out, STATE + 4096, state);
    if ((flags & 1) != 0) {
      fix(out);
    }
    return (flags & 6) == 6 ? Arrays.copyOf(out, Math.min(out.length, n)) : out;
  }

  private static void fix(byte[] file) {
    ByteBuffer b = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int n = b.getInt(12);
    if (n >= Header.FIXED && n < STATE) {
      var crc = new CRC32C();
      crc.update(file, 0, 16);
      crc.update(new byte[4]);
      crc.update(file, 20, n - 20);
      b.putInt(16, (int) crc.getValue());
    }
    var crc = new CRC32C();
    crc.update(file, STATE + 4096, 36);
    b.putInt(STATE + 4096 + 36, (int) crc.getValue());
  }
}
