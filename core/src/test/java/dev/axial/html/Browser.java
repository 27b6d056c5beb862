package dev.axial.html;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** A real browser without a window, which loads a page and gives what became of it. */
final class Browser {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");

  private static final int SECONDS = 60;

  private final String program;
  private final Path folder;

  private Browser(String program, Path folder) {
    this.program = program;
    this.folder = folder;
  }

  /**
   * The one that {@code AXIAL_BROWSER} names, or one on the path. Where there is none the test is
   * skipped, or fails if {@code AXIAL_BROWSER_REQUIRED} is set.
   *
   * @param folder for files, which is the test's own
   */
  static Browser find(Path folder) {
    String named = System.getenv("AXIAL_BROWSER");
    if (named != null) {
      return new Browser(named, folder);
    }
    for (String place : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      for (String name : NAMES) {
        Path p = Path.of(place, name);
        if (Files.isExecutable(p)) {
          return new Browser(p.toString(), folder);
        }
      }
    }
    String missing =
        "no browser was found on the path (looked for %s). Install one, for example with apt-get install chromium, or set AXIAL_BROWSER to the program of one."
            .formatted(String.join(", ", NAMES));
    return System.getenv("AXIAL_BROWSER_REQUIRED") != null ? fail(missing) : abort(missing);
  }

  /**
   * Loads a page, then runs a script in it, and gives the document as HTML. An error of any script
   * is an error here.
   *
   * @param address what follows the file's name, such as {@code #v1}
   */
  String run(String page, String address, String script) throws IOException {
    String watched =
        page.replace(
                "<head>",
                "<head><script>addEventListener('error', e => document.documentElement.setAttribute('data-error', e.message))</script>")
            .replace("</body>", "<script>" + script + "</script></body>");
    Path output = folder.resolve("dom");
    start(watched, address, output, "--dump-dom");
    String dom = Files.readString(output);
    if (!dom.contains("</html>") || dom.contains("data-error=")) {
      fail("a script failed: " + dom.substring(0, Math.min(300, dom.length())));
    }
    return dom;
  }

  /** A picture of a page. */
  BufferedImage picture(String page, int width, int height, String... options) throws IOException {
    Path image = folder.resolve("picture.png");
    Files.deleteIfExists(image);
    var all = new ArrayList<>(List.of(options));
    all.add("--window-size=" + width + "," + height);
    all.add("--screenshot=" + image);
    start(page, "", folder.resolve("ignored"), all.toArray(String[]::new));
    return Objects.requireNonNull(ImageIO.read(image.toFile()));
  }

  private void start(String page, String address, Path output, String... options)
      throws IOException {
    Path file = Files.writeString(Files.createTempFile(folder, "page", ".html"), page);
    var command = new ArrayList<>(List.of(program, "--headless", "--no-sandbox", "--disable-gpu"));
    Stream.of("quic", "background-networking", "component-update", "sync", "dev-shm-usage")
        .forEach(what -> command.add("--disable-" + what));
    command.add("--no-first-run");
    command.add("--hide-scrollbars");
    command.add("--user-data-dir=" + Files.createTempDirectory(folder, "user"));
    command.add("--virtual-time-budget=3000");
    command.addAll(List.of(options));
    command.add(file.toUri() + address);
    Path errors = folder.resolve("errors");
    Process p =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      if (!p.waitFor(SECONDS, TimeUnit.SECONDS) || p.exitValue() != 0) {
        fail("the browser did not end well: " + command + "\n" + Files.readString(errors));
      }
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
      throw new IOException(x);
    } finally {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
    }
  }
}
