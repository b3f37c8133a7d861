package dev.errand.cli;

import dev.errand.job.Quota;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Sets a limit that all workers of a store hold.
@Command(
    name = "set",
    description = {
      "Sets a limit, in place of the one of the same name. Workers hold it from",
      "the next job, or call, on."
    })
final class LimitsSetCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();

  @ArgGroup(multiplicity = "1")
  Amount amount = new Amount();

  @Option(
      names = "--agent",
      paramLabel = "NAME",
      description = "With --jobs: those of this agent only; default those of all agents.")
  @Nullable String agent;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "With --calls: a provider, such as openai, or one model, openai:gpt-5.")
  @Nullable String model;

  @Option(
      names = "--burst",
      paramLabel = "COUNT",
      description = "With --calls: so many may be made at once after a pause; default 1.")
  @Nullable Integer burst;

  @Option(names = "--json", description = "Print all limits as a JSON array.")
  boolean json;

  LimitsSetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  static final class Amount {
    @Option(
        names = "--jobs",
        paramLabel = "COUNT",
        description = "So many jobs at a time; those that wait do not count. 0 lets none go on.")
    @Nullable Integer jobs;

    @Option(
        names = "--calls",
        paramLabel = "COUNT",
        description = "So many calls of the model in any minute.")
    @Nullable Integer calls;
  }

  @Override
  public Integer call() {
    var limit = amount.jobs != null ? jobs(amount.jobs) : calls(amount.calls);
    try (var errand = Stores.existing(surroundings, options)) {
      errand.limit(limit);
      surroundings.screen().print(LimitsCommand.text(errand.limits(), json));
      return ExitCode.OK;
    }
  }

  private Quota jobs(int most) {
    if (model != null || burst != null) {
      throw Refusal.usage("--model and --burst go with --calls, not with --jobs");
    }
    return checked(() -> new Quota.Jobs(agent, most));
  }

  private Quota calls(@Nullable Integer perMinute) {
    if (agent != null) {
      throw Refusal.usage("--agent goes with --jobs, not with --calls");
    }
    if (model == null || perMinute == null) {
      throw Refusal.usage("--calls needs --model: a provider, such as openai, or openai:gpt-5");
    }
    var of = model;
    return checked(() -> new Quota.Calls(of, perMinute, burst == null ? 1 : burst));
  }

  private static Quota checked(Supplier<Quota> limit) {
    try {
      return limit.get();
    } catch (IllegalArgumentException none) {
      throw Refusal.usage(String.valueOf(none.getMessage()));
    }
  }
}
