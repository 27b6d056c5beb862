package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.cpu.llvm.Host;
import dev.axial.cpu.llvm.Library;
import dev.axial.engine.Engine;
import java.util.function.Function;

/**
 * The engine for as much of the processor as gives right numbers: what is found out by {@link
 * SelfTest} is kept in the cache folder, so that it is run once for each processor, libLLVM and
 * policy. Where code is wrong, features are dropped, a level at a time.
 */
final class Tested {
  private static final String RIGHT = "right";

  private Tested() {}

  /**
   * An engine that has passed.
   *
   * @param question what the verdict is about, in words that change with the test
   * @param oracle an engine that is right
   * @param make the engine of a library
   * @throws AxialException if none passes
   */
  static Engine engine(
      Library library, String question, Engine oracle, Function<Library, Engine> make) {
    String wrong = null;
    for (Library l = library; l != null; l = l.lower()) {
      Engine engine = make.apply(l);
      String verdict = verdict(l, question, engine, oracle);
      if (verdict.equals(RIGHT)) {
        if (wrong != null) {
          log(library.host(), wrong, l.host());
        }
        return engine;
      }
      wrong = wrong == null ? verdict : wrong;
    }
    throw new AxialException(
        "code for this processor (%s) computes wrong numbers at every level: %s"
            .formatted(words(library.host()), wrong));
  }

  private static String verdict(Library library, String question, Engine engine, Engine oracle) {
    String known = library.verdict(question);
    if (known != null) {
      return known;
    }
    String difference = SelfTest.difference(engine, oracle);
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
