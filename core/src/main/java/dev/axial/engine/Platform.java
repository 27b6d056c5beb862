package dev.axial.engine;

import java.util.Locale;
import java.util.Set;

/**
 * The operating system and processor of this process, as the artifacts of native code are named.
 */
public final class Platform {
  /** Those that there are artifacts for. */
  private static final Set<String> SERVED =
      Set.of("linux-x86_64", "linux-arm64", "macosx-arm64", "macosx-x86_64");

  /** Such as {@code linux-x86_64}. */
  public static final String NAME =
      name(System.getProperty("os.name"), System.getProperty("os.arch"));

  private Platform() {}

  static String name(String system, String processor) {
    String os = system.toLowerCase(Locale.ROOT);
    String arch = processor.toLowerCase(Locale.ROOT);
    String o = os.contains("mac") ? "macosx" : os.contains("win") ? "windows" : os;
    String a =
        switch (arch) {
          case "amd64" -> "x86_64";
          case "aarch64" -> "arm64";
          default -> arch; // not over Op: a name
        };
    return o.replace(' ', '-') + "-" + a;
  }

  /** Whether there is an artifact with native code for it. */
  public static boolean isServed() {
    return SERVED.contains(NAME);
  }

  /** The artifact to add for native code, such as {@code dev.axial:axial-cpu-linux-x86_64}. */
  public static String artifact() {
    return "dev.axial:axial-cpu-" + NAME;
  }
}
