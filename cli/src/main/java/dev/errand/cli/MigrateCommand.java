package dev.errand.cli;

import dev.errand.jdbc.Schema;
import dev.errand.job.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Brings the tables of a store up to date, or says how they stand.
@Command(
    name = "migrate",
    description = {
      "Brings the tables of a store to this release, creating them if there are none.",
      "Every command that opens a store does so, too; this is for who wants to do it first, or"
          + " apart from the workers, by a user of the database who may."
    })
final class MigrateCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @ArgGroup Instead instead = new Instead();

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  /// What is to be done in place of it.
  static final class Instead {
    @Option(
        names = "--print",
        description = "Print the SQL of this release's tables; needs no database.")
    boolean print;

    @Option(
        names = "--validate",
        description = "Change nothing; end with 3 where the tables are not those of this release.")
    boolean validate;
  }

  MigrateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var place = options.place(surroundings);
    var schema = place.schema();
    if (instead.print) {
      var scripts = schema.scripts();
      tell(
          String.join("\n", scripts).stripTrailing(),
          Json.object("store", place.shown()).with("scripts", scripts));
      return ExitCode.OK;
    }
    if (instead.validate) {
      return validate(place, schema);
    }
    int applied = schema.apply();
    tell(
        applied == 0
            ? place.shown() + " was up to date"
            : place.shown() + " is up to date, by " + Text.count(applied, "script", "scripts"),
        Json.object("store", place.shown()).with("applied", applied));
    return ExitCode.OK;
  }

  private int validate(StorePlace place, Schema schema) {
    int missing = schema.missing();
    tell(
        missing == 0 ? place.shown() + " is up to date" : lacking(place, missing),
        Json.object("store", place.shown()).with("missing", missing));
    return missing == 0 ? ExitCode.OK : ExitCode.STORE;
  }

  /// What is to be said of a store that lacks so many scripts.
  static String lacking(StorePlace place, int missing) {
    return "%s lacks %s of this release; errand migrate applies what is missing"
        .formatted(place.shown(), Text.count(missing, "script", "scripts"));
  }

  private void tell(String words, Json.Object form) {
    surroundings.screen().line(json ? form.print() : words);
  }
}
