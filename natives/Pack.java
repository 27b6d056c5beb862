import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Takes libLLVM out of the jar that it is published in, among a compiler and a hundred tools:
 * {@code java Pack.java JAR ENTRY FOLDER}. Of an ELF file, what only a linker and a debugger read is
 * cut off: the table of sections and the symbols that are not for loading, which stand behind what
 * is loaded. Everything else is kept as it is.
 */
class Pack {
  private static final int ELF = 0x464c457f;
  private static final byte SIXTY_FOUR_BITS = 2;
  private static final byte LITTLE_ENDIAN = 1;

  private static final int SEGMENTS_AT = 32;
  private static final int SECTIONS_AT = 40;
  private static final int SEGMENT_BYTES = 54;
  private static final int SEGMENT_COUNT = 56;
  private static final int SECTION_COUNT = 60;
  private static final int NAMES_INDEX = 62;
  private static final int HEADER = 64;

  /** The fields of a segment's header. */
  private static final int OFFSET = 8;

  private static final int BYTES_IN_FILE = 32;

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Path out = Path.of(args[2]).resolve(args[1]);
    if (Files.exists(out)
        && Files.getLastModifiedTime(out).compareTo(Files.getLastModifiedTime(jar)) > 0) {
      return;
    }
    Files.createDirectories(out.getParent());
    Path part = out.resolveSibling(out.getFileName() + ".part");
    try (var zip = new ZipFile(jar.toFile())) {
      ZipEntry entry = zip.getEntry(args[1]);
      if (entry == null) {
        throw new IOException("%s has no %s".formatted(jar, args[1]));
      }
      try (var in = zip.getInputStream(entry)) {
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    strip(part);
    Files.move(part, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void strip(Path file) throws IOException {
    try (var f = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer h = read(f, 0, HEADER);
      if (h.getInt(0) != ELF) {
        return;
      }
      if (h.get(4) != SIXTY_FOUR_BITS || h.get(5) != LITTLE_ENDIAN) {
        throw new IOException(file + " is an ELF file of another kind");
      }
      int size = h.getShort(SEGMENT_BYTES);
      int count = h.getShort(SEGMENT_COUNT);
      ByteBuffer segments = read(f, h.getLong(SEGMENTS_AT), size * count);
      long end = h.getLong(SEGMENTS_AT) + (long) size * count;
      for (int k = 0; k < count; k++) {
        int at = k * size;
        end =
            Math.max(end, segments.getLong(at + OFFSET) + segments.getLong(at + BYTES_IN_FILE));
      }
      h.putLong(SECTIONS_AT, 0).putShort(SECTION_COUNT, (short) 0).putShort(NAMES_INDEX, (short) 0);
      for (long at = 0; h.hasRemaining(); ) {
        at += f.write(h, at);
      }
      f.truncate(end);
    }
  }

  private static ByteBuffer read(FileChannel f, long from, int bytes) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (b.hasRemaining()) {
      if (f.read(b, from + b.position()) < 0) {
        throw new IOException("the file ends early");
      }
    }
    return b.flip();
  }
}
