package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.zip.CRC32C;

/**
 * What a file says of itself. All numbers are little-endian:
 *
 * <pre>
 *  0  "AXIALREF"
 *  8  int   version, 1
 * 12  int   bytes of this header
 * 16  int   CRC-32C of this header, with zero here
 * 20  int   0
 * 24  long  a random number, which ties a journal to its file
 * 32  long  where the elements begin: a multiple of 65536, which is one of every page size
 * 40  long  bytes of the elements
 * 48  the dtype's short name, the number of axes, and for each its name and size
 * </pre>
 *
 * A text is its length as an int, then its bytes in UTF-8. The file is {@code offset + bytes} long
 * and not a byte shorter.
 */
record Header(ArrayType type, long id, long offset) {
  /** The version that this code writes, and the latest that it reads. */
  static final int VERSION = 1;

  private static final long MAGIC = magic("AXIALREF");
  private static final int FIXED = 48;
  private static final int UNIT = 1 << 16;

  /** No header is longer. */
  private static final int LONGEST = 1 << 20;

  /** Eight letters as a little-endian number. */
  static long magic(String letters) {
    return ByteBuffer.wrap(letters.getBytes(StandardCharsets.US_ASCII))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  /** The header of a new file. */
  static Header of(ArrayType type, long id) {
    var h = new Header(type, id, UNIT);
    long offset = (h.encode().length + UNIT - 1L) / UNIT * UNIT;
    return new Header(type, id, offset);
  }

  /** Bytes of the elements. */
  long bytes() {
    return Math.multiplyExact(type.size(), type.dtype().bytes());
  }

  /** Bytes of the whole file. */
  long fileBytes() {
    return Math.addExact(offset, bytes());
  }

  byte[] encode() {
    ByteBuffer b = ByteBuffer.allocate(LONGEST).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(MAGIC).putInt(VERSION).putInt(0).putInt(0).putInt(0);
    b.putLong(id).putLong(offset).putLong(bytes());
    put(b, type.dtype().shortName());
    b.putInt(type.rank());
    for (Dim d : type.dims()) {
      put(b, d.name());
      b.putInt(d.size());
    }
    int n = b.position();
    b.putInt(12, n);
    b.putInt(16, checksum(b.array(), n));
    byte[] out = new byte[n];
    b.get(0, out);
    return out;
  }

  private static void put(ByteBuffer b, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > b.remaining() - 16) {
      throw new AxialException(
          "the names of the axes take more than %,d bytes, which a file's header does not hold; shorten them."
              .formatted(LONGEST));
    }
    b.putInt(bytes.length).put(bytes);
  }

  private static String text(ByteBuffer b) {
    byte[] bytes = new byte[Math.min(b.getInt(), b.remaining())];
    b.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static int checksum(byte[] header, int n) {
    var crc = new CRC32C();
    crc.update(header, 0, 16);
    crc.update(new byte[4]);
    crc.update(header, 20, n - 20);
    return (int) crc.getValue();
  }

  /** Reads and checks the header of an open file. */
  static Header read(Path path, RandomAccessFile file) throws IOException {
    long length = file.length();
    byte[] start = new byte[(int) Math.min(FIXED, length)];
    file.seek(0);
    file.readFully(start);
    ByteBuffer b = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    if (length < FIXED || b.getLong(0) != MAGIC) {
      throw new AxialException(
          "%s does not hold a reference: it does not begin with AXIALREF. Was it written by NamedRef.create, and was that not interrupted?"
              .formatted(path));
    }
    int version = b.getInt(8);
    if (version != VERSION) {
      throw new AxialException(
          "%s holds a reference of version %d; this library reads version %d. Use the library that wrote it, or a later one."
              .formatted(path, version, VERSION));
    }
    int n = b.getInt(12);
    if (n < FIXED || n > LONGEST || n > length) {
      throw damaged(path, "the length of the header is %d".formatted(n));
    }
    byte[] all = new byte[n];
    file.seek(0);
    file.readFully(all);
    if (b.getInt(16) != checksum(all, n)) {
      throw damaged(path, "the checksum of the header is wrong");
    }
    Header h = parse(path, all);
    if (length < h.fileBytes()) {
      throw damaged(path, "it has %,d bytes and should have %,d".formatted(length, h.fileBytes()));
    }
    return h;
  }

  private static Header parse(Path path, byte[] all) {
    ByteBuffer b = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    try {
      b.position(FIXED);
      DType t = DType.ofShortName(text(b));
      int rank = b.getInt();
      var dims = new ArrayList<Dim>();
      for (int k = 0; k < rank; k++) {
        dims.add(new Dim(text(b), b.getInt()));
      }
      var h = new Header(new ArrayType(t, dims), b.getLong(24), b.getLong(32));
      if (h.bytes() == b.getLong(40) && h.offset >= all.length && h.fileBytes() > 0) {
        return h;
      }
    } catch (BufferUnderflowException
        | NegativeArraySizeException
        | ArithmeticException
        | AxialException x) {
      throw damaged(path, "its header makes no sense (%s)".formatted(x));
    }
    throw damaged(path, "its header contradicts itself");
  }

  private static AxialException damaged(Path path, String how) {
    return new AxialException("%s is damaged: %s. Restore it from a copy.".formatted(path, how));
  }
}
