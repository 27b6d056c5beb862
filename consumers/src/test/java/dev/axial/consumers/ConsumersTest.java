package dev.axial.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The projects of this folder are built and run as users do it, and compute natively. */
class ConsumersTest {
  private static final long LARGEST_FAT_JAR = 60_000_000;

  @BeforeAll
  static void natives_are_there() throws IOException {
    assumeThat(System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .as("the platform that the projects name")
        .isEqualTo("Linux amd64");
    Built.layOut();
  }

  private static void computesNatively(Built.Ended e) {
    assertThat(e.status()).as(e.printed()).isZero();
    assertThat(e.printed())
        .contains("NamedArray(float32[X=4]:\n [ 1.  2.  5. 10.])")
        .contains("engine: native")
        .doesNotContain("WARNING");
  }

  private static Path compiled(Path out, String... sources)
      throws IOException, InterruptedException {
    Files.createDirectories(out);
    var command =
        new ArrayList<>(
            List.of(
                Built.JAVA_HOME.resolve("bin/javac").toString(),
                "-d",
                out.toString(),
                sources.length > 1 ? "-p" : "-cp",
                path(Built.jar("axial-core"), Built.jspecify())));
    for (String s : sources) {
      command.add(Built.CONSUMERS.resolve(s).toString());
    }
    Built.Ended e = Built.run(command);
    assertThat(e.status()).as(e.printed()).isZero();
    return out;
  }

  private static String path(Path... files) {
    return Stream.of(files).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static Path program() throws IOException, InterruptedException {
    return compiled(Built.TARGET.resolve("app"), "app/src/main/java/app/Main.java");
  }

  private static Path module() throws IOException, InterruptedException {
    return compiled(
        Built.TARGET.resolve("modules"),
        "app/src/main/java/app/Main.java",
        "modules/module-info.java");
  }

  @Test
  void maven() throws IOException, InterruptedException {
    computesNatively(Built.maven("maven", "compile", "exec:exec"));
  }

  @Test
  void a_fat_jar_has_its_own_permission_and_is_small() throws IOException, InterruptedException {
    Built.Ended e = Built.maven("fatjar", "package");
    assertThat(e.status()).as(e.printed()).isZero();
    Path jar = Built.TARGET.resolve("fatjar/fatjar-1.jar");
    assertThat(jar).satisfies(j -> assertThat(Files.size(j)).isLessThan(LARGEST_FAT_JAR));
    computesNatively(Built.run(Built.java("-jar", jar.toString())));
  }

  @Test
  void the_class_path() throws IOException, InterruptedException {
    computesNatively(
        Built.run(
            Built.java(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                path(
                    program(),
                    Built.jar("axial-core"),
                    Built.jar("axial-cpu"),
                    Built.jar("axial-cpu-linux-x86_64")),
                "app.Main")));
  }

  /** Nobody requires the natives' module, so it is not resolved; or it is, if all are. */
  @Test
  void the_module_path() throws IOException, InterruptedException {
    String path =
        path(
            module(),
            Built.jar("axial-core"),
            Built.jar("axial-cpu"),
            Built.jspecify(),
            Built.jar("axial-cpu-linux-x86_64"));
    String access = "--enable-native-access=dev.axial.cpu";
    computesNatively(Built.run(Built.java(access, "-p", path, "-m", "app/app.Main")));
    computesNatively(
        Built.run(
            Built.java(access, "--add-modules=ALL-MODULE-PATH", "-p", path, "-m", "app/app.Main")));
  }

  @Test
  void an_image_of_jlink() throws IOException, InterruptedException {
    Path image = Built.TARGET.resolve("image");
    if (Files.exists(image)) {
      delete(image);
    }
    Built.Ended e =
        Built.run(
            List.of(
                Built.JAVA_HOME.resolve("bin/jlink").toString(),
                "-p",
                path(
                    module(),
                    Built.jar("axial-core"),
                    Built.jar("axial-cpu"),
                    Built.jspecify(),
                    Built.jar("axial-cpu-linux-x86_64")),
                "--add-modules",
                "app,dev.axial.cpu.linux.x86_64",
                "--add-options=--enable-native-access=dev.axial.cpu",
                "--output",
                image.toString()));
    assertThat(e.status()).as(e.printed()).isZero();
    computesNatively(
        Built.run(
            List.of(image.resolve("bin/java").toString(), Built.cache(), "-m", "app/app.Main")));
  }

  @Test
  void jbang() throws IOException, InterruptedException {
    Built.Ended path = Built.maven("jbang", "compile", "dependency:build-classpath");
    assertThat(path.status()).as(path.printed()).isZero();
    List<String> jbang =
        Built.java(
            "-cp",
            Files.readString(Built.TARGET.resolve("jbang/jbang-classpath")),
            "dev.jbang.Main",
            "--quiet",
            "run",
            "--offline",
            "--runtime-option=" + Built.cache(),
            Built.CONSUMERS.resolve("jbang/Hello.java").toString());
    // It prints a command, which its script evaluates.
    var command = new ArrayList<>(List.of("sh", "-c", "eval \"$(\"$@\")\"", "sh"));
    command.addAll(jbang);
    computesNatively(Built.run(command));
  }

  @Test
  void gradle() throws IOException, InterruptedException {
    Path gradle = onPath("gradle");
    assumeThat(gradle).as("a gradle on PATH").isNotNull();
    Path project = Built.TARGET.resolve("gradle-groovy");
    Files.createDirectories(project);
    for (String name : List.of("build.gradle", "settings.gradle")) {
      String text = Files.readString(Built.CONSUMERS.resolve("gradle-groovy").resolve(name));
      Files.writeString(
          project.resolve(name),
          text.replace("../app/", Built.CONSUMERS.resolve("app").toString() + "/"));
    }
    Built.Ended e =
        Built.run(
            List.of(
                "sh",
                "-c",
                // Debian's needs an older Java, which it finds itself; the program has ours.
                "unset JAVA_HOME; exec \"$@\"",
                "sh",
                gradle.toString(),
                "--no-daemon",
                "--offline",
                "-q",
                "-p",
                project.toString(),
                "-PaxialRepository=" + Built.REPOSITORY.toUri(),
                "-PaxialJdk=" + Built.JAVA_HOME,
                "run"));
    assertThat(e.status()).as(e.printed()).isZero();
    assertThat(e.printed()).contains("engine: native");
  }

  @Test
  void sbt() throws IOException, InterruptedException {
    assumeThat(Boolean.getBoolean("axial.consumers.sbt"))
        .as("-Daxial.consumers.sbt=true, which fetches Scala")
        .isTrue();
    Built.Ended path = Built.maven("sbt", "compile", "dependency:build-classpath");
    assertThat(path.status()).as(path.printed()).isZero();
    Path project = Built.TARGET.resolve("sbt-project");
    Files.createDirectories(project.resolve("project"));
    Files.writeString(
        project.resolve("build.sbt"),
        Files.readString(Built.CONSUMERS.resolve("sbt/build.sbt"))
            .replace("Resolver.mavenLocal", "\"axial\" at \"" + Built.REPOSITORY.toUri() + "\"")
            .replace(
                "baseDirectory.value / \"../app",
                "file(\"/\") / \"" + Built.CONSUMERS.resolve("app").toString().substring(1)));
    Files.copy(
        Built.CONSUMERS.resolve("sbt/project/build.properties"),
        project.resolve("project/build.properties"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    String sbt = Files.readString(Built.TARGET.resolve("sbt/sbt-classpath"));
    Built.Ended e =
        Built.run(
            List.of(
                "sh",
                "-c",
                "cd \"$1\"; shift; exec \"$@\"",
                "sh",
                project.toString(),
                Built.JAVA_HOME.resolve("bin/java").toString(),
                "-Dsbt.global.base=" + Built.TARGET.resolve("sbt-home"),
                "-Dsbt.boot.directory=" + Built.TARGET.resolve("sbt-boot"),
                "-Dsbt.ivy.home=" + Built.TARGET.resolve("sbt-ivy"),
                "-Dsbt.coursier.home=" + Built.TARGET.resolve("sbt-coursier"),
                "-jar",
                sbt.strip(),
                "run"));
    assertThat(e.status()).as(e.printed()).isZero();
    assertThat(e.printed()).contains("engine: native");
  }

  /** What a release to Maven Central must have in each jar. */
  @Test
  void jars_have_their_licences() throws IOException {
    for (String artifact :
        List.of("axial-core", "axial-cpu", "axial-nn", "axial-cpu-linux-x86_64")) {
      try (var jar = new JarFile(Built.jar(artifact).toFile())) {
        assertThat(jar.getEntry("META-INF/LICENSE")).as(artifact).isNotNull();
        assertThat(jar.getEntry("META-INF/NOTICE")).as(artifact).isNotNull();
      }
    }
    try (var jar = new JarFile(Built.jar("axial-cpu-linux-x86_64").toFile())) {
      assertThat(jar.getEntry("META-INF/LICENSE-LLVM")).isNotNull();
    }
    try (var jar = new JarFile(Built.jar("axial-cpu").toFile())) {
      assertThat(jar.getManifest().getMainAttributes().getValue("Enable-Native-Access"))
          .isEqualTo("ALL-UNNAMED");
    }
  }

  /** The BOM has no parent, so its version and its list are written by hand. */
  @Test
  void the_bom_names_this_version_and_all_artifacts() throws IOException {
    String bom = Files.readString(Built.CONSUMERS.resolveSibling("bom/pom.xml"));
    assertThat(bom).contains("<version>" + Built.VERSION + "</version>");
    for (String artifact :
        List.of(
            "axial-core",
            "axial-cpu",
            "axial-nn",
            "axial-cpu-linux-x86_64",
            "axial-cpu-linux-arm64",
            "axial-cpu-macosx-arm64",
            "axial-cpu-macosx-x86_64")) {
      assertThat(bom).contains("<artifactId>" + artifact + "</artifactId>");
    }
  }

  private static Path onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path p : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }
}
