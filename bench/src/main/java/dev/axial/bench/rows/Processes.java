package dev.axial.bench.rows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Other processes of this program's Java. */
public final class Processes {
  private Processes() {}

  /** What starts a class with the options and the class path of this process. */
  public static List<String> java(List<String> options, Class<?> main, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }

  /** What a process said, and when. */
  record Answer(String text, double seconds) {}

  /** Starts a process and waits for its first line that begins with {@code @@}, then its end. */
  static Answer ask(List<String> command) {
    long start = System.nanoTime();
    try {
      Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
      Answer answer = null;
      var rest = new ArrayList<String>();
      try (var lines = p.inputReader()) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (answer == null && line.startsWith("@@")) {
            answer = new Answer(line.substring(2), (System.nanoTime() - start) * 1e-9);
          } else {
            rest.add(line);
          }
        }
      }
      int code = p.waitFor();
      if (answer == null || code != 0) {
        throw new CheckFailed("a fresh process failed: " + String.join("\n", rest));
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
