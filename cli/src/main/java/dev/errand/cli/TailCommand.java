package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Entry;
import dev.errand.job.JobId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Follows the events of a tree, or of all trees.
@Command(
    name = "tail",
    description = {
      "Follows the events of a job's tree, from its beginning until it is done.",
      "Without ID it follows all trees from now on, for ever. It works on no job itself."
    })
final class TailCommand implements Callable<Integer> {
  private static final int PAGE = 1000;
  private static final int WIDTH = 160;

  private final Surroundings surroundings;
  private final Map<JobId, Long> seen = new HashMap<>();

  @Mixin StoreOptions options = new StoreOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "A job of the tree: its id, its key, or the beginning of its id.")
  @Nullable String id;

  @Option(names = "--json", description = "Print each event as one line of JSON.")
  boolean json;

  TailCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (var errand = Stores.existing(surroundings, options)) {
      if (id == null) {
        followAll(errand);
      } else {
        follow(errand, errand.job(id).id().root());
      }
      return ExitCode.OK;
    }
  }

  private void follow(Errand errand, JobId root) throws InterruptedException {
    boolean done = false;
    var job = errand.job(root.text());
    while (!done && !surroundings.screen().isUnread()) {
      done = Jobs.isDone(job);
      readOn(errand, root, true);
      if (!done) {
        Pace.pause(errand);
      }
    }
  }

  private void followAll(Errand errand) throws InterruptedException {
    Jobs.roots(errand).forEach(root -> readOn(errand, root.id(), false));
    while (!surroundings.screen().isUnread()) {
      Jobs.roots(errand).forEach(root -> readOn(errand, root.id(), true));
      Pace.pause(errand);
    }
  }

  private void readOn(Errand errand, JobId root, boolean tell) {
    List<Entry> page;
    do {
      page = errand.events(root, seen.getOrDefault(root, 0L), PAGE);
      for (var entry : page) {
        seen.put(root, entry.sequence());
        if (tell) {
          surroundings.screen().line(json ? Forms.entry(entry).print() : words(entry));
        }
      }
    } while (page.size() == PAGE);
  }

  private static String words(Entry entry) {
    var words = EntryText.of(entry);
    return Text.fit(
        "%s  %-12s  %-17s  %s"
            .formatted(Text.time(entry.time()), entry.job(), entry.kind().code(), words),
        WIDTH);
  }
}
