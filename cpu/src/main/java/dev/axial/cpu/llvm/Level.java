package dev.axial.cpu.llvm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The levels of x86-64 that its ABI defines, each with what it adds to the one before. Code is
 * tested at each of them, so what they name is what a processor is used for.
 */
public enum Level {
  /** 128 bits. */
  V2("x86-64-v2", 16, "cx16", "crc32", "popcnt", "sahf", "sse3", "ssse3", "sse4.1", "sse4.2"),
  /** 256 bits. */
  V3("x86-64-v3", 32, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"),
  /** 512 bits; {@code evex512} is what LLVM 18 to 21 call their width. */
  V4("x86-64-v4", 64, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "evex512");

  /** What every processor of the platform has. */
  static final List<String> BASE = List.of("64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2");

  /** The name that users give it. */
  public final String text;

  /** Bytes of its widest vectors. */
  final int vectorBytes;

  @SuppressWarnings("ImmutableEnumChecker") // nobody writes it
  private final String[] adds;

  Level(String text, int vectorBytes, String... adds) {
    this.text = text;
    this.vectorBytes = vectorBytes;
    this.adds = adds;
  }

  /** The level of a name; null if there is none. */
  static @Nullable Level of(String text) {
    for (Level l : values()) {
      if (l.text.equals(text)) {
        return l;
      }
    }
    return null;
  }

  /** All that it may use, that of the levels below included. */
  List<String> features() {
    var out = new ArrayList<>(BASE);
    for (Level l : values()) {
      if (l.compareTo(this) <= 0) {
        out.addAll(List.of(l.adds));
      }
    }
    return out;
  }

  /** The next lower one; null below the lowest. */
  @Nullable Level below() {
    return switch (this) {
      case V2 -> null;
      case V3 -> V2;
      case V4 -> V3;
    };
  }
}
