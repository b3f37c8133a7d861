package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.python.CPythonRuntime;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens the store that a command names.
final class Stores {
  private Stores() {}

  /// Opens the store in that file, creating it if there is none, for jobs that read files below
  /// that directory.
  ///
  /// The Python is closed with it, or if it cannot be opened.
  static Errand open(Path file, Path directory, CPythonRuntime python) {
    try {
      var errand = Errand.builder().runtime(python).workingDirectory(directory).open(file);
      return errand.register(DemoAgent.of(errand));
    } catch (RuntimeException unusable) {
      python.close();
      throw unusable;
    }
  }

  /// Opens one that is there, to look at it.
  static Errand existing(Surroundings surroundings, StoreOptions options) {
    return existing(surroundings, options, new CPythonRuntime());
  }

  /// Opens one that is there.
  ///
  /// The Python is closed with it, or if it cannot be opened.
  static Errand existing(Surroundings surroundings, StoreOptions options, CPythonRuntime python) {
    if (!Files.exists(surroundings.file(options.store))) {
      python.close();
      throw Refusal.store(
          "there is no store "
              + options.store
              + "; errand run FILE.py creates one, --store names another");
    }
    return open(surroundings.file(options.store), surroundings.directory(), python);
  }
}
