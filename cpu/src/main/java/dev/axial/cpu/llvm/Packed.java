package dev.axial.cpu.llvm;

import dev.axial.engine.Platform;
import java.io.File;
import java.io.IOException;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the platform's jar with libLLVM is: on the class path; in a module of this process; in one
 * that lies on the module path but that nobody requires, so that no class loader knows it; or in
 * the image that {@code jlink} made.
 */
final class Packed {
  private Packed() {}

  /** A resource of the platform's jar, or null if there is no such jar. */
  static @Nullable URL find(String resource) throws IOException {
    URL url = in(Thread.currentThread().getContextClassLoader(), resource);
    if (url == null) {
      url = in(Packed.class.getClassLoader(), resource);
    }
    if (url == null) {
      url = ClassLoader.getSystemResource(resource);
    }
    return url == null ? inUnusedModule(resource) : url;
  }

  private static @Nullable URL in(@Nullable ClassLoader loader, String resource) {
    return loader == null ? null : loader.getResource(resource);
  }

  private static @Nullable URL inUnusedModule(String resource) throws IOException {
    String platform = Platform.NAME.replace('-', '.');
    ModuleFinder finder = ModuleFinder.compose(modulePath(), ModuleFinder.ofSystem());
    for (String name : List.of("dev.axial.cpu." + platform, "org.bytedeco.llvm." + platform)) {
      Optional<ModuleReference> module;
      try {
        module = finder.find(name);
      } catch (FindException x) { // of another jar on the module path
        return null;
      }
      if (module.isPresent()) {
        try (var reader = module.get().open()) {
          Optional<URI> found = reader.find(resource);
          if (found.isPresent()) {
            return found.get().toURL();
          }
        }
      }
    }
    return null;
  }

  private static ModuleFinder modulePath() {
    String path = System.getProperty("jdk.module.path", "");
    return ModuleFinder.of(
        Stream.of(path.split(File.pathSeparator))
            .filter(p -> !p.isEmpty())
            .map(Path::of)
            .toArray(Path[]::new));
  }
}
