package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import dev.axial.engine.Platform;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Finds libLLVM: the file that {@code axial.llvm} names, else the one in the platform's jar on the
 * class path or the module path, which is unpacked once into the cache folder and used from there.
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

  /** Whether there seems to be a library. */
  public static boolean areThere() {
    String given = System.getProperty("axial.llvm");
    if (given != null) {
      return Files.isReadable(Path.of(given));
    }
    try {
      return !isMusl() && Packed.find(resource()) != null;
    } catch (IOException x) {
      return false;
    }
  }

  private static String resource() {
    return "org/bytedeco/llvm/" + name();
  }

  private static String name() {
    return Platform.NAME + "/" + System.mapLibraryName("LLVM");
  }

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
    if (isMusl()) {
      throw new AxialException(
          "the libLLVM of %s needs glibc, and this process runs on musl, as in Alpine; use an image with glibc, or point -Daxial.llvm to the system's own libLLVM of version 18 to 22"
              .formatted(Platform.artifact()));
    }
    try {
      URL url = Packed.find(resource());
      if (url == null) {
        throw new AxialException(
            Platform.isServed()
                ? "no libLLVM for %s on the path; add %s, or point -Daxial.llvm to a libLLVM of version 18 to 22"
                    .formatted(Platform.NAME, Platform.artifact())
                : "there is no libLLVM for %s among the artifacts; point -Daxial.llvm to one of version 18 to 22"
                    .formatted(Platform.NAME));
      }
      return unpacked(url, name());
    } catch (IOException x) {
      throw new AxialException("libLLVM could not be unpacked: " + x, x);
    }
  }

  private static boolean isMusl() {
    try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
      return isMusl(maps);
    } catch (IOException | UncheckedIOException x) {
      return false; // not Linux
    }
  }

  /** Whether a process with these mappings has musl for its C library. */
  static boolean isMusl(Stream<String> maps) {
    return maps.anyMatch(l -> l.contains("/ld-musl-"));
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
    Path folder;
    try {
      folder = Files.createTempDirectory("axial-llvm"); // for its owner alone
    } catch (IOException x) {
      return inMemory(url, why + "; " + x);
    }
    Path file = folder.resolve(System.mapLibraryName("LLVM"));
    sayWhere(folder.toString(), why);
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

  /** Where nothing can be written, such as in a container whose root is read-only. */
  private static Path inMemory(URL url, String why) throws IOException {
    if (!Platform.NAME.startsWith("linux")) {
      throw new IOException(why);
    }
    Path file = MemoryFile.create("libLLVM");
    sayWhere("memory", why);
    try (InputStream in = url.openStream();
        OutputStream out = new FileOutputStream(file.toFile())) {
      in.transferTo(out);
    }
    return file;
  }

  private static void sayWhere(String to, String why) {
    System.getLogger("dev.axial")
        .log(
            Level.WARNING,
            "libLLVM is unpacked to {0} for this process alone ({1}), which takes a second",
            to,
            why);
  }

  /** Told when the library is loaded: where a file may go while it is in use, it goes then. */
  static void loaded(Path file) {
    if (MINE.remove(file) && !Platform.NAME.startsWith("windows")) {
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
