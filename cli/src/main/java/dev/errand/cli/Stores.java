package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.python.CPythonRuntime;
import java.nio.file.Path;

/// Opens the store that a command names.
final class Stores {
  private Stores() {}

  /// Opens the store at that place, creating it if there is none, for jobs that read files below
  /// that directory.
  ///
  /// The Python is closed with it, or if it cannot be opened.
  static Errand open(StorePlace place, Path directory, CPythonRuntime python) {
    try {
      var builder = Errand.builder().runtime(python).workingDirectory(directory);
      var errand =
          switch (place) {
            case StorePlace.File(var path, var name) -> builder.open(path);
            case StorePlace.Database(var url) -> builder.open(url);
          };
      return errand.register(DemoAgent.of(errand));
    } catch (RuntimeException unusable) {
      python.close();
      throw unusable;
    }
  }

  /// Opens the store that a command names, for jobs that read files below its directory.
  static Errand open(Surroundings surroundings, StoreOptions options, CPythonRuntime python) {
    try {
      return open(options.place(surroundings), surroundings.directory(), python);
    } catch (Refusal noPlace) {
      python.close();
      throw noPlace;
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
    try {
      var place = options.place(surroundings);
      if (place.isMissing()) {
        throw Refusal.store(
            "there is no store "
                + place.shown()
                + "; errand run FILE.py creates one, --store names another");
      }
      return open(place, surroundings.directory(), python);
    } catch (Refusal none) {
      python.close();
      throw none;
    }
  }
}
