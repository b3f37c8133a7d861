package dev.errand.cli;

import dev.errand.Job;
import dev.errand.job.Entry;
import dev.errand.job.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows the history of one job.
@Command(name = "history", description = "Shows what happened in one job.")
final class HistoryCommand implements Callable<Integer> {
  private static final int PAGE = 1000;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin JobOptions which = new JobOptions();

  @Option(
      names = "--request",
      paramLabel = "TURN",
      description = "Show instead what the job's model was shown before its reply of that turn.")
  @Nullable Integer turn;

  HistoryCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (var errand = Stores.existing(surroundings, options)) {
      var screen = surroundings.screen();
      var job = errand.job(which.id);
      if (turn != null) {
        var request = job.request(turn);
        screen.print(
            which.json ? RequestText.json(request).print() + "\n" : RequestText.of(request));
        return ExitCode.OK;
      }
      var history = history(job);
      if (which.json) {
        var forms = history.stream().<Json>map(Forms::entry).toList();
        screen.line(new Json.Array(forms).print());
      } else {
        history.forEach(entry -> screen.print(words(entry)));
      }
      return ExitCode.OK;
    }
  }

  private static List<Entry> history(Job job) {
    var all = new ArrayList<Entry>();
    List<Entry> page;
    do {
      page = job.history(all.isEmpty() ? 0 : all.getLast().sequence(), PAGE);
      all.addAll(page);
    } while (page.size() == PAGE);
    return all;
  }

  private static String words(Entry entry) {
    var head =
        "%6d  %s  %-17s  "
            .formatted(entry.sequence(), Text.time(entry.time()), entry.kind().code());
    var lines = EntryText.of(entry).lines().toList();
    return lines.isEmpty()
        ? head.stripTrailing() + "\n"
        : head + String.join("\n" + " ".repeat(head.length()), lines) + "\n";
  }
}
