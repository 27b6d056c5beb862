package dev.axial.cpu.llvm;

import java.util.List;

/** An object file: it is linked, or refused; nothing is thrown, and nothing it says is believed. */
public final class ElfTarget {
  /** What the seeds are called. */
  static final List<String> SYMBOLS = List.of("outer");

  private ElfTarget() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    try {
      ElfFile f = ElfFile.of(input, name -> name.startsWith("no") ? 0 : 0x1234_5678_9abcL);
      int place = f.place("outer");
      if (place < 0 || place > f.image().length) {
        throw new IllegalStateException("a place outside: " + place);
      }
    } catch (ElfFile.Unknown x) {
      // Left to another linker, which is told only of objects that this library has compiled.
    }
    ElfImage image = ElfImage.of(input, SYMBOLS);
    if (image != null) {
      image.unload();
    }
  }
}
