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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Links one object file of the kind that the emitter's modules become on Linux for x86-64, as
 * {@link ElfFile} lays it out. It does so in a fraction of the time that it takes to load libLLVM;
 * whatever else an object has in it is left to ORC.
 */
final class ElfImage implements Linked {
  private static final boolean HERE =
      System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
          && List.of("amd64", "x86_64").contains(System.getProperty("os.arch"));

  private static final long PAGE = 4096;

  private final MemorySegment memory;
  private final List<MemorySegment> addresses = new ArrayList<>();

  private ElfImage(MemorySegment memory) {
    this.memory = memory;
  }

  /** The linked object, or null if this linker cannot do it here. It throws nothing. */
  static @Nullable ElfImage of(byte[] object, List<String> symbols) {
    if (!HERE) {
      return null;
    }
    try {
      SymbolLookup c = Linker.nativeLinker().defaultLookup();
      ElfFile laid = ElfFile.of(object, f -> c.find(f).orElse(MemorySegment.NULL).address());
      var places = new ArrayList<Integer>();
      for (String s : symbols) {
        places.add(laid.place(s));
      }
      return loaded(laid.image(), places);
    } catch (ElfFile.Unknown x) {
      return null;
    }
  }

  private static @Nullable ElfImage loaded(byte[] image, List<Integer> places) {
    long bytes = (image.length + PAGE - 1) / PAGE * PAGE;
    MemorySegment pages = bytes == 0 ? null : Pages.map(bytes);
    if (pages == null) {
      return null;
    }
    var e = new ElfImage(pages.reinterpret(bytes));
    MemorySegment.copy(image, 0, e.memory, JAVA_BYTE, 0, image.length);
    if (!execute(e.memory)) {
      e.unload();
      return null;
    }
    places.forEach(p -> e.addresses.add(e.memory.asSlice(p)));
    return e;
  }

  @Override
  public MemorySegment address(int k) {
    return addresses.get(k);
  }

  @Override
  public void unload() {
    Pages.unmap(memory.address(), memory.byteSize());
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
