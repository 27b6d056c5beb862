package dev.axial.cpu.llvm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * libLLVM, loaded when there is something to compile. What it says of the host is noted in the
 * cache folder, so that a process whose programs are all in the cache need not load it: that takes
 * longer than to link them.
 */
public final class Library {
  /** What tells processors apart on Linux; elsewhere nothing is noted. */
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private final Path file;
  private final Host host;
  private @Nullable Llvm llvm;

  /**
   * The library in a file.
   *
   * @throws dev.axial.AxialException if it has to be loaded and cannot be
   */
  public Library(Path file) {
    this.file = file;
    Path note = note(file);
    Host known = note == null ? null : read(note);
    if (known == null) {
      known = llvm().host();
      if (note != null) {
        write(note, known);
      }
    }
    this.host = known;
  }

  /** The host. */
  public Host host() {
    return host;
  }

  /** The library, loaded. */
  public synchronized Llvm llvm() {
    Llvm l = llvm;
    if (l == null) {
      l = new Llvm(file);
      llvm = l;
    }
    return l;
  }

  /** Where the host is noted, a name for each library and processor; null if nothing tells. */
  private static @Nullable Path note(Path file) {
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
      String key =
          String.join(
              "\n",
              file.toRealPath().toString(),
              Long.toString(Files.size(file)),
              Files.getLastModifiedTime(file).toString(),
              processor);
      return CacheFolder.get().resolve("hosts").resolve(Hash.of(key));
    } catch (IOException x) {
      return null;
    }
  }

  private static @Nullable Host read(Path note) {
    try {
      List<String> l = Files.exists(note) ? Files.readAllLines(note) : List.of();
      boolean whole = l.size() == 5 && l.get(4).equals(Hash.of(String.join("\n", l.subList(0, 4))));
      return whole ? new Host(l.get(0), l.get(1), l.get(2), l.get(3)) : null;
    } catch (IOException x) {
      return null;
    }
  }

  private static void write(Path note, Host h) {
    String text = String.join("\n", h.version(), h.triple(), h.cpu(), h.features());
    try {
      byte[] lines = (text + "\n" + Hash.of(text) + "\n").getBytes(StandardCharsets.UTF_8);
      CacheFolder.write(note, lines);
    } catch (IOException x) {
      // Without a note the next process asks the library again.
    }
  }
}
