package dev.errand.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists what waits for an answer.
@Command(
    name = "inbox",
    description = {
      "List what waits for an answer: callbacks, and calls of tools that a person is to allow.",
      "Those of a job and of all below it, or of the whole store."
    })
final class InboxCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID",
      description = "The job: its id, its key, or the beginning of its id.")
  @Nullable String id;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  InboxCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var inbox = id == null ? Inbox.of(errand) : Inbox.of(errand, errand.job(id));
      inbox.list(surroundings.screen(), json);
    }
    return ExitCode.OK;
  }
}
