package dev.errand.cli;

import dev.errand.job.EffectKey;
import dev.errand.job.Finding;
import dev.errand.job.Json;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Settles an effect whose outcome nobody knew.
@Command(
    name = "resolve",
    description = "Says what came of a call whose outcome nobody knew; it is not made by this.")
final class ResolveCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(paramLabel = "KEY", description = "The effect, as errand effects lists it.")
  String key = "";

  @ArgGroup(exclusive = true, multiplicity = "1")
  Found found = new Found();

  /// What came of it; one of these.
  static final class Found {
    @Option(
        names = "--returned",
        paramLabel = "JSON",
        description = "The call was made and returned this.")
    @Nullable String returned;

    @Option(
        names = "--raised",
        paramLabel = "MESSAGE",
        description = "The call was made and failed.")
    @Nullable String raised;

    @Option(
        names = "--not-made",
        description = "The call was never made; a job that has not gone on yet makes it then.")
    boolean notMade;
  }

  ResolveCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var effect = read("KEY", () -> EffectKey.parse(key));
    var finding = finding();
    try (var errand = Stores.existing(surroundings, options)) {
      errand.resolve(effect, finding);
      surroundings.screen().line(effect + " is resolved");
      return ExitCode.OK;
    }
  }

  private Finding finding() {
    if (found.returned != null) {
      var text = found.returned;
      return Finding.returned(read("--returned", () -> Json.parse(text)));
    }
    return found.raised != null ? Finding.raised(found.raised) : Finding.notMade();
  }

  private static <T> T read(String what, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException unreadable) {
      throw Refusal.usage(what + ": " + unreadable.getMessage());
    }
  }
}
