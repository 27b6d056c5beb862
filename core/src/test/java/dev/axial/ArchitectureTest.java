package dev.axial;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.net.URL;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * The layers of the core. From the lowest to the highest:
 *
 * <ol>
 *   <li>vocabulary: the few classes of the root package that every layer speaks of;
 *   <li>{@code ir}: operations, programs, types;
 *   <li>{@code engine}: what an engine must do; {@code numerics}: what functions of numbers are;
 *   <li>{@code disk}: references whose contents are a file, on top of the engine's storage;
 *   <li>{@code html}: programs and memory as pages, on top of the engine;
 *   <li>{@code transform} and {@code interpreter}, which do not know each other;
 *   <li>the rest of the root package: what users see;
 *   <li>{@code random}, written on top of it like a user's code.
 * </ol>
 */
class ArchitectureTest {
  /** A scan that finds fewer classes has looked in the wrong place. */
  private static final int FEWEST_CLASSES = 50;

  private static final Pattern VOCABULARY_NAMES =
      Pattern.compile("dev\\.axial\\.(DType|AxialException|Fn\\d|Proc\\d)(\\$.*)?");

  private static final DescribedPredicate<JavaClass> VOCABULARY =
      describe(
          "vocabulary",
          c -> VOCABULARY_NAMES.matcher(c.getBaseComponentType().getName()).matches());

  /** The classes whose purpose is to print. */
  private static final String PRINTERS = "dev\\.axial\\.Callbacks";

  private static final URL LIBRARY =
      DType.class.getProtectionDomain().getCodeSource().getLocation();

  private static final JavaClasses CLASSES =
      new ClassFileImporter().importUrl(LIBRARY).that(resideInAPackage("dev.axial.."));

  @Test
  void scanFindsTheLibrary() {
    assertThat(CLASSES).hasSizeGreaterThanOrEqualTo(FEWEST_CLASSES);
  }

  @Test
  void layersOnlyUseThoseBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("vocabulary")
        .definedBy(VOCABULARY)
        .layer("ir")
        .definedBy("dev.axial.ir..")
        .layer("engine")
        .definedBy("dev.axial.engine..")
        .layer("disk")
        .definedBy("dev.axial.disk..")
        .layer("html")
        .definedBy("dev.axial.html..")
        .layer("numerics")
        .definedBy("dev.axial.numerics..")
        .layer("transform")
        .definedBy("dev.axial.transform..")
        .layer("interpreter")
        .definedBy("dev.axial.interpreter..")
        .layer("root")
        .definedBy(resideInAPackage("dev.axial").and(not(VOCABULARY)))
        .layer("random")
        .definedBy("dev.axial.random..")
        .whereLayer("vocabulary")
        .mayNotAccessAnyLayer()
        .whereLayer("ir")
        .mayOnlyAccessLayers("vocabulary")
        .whereLayer("engine")
        .mayOnlyAccessLayers("vocabulary", "ir")
        .whereLayer("disk")
        .mayOnlyAccessLayers("vocabulary", "ir", "engine")
        .whereLayer("html")
        .mayOnlyAccessLayers("vocabulary", "ir", "engine")
        .whereLayer("numerics")
        .mayOnlyAccessLayers("vocabulary", "ir")
        .whereLayer("transform")
        .mayOnlyAccessLayers("vocabulary", "ir", "engine")
        .whereLayer("interpreter")
        .mayOnlyAccessLayers("vocabulary", "ir", "engine", "numerics")
        .whereLayer("root")
        .mayOnlyAccessLayers(
            "vocabulary", "ir", "engine", "disk", "html", "transform", "interpreter")
        .ensureAllClassesAreContainedInArchitecture()
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    var unmarked =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(p -> !p.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName);
    assertThat(unmarked).isEmpty();
  }

  @Test
  void nothingPrints() {
    noClasses()
        .that(not(nameMatching(PRINTERS)))
        .should(ACCESS_STANDARD_STREAMS)
        .because("a library leaves the terminal to its user")
        .check(CLASSES);
  }

  @Test
  void onlyTheApiIsExported() throws IOException {
    ModuleDescriptor module;
    try (InputStream file = URI.create(LIBRARY + "module-info.class").toURL().openStream()) {
      module = ModuleDescriptor.read(file);
    }
    assertThat(module.name()).isEqualTo("dev.axial");
    assertThat(module.exports().stream().filter(e -> !e.isQualified()))
        .extracting(ModuleDescriptor.Exports::source)
        .containsExactlyInAnyOrder("dev.axial", "dev.axial.random");
  }
}
