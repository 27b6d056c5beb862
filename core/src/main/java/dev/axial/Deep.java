package dev.axial;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What goes on as deep as a user nests functions may come to the end of a thread's stack. */
final class Deep {
  private Deep() {}

  /** Does work, whose end of the stack is an ordinary error. */
  static <T extends @Nullable Object> T guarded(String what, Supplier<T> work) {
    try {
      return work.get();
    } catch (StackOverflowError x) {
      throw Errors.tooDeep(what, x);
    }
  }
}
