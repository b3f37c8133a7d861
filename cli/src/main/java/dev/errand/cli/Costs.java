package dev.errand.cli;

import static java.util.stream.Collectors.groupingBy;

import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.job.JobRecord;
import dev.errand.job.Usage;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What the model calls of jobs cost, each by itself and with all below it.
///
/// @param children of each job that has any
record Costs(Map<JobId, List<JobRecord>> children) {
  /// Those of a job and all below it, that job first.
  static Costs of(List<JobRecord> tree) {
    return new Costs(
        tree.stream().skip(1).collect(groupingBy(job -> job.id().parent().orElseThrow())));
  }

  /// With all below it.
  Usage inAll(JobRecord job) {
    return children.getOrDefault(job.id(), List.of()).stream()
        .map(this::inAll)
        .reduce(job.usage(), Usage::plus);
  }

  /// In words, after the age of the job; empty where no model was called.
  String words(JobRecord job) {
    var all = inAll(job);
    if (all.calls() == 0) {
      return "";
    }
    if (all.equals(job.usage())) {
      return "; " + words(all);
    }
    var own = job.usage().calls() == 0 ? "" : words(job.usage()) + ", ";
    return "; " + own + "in all " + words(all);
  }

  static String words(Usage usage) {
    var words = Text.count(usage.calls(), "call", "calls");
    long tokens = usage.inputTokens() + usage.outputTokens();
    if (tokens > 0) {
      words += String.format(Locale.ROOT, ", %,d tokens", tokens);
    }
    return usage.microUsd() == 0 ? words : words + ", " + Budget.dollars(usage.microUsd());
  }
}
