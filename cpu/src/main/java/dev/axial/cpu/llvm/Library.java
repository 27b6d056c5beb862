package dev.axial.cpu.llvm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * libLLVM, loaded when there is something to compile, and what it may use of the processor. What it
 * says of the host is noted in the cache folder, so that a process whose programs are all in the
 * cache need not load it: that takes longer than to link them.
 */
public final class Library {
  /** What tells processors apart on Linux; elsewhere nothing is noted. */
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private static final String NOTES = "hosts";

  /** The library's file, and the library once it is loaded. */
  private static final class Loaded {
    final Path file;
    private @Nullable Llvm llvm;

    Loaded(Path file) {
      this.file = file;
    }

    synchronized Llvm llvm() {
      Llvm l = llvm;
      if (l == null) {
        l = new Llvm(file);
        llvm = l;
        Natives.loaded(file);
      }
      return l;
    }
  }

  private final Loaded loaded;

  /** What LLVM says of the processor. */
  private final Host has;

  private final Wanted wanted;
  private final Host host;

  /**
   * The library in a file, for what the properties ask of the processor.
   *
   * @throws dev.axial.AxialException if it has to be loaded and cannot be, or if the processor has
   *     not what is asked for
   */
  public Library(Path file) {
    this(file, Wanted.given());
  }

  /** The library in a file, for a part of what the processor has. */
  public Library(Path file, Wanted wanted) {
    this.loaded = new Loaded(file);
    String note = note(file);
    Host known = note == null ? null : read(note);
    if (known == null) {
      known = loaded.llvm().host();
      if (note != null) {
        write(note, known);
      }
    }
    this.has = known;
    this.wanted = wanted;
    this.host = Features.of(has, wanted);
  }

  private Library(Library other, Wanted wanted) {
    this.loaded = other.loaded;
    this.has = other.has;
    this.wanted = wanted;
    this.host = Features.of(has, wanted);
  }

  /** The host, as code sees it. */
  public Host host() {
    return host;
  }

  /** Whether the processor has a feature, used or not. */
  boolean processorHas(String feature) {
    return has.has(feature);
  }

  /** Whether the processor has all of a level. */
  public boolean has(Level level) {
    return has.isX86() && Features.missing(has, level).isEmpty();
  }

  /**
   * The same library for less: the highest level of the processor that leaves something away of
   * what code uses here; null if there is none.
   */
  public @Nullable Library lower() {
    for (Level l = Level.V4; l != null; l = l.below()) {
      if (has(l)) {
        var less = new Library(this, wanted.lowered(l));
        Set<String> used = less.host.used();
        if (host.used().containsAll(used) && used.size() < host.used().size()) {
          return less;
        }
      }
    }
    return null;
  }

  /** The library, loaded. */
  Llvm llvm() {
    return loaded.llvm();
  }

  // ---------------------------------------------------------------- notes

  /** What the host's note is called, another for each library and processor; null if unknown. */
  private static @Nullable String note(Path file) {
    try {
      if (!Files.isReadable(PROCESSORS)) {
        return null;
      }
      String processor;
      try (var lines = Files.lines(PROCESSORS, StandardCharsets.UTF_8)) {
        processor =
            lines
                .takeWhile(l -> !l.isBlank()) // the first; all of a machine are alike
                .filter(l -> !l.contains("MHz") && !l.contains("bogomips"))
                .collect(Collectors.joining("\n"));
      }
      return Hash.of(
          String.join(
              "\n",
              "policy " + Features.POLICY,
              file.toRealPath().toString(),
              Long.toString(Files.size(file)),
              Files.getLastModifiedTime(file).toString(),
              processor));
    } catch (IOException x) {
      return null;
    }
  }

  private static @Nullable Host read(String note) {
    CacheFolder folder = CacheFolder.get();
    byte[] text = folder == null ? null : folder.read(NOTES, note, CacheFolder.NOTE);
    if (text == null) {
      return null;
    }
    List<String> l = new String(text, StandardCharsets.UTF_8).lines().toList();
    return l.size() == 4
        ? new Host(l.get(0), l.get(1), l.get(2), l.get(3), 0, Features.POLICY)
        : null;
  }

  private static void write(String note, Host h) {
    CacheFolder folder = CacheFolder.get();
    String text = String.join("\n", h.version(), h.triple(), h.cpu(), h.features());
    try {
      if (folder != null) {
        folder.write(NOTES, note, text.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException x) {
      // Without a note the next process asks the library again.
    }
  }

  /**
   * What was found out about code for this host, by an earlier process; null if nothing was.
   *
   * @param question what was asked, in words that change with the question
   */
  public @Nullable String verdict(String question) {
    CacheFolder folder = CacheFolder.get();
    byte[] text =
        folder == null ? null : folder.read(NOTES, verdictName(question), CacheFolder.NOTE);
    return text == null ? null : new String(text, StandardCharsets.UTF_8);
  }

  /** Keeps what was found out for later processes. */
  public void keepVerdict(String question, String verdict) {
    CacheFolder folder = CacheFolder.get();
    try {
      if (folder != null) {
        folder.write(NOTES, verdictName(question), verdict.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException x) {
      // Without it the next process finds out again.
    }
  }

  /** The machine's own name is in it: the same words of LLVM may hide different processors. */
  private String verdictName(String question) {
    return Hash.of(String.valueOf(note(loaded.file)) + "\n" + host + "\n" + question) + ".verdict";
  }
}
