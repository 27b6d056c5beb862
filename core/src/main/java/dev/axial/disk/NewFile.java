package dev.axial.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Files that are written whole. Whoever looks, and whenever the power goes, there is the file that
 * was there before or the new one.
 */
public final class NewFile {
  private static final int ATTEMPTS = 100;

  private NewFile() {}

  /**
   * Writes a file of some parts, in the place of one that has the name: beside it first, then it
   * gets the name. When this returns, it outlasts a loss of power.
   */
  public static void write(Disk disk, Path path, ByteBuffer... parts) throws IOException {
    Path file = target(disk, path);
    Path like = disk.look(file) == null ? null : file;
    for (int attempt = 0; ; attempt++) {
      String name =
          ".%s.%08x.part".formatted(file.getFileName(), ThreadLocalRandom.current().nextInt());
      Path beside = file.toAbsolutePath().resolveSibling(name);
      try {
        fill(disk, beside, disk.open(beside, Disk.How.NEW, like), parts);
        named(disk, beside, file);
        return;
      } catch (FileAlreadyExistsException x) {
        if (attempt == ATTEMPTS) {
          throw x;
        }
      }
    }
  }

  /** Where the file is, if the name is a link. A folder or a device would be replaced: an error. */
  private static Path target(Disk disk, Path path) throws IOException {
    Disk.Seen there = disk.look(path);
    if (there == null || there.isFile()) {
      return path;
    }
    Path real = disk.real(path);
    Disk.Seen behind = disk.look(real);
    if (behind == null || !behind.isFile()) {
      throw new FileSystemException(path.toString(), null, "it is a folder or a device, no file");
    }
    return real;
  }

  private static void fill(Disk disk, Path beside, Disk.Handle out, ByteBuffer[] parts)
      throws IOException {
    boolean done = false;
    try (out) {
      long at = 0;
      for (ByteBuffer part : parts) {
        out.write(at, part.duplicate());
        at += part.remaining();
      }
      out.force();
      done = true;
    } finally {
      if (!done) {
        discard(disk, beside);
      }
    }
  }

  private static void named(Disk disk, Path beside, Path file) throws IOException {
    boolean done = false;
    try {
      disk.rename(beside, file);
      done = true;
    } finally {
      if (!done) {
        discard(disk, beside);
      }
    }
    disk.forceFolder(file);
  }

  private static void discard(Disk disk, Path unfinished) {
    try {
      disk.delete(unfinished);
    } catch (IOException _) {
      // what is left has a name that nobody takes for a file of theirs
    }
  }
}
