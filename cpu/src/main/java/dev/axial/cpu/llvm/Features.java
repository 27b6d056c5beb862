package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which of a processor's features code uses: those on a list, never all that there are. A new
 * feature is a new part of the compiler, and may be wrong where no test has looked
 * (docs/decisions/processor-features.md has the list and the reasons).
 *
 * <pre>
 * used    = (listed of the level  ∩  what the host has)  ± what the user says
 * closed:   a feature whose basis is not used is not used
 * written:  every other feature that LLVM knows here is switched off by name, since the name of the
 *           processor alone would bring it back
 * </pre>
 */
final class Features {
  /** Changes with the lists, so that nothing is found that was noted or compiled by others. */
  static final int POLICY = 1;

  /** For 64-bit Arm: what its first version has, atomics, and instructions LLVM long has used. */
  private static final List<String> ARM =
      List.of("fp-armv8", "neon", "crc", "lse", "rdm", "rcpc", "dotprod");

  /**
   * Off even where LLVM does not say whether the host has them, since processors' names imply them:
   * arithmetic on two-byte numbers, and vectors of unknown length.
   */
  private static final List<String> ARM_OFF =
      List.of("fullfp16", "fp16fml", "bf16", "i8mm", "sve", "sve2");

  /** What a feature is built on. */
  private static final Map<String, List<String>> BASIS =
      Map.ofEntries(
          Map.entry("sse2", List.of("sse")),
          Map.entry("sse3", List.of("sse2")),
          Map.entry("ssse3", List.of("sse3")),
          Map.entry("sse4.1", List.of("ssse3")),
          Map.entry("sse4.2", List.of("sse4.1")),
          Map.entry("avx", List.of("sse4.2")),
          Map.entry("avx2", List.of("avx")),
          Map.entry("f16c", List.of("avx")),
          Map.entry("fma", List.of("avx")),
          Map.entry("avx512f", List.of("avx2", "f16c", "fma")),
          Map.entry("avx512bw", List.of("avx512f")),
          Map.entry("avx512cd", List.of("avx512f")),
          Map.entry("avx512dq", List.of("avx512f")),
          Map.entry("avx512vl", List.of("avx512f")),
          Map.entry("evex512", List.of("avx512f")),
          Map.entry("neon", List.of("fp-armv8")),
          Map.entry("rdm", List.of("neon")),
          Map.entry("dotprod", List.of("neon")));

  private Features() {}

  /**
   * The host as code sees it.
   *
   * @param has what LLVM says of the processor
   * @throws AxialException if the processor has not what is asked for
   */
  static Host of(Host has, Wanted wanted) {
    Set<String> used = listed(has, wanted);
    Set<String> added = change(has, wanted.features(), used);
    close(used);
    var text = new ArrayList<String>();
    for (String s : new TreeSet<>(has.signed())) {
      String name = s.substring(1);
      if (!used.contains(name) && !added.contains(name)) {
        text.add("-" + name);
      }
    }
    if (!has.isX86()) {
      ARM_OFF.stream()
          .filter(f -> !added.contains(f) && !text.contains("-" + f))
          .forEach(f -> text.add("-" + f));
    }
    used.forEach(f -> text.add("+" + f));
    added.forEach(f -> text.add("+" + f));
    String features = String.join(",", text);
    int width = Math.min(wanted.vectorBytes(), vectorBytes(has, used));
    return new Host(has.version(), has.triple(), has.cpu(), features, width, POLICY);
  }

  /** What a level needs and a host has not. */
  static List<String> missing(Host has, Level level) {
    Predicate<String> known = f -> Level.BASE.contains(f) || f.equals("evex512");
    return level.features().stream().filter(f -> !has.has(f) && !known.test(f)).toList();
  }

  private static Set<String> listed(Host has, Wanted wanted) {
    Level level = wanted.level();
    if (level != null) {
      require(has, level);
    }
    List<String> list = has.isX86() ? (level == null ? Level.V4 : level).features() : ARM;
    var used = new TreeSet<>(list);
    used.removeIf(f -> !has.has(f));
    return used;
  }

  private static void require(Host has, Level level) {
    if (!has.isX86()) {
      throw new AxialException(
          "axial.llvm.level is %s, and this is no x86-64 (%s); leave it away."
              .formatted(level.text, has.triple()));
    }
    List<String> missing = missing(has, level);
    if (!missing.isEmpty()) {
      throw new AxialException(
          "axial.llvm.level is %s, which this processor (%s, %s) cannot execute: it has no %s."
              .formatted(level.text, has.cpu(), has.level(), String.join(", ", missing)));
    }
  }

  /** Whether it is on one of the lists, so that what it is built on is known. */
  private static boolean isListed(String feature) {
    return Level.V4.features().contains(feature) || ARM.contains(feature);
  }

  /** Applies what the user says to the list; returns what no list has. */
  private static Set<String> change(Host has, String text, Set<String> used) {
    var added = new TreeSet<String>();
    if (text.isBlank()) {
      return added;
    }
    List<String> words = List.of(text.strip().split("\\s*,\\s*", -1));
    boolean signs = words.getFirst().startsWith("+") || words.getFirst().startsWith("-");
    if (!signs) {
      used.removeIf(f -> !Level.BASE.contains(f));
    }
    for (String w : words) {
      boolean signed = w.startsWith("+") || w.startsWith("-");
      String name = signed ? w.substring(1) : w;
      if (signed != signs || !(has.knows(name) || (w.startsWith("-") && ARM_OFF.contains(name)))) {
        throw new AxialException(
            "axial.llvm.features has '%s'; expected names of features that LLVM %s knows here, all with a sign (-avx512f takes one away, +avx512f adds one) or none (then they are the whole list): %s."
                .formatted(w, has.version(), String.join(",", new TreeSet<>(has.signed()))));
      }
      if (w.startsWith("-")) {
        used.remove(name);
        added.remove(name);
      } else if (has.has(name)) {
        if (isListed(name)) {
          add(name, used);
        } else {
          added.add(name);
        }
      } else {
        throw new AxialException(
            "axial.llvm.features has '%s', which this processor (%s) does not have."
                .formatted(w, has.cpu()));
      }
    }
    return added;
  }

  /** Adds a feature and what it is built on. */
  private static void add(String feature, Set<String> to) {
    to.add(feature);
    BASIS.getOrDefault(feature, List.of()).forEach(f -> add(f, to));
  }

  private static void close(Set<String> used) {
    while (used.removeIf(
        f -> BASIS.getOrDefault(f, List.of()).stream().anyMatch(b -> !used.contains(b)))) {
      // Until nothing hangs in the air.
    }
  }

  private static int vectorBytes(Host has, Set<String> used) {
    if (used.containsAll(List.of("avx512f", "avx512vl", "avx512dq", "avx512bw"))
        && (used.contains("evex512") || !has.knows("evex512"))) {
      return 64;
    }
    return used.contains("avx2") ? 32 : 16;
  }
}
