package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.cpu.llvm.Host;
import dev.axial.cpu.llvm.Library;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * As much of the processor as gives right numbers. What is found out is kept in the cache folder,
 * so that it is found out once for each processor, libLLVM and policy. Where code is wrong,
 * features are dropped, a level at a time.
 */
final class Verdicts {
  private static final String RIGHT = "right";

  private Verdicts() {}

  /**
   * The first that passes.
   *
   * @param question what the verdict is about, in words that change with the test
   * @param make what is to be tested, for a library
   * @param difference what is wrong with it, in words; null if nothing is
   * @throws AxialException if none passes
   */
  static <T> T first(
      Library library,
      String question,
      Function<Library, T> make,
      Function<T, @Nullable String> difference) {
    String wrong = null;
    for (Library l = library; l != null; l = l.lower()) {
      T made = make.apply(l);
      String verdict = verdict(l, question, () -> difference.apply(made));
      if (verdict.equals(RIGHT)) {
        if (wrong != null) {
          log(library.host(), wrong, l.host());
        }
        return made;
      }
      wrong = wrong == null ? verdict : wrong;
    }
    throw new AxialException(
        "code for this processor (%s) computes wrong numbers at every level: %s"
            .formatted(words(library.host()), wrong));
  }

  private interface Asked {
    @Nullable String difference();
  }

  private static String verdict(Library library, String question, Asked asked) {
    String known = library.verdict(question);
    if (known != null) {
      return known;
    }
    String difference = asked.difference();
    String verdict = difference == null ? RIGHT : difference;
    library.keepVerdict(question, verdict);
    return verdict;
  }

  private static void log(Host wanted, String wrong, Host used) {
    System.getLogger("dev.axial")
        .log(
            System.Logger.Level.WARNING,
            "code for this processor ({0}) computes wrong numbers ({1}); it is compiled without {2} instead",
            words(wanted),
            wrong,
            String.join(", ", wanted.without(used)));
  }

  private static String words(Host h) {
    return "%s, %s, LLVM %s".formatted(h.cpu(), h.level(), h.version());
  }
}
