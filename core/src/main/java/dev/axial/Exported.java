package dev.axial;

import dev.axial.engine.Executable;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function that was traced earlier and saved by {@link Lowered#serialize}. It is called with
 * arguments of the signature it was saved with, and updates the references among them.
 *
 * <p>Mirrors {@code jax.export.Exported}.
 */
public final class Exported {
  private final ExportFile.Content content;
  private final Executable code;

  private Exported(ExportFile.Content content) {
    this.content = content;
    this.code = content.root().code();
  }

  /**
   * Reads a file and compiles its program, or takes it from the cache of compiled code. Records and
   * enums of the signature are found by their names with the loader of the calling thread's
   * context.
   *
   * @throws AxialException if the file is not one of these, is damaged, is of a later version, or
   *     needs a class that is not there
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static Exported load(Path file) {
    return new Exported(ExportFile.read(file));
  }

  /**
   * Calls it.
   *
   * @return the tree that the function gave; null for a procedure
   * @throws AxialException if the arguments are not of the saved signature; the first difference is
   *     named
   */
  public @Nullable Object call(@Nullable Object... args) {
    if (Trace.current() != null) {
      throw Errors.error(
          "a loaded function is for eager code: it was traced when it was saved. Call the function it was made of in here, or call this one outside.");
    }
    Jit.Call c = Jit.apart(content.what(), args);
    String difference = content.signature().difference(c.signature());
    if (difference != null) {
      throw Errors.error(
          "%s was saved for other arguments: %s. It takes %s.",
          content.what(), difference, String.join("; ", inputs()));
    }
    c.data.addAll(content.root().captured());
    return Tree.unflatten(
        content.root().out(), Eager.wrap(content.root().program(), Eager.call(code, c.data)));
  }

  /** The arrays and references it takes, each with its path and type. */
  public List<String> inputs() {
    return content.signature().describe();
  }

  /** The program. */
  public Program program() {
    return new Program(content.root().program());
  }

  /** What the engine makes of the program; see {@link Lowered#code}. */
  public String code() {
    return code.explain();
  }
}
