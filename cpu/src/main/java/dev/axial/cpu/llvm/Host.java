package dev.axial.cpu.llvm;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What compiled code depends on besides its text, in LLVM's words.
 *
 * @param version of LLVM, such as {@code 20.1.7}
 * @param triple the platform
 * @param cpu the processor's name
 * @param features what code uses of it and what it does not, such as {@code -sse4a,+avx2}
 * @param vectorBytes the widest vectors that code uses
 * @param policy by which rule the features were chosen: {@link Features#POLICY}
 */
public record Host(
    String version, String triple, String cpu, String features, int vectorBytes, int policy) {
  /** Whether code may use a feature. */
  public boolean has(String feature) {
    return ("," + features + ",").contains(",+" + feature + ",");
  }

  /** Whether LLVM has a word for a feature here, and says whether the processor has it. */
  boolean knows(String feature) {
    return has(feature) || ("," + features + ",").contains(",-" + feature + ",");
  }

  /** The features, signs included. */
  List<String> signed() {
    return features.isEmpty() ? List.of() : List.of(features.split(","));
  }

  /** The features that code uses. */
  Set<String> used() {
    return signed().stream()
        .filter(f -> f.startsWith("+"))
        .map(f -> f.substring(1))
        .collect(Collectors.toSet());
  }

  /** The features that code uses here and not there. */
  public Set<String> without(Host other) {
    var out = new TreeSet<>(used());
    out.removeAll(other.used());
    return out;
  }

  /** Whether it is an x86-64. */
  boolean isX86() {
    return triple.startsWith("x86_64") || triple.startsWith("amd64");
  }

  /** The highest level all of whose features are used, as users say it; else the platform. */
  public String level() {
    String out = isX86() ? "x86-64" : triple;
    for (Level l : Level.values()) {
      if (isX86() && Features.missing(this, l).isEmpty()) {
        out = l.text;
      }
    }
    return out;
  }
}
