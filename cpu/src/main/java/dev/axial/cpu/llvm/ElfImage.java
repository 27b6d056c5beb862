package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Links one object file of the kind that the emitter's modules become on Linux for x86-64: code and
 * constants, relative to each other, and calls of the C library. It does so in a fraction of the
 * time that it takes to load libLLVM; whatever else an object has in it is left to ORC. (System V
 * ABI, generic and AMD64 supplement.)
 */
final class ElfImage implements Linked {
  private static final boolean HERE =
      System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
          && List.of("amd64", "x86_64").contains(System.getProperty("os.arch"));

  private static final long PAGE = 4096;

  /** A jump through the address behind it. */
  private static final byte[] JUMP = {(byte) 0xff, 0x25, 0, 0, 0, 0};

  private static final int STUB = 16;

  /** What this linker does not know, so that another has to do it. */
  private static final class Unknown extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Tables for unwinding the stack, which nobody does here. */
  private static final int UNWIND = 0x7000_0001;

  private record Section(
      int type, boolean loaded, int offset, int size, int link, int info, int at) {}

  private final ByteBuffer file;
  private final List<Section> sections = new ArrayList<>();
  private final List<String> called = new ArrayList<>();
  private final List<MemorySegment> addresses = new ArrayList<>();
  private byte[] image = new byte[0];

  /** Where the stubs begin. */
  private int first;


  private ElfImage(byte[] object) {
    file = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The linked object, or null if this linker cannot do it here. */
  static @Nullable ElfImage of(byte[] object, List<String> symbols) {
    if (!HERE) {
      return null;
    }
    var e = new ElfImage(object);
    try {
      e.lay();
      e.relocate();
      e.load(symbols);
      return e;
    } catch (Unknown
        | IndexOutOfBoundsException x) { // the second: no object file, or a damaged one
      return null;
    }
  }

  @Override
  public MemorySegment address(int k) {
    return addresses.get(k);
  }

  /** The pages go when nobody can reach them. */
  @Override
  public void unload() {}

  private static void require(boolean known) throws Unknown {
    if (!known) {
      throw new Unknown();
    }
  }

  // ---------------------------------------------------------------- layout

  private static int aligned(long at, long to) {
    return Math.toIntExact((at + to - 1) / to * to);
  }

  /** Finds the sections and gives those that are loaded their places. */
  private void lay() throws Unknown {
    require(file.getInt(0) == 0x464c457f && file.getShort(16) == 1 && file.getShort(18) == 62);
    int headers = Math.toIntExact(file.getLong(40));
    int end = 0;
    for (int k = 0; k < file.getShort(60); k++) {
      int h = headers + 64 * k;
      long flags = file.getLong(h + 8);
      int type = file.getInt(h + 4);
      int size = Math.toIntExact(file.getLong(h + 32));
      int offset = Math.toIntExact(file.getLong(h + 24));
      boolean loaded = (flags & 2) != 0 && size > 0 && type != UNWIND;
      if (loaded) {
        require(type == 1 && (flags & ~(2 | 4 | 16 | 32)) == 0); // constants: no data to write
        end = aligned(end, Math.max(1, file.getLong(h + 48)));
      }
      sections.add(
          new Section(type, loaded, offset, size, file.getInt(h + 40), file.getInt(h + 44), end));
      end += loaded ? size : 0;
    }
    int externals = 0;
    Section table = symbols();
    for (int at = table.offset; at < table.offset + table.size; at += 24) {
      externals += file.getShort(at + 6) == 0 ? 1 : 0;
    }
    first = aligned(end, STUB);
    image = new byte[first + STUB * externals];
    for (Section s : sections) {
      if (s.loaded()) {
        file.get(s.offset, image, s.at, s.size);
      }
    }
  }

  private Section symbols() throws Unknown {
    return sections.stream().filter(s -> s.type == 2).findFirst().orElseThrow(Unknown::new);
  }

  // ---------------------------------------------------------------- relocation

  private void relocate() throws Unknown {
    for (Section s : sections) {
      require(s.type != 9); // relocations without addends: not on this platform
      if (s.type != 4 || !sections.get(s.info).loaded()) {
        continue;
      }
      Section to = sections.get(s.info);
      Section symbols = sections.get(s.link);
      for (int at = s.offset; at < s.offset + s.size; at += 24) {
        long info = file.getLong(at + 8);
        int symbol = symbols.offset + 24 * (int) (info >>> 32);
        relocate(to, Math.toIntExact(file.getLong(at)), (int) info, symbol, file.getLong(at + 16));
      }
    }
  }

  private void relocate(Section to, int offset, int type, int symbol, long addend) throws Unknown {
    require(type == 2 || type == 4); // PC32 and PLT32: a distance of 32 bits
    require(offset >= 0 && offset <= to.size - 4);
    int place = to.at + offset;
    long distance = target(symbol, type == 4) + addend - place;
    require(distance == (int) distance);
    ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(place, (int) distance);
  }

  /** Where a symbol is in the image. A function that is elsewhere is called through a stub. */
  private int target(int symbol, boolean call) throws Unknown {
    int section = file.getShort(symbol + 6);
    if (section == 0) {
      require(call);
      return stub(name(symbol));
    }
    require(section > 0 && section < sections.size() && sections.get(section).loaded());
    return sections.get(section).at + Math.toIntExact(file.getLong(symbol + 8));
  }

  private String name(int symbol) throws Unknown {
    int at = sections.get(symbols().link).offset + file.getInt(symbol);
    int end = at;
    while (file.get(end) != 0) {
      end++;
    }
    return new String(file.array(), at, end - at, StandardCharsets.US_ASCII);
  }

  private int stub(String function) throws Unknown {
    int k = called.indexOf(function);
    if (k < 0) {
      SymbolLookup c = Linker.nativeLinker().defaultLookup();
      MemorySegment address = c.find(function).orElse(MemorySegment.NULL);
      require(address.address() != 0);
      k = called.size();
      called.add(function);
      var b = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
      b.put(first + STUB * k, JUMP);
      b.putLong(first + STUB * k + JUMP.length, address.address());
    }
    return first + STUB * k;
  }

  // ---------------------------------------------------------------- loading

  private void load(List<String> symbols) throws Unknown {
    Section table =
        sections.stream().filter(s -> s.type == 2).findFirst().orElseThrow(Unknown::new);
    long bytes = aligned(image.length, PAGE);
    MemorySegment pages = Pages.map(bytes);
    require(pages != null);
    MemorySegment memory = Pages.whileReachable(Objects.requireNonNull(pages), bytes);
    MemorySegment.copy(image, 0, memory, JAVA_BYTE, 0, image.length);
    require(execute(memory));
    for (String wanted : symbols) {
      int found = -1;
      for (int at = table.offset; at < table.offset + table.size; at += 24) {
        found = file.getShort(at + 6) != 0 && name(at).equals(wanted) ? at : found;
      }
      require(found >= 0);
      addresses.add(memory.asSlice(target(found, false)));
    }
    image = new byte[0];
  }

  private static final MethodHandle MPROTECT =
      CLibrary.function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  /** Makes pages code that nobody writes; whether that is allowed. */
  private static boolean execute(MemorySegment m) {
    try {
      return (int) MPROTECT.invokeExact(m, m.byteSize(), 5) == 0; // PROT_READ | PROT_EXEC
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
