package dev.errand.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The Python half of a workspace: a package of source files, the same for every interpreter.
public final class Driver {
  private static final List<String> MODULES =
      List.of(
          "__init__",
          "alone",
          "ambient",
          "arrived",
          "cage",
          "delegation",
          "durable",
          "embedded",
          "facades",
          "failure",
          "fence",
          "futures",
          "graalpy",
          "guard",
          "heavy",
          "identity",
          "interpreter",
          "keep",
          "kernel",
          "kinds",
          "landlock",
          "loop",
          "lost",
          "names",
          "outside",
          "packages",
          "policy",
          "preview",
          "raised",
          "reach",
          "reads",
          "scratch",
          "seccomp",
          "session",
          "shown",
          "source",
          "start",
          "variables",
          "waiting",
          "wire",
          "zygote");

  private Driver() {}

  /// Writes it into a folder, as the package `errand_driver`.
  ///
  /// @throws IOException if it cannot be written, or is not on the class path
  public static void unpack(Path folder) throws IOException {
    var driver = Files.createDirectory(folder.resolve("errand_driver"));
    for (var name : MODULES) {
      var resource = "errand_driver/" + name + ".py";
      try (var content = Driver.class.getResourceAsStream(resource)) {
        if (content == null) {
          throw new IOException("the driver's " + resource + " is missing from the class path");
        }
        Files.copy(content, driver.resolve(name + ".py"));
      }
    }
  }
}
