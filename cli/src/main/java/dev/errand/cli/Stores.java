package dev.errand.cli;

import dev.errand.Errand;
import java.nio.file.Files;
import java.nio.file.Path;

/// Opens the store that a command names.
final class Stores {
  private Stores() {}

  /// Opens it, creating it if there is none.
  static Errand open(Surroundings surroundings, StoreOptions options) {
    return open(surroundings.file(options.store), surroundings.directory());
  }

  /// Opens the store in that file, for jobs that read files below that directory.
  static Errand open(Path file, Path directory) {
    var errand = Errand.builder().workingDirectory(directory).open(file);
    return errand.register(DemoAgent.of(errand));
  }

  /// Opens one that is there.
  static Errand existing(Surroundings surroundings, StoreOptions options) {
    if (!Files.exists(surroundings.file(options.store))) {
      throw Refusal.store(
          "there is no store "
              + options.store
              + "; errand run FILE.py creates one, --store names another");
    }
    return open(surroundings, options);
  }
}
