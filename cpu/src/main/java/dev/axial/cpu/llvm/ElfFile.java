package dev.axial.cpu.llvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an object file, laid out and relocated: code and constants, relative to each other,
 * with jumps to functions of the C library behind them. (System V ABI, generic and AMD64
 * supplement.)
 *
 * <p>Nothing that the file says is believed: every place and length is compared with the file, what
 * is laid out is no longer than the file and its gaps, each relocation changes four bytes of its
 * own section, and each symbol is in a section. What does not hold, or is not known here, is {@link
 * Unknown}; no input throws anything else.
 */
final class ElfFile {
  /** What this linker does not know, so that another has to do it. */
  static final class Unknown extends Exception {
    private static final long serialVersionUID = 1L;

    Unknown() {
      super(null, null, false, false); // by the thousand where files are damaged
    }
  }

  private static final long PAGE = 4096;

  /** No object has as many; their headers are looked at again and again. */
  private static final int MOST_SECTIONS = 4096;

  private static final int LONGEST_NAME = 255;

  /** A jump through the address behind it. */
  private static final byte[] JUMP = {(byte) 0xff, 0x25, 0, 0, 0, 0};

  private static final int STUB = 16;
  private static final int HEADER = 64;
  private static final int ENTRY = 24; // a symbol, or a relocation

  /** Tables for unwinding the stack, which nobody does here. */
  private static final int UNWIND = 0x7000_0001;

  private static final int PROGRAM = 1;
  private static final int SYMBOLS = 2;
  private static final int NAMES = 3;
  private static final int RELOCATIONS = 4;
  private static final int NOTHING = 8;
  private static final int WITHOUT_ADDENDS = 9;

  private record Section(
      int type, boolean loaded, int offset, int size, int link, int info, int at) {}

  private final ByteBuffer file;
  private final ToLongFunction<String> library;
  private final List<Section> sections = new ArrayList<>();
  private final Map<String, Integer> stubs = new HashMap<>();
  private ByteBuffer image = ByteBuffer.allocate(0);
  private @Nullable Section table;

  /** Where the stubs begin. */
  private int first;

  private ElfFile(byte[] object, ToLongFunction<String> library) {
    this.file = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
    this.library = library;
  }

  /**
   * Lays an object out.
   *
   * @param library the address of a function of the C library; zero if it has none
   */
  static ElfFile of(byte[] object, ToLongFunction<String> library) throws Unknown {
    var f = new ElfFile(object, library);
    f.lay();
    f.relocate();
    return f;
  }

  /** What is to lie in memory, wherever that is. */
  byte[] image() {
    return image.array();
  }

  /** Where a symbol is in the image. */
  int place(String symbol) throws Unknown {
    Section t = table();
    for (int at = t.offset; at < t.offset + t.size; at += ENTRY) {
      if (number2(at + 6) != 0 && name(at).equals(symbol)) {
        return target(at, false);
      }
    }
    throw new Unknown();
  }

  // ---------------------------------------------------------------- reading

  private static void require(boolean known) throws Unknown {
    if (!known) {
      throw new Unknown();
    }
  }

  private void inside(long at, long bytes) throws Unknown {
    require(at >= 0 && bytes >= 0 && at <= file.limit() - bytes);
  }

  private int number2(int at) throws Unknown {
    inside(at, 2);
    return Short.toUnsignedInt(file.getShort(at));
  }

  private int number4(int at) throws Unknown {
    inside(at, 4);
    return file.getInt(at);
  }

  private long number8(int at) throws Unknown {
    inside(at, 8);
    return file.getLong(at);
  }

  /** A place or a length, which cannot be more than the file has bytes. */
  private int length(int at) throws Unknown {
    long n = number8(at);
    require(n >= 0 && n <= file.limit());
    return (int) n;
  }

  private Section section(int k) throws Unknown {
    require(k >= 0 && k < sections.size());
    return sections.get(k);
  }

  private Section table() throws Unknown {
    Section t = table;
    require(t != null);
    return Objects.requireNonNull(t);
  }

  // ---------------------------------------------------------------- layout

  private static long aligned(long at, long to) {
    return (at + to - 1) / to * to;
  }

  /** Finds the sections and gives those that are loaded their places. */
  private void lay() throws Unknown {
    require(number4(0) == 0x464c457f && number2(16) == 1 && number2(18) == 62);
    int headers = length(40);
    int count = number2(60);
    require(count <= MOST_SECTIONS);
    long end = 0;
    long bytes = 0;
    for (int k = 0; k < count; k++) {
      long h = headers + (long) HEADER * k;
      inside(h, HEADER);
      end = add((int) h, end);
      Section s = sections.getLast();
      if (s.type == SYMBOLS) {
        require(table == null && s.size % ENTRY == 0);
        table = s;
      }
      bytes += s.loaded ? s.size : 0;
      require(bytes <= file.limit()); // or they overlap
      require(s.type != WITHOUT_ADDENDS); // not on this platform
    }
    reserve(end);
    for (Section s : sections) {
      if (s.loaded) {
        image.put(s.at, file, s.offset, s.size);
      }
    }
  }

  /** Adds the section of a header; returns where what is loaded ends then. */
  private long add(int h, long end) throws Unknown {
    int type = number4(h + 4);
    long flags = number8(h + 8);
    boolean empty = type == NOTHING || type == 0;
    int offset = empty ? 0 : length(h + 24);
    int size = empty ? 0 : length(h + 32);
    inside(offset, size);
    boolean loaded = (flags & 2) != 0 && size > 0 && type != UNWIND;
    long at = end;
    if (loaded) {
      require(type == PROGRAM && (flags & ~(2 | 4 | 16 | 32)) == 0); // constants: no data to write
      long align = Math.max(1, number8(h + 48));
      require(align <= PAGE && Long.bitCount(align) == 1);
      at = aligned(end, align);
    }
    require(type != NOTHING || (flags & 2) == 0 || number8(h + 32) == 0); // zeros to be written
    sections.add(
        new Section(type, loaded, offset, size, number4(h + 40), number4(h + 44), (int) at));
    return at + (loaded ? size : 0);
  }

  /** Makes the image, with room for a stub for each function that is elsewhere. */
  private void reserve(long end) throws Unknown {
    long externals = 0;
    Section t = table();
    for (int at = t.offset; at < t.offset + t.size; at += ENTRY) {
      externals += number2(at + 6) == 0 ? 1 : 0;
    }
    long all = aligned(end, STUB) + STUB * externals;
    require(all <= Integer.MAX_VALUE - PAGE);
    first = (int) aligned(end, STUB);
    image = ByteBuffer.allocate((int) all).order(ByteOrder.LITTLE_ENDIAN);
  }

  // ---------------------------------------------------------------- relocation

  private void relocate() throws Unknown {
    for (Section s : sections) {
      if (s.type != RELOCATIONS || !section(s.info).loaded) {
        continue;
      }
      require(section(s.link) == table() && s.size % ENTRY == 0);
      for (int at = s.offset; at < s.offset + s.size; at += ENTRY) {
        long info = number8(at + 8);
        relocate(section(s.info), number8(at), (int) info, symbol(info >>> 32), number8(at + 16));
      }
    }
  }

  /** Where the file has a symbol, by its number. */
  private int symbol(long number) throws Unknown {
    require(number < table().size / ENTRY);
    return table().offset + ENTRY * (int) number;
  }

  private void relocate(Section to, long offset, int type, int symbol, long addend) throws Unknown {
    require(type == 2 || type == 4); // PC32 and PLT32: a distance of 32 bits
    require(offset >= 0 && offset <= to.size - 4L);
    require(addend == (int) addend);
    int place = to.at + (int) offset;
    long distance = target(symbol, type == 4) + addend - place;
    require(distance == (int) distance);
    image.putInt(place, (int) distance);
  }

  /** Where a symbol is in the image. A function that is elsewhere is called through a stub. */
  private int target(int symbol, boolean call) throws Unknown {
    int index = number2(symbol + 6);
    if (index == 0) {
      require(call);
      return stub(name(symbol));
    }
    Section s = section(index);
    long value = number8(symbol + 8);
    require(s.loaded && value >= 0 && value <= s.size);
    return s.at + (int) value;
  }

  private String name(int symbol) throws Unknown {
    Section names = section(table().link);
    int start = number4(symbol);
    require(names.type == NAMES && start >= 0 && start < names.size);
    int from = names.offset + start;
    int most = Math.min(names.offset + names.size, from + LONGEST_NAME + 1);
    int end = from;
    while (end < most && file.get(end) != 0) {
      end++;
    }
    require(end < most);
    return new String(file.array(), from, end - from, StandardCharsets.US_ASCII);
  }

  private int stub(String function) throws Unknown {
    Integer known = stubs.get(function);
    if (known != null) {
      return known;
    }
    long address = library.applyAsLong(function);
    int at = first + STUB * stubs.size();
    require(address != 0 && at <= image.limit() - STUB);
    stubs.put(function, at);
    image.put(at, JUMP);
    image.putLong(at + JUMP.length, address);
    return at;
  }
}
