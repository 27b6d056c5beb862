package dev.axial;

import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function traced for certain arguments, before it runs. */
public final class Lowered {
  private final String what;
  private final Signature signature;
  private final Tracing.Root root;
  private final Function<@Nullable Object[], @Nullable Object> call;

  Lowered(
      String what,
      Signature signature,
      Tracing.Root root,
      Function<@Nullable Object[], @Nullable Object> call) {
    this.what = what;
    this.signature = signature;
    this.root = root;
    this.call = call;
  }

  /** The program. */
  public Program program() {
    return new Program(root.program());
  }

  /** What will run: the engine and the program's listing, each line with the user's source line. */
  public String explain() {
    return "engine: %s%nequations: %d%n%s%n%s"
        .formatted(
            Eager.engineName(), root.program().count(), root.program(), root.code().explain());
  }

  /**
   * What the engine makes of the program: loops and products with what they cost, copies with their
   * reasons, accesses of references in place, buffers. Empty for an engine that has nothing to
   * tell.
   */
  public String code() {
    return root.code().explain();
  }

  /**
   * The program as a page of HTML: blocks that fold, each access to a reference in the reference's
   * colour, the user's source line of each equation, and what the engine makes of it, with the
   * lines that cost most marked by their share of the arithmetic and of the bytes. A variable that
   * is pointed at shows its definition and uses; {@code #v12} at the end of the address chooses
   * one. The page is one file that asks for nothing else and can also be read without scripts.
   */
  public String toHtml() {
    return Html.program(what, root, signature);
  }

  /** The compiled function; it takes the arguments as an array. */
  public Function<@Nullable Object[], @Nullable Object> compile() {
    return call;
  }

  /**
   * Writes the program to a file, with the arrays that the function captured, so that {@link
   * Exported#load} calls it later, or in another process, without tracing. References are part of
   * the signature; their contents are not saved. The file appears under its name when it is
   * complete.
   *
   * <p>Mirrors {@code jax.export.export(…).serialize()}.
   *
   * @throws AxialException if the function captured a reference, calls back into Java, or takes or
   *     gives static parts that have no text, such as those of {@link Tree#fixed}
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void serialize(Path file) {
    ExportFile.write(file, new ExportFile.Content(what, signature, root));
  }
}
