package dev.axial.disk;

import dev.axial.AxialException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The right to use a file: of many to read it, or of one to write it. It is a lock of the operating
 * system on the file, so it holds for all of the file's names, and an entry in a table of this
 * process. Readers in one process share one open file: on some systems to close another would give
 * the lock away.
 */
final class Claim {
  private static final Map<Object, Claim> CLAIMS = new HashMap<>();
  private static final int ATTEMPTS = 100;

  private final Disk disk;
  private final Path real;
  private final Object identity;
  private final boolean exclusive;
  private final Disk.Handle file;
  private int users = 1;

  private Claim(Disk disk, Path real, Object identity, boolean exclusive, Disk.Handle file) {
    this.disk = disk;
    this.real = real;
    this.identity = identity;
    this.exclusive = exclusive;
    this.file = file;
  }

  /** Claims a file that exists. */
  static Claim take(Disk disk, Path path, boolean exclusive) throws IOException {
    synchronized (CLAIMS) {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Path real = disk.real(path);
        Disk.Seen seen = disk.look(real);
        if (seen == null) {
          continue; // it went between the two
        }
        if (!seen.isFile()) {
          throw new AxialException(
              "%s is a folder or a device, and holds no reference.".formatted(path));
        }
        Claim known = CLAIMS.get(seen.identity());
        if (known != null) {
          return known.shared(path, exclusive);
        }
        Claim made = locked(disk, path, real, seen, exclusive);
        if (made != null) {
          return made;
        }
      }
    }
    throw inUse(path, exclusive, "again and again");
  }

  private Claim shared(Path path, boolean wantsAll) {
    if (wantsAll || exclusive) {
      throw inUse(path, wantsAll, "in this process");
    }
    users++;
    return this;
  }

  /** A claim of a file of this process's own; null if the name leads to another one meanwhile. */
  private static @Nullable Claim locked(
      Disk disk, Path path, Path real, Disk.Seen seen, boolean exclusive) throws IOException {
    Disk.Handle file = disk.open(real, exclusive ? Disk.How.WRITE : Disk.How.READ, null);
    boolean done = false;
    try {
      if (!file.lock(exclusive)) {
        throw inUse(path, exclusive, "in another process");
      }
      Disk.Seen now = disk.look(real);
      if (now == null || !now.identity().equals(seen.identity())) {
        return null;
      }
      var out = new Claim(disk, real, seen.identity(), exclusive, file);
      CLAIMS.put(seen.identity(), out);
      done = true;
      return out;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  /**
   * Makes a file and claims it, or claims one that {@code create} left unfinished.
   *
   * @throws AxialException if there is another one of the name
   */
  static Claim create(Disk disk, Path path) throws IOException {
    synchronized (CLAIMS) {
      Disk.Handle file;
      try {
        file = disk.open(path, Disk.How.NEW, null);
      } catch (FileAlreadyExistsException _) {
        return unfinished(disk, path);
      }
      boolean done = false;
      try {
        Disk.Seen seen = disk.look(path);
        if (seen == null || !file.lock(true)) {
          throw new FileSystemException(path.toString(), null, "somebody else uses it already");
        }
        var out = new Claim(disk, disk.real(path), seen.identity(), true, file);
        CLAIMS.put(seen.identity(), out);
        done = true;
        return out;
      } finally {
        if (!done) {
          file.close();
        }
      }
    }
  }

  private static Claim unfinished(Disk disk, Path path) throws IOException {
    Disk.Seen seen = disk.look(path);
    boolean known = seen == null || !seen.isFile() || CLAIMS.containsKey(seen.identity());
    Claim out = null;
    boolean done = false;
    try {
      out = known ? null : take(disk, path, true);
      done = out != null && Header.isUnfinished(out.file);
    } catch (AxialException | NoSuchFileException _) {
      // who uses it finished it
    } finally {
      if (!done && out != null) {
        out.release();
      }
    }
    if (!done || out == null) {
      throw new AxialException(
          "%s exists already. Open it with NamedRef.open, or delete it first.".formatted(path));
    }
    return out;
  }

  static AxialException inUse(Path path, boolean exclusive, String where) {
    return new AxialException(
        (exclusive
                ? "%s is open already, %s: a file is open once for writing, or several times for reading. Use the reference that is open, or close() it first."
                : "%s is open for writing already, %s, so it cannot be read now. Use the reference that is open, or close() it first.")
            .formatted(path, where));
  }

  /** The open file. It is closed with the claim. */
  Disk.Handle file() {
    return file;
  }

  /** Its path when it was claimed, without links. */
  Path real() {
    return real;
  }

  /** Whether that path still leads to the file. */
  boolean hasItsName() throws IOException {
    Disk.Seen now = disk.look(real);
    return now != null && now.identity().equals(identity);
  }

  /** Gives the claim back. */
  void release() throws IOException {
    synchronized (CLAIMS) {
      if (--users == 0) {
        CLAIMS.remove(identity);
        file.close();
      }
    }
  }
}
