package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether a folder or a file is this user's alone, by owner and mode where the system has them.
 * Elsewhere the user's own folders are taken for what they are.
 */
final class Trust {
  /** What others may not do with a file: nothing at all, or not write it. */
  static final int SECRET = 0077;

  static final int SHARED = 0022;

  private static final int OTHERS_WRITE = 0002;
  private static final int STICKY = 01000;

  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

  private Trust() {}

  /** The user whose rights this process has. */
  private static final class Me {
    static final int ID = id();

    private static int id() {
      try {
        return (int) CLibrary.function("geteuid", FunctionDescriptor.of(JAVA_INT)).invokeExact();
      } catch (Throwable x) {
        throw CLibrary.unexpected(x);
      }
    }
  }

  /** Makes a folder, and those above it that are missing, for this user alone; or checks it. */
  static void makeFolder(Path folder) throws IOException {
    if (!POSIX) {
      Files.createDirectories(folder);
      return;
    }
    if (!Files.isDirectory(folder)) {
      var mine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      Files.createDirectories(folder, mine);
    }
    check(folder);
    for (Path p = folder.toRealPath().getParent(); p != null; p = p.getParent()) {
      int mode = mode(Files.readAttributes(p, "unix:mode"));
      if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
        throw new CacheFolder.Refused(
            "anybody can replace it, since %s has mode %04o".formatted(p, mode));
      }
    }
  }

  /** Refuses a folder that is not this user's, or that others can write. */
  static void check(Path folder) throws IOException {
    if (POSIX) {
      check(folder, Files.readAttributes(folder, "unix:uid,mode"), SHARED);
    }
  }

  private static int number(Map<String, Object> attributes, String name) {
    return (int) Objects.requireNonNull(attributes.get(name));
  }

  private static int mode(Map<String, Object> attributes) {
    return number(attributes, "mode") & 07777;
  }

  private static void check(Path p, Map<String, Object> attributes, int forbidden)
      throws IOException {
    int owner = number(attributes, "uid");
    if (owner != Me.ID) {
      throw new CacheFolder.Refused(
          "%s belongs to user %d, and this is user %d".formatted(p, owner, Me.ID));
    }
    int mode = mode(attributes);
    if ((mode & forbidden) != 0) {
      throw new CacheFolder.Refused(
          "%s has mode %04o, so that others can %s it; chmod %s would mend that"
              .formatted(
                  p,
                  mode,
                  forbidden == SECRET ? "read or write" : "write",
                  forbidden == SECRET ? "go-rwx" : "go-w"));
    }
  }

  /** What tells whether a file is the one that was written: it changes with the contents. */
  static String identity(Path file) throws IOException {
    Map<String, Object> a =
        Files.readAttributes(
            file,
            POSIX ? "unix:size,lastModifiedTime,ctime,ino,dev" : "size,lastModifiedTime",
            LinkOption.NOFOLLOW_LINKS);
    return new TreeMap<>(a).toString();
  }

  /** Refuses what is no regular file, not this user's, or what others may use otherwise. */
  static void checkFile(Path file, int forbidden) throws IOException {
    if (POSIX) {
      check(
          file, Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS), forbidden);
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new CacheFolder.Refused(file + " is no regular file");
    }
  }

  /**
   * A file's bytes, if they are no more than there may be.
   *
   * @param forbidden what others may not do with it
   */
  static byte[] read(Path file, int most, int forbidden) throws IOException {
    checkFile(file, forbidden);
    try (var c =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      long size = c.size();
      if (size > most) {
        throw new CacheFolder.Refused(
            "%s has %,d bytes, and at most %,d are expected".formatted(file, size, most));
      }
      var b = ByteBuffer.allocate((int) size);
      while (b.hasRemaining() && c.read(b) >= 0) {
        // A short file is one that somebody else cuts; its digest will not be right.
      }
      return b.array();
    }
  }
}
