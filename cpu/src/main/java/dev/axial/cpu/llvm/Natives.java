package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds libLLVM: the file that {@code axial.llvm} names, else the one in the natives jar on the
 * class path, which is unpacked once into the cache folder and used from there.
 *
 * <p>An unpacked library has a note beside it, under this user's key: its digest, and what the file
 * system said of the file when the digest was taken. A start compares the latter, since to digest
 * the whole file takes longer than to load it; where it differs, the digest is taken again.
 */
public final class Natives {
  private static final String FOLDER = "llvm";

  /** Unpacked for this process alone, and not loaded yet. */
  private static final Set<Path> MINE = ConcurrentHashMap.newKeySet();

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

  // ---------------------------------------------------------------- unpacking

  private static Path unpacked(URL url, String name) throws IOException {
    CacheFolder cache = CacheFolder.get();
    if (cache == null) {
      return forThisProcess(url, "nothing is kept on disk");
    }
    try {
      return kept(cache, url, name);
    } catch (IOException x) {
      return forThisProcess(url, x.toString());
    }
  }

  private static Path kept(CacheFolder cache, URL url, String name) throws IOException {
    URLConnection c = url.openConnection();
    String unpackedAs = "%s-%s".formatted(contents(c), name.replace('/', '-'));
    Path file = cache.folder(FOLDER).resolve(unpackedAs);
    String note = unpackedAs + ".note";
    if (isKept(cache, file, note)) {
      return file;
    }
    byte[] digest = copy(c, file);
    sign(cache, file, note, Hash.hex(digest));
    return file;
  }

  /** Its length, and what the jar says of its contents. */
  private static String contents(URLConnection c) throws IOException {
    long size = c.getContentLengthLong();
    return c instanceof JarURLConnection j && j.getJarEntry() != null
        ? "%d-%08x".formatted(size, j.getJarEntry().getCrc())
        : Long.toString(size);
  }

  /** Whether a file is the one that was unpacked. */
  static boolean isKept(CacheFolder cache, Path file, String note) throws IOException {
    if (!Files.exists(file)) {
      return false;
    }
    byte[] text = cache.read(FOLDER, note, CacheFolder.NOTE);
    if (text == null) {
      return false;
    }
    List<String> lines = new String(text, StandardCharsets.UTF_8).lines().toList();
    Trust.checkFile(file, Trust.SHARED);
    if (lines.size() != 2) {
      return false;
    }
    if (lines.get(1).equals(Trust.identity(file))) {
      return true;
    }
    if (!lines.get(0).equals(Hash.hex(digest(file)))) {
      return false;
    }
    sign(cache, file, note, lines.get(0)); // copied, or touched
    return true;
  }

  /** Notes the digest of a file, and what the file system says of it now. */
  static void sign(CacheFolder cache, Path file, String note, String digest) throws IOException {
    String text = digest + "\n" + Trust.identity(file);
    cache.write(FOLDER, note, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] digest(Path file) throws IOException {
    MessageDigest d = Hash.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), d)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return d.digest();
  }

  /**
   * Copies to a file of its own first and moves it, so that another process never sees a part.
   *
   * @return the digest of what was copied
   */
  private static byte[] copy(URLConnection c, Path file) throws IOException {
    long size = c.getContentLengthLong();
    MessageDigest d = Hash.sha256();
    Path part = Files.createTempFile(file.getParent(), "unpacking", ".part");
    try (InputStream in = new DigestInputStream(c.getInputStream(), d)) {
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      if (Files.size(part) != size) {
        throw new IOException("only %d of %d bytes arrived".formatted(Files.size(part), size));
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return d.digest();
  }

  // ---------------------------------------------------------------- for one process

  private static Path forThisProcess(URL url, String why) throws IOException {
    Path folder = Files.createTempDirectory("axial-llvm"); // for its owner alone
    Path file = folder.resolve(System.mapLibraryName("LLVM"));
    System.getLogger("dev.axial")
        .log(
            Level.WARNING,
            "libLLVM is unpacked to {0} for this process alone ({1}), which takes a second",
            folder,
            why);
    MINE.add(file);
    folder.toFile().deleteOnExit(); // the last one is deleted first
    file.toFile().deleteOnExit();
    try {
      byte[] _ = copy(url.openConnection(), file);
    } catch (IOException x) {
      remove(file);
      throw x;
    }
    return file;
  }

  /** Told when the library is loaded: where a file may go while it is in use, it goes then. */
  static void loaded(Path file) {
    if (MINE.remove(file) && !platform().startsWith("windows")) {
      remove(file);
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(file.getParent());
    } catch (IOException x) {
      // It is tried again when the process ends.
    }
  }
}
