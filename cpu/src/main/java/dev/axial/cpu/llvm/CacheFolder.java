package dev.axial.cpu.llvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Where this user's unpacked library and compiled objects lie: the property {@code axial.cache} or
 * the environment variable {@code AXIAL_CACHE}, else the platform's cache folder.
 */
final class CacheFolder {
  private CacheFolder() {}

  /** Writes a file aside and moves it, so that nobody ever sees a part of it. */
  static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Path part = Files.createTempFile(file.getParent(), "writing", ".part");
    try {
      Files.write(part, bytes);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

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
