package dev.errand.cli;

import java.io.Reader;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a command finds around it.
///
/// @param screen where it writes
/// @param input what its user types
/// @param directory from which file names are read
/// @param environment the environment variables
record Surroundings(Screen screen, Reader input, Path directory, Map<String, String> environment) {
  Surroundings {
    environment = Map.copyOf(environment);
  }

  /// The file of that name.
  ///
  /// @throws Refusal if it is no name for a file
  Path file(String name) {
    try {
      return directory.resolve(name);
    } catch (InvalidPathException noPath) {
      throw Refusal.usage("'" + name + "' is no name for a file: " + noPath.getReason());
    }
  }

  @Nullable String variable(String name) {
    return environment.get(name);
  }
}
