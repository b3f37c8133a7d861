package dev.errand.engine;

import dev.errand.agent.Model;
import dev.errand.job.Budget;
import dev.errand.job.Usage;
import java.util.function.Supplier;

/// What the models of one worker's jobs may cost while it works; used by the threads of its jobs.
final class WorkerBudget {
  private final Budget most;
  private Budget spent = Budget.NONE;
  private Budget underWay = Budget.NONE;

  WorkerBudget(Budget most) {
    this.most = most;
  }

  /// Makes a call, if there is enough left for it.
  ///
  /// @throws PutOff if there is not
  Model.Reply within(Usage estimate, Supplier<Model.Reply> call) {
    var amount = Budget.of(estimate);
    reserve(amount);
    try {
      var reply = call.get();
      spend(Budget.of(reply.usage()));
      return reply;
    } finally {
      release(amount);
    }
  }

  private synchronized void reserve(Budget amount) {
    var taken = spent.plus(underWay);
    var then = taken.plus(amount);
    if (taken.tokens() >= most.tokens() || then.tokens() > most.tokens()) {
      throw new PutOff(Budget.words(spent.tokens()), Budget.words(most.tokens()));
    }
    if (taken.microUsd() >= most.microUsd() || then.microUsd() > most.microUsd()) {
      throw new PutOff(Budget.dollars(spent.microUsd()), Budget.dollars(most.microUsd()));
    }
    underWay = underWay.plus(amount);
  }

  private synchronized void spend(Budget cost) {
    spent = spent.plus(cost);
  }

  private synchronized void release(Budget amount) {
    underWay =
        new Budget(underWay.tokens() - amount.tokens(), underWay.microUsd() - amount.microUsd());
  }

  /// A job cannot go on here for now.
  static final class PutOff extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private PutOff(String spent, String most) {
      super(
          "the models of this worker have cost %s, and %s are its budget; raise it, or start another"
              .formatted(spent, most),
          null,
          false,
          false);
    }
  }
}
