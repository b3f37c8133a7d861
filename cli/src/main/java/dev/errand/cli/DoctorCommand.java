package dev.errand.cli;

import dev.errand.job.StoreException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Says what this machine has of what Errand needs.
@Command(name = "doctor", description = "Says what this machine has of what Errand needs.")
final class DoctorCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  DoctorCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var screen = surroundings.screen();
    screen.line("errand   " + new ErrandCommand.Version().getVersion()[0]);
    screen.line("java     " + Runtime.version() + ", " + System.getProperty("java.home"));
    screen.line("store    " + store());
    return ExitCode.OK;
  }

  private String store() {
    if (!Files.exists(surroundings.file(options.store))) {
      return options.store + " is not there yet; the first job creates it";
    }
    try (var errand = Stores.existing(surroundings, options)) {
      return options.store
          + ", "
          + Text.count(Jobs.roots(errand.store()).size(), "root job", "root jobs");
    } catch (StoreException unusable) {
      return Objects.requireNonNullElse(unusable.getMessage(), "unusable");
    }
  }
}
