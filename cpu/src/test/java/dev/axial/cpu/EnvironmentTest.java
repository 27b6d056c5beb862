package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.axial.cpu.llvm.Natives;
import dev.axial.engine.Platform;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What surrounds the engine may be missing, broken or shared: each case is a process of its own.
 */
class EnvironmentTest {
  @TempDir private static Path folder;

  /** The library, so that a process with a new cache folder need not unpack it. */
  private static final String LIBRARY = "-Daxial.llvm=" + Natives.libLlvm();

  private static final String DENIED = "--illegal-native-access=deny";

  private record Ended(int status, Map<String, String> printed, String log) {
    List<String> warnings() {
      return log.lines().filter(l -> l.startsWith("WARNING") && l.contains(": ")).toList();
    }
  }

  private record Running(Process process, Path log) {
    Ended end() throws IOException, InterruptedException {
      var printed = new TreeMap<String, String>();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).as("the process ends").isTrue();
      for (String line : out.lines().toList()) {
        int at = line.indexOf(' ');
        if (at > 0) {
          printed.put(line.substring(0, at), line.substring(at + 1));
        }
      }
      return new Ended(process.exitValue(), printed, Files.readString(log));
    }
  }

  private static Running start(boolean natives, List<String> options, String... arguments)
      throws IOException {
    return start(natives, Path.of("").toAbsolutePath(), options, arguments);
  }

  private static Running start(
      boolean natives, Path current, List<String> options, String[] arguments) throws IOException {
    return start(p -> !natives && isNatives(p), current, options, arguments);
  }

  private static boolean isNatives(Path p) {
    return p.getFileName().toString().startsWith("llvm-");
  }

  private static Ended without(Predicate<Path> left, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    return start(left, Path.of("").toAbsolutePath(), options, arguments).end();
  }

  private static Running start(
      Predicate<Path> left, Path current, List<String> options, String[] arguments)
      throws IOException {
    String path =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(p -> !left.test(Path.of(p)))
            .collect(Collectors.joining(File.pathSeparator));
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (!options.contains(DENIED)) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Daxial.compile=first");
    command.addAll(options);
    command.addAll(List.of("-cp", path, EnvironmentProgram.class.getName()));
    command.addAll(List.of(arguments));
    Path log = Files.createTempFile(folder, "log", ".txt");
    var builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.directory(current.toFile());
    builder.environment().keySet().removeIf(k -> k.startsWith("AXIAL_") || k.startsWith("XDG_"));
    return new Running(builder.start(), log);
  }

  private static Ended run(String... options) throws IOException, InterruptedException {
    return start(true, List.of(options)).end();
  }

  private static String cache(String name) {
    return "-Daxial.cache=" + folder.resolve(name);
  }

  private static void right(Ended e, String engine) throws IOException, InterruptedException {
    assertThat(e.status).as(e.log).isZero();
    assertThat(e.printed).containsEntry("engine", engine);
    assertThat(e.printed).containsEntry("whole", Expected.WHOLE);
  }

  /** What the interpreter gives, asked once. */
  private static final class Expected {
    static final String WHOLE = EnvironmentProgram.whole(new dev.axial.interpreter.Interpreter());
  }

  @Test
  void without_natives_the_interpreter_serves_and_says_why()
      throws IOException, InterruptedException {
    Ended e = start(false, List.of(cache("absent"))).end();
    right(e, "interpreter");
    assertThat(e.log)
        .containsOnlyOnce("the engine native does not start (no libLLVM for")
        .contains("on the path; add dev.axial:axial-cpu-")
        .contains("programs run on the interpreter, which is slower");
    Ended api = start(false, List.of(cache("absent")), "api").end();
    assertThat(api.printed).containsEntry("api", "45.0");
    assertThat(api.log).containsOnlyOnce("the engine native does not start (no libLLVM for");
  }

  @Test
  void where_native_access_is_denied_the_interpreter_serves_and_says_why()
      throws IOException, InterruptedException {
    List<String> denied = List.of(DENIED, LIBRARY);
    Ended e = start(true, denied).end();
    right(e, "interpreter");
    assertThat(e.warnings()).hasSize(1);
    assertThat(e.log)
        .contains(
            "the engine native does not start (native access is denied to it; start java with --enable-native-access=ALL-UNNAMED); programs run on the interpreter, which is slower");
    Ended api = start(true, denied, "api").end();
    assertThat(api.printed).containsEntry("api", "45.0");
  }

  /** A root that is read-only, as a container's may be: neither a cache nor a temporary folder. */
  @Test
  void where_nothing_can_be_written_the_library_is_in_memory()
      throws IOException, InterruptedException {
    assumeThat(Platform.NAME).startsWith("linux");
    Path file = Files.writeString(folder.resolve("no-folder"), "a file");
    Ended e =
        start(
                true,
                List.of(
                    "-Daxial.cache=" + file.resolve("cache"),
                    "-Djava.io.tmpdir=" + file.resolve("tmp")))
            .end();
    right(e, "native");
    assertThat(e.log)
        .containsOnlyOnce("compiled code cannot be kept in it")
        .containsOnlyOnce("libLLVM is unpacked to memory for this process alone (");
  }

  @Test
  void without_an_engine_on_the_path_one_line_says_what_to_add()
      throws IOException, InterruptedException {
    String provider = "META-INF/services/dev.axial.engine.EngineProvider";
    Predicate<Path> engine = p -> Files.exists(p.resolve(provider));
    Ended e = without(engine, List.of(), "api");
    assertThat(e.printed).containsEntry("api", "45.0");
    assertThat(e.warnings())
        .singleElement()
        .asString()
        .contains("programs run on the interpreter, which is slow: no native engine is on the path")
        .contains(Platform.artifact());
    Ended meant = without(engine, List.of("-Daxial.engine=interpreter"), "api");
    assertThat(meant.printed).containsEntry("api", "45.0");
    assertThat(meant.log).isEmpty();
  }

  @Test
  void a_library_that_is_not_there() throws IOException, InterruptedException {
    Ended e = run("-Daxial.llvm=/nonexistent", cache("nonexistent"));
    right(e, "interpreter");
    assertThat(e.log)
        .containsOnlyOnce(
            "the engine native does not start (axial.llvm is '/nonexistent', and there is no readable file there");
  }

  @Test
  void a_file_that_is_no_library() throws IOException, InterruptedException {
    Path text = Files.writeString(folder.resolve("libLLVM.txt"), "no library");
    Ended e = run("-Daxial.llvm=" + text, cache("text"));
    right(e, "interpreter");
    assertThat(e.log)
        .containsOnlyOnce("the engine native does not start (")
        .contains("libLLVM.txt");
  }

  @Test
  void a_cache_folder_that_cannot_be_written() throws IOException, InterruptedException {
    Path file = Files.writeString(folder.resolve("regular"), "a file");
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Ended e = run("-Daxial.cache=" + file.resolve("cache"), "-Djava.io.tmpdir=" + temporary);
    right(e, "native");
    assertThat(e.log)
        .containsOnlyOnce("compiled code cannot be kept in it")
        .containsOnlyOnce("cannot be written")
        .containsOnlyOnce("libLLVM is unpacked to " + temporary);
    assertThat(Files.readString(file)).isEqualTo("a file");
    assertThat(temporary).as("what was unpacked is gone").isEmptyDirectory();
  }

  @Test
  void a_cache_folder_that_others_can_write() throws IOException, InterruptedException {
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Ended e = run(LIBRARY, cache("open"));
    right(e, "native");
    assertThat(e.warnings()).hasSize(1);
    assertThat(e.log)
        .contains("the cache folder " + open + " is not used (")
        .contains("has mode 0777, so that others can write it; chmod go-w would mend that");
    assertThat(open).isEmptyDirectory();
  }

  /** Neither below the current folder nor anywhere else. */
  @Test
  void without_a_home_nothing_is_kept() throws IOException, InterruptedException {
    for (String home : List.of("?", "", "here")) {
      Path current = Files.createTempDirectory(folder, "current");
      Running r =
          start(true, current, List.of(LIBRARY, "-Duser.home=" + home), new String[] {"quick"});
      Ended e = r.end();
      assertThat(e.status).as(e.log).isZero();
      assertThat(e.printed).containsEntry("engine", "native");
      assertThat(e.warnings()).isEmpty();
      assertThat(current).isEmptyDirectory();
    }
  }

  /** An entry under another's name is no entry, though each is whole. */
  @Test
  void entries_that_change_places_are_compiled_anew() throws IOException, InterruptedException {
    Ended first = filled("swapped");
    Map<Path, byte[]> good = contents(folder.resolve("swapped/objects"));
    var paths = new ArrayList<>(good.keySet());
    for (int k = 0; k < paths.size(); k++) {
      Files.write(paths.get(k), good.get(paths.get((k + 1) % paths.size())));
    }
    Ended again = run(LIBRARY, cache("swapped"));
    right(again, "native");
    assertThat(again.printed).isEqualTo(first.printed);
    contents(folder.resolve("swapped/objects"))
        .forEach((p, bytes) -> assertThat(bytes).as("%s", p).isEqualTo(good.get(p)));
  }

  @Test
  void levels_features_and_widths_that_are_none() throws IOException, InterruptedException {
    Map<String, String> wrong =
        Map.of(
            "-Daxial.llvm.level=x86-64-v9",
            "axial.llvm.level is 'x86-64-v9'; expected one of x86-64-v2, x86-64-v3, x86-64-v4.",
            "-Daxial.llvm.width=1024",
            "axial.llvm.width is '1024'; expected one of 128, 256, 512.",
            "-Daxial.llvm.features=-nonsense",
            "axial.llvm.features has '-nonsense'; expected names of features");
    for (var w : wrong.entrySet()) {
      Ended e = start(true, List.of(w.getKey(), LIBRARY, cache("levels")), "quick").end();
      assertThat(e.printed).containsEntry("engine", "interpreter");
      assertThat(e.log).contains("the engine native does not start (" + w.getValue());
    }
  }

  @Test
  void damaged_entries_are_compiled_anew() throws IOException, InterruptedException {
    Ended first = filled("damaged");
    Path objects = folder.resolve("damaged/objects");
    Map<Path, byte[]> good = contents(objects);
    assertThat(good).hasSizeGreaterThan(2);
    for (int turn = 0; turn < 3; turn++) {
      int k = turn;
      for (var entry : good.entrySet()) {
        Files.write(entry.getKey(), damaged(entry.getValue(), k++));
      }
      Ended again = run(LIBRARY, cache("damaged"));
      right(again, "native");
      assertThat(again.printed).isEqualTo(first.printed);
      assertThat(again.log).isEqualTo(first.log);
      Map<Path, byte[]> now = contents(objects);
      assertThat(now.keySet()).isEqualTo(good.keySet());
      now.forEach((p, bytes) -> assertThat(bytes).as("%s", p).isEqualTo(good.get(p)));
    }
  }

  /** Fills a cache with what the program needs; what the self-test needed is taken away. */
  private static Ended filled(String name) throws IOException, InterruptedException {
    right(run(LIBRARY, cache(name)), "native");
    for (Path p : contents(folder.resolve(name).resolve("objects")).keySet()) {
      Files.delete(p);
    }
    Ended e = run(LIBRARY, cache(name));
    right(e, "native");
    return e;
  }

  private static byte[] damaged(byte[] bytes, int how) {
    return switch (how % 6) {
      case 0 -> Arrays.copyOf(bytes, bytes.length / 2);
      case 1 -> flipped(bytes, bytes.length - 7);
      case 2 -> new byte[0];
      case 3 -> flipped(bytes, 1);
      case 4 -> Arrays.copyOf(bytes, bytes.length + 1);
      default -> flipped(bytes, 40); // not over Op: behind the digest
    };
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] out = bytes.clone();
    out[at] ^= 0x55;
    return out;
  }

  private static Map<Path, byte[]> contents(Path objects) throws IOException {
    var out = new TreeMap<Path, byte[]>();
    try (var list = Files.list(objects)) {
      for (Path p : list.toList()) {
        out.put(p, Files.readAllBytes(p));
      }
    }
    return out;
  }

  @Test
  void any_number_of_threads_gives_the_same_bits() throws IOException, InterruptedException {
    Ended two = run("-Daxial.threads=2", LIBRARY, cache("threads"));
    right(two, "native");
    for (int n : new int[] {1, 7}) {
      Ended other = run("-Daxial.threads=" + n, LIBRARY, cache("threads"));
      assertThat(other.printed).as("%d threads", n).isEqualTo(two.printed);
    }
  }

  /** On processors that have the feature; elsewhere asking for it is an error. */
  @Test
  void a_feature_that_is_compiled_wrongly_is_dropped() throws IOException, InterruptedException {
    // Where denormal numbers are flushed, no conversion follows another, and nothing is wrong.
    List<String> options =
        List.of(
            LIBRARY,
            cache("features"),
            "-Daxial.llvm.features=+avx512fp16",
            "-Daxial.denormals=keep");
    Ended e = start(true, options, "quick").end();
    if (e.log.contains("which this processor")) {
      assertThat(e.printed).containsEntry("engine", "interpreter");
      return;
    }
    assertThat(e.printed).containsEntry("engine", "native");
    assertThat(e.warnings()).hasSize(1);
    assertThat(e.log)
        .contains("computes wrong numbers (a function of what is gathered: element ")
        .contains("; it is compiled without avx512fp16 instead");
    Ended again = start(true, options, "quick").end();
    assertThat(again.warnings()).as("from the verdict").isEqualTo(e.warnings());
  }

  @Test
  void a_number_of_threads_that_is_none() throws IOException, InterruptedException {
    Ended e = run("-Daxial.threads=many", LIBRARY, cache("threads"));
    assertThat(e.status).isNotZero();
    assertThat(e.log)
        .contains("axial.threads is 'many'; a number of threads from 1 to 1024 is expected.");
  }

  @Test
  void two_processes_fill_one_cache_folder() throws IOException, InterruptedException {
    Running a = start(true, List.of(cache("shared")));
    Running b = start(true, List.of(cache("shared")));
    Ended first = a.end();
    Ended second = b.end();
    right(first, "native");
    right(second, "native");
    assertThat(second.printed).isEqualTo(first.printed);
    assertThat(first.warnings()).isEmpty();
    assertThat(second.warnings()).isEmpty();
    try (var files = Files.walk(folder.resolve("shared"))) {
      assertThat(files.filter(Files::isRegularFile).map(p -> p.getFileName().toString()).toList())
          .noneMatch(name -> name.endsWith(".part"))
          .anyMatch(name -> name.endsWith(".o"));
    }
  }

  @Test
  void the_interpreter_by_name() throws IOException, InterruptedException {
    Ended e = run("-Daxial.engine=interpreter", cache("named"));
    right(e, "interpreter");
    assertThat(e.log).isEmpty();
    assertThat(folder.resolve("named")).doesNotExist();
  }

  @Test
  void an_engine_that_does_not_exist() throws IOException, InterruptedException {
    Ended e = run("-Daxial.engine=nonsense", cache("nonsense"));
    assertThat(e.status).isNotZero();
    assertThat(e.log)
        .contains(
            "axial.engine is 'nonsense'; the engines on the class path are interpreter, native.");
    Ended api = start(true, List.of("-Daxial.engine=nonsense"), "api").end();
    assertThat(api.status).isNotZero();
    assertThat(api.log).contains("axial.engine is 'nonsense'; the engines");
  }

  @Test
  void the_native_engine_by_name_without_natives() throws IOException, InterruptedException {
    Ended e = start(false, List.of("-Daxial.engine=native", cache("named"))).end();
    assertThat(e.status).isNotZero();
    assertThat(e.log)
        .contains("axial.engine asks for 'native', which does not start: no libLLVM for");
  }
}
