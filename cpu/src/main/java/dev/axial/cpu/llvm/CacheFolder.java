package dev.axial.cpu.llvm;

import java.nio.file.Path;
import java.util.Locale;

/**
 * Where this user's unpacked library and compiled objects lie: the property {@code axial.cache} or
 * the environment variable {@code AXIAL_CACHE}, else the platform's cache folder.
 */
final class CacheFolder {
  private CacheFolder() {}

  static Path get() {
    String given = System.getProperty("axial.cache", System.getenv("AXIAL_CACHE"));
    if (given != null) {
      return Path.of(given).toAbsolutePath();
    }
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    Path home = Path.of(System.getProperty("user.home"));
    String xdg = System.getenv("XDG_CACHE_HOME");
    String local = System.getenv("LOCALAPPDATA");
    if (xdg != null && !xdg.isEmpty()) {
      return Path.of(xdg, "axial");
    } else if (os.contains("mac")) {
      return home.resolve("Library/Caches/axial");
    } else if (os.contains("win") && local != null) {
      return Path.of(local, "axial", "cache");
    }
    return home.resolve(".cache/axial");
  }
}
