package dev.axial.disk;

import dev.axial.AxialException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The right to use a file: of many to read it, or of one to write it. It is a lock of the operating
 * system on the journal beside the file, and an entry in a table of this process. The file itself
 * is not locked, because POSIX drops a process's locks on a file as soon as the process closes any
 * channel to it, and a user may copy the file while it is open. Nobody but this class opens the
 * journal.
 *
 * <p>The journal is removed by the last to use it. Somebody else may have opened it just before;
 * after they got the lock they find that the name belongs to no file or to another one, and try
 * again.
 */
final class Claim {
  private static final Map<Object, Claim> CLAIMS = new HashMap<>();
  private static final int ATTEMPTS = 100;

  private final Object key;
  private final Path side;
  private final boolean exclusive;
  private final RandomAccessFile file;
  private final FileLock lock;
  private int users = 1;

  private Claim(Object key, Path side, boolean exclusive, RandomAccessFile file, FileLock lock) {
    this.key = key;
    this.side = side;
    this.exclusive = exclusive;
    this.file = file;
    this.lock = lock;
  }

  /** The journal of a file. */
  static Path side(Path path) {
    return path.resolveSibling(path.getFileName() + ".journal");
  }

  /** Claims a file that exists. */
  static Claim take(Path path, boolean exclusive) throws IOException {
    Path real = path.toRealPath();
    Object key = identity(real);
    synchronized (CLAIMS) {
      Claim known = CLAIMS.get(key);
      if (known != null) {
        if (exclusive || known.exclusive) {
          throw inUse(path, exclusive, "in this process");
        }
        known.users++;
        return known;
      }
      Claim made = locked(path, key, side(real), exclusive);
      CLAIMS.put(key, made);
      return made;
    }
  }

  private static Claim locked(Path path, Object key, Path side, boolean exclusive)
      throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        Files.createFile(side);
        forceName(side);
      } catch (FileAlreadyExistsException _) {
        // by whoever uses the file, or by a process that ended without closing it
      }
      Claim c = attempt(path, key, side, exclusive);
      if (c != null) {
        return c;
      }
    }
    throw inUse(path, exclusive, "again and again");
  }

  private static @Nullable Claim attempt(Path path, Object key, Path side, boolean exclusive)
      throws IOException {
    RandomAccessFile file = null;
    boolean done = false;
    try {
      Object before = identity(side);
      file = new RandomAccessFile(side.toFile(), "rw");
      FileLock lock = file.getChannel().tryLock(0, Long.MAX_VALUE, !exclusive);
      if (lock == null) {
        throw inUse(path, exclusive, "in another process");
      }
      if (!before.equals(identity(side))) {
        return null;
      }
      done = true;
      return new Claim(key, side, exclusive, file, lock);
    } catch (NoSuchFileException _) {
      return null;
    } catch (OverlappingFileLockException _) { // by way of a name that the file had before
      throw inUse(path, exclusive, "in this process");
    } finally {
      if (!done && file != null) {
        file.close();
      }
    }
  }

  /** What tells a file from another of the same name. */
  static Object identity(Path path) throws IOException {
    var a = Files.readAttributes(path, BasicFileAttributes.class);
    Object file = a.fileKey();
    return List.of(file == null ? path : file, a.creationTime());
  }

  /** Makes a file's name last, where the system lets us. */
  static void forceName(Path file) {
    try (var channel = FileChannel.open(file.toAbsolutePath().resolveSibling("."))) {
      channel.force(true);
    } catch (IOException _) {
      // Windows opens no folders; its file systems log changes of names by themselves
    }
  }

  private static AxialException inUse(Path path, boolean exclusive, String where) {
    return new AxialException(
        (exclusive
                ? "%s is open already, %s: a file is open once for writing, or several times for reading. Use the reference that is open, or close() it first."
                : "%s is open for writing already, %s, so it cannot be read now. Use the reference that is open, or close() it first.")
            .formatted(path, where));
  }

  /** The journal. Its lock goes when it is closed, so only {@link #release} does that. */
  RandomAccessFile journal() {
    return file;
  }

  /** Gives the claim back. */
  void release() throws IOException {
    synchronized (CLAIMS) {
      if (--users > 0) {
        return;
      }
      CLAIMS.remove(key);
      try (file) {
        if (!exclusive) {
          lock.release();
          if (file.getChannel().tryLock() == null) {
            return;
          }
        }
        if (file.length() == 0) {
          Files.deleteIfExists(side);
        }
      }
    }
  }
}
