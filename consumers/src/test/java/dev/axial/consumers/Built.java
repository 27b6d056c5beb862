package dev.axial.consumers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The artifacts of this build in a local repository of their own, so that the user's stays as it
 * is, and the programs that build and run with it.
 */
final class Built {
  static final String VERSION = property("axial.version");
  static final Path CONSUMERS = Path.of("").toAbsolutePath();
  static final Path TARGET = CONSUMERS.resolve("target/consumers");
  static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  /** The user's local repository, which is only read: plugins and libraries come from it. */
  private static final Path KEPT = Path.of(property("axial.kept"));

  private static final Path ROOT = CONSUMERS.getParent();
  static final Path REPOSITORY = TARGET.resolve("repository");

  /** A folder for each artifact. */
  private static final List<String> MODULES =
      List.of("", "bom", "core", "cpu", "nn", "natives", "natives/linux-x86_64");

  /** What a process printed, both streams, and how it ended. */
  record Ended(int status, String printed) {}

  private Built() {}

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException("these tests are run by Maven, which sets " + name);
    }
    return value;
  }

  /** The jar of an artifact of this build. */
  static Path jar(String artifact) {
    return REPOSITORY.resolve(
        "dev/axial/%s/%s/%s-%s.jar".formatted(artifact, VERSION, artifact, VERSION));
  }

  static Path jspecify() throws IOException {
    try (Stream<Path> files = Files.walk(KEPT.resolve("org/jspecify/jspecify"))) {
      return files
          .filter(f -> f.getFileName().toString().matches("jspecify-[0-9.]+\\.jar"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  /** Lays the artifacts out as `./axial install` does in the user's repository. */
  static void layOut() throws IOException {
    for (String module : MODULES) {
      String artifact =
          switch (module) {
            case "" -> "axial";
            case "natives/linux-x86_64" -> "axial-cpu-linux-x86_64";
            default -> "axial-" + module; // not over Op: a folder
          };
      Path to = jar(artifact);
      Files.createDirectories(to.getParent());
      Path from = ROOT.resolve(module);
      String pom = to.getFileName().toString().replace(".jar", ".pom");
      Files.copy(
          from.resolve("pom.xml"), to.resolveSibling(pom), StandardCopyOption.REPLACE_EXISTING);
      Path jar = from.resolve(property("axial.build")).resolve(to.getFileName().toString());
      if (Files.exists(jar)) {
        Files.copy(jar, to, StandardCopyOption.REPLACE_EXISTING);
      } else if (Files.exists(from.resolve("src"))) {
        throw new IllegalStateException(
            "%s is missing: these tests need the jars of mvn package".formatted(jar));
      }
    }
    // What JBang needs beside them, without a registry.
    Path jspecify = jspecify();
    Path own = REPOSITORY.resolve(KEPT.relativize(jspecify).toString());
    Files.createDirectories(own.getParent());
    for (String kind : List.of(".jar", ".pom")) {
      String name = own.getFileName().toString().replace(".jar", kind);
      Files.copy(
          jspecify.resolveSibling(name),
          own.resolveSibling(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Runs Maven on a project with an empty local repository, which fills from the others. */
  static Ended maven(String project, String... goals) throws IOException, InterruptedException {
    Path settings = Files.createDirectories(TARGET).resolve("settings.xml");
    Files.writeString(settings, settings());
    Stream<String> command =
        Stream.of(
            property("axial.maven"),
            "-B",
            "-q",
            "-s",
            settings.toString(),
            "-f",
            CONSUMERS.resolve(project).resolve("pom.xml").toString(),
            "-Dconsumer.target=" + TARGET.resolve(project));
    return run(Stream.concat(command, Stream.of(goals)).toList());
  }

  private static String settings() {
    String repositories = repository("axial", REPOSITORY, true) + repository("kept", KEPT, false);
    return """
    <settings>
      <localRepository>%s</localRepository>
      <profiles>
        <profile>
          <id>built</id>
          <repositories>%s</repositories>
          <pluginRepositories>%s</pluginRepositories>
        </profile>
      </profiles>
      <activeProfiles>
        <activeProfile>built</activeProfile>
      </activeProfiles>
    </settings>
    """
        .formatted(
            TARGET.resolve("m2"),
            repositories,
            repositories.replace("repository>", "pluginRepository>"));
  }

  private static String repository(String id, Path folder, boolean snapshots) {
    return """
    <repository>
      <id>%s</id>
      <url>%s</url>
      <releases><checksumPolicy>ignore</checksumPolicy></releases>
      <snapshots><enabled>%s</enabled><checksumPolicy>ignore</checksumPolicy></snapshots>
    </repository>
    """
        .formatted(id, folder.toUri(), snapshots);
  }

  /** The options that every program here is given: native access, and a cache of the tests. */
  static List<String> java(String... arguments) {
    return Stream.concat(
            Stream.of(JAVA_HOME.resolve("bin/java").toString(), cache()), Stream.of(arguments))
        .toList();
  }

  static String cache() {
    return "-Daxial.cache=" + TARGET.resolve("cache");
  }

  static Ended run(List<String> command) throws IOException, InterruptedException {
    Files.createDirectories(TARGET);
    Path out = Files.createTempFile(TARGET, "printed", ".txt");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.directory(TARGET.toFile());
    var environment = builder.environment();
    environment.put("JAVA_HOME", JAVA_HOME.toString());
    environment.put("PATH", JAVA_HOME.resolve("bin") + ":" + environment.get("PATH"));
    environment.put( // what Maven itself is warned of
        "MAVEN_OPTS", "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow");
    environment.put("JBANG_DIR", TARGET.resolve("jbang").toString());
    environment.put("JBANG_REPO", REPOSITORY.toString());
    environment.put("GRADLE_USER_HOME", TARGET.resolve("gradle").toString());
    Process p = builder.start();
    if (!p.waitFor(300, TimeUnit.SECONDS)) {
      p.destroyForcibly();
    }
    int status = p.waitFor();
    String printed = Files.readString(out, StandardCharsets.UTF_8);
    Files.delete(out);
    return new Ended(status, printed.replaceAll("\\033\\[[0-9;]*m", "")); // Maven resets colours
  }
}
