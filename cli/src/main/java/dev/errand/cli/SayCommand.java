package dev.errand.cli;

import dev.errand.job.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Sends a job a message.
@Command(
    name = "say",
    description = {
      "Sends a job a message, which its model reads before its next turn.",
      "Code that waits is stopped for it; a job that is done goes on."
    })
final class SayCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "The message.")
  List<String> words = new ArrayList<>();

  SayCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    var text = String.join(" ", words);
    if (text.isBlank()) {
      throw Refusal.usage("the message is blank");
    }
    try (var errand = Stores.existing(surroundings, options)) {
      var job = errand.job(which.id);
      long sequence = job.say(text);
      surroundings
          .screen()
          .line(
              which.json
                  ? said(job.id().text(), sequence).print()
                  : "job %s has the message, entry %d".formatted(job.id(), sequence));
      return ExitCode.OK;
    }
  }

  /// What is said of a message that was sent.
  static Json.Object said(String job, long sequence) {
    return Json.object("job", job).with("sequence", sequence);
  }
}
