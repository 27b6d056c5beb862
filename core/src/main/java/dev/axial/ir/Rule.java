package dev.axial.ir;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The program of a derivative rule, made when a derivative first asks for it. A rule may call the
 * function that it belongs to, so its program may hold an operation with the same rule again.
 */
public final class Rule {
  private @Nullable Supplier<Program> make;
  private @Nullable Program made;

  private Rule(@Nullable Supplier<Program> make, @Nullable Program made) {
    this.make = make;
    this.made = made;
  }

  /** A rule whose program is known. */
  public static Rule of(Program p) {
    return new Rule(null, p);
  }

  /** A rule whose program is made later, once. */
  public static Rule later(Supplier<Program> make) {
    return new Rule(make, null);
  }

  /**
   * The rule whose program is what a pass makes of this one's: at once if it is known and holds no
   * rule itself, so that what is printed shows it; else when it is asked for, as it may not end.
   */
  public Rule map(UnaryOperator<Program> pass) {
    Program p = known();
    return p != null && p.equations().stream().allMatch(e -> e.op() instanceof Op.Pure)
        ? of(pass.apply(p))
        : later(() -> pass.apply(program()));
  }

  /** The program, if it was made. */
  synchronized @Nullable Program known() {
    return made;
  }

  /** The program. */
  public synchronized Program program() {
    Supplier<Program> m = make;
    Program p = made == null && m != null ? m.get() : made;
    made = java.util.Objects.requireNonNull(p);
    make = null;
    return made;
  }
}
