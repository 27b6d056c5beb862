package dev.axial.bench;

import static dev.axial.Axial.lower;
import static dev.axial.Axial.scalar;

import dev.axial.NamedArray;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Facts about the machine and the software that a run depends on. */
final class Machine {
  private Machine() {}

  static Map<String, Object> facts() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put(
        "date",
        LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm")));
    facts.put("cpu", procValue("/proc/cpuinfo", "model name").orElse("unknown"));
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("memory", procValue("/proc/meminfo", "MemTotal").orElse("unknown"));
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("load", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    facts.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put("engine", engine());
    return facts;
  }

  /** The engine that compiles programs here. */
  private static String engine() {
    Function<NamedArray, NamedArray> f = x -> x.plus(1);
    String first = lower(f, scalar(1.0)).explain().lines().findFirst().orElse("");
    return first.replace("engine:", "").strip();
  }

  /** A value of a file of Linux with lines {@code key : value}. */
  private static Optional<String> procValue(String file, String key) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(l -> l.startsWith(key))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
