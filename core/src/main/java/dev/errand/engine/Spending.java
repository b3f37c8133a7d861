package dev.errand.engine;

import dev.errand.job.Budget;
import dev.errand.job.BudgetExhaustedException;
import dev.errand.job.JobRecord;
import dev.errand.job.Progress;
import dev.errand.job.Usage;
import dev.errand.spi.Change;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * What one job spends on its model.
 *
 * Before a call an amount is set aside, and committed, for that call and for one more. So a job that has called its model
 * once is sure of a last turn, whatever others of its tree spend meanwhile. What the next call will take is set aside in
 * the commit of a reply, where there is enough: then that call needs no commit of its own. A job that is suspended keeps
 * only what is for its last call.
 *
 * Only the job's own thread uses this object.
 */
final class Spending {
  private final JobRecord job;
  private final Budget most;
  private final StepWriter writer;
  private Usage used;

  /// What is set aside for the next call, unless the job was to be suspended since.
  private @Nullable Budget ahead;

  private int waits;

  Spending(JobRecord job, Budget most, StepWriter writer) {
    this.job = job;
    this.most = most;
    this.writer = writer;
    this.used = job.usage();
  }

  /// Sets aside what a call may cost, if that is not done, and has it committed with all that is
  /// pending; where too little is left, says so, and nothing is committed.
  Optional<String> reserve(Usage estimate, boolean isLast) {
    var call = likely(estimate);
    if (isLast) {
      return last(call);
    }
    var exceeded = exceeded(call, call);
    if (exceeded.isPresent() || isSetAside(call)) {
      return exceeded;
    }
    return refusal(List.of(new Change.Reserved(call, call)), writer.progress());
  }

  /// Estimates are rough; what is set aside need not be all of one.
  private boolean isSetAside(Budget call) {
    return ahead != null
        && waits == writer.waits()
        && ahead.tokens() >= call.tokens() - call.tokens() / 5
        && ahead.microUsd() >= call.microUsd() - call.microUsd() / 5;
  }

  /// What was set aside for it is taken, and where nothing was, what is left.
  private Optional<String> last(Budget call) {
    return exceeded(used.calls() == 0 ? call : Budget.NONE, Budget.NONE)
        .or(
            () ->
                refusal(List.of(new Change.LastCall()), writer.progress())
                    .flatMap(
                        none ->
                            refusal(
                                List.of(new Change.Reserved(call, Budget.NONE)),
                                writer.progress())));
  }

  /// The change that notes what a call cost.
  Change spent(Usage usage) {
    used = used.plus(usage);
    ahead = null;
    return new Change.Spent(usage);
  }

  /// Commits these changes and the progress they make, and sets aside what the next call may cost
  /// if it costs as much as this one was thought to; where there is less, it is not for now.
  void commitSettingAside(List<Change> changes, Progress made, Usage estimate) {
    var call = likely(estimate);
    var all = Stream.concat(changes.stream(), Stream.of(new Change.Reserved(call, call))).toList();
    if (exceeded(call, call).isEmpty() && refusal(all, made).isEmpty()) {
      ahead = call;
      waits = writer.waits();
    } else {
      writer.add(changes, made);
      writer.commit();
    }
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

  private Optional<String> refusal(List<Change> changes, Progress made) {
    try {
      writer.commitUnlessRefused(changes, made);
      return Optional.empty();
    } catch (BudgetExhaustedException exhausted) {
      return Optional.ofNullable(exhausted.getMessage());
    }
  }
}
