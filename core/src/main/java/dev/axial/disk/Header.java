package dev.axial.disk;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.zip.CRC32C;

/**
 * What a file says of itself. All numbers are little-endian:
 *
 * <pre>
 *  0  "AXIALREF"
 *  8  int   version, 2
 * 12  int   bytes of this header
 * 16  int   CRC-32C of this header, with zero here
 * 20  int   0
 * 24  long  a random number, one half of what ties a journal to its file
 * 32  long  where the elements begin: a multiple of 65536, which is one of every page size
 * 40  long  bytes of the elements
 * 48  the dtype's short name, the number of axes, and for each its name and size
 * </pre>
 *
 * A text is its length as an int, then its bytes in UTF-8. Behind the elements, from the next
 * multiple of 65536 on, are the {@link State} of the file and the {@link Sums} of its pages, which
 * version 1 does not have. The file is {@link #fileBytes} long and not a byte shorter.
 *
 * <p>While a file is made it begins with "AXIALNEW" instead; {@code create} makes such a file, and
 * an empty one or one of eight zeros, anew.
 */
record Header(ArrayType type, long id, long offset, int version) {
  /** The version that this code writes, and the latest that it reads. */
  static final int VERSION = 2;

  /** The one without a state and checksums. */
  static final int WITHOUT_SUMS = 1;

  /** What a file begins with while it is made. */
  static final long UNFINISHED = magic("AXIALNEW");

  private static final long MAGIC = magic("AXIALREF");
  static final int FIXED = 48;
  private static final int UNIT = 1 << 16;

  /** No header is longer. */
  private static final int LONGEST = 1 << 20;

  /** Nor has an array more axes. */
  private static final int MOST_AXES = 1 << 10;

  /** Eight letters as a little-endian number. */
  static long magic(String letters) {
    return ByteBuffer.wrap(letters.getBytes(StandardCharsets.US_ASCII))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  /** The header of a new file. */
  static Header of(ArrayType type, long id) {
    var h = new Header(type, id, UNIT, VERSION);
    if (type.rank() > MOST_AXES) {
      throw new AxialException(
          "a file holds a reference of at most %,d axes; this one has %,d. Merge some."
              .formatted(MOST_AXES, type.rank()));
    }
    return new Header(type, id, units(h.encode().length), VERSION);
  }

  private static long units(long bytes) {
    return Math.addExact(bytes, UNIT - 1L) / UNIT * UNIT;
  }

  /** The same in the version that this code writes. */
  Header upgraded() {
    return new Header(type, id, offset, VERSION);
  }

  /** Whether the file has a state and checksums. */
  boolean hasSums() {
    return version > WITHOUT_SUMS;
  }

  /** Bytes of the elements. */
  long bytes() {
    return Math.multiplyExact(ArrayType.product(type.dims()), type.dtype().bytes());
  }

  /** Where the state is, behind the elements. */
  long stateAt() {
    return units(Math.addExact(offset, bytes()));
  }

  /** Where the checksums are. */
  long sumsAt() {
    return Math.addExact(stateAt(), State.BYTES);
  }

  /** Bytes of the whole file. */
  long fileBytes() {
    return hasSums()
        ? Math.addExact(sumsAt(), Sums.bytes(bytes()))
        : Math.addExact(offset, bytes());
  }

  byte[] encode() {
    ByteBuffer b = ByteBuffer.allocate(LONGEST).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(MAGIC).putInt(version).putInt(0).putInt(0).putInt(0);
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

  private static String text(ByteBuffer b) throws CharacterCodingException {
    int n = b.getInt();
    if (n < 0 || n > b.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer bytes = b.slice(b.position(), n);
    b.position(b.position() + n);
    return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
  }

  private static int checksum(byte[] header, int n) {
    var crc = new CRC32C();
    crc.update(header, 0, 16);
    crc.update(new byte[4]);
    crc.update(header, 20, n - 20);
    return (int) crc.getValue();
  }

  /** Whether a file was left by a {@code create} that did not come to its end. */
  static boolean isUnfinished(Disk.Handle file) throws IOException {
    ByteBuffer b = read(file, 0, Long.BYTES);
    long word = b.limit() == Long.BYTES ? b.getLong(0) : -1;
    return file.size() == 0 || word == UNFINISHED || word == 0 && file.size() == Long.BYTES;
  }

  /** Reads and checks the header of an open file. */
  static Header read(Path path, Disk.Handle file) throws IOException {
    long length = file.size();
    ByteBuffer b = read(file, 0, FIXED);
    if (isUnfinished(file)) {
      throw new AxialException(
          "%s holds no reference yet: NamedRef.create was interrupted when it made it. Call it again."
              .formatted(path));
    }
    if (b.limit() < FIXED || b.getLong(0) != MAGIC) {
      throw new AxialException(
          "%s does not hold a reference: it does not begin with AXIALREF. Was it written by NamedRef.create, and was that not interrupted?"
              .formatted(path));
    }
    int version = b.getInt(8);
    if (version < WITHOUT_SUMS || version > VERSION) {
      throw new AxialException(
          "%s holds a reference of version %d; this library reads versions %d to %d. Use the library that wrote it, or a later one."
              .formatted(path, version, WITHOUT_SUMS, VERSION));
    }
    int n = b.getInt(12);
    if (n < FIXED || n > LONGEST || n > length) {
      throw damaged(path, "the length of the header is %d".formatted(n));
    }
    byte[] all = read(file, 0, n).array();
    if (b.getInt(16) != checksum(all, n)) {
      throw damaged(path, "the checksum of the header is wrong");
    }
    Header h = parse(path, all, version);
    if (length < h.fileBytes()) {
      throw damaged(path, "it has %,d bytes and should have %,d".formatted(length, h.fileBytes()));
    }
    return h;
  }

  /** Bytes of a file, as many as there are of those asked for. */
  static ByteBuffer read(Disk.Handle file, long at, int n) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    file.read(at, b);
    return b.flip();
  }

  private static Header parse(Path path, byte[] all, int version) {
    ByteBuffer b = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    try {
      b.position(FIXED);
      DType t = DType.ofShortName(text(b));
      int rank = b.getInt();
      if (rank < 0 || rank > MOST_AXES) {
        throw damaged(path, "it has %d axes".formatted(rank));
      }
      var dims = new ArrayList<Dim>();
      for (int k = 0; k < rank; k++) {
        Dim d = new Dim(text(b), b.getInt());
        if (d.size() < 0) {
          throw damaged(path, "an axis has size %d".formatted(d.size()));
        }
        dims.add(d);
      }
      var h = new Header(new ArrayType(t, dims), b.getLong(24), b.getLong(32), version);
      if (h.bytes() == b.getLong(40)
          && h.offset >= all.length
          && h.offset % UNIT == 0
          && h.fileBytes() > 0) {
        return h;
      }
    } catch (BufferUnderflowException
        | CharacterCodingException
        | ArithmeticException
        | AxialException x) {
      throw damaged(path, "its header makes no sense (%s)".formatted(x));
    }
    throw damaged(path, "its header contradicts itself");
  }

  static AxialException damaged(Path path, String how) {
    return new AxialException("%s is damaged: %s. Restore it from a copy.".formatted(path, how));
  }
}
