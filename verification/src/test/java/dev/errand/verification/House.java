package dev.errand.verification;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What is built, and what it was built from.
final class House {
  static final String PORCH = "dev.errand";
  static final String JOB = "dev.errand.job";
  static final String AGENT = "dev.errand.agent";
  static final String SPI = "dev.errand.spi";
  static final String ENGINE = "dev.errand.engine";
  static final List<String> CORE = List.of(PORCH, JOB, AGENT, SPI, ENGINE);

  /// Every class of every module, tests left out.
  static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(PORCH);

  private House() {}

  /// Whether a caller in another package can name the class.
  static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(House::isPublic).orElse(true);
  }

  /// Top-level classes, `package-info` included.
  static Set<String> importedNames() {
    return CLASSES.stream()
        .filter(JavaClass::isTopLevelClass)
        .map(JavaClass::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// The class that each file below a module's `src/main/java` must have become.
  static Set<String> namesOnDisk() {
    try (var modules = Files.list(Path.of(".."))) {
      return modules
          .map(module -> module.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .flatMap(House::namesBelow)
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static Stream<String> namesBelow(Path sources) {
    try (var files = Files.walk(sources)) {
      return files
          .map(file -> sources.relativize(file).toString())
          .filter(file -> file.endsWith(".java"))
          .map(file -> file.replaceFirst("\\.java$", "").replaceAll("[/\\\\]", "."))
          .toList()
          .stream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
