package dev.axial.engine;

import dev.axial.AxialException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the engine of this process: the one that the property {@code axial.engine} or the
 * environment variable {@code AXIAL_ENGINE} names, else the first provider whose engine starts,
 * else the given one. A provider that cannot start is named in one line of the log, with the
 * reason; one line says, too, that there is none, unless the last one was asked for.
 */
public final class Engines {
  private Engines() {}

  /** The engine to use; {@code last} is the one of last resort. */
  public static Engine choose(Engine last) {
    String wanted = wanted();
    if (last.name().equals(wanted)) {
      return last;
    }
    var names = new ArrayList<>(List.of(last.name()));
    for (EngineProvider p : ServiceLoader.load(EngineProvider.class, classLoader())) {
      names.add(p.name());
      if (wanted != null && !wanted.equals(p.name())) {
        continue;
      }
      try {
        return p.create(last);
      } catch (AxialException | LinkageError | ServiceConfigurationError x) {
        if (wanted != null) {
          throw new AxialException(
              "axial.engine asks for '%s', which does not start: %s"
                  .formatted(wanted, x.getMessage()),
              x);
        }
        System.getLogger("dev.axial")
            .log(
                System.Logger.Level.WARNING,
                "the engine {0} does not start ({1}); programs run on the {2}, which is slower",
                p.name(),
                x.getMessage(),
                last.name());
      }
    }
    if (wanted == null && names.size() == 1) {
      sayThatThereIsNone(last);
    }
    if (wanted != null) {
      throw new AxialException(
          "axial.engine is '%s'; the engines on the class path are %s."
              .formatted(wanted, String.join(", ", names)));
    }
    return last;
  }

  private static void sayThatThereIsNone(Engine last) {
    System.getLogger("dev.axial")
        .log(
            System.Logger.Level.WARNING,
            "programs run on the {0}, which is slow: no native engine is on the path; {1} (-Daxial.engine={0} keeps this line away)",
            last.name(),
            Platform.isServed()
                ? "add " + Platform.artifact() + " of the same version"
                : "there is none for " + Platform.NAME);
  }

  /** What the first provider that may be chosen says of large blocks. */
  static @Nullable LongFunction<@Nullable MemorySegment> largeBlocks() {
    EngineProvider p = Memory.PROVIDER;
    return p == null ? null : p.largeBlocks();
  }

  /** Gives the pages of such a block back to the system. */
  static void discard(MemorySegment block) {
    EngineProvider p = Memory.PROVIDER;
    if (p != null) {
      p.discard(block);
    }
  }

  /** What the first provider that may be chosen can do with the pages of files. */
  public static @Nullable FilePages filePages() {
    EngineProvider p = Memory.PROVIDER;
    return p == null ? null : p.filePages();
  }

  /** Looked up when memory is first asked for. */
  private static final class Memory {
    static final @Nullable EngineProvider PROVIDER = first();

    private static @Nullable EngineProvider first() {
      String wanted = wanted();
      try {
        for (EngineProvider p : ServiceLoader.load(EngineProvider.class, classLoader())) {
          if (wanted == null || wanted.equals(p.name())) {
            return p;
          }
        }
      } catch (LinkageError | ServiceConfigurationError x) {
        // What is wrong with it is said when the engine is chosen.
      }
      return null;
    }
  }

  /** Whether there is an engine that is likely to start, which takes a while. */
  public static boolean mayStart() {
    return Start.LIKELY;
  }

  /** Looked up once, when it is first asked. */
  private static final class Start {
    static final boolean LIKELY = Memory.PROVIDER != null && Memory.PROVIDER.mayStart();
  }

  /** Whether the user names the engine. */
  public static boolean isNamed() {
    return wanted() != null;
  }

  private static @Nullable String wanted() {
    return System.getProperty("axial.engine", System.getenv("AXIAL_ENGINE"));
  }

  private static ClassLoader classLoader() {
    ClassLoader own = Engines.class.getClassLoader();
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context != null ? context : own;
  }
}
