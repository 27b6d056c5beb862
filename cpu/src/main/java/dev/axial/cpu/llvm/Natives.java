package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds libLLVM: the file that {@code axial.llvm} names, else the one in the natives jar on the
 * class path, which is unpacked once into the cache folder and used from there.
 */
public final class Natives {
  private Natives() {}

  /** The library's file. */
  public static Path libLlvm() {
    String given = System.getProperty("axial.llvm");
    if (given != null) {
      Path file = Path.of(given).toAbsolutePath();
      if (!Files.isReadable(file)) {
        throw new AxialException(
            "axial.llvm is '%s', and there is no readable file there; it should be a libLLVM of version 18 to 22."
                .formatted(given));
      }
      return file;
    }
    String name = platform() + "/" + System.mapLibraryName("LLVM");
    URL url = find("org/bytedeco/llvm/" + name);
    if (url == null) {
      throw new AxialException(
          "no libLLVM for %s on the class path; add org.bytedeco:llvm with the classifier %s, or point -Daxial.llvm to a libLLVM"
              .formatted(platform(), platform()));
    }
    try {
      return unpacked(url, name);
    } catch (IOException x) {
      throw new AxialException("libLLVM could not be unpacked: " + x, x);
    }
  }

  private static @Nullable URL find(String resource) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    URL url = context == null ? null : context.getResource(resource);
    return url != null ? url : ClassLoader.getSystemResource(resource);
  }

  /** The platform in the words of the natives jars. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String o = os.contains("mac") ? "macosx" : os.contains("win") ? "windows" : "linux";
    String a = arch.equals("aarch64") || arch.equals("arm64") ? "arm64" : "x86_64";
    return o + "-" + a;
  }

  /** Copies to a file of its own first and moves it, so that another process never sees a part. */
  private static Path unpacked(URL url, String name) throws IOException {
    URLConnection c = url.openConnection();
    long size = c.getContentLengthLong();
    Path folder = CacheFolder.get().resolve("llvm");
    Path file = folder.resolve(size + "-" + name.replace('/', '-'));
    if (Files.exists(file) && Files.size(file) == size) {
      return file;
    }
    try {
      return copy(c, folder, file, size);
    } catch (IOException | UncheckedIOException x) {
      Path other = Files.createTempDirectory("axial-llvm");
      System.getLogger("dev.axial")
          .log(
              System.Logger.Level.WARNING,
              "the cache folder {0} cannot be written ({1}); libLLVM is unpacked to {2} for this process alone",
              folder,
              x,
              other);
      Path mine = other.resolve(System.mapLibraryName("LLVM"));
      copy(url.openConnection(), other, mine, size);
      mine.toFile().deleteOnExit();
      other.toFile().deleteOnExit();
      return mine;
    }
  }

  private static Path copy(URLConnection c, Path folder, Path file, long size) throws IOException {
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, "unpacking", ".part");
    try (InputStream in = c.getInputStream()) {
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      if (Files.size(part) != size) {
        throw new IOException("only %d of %d bytes arrived".formatted(Files.size(part), size));
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return file;
  }
}
