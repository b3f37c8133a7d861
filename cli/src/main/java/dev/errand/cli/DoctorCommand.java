package dev.errand.cli;

import dev.errand.job.StoreException;
import dev.errand.job.WorkspaceException;
import dev.errand.python.CPythonRuntime;
import dev.errand.python.Layer;
import dev.errand.spi.Capability;
import dev.errand.spi.WorkspaceRuntime;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Says what this machine has of what Errand needs.
@Command(
    name = "doctor",
    description =
        "Says what this machine has of what Errand needs, and whether the store can be read.")
final class DoctorCommand implements Callable<Integer> {
  private static final String CPYTHON = "cpython";

  private final Surroundings surroundings;
  private int code = ExitCode.OK;

  @Mixin StoreOptions options = new StoreOptions();

  DoctorCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    tell("errand", ErrandCommand.Version.number());
    tell("java", Runtime.version() + ", " + System.getProperty("java.home"));
    try (var python = new CPythonRuntime()) {
      tell("python", python.python());
      python.isolation().forEach(this::tell);
    } catch (WorkspaceException none) {
      code = ExitCode.FAILED;
      tell("python", Objects.requireNonNull(none.getMessage()));
    }
    tellOthers();
    tell("sqlite", sqlite());
    tell("store", store());
    return code;
  }

  private void tell(String what, String words) {
    surroundings.screen().line("%-8s %s".formatted(what, words));
  }

  /// The runtimes beside CPython: none is needed, and each says what it cannot do.
  private void tellOthers() {
    boolean found = false;
    for (var runtime : ServiceLoader.load(WorkspaceRuntime.class)) {
      try (runtime) {
        if (!runtime.name().equals(CPYTHON)) {
          found = true;
          tell(runtime.name(), runtime.version());
          runtime.lacks().forEach((what, words) -> tell("", "lacks " + named(what) + ": " + words));
        }
      }
    }
    if (!found) {
      tell(
          "graalpy",
          "absent; errand-python-graalpy on the class path adds it, and nothing needs it");
    }
  }

  private static String named(Capability what) {
    return what.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private void tell(Layer layer) {
    var how = layer.standing().name().toLowerCase(Locale.ROOT) + ": " + layer.words();
    tell(layer.kind().name().toLowerCase(Locale.ROOT), how);
  }

  /// The driver's version, which begins with that of the SQLite in it.
  private static String sqlite() {
    var properties = new Properties();
    try (var written = DoctorCommand.class.getResourceAsStream("/sqlite-jdbc.properties")) {
      if (written != null) {
        properties.load(written);
      }
    } catch (IOException unreadable) {
      return "unknown";
    }
    return properties.getProperty("version", "unknown").replaceFirst("\\.\\d+$", "");
  }

  /// To open a store brings its tables up to date: only one that has them is.
  private String store() {
    var place = options.place(surroundings);
    if (place.isMissing()) {
      return place.shown() + " is not there yet; the first job creates it";
    }
    try {
      int missing = place.schema().missing();
      return missing == 0 ? jobs(place) : MigrateCommand.lacking(place, missing);
    } catch (StoreException unusable) {
      code = ExitCode.STORE;
      return Objects.requireNonNull(unusable.getMessage());
    }
  }

  private String jobs(StorePlace place) {
    try (var errand = Stores.existing(surroundings, options)) {
      return place.shown() + ", " + Text.count(errand.roots().size(), "root job", "root jobs");
    }
  }
}
