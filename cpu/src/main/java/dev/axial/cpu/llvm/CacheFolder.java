package dev.axial.cpu.llvm;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where this user's unpacked library, compiled objects and notes lie: the property {@code
 * axial.cache} or the environment variable {@code AXIAL_CACHE}, else the platform's cache folder.
 *
 * <p>What is in it becomes code of this process, so it is used only if nobody else can have put it
 * there: the folder and its files belong to this user and nobody else may write them, and every
 * file carries a digest under a key that lies beside them, for this user alone. Where there is no
 * such folder, nothing is kept.
 */
final class CacheFolder {
  /** The longest note, and the longest object, that are read. */
  static final int NOTE = 1 << 16;

  static final int OBJECT = 256 << 20;

  private static final int KEY = 32;
  private static final Map<String, Optional<CacheFolder>> KNOWN = new ConcurrentHashMap<>();

  /** What the names of files look like that are being written. */
  private static final Pattern LEFT = Pattern.compile("writing[0-9]+\\.part");

  private final Path path;
  private final byte[] key;

  private CacheFolder(Path path, byte[] key) {
    this.path = path;
    this.key = key;
  }

  /** Why a folder or a file in it is not used. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why);
    }
  }

  // ---------------------------------------------------------------- which folder

  /** The folder, if there is one that can be trusted; null, with one line of the log, if not. */
  static @Nullable CacheFolder get() {
    Path p = place();
    return KNOWN.computeIfAbsent(String.valueOf(p), _ -> opened(p)).orElse(null);
  }

  private static Optional<CacheFolder> opened(@Nullable Path p) {
    if (p == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(open(p));
    } catch (IOException x) {
      String why = x instanceof Refused ? x.getMessage() : "it cannot be written: " + x;
      System.getLogger("dev.axial")
          .log(
              Level.WARNING,
              "the cache folder {0} is not used ({1}); compiled code cannot be kept in it, and later processes compile again. Set -Daxial.cache to a folder of your own.",
              p,
              why);
      return Optional.empty();
    }
  }

  /** Makes or checks a folder. */
  static CacheFolder open(Path p) throws IOException {
    Trust.makeFolder(p);
    return new CacheFolder(p, key(p.resolve("key")));
  }

  /** Where it should be; null if nothing says so, or if nothing is to be kept. */
  private static @Nullable Path place() {
    String given = System.getProperty("axial.cache", System.getenv("AXIAL_CACHE"));
    if (given != null) {
      return given.isBlank() ? null : Path.of(given).toAbsolutePath();
    }
    return place(
        System.getProperty("os.name"),
        System.getProperty("user.home"),
        System.getenv("XDG_CACHE_HOME"),
        System.getenv("LOCALAPPDATA"));
  }

  /** The platform's place. A home that is not known, or not a whole path, is none. */
  static @Nullable Path place(
      String system, @Nullable String user, @Nullable String xdg, @Nullable String local) {
    String os = system.toLowerCase(Locale.ROOT);
    Path caches = whole(xdg);
    if (caches != null) {
      return caches.resolve("axial");
    }
    Path roaming = whole(local);
    if (os.contains("win") && roaming != null) {
      return roaming.resolve("axial").resolve("cache");
    }
    Path home = whole(user);
    if (home == null) {
      return null;
    }
    return home.resolve(os.contains("mac") ? "Library/Caches/axial" : ".cache/axial");
  }

  private static @Nullable Path whole(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return null;
    }
    Path p = Path.of(text);
    return p.isAbsolute() ? p : null;
  }

  // ---------------------------------------------------------------- the key

  /** Reads the key, or makes one; of two processes that do, the first one's counts. */
  private static byte[] key(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] fresh = new byte[KEY];
      new SecureRandom().nextBytes(fresh);
      Path part = Files.createTempFile(file.getParent(), "writing", ".part"); // for its owner alone
      try {
        Files.write(part, fresh);
        give(part, file);
      } finally {
        Files.deleteIfExists(part);
      }
    }
    byte[] key = Trust.read(file, KEY, Trust.SECRET);
    if (key.length != KEY) {
      throw new Refused("%s has %d bytes, not %d; delete it".formatted(file, key.length, KEY));
    }
    return key;
  }

  private static void give(Path part, Path file) throws IOException {
    try {
      Files.createLink(file, part);
    } catch (FileAlreadyExistsException x) {
      // Another process was first.
    } catch (UnsupportedOperationException | FileSystemException x) {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE); // no links here: the last one counts
    }
  }

  // ---------------------------------------------------------------- files

  /** A folder in it, made or checked. */
  Path folder(String name) throws IOException {
    Path p = path.resolve(name);
    Trust.makeFolder(p);
    return p;
  }

  /**
   * The digest, under this user's key, that binds contents to what they are contents of.
   *
   * @param what the kind and the name, with nothing in them that is zero
   */
  byte[] digest(String what, byte[] contents) {
    return Hash.keyed(key, what, contents);
  }

  /** Keeps contents under a name, with their digest before them. */
  void write(String folder, String name, byte[] contents) throws IOException {
    byte[] digest = digest(folder + "/" + name, contents);
    write(
        folder(folder).resolve(name),
        ByteBuffer.allocate(digest.length + contents.length).put(digest).put(contents).array());
  }

  /** What was kept under a name; null if there is nothing that this user wrote as it is. */
  byte @Nullable [] read(String folder, String name, int most) {
    Path file = file(folder, name);
    try {
      Trust.check(path.resolve(folder));
      return contents(folder, name, Trust.read(file, most, Trust.SHARED));
    } catch (IOException x) {
      return null;
    }
  }

  /** What a file under a name holds behind its digest; null if this user did not write it. */
  byte @Nullable [] contents(String folder, String name, byte[] file) {
    if (file.length < Hash.BYTES) {
      return null;
    }
    byte[] contents = Arrays.copyOfRange(file, Hash.BYTES, file.length);
    byte[] digest = Arrays.copyOf(file, Hash.BYTES);
    boolean mine = MessageDigest.isEqual(digest, digest(folder + "/" + name, contents));
    return mine ? contents : null;
  }

  /** Where something is kept. */
  Path file(String folder, String name) {
    return path.resolve(folder).resolve(name);
  }

  private record Entry(Path file, long age, long bytes) {}

  /**
   * Deletes the oldest files of a folder until the others have no more than so many bytes.
   *
   * @param mine what the names of files look like that may be deleted
   */
  void trim(String folder, Pattern mine, long limit) throws IOException {
    var entries = new ArrayList<Entry>();
    long total = 0;
    try (var list = Files.newDirectoryStream(folder(folder))) {
      for (Path p : list) {
        String name = p.getFileName().toString();
        boolean left = LEFT.matcher(name).matches();
        if ((left || mine.matcher(name).matches())
            && Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)) {
          var e = new Entry(p, p.toFile().lastModified(), p.toFile().length());
          if (left && e.age < System.currentTimeMillis() - 3_600_000) {
            Files.deleteIfExists(p); // by a process that was ended while it wrote
          } else if (!left) {
            entries.add(e);
            total += e.bytes;
          }
        }
      }
    }
    entries.sort(Comparator.comparingLong(Entry::age));
    for (Entry e : entries) {
      if (total <= limit) {
        return;
      }
      total -= e.bytes;
      Files.deleteIfExists(e.file);
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }

  /** Writes a file aside and moves it, so that nobody ever sees a part of it. */
  static void write(Path file, byte[] bytes) throws IOException {
    Path part = Files.createTempFile(file.getParent(), "writing", ".part");
    try {
      Files.write(part, bytes);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
