package dev.errand.engine;

import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.JobRecord;
import dev.errand.job.Usage;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;

/*
 * What one job spends on its model.
 *
 * Before each call an amount is set aside, in a commit of its own, for that call and for one more. So a job that has called
 * its model once is sure of a last turn, whatever others of its tree spend meanwhile; and since the commit is refused for a
 * job that is to end, no model is asked for one.
 *
 * Only the job's own thread uses this object.
 */
final class Spending {
  private final JobRecord job;
  private final Budget most;
  private final StepWriter writer;
  private Usage used;

  Spending(JobRecord job, Budget most, StepWriter writer) {
    this.job = job;
    this.most = most;
    this.writer = writer;
    this.used = job.usage();
  }

  /// Sets aside what a call may cost, and has that committed with all that is pending; where too
  /// little is left, says so, and nothing is committed.
  Optional<String> reserve(Usage estimate, boolean isLast) {
    var call = likely(estimate);
    return isLast
        ? last(call)
        : exceeded(call, call).or(() -> refusal(new Change.Reserved(call, call)));
  }

  /// What was set aside for it is taken, and where nothing was, what is left.
  private Optional<String> last(Budget call) {
    return exceeded(used.calls() == 0 ? call : Budget.NONE, Budget.NONE)
        .or(
            () ->
                refusal(new Change.LastCall())
                    .flatMap(none -> refusal(new Change.Reserved(call, Budget.NONE))));
  }

  /// The change that notes what a call cost.
  Change spent(Usage usage) {
    used = used.plus(usage);
    return new Change.Spent(usage);
  }

  /// At least what its calls have cost on average.
  private Budget likely(Usage estimate) {
    var one = Budget.of(estimate);
    var all = Budget.of(used);
    long calls = Math.max(1, used.calls());
    return new Budget(
        Math.max(one.tokens(), Math.ceilDiv(all.tokens(), calls)),
        Math.max(one.microUsd(), Math.ceilDiv(all.microUsd(), calls)));
  }

  /// The job's own limit; one that is reached is no less exceeded than one that would be passed.
  private Optional<String> exceeded(Budget call, Budget last) {
    var spent = Budget.of(used);
    var then = spent.plus(call).plus(last);
    if (then.tokens() > most.tokens() || spent.tokens() >= most.tokens()) {
      return Optional.of(exceeded(Budget.words(spent.tokens()), Budget.words(most.tokens())));
    }
    if (then.microUsd() > most.microUsd() || spent.microUsd() >= most.microUsd()) {
      return Optional.of(
          exceeded(Budget.dollars(spent.microUsd()), Budget.dollars(most.microUsd())));
    }
    return Optional.empty();
  }

  private String exceeded(String spent, String of) {
    return "job %s has spent %s by itself, and %s are the limit of agent %s"
        .formatted(job.id(), spent, of, job.origin().agent());
  }

  private Optional<String> refusal(Change reserved) {
    try {
      writer.commitUnlessRefused(List.of(reserved), writer.progress());
      return Optional.empty();
    } catch (BudgetExhaustedException exhausted) {
      return Optional.ofNullable(exhausted.getMessage());
    }
  }
}
