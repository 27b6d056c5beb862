package dev.axial.cpu.llvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A file in the cache: what this user has not written under that name is nothing. */
public final class EntryTarget {
  private static final CacheFolder CACHE = cache();
  private static final byte[] CODE = {1, 2, 3, 4, 5};
  private static final byte[] SEED = seed();

  private EntryTarget() {}

  private static CacheFolder cache() {
    try {
      Path folder = Files.createTempDirectory("axial-entries");
      folder.toFile().deleteOnExit();
      Path key = Files.write(folder.resolve("key"), new byte[32]);
      key.toFile().setReadable(false, false);
      key.toFile().setWritable(false, false);
      key.toFile().setReadable(true, true);
      key.toFile().deleteOnExit();
      return CacheFolder.open(folder);
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    }
  }

  /** The file that is right: its digest under a key of zeros, and its contents. */
  static byte[] seed() {
    byte[] digest = CACHE.digest("objects/one", CODE);
    byte[] out = Arrays.copyOf(digest, digest.length + CODE.length);
    System.arraycopy(CODE, 0, out, digest.length, CODE.length);
    return out;
  }

  /**
   * What the fuzzer calls. The file is one in memory: that it is read at all is not the question.
   */
  public static void fuzzerTestOneInput(byte[] input) {
    byte[] got = CACHE.contents("objects", "one", input);
    boolean right = Arrays.equals(input, SEED);
    if (right ? !Arrays.equals(got, CODE) : got != null) {
      throw new IllegalStateException("an entry that was " + (right ? "refused" : "believed"));
    }
  }
}
