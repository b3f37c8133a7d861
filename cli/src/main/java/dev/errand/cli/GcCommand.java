package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.job.Json;
import dev.errand.spi.Store;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Frees what no workspace needs.
@Command(
    name = "gc",
    description = {
      "Frees pieces of variables that no job has any more, as of any turn that is kept.",
      "Workers may be at work meanwhile, and do the same now and then by themselves."
    })
final class GcCommand implements Callable<Integer> {
  private static final int AT_ONCE = 64;

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @Option(
      names = "--keep-turns",
      paramLabel = "N",
      description = "Forget first how all but the last N turns of each job left its variables.")
  @Nullable Integer turns;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  GcCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (turns != null && turns < 1) {
      throw Refusal.usage("--keep-turns must be at least 1, not " + turns);
    }
    try (var errand = Stores.existing(surroundings, options)) {
      if (turns != null) {
        forgetAllBut(errand, turns);
      }
      print(collect(errand.store()));
      return ExitCode.OK;
    }
  }

  private static void forgetAllBut(Errand errand, int turns) {
    errand.jobs().forEach(job -> errand.store().forget(job.id(), job.lastTurn() + 1 - turns));
  }

  private static Store.Freed collect(Store store) {
    int pieces = 0;
    long bytes = 0;
    Store.Freed freed;
    do {
      freed = store.collect(AT_ONCE);
      pieces += freed.pieces();
      bytes += freed.bytes();
    } while (freed.more());
    return new Store.Freed(pieces, bytes, false);
  }

  private void print(Store.Freed freed) {
    surroundings
        .screen()
        .line(
            json
                ? Json.object("pieces", freed.pieces()).with("bytes", freed.bytes()).print()
                : "freed "
                    + Text.count(freed.pieces(), "piece", "pieces")
                    + ", "
                    + Text.size(freed.bytes()));
  }
}
