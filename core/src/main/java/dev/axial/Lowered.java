package dev.axial;

import dev.axial.engine.Executable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function traced for certain arguments, before it runs. */
public final class Lowered {
  private final Program program;
  private final String engine;
  private final Executable code;
  private final Function<@Nullable Object[], @Nullable Object> call;

  Lowered(
      Program program,
      String engine,
      Executable code,
      Function<@Nullable Object[], @Nullable Object> call) {
    this.program = program;
    this.engine = engine;
    this.code = code;
    this.call = call;
  }

  /** The program. */
  public Program program() {
    return program;
  }

  /** What will run: the engine and the program's listing, each line with the user's source line. */
  public String explain() {
    return "engine: %s%nequations: %d%n%s%s"
        .formatted(engine, program.size(), program, code.explain());
  }

  /**
   * What the engine makes of the program: loops and products with what they cost, copies with their
   * reasons, accesses of references in place, buffers. Empty for an engine that has nothing to
   * tell.
   */
  public String code() {
    return code.explain();
  }

  /** The compiled function; it takes the arguments as an array. */
  public Function<@Nullable Object[], @Nullable Object> compile() {
    return call;
  }
}
