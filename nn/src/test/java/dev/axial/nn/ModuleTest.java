package dev.axial.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class ModuleTest {
  @Test
  void everyPackageIsExported() throws Exception {
    ModuleDescriptor module = descriptor("dev.axial.nn");
    assertThat(module.exports().stream().map(ModuleDescriptor.Exports::source))
        .containsExactlyInAnyOrderElementsOf(module.packages())
        .contains("dev.axial.nn", "dev.axial.nn.optim");
  }

  /** The descriptor of a module that lies as a folder on the class path. */
  private static ModuleDescriptor descriptor(String name) throws Exception {
    var loader = ModuleTest.class.getClassLoader();
    for (URL file : Collections.list(loader.getResources("module-info.class"))) {
      if (file.getProtocol().equals("file")) {
        var found = ModuleFinder.of(Path.of(file.toURI()).getParent()).find(name);
        if (found.isPresent()) {
          return found.get().descriptor();
        }
      }
    }
    throw new AssertionError("no folder on the class path holds the module " + name);
  }
}
